// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who may post batches now
/// @notice The SEQUENCING module: the inbox asks it at every batch. Another version may let several take turns; each
/// answers with one account at a time, for two that post at once would build two chains on one head.
/// docs/adr/0323-sequencing-module.md says what the inbox does when it does not answer.
interface ISequencerSet {
    /// @notice The account that may post was replaced.
    event SequencerUpdated(address indexed previousSequencer, address indexed newSequencer);

    /// @notice The sequencer may not be the zero address.
    error SequencerSetInvalidSequencer(address sequencer);

    /// @notice Replaces the sequencer from the next transaction on.
    /// @dev Only the owner, which is the timelock.
    function setSequencer(address newSequencer) external;

    /// @notice The account that may post now.
    /// @dev Within `IInbox.SEQUENCER_SET_GAS`, and whoever asks.
    function sequencer() external view returns (address);
}
