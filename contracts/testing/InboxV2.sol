// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Inbox} from "../data-availability/Inbox.sol";

/// @title A second version of the data-availability module
/// @notice For tests only: keeps the storage of the first and counts what is left.
contract InboxV2 is Inbox {
    /// @notice Batches that were posted before the swap.
    uint64 public batchCountBefore;

    /// @notice What a migration may do: new values in new slots.
    function migrate() external reinitializer(2) {
        batchCountBefore = batchCount;
    }
}
