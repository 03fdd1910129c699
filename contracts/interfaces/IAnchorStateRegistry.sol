// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Which output claims count
/// @notice OP Stack's interface, as far as withdrawals and clients ask it. A claim counts when its game is registered,
/// not blacklisted, not retired, was of the respected type when created, and ended for the defender long enough ago.
interface IAnchorStateRegistry {
    /// @notice A game was declared void.
    event DisputeGameBlacklisted(address indexed disputeGame);

    /// @notice Games created at or before this time no longer count.
    event RetirementTimestampSet(uint256 timestamp);

    /// @notice Declares a game void, whatever its outcome.
    /// @dev Only the owner, which is the timelock. The guardian has no such power: it disputes while the game is open.
    function blacklistDisputeGame(address game) external;

    /// @notice Retires all games that exist now: whoever proved against one has to prove again.
    /// @dev Only the owner, which is the timelock.
    function updateRetirementTimestamp() external;

    /// @notice Whether the factory made this game.
    function isGameRegistered(address game) external view returns (bool);

    /// @notice Whether the game was declared void.
    function isGameBlacklisted(address game) external view returns (bool);

    /// @notice Whether the game was created at or before the retirement timestamp.
    function isGameRetired(address game) external view returns (bool);

    /// @notice Whether the game's type was the respected one when it was created.
    function isGameRespected(address game) external view returns (bool);

    /// @notice Whether the game is registered, not blacklisted and not retired.
    function isGameProper(address game) external view returns (bool);

    /// @notice Whether the game ended longer than the finality delay ago. No game is final during a pause.
    function isGameFinalized(address game) external view returns (bool);

    /// @notice Whether the game's claim can be relied on now.
    function isGameClaimValid(address game) external view returns (bool);

    /// @notice Whether withdrawals are paused.
    function paused() external view returns (bool);

    /// @notice Where the games are made.
    function disputeGameFactory() external view returns (address);

    /// @notice Where the guardian, the respected type and the pause are.
    function systemConfig() external view returns (address);

    /// @notice Seconds that must pass after a game's end before its claim counts.
    function disputeGameFinalityDelaySeconds() external view returns (uint256);

    /// @notice Games created at or before this time do not count, in seconds; zero at first.
    function retirementTimestamp() external view returns (uint64);
}
