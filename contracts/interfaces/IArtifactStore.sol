// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Artifacts on L1
/// @notice Keeps a kernel's bytes in chunks, each the code of a contract, under the keccak256 of the whole. To read
/// one: `chunksOf(artifactHash)`, then `eth_getCode` of each address without its first byte (a STOP), in order. Nobody
/// owns it and nothing can be removed. docs/adr/0304-artifact-store.md.
interface IArtifactStore {
    /// @notice A publisher began.
    event PublicationStarted(bytes32 indexed artifactHash, address indexed publisher, uint256 sizeBytes);

    /// @notice A chunk was stored.
    event ChunkStored(bytes32 indexed artifactHash, address indexed publisher, uint256 index, address chunk);

    /// @notice The artifact is complete and its hash was checked.
    event ArtifactPublished(bytes32 indexed artifactHash, uint256 sizeBytes, address[] chunks);

    /// @notice The artifact is there already.
    error ArtifactStoreAlreadyPublished(bytes32 artifactHash);

    /// @notice The caller began this publication before.
    error ArtifactStoreAlreadyStarted(bytes32 artifactHash, address publisher);

    /// @notice The caller has not begun this publication.
    error ArtifactStoreNotStarted(bytes32 artifactHash, address publisher);

    /// @notice The size is zero or larger than `ARTIFACT_SIZE_BYTES_MAX`.
    error ArtifactStoreInvalidSize(uint256 sizeBytes, uint256 sizeBytesMax);

    /// @notice The chunk is not the next one of the announced size.
    error ArtifactStoreInvalidChunk(uint256 sizeBytes, uint256 expectedBytes);

    /// @notice The bytes have another hash.
    error ArtifactStoreHashMismatch(bytes32 expected, bytes32 actual);

    /// @notice A chunk could not be stored.
    error ArtifactStoreWriteFailed(uint256 index);

    /// @notice Begins to publish. Each publisher has chunks of its own: nobody can spoil another's.
    /// @dev Anyone, once for each artifact.
    function begin(bytes32 artifactHash, uint256 sizeBytes) external;

    /// @notice Stores the next chunk. The last one completes the artifact, when the hash of the whole is right; with a
    /// wrong hash it fails, and the publication stays open for a last chunk that fits.
    /// @dev Only who began. Every chunk but the last has `CHUNK_SIZE_BYTES` bytes.
    function append(bytes32 artifactHash, bytes calldata chunk) external;

    /// @notice Gives up a publication of the caller's, so that it can be begun again.
    /// @dev Only who began.
    function abandon(bytes32 artifactHash) external;

    /// @notice The chunks of a complete artifact, in order; none if it is not there.
    function chunksOf(bytes32 artifactHash) external view returns (address[] memory);

    /// @notice Size of a complete artifact, in bytes; zero if it is not there.
    function sizeBytesOf(bytes32 artifactHash) external view returns (uint256);

    /// @notice How many bytes a publisher announced and how many are stored.
    function progressOf(
        bytes32 artifactHash,
        address publisher
    ) external view returns (uint256 sizeBytes, uint256 storedBytes);

    /// @notice A complete artifact's bytes, for calls off chain.
    function read(bytes32 artifactHash) external view returns (bytes memory);

    /// @notice Size of every chunk but the last, in bytes: a contract's code without the STOP.
    // solhint-disable-next-line func-name-mixedcase
    function CHUNK_SIZE_BYTES() external view returns (uint256);

    /// @notice Largest artifact, in bytes.
    // solhint-disable-next-line func-name-mixedcase
    function ARTIFACT_SIZE_BYTES_MAX() external view returns (uint256);
}
