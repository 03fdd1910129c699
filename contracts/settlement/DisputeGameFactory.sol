// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";

/// @title DisputeGameFactory
/// @notice See {IDisputeGameFactory}.
/// @dev A game is a clone whose code ends with creator (20 bytes) ‖ rootClaim (32) ‖ l1Head (32) ‖ extraData.
contract DisputeGameFactory is IDisputeGameFactory, Ownable2StepUpgradeable {
    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    /// @inheritdoc IDisputeGameFactory
    mapping(uint32 gameType => address implementation) public gameImpls;

    /// @inheritdoc IDisputeGameFactory
    mapping(uint32 gameType => uint256 bondWei) public initBonds;

    /// @dev gameType (4 bytes) ‖ timestamp (8 bytes) ‖ address (20 bytes), by what makes a claim the same.
    mapping(bytes32 uuid => bytes32 metadata) private _gameByUuid;

    /// @dev The same words in the order of creation.
    bytes32[] private _games;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner (the timelock) and the first types.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(address initialOwner, GameRegistration[] calldata registrations) external initializer {
        __Ownable_init(initialOwner);
        for (uint256 i = 0; i < registrations.length; ++i) {
            _setImplementation(registrations[i].gameType, registrations[i].implementation);
            _setInitBond(registrations[i].gameType, registrations[i].initBond);
        }
    }

    /// @inheritdoc IDisputeGameFactory
    function create(
        uint32 gameType,
        bytes32 rootClaim,
        bytes calldata extraData
    ) external payable returns (address proxy) {
        address implementation = gameImpls[gameType];
        if (implementation == address(0)) revert NoImplementation(gameType);
        if (msg.value != initBonds[gameType]) revert IncorrectBondAmount(msg.value, initBonds[gameType]);
        bytes32 uuid = getGameUUID(gameType, rootClaim, extraData);
        if (_gameByUuid[uuid] != 0) revert GameAlreadyExists(uuid);

        proxy = Clones.cloneDeterministicWithImmutableArgs(
            implementation,
            abi.encodePacked(msg.sender, rootClaim, blockhash(block.number - 1), extraData),
            uuid
        );
        bytes32 metadata = _pack(gameType, uint64(block.timestamp), proxy);
        _gameByUuid[uuid] = metadata;
        _games.push(metadata);
        emit DisputeGameCreated(proxy, gameType, rootClaim);

        IDisputeGame(proxy).initialize{value: msg.value}();
    }

    /// @inheritdoc IDisputeGameFactory
    function setImplementation(uint32 gameType, address implementation) external onlyOwner {
        _setImplementation(gameType, implementation);
    }

    /// @inheritdoc IDisputeGameFactory
    function setInitBond(uint32 gameType, uint256 initBond) external onlyOwner {
        _setInitBond(gameType, initBond);
    }

    /// @inheritdoc IDisputeGameFactory
    function gameCount() external view returns (uint256) {
        return _games.length;
    }

    /// @inheritdoc IDisputeGameFactory
    function games(
        uint32 gameType,
        bytes32 rootClaim,
        bytes calldata extraData
    ) external view returns (address proxy, uint64 timestamp) {
        (, timestamp, proxy) = _unpack(_gameByUuid[getGameUUID(gameType, rootClaim, extraData)]);
    }

    /// @inheritdoc IDisputeGameFactory
    function gameAtIndex(
        uint256 index
    ) external view returns (uint32 gameType, uint64 timestamp, address proxy) {
        if (index >= _games.length) revert DisputeGameFactoryUnknownGame(index, _games.length);
        return _unpack(_games[index]);
    }

    /// @inheritdoc IDisputeGameFactory
    function findLatestGames(
        uint32 gameType,
        uint256 start,
        uint256 n
    ) external view returns (GameSearchResult[] memory found) {
        if (start >= _games.length || n == 0) return found;
        // No more than start + 1 games can be found; start is below the length, so this can't overflow.
        found = new GameSearchResult[](n < start + 1 ? n : start + 1);
        uint256 count = 0;
        for (uint256 next = start + 1; next > 0 && count < found.length; --next) {
            bytes32 metadata = _games[next - 1];
            (uint32 type_, uint64 timestamp, address proxy) = _unpack(metadata);
            if (type_ != gameType) continue;
            found[count++] = GameSearchResult({
                index: next - 1,
                metadata: metadata,
                timestamp: timestamp,
                rootClaim: IDisputeGame(proxy).rootClaim(),
                extraData: IDisputeGame(proxy).extraData()
            });
        }
        assembly ("memory-safe") {
            // Only shortens the array to what was filled.
            mstore(found, count)
        }
    }

    /// @inheritdoc IDisputeGameFactory
    function getGameUUID(
        uint32 gameType,
        bytes32 rootClaim,
        bytes calldata extraData
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(gameType, rootClaim, extraData));
    }

    function _setImplementation(uint32 gameType, address implementation) private {
        if (implementation != address(0) && implementation.code.length == 0) {
            revert DisputeGameFactoryInvalidImplementation(gameType, implementation);
        }
        gameImpls[gameType] = implementation;
        emit ImplementationSet(implementation, gameType);
    }

    function _setInitBond(uint32 gameType, uint256 initBond) private {
        initBonds[gameType] = initBond;
        emit InitBondUpdated(gameType, initBond);
    }

    function _pack(uint32 gameType, uint64 timestamp, address proxy) private pure returns (bytes32) {
        return bytes32((uint256(gameType) << 224) | (uint256(timestamp) << 160) | uint160(proxy));
    }

    function _unpack(bytes32 metadata) private pure returns (uint32 gameType, uint64 timestamp, address proxy) {
        gameType = uint32(uint256(metadata) >> 224);
        timestamp = uint64(uint256(metadata) >> 160);
        proxy = address(uint160(uint256(metadata)));
    }
}
