// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Loops that keep an EVM busy with one kind of work each
/// @notice For the benchmarks (`eth_call`); no part of the rollup. Arithmetic wraps on purpose: what is measured is the
/// operation, not its checks.
contract BenchLoops {
    uint256 private constant _PRIME = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;

    /// @notice Nothing: what a call costs before its first instruction.
    function nothing(uint256 count) external pure returns (uint256) {
        return count;
    }

    /// @notice The `count`-th Fibonacci number, modulo 2^256.
    function fibonacci(uint256 count) external pure returns (uint256 a) {
        unchecked {
            uint256 b = 1;
            for (uint256 i = 0; i < count; ++i) (a, b) = (b, a + b);
        }
    }

    /// @notice Shell sort of `count` pseudo-random words in memory.
    /// @return The middle one.
    function shellSort(uint256 count) external pure returns (uint256) {
        unchecked {
            uint256[] memory words = new uint256[](count);
            uint256 state = 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95;
            for (uint256 i = 0; i < count; ++i) {
                state = state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407;
                words[i] = state >> 64;
            }
            for (uint256 gap = count / 2; gap > 0; gap /= 2) {
                for (uint256 i = gap; i < count; ++i) {
                    uint256 word = words[i];
                    uint256 j = i;
                    for (; j >= gap && words[j - gap] > word; j -= gap) words[j] = words[j - gap];
                    words[j] = word;
                }
            }
            return words[count / 2];
        }
    }

    /// @notice Multiply, add, shift and take the remainder.
    function mulMod(uint256 count) external pure returns (uint256 x) {
        unchecked {
            x = 3;
            for (uint256 i = 1; i <= count; ++i) x = ((x * 31 + i) ^ (x >> 7)) % (0xffffffffffffffffffffffff + i);
        }
    }

    /// @notice `MULMOD` and `ADDMOD` over secp256k1's field.
    function wideMulMod(uint256 count) external pure returns (uint256 x) {
        unchecked {
            x = type(uint256).max - 5;
            for (uint256 i = 1; i <= count; ++i) x = addmod(mulmod(x, x, _PRIME), i, _PRIME);
        }
    }

    /// @notice Keccak-256 of 32 bytes, of its own result each time.
    function keccak(uint256 count) external pure returns (bytes32 hash) {
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                assembly ("memory-safe") {
                    mstore(0, hash)
                    hash := keccak256(0, 32)
                }
            }
        }
    }
}
