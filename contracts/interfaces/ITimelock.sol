// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModuleRegistry} from "./IModuleRegistry.sol";

/// @title What the timelock adds to OpenZeppelin's: a delay for each class of risk
/// @notice The class of an operation follows from the functions that it calls. What no rule names is a change of
/// governance, and so is everything that sends ETH or calls the timelock itself or one of its proposers.
/// docs/adr/0305-classes-of-risk.md.
interface ITimelock {
    /// @notice How long an operation waits at least, in seconds, by its class.
    struct ClassDelays {
        uint256 parameterSeconds;
        uint256 moduleSeconds;
        uint256 governanceSeconds;
    }

    /// @notice A function and its class, whatever contract it is called on.
    struct ClassRule {
        bytes4 selector;
        IModuleRegistry.RiskClass riskClass;
    }

    /// @notice The delays changed. What was scheduled before keeps its time.
    event ClassDelaysUpdated(ClassDelays delays);

    /// @notice A function's class changed.
    event ClassRuleUpdated(bytes4 indexed selector, IModuleRegistry.RiskClass riskClass);

    /// @notice A higher class can't wait less than a lower one.
    error TimelockDelaysNotAscending(uint256 parameterSeconds, uint256 moduleSeconds, uint256 governanceSeconds);

    /// @notice Sets the delays of module upgrades and of changes of governance; that of parameters is `updateDelay`'s.
    /// @dev Only the timelock itself: it waits the delay of the governance class as it is now.
    function setClassDelays(uint256 moduleSeconds, uint256 governanceSeconds) external;

    /// @notice Sets a function's class; the governance class removes the rule.
    /// @dev Only the timelock itself: it waits the delay of the governance class.
    function setClassRule(ClassRule calldata rule) external;

    /// @notice Class of a call. Sending ETH along makes it a change of governance.
    function riskClassOf(
        address target,
        uint256 value,
        bytes calldata data
    ) external view returns (IModuleRegistry.RiskClass);

    /// @notice Class of a batch: the highest of its calls'.
    function riskClassOfBatch(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata payloads
    ) external view returns (IModuleRegistry.RiskClass);

    /// @notice How long an operation of a class waits at least, in seconds.
    function delaySecondsOf(IModuleRegistry.RiskClass riskClass) external view returns (uint256);

    /// @notice The governor that was made with the timelock.
    function governor() external view returns (address);
}
