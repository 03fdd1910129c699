// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModule} from "../interfaces/IModule.sol";
import {HostileModule} from "./HostileModule.sol";

/// @title A module that passes its test and fails at all else
/// @notice For tests only.
contract IllModule is HostileModule {
    constructor(Behaviour behaviour) HostileModule(behaviour) {}

    /// @inheritdoc IModule
    function selfTest() external pure override returns (bytes4) {
        return IModule.selfTest.selector;
    }
}
