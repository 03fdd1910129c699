// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title A timelock whose deployer stays its admin
/// @notice For tests only, never deployed with the system: the violation that the deployment's check must catch.
contract LeakyTimelock is TimelockController {
    constructor(
        uint256 minDelaySeconds,
        address[] memory proposers
    ) TimelockController(minDelaySeconds, proposers, new address[](1), msg.sender) {}
}
