// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {TributaryGovernor} from "../governance/TributaryGovernor.sol";
import {ITimelock} from "../interfaces/ITimelock.sol";

/// @title A timelock whose deployer stays its admin
/// @notice For tests only, never deployed with the system: the violation that the deployment's check must catch.
contract LeakyTimelock is TimelockController {
    constructor(
        ITimelock.ClassDelays memory delays,
        address[] memory proposers,
        ITimelock.ClassRule[] memory,
        IVotes,
        TributaryGovernor.Settings memory
    ) TimelockController(delays.parameterSeconds, proposers, new address[](1), msg.sender) {}
}
