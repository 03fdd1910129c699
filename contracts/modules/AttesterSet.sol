// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IAnchorStateRegistry} from "../interfaces/IAnchorStateRegistry.sol";
import {IAttesterSet} from "../interfaces/IAttesterSet.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {IModuleRegistry} from "../interfaces/IModuleRegistry.sol";
import {IWithdrawals} from "../interfaces/IWithdrawals.sol";

/// @title AttesterSet
/// @notice See {IAttesterSet}.
/// @dev Nothing is tallied: what a quorum says is counted when it is asked for, over at most ATTESTER_COUNT_MAX
/// attesters. So whoever was slashed, expelled or is leaving takes its voice along.
contract AttesterSet is IAttesterSet, Ownable2StepUpgradeable {
    /// @notice Most attesters: what one count may cost.
    uint256 public constant ATTESTER_COUNT_MAX = 32;

    uint256 private constant BASIS_POINTS = 10_000;

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    IModuleRegistry private _registry;
    IAnchorStateRegistry private _anchorStateRegistry;

    /// @inheritdoc IAttesterSet
    uint128 public bondWei;

    /// @inheritdoc IAttesterSet
    uint64 public unbondSeconds;

    /// @inheritdoc IAttesterSet
    uint16 public quorumBasisPoints;

    address[] private _accounts;
    mapping(address account => Attester) private _attesters;
    mapping(bytes32 versionId => mapping(uint64 fromL2Block => mapping(address => Statement))) private _statements;
    mapping(bytes32 versionId => mapping(address => Fault)) private _faults;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner (the timelock), the contracts beside it, the parameters and the first attesters.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(
        address initialOwner,
        IModuleRegistry registry_,
        IAnchorStateRegistry anchorStateRegistry_,
        uint128 initialBondWei,
        uint64 initialUnbondSeconds,
        uint16 initialQuorumBasisPoints,
        address[] calldata initialAttesters
    ) external initializer {
        __Ownable_init(initialOwner);
        _registry = registry_;
        _anchorStateRegistry = anchorStateRegistry_;
        _setParameters(initialBondWei, initialUnbondSeconds, initialQuorumBasisPoints);
        for (uint256 i = 0; i < initialAttesters.length; ++i) {
            _admit(initialAttesters[i]);
        }
    }

    /// @inheritdoc IAttesterSet
    function admit(address account) external onlyOwner {
        _admit(account);
    }

    /// @inheritdoc IAttesterSet
    function expel(address account) external onlyOwner {
        Attester storage attester = _attesters[account];
        if (!attester.isAdmitted) revert AttesterSetAdmission(account, false);
        _remove(account);
        if (attester.bondWei > 0 && attester.unbondsAt == 0) _beginUnbond(account, attester);
    }

    /// @inheritdoc IAttesterSet
    function setParameters(
        uint128 newBondWei,
        uint64 newUnbondSeconds,
        uint16 newQuorumBasisPoints
    ) external onlyOwner {
        _setParameters(newBondWei, newUnbondSeconds, newQuorumBasisPoints);
    }

    /// @inheritdoc IAttesterSet
    function bond(address account) external payable {
        Attester storage attester = _attesters[account];
        if (!attester.isAdmitted) revert AttesterSetAdmission(account, false);
        if (attester.unbondsAt != 0) revert AttesterSetLeaving(account, attester.unbondsAt);
        attester.bondWei += uint128(msg.value);
        emit Bonded(account, msg.value, attester.bondWei);
    }

    /// @inheritdoc IAttesterSet
    function beginUnbond() external {
        Attester storage attester = _attesters[msg.sender];
        if (attester.bondWei == 0) revert AttesterSetNoBond(msg.sender);
        if (attester.unbondsAt != 0) revert AttesterSetLeaving(msg.sender, attester.unbondsAt);
        _beginUnbond(msg.sender, attester);
    }

    /// @inheritdoc IAttesterSet
    function withdraw(address payable recipient) external {
        Attester storage attester = _attesters[msg.sender];
        if (attester.unbondsAt == 0) revert AttesterSetNotLeaving(msg.sender);
        if (block.timestamp < attester.unbondsAt) revert AttesterSetTooEarly(attester.unbondsAt, block.timestamp);
        uint256 amount = attester.bondWei;
        attester.bondWei = 0;
        attester.unbondsAt = 0;
        emit Unbonded(msg.sender, amount);
        _pay(recipient, amount);
    }

    /// @inheritdoc IAttesterSet
    function attest(
        bytes32 versionId,
        uint64 fromL2Block,
        uint64 toL2Block,
        bytes32 resultHash,
        bytes32 differencesHash
    ) external {
        _checkActive();
        _checkStage(versionId, IModuleRegistry.Stage.Shadow);
        _checkRange(fromL2Block, toL2Block);
        if (resultHash == 0) revert AttesterSetZeroResult();
        Statement storage said = _statements[versionId][fromL2Block][msg.sender];
        if (said.resultHash != 0) {
            if (said.resultHash == resultHash && said.differencesHash == differencesHash) {
                revert AttesterSetAlreadySaid(versionId, msg.sender);
            }
            delete _statements[versionId][fromL2Block][msg.sender];
            _slash(msg.sender, versionId);
            return;
        }
        _statements[versionId][fromL2Block][msg.sender] = Statement(resultHash, differencesHash);
        emit Attested(versionId, msg.sender, fromL2Block, toL2Block, resultHash, differencesHash);
    }

    /// @inheritdoc IAttesterSet
    function reportFault(bytes32 versionId, uint64 l2Block, bytes32 l2BlockHash) external {
        _checkActive();
        uint64 l2BlockMin = _checkStage(versionId, IModuleRegistry.Stage.Canary).activationL2Block;
        if (l2Block < l2BlockMin) revert AttesterSetInvalidBlock(l2Block, l2BlockMin);
        if (l2BlockHash == 0) revert AttesterSetZeroResult();
        Fault storage reported = _faults[versionId][msg.sender];
        if (reported.l2BlockHash != 0) {
            if (reported.l2Block == l2Block && reported.l2BlockHash == l2BlockHash) {
                revert AttesterSetAlreadySaid(versionId, msg.sender);
            }
            delete _faults[versionId][msg.sender];
            _slash(msg.sender, versionId);
            return;
        }
        _faults[versionId][msg.sender] = Fault(l2Block, l2BlockHash);
        emit FaultReported(versionId, msg.sender, l2Block, l2BlockHash);
    }

    /// @inheritdoc IAttesterSet
    function refute(
        address attester,
        bytes32 versionId,
        uint256 gameIndex,
        IWithdrawals.OutputRootProof calldata outputRootProof
    ) external {
        Fault memory reported = _faults[versionId][attester];
        if (_attesters[attester].bondWei == 0) revert AttesterSetNoBond(attester);
        (, , address game) = IDisputeGameFactory(_anchorStateRegistry.disputeGameFactory()).gameAtIndex(gameIndex);
        if (
            reported.l2BlockHash == 0 ||
            !_anchorStateRegistry.isGameClaimValid(game) ||
            IDisputeGame(game).l2SequenceNumber() != reported.l2Block ||
            keccak256(abi.encode(outputRootProof)) != IDisputeGame(game).rootClaim() ||
            outputRootProof.version != 0 ||
            outputRootProof.latestBlockhash == reported.l2BlockHash
        ) revert AttesterSetNotRefuted(attester, versionId);
        delete _faults[versionId][attester];
        _slash(attester, versionId);
    }

    /// @inheritdoc IAttesterSet
    function agreedStatement(bytes32 versionId, uint64 fromL2Block) external view returns (Statement memory agreed) {
        bytes32[] memory votes = new bytes32[](_accounts.length);
        for (uint256 i = 0; i < votes.length; ++i) {
            Statement storage said = _statements[versionId][fromL2Block][_accounts[i]];
            if (said.resultHash != 0 && isActive(_accounts[i])) {
                votes[i] = keccak256(abi.encode(said.resultHash, said.differencesHash));
            }
        }
        (bool isAgreed, uint256 index) = _majority(votes);
        if (isAgreed) agreed = _statements[versionId][fromL2Block][_accounts[index]];
    }

    /// @inheritdoc IAttesterSet
    function agreedFault(bytes32 versionId) external view returns (Fault memory agreed) {
        bytes32[] memory votes = new bytes32[](_accounts.length);
        for (uint256 i = 0; i < votes.length; ++i) {
            Fault storage reported = _faults[versionId][_accounts[i]];
            if (reported.l2BlockHash != 0 && isActive(_accounts[i])) {
                votes[i] = keccak256(abi.encode(reported.l2Block, reported.l2BlockHash));
            }
        }
        (bool isAgreed, uint256 index) = _majority(votes);
        if (isAgreed) agreed = _faults[versionId][_accounts[index]];
    }

    /// @inheritdoc IAttesterSet
    function statementOf(
        bytes32 versionId,
        uint64 fromL2Block,
        address attester
    ) external view returns (Statement memory) {
        return _statements[versionId][fromL2Block][attester];
    }

    /// @inheritdoc IAttesterSet
    function faultOf(bytes32 versionId, address attester) external view returns (Fault memory) {
        return _faults[versionId][attester];
    }

    /// @inheritdoc IAttesterSet
    function attesterOf(address account) external view returns (Attester memory) {
        return _attesters[account];
    }

    /// @inheritdoc IAttesterSet
    function attesters() external view returns (address[] memory) {
        return _accounts;
    }

    /// @inheritdoc IAttesterSet
    function isActive(address account) public view returns (bool) {
        Attester storage attester = _attesters[account];
        return attester.isAdmitted && attester.unbondsAt == 0 && attester.bondWei >= bondWei;
    }

    /// @inheritdoc IAttesterSet
    function activeCount() public view returns (uint256 count) {
        for (uint256 i = 0; i < _accounts.length; ++i) {
            if (isActive(_accounts[i])) ++count;
        }
    }

    /// @inheritdoc IAttesterSet
    function quorumCount() public view returns (uint256) {
        uint256 count = (activeCount() * quorumBasisPoints + BASIS_POINTS - 1) / BASIS_POINTS;
        return count == 0 ? 1 : count;
    }

    function _admit(address account) private {
        Attester storage attester = _attesters[account];
        if (account == address(0) || attester.isAdmitted) revert AttesterSetAdmission(account, true);
        if (_accounts.length == ATTESTER_COUNT_MAX) revert AttesterSetFull(ATTESTER_COUNT_MAX);
        attester.isAdmitted = true;
        _accounts.push(account);
        emit AttesterAdmitted(account);
    }

    function _remove(address account) private {
        _attesters[account].isAdmitted = false;
        uint256 last = _accounts.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (_accounts[i] == account) {
                _accounts[i] = _accounts[last];
                break;
            }
        }
        _accounts.pop();
        emit AttesterExpelled(account);
    }

    function _beginUnbond(address account, Attester storage attester) private {
        attester.unbondsAt = uint64(block.timestamp) + unbondSeconds;
        emit UnbondingStarted(account, attester.unbondsAt);
    }

    /// @dev The bond goes to the owner, which is the treasury: nobody gains by making an attester fail. What it is
    /// slashed for must be deleted before: else who is admitted again would be heard, or slashed, for it once more.
    function _slash(address account, bytes32 versionId) private {
        Attester storage attester = _attesters[account];
        uint256 amount = attester.bondWei;
        attester.bondWei = 0;
        attester.unbondsAt = 0;
        if (attester.isAdmitted) _remove(account);
        emit Slashed(account, versionId, amount);
        _pay(payable(owner()), amount);
    }

    function _pay(address payable recipient, uint256 amount) private {
        (bool success, ) = recipient.call{value: amount}("");
        if (!success) revert AttesterSetTransferFailed(recipient, amount);
    }

    function _setParameters(uint128 newBondWei, uint64 newUnbondSeconds, uint16 newQuorumBasisPoints) private {
        if (newBondWei == 0) revert AttesterSetInvalidConfiguration("bondWei");
        // More than half: two quorums must share an attester, or two things could be agreed at once.
        if (newQuorumBasisPoints <= BASIS_POINTS / 2 || newQuorumBasisPoints > BASIS_POINTS) {
            revert AttesterSetInvalidConfiguration("quorumBasisPoints");
        }
        bondWei = newBondWei;
        unbondSeconds = newUnbondSeconds;
        quorumBasisPoints = newQuorumBasisPoints;
        emit ParametersUpdated(newBondWei, newUnbondSeconds, newQuorumBasisPoints);
    }

    function _checkActive() private view {
        if (!isActive(msg.sender)) revert AttesterSetNotActive(msg.sender);
    }

    function _checkStage(
        bytes32 versionId,
        IModuleRegistry.Stage expected
    ) private view returns (IModuleRegistry.ModuleVersion memory version) {
        version = _registry.versionOf(versionId);
        if (version.stage != expected) {
            revert AttesterSetWrongStage(versionId, uint8(expected), uint8(version.stage));
        }
    }

    function _checkRange(uint64 fromL2Block, uint64 toL2Block) private view {
        uint64 rangeBlocks = _registry.shadowRule().rangeBlocks;
        if (
            fromL2Block % rangeBlocks != 0 ||
            toL2Block < fromL2Block ||
            toL2Block - fromL2Block != rangeBlocks - 1
        ) revert AttesterSetInvalidRange(fromL2Block, toL2Block, rangeBlocks);
    }

    /// @dev Whether a quorum cast the same vote, and the position of one of them. As a quorum is more than half of
    /// those that count, only the candidate that pairwise cancellation leaves can have it (Boyer and Moore, 1981).
    function _majority(bytes32[] memory votes) private view returns (bool isAgreed, uint256 index) {
        uint256 lead = 0;
        for (uint256 i = 0; i < votes.length; ++i) {
            if (votes[i] == 0) continue;
            if (lead == 0) index = i;
            lead = votes[i] == votes[index] ? lead + 1 : lead - 1;
        }
        if (lead == 0) return (false, 0);
        uint256 count = 0;
        for (uint256 i = 0; i < votes.length; ++i) {
            if (votes[i] == votes[index]) ++count;
        }
        isAgreed = count >= quorumCount();
    }
}
