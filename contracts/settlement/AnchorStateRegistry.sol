// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IAnchorStateRegistry} from "../interfaces/IAnchorStateRegistry.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {IModule} from "../interfaces/IModule.sol";
import {ISystemConfig} from "../interfaces/ISystemConfig.sol";

/// @title AnchorStateRegistry
/// @notice See {IAnchorStateRegistry}.
/// It is the SETTLEMENT module of this version.
/// @dev Asks nothing of a game before the factory has confirmed that it made it.
contract AnchorStateRegistry is IAnchorStateRegistry, IModule, Ownable2StepUpgradeable {
    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    ISystemConfig private _systemConfig;
    IDisputeGameFactory private _disputeGameFactory;

    /// @inheritdoc IAnchorStateRegistry
    uint256 public disputeGameFinalityDelaySeconds;

    /// @inheritdoc IAnchorStateRegistry
    uint64 public retirementTimestamp;

    /// @inheritdoc IAnchorStateRegistry
    mapping(address game => bool) public isGameBlacklisted;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner (the timelock), the contracts beside it and the delay.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(
        address initialOwner,
        ISystemConfig initialSystemConfig,
        IDisputeGameFactory initialDisputeGameFactory,
        uint256 initialFinalityDelaySeconds
    ) external initializer {
        __Ownable_init(initialOwner);
        _systemConfig = initialSystemConfig;
        _disputeGameFactory = initialDisputeGameFactory;
        disputeGameFinalityDelaySeconds = initialFinalityDelaySeconds;
    }

    /// @inheritdoc IAnchorStateRegistry
    function blacklistDisputeGame(address game) external onlyOwner {
        isGameBlacklisted[game] = true;
        emit DisputeGameBlacklisted(game);
    }

    /// @inheritdoc IAnchorStateRegistry
    function updateRetirementTimestamp() external onlyOwner {
        retirementTimestamp = uint64(block.timestamp);
        emit RetirementTimestampSet(block.timestamp);
    }

    /// @inheritdoc IAnchorStateRegistry
    function isGameClaimValid(address game) external view returns (bool) {
        return
            isGameProper(game) &&
            isGameRespected(game) &&
            isGameFinalized(game) &&
            IDisputeGame(game).status() == IDisputeGame.GameStatus.DEFENDER_WINS;
    }

    /// @inheritdoc IAnchorStateRegistry
    function disputeGameFactory() external view returns (address) {
        return address(_disputeGameFactory);
    }

    /// @inheritdoc IAnchorStateRegistry
    function systemConfig() external view returns (address) {
        return address(_systemConfig);
    }

    /// @inheritdoc IModule
    function selfTest() external view returns (bytes4) {
        // With a finality delay that no withdrawal can wait for, the way out would be shut.
        bool isSane = disputeGameFinalityDelaySeconds <= 365 days && retirementTimestamp <= block.timestamp;
        return isSane && healthCheck() ? IModule.selfTest.selector : bytes4(0);
    }

    /// @inheritdoc IAnchorStateRegistry
    function isGameRegistered(address game) public view returns (bool) {
        if (game.code.length == 0) return false;
        (uint32 gameType, bytes32 rootClaim, bytes memory extraData) = IDisputeGame(game).gameData();
        (address registered, ) = _disputeGameFactory.games(gameType, rootClaim, extraData);
        return registered == game;
    }

    /// @inheritdoc IAnchorStateRegistry
    function isGameRetired(address game) public view returns (bool) {
        return IDisputeGame(game).createdAt() <= retirementTimestamp;
    }

    /// @inheritdoc IAnchorStateRegistry
    function isGameRespected(address game) public view returns (bool) {
        return IDisputeGame(game).wasRespectedGameTypeWhenCreated();
    }

    /// @inheritdoc IAnchorStateRegistry
    function isGameProper(address game) public view returns (bool) {
        return isGameRegistered(game) && !isGameBlacklisted[game] && !isGameRetired(game);
    }

    /// @inheritdoc IAnchorStateRegistry
    function isGameFinalized(address game) public view returns (bool) {
        if (paused() || IDisputeGame(game).status() == IDisputeGame.GameStatus.IN_PROGRESS) return false;
        return block.timestamp - IDisputeGame(game).resolvedAt() > disputeGameFinalityDelaySeconds;
    }

    /// @inheritdoc IModule
    /// @dev Both neighbours answer: they fail otherwise.
    function healthCheck() public view virtual returns (bool) {
        _disputeGameFactory.gameCount();
        _systemConfig.paused();
        return true;
    }

    /// @inheritdoc IAnchorStateRegistry
    function paused() public view returns (bool) {
        return _systemConfig.paused();
    }
}
