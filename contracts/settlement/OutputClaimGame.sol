// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IOutputClaimGame} from "../interfaces/IOutputClaimGame.sol";
import {ISystemConfig} from "../interfaces/ISystemConfig.sol";

/// @title OutputClaimGame
/// @notice See {IOutputClaimGame}.
contract OutputClaimGame is IOutputClaimGame {
    /// @notice Tributary's types count from 1000, which is away from those of OP Stack and its known derivatives.
    uint32 internal constant GAME_TYPE = 1000;

    /// @dev creator (20 bytes) ‖ rootClaim (32) ‖ l1Head (32) ‖ l2BlockNumber (32), see DisputeGameFactory.
    uint256 private constant ARGUMENTS_SIZE_BYTES = 116;
    uint256 private constant CREATOR_OFFSET = 0;
    uint256 private constant ROOT_CLAIM_OFFSET = 20;
    uint256 private constant L1_HEAD_OFFSET = 52;
    uint256 private constant L2_BLOCK_NUMBER_OFFSET = 84;

    /// @inheritdoc IOutputClaimGame
    uint64 public immutable challengeWindowSeconds;

    /// @inheritdoc IOutputClaimGame
    address public immutable disputedBondRecipient;

    ISystemConfig private immutable _systemConfig;

    /// @dev The implementation's own address: what runs there is no clone.
    address private immutable _implementation;

    /// @inheritdoc IDisputeGame
    uint64 public createdAt;

    /// @inheritdoc IDisputeGame
    uint64 public resolvedAt;

    /// @inheritdoc IDisputeGame
    GameStatus public status;

    /// @inheritdoc IDisputeGame
    bool public wasRespectedGameTypeWhenCreated;

    /// @dev In wei. Kept apart from the balance, which anyone can raise.
    uint256 private _bond;

    /// @inheritdoc IOutputClaimGame
    mapping(address recipient => uint256 amountWei) public credit;

    /// @param systemConfig_ Names the guardian and the respected type.
    /// @param challengeWindowSeconds_ How long the guardian can dispute.
    /// @param disputedBondRecipient_ Who gets the bond of a disputed claim.
    constructor(ISystemConfig systemConfig_, uint64 challengeWindowSeconds_, address disputedBondRecipient_) {
        if (
            address(systemConfig_) == address(0) || challengeWindowSeconds_ == 0 || disputedBondRecipient_ == address(0)
        ) revert OutputClaimGameInvalidConfiguration();
        _systemConfig = systemConfig_;
        challengeWindowSeconds = challengeWindowSeconds_;
        disputedBondRecipient = disputedBondRecipient_;
        _implementation = address(this);
    }

    /// @inheritdoc IDisputeGame
    function initialize() external payable {
        if (address(this) == _implementation) revert OutputClaimGameNotAClone();
        if (createdAt != 0) revert OutputClaimGameAlreadyInitialized(createdAt);
        uint256 size = Clones.fetchCloneArgs(address(this)).length;
        if (size != ARGUMENTS_SIZE_BYTES) revert OutputClaimGameInvalidExtraData(size, ARGUMENTS_SIZE_BYTES);
        uint256 blockNumber = l2BlockNumber();
        if (blockNumber == 0 || blockNumber > type(uint64).max) revert OutputClaimGameInvalidBlockNumber(blockNumber);
        if (rootClaim() == 0) revert OutputClaimGameInvalidRootClaim(rootClaim());

        createdAt = uint64(block.timestamp);
        wasRespectedGameTypeWhenCreated = _systemConfig.respectedGameType() == GAME_TYPE;
        _bond = msg.value;
    }

    /// @inheritdoc IOutputClaimGame
    function dispute() external {
        address guardian = _systemConfig.guardian();
        if (msg.sender != guardian) revert OutputClaimGameUnauthorized(msg.sender, guardian);
        _checkInProgress();
        if (block.timestamp >= windowEndsAt()) revert OutputClaimGameWindowClosed(block.timestamp, windowEndsAt());
        emit Disputed(guardian, disputedBondRecipient, _bond);
        _end(GameStatus.CHALLENGER_WINS, disputedBondRecipient);
    }

    /// @inheritdoc IDisputeGame
    /// @dev Anyone, once the window is over and nobody disputed.
    function resolve() external returns (GameStatus) {
        _checkInProgress();
        if (block.timestamp < windowEndsAt()) revert OutputClaimGameWindowOpen(block.timestamp, windowEndsAt());
        _end(GameStatus.DEFENDER_WINS, gameCreator());
        return GameStatus.DEFENDER_WINS;
    }

    /// @inheritdoc IOutputClaimGame
    function claimCredit(address recipient) external {
        uint256 amount = credit[recipient];
        if (amount == 0) revert OutputClaimGameNoCredit(recipient);
        credit[recipient] = 0;
        emit CreditClaimed(recipient, amount);
        (bool success, ) = recipient.call{value: amount}("");
        if (!success) revert OutputClaimGameTransferFailed(recipient, amount);
    }

    /// @inheritdoc IOutputClaimGame
    function systemConfig() external view returns (address) {
        return address(_systemConfig);
    }

    /// @inheritdoc IDisputeGame
    function gameData() external view returns (uint32 gameType_, bytes32 rootClaim_, bytes memory extraData_) {
        return (GAME_TYPE, rootClaim(), extraData());
    }

    /// @inheritdoc IDisputeGame
    function l2SequenceNumber() external view returns (uint256) {
        return l2BlockNumber();
    }

    /// @inheritdoc IDisputeGame
    function l1Head() external view returns (bytes32) {
        return _argument(L1_HEAD_OFFSET);
    }

    /// @inheritdoc IDisputeGame
    function gameType() external pure returns (uint32) {
        return GAME_TYPE;
    }

    /// @inheritdoc IDisputeGame
    function gameCreator() public view returns (address) {
        return address(bytes20(_argument(CREATOR_OFFSET)));
    }

    /// @inheritdoc IDisputeGame
    function rootClaim() public view returns (bytes32) {
        return _argument(ROOT_CLAIM_OFFSET);
    }

    /// @inheritdoc IDisputeGame
    function extraData() public view returns (bytes memory) {
        return abi.encode(l2BlockNumber());
    }

    /// @inheritdoc IOutputClaimGame
    function l2BlockNumber() public view returns (uint256) {
        return uint256(_argument(L2_BLOCK_NUMBER_OFFSET));
    }

    /// @inheritdoc IOutputClaimGame
    function windowEndsAt() public view returns (uint256) {
        return uint256(createdAt) + challengeWindowSeconds;
    }

    function _end(GameStatus outcome, address bondRecipient) private {
        status = outcome;
        resolvedAt = uint64(block.timestamp);
        credit[bondRecipient] += _bond;
        emit Resolved(outcome);
    }

    function _checkInProgress() private view {
        if (createdAt == 0 || status != GameStatus.IN_PROGRESS) revert OutputClaimGameNotInProgress(status);
    }

    /// @dev Word of the clone's arguments at a byte offset. Callers stay within ARGUMENTS_SIZE_BYTES, checked once in
    /// `initialize`.
    function _argument(uint256 offset) private view returns (bytes32 word) {
        bytes memory arguments = Clones.fetchCloneArgs(address(this));
        assembly ("memory-safe") {
            word := mload(add(add(arguments, 0x20), offset))
        }
    }
}
