// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AnchorStateRegistry} from "../settlement/AnchorStateRegistry.sol";

/// @title A second version of the settlement module
/// @notice For tests only: keeps the storage of the first, and can fall ill by a migration.
contract AnchorStateRegistryV2 is AnchorStateRegistry {
    bool public isIll;
    uint64 public migratedAt;

    /// @notice What a migration may do: new values in new slots.
    function migrate(bool ill) external reinitializer(2) {
        isIll = ill;
        migratedAt = uint64(block.timestamp);
    }

    /// @notice As the first version's, unless the migration made it ill.
    function healthCheck() public view override returns (bool) {
        return !isIll && super.healthCheck();
    }
}
