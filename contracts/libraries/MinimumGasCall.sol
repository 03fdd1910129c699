// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A call that gets at least so much gas, or none at all
/// @notice Whoever relays somebody else's message chooses the gas of the transaction. Without this check it could give
/// so little that the message fails while the relay itself succeeds (EIP-150 keeps back a 64th).
library MinimumGasCall {
    /// @dev What the CALL itself may cost: cold account 2,600, value 9,000, new account 25,000.
    uint256 private constant CALL_OVERHEAD_GAS = 36_600;

    /// @dev For what happens between the check and the CALL.
    uint256 private constant CHECK_OVERHEAD_GAS = 1_400;

    /// @notice Calls with all gas but what EIP-150 keeps back, and copies nothing of what is returned: a target can't
    /// make the caller pay for memory. Check `gasleft() >= needed(gasLimit)` directly before.
    function execute(address target, uint256 value, bytes memory data) internal returns (bool success) {
        assembly ("memory-safe") {
            success := call(gas(), target, value, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @notice As `execute`, but keeps `reserved` gas for what comes after.
    function executeReserving(
        address target,
        uint256 value,
        bytes memory data,
        uint256 reserved
    ) internal returns (bool success) {
        assembly ("memory-safe") {
            success := call(sub(gas(), reserved), target, value, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @notice Gas that must be left for `execute` to give `gasLimit` to the target.
    function needed(uint256 gasLimit) internal pure returns (uint256) {
        // A limit near 2^256 would overflow; no transaction has so much gas anyway.
        if (gasLimit > type(uint64).max) return type(uint256).max;
        return (gasLimit * 64 + 62) / 63 + CALL_OVERHEAD_GAS + CHECK_OVERHEAD_GAS;
    }
}
