// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGasPriceOracle} from "../interfaces/IGasPriceOracle.sol";
import {IL1Block} from "../interfaces/IL1Block.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title GasPriceOracle
/// @notice See {IGasPriceOracle}.
/// @dev At 0x420000000000000000000000000000000000000F. Has no state: all it reads is L1Block's.
contract GasPriceOracle is IGasPriceOracle {
    /// @inheritdoc IGasPriceOracle
    uint256 public constant DECIMALS = 6;

    /// @dev Bytes that a signature adds to an RLP-encoded transaction, all taken as non-zero.
    uint256 private constant SIGNATURE_SIZE_BYTES = 68;
    uint256 private constant GAS_PER_NONZERO_BYTE = 16;
    uint256 private constant GAS_PER_ZERO_BYTE = 4;

    IL1Block private constant L1_BLOCK = IL1Block(Predeploys.L1_BLOCK);

    /// @inheritdoc IGasPriceOracle
    function getL1Fee(bytes calldata data) external view returns (uint256) {
        return _fee(getL1GasUsed(data));
    }

    /// @inheritdoc IGasPriceOracle
    function getL1FeeUpperBound(uint256 unsignedTxSize) external view returns (uint256) {
        return _fee((unsignedTxSize + SIGNATURE_SIZE_BYTES) * GAS_PER_NONZERO_BYTE);
    }

    /// @inheritdoc IGasPriceOracle
    function gasPrice() external view returns (uint256) {
        return block.basefee;
    }

    /// @inheritdoc IGasPriceOracle
    function baseFee() external view returns (uint256) {
        return block.basefee;
    }

    /// @inheritdoc IGasPriceOracle
    function l1BaseFee() external view returns (uint256) {
        return L1_BLOCK.basefee();
    }

    /// @inheritdoc IGasPriceOracle
    function blobBaseFee() external view returns (uint256) {
        return L1_BLOCK.blobBaseFee();
    }

    /// @inheritdoc IGasPriceOracle
    function baseFeeScalar() external view returns (uint32) {
        return L1_BLOCK.baseFeeScalar();
    }

    /// @inheritdoc IGasPriceOracle
    function blobBaseFeeScalar() external view returns (uint32) {
        return L1_BLOCK.blobBaseFeeScalar();
    }

    /// @inheritdoc IGasPriceOracle
    function getOperatorFee(uint256) external pure returns (uint256) {
        return 0;
    }

    /// @inheritdoc IGasPriceOracle
    function isJovian() external pure returns (bool) {
        return false;
    }

    /// @inheritdoc IGasPriceOracle
    function decimals() external pure returns (uint256) {
        return DECIMALS;
    }

    /// @inheritdoc IGasPriceOracle
    function getL1GasUsed(bytes calldata data) public pure returns (uint256 gasUsed) {
        gasUsed = SIGNATURE_SIZE_BYTES * GAS_PER_NONZERO_BYTE;
        for (uint256 i = 0; i < data.length; ++i) {
            gasUsed += data[i] == 0 ? GAS_PER_ZERO_BYTE : GAS_PER_NONZERO_BYTE;
        }
    }

    function _fee(uint256 l1Gas) private view returns (uint256) {
        uint256 weightedPrice = GAS_PER_NONZERO_BYTE * L1_BLOCK.baseFeeScalar() * L1_BLOCK.basefee() +
            uint256(L1_BLOCK.blobBaseFeeScalar()) * L1_BLOCK.blobBaseFee();
        return (l1Gas * weightedPrice) / (GAS_PER_NONZERO_BYTE * 10 ** DECIMALS);
    }
}
