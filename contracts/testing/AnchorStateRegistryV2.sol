// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AnchorStateRegistry} from "../settlement/AnchorStateRegistry.sol";

/// @title A second version of the settlement module
/// @notice For tests only: keeps the storage of the first, and can fall ill some time after its migration.
contract AnchorStateRegistryV2 is AnchorStateRegistry {
    uint256 public illFrom;
    uint64 public migratedAt;

    /// @notice What a migration may do: new values in new slots.
    function migrate(bool ill) external reinitializer(2) {
        illFrom = ill ? block.timestamp + 100 : type(uint256).max;
        migratedAt = uint64(block.timestamp);
    }

    /// @notice As the first version's, until it falls ill.
    function healthCheck() public view override returns (bool) {
        return block.timestamp < illFrom && super.healthCheck();
    }
}
