// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingFractional} from "@openzeppelin/contracts/governance/extensions/GovernorCountingFractional.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorStorage} from "@openzeppelin/contracts/governance/extensions/GovernorStorage.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IModuleRegistry} from "../interfaces/IModuleRegistry.sol";
import {ITimelock} from "../interfaces/ITimelock.sol";
import {ITributaryGovernor} from "../interfaces/ITributaryGovernor.sol";

/// @title TributaryGovernor
/// @notice OpenZeppelin's Governor with fractional counting, stored proposals, protection against late quorums, and the
/// timelock as executor. See {ITributaryGovernor} for what is added.
/// @dev It has no proxy: to change it is to give another contract the timelock's proposer role.
contract TributaryGovernor is
    ITributaryGovernor,
    Governor,
    GovernorSettings,
    GovernorCountingFractional,
    GovernorStorage,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    GovernorTimelockControl
{
    /// @notice What is set first; all of it can be changed by a vote. Times in seconds.
    struct Settings {
        uint48 votingDelaySeconds;
        uint32 votingPeriodSeconds;
        uint48 lateQuorumExtensionSeconds;
        uint256 proposalThreshold;
        ClassQuorums quorums;
    }

    /// @dev Fixed when the proposal is made.
    struct ProposalRisk {
        IModuleRegistry.RiskClass riskClass;
        uint8 quorumPercent;
    }

    uint8 private _moduleQuorumPercent;
    uint8 private _governanceQuorumPercent;
    mapping(uint256 proposalId => ProposalRisk) private _risks;

    /// @param token_ Whose votes count.
    /// @param timelock_ What executes, and knows the class of every call.
    /// @param settings What is set first.
    constructor(
        IVotes token_,
        TimelockController timelock_,
        Settings memory settings
    )
        Governor("TributaryGovernor")
        GovernorSettings(settings.votingDelaySeconds, settings.votingPeriodSeconds, settings.proposalThreshold)
        GovernorVotes(token_)
        GovernorVotesQuorumFraction(settings.quorums.parameterPercent)
        GovernorPreventLateQuorum(settings.lateQuorumExtensionSeconds)
        GovernorTimelockControl(timelock_)
    {
        _setClassQuorums(settings.quorums.modulePercent, settings.quorums.governancePercent);
    }

    /// @inheritdoc ITributaryGovernor
    function setClassQuorums(uint8 modulePercent, uint8 governancePercent) external onlyGovernance {
        _setClassQuorums(modulePercent, governancePercent);
    }

    /// @inheritdoc ITributaryGovernor
    function proposalRiskClass(uint256 proposalId) external view returns (IModuleRegistry.RiskClass) {
        return _risks[proposalId].riskClass;
    }

    /// @notice Refused, by whomever it is called: the governor holds nothing that it could send on.
    function relay(address, uint256, bytes calldata) public payable override {
        revert GovernorOnlyExecutor(msg.sender);
    }

    /// @notice Refused: another timelock would own nothing. A governor of other rules gets the proposer role instead.
    function updateTimelock(TimelockController) public view override {
        revert GovernorOnlyExecutor(msg.sender);
    }

    /// @notice Now, in seconds: the token's clock, without asking the token.
    function clock() public view override(Governor, GovernorVotes) returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice How the proposal stands.
    function state(
        uint256 proposalId
    ) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(proposalId);
    }

    /// @notice When voting ends; later if the quorum was reached late.
    function proposalDeadline(
        uint256 proposalId
    ) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    /// @notice True: everything waits in the timelock.
    function proposalNeedsQueuing(
        uint256 proposalId
    ) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    /// @notice Votes that are needed to propose.
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @notice Quorum of the parameter class at a time; a proposal's own is `proposalQuorum`.
    function quorum(uint256 timepoint) public view override(Governor, GovernorVotesQuorumFraction) returns (uint256) {
        return _percentOfSupply(timepoint, quorumNumerator(timepoint));
    }

    /// @inheritdoc ITributaryGovernor
    function proposalQuorum(uint256 proposalId) public view returns (uint256) {
        return _percentOfSupply(proposalSnapshot(proposalId), _risks[proposalId].quorumPercent);
    }

    /// @inheritdoc ITributaryGovernor
    function quorumPercentOf(IModuleRegistry.RiskClass riskClass) public view returns (uint8) {
        if (riskClass == IModuleRegistry.RiskClass.Parameter) return uint8(quorumNumerator());
        return riskClass == IModuleRegistry.RiskClass.Module ? _moduleQuorumPercent : _governanceQuorumPercent;
    }

    /// @notice Refused: the governor holds nothing.
    function onERC721Received(address, address, uint256, bytes memory) public pure override returns (bytes4) {
        revert GovernorDisabledDeposit();
    }

    /// @notice Refused: the governor holds nothing.
    function onERC1155Received(
        address,
        address,
        uint256,
        uint256,
        bytes memory
    ) public pure override returns (bytes4) {
        revert GovernorDisabledDeposit();
    }

    /// @notice Refused: the governor holds nothing.
    function onERC1155BatchReceived(
        address,
        address,
        uint256[] memory,
        uint256[] memory,
        bytes memory
    ) public pure override returns (bytes4) {
        revert GovernorDisabledDeposit();
    }

    /// @notice ERC-6372's name of the clock.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override(Governor, GovernorVotes) returns (string memory) {
        return "mode=timestamp";
    }

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override(Governor, GovernorStorage) returns (uint256 proposalId) {
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        IModuleRegistry.RiskClass riskClass = _classify(targets, values, calldatas);
        uint8 percent = quorumPercentOf(riskClass);
        _risks[proposalId] = ProposalRisk(riskClass, percent);
        emit ProposalClassified(proposalId, riskClass, percent);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        IModuleRegistry.RiskClass voted = _risks[proposalId].riskClass;
        IModuleRegistry.RiskClass actual = _classify(targets, values, calldatas);
        if (actual > voted) revert GovernorRiskClassRaised(proposalId, voted, actual);
        super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
        // The base asks for the least delay; the timelock raises it to that of the class.
        return uint48(block.timestamp + _classes().delaySecondsOf(actual));
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    /// @dev While the contract is made the other quorums are not set yet: `_setClassQuorums` compares them afterwards.
    function _updateQuorumNumerator(uint256 newPercent) internal override {
        super._updateQuorumNumerator(newPercent);
        if (_governanceQuorumPercent > 0) _setClassQuorums(_moduleQuorumPercent, _governanceQuorumPercent);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }

    /// @dev Those for and those abstaining, as the base counts; but the quorum is the proposal's own.
    function _quorumReached(
        uint256 proposalId
    ) internal view override(Governor, GovernorCountingFractional) returns (bool) {
        (, uint256 forVotes, uint256 abstainVotes) = proposalVotes(proposalId);
        return proposalQuorum(proposalId) <= forVotes + abstainVotes;
    }

    function _setClassQuorums(uint8 modulePercent, uint8 governancePercent) private {
        uint256 parameterPercent = quorumNumerator();
        if (
            parameterPercent > modulePercent || modulePercent > governancePercent || governancePercent > 100
        ) revert GovernorQuorumsNotAscending(parameterPercent, modulePercent, governancePercent);
        _moduleQuorumPercent = modulePercent;
        _governanceQuorumPercent = governancePercent;
        emit ClassQuorumsUpdated(parameterPercent, modulePercent, governancePercent);
    }

    function _classify(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas
    ) private view returns (IModuleRegistry.RiskClass) {
        return _classes().riskClassOfBatch(targets, values, calldatas);
    }

    /// @dev Cannot overflow: votes are below 2^208.
    function _percentOfSupply(uint256 timepoint, uint256 percent) private view returns (uint256) {
        return (token().getPastTotalSupply(timepoint) * percent) / 100;
    }

    function _classes() private view returns (ITimelock) {
        return ITimelock(timelock());
    }
}
