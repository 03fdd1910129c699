// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IModule} from "../interfaces/IModule.sol";
import {ISequencerSet} from "../interfaces/ISequencerSet.sol";

/// @title SequencerSet
/// @notice See {ISequencerSet}. A set of one: the SEQUENCING module of this version.
contract SequencerSet is ISequencerSet, IModule, Ownable2StepUpgradeable {
    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    address private _sequencer;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner (the timelock) and the first sequencer.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(address initialOwner, address initialSequencer) external initializer {
        __Ownable_init(initialOwner);
        _setSequencer(initialSequencer);
    }

    /// @inheritdoc ISequencerSet
    function setSequencer(address newSequencer) external onlyOwner {
        _setSequencer(newSequencer);
    }

    /// @inheritdoc IModule
    function selfTest() external view returns (bytes4) {
        return owner() != address(0) && healthCheck() ? IModule.selfTest.selector : bytes4(0);
    }

    /// @inheritdoc ISequencerSet
    function sequencer() public view virtual returns (address) {
        return _sequencer;
    }

    /// @inheritdoc IModule
    function healthCheck() public view returns (bool) {
        return sequencer() != address(0);
    }

    function _setSequencer(address newSequencer) private {
        if (newSequencer == address(0)) revert SequencerSetInvalidSequencer(newSequencer);
        emit SequencerUpdated(_sequencer, newSequencer);
        _sequencer = newSequencer;
    }
}
