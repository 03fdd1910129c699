// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What L2 knows of L1
/// @notice Set by the first transaction of every L2 block. OP Stack's getters.
interface IL1Block {
    /// @notice Only the depositor account may set the values.
    error L1BlockUnauthorized(address caller);

    /// @notice Sets everything.
    /// @dev Only the depositor account, in the deposit that opens an L2 block.
    /// @param number_ Number of the L1 origin.
    /// @param timestamp_ Timestamp of the L1 origin, in seconds.
    /// @param basefee_ Base fee of the L1 origin, in wei.
    /// @param blobBaseFee_ Blob base fee of the L1 origin, in wei; 1 where L1 has no blobs.
    /// @param hash_ Hash of the L1 origin.
    /// @param sequenceNumber_ L2 blocks since the L1 origin changed.
    /// @param batcherHash_ The sequencer's address, left-padded.
    /// @param baseFeeScalar_ Weight of the L1 base fee in the L1 data fee, in millionths.
    /// @param blobBaseFeeScalar_ Weight of the L1 blob base fee in the L1 data fee, in millionths.
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
    ) external;

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

    /// @notice The sequencer's address, left-padded.
    function batcherHash() external view returns (bytes32);

    /// @notice Blob base fee of the L1 origin, in wei.
    function blobBaseFee() external view returns (uint256);

    /// @notice No operator fee is charged: zero.
    function operatorFeeScalar() external view returns (uint32);

    /// @notice No operator fee is charged: zero.
    function operatorFeeConstant() external view returns (uint64);

    /// @notice The account that sets the values.
    // solhint-disable-next-line func-name-mixedcase
    function DEPOSITOR_ACCOUNT() external view returns (address);
}
