// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IModule} from "../interfaces/IModule.sol";
import {IVotingRewards} from "../interfaces/IVotingRewards.sol";
import {TributaryGovernor} from "./TributaryGovernor.sol";

/// @title VotingRewards
/// @notice See {IVotingRewards}. It is also the FEES module of this version.
contract VotingRewards is IVotingRewards, IModule, Ownable2StepUpgradeable {
    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    TributaryGovernor private _governor;
    Budget private _budget;

    /// @inheritdoc IVotingRewards
    uint256 public reservedWei;

    /// @inheritdoc IVotingRewards
    mapping(uint256 proposalId => mapping(address voter => bool)) public hasClaimed;

    mapping(uint256 proposalId => Pot) private _pots;

    /// @dev Wei of the pots whose voting began in a period, by the period's first second.
    mapping(uint256 periodStart => uint256 pottedWei) private _pottedWei;

    constructor() {
        _disableInitializers();
    }

    /// @notice Anyone may add to the treasury.
    receive() external payable {
        emit Funded(msg.sender, msg.value);
    }

    /// @notice Sets the owner (the timelock), the governor and the first budgets.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(
        address initialOwner,
        TributaryGovernor governor_,
        Budget calldata initialBudget
    ) external initializer {
        __Ownable_init(initialOwner);
        _governor = governor_;
        _setBudget(initialBudget);
    }

    /// @inheritdoc IVotingRewards
    function claim(uint256 proposalId, address voter) external {
        uint256 votes = _governor.usedVotes(proposalId, voter);
        if (votes == 0 || hasClaimed[proposalId][voter]) revert VotingRewardsNothingToClaim(proposalId, voter);
        Pot storage pot = _pots[proposalId];
        if (pot.totalVotes == 0) _open(proposalId, pot);
        if (block.timestamp > pot.claimableUntil) revert VotingRewardsClaimsEnded(proposalId, pot.claimableUntil);

        uint256 amount = (uint256(pot.potWei) * votes) / pot.totalVotes;
        hasClaimed[proposalId][voter] = true;
        pot.leftWei -= uint128(amount);
        reservedWei -= amount;
        emit RewardClaimed(proposalId, voter, amount);
        _pay(payable(voter), amount);
    }

    /// @inheritdoc IVotingRewards
    function close(uint256 proposalId) external {
        Pot storage pot = _pots[proposalId];
        if (pot.leftWei == 0) revert VotingRewardsNotRewarded(proposalId);
        if (block.timestamp <= pot.claimableUntil) revert VotingRewardsClaimsOpen(proposalId, pot.claimableUntil);
        emit PotClosed(proposalId, pot.leftWei);
        reservedWei -= pot.leftWei;
        pot.leftWei = 0;
    }

    /// @inheritdoc IVotingRewards
    function setBudget(Budget calldata newBudget) external onlyOwner {
        _setBudget(newBudget);
    }

    /// @inheritdoc IVotingRewards
    function spend(address payable recipient, uint256 amountWei) external onlyOwner {
        uint256 free = address(this).balance - reservedWei;
        if (amountWei > free) revert VotingRewardsNoBudget(0, amountWei, free);
        emit Spent(recipient, amountWei);
        _pay(recipient, amountWei);
    }

    /// @inheritdoc IVotingRewards
    function claimableWei(uint256 proposalId, address voter) external view returns (uint256) {
        if (hasClaimed[proposalId][voter]) return 0;
        uint256 votes = _governor.usedVotes(proposalId, voter);
        Pot memory pot = _pots[proposalId];
        if (pot.totalVotes > 0) {
            return block.timestamp > pot.claimableUntil ? 0 : (uint256(pot.potWei) * votes) / pot.totalVotes;
        }
        if (!_isRewarded(proposalId) || _freeWei(proposalId) < _budget.perProposalWei) return 0;
        return (uint256(_budget.perProposalWei) * votes) / _totalVotes(proposalId);
    }

    /// @inheritdoc IVotingRewards
    function potOf(uint256 proposalId) external view returns (Pot memory) {
        return _pots[proposalId];
    }

    /// @inheritdoc IVotingRewards
    function budget() external view returns (Budget memory) {
        return _budget;
    }

    /// @inheritdoc IVotingRewards
    function governor() external view returns (address) {
        return address(_governor);
    }

    /// @inheritdoc IModule
    function selfTest() external view returns (bytes4) {
        return address(_governor).code.length > 0 && healthCheck() ? IModule.selfTest.selector : bytes4(0);
    }

    /// @inheritdoc IModule
    function healthCheck() public view returns (bool) {
        return address(this).balance >= reservedWei;
    }

    /// @dev Sets a whole pot aside or fails: who claims first can't make the others' shares small.
    function _open(uint256 proposalId, Pot storage pot) private {
        uint128 potWei = _budget.perProposalWei;
        if (potWei == 0 || !_isRewarded(proposalId)) revert VotingRewardsNotRewarded(proposalId);
        uint256 free = _freeWei(proposalId);
        if (free < potWei) revert VotingRewardsNoBudget(proposalId, potWei, free);
        pot.totalVotes = _totalVotes(proposalId);
        pot.potWei = potWei;
        pot.leftWei = potWei;
        pot.claimableUntil = uint64(block.timestamp) + _budget.claimSeconds;
        reservedWei += potWei;
        _pottedWei[_periodStart(proposalId)] += potWei;
        emit PotOpened(proposalId, potWei, pot.claimableUntil);
    }

    function _pay(address payable recipient, uint256 amount) private {
        (bool success, ) = recipient.call{value: amount}("");
        if (!success) revert VotingRewardsTransferFailed(recipient, amount);
    }

    function _setBudget(Budget calldata newBudget) private {
        if (newBudget.periodSeconds == 0 || newBudget.claimSeconds == 0) revert VotingRewardsInvalidBudget();
        _budget = newBudget;
        emit BudgetUpdated(newBudget);
    }

    /// @dev Whether the vote is over and had its quorum. How it ended does not matter: a vote against is a vote.
    function _isRewarded(uint256 proposalId) private view returns (bool) {
        IGovernor.ProposalState state = _governor.state(proposalId);
        if (
            state == IGovernor.ProposalState.Pending ||
            state == IGovernor.ProposalState.Active ||
            state == IGovernor.ProposalState.Canceled
        ) return false;
        (, uint256 forVotes, uint256 abstainVotes) = _governor.proposalVotes(proposalId);
        uint256 counted = forVotes + abstainVotes;
        return counted > 0 && counted >= _governor.proposalQuorum(proposalId);
    }

    function _totalVotes(uint256 proposalId) private view returns (uint256) {
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = _governor.proposalVotes(proposalId);
        return againstVotes + forVotes + abstainVotes;
    }

    /// @dev The lesser of what is not set aside and what is left of the period's budget.
    function _freeWei(uint256 proposalId) private view returns (uint256) {
        uint256 free = address(this).balance - reservedWei;
        uint256 potted = _pottedWei[_periodStart(proposalId)];
        uint256 left = potted < _budget.perPeriodWei ? _budget.perPeriodWei - potted : 0;
        return free < left ? free : left;
    }

    function _periodStart(uint256 proposalId) private view returns (uint256) {
        uint256 snapshot = _governor.proposalSnapshot(proposalId);
        return snapshot - (snapshot % _budget.periodSeconds);
    }
}
