// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IL1Block} from "../interfaces/IL1Block.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title L1Block
/// @notice See {IL1Block}.
/// @dev At 0x4200000000000000000000000000000000000015. The slots are OP Stack's, for tools that read them directly.
contract L1Block is IL1Block {
    /// @inheritdoc IL1Block
    address public constant DEPOSITOR_ACCOUNT = Predeploys.DEPOSITOR_ACCOUNT;

    /// @inheritdoc IL1Block
    uint64 public number; // slot 0

    /// @inheritdoc IL1Block
    uint64 public timestamp;

    /// @inheritdoc IL1Block
    uint256 public basefee; // slot 1

    /// @inheritdoc IL1Block
    bytes32 public hash; // slot 2

    /// @inheritdoc IL1Block
    uint64 public sequenceNumber; // slot 3

    /// @inheritdoc IL1Block
    uint32 public blobBaseFeeScalar;

    /// @inheritdoc IL1Block
    uint32 public baseFeeScalar;

    /// @inheritdoc IL1Block
    bytes32 public batcherHash; // slot 4

    /// @dev Slots 5 and 6 are OP Stack's fee overhead and scalar from before Ecotone: never used here.
    uint256[2] private __retired;

    /// @inheritdoc IL1Block
    uint256 public blobBaseFee; // slot 7

    /// @inheritdoc IL1Block
    function setL1BlockValues(
        uint64 number_,
        uint64 timestamp_,
        uint256 basefee_,
        uint256 blobBaseFee_,
        bytes32 hash_,
        uint64 sequenceNumber_,
        bytes32 batcherHash_,
        uint32 baseFeeScalar_,
        uint32 blobBaseFeeScalar_
    ) external {
        if (msg.sender != DEPOSITOR_ACCOUNT) revert L1BlockUnauthorized(msg.sender);
        number = number_;
        timestamp = timestamp_;
        basefee = basefee_;
        blobBaseFee = blobBaseFee_;
        hash = hash_;
        sequenceNumber = sequenceNumber_;
        batcherHash = batcherHash_;
        baseFeeScalar = baseFeeScalar_;
        blobBaseFeeScalar = blobBaseFeeScalar_;
    }

    /// @inheritdoc IL1Block
    function operatorFeeScalar() external pure returns (uint32) {
        return 0;
    }

    /// @inheritdoc IL1Block
    function operatorFeeConstant() external pure returns (uint64) {
        return 0;
    }
}
