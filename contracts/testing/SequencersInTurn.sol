// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SequencerSet} from "../sequencing/SequencerSet.sol";

/// @title A second version of the sequencing module
/// @notice For tests only: two sequencers take turns by the clock.
contract SequencersInTurn is SequencerSet {
    address public second;
    uint64 public turnSeconds;

    /// @notice What a migration may do: new values in new slots.
    function migrate(address second_, uint64 turnSeconds_) external reinitializer(2) {
        second = second_;
        turnSeconds = turnSeconds_;
    }

    /// @notice Whose turn it is.
    function sequencer() public view override returns (address) {
        return (block.timestamp / turnSeconds) % 2 == 0 ? super.sequencer() : second;
    }
}
