// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StorageProof} from "../libraries/StorageProof.sol";

/// @title StorageProof, callable from a test
contract StorageProofHarness {
    function verify(bytes32 root, bytes32 slot, uint256 value, bytes[] calldata proof) external pure returns (bool) {
        return StorageProof.verify(root, slot, value, proof);
    }
}
