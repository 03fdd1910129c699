// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IWithdrawals} from "./IWithdrawals.sol";

/// @title The bonded attesters
/// @notice They run a candidate in shadow and say on L1 what they saw, and report a canary's faults. Who may be one is
/// voted, what it costs to lie is its bond. One attester, one voice. docs/adr/0303-attesters.md.
interface IAttesterSet {
    /// @notice An attester. It counts while it is admitted, has the whole bond, and is not leaving.
    /// @param isAdmitted Whether a vote admitted it.
    /// @param unbondsAt When it can take its bond, in seconds; zero if it is not leaving.
    /// @param bondWei What it has at stake.
    struct Attester {
        bool isAdmitted;
        uint64 unbondsAt;
        uint128 bondWei;
    }

    /// @notice What an attester said about a range in shadow.
    struct Statement {
        bytes32 resultHash;
        bytes32 differencesHash;
    }

    /// @notice What an attester reported in a canary.
    struct Fault {
        uint64 l2Block;
        bytes32 l2BlockHash;
    }

    /// @notice A vote admitted or expelled an attester.
    event AttesterAdmitted(address indexed attester);
    event AttesterExpelled(address indexed attester);

    /// @notice A bond was raised, put on its way out, taken.
    event Bonded(address indexed attester, uint256 amountWei, uint256 bondWei);
    event UnbondingStarted(address indexed attester, uint64 unbondsAt);
    event Unbonded(address indexed attester, uint256 amountWei);

    /// @notice A bond went to the treasury.
    event Slashed(address indexed attester, bytes32 indexed versionId, uint256 amountWei);

    /// @notice An attester said what a candidate makes of these blocks.
    event Attested(
        bytes32 indexed versionId,
        address indexed attester,
        uint64 fromL2Block,
        uint64 toL2Block,
        bytes32 resultHash,
        bytes32 differencesHash
    );

    /// @notice An attester reported a fault of a canary.
    event FaultReported(
        bytes32 indexed versionId,
        address indexed attester,
        uint64 l2Block,
        bytes32 l2BlockHash
    );

    /// @notice The parameters changed.
    event ParametersUpdated(uint128 bondWei, uint64 unbondSeconds, uint16 quorumBasisPoints);

    /// @notice The caller is not an attester that counts.
    error AttesterSetNotActive(address account);

    /// @notice The account is, or is not, admitted.
    error AttesterSetAdmission(address account, bool isAdmitted);

    /// @notice There are as many attesters as the contract can count.
    error AttesterSetFull(uint256 countMax);

    /// @notice The version is not in the stage in which this is said.
    error AttesterSetWrongStage(bytes32 versionId, uint8 expected, uint8 actual);

    /// @notice The range is not one that the shadow rule asks for.
    error AttesterSetInvalidRange(uint64 fromL2Block, uint64 toL2Block, uint64 rangeBlocks);

    /// @notice The block is before the version's first.
    error AttesterSetInvalidBlock(uint64 l2Block, uint64 l2BlockMin);

    /// @notice A result is never zero: that stands for no statement.
    error AttesterSetZeroResult();

    /// @notice The attester said exactly this before.
    error AttesterSetAlreadySaid(bytes32 versionId, address attester);

    /// @notice The attester has no bond, is leaving already, or is not leaving.
    error AttesterSetNoBond(address account);
    error AttesterSetLeaving(address account, uint64 unbondsAt);
    error AttesterSetNotLeaving(address account);

    /// @notice The bond is still at stake.
    error AttesterSetTooEarly(uint256 readyAt, uint256 timestamp);

    /// @notice The proof does not contradict what the attester reported.
    error AttesterSetNotRefuted(address attester, bytes32 versionId);

    /// @notice A parameter has a value that can't be.
    error AttesterSetInvalidConfiguration(string field);

    /// @notice The transfer of a bond failed.
    error AttesterSetTransferFailed(address recipient, uint256 amountWei);

    /// @notice Admits an account as attester; it counts once it has its bond.
    /// @dev Only the owner, which is the timelock.
    function admit(address account) external;

    /// @notice Ends an attester's admission. Its bond is on its way out, not lost.
    /// @dev Only the owner, which is the timelock.
    function expel(address account) external;

    /// @notice Sets bond, unbonding time and quorum.
    /// @dev Only the owner, which is the timelock.
    function setParameters(uint128 newBondWei, uint64 newUnbondSeconds, uint16 newQuorumBasisPoints) external;

    /// @notice Raises an attester's bond by `msg.value`.
    /// @dev Anyone, for an admitted attester that is not leaving.
    function bond(address account) external payable;

    /// @notice Leaves: the attester no longer counts, and its bond is at stake for `unbondSeconds` more.
    /// @dev Only the attester.
    function beginUnbond() external;

    /// @notice Takes the bond of the attester that left.
    /// @dev Only the attester, `unbondSeconds` after it began to leave.
    function withdraw(address payable recipient) external;

    /// @notice Says what the candidate makes of a range in shadow. Who says two things about one range loses its bond.
    /// @dev Only an attester that counts, while the version is in Shadow.
    /// @param fromL2Block First block: a multiple of the shadow rule's `rangeBlocks`.
    /// @param toL2Block Last block: `fromL2Block + rangeBlocks - 1`.
    /// @param resultHash What the candidate computed; never zero.
    /// @param differencesHash Zero: as the ruling version does. The manifest's `differencesHash`: exactly what was
    /// declared. Anything else: the hash of what was seen, undeclared.
    function attest(
        bytes32 versionId,
        uint64 fromL2Block,
        uint64 toL2Block,
        bytes32 resultHash,
        bytes32 differencesHash
    ) external;

    /// @notice Reports a canary's first fault. Who reports two loses its bond.
    /// @dev Only an attester that counts, while the version is in Canary.
    /// @param l2BlockHash Hash of the block on the chain that the attester follows: what can be held against it.
    function reportFault(bytes32 versionId, uint64 l2Block, bytes32 l2BlockHash) external;

    /// @notice Takes the bond of an attester that reported a block which the chain does not have: a claim that counts
    /// names another hash for it.
    /// @dev Anyone.
    /// @param gameIndex Position of the game in the factory's list; its claim must be about the reported block.
    /// @param outputRootProof What the claim is the hash of.
    function refute(
        address attester,
        bytes32 versionId,
        uint256 gameIndex,
        IWithdrawals.OutputRootProof calldata outputRootProof
    ) external;

    /// @notice What a quorum of the attesters that count now says about the range from `fromL2Block` on; a zero
    /// `resultHash` if there is no quorum.
    function agreedStatement(bytes32 versionId, uint64 fromL2Block) external view returns (Statement memory);

    /// @notice The fault that a quorum of the attesters that count now reported; a zero hash if there is no quorum.
    function agreedFault(bytes32 versionId) external view returns (Fault memory);

    /// @notice What an attester said.
    function statementOf(
        bytes32 versionId,
        uint64 fromL2Block,
        address attester
    ) external view returns (Statement memory);

    /// @notice What an attester reported.
    function faultOf(bytes32 versionId, address attester) external view returns (Fault memory);

    /// @notice An attester; all zero if it never was one.
    function attesterOf(address account) external view returns (Attester memory);

    /// @notice All admitted accounts.
    function attesters() external view returns (address[] memory);

    /// @notice Whether an account counts now.
    function isActive(address account) external view returns (bool);

    /// @notice How many count now.
    function activeCount() external view returns (uint256);

    /// @notice How many must agree now; never less than 1.
    function quorumCount() external view returns (uint256);

    /// @notice Least bond, in wei.
    function bondWei() external view returns (uint128);

    /// @notice How long a bond stays at stake, in seconds.
    function unbondSeconds() external view returns (uint64);

    /// @notice Part of the attesters that must agree, in 1/10,000; more than half.
    function quorumBasisPoints() external view returns (uint16);
}
