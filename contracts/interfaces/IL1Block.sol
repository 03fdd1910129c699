// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What L2 knows of L1
/// @notice Set by the first transaction of every L2 block. OP Stack's getters.
interface IL1Block {
    /// @notice Only the depositor account may set the values.
    error L1BlockUnauthorized(address caller);

    /// @notice The input is not exactly the selector and the packed fields.
    error L1BlockInvalidCalldataSize(uint256 sizeBytes, uint256 expectedSizeBytes);

    /// @notice Sets everything. The arguments are not ABI-encoded but packed after the selector, 164 bytes in all, as
    /// in OP Stack's Ecotone: baseFeeScalar (4 bytes) ‖ blobBaseFeeScalar (4) ‖ sequenceNumber (8) ‖ timestamp (8) ‖
    /// number (8) ‖ basefee (32) ‖ blobBaseFee (32) ‖ hash (32) ‖ batcherHash (32), each big-endian.
    /// @dev Only the depositor account, in the deposit that opens an L2 block.
    function setL1BlockValuesEcotone() external;

    /// @notice Number of the L1 origin.
    function number() external view returns (uint64);

    /// @notice Timestamp of the L1 origin, in seconds.
    function timestamp() external view returns (uint64);

    /// @notice Base fee of the L1 origin, in wei.
    function basefee() external view returns (uint256);

    /// @notice Hash of the L1 origin.
    function hash() external view returns (bytes32);

    /// @notice L2 blocks since the L1 origin changed.
    function sequenceNumber() external view returns (uint64);

    /// @notice Weight of the L1 blob base fee in the L1 data fee, in millionths.
    function blobBaseFeeScalar() external view returns (uint32);

    /// @notice Weight of the L1 base fee in the L1 data fee, in millionths.
    function baseFeeScalar() external view returns (uint32);

    /// @notice Zero: batches are authenticated by the inbox, not by a key that L2 knows.
    function batcherHash() external view returns (bytes32);

    /// @notice Blob base fee of the L1 origin, in wei; 1 where L1 has no blobs.
    function blobBaseFee() external view returns (uint256);

    /// @notice No operator fee is charged: zero.
    function operatorFeeScalar() external view returns (uint32);

    /// @notice No operator fee is charged: zero.
    function operatorFeeConstant() external view returns (uint64);

    /// @notice The account that sets the values.
    // solhint-disable-next-line func-name-mixedcase
    function DEPOSITOR_ACCOUNT() external view returns (address);
}
