// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IAnchorStateRegistry} from "../interfaces/IAnchorStateRegistry.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {IModuleRegistry} from "../interfaces/IModuleRegistry.sol";
import {IPortal} from "../interfaces/IPortal.sol";
import {ISystemConfig} from "../interfaces/ISystemConfig.sol";
import {IWithdrawals} from "../interfaces/IWithdrawals.sol";
import {AddressAlias} from "../libraries/AddressAlias.sol";
import {MinimumGasCall} from "../libraries/MinimumGasCall.sol";
import {ModuleCall} from "../libraries/ModuleCall.sol";
import {StorageProof} from "../libraries/StorageProof.sol";
import {ResourceMetering} from "./ResourceMetering.sol";

/// @title Portal
/// @notice See {IPortal}.
contract Portal is IPortal, IWithdrawals, ResourceMetering, Ownable2StepUpgradeable {
    /// @dev An account's proof of a withdrawal.
    struct ProvenWithdrawal {
        address disputeGameProxy;
        uint64 timestamp;
    }

    /// @inheritdoc IPortal
    uint256 public constant DEPOSIT_DATA_SIZE_BYTES_MAX = 120_000;

    /// @notice Form of the event's `opaqueData`.
    uint256 internal constant DEPOSIT_VERSION = 0;

    /// @notice L2 gas limit of a plain ETH transfer to this contract.
    uint64 internal constant RECEIVE_GAS_LIMIT = 100_000;

    /// @dev Intrinsic gas of an L2 transaction and of a byte of its data, at EIP-7623's floor for non-zero bytes.
    uint64 private constant DEPOSIT_BASE_GAS = 21_000;
    uint64 private constant DEPOSIT_GAS_PER_BYTE = 40;

    /// @dev `l2Sender` while no withdrawal is being carried out. Not zero, which would cost more gas.
    address private constant NO_L2_SENDER = 0x000000000000000000000000000000000000dEaD;

    /// @dev Sender of the calls in which clients estimate gas: a call of the target that fails then fails as a whole,
    /// so that the estimate rises until it succeeds. Nobody has its key.
    address private constant ESTIMATION_ADDRESS = address(1);

    /// @dev Gas in which the registry must say whether a withdrawal is held: some storage reads behind a proxy.
    uint256 private constant HOLD_CHECK_GAS = 100_000;

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    IDisputeGameFactory private _disputeGameFactory;
    ISystemConfig private _systemConfig;
    IAnchorStateRegistry private _anchorStateRegistry;

    /// @inheritdoc IWithdrawals
    address public l2Sender;

    /// @inheritdoc IWithdrawals
    uint256 public proofMaturityDelaySeconds;

    /// @inheritdoc IWithdrawals
    mapping(bytes32 withdrawalHash => bool) public finalizedWithdrawals;

    /// @inheritdoc IWithdrawals
    mapping(bytes32 withdrawalHash => mapping(address proofSubmitter => ProvenWithdrawal)) public provenWithdrawals;

    /// @inheritdoc IWithdrawals
    mapping(bytes32 withdrawalHash => address[]) public proofSubmitters;

    /// @inheritdoc IPortal
    address public moduleRegistry;

    constructor() {
        _disableInitializers();
    }

    /// @notice A plain transfer deposits ETH to the same address on L2.
    /// @dev Anyone, at any time. For a contract the L2 account of the same number may belong to someone else: contracts
    /// should call `depositTransaction`.
    receive() external payable {
        _deposit(msg.sender, msg.value, RECEIVE_GAS_LIMIT, false, "");
    }

    /// @notice Sets the owner (the timelock), the contracts beside it and the delay, which nothing else sets.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(
        address initialOwner,
        IDisputeGameFactory initialDisputeGameFactory,
        ISystemConfig initialSystemConfig,
        IAnchorStateRegistry initialAnchorStateRegistry,
        uint256 initialProofMaturityDelaySeconds,
        address initialModuleRegistry
    ) external initializer {
        __Ownable_init(initialOwner);
        __ResourceMetering_init();
        _disputeGameFactory = initialDisputeGameFactory;
        _systemConfig = initialSystemConfig;
        _anchorStateRegistry = initialAnchorStateRegistry;
        proofMaturityDelaySeconds = initialProofMaturityDelaySeconds;
        moduleRegistry = initialModuleRegistry;
        l2Sender = NO_L2_SENDER;
    }

    /// @inheritdoc IPortal
    function depositTransaction(
        address to,
        uint256 value,
        uint64 gasLimit,
        bool isCreation,
        bytes calldata data
    ) external payable {
        _deposit(to, value, gasLimit, isCreation, data);
    }

    /// @inheritdoc IWithdrawals
    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata transaction,
        uint256 disputeGameIndex,
        OutputRootProof calldata outputRootProof,
        bytes[] calldata withdrawalProof
    ) external {
        _requireNotPaused();
        _requireTarget(transaction.target);
        bytes32 withdrawalHash = _hashWithdrawal(transaction);
        if (finalizedWithdrawals[withdrawalHash]) revert OptimismPortal_AlreadyFinalized();
        address game = _provableGame(disputeGameIndex);
        if (keccak256(abi.encode(outputRootProof)) != IDisputeGame(game).rootClaim() || outputRootProof.version != 0) {
            revert OptimismPortal_InvalidOutputRootProof();
        }
        // L2ToL1MessagePasser.sentMessages is at slot 0.
        bytes32 slot = keccak256(abi.encode(withdrawalHash, uint256(0)));
        if (!StorageProof.verify(outputRootProof.messagePasserStorageRoot, slot, 1, withdrawalProof)) {
            revert OptimismPortal_InvalidMerkleProof();
        }
        provenWithdrawals[withdrawalHash][msg.sender] = ProvenWithdrawal(game, uint64(block.timestamp));
        proofSubmitters[withdrawalHash].push(msg.sender);
        emit WithdrawalProven(withdrawalHash, transaction.sender, transaction.target);
        emit WithdrawalProvenExtension1(withdrawalHash, msg.sender);
    }

    /// @inheritdoc IWithdrawals
    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata transaction) external {
        _finalize(transaction, msg.sender);
    }

    /// @inheritdoc IWithdrawals
    function finalizeWithdrawalTransactionExternalProof(
        WithdrawalTransaction calldata transaction,
        address proofSubmitter
    ) external {
        _finalize(transaction, proofSubmitter);
    }

    /// @inheritdoc IPortal
    function disputeGameFactory() external view returns (address) {
        return address(_disputeGameFactory);
    }

    /// @inheritdoc IPortal
    function systemConfig() external view returns (address) {
        return address(_systemConfig);
    }

    /// @inheritdoc IPortal
    function respectedGameType() external view returns (uint32) {
        return _systemConfig.respectedGameType();
    }

    /// @inheritdoc IPortal
    function respectedGameTypeUpdatedAt() external view returns (uint64) {
        return _systemConfig.respectedGameTypeUpdatedAt();
    }

    /// @inheritdoc IPortal
    function guardian() external view returns (address) {
        return _systemConfig.guardian();
    }

    /// @inheritdoc IWithdrawals
    function anchorStateRegistry() external view returns (address) {
        return address(_anchorStateRegistry);
    }

    /// @inheritdoc IWithdrawals
    function disputeGameFinalityDelaySeconds() external view returns (uint256) {
        return _anchorStateRegistry.disputeGameFinalityDelaySeconds();
    }

    /// @inheritdoc IWithdrawals
    function disputeGameBlacklist(address game) external view returns (bool) {
        return _anchorStateRegistry.isGameBlacklisted(game);
    }

    /// @inheritdoc IWithdrawals
    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256) {
        return proofSubmitters[withdrawalHash].length;
    }

    /// @inheritdoc IPortal
    function version() external pure returns (string memory) {
        return "3.0.0";
    }

    /// @inheritdoc IWithdrawals
    function checkWithdrawal(bytes32 withdrawalHash, address proofSubmitter) public view {
        if (finalizedWithdrawals[withdrawalHash]) revert OptimismPortal_AlreadyFinalized();
        ProvenWithdrawal memory proven = provenWithdrawals[withdrawalHash][proofSubmitter];
        if (proven.timestamp == 0) revert OptimismPortal_Unproven();
        // A proof may stand in the very block of the game it names, which was there before it all the same.
        if (proven.timestamp < IDisputeGame(proven.disputeGameProxy).createdAt()) {
            revert OptimismPortal_InvalidProofTimestamp();
        }
        if (block.timestamp - proven.timestamp <= proofMaturityDelaySeconds) revert OptimismPortal_ProofNotOldEnough();
        if (!_anchorStateRegistry.isGameClaimValid(proven.disputeGameProxy)) revert OptimismPortal_InvalidRootClaim();
        if (isWithdrawalHeld(proven.disputeGameProxy)) revert OptimismPortal_ProofNotOldEnough();
    }

    /// @inheritdoc IPortal
    function isWithdrawalHeld(address disputeGame) public view returns (bool) {
        uint256 l2Block = IDisputeGame(disputeGame).l2SequenceNumber();
        (bool success, uint256 answer) = ModuleCall.ask(
            moduleRegistry,
            abi.encodeCall(IModuleRegistry.isWithdrawalHeld, (l2Block, IDisputeGame(disputeGame).createdAt())),
            HOLD_CHECK_GAS
        );
        return success && answer == 1;
    }

    /// @inheritdoc IPortal
    function paused() public view returns (bool) {
        return _systemConfig.paused();
    }

    /// @inheritdoc IPortal
    function minimumGasLimit(uint64 byteCount) public pure returns (uint64) {
        return DEPOSIT_BASE_GAS + byteCount * DEPOSIT_GAS_PER_BYTE;
    }

    function _resourceLimit() internal view override returns (uint64) {
        return _systemConfig.maxDepositGasPerL1Block();
    }

    function _finalize(WithdrawalTransaction calldata transaction, address proofSubmitter) private {
        if (l2Sender != NO_L2_SENDER) revert OptimismPortal_NoReentrancy();
        _requireNotPaused();
        _requireTarget(transaction.target);
        bytes32 withdrawalHash = _hashWithdrawal(transaction);
        checkWithdrawal(withdrawalHash, proofSubmitter);
        if (address(this).balance < transaction.value) {
            revert OptimismPortal_InsufficientBalance(address(this).balance, transaction.value);
        }

        finalizedWithdrawals[withdrawalHash] = true;
        l2Sender = transaction.sender;
        bytes memory data = transaction.data;
        uint256 gasNeeded = MinimumGasCall.needed(transaction.gasLimit);
        if (gasleft() < gasNeeded) revert OptimismPortal_InsufficientGas(gasleft(), gasNeeded);
        bool success = MinimumGasCall.execute(transaction.target, transaction.value, data);
        // `l2Sender` is the lock: nothing that the call does can come here, so it is still as it was set above.
        l2Sender = NO_L2_SENDER;

        emit WithdrawalFinalized(withdrawalHash, success);
        // solhint-disable-next-line avoid-tx-origin
        if (!success && tx.origin == ESTIMATION_ADDRESS) revert OptimismPortal_GasEstimation();
    }

    function _deposit(
        address to,
        uint256 value,
        uint64 gasLimit,
        bool isCreation,
        bytes memory data
    ) private metered(gasLimit) {
        if (isCreation && to != address(0)) revert PortalBadTarget(to);
        if (data.length > DEPOSIT_DATA_SIZE_BYTES_MAX) {
            revert PortalDataTooLarge(data.length, DEPOSIT_DATA_SIZE_BYTES_MAX);
        }
        uint64 gasLimitMin = minimumGasLimit(uint64(data.length));
        if (gasLimit < gasLimitMin) revert PortalGasLimitTooLow(gasLimit, gasLimitMin);

        emit TransactionDeposited(
            AddressAlias.l2SenderOf(msg.sender),
            to,
            DEPOSIT_VERSION,
            abi.encodePacked(msg.value, value, gasLimit, isCreation, data)
        );
    }

    /// @dev The game at this position, if a withdrawal may be proven against it.
    function _provableGame(uint256 disputeGameIndex) private view returns (address game) {
        (, , game) = _disputeGameFactory.gameAtIndex(disputeGameIndex);
        if (
            !_anchorStateRegistry.isGameProper(game) ||
            !_anchorStateRegistry.isGameRespected(game) ||
            IDisputeGame(game).status() == IDisputeGame.GameStatus.CHALLENGER_WINS
        ) revert OptimismPortal_InvalidDisputeGame();
    }

    function _requireNotPaused() private view {
        if (paused()) revert OptimismPortal_CallPaused();
    }

    /// @dev The portal must not call itself: it would be its own depositor.
    function _requireTarget(address target) private view {
        if (target == address(this)) revert OptimismPortal_BadTarget();
    }

    /// @dev As L2ToL1MessagePasser hashes it.
    function _hashWithdrawal(WithdrawalTransaction calldata transaction) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    transaction.nonce,
                    transaction.sender,
                    transaction.target,
                    transaction.value,
                    transaction.gasLimit,
                    transaction.data
                )
            );
    }
}
