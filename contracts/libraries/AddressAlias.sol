// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who is the sender on L2
/// @notice A contract's L2 sender is its L1 address plus a constant, so that an L1 contract can't act as the other
/// contract that has the same address on L2.
library AddressAlias {
    uint160 internal constant OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// @dev Length of an EIP-7702 delegation, `0xef0100 ‖ address`, in bytes.
    uint256 private constant DELEGATION_SIZE_BYTES = 23;
    bytes3 private constant DELEGATION_PREFIX = 0xef0100;

    /// @notice Sender on L2 of a deposit that `msg.sender` makes: itself if a key controls it, else its alias.
    /// @dev An account with an EIP-7702 delegation is controlled by a key on both chains. So is whoever sent the
    /// transaction, for only keys sign transactions.
    function l2SenderOf(address l1Sender) internal view returns (address) {
        // solhint-disable-next-line avoid-tx-origin
        return l1Sender == tx.origin || _isDelegated(l1Sender) ? l1Sender : applyAlias(l1Sender);
    }

    /// @notice L2 alias of an L1 contract. Wraps around at 2^160.
    function applyAlias(address l1Address) internal pure returns (address l2Address) {
        unchecked {
            // Overflow is intended: addition modulo 2^160 is a bijection.
            l2Address = address(uint160(l1Address) + OFFSET);
        }
    }

    /// @notice L1 contract behind an L2 alias: the inverse of `applyAlias`.
    function undoAlias(address l2Address) internal pure returns (address l1Address) {
        unchecked {
            // Underflow is intended, see applyAlias.
            l1Address = address(uint160(l2Address) - OFFSET);
        }
    }

    function _isDelegated(address account) private view returns (bool) {
        if (account.code.length != DELEGATION_SIZE_BYTES) return false;
        bytes32 head;
        assembly ("memory-safe") {
            // Scratch space: three bytes of code, left-aligned.
            mstore(0, 0)
            extcodecopy(account, 0, 0, 3)
            head := mload(0)
        }
        return bytes3(head) == DELEGATION_PREFIX;
    }
}
