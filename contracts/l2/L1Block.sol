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

    /// @dev Selector and packed fields.
    uint256 private constant CALLDATA_SIZE_BYTES = 164;

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
    function setL1BlockValuesEcotone() external {
        if (msg.sender != DEPOSITOR_ACCOUNT) revert L1BlockUnauthorized(msg.sender);
        if (msg.data.length != CALLDATA_SIZE_BYTES) {
            revert L1BlockInvalidCalldataSize(msg.data.length, CALLDATA_SIZE_BYTES);
        }
        baseFeeScalar = uint32(bytes4(msg.data[4:8]));
        blobBaseFeeScalar = uint32(bytes4(msg.data[8:12]));
        sequenceNumber = uint64(bytes8(msg.data[12:20]));
        timestamp = uint64(bytes8(msg.data[20:28]));
        number = uint64(bytes8(msg.data[28:36]));
        basefee = uint256(bytes32(msg.data[36:68]));
        blobBaseFee = uint256(bytes32(msg.data[68:100]));
        hash = bytes32(msg.data[100:132]);
        batcherHash = bytes32(msg.data[132:164]);
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
