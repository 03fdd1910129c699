// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A question to a module that can't hurt whoever asks
/// @notice The call gets exactly `gasBound`, at most one word of its answer is copied, and nothing it does makes the
/// caller fail: a module that reverts, burns its gas or answers nonsense is reported as failed, and the caller takes
/// the fallback that it documents. The one thing that does revert is too little gas: otherwise whoever sends the
/// transaction could starve a healthy module into its fallback.
library ModuleCall {
    /// @dev What the STATICCALL itself may cost (a cold account) and what happens between the check and the call.
    uint256 private constant OVERHEAD_GAS = 5_000;

    /// @notice The transaction has too little gas to ask fairly.
    error ModuleCallInsufficientGas(uint256 gasLeft, uint256 gasNeeded);

    /// @notice Asks `module` for one word.
    /// @param gasBound Gas that the module gets; the caller needs a 63rd more.
    /// @return success Whether the module has code and answered with exactly one word within its gas.
    /// @return word The answer; zero if it failed.
    function ask(
        address module,
        bytes memory data,
        uint256 gasBound
    ) internal view returns (bool success, uint256 word) {
        uint256 needed = (gasBound * 64) / 63 + OVERHEAD_GAS;
        if (gasleft() < needed) revert ModuleCallInsufficientGas(gasleft(), needed);
        assembly ("memory-safe") {
            // Scratch space: the first 32 bytes.
            success := staticcall(gasBound, module, add(data, 0x20), mload(data), 0, 0x20)
            success := and(success, eq(returndatasize(), 0x20))
            if success {
                word := mload(0)
            }
        }
    }
}
