// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The fee treasury's rewards for voting
/// @notice Holds ETH (fees, or what a vote sends here). A proposal whose vote ended with its quorum has a budget,
/// which is shared among those who voted, in whichever way, by their votes. The budgets are set by vote.
interface IVotingRewards {
    /// @notice What a vote decides about rewards.
    /// @param perProposalWei Shared among a proposal's voters; zero: no rewards.
    /// @param perPeriodWei Bound on the proposals whose voting began in one period.
    /// @param periodSeconds Length of a period.
    /// @param claimSeconds How long after the first claim of a proposal the others can claim.
    struct Budget {
        uint128 perProposalWei;
        uint128 perPeriodWei;
        uint64 periodSeconds;
        uint64 claimSeconds;
    }

    /// @notice A proposal's pot.
    /// @param totalVotes All votes that were cast.
    /// @param potWei What is shared.
    /// @param leftWei What was not claimed yet.
    /// @param claimableUntil When claims end, in seconds.
    struct Pot {
        uint256 totalVotes;
        uint128 potWei;
        uint128 leftWei;
        uint64 claimableUntil;
    }

    /// @notice ETH came in.
    event Funded(address indexed from, uint256 amountWei);

    /// @notice The first claim set a proposal's pot aside.
    event PotOpened(uint256 indexed proposalId, uint256 potWei, uint64 claimableUntil);

    /// @notice A voter got its share.
    event RewardClaimed(uint256 indexed proposalId, address indexed voter, uint256 amountWei);

    /// @notice What nobody claimed is free again.
    event PotClosed(uint256 indexed proposalId, uint256 leftWei);

    /// @notice The budgets changed. Pots that are open stay.
    event BudgetUpdated(Budget budget);

    /// @notice A vote spent what is not set aside.
    event Spent(address indexed recipient, uint256 amountWei);

    /// @notice The vote is not over, was cancelled, or had no quorum.
    error VotingRewardsNotRewarded(uint256 proposalId);

    /// @notice There is not enough for a whole pot, in the balance or in the period's budget.
    error VotingRewardsNoBudget(uint256 proposalId, uint256 neededWei, uint256 freeWei);

    /// @notice The account has nothing to claim: it did not vote, or has claimed.
    error VotingRewardsNothingToClaim(uint256 proposalId, address voter);

    /// @notice Claims of this proposal have ended, or not yet.
    error VotingRewardsClaimsEnded(uint256 proposalId, uint64 claimableUntil);
    error VotingRewardsClaimsOpen(uint256 proposalId, uint64 claimableUntil);

    /// @notice A value that can't be.
    error VotingRewardsInvalidBudget();

    /// @notice The recipient refused.
    error VotingRewardsTransferFailed(address recipient, uint256 amountWei);

    /// @notice Pays a voter its share of a proposal's pot.
    /// @dev Anyone, for any voter, after the vote.
    function claim(uint256 proposalId, address voter) external;

    /// @notice Frees what nobody claimed in time.
    /// @dev Anyone.
    function close(uint256 proposalId) external;

    /// @notice Sets the budgets.
    /// @dev Only the owner, which is the timelock.
    function setBudget(Budget calldata newBudget) external;

    /// @notice Sends away what is not set aside for voters.
    /// @dev Only the owner, which is the timelock.
    function spend(address payable recipient, uint256 amountWei) external;

    /// @notice What a claim would pay now if the pot is, or can be, opened; zero if there is nothing to claim.
    function claimableWei(uint256 proposalId, address voter) external view returns (uint256);

    /// @notice Whether a voter has claimed.
    function hasClaimed(uint256 proposalId, address voter) external view returns (bool);

    /// @notice A proposal's pot; all zero before the first claim.
    function potOf(uint256 proposalId) external view returns (Pot memory);

    /// @notice The budgets.
    function budget() external view returns (Budget memory);

    /// @notice Set aside for voters, in wei.
    function reservedWei() external view returns (uint256);

    /// @notice Whose votes are rewarded.
    function governor() external view returns (address);
}
