// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IModuleRegistry} from "../interfaces/IModuleRegistry.sol";
import {ITimelock} from "../interfaces/ITimelock.sol";
import {TributaryGovernor} from "./TributaryGovernor.sol";

/// @title The timelock: owner of every contract and of every proxy's admin
/// @notice OpenZeppelin's TimelockController with three choices made once: it administers itself (no other admin
/// exists, so that even a shorter delay has to wait the present one), anyone may execute what has waited, and how long
/// it waits depends on what it calls. See {ITimelock}.
contract Timelock is ITimelock, TimelockController {
    /// @inheritdoc ITimelock
    address public immutable governor;

    uint256 private _moduleDelaySeconds;
    uint256 private _governanceDelaySeconds;

    /// @dev Below the governance class, plus one; zero: no rule.
    mapping(bytes4 selector => uint8) private _rules;

    modifier onlySelf() {
        if (msg.sender != address(this)) revert TimelockUnauthorizedCaller(msg.sender);
        _;
    }

    /// @notice Makes the governor too, as the two must know each other and neither may be told later.
    /// @param delays Least time between scheduling and executing, by class.
    /// @param proposers Accounts beside the governor that may schedule and cancel: none on a real deployment.
    /// @param rules Functions that are less than a change of governance.
    /// @param token Whose votes count.
    /// @param settings Of the governor.
    constructor(
        ClassDelays memory delays,
        address[] memory proposers,
        ClassRule[] memory rules,
        IVotes token,
        TributaryGovernor.Settings memory settings
    ) TimelockController(delays.parameterSeconds, proposers, _anyone(), address(0)) {
        _setClassDelays(delays.moduleSeconds, delays.governanceSeconds);
        for (uint256 i = 0; i < rules.length; ++i) {
            _setClassRule(rules[i]);
        }
        governor = address(new TributaryGovernor(token, this, settings));
        _grantRole(PROPOSER_ROLE, governor);
        _grantRole(CANCELLER_ROLE, governor);
    }

    /// @inheritdoc ITimelock
    function setClassDelays(uint256 moduleSeconds, uint256 governanceSeconds) external onlySelf {
        _setClassDelays(moduleSeconds, governanceSeconds);
    }

    /// @inheritdoc ITimelock
    function setClassRule(ClassRule calldata rule) external onlySelf {
        _setClassRule(rule);
    }

    /// @notice Sets the delay of the parameter class.
    /// @dev Only the timelock itself: it waits the delay of the governance class.
    function updateDelay(uint256 newDelay) public override {
        super.updateDelay(newDelay);
        _setClassDelays(_moduleDelaySeconds, _governanceDelaySeconds);
    }

    /// @notice Schedules a call. A delay that is enough for parameters is raised to what the call's class asks for.
    /// @dev Only a proposer.
    function schedule(
        address target,
        uint256 value,
        bytes calldata data,
        bytes32 predecessor,
        bytes32 salt,
        uint256 delay
    ) public override {
        delay = _raised(delay, riskClassOf(target, value, data));
        super.schedule(target, value, data, predecessor, salt, delay);
    }

    /// @notice Schedules several calls that are executed together, with the delay of the highest class among them.
    /// @dev Only a proposer.
    function scheduleBatch(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata payloads,
        bytes32 predecessor,
        bytes32 salt,
        uint256 delay
    ) public override {
        if (targets.length != values.length || targets.length != payloads.length) {
            revert TimelockInvalidOperationLength(targets.length, payloads.length, values.length);
        }
        delay = _raised(delay, riskClassOfBatch(targets, values, payloads));
        super.scheduleBatch(targets, values, payloads, predecessor, salt, delay);
    }

    /// @inheritdoc ITimelock
    function riskClassOf(
        address target,
        uint256 value,
        bytes calldata data
    ) public view returns (IModuleRegistry.RiskClass) {
        bool isGovernance = target == address(this) || hasRole(PROPOSER_ROLE, target);
        if (isGovernance || value > 0 || data.length < 4) return IModuleRegistry.RiskClass.Governance;
        uint8 rule = _rules[bytes4(data[:4])];
        return rule == 0 ? IModuleRegistry.RiskClass.Governance : IModuleRegistry.RiskClass(rule - 1);
    }

    /// @inheritdoc ITimelock
    function riskClassOfBatch(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata payloads
    ) public view returns (IModuleRegistry.RiskClass highest) {
        for (uint256 i = 0; i < targets.length; ++i) {
            IModuleRegistry.RiskClass riskClass = riskClassOf(targets[i], values[i], payloads[i]);
            if (riskClass > highest) highest = riskClass;
        }
    }

    /// @inheritdoc ITimelock
    function delaySecondsOf(IModuleRegistry.RiskClass riskClass) public view returns (uint256) {
        if (riskClass == IModuleRegistry.RiskClass.Parameter) return getMinDelay();
        return riskClass == IModuleRegistry.RiskClass.Module ? _moduleDelaySeconds : _governanceDelaySeconds;
    }

    function _setClassDelays(uint256 moduleSeconds, uint256 governanceSeconds) private {
        uint256 parameterSeconds = getMinDelay();
        if (parameterSeconds > moduleSeconds || moduleSeconds > governanceSeconds) {
            revert TimelockDelaysNotAscending(parameterSeconds, moduleSeconds, governanceSeconds);
        }
        _moduleDelaySeconds = moduleSeconds;
        _governanceDelaySeconds = governanceSeconds;
        emit ClassDelaysUpdated(ClassDelays(parameterSeconds, moduleSeconds, governanceSeconds));
    }

    function _setClassRule(ClassRule memory rule) private {
        bool isRemoval = rule.riskClass == IModuleRegistry.RiskClass.Governance;
        _rules[rule.selector] = isRemoval ? 0 : uint8(rule.riskClass) + 1;
        emit ClassRuleUpdated(rule.selector, rule.riskClass);
    }

    /// @dev Below the least delay it stays as it is: the base refuses it.
    function _raised(uint256 delay, IModuleRegistry.RiskClass riskClass) private view returns (uint256) {
        uint256 least = delaySecondsOf(riskClass);
        return delay >= getMinDelay() && delay < least ? least : delay;
    }

    function _anyone() private pure returns (address[] memory executors) {
        executors = new address[](1);
    }
}
