// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A game about one output claim
/// @notice OP Stack's interface of a dispute game, as far as every type of game has it.
interface IDisputeGame {
    /// @notice How a game stands. OP Stack's numbers.
    enum GameStatus {
        IN_PROGRESS,
        CHALLENGER_WINS,
        DEFENDER_WINS
    }

    /// @notice The game ended.
    event Resolved(GameStatus indexed status);

    /// @notice Starts the clock and takes the bond.
    /// @dev Anyone, once: the factory calls it in the transaction that makes the game.
    function initialize() external payable;

    /// @notice Ends the game if it can be ended now, and says how.
    function resolve() external returns (GameStatus);

    /// @notice How the game stands.
    function status() external view returns (GameStatus);

    /// @notice When the game began, in seconds.
    function createdAt() external view returns (uint64);

    /// @notice When the game ended, in seconds; zero before.
    function resolvedAt() external view returns (uint64);

    /// @notice Number of the game's type.
    function gameType() external view returns (uint32);

    /// @notice Who made the claim.
    function gameCreator() external view returns (address);

    /// @notice The claimed output root.
    function rootClaim() external view returns (bytes32);

    /// @notice Hash of the L1 block before the one in which the claim was made.
    function l1Head() external view returns (bytes32);

    /// @notice What the claim is about, in the form of the game's type.
    function extraData() external view returns (bytes memory);

    /// @notice Number of the L2 block that the claim is about.
    function l2SequenceNumber() external view returns (uint256);

    /// @notice `gameType`, `rootClaim` and `extraData`: what identifies the game in the factory.
    function gameData() external view returns (uint32 gameType_, bytes32 rootClaim_, bytes memory extraData_);

    /// @notice Whether this type of game was the respected one when the game began.
    function wasRespectedGameTypeWhenCreated() external view returns (bool);
}
