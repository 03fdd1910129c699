// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDisputeGame} from "./IDisputeGame.sol";

/// @title The first type of game: a bonded claim that stands unless the guardian disputes it in time
/// @notice `extraData` is abi.encode(uint256 l2BlockNumber). The claim is the output root of that block. During the
/// challenge window the guardian can dispute it, which ends the game and forfeits the bond; after it anyone can resolve
/// it for the claimant. The fault proof will be another type.
/// @dev A claim that was disputed can't be made again for the same block; a later block's claim covers it.
interface IOutputClaimGame is IDisputeGame {
    /// @notice The guardian disputed the claim.
    event Disputed(address indexed guardian, address indexed bondRecipient, uint256 bondWei);

    /// @notice A bond was paid out.
    event CreditClaimed(address indexed recipient, uint256 amountWei);

    /// @notice The code behind the clones is not a game.
    error OutputClaimGameNotAClone();

    /// @notice The game began already.
    error OutputClaimGameAlreadyInitialized(uint64 createdAt);

    /// @notice `extraData` is not one word.
    error OutputClaimGameInvalidExtraData(uint256 argumentsSizeBytes, uint256 expectedSizeBytes);

    /// @notice The L2 block number is zero (genesis needs no claim) or does not fit 64 bits.
    error OutputClaimGameInvalidBlockNumber(uint256 l2BlockNumber);

    /// @notice The output root is zero, which no block has.
    error OutputClaimGameInvalidRootClaim(bytes32 rootClaim);

    /// @notice The game ended already.
    error OutputClaimGameNotInProgress(GameStatus status);

    /// @notice The window is still open.
    error OutputClaimGameWindowOpen(uint256 timestamp, uint256 windowEndsAt);

    /// @notice The window is over.
    error OutputClaimGameWindowClosed(uint256 timestamp, uint256 windowEndsAt);

    /// @notice Only the guardian may dispute.
    error OutputClaimGameUnauthorized(address caller, address guardian);

    /// @notice Nothing is due to this account.
    error OutputClaimGameNoCredit(address recipient);

    /// @notice The recipient refused the payment.
    error OutputClaimGameTransferFailed(address recipient, uint256 amountWei);

    /// @notice A constructor argument is zero.
    error OutputClaimGameInvalidConfiguration();

    /// @notice Ends the game for the challenger.
    /// @dev Only the guardian named by SystemConfig, before `windowEndsAt`.
    function dispute() external;

    /// @notice Pays a bond out.
    /// @dev Anyone, for anyone, after the game ended.
    /// @param recipient Whom to pay what is due to it.
    function claimCredit(address recipient) external;

    /// @notice What is due to an account, in wei.
    function credit(address recipient) external view returns (uint256);

    /// @notice Number of the L2 block that the claim is about.
    function l2BlockNumber() external view returns (uint256);

    /// @notice First second at which the claim can be resolved and no more be disputed.
    function windowEndsAt() external view returns (uint256);

    /// @notice Length of the challenge window, in seconds.
    function challengeWindowSeconds() external view returns (uint64);

    /// @notice Who gets the bond of a disputed claim.
    function disputedBondRecipient() external view returns (address);

    /// @notice Where the guardian and the respected type are read.
    function systemConfig() external view returns (address);
}
