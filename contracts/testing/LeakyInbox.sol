// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";

/// @title An inbox that belongs to the sequencing module
/// @notice For tests only, never deployed with the system: the violation that the deployment's check must catch.
contract LeakyInbox is OwnableUpgradeable {
    function initialize(address, address sequencerSet, uint32) external initializer {
        __Ownable_init(sequencerSet);
    }
}
