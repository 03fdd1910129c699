// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A contract that calls what it is told to
/// @notice For tests only, never deployed with the system. Stands for any contract that has a part in an attack; takes
/// no plain ETH, so it is also the recipient that refuses.
contract Caller {
    /// @notice Calls `target` with all of `msg.value` and fails with what it fails with.
    function relay(address target, bytes calldata data) external payable returns (bytes memory) {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory result) = target.call{value: msg.value}(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }
}
