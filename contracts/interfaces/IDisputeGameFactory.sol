// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Where output claims are made and found
/// @notice OP Stack's interface. Anyone who puts up the bond may make a claim; there is no list of the permitted.
interface IDisputeGameFactory {
    /// @notice A type of game as it is first registered.
    struct GameRegistration {
        uint32 gameType;
        address implementation;
        uint256 initBond;
    }

    /// @notice A game found by `findLatestGames`.
    /// @param index Position in the list of all games, from 0.
    /// @param metadata gameType (4 bytes) ‖ timestamp (8 bytes) ‖ address of the game (20 bytes).
    struct GameSearchResult {
        uint256 index;
        bytes32 metadata;
        uint64 timestamp;
        bytes32 rootClaim;
        bytes extraData;
    }

    /// @notice A game began.
    event DisputeGameCreated(address indexed disputeProxy, uint32 indexed gameType, bytes32 indexed rootClaim);

    /// @notice Games of this type are clones of `impl` from now on.
    event ImplementationSet(address indexed impl, uint32 indexed gameType);

    /// @notice The bond of this type changed, in wei.
    event InitBondUpdated(uint32 indexed gameType, uint256 indexed newBond);

    /// @notice No implementation is registered for the type.
    error NoImplementation(uint32 gameType);

    /// @notice The value sent is not the bond.
    error IncorrectBondAmount(uint256 sentWei, uint256 bondWei);

    /// @notice The same claim was made before.
    error GameAlreadyExists(bytes32 uuid);

    /// @notice The implementation has no code.
    error DisputeGameFactoryInvalidImplementation(uint32 gameType, address implementation);

    /// @notice No game has this index yet.
    error DisputeGameFactoryUnknownGame(uint256 index, uint256 gameCount);

    /// @notice Makes a claim.
    /// @dev Anyone, with exactly the type's bond as value. The game's address depends on the caller, the claim and the
    /// L1 block, so that after an L1 reorganization an address never stands for another claim.
    /// @param gameType A registered type.
    /// @param rootClaim The output root.
    /// @param extraData What the claim is about, in the form of the type.
    function create(
        uint32 gameType,
        bytes32 rootClaim,
        bytes calldata extraData
    ) external payable returns (address proxy);

    /// @notice Registers the code of a type. Games that exist keep theirs.
    /// @dev Only the owner, which is the timelock. The zero address ends the type.
    function setImplementation(uint32 gameType, address implementation) external;

    /// @notice Sets the bond of a type, in wei. Games that exist keep theirs.
    /// @dev Only the owner, which is the timelock.
    function setInitBond(uint32 gameType, uint256 initBond) external;

    /// @notice How many games were made.
    function gameCount() external view returns (uint256);

    /// @notice Code of a type, zero if there is none.
    function gameImpls(uint32 gameType) external view returns (address);

    /// @notice Bond of a type, in wei.
    function initBonds(uint32 gameType) external view returns (uint256);

    /// @notice The game about a claim; zeros if there is none.
    function games(
        uint32 gameType,
        bytes32 rootClaim,
        bytes calldata extraData
    ) external view returns (address proxy, uint64 timestamp);

    /// @notice The game at a position of the list, from 0.
    function gameAtIndex(
        uint256 index
    ) external view returns (uint32 gameType, uint64 timestamp, address proxy);

    /// @notice Up to `n` games of a type, from position `start` backwards. Empty if `start` is past the end.
    /// @dev For reading off-chain: its cost grows with the games passed over.
    function findLatestGames(
        uint32 gameType,
        uint256 start,
        uint256 n
    ) external view returns (GameSearchResult[] memory);

    /// @notice What makes a claim the same: keccak256(abi.encode(gameType, rootClaim, extraData)).
    function getGameUUID(
        uint32 gameType,
        bytes32 rootClaim,
        bytes calldata extraData
    ) external pure returns (bytes32);
}
