// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {IPortal} from "../interfaces/IPortal.sol";
import {ISystemConfig} from "../interfaces/ISystemConfig.sol";
import {AddressAlias} from "../libraries/AddressAlias.sol";
import {ResourceMetering} from "./ResourceMetering.sol";

/// @title Portal
/// @notice See {IPortal}.
contract Portal is IPortal, ResourceMetering, Ownable2StepUpgradeable {
    /// @inheritdoc IPortal
    uint256 public constant DEPOSIT_DATA_SIZE_BYTES_MAX = 120_000;

    /// @notice Form of the event's `opaqueData`.
    uint256 internal constant DEPOSIT_VERSION = 0;

    /// @notice L2 gas limit of a plain ETH transfer to this contract.
    uint64 internal constant RECEIVE_GAS_LIMIT = 100_000;

    /// @dev Intrinsic gas of an L2 transaction and of a byte of its data, at EIP-7623's floor for non-zero bytes.
    uint64 private constant DEPOSIT_BASE_GAS = 21_000;
    uint64 private constant DEPOSIT_GAS_PER_BYTE = 40;

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    IDisputeGameFactory private _disputeGameFactory;
    ISystemConfig private _systemConfig;

    constructor() {
        _disableInitializers();
    }

    /// @notice A plain transfer deposits ETH to the same address on L2.
    /// @dev Anyone, at any time. For a contract the L2 account of the same number may belong to someone else: contracts
    /// should call `depositTransaction`.
    receive() external payable {
        _deposit(msg.sender, msg.value, RECEIVE_GAS_LIMIT, false, "");
    }

    /// @notice Sets the owner (the timelock) and the contracts beside it.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(
        address initialOwner,
        IDisputeGameFactory initialDisputeGameFactory,
        ISystemConfig initialSystemConfig
    ) external initializer {
        __Ownable_init(initialOwner);
        __ResourceMetering_init();
        _disputeGameFactory = initialDisputeGameFactory;
        _systemConfig = initialSystemConfig;
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

    /// @inheritdoc IPortal
    function paused() external pure returns (bool) {
        return false;
    }

    /// @inheritdoc IPortal
    function version() external pure returns (string memory) {
        return "3.0.0";
    }

    /// @inheritdoc IPortal
    function minimumGasLimit(uint64 byteCount) public pure returns (uint64) {
        return DEPOSIT_BASE_GAS + byteCount * DEPOSIT_GAS_PER_BYTE;
    }

    function _resourceLimit() internal view override returns (uint64) {
        return _systemConfig.maxDepositGasPerL1Block();
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
}
