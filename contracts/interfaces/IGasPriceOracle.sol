// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What a transaction costs on L2 and, for its data, on L1
/// @notice OP Stack's interface, with Ecotone's formula: fee = gas × (16 × baseFeeScalar × l1BaseFee +
/// blobBaseFeeScalar × blobBaseFee) / 16e6, where gas is 16 per non-zero and 4 per zero byte. With both scalars zero
/// the L1 data fee is zero.
interface IGasPriceOracle {
    /// @notice L1 data fee of a transaction, in wei.
    /// @param data The RLP-encoded transaction without its signature, for which 68 non-zero bytes are added.
    function getL1Fee(bytes calldata data) external view returns (uint256);

    /// @notice Greatest L1 data fee of a transaction of a size, in wei.
    /// @param unsignedTxSize Size of the RLP-encoded transaction without its signature, in bytes.
    function getL1FeeUpperBound(uint256 unsignedTxSize) external view returns (uint256);

    /// @notice L1 gas that the data of a transaction stands for.
    /// @param data The RLP-encoded transaction without its signature.
    function getL1GasUsed(bytes calldata data) external view returns (uint256);

    /// @notice No operator fee is charged: zero, whatever the gas.
    function getOperatorFee(uint256 gasUsed) external view returns (uint256);

    /// @notice Whether OP Stack's Jovian formula of the operator fee holds: no.
    function isJovian() external view returns (bool);

    /// @notice Base fee of this L2 block, in wei.
    function gasPrice() external view returns (uint256);

    /// @notice Base fee of this L2 block, in wei.
    function baseFee() external view returns (uint256);

    /// @notice Base fee of the L1 origin, in wei.
    function l1BaseFee() external view returns (uint256);

    /// @notice Blob base fee of the L1 origin, in wei.
    function blobBaseFee() external view returns (uint256);

    /// @notice Weight of the L1 base fee, in millionths.
    function baseFeeScalar() external view returns (uint32);

    /// @notice Weight of the L1 blob base fee, in millionths.
    function blobBaseFeeScalar() external view returns (uint32);

    /// @notice Decimals of the scalars: 6.
    // solhint-disable-next-line func-name-mixedcase
    function DECIMALS() external view returns (uint256);

    /// @notice Decimals of the scalars: 6.
    function decimals() external pure returns (uint256);
}
