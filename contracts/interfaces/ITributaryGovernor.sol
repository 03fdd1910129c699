// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModuleRegistry} from "./IModuleRegistry.sol";

/// @title What the governor adds to OpenZeppelin's: a quorum for each class of risk
/// @notice A proposal's class is what the timelock makes of its calls, never what the proposer says. It is fixed, with
/// its quorum, when the proposal is made. docs/adr/0305-classes-of-risk.md.
interface ITributaryGovernor {
    /// @notice The least part of the supply that has to take part, in percent, by class.
    struct ClassQuorums {
        uint8 parameterPercent;
        uint8 modulePercent;
        uint8 governancePercent;
    }

    /// @notice A proposal's class and quorum.
    event ProposalClassified(
        uint256 indexed proposalId,
        IModuleRegistry.RiskClass indexed riskClass,
        uint8 quorumPercent
    );

    /// @notice The quorums changed. Proposals that exist keep theirs.
    event ClassQuorumsUpdated(uint256 parameterPercent, uint256 modulePercent, uint256 governancePercent);

    /// @notice A higher class can't need less than a lower one.
    error GovernorQuorumsNotAscending(uint256 parameterPercent, uint256 modulePercent, uint256 governancePercent);

    /// @notice What the proposal calls is more than it was when the vote began: it has to be proposed again.
    error GovernorRiskClassRaised(
        uint256 proposalId,
        IModuleRegistry.RiskClass voted,
        IModuleRegistry.RiskClass actual
    );

    /// @notice Sets the quorums of module upgrades and of changes of governance; that of parameters is
    /// `updateQuorumNumerator`'s.
    /// @dev Only a proposal that was voted for.
    function setClassQuorums(uint8 modulePercent, uint8 governancePercent) external;

    /// @notice A proposal's class, as it was when it was made.
    function proposalRiskClass(uint256 proposalId) external view returns (IModuleRegistry.RiskClass);

    /// @notice Votes for and abstaining that a proposal needs.
    function proposalQuorum(uint256 proposalId) external view returns (uint256);

    /// @notice Quorum of new proposals of a class, in percent of the supply.
    function quorumPercentOf(IModuleRegistry.RiskClass riskClass) external view returns (uint8);
}
