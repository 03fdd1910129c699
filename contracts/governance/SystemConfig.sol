// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {ISystemConfig} from "../interfaces/ISystemConfig.sol";

/// @title SystemConfig
/// @notice See {ISystemConfig}.
contract SystemConfig is ISystemConfig, Ownable2StepUpgradeable {
    /// @inheritdoc ISystemConfig
    uint64 public constant DEPOSIT_GAS_PER_L1_BLOCK_MIN = 1_000_000;

    /// @inheritdoc ISystemConfig
    uint64 public constant PAUSE_DURATION_SECONDS_MAX = 14 days;

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    /// @inheritdoc ISystemConfig
    address public guardian;

    /// @inheritdoc ISystemConfig
    uint32 public respectedGameType;

    /// @inheritdoc ISystemConfig
    uint64 public respectedGameTypeUpdatedAt;

    /// @inheritdoc ISystemConfig
    uint64 public maxDepositGasPerL1Block;

    /// @inheritdoc ISystemConfig
    uint64 public pauseDurationSeconds;

    /// @inheritdoc ISystemConfig
    uint64 public pausedUntil;

    /// @inheritdoc ISystemConfig
    bool public pauseUsed;

    /// @inheritdoc ISystemConfig
    uint32 public baseFeeScalar;

    /// @inheritdoc ISystemConfig
    uint32 public blobBaseFeeScalar;

    modifier onlyGuardian() {
        if (msg.sender != guardian) revert SystemConfigUnauthorized(msg.sender, guardian);
        _;
    }

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner (the timelock) and the first values.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(
        address initialOwner,
        address initialGuardian,
        uint32 initialRespectedGameType,
        uint64 initialMaxDepositGasPerL1Block,
        uint64 initialPauseDurationSeconds,
        uint32 initialBaseFeeScalar,
        uint32 initialBlobBaseFeeScalar
    ) external initializer {
        __Ownable_init(initialOwner);
        _setGuardian(initialGuardian);
        _setRespectedGameType(initialRespectedGameType);
        _setMaxDepositGasPerL1Block(initialMaxDepositGasPerL1Block);
        _setPauseDurationSeconds(initialPauseDurationSeconds);
        _setFeeScalars(initialBaseFeeScalar, initialBlobBaseFeeScalar);
    }

    /// @inheritdoc ISystemConfig
    function setGuardian(address newGuardian) external onlyOwner {
        _setGuardian(newGuardian);
    }

    /// @inheritdoc ISystemConfig
    function setRespectedGameType(uint32 newGameType) external onlyOwner {
        _setRespectedGameType(newGameType);
    }

    /// @inheritdoc ISystemConfig
    function setMaxDepositGasPerL1Block(uint64 newGasLimit) external onlyOwner {
        _setMaxDepositGasPerL1Block(newGasLimit);
    }

    /// @inheritdoc ISystemConfig
    function setPauseDurationSeconds(uint64 newSeconds) external onlyOwner {
        _setPauseDurationSeconds(newSeconds);
    }

    /// @inheritdoc ISystemConfig
    function setFeeScalars(uint32 newBaseFeeScalar, uint32 newBlobBaseFeeScalar) external onlyOwner {
        _setFeeScalars(newBaseFeeScalar, newBlobBaseFeeScalar);
    }

    /// @inheritdoc ISystemConfig
    function rearmPause() external onlyOwner {
        if (paused()) revert SystemConfigPaused(pausedUntil);
        pauseUsed = false;
        emit PauseRearmed();
    }

    /// @inheritdoc ISystemConfig
    function pause() external onlyGuardian {
        if (pauseUsed) revert SystemConfigPauseUsed();
        pauseUsed = true;
        pausedUntil = uint64(block.timestamp) + pauseDurationSeconds;
        emit Paused(msg.sender, pausedUntil);
    }

    /// @inheritdoc ISystemConfig
    function unpause() external onlyGuardian {
        if (!paused()) revert SystemConfigNotPaused();
        pausedUntil = uint64(block.timestamp);
        emit Unpaused(msg.sender);
    }

    /// @inheritdoc ISystemConfig
    function paused() public view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    function _setGuardian(address newGuardian) private {
        if (newGuardian == address(0)) revert SystemConfigInvalidGuardian(newGuardian);
        emit GuardianUpdated(guardian, newGuardian);
        guardian = newGuardian;
    }

    function _setRespectedGameType(uint32 newGameType) private {
        respectedGameType = newGameType;
        respectedGameTypeUpdatedAt = uint64(block.timestamp);
        emit RespectedGameTypeSet(newGameType, uint64(block.timestamp));
    }

    function _setMaxDepositGasPerL1Block(uint64 newGasLimit) private {
        if (newGasLimit < DEPOSIT_GAS_PER_L1_BLOCK_MIN) {
            revert SystemConfigDepositGasTooLow(newGasLimit, DEPOSIT_GAS_PER_L1_BLOCK_MIN);
        }
        emit MaxDepositGasPerL1BlockUpdated(maxDepositGasPerL1Block, newGasLimit);
        maxDepositGasPerL1Block = newGasLimit;
    }

    function _setPauseDurationSeconds(uint64 newSeconds) private {
        if (newSeconds > PAUSE_DURATION_SECONDS_MAX) {
            revert SystemConfigPauseTooLong(newSeconds, PAUSE_DURATION_SECONDS_MAX);
        }
        emit PauseDurationUpdated(pauseDurationSeconds, newSeconds);
        pauseDurationSeconds = newSeconds;
    }

    function _setFeeScalars(uint32 newBaseFeeScalar, uint32 newBlobBaseFeeScalar) private {
        baseFeeScalar = newBaseFeeScalar;
        blobBaseFeeScalar = newBlobBaseFeeScalar;
        emit FeeScalarsUpdated(newBaseFeeScalar, newBlobBaseFeeScalar);
    }
}
