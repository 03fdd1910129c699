// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The timelock: owner of every contract and of every proxy's admin
/// @notice OpenZeppelin's TimelockController with two choices made once: it administers itself (no other admin exists,
/// so that even a shorter delay has to wait the present one), and anyone may execute what has waited.
contract Timelock is TimelockController {
    /// @param minDelaySeconds Least time between scheduling and executing.
    /// @param proposers Accounts that may schedule and cancel; the governor, once there is one.
    constructor(
        uint256 minDelaySeconds,
        address[] memory proposers
    ) TimelockController(minDelaySeconds, proposers, _anyone(), address(0)) {}

    function _anyone() private pure returns (address[] memory executors) {
        executors = new address[](1);
    }
}
