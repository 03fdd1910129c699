// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ModuleCall} from "../libraries/ModuleCall.sol";

/// @title ModuleCall for tests
contract ModuleCallHarness {
    function ask(
        address module,
        bytes calldata data,
        uint256 gasBound
    ) external view returns (bool success, uint256 word, uint256 gasUsed) {
        uint256 before = gasleft();
        (success, word) = ModuleCall.ask(module, data, gasBound);
        gasUsed = before - gasleft();
    }
}
