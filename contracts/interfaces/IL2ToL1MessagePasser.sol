// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Where messages to L1 are recorded
/// @notice OP Stack's interface. The storage root of this contract is in every output root; a withdrawal is proven
/// on L1 by the slot `sentMessages[withdrawalHash]`, a mapping at slot 0.
interface IL2ToL1MessagePasser {
    /// @notice A message to L1 was recorded.
    /// @param nonce Version (2 bytes) and counter (30 bytes).
    /// @param sender Who sent it on L2.
    /// @param target Whom to call on L1.
    /// @param value Wei to send along, which was left here.
    /// @param gasLimit Least L1 gas of the call.
    /// @param data Input of the call.
    /// @param withdrawalHash keccak256(abi.encode(nonce, sender, target, value, gasLimit, data)).
    event MessagePassed(
        uint256 indexed nonce,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        bytes32 withdrawalHash
    );

    /// @notice Records a message to L1 with `msg.value` wei.
    /// @dev Anyone, at any time. The ETH stays here: it is what was taken out of L2's supply.
    /// @param target Whom to call on L1.
    /// @param gasLimit Least L1 gas of the call.
    /// @param data Input of the call.
    function initiateWithdrawal(address target, uint256 gasLimit, bytes calldata data) external payable;

    /// @notice Whether a withdrawal was recorded.
    function sentMessages(bytes32 withdrawalHash) external view returns (bool);

    /// @notice Nonce of the next message: version (2 bytes) and counter (30 bytes).
    function messageNonce() external view returns (uint256);

    /// @notice Version in the nonce.
    // solhint-disable-next-line func-name-mixedcase
    function MESSAGE_VERSION() external view returns (uint16);
}
