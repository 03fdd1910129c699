// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IArtifactStore} from "../interfaces/IArtifactStore.sol";

/// @title ArtifactStore
/// @notice See {IArtifactStore}.
contract ArtifactStore is IArtifactStore {
    /// @dev What a publisher has stored so far.
    struct Publication {
        uint256 sizeBytes;
        uint256 storedBytes;
        address[] chunks;
    }

    /// @dev A complete artifact.
    struct Artifact {
        uint256 sizeBytes;
        address[] chunks;
    }

    /// @inheritdoc IArtifactStore
    uint256 public constant CHUNK_SIZE_BYTES = 24_575;

    /// @inheritdoc IArtifactStore
    uint256 public constant ARTIFACT_SIZE_BYTES_MAX = 1_048_576;


    mapping(bytes32 artifactHash => Artifact) private _artifacts;
    mapping(bytes32 artifactHash => mapping(address publisher => Publication)) private _publications;

    /// @inheritdoc IArtifactStore
    function begin(bytes32 artifactHash, uint256 sizeBytes) external {
        if (_artifacts[artifactHash].sizeBytes != 0) revert ArtifactStoreAlreadyPublished(artifactHash);
        if (sizeBytes == 0 || sizeBytes > ARTIFACT_SIZE_BYTES_MAX) {
            revert ArtifactStoreInvalidSize(sizeBytes, ARTIFACT_SIZE_BYTES_MAX);
        }
        Publication storage publication = _publications[artifactHash][msg.sender];
        if (publication.sizeBytes != 0) revert ArtifactStoreAlreadyStarted(artifactHash, msg.sender);
        publication.sizeBytes = sizeBytes;
        emit PublicationStarted(artifactHash, msg.sender, sizeBytes);
    }

    /// @inheritdoc IArtifactStore
    function append(bytes32 artifactHash, bytes calldata chunk) external {
        if (_artifacts[artifactHash].sizeBytes != 0) revert ArtifactStoreAlreadyPublished(artifactHash);
        Publication storage publication = _started(artifactHash);
        uint256 missing = publication.sizeBytes - publication.storedBytes;
        uint256 expected = missing < CHUNK_SIZE_BYTES ? missing : CHUNK_SIZE_BYTES;
        if (chunk.length != expected) revert ArtifactStoreInvalidChunk(chunk.length, expected);

        uint256 index = publication.chunks.length;
        address stored = _store(chunk, index);
        publication.chunks.push(stored);
        publication.storedBytes += expected;
        emit ChunkStored(artifactHash, msg.sender, index, stored);
        if (missing == expected) _complete(artifactHash, publication);
    }

    /// @inheritdoc IArtifactStore
    function abandon(bytes32 artifactHash) external {
        _started(artifactHash);
        delete _publications[artifactHash][msg.sender];
    }

    /// @inheritdoc IArtifactStore
    function chunksOf(bytes32 artifactHash) external view returns (address[] memory) {
        return _artifacts[artifactHash].chunks;
    }

    /// @inheritdoc IArtifactStore
    function sizeBytesOf(bytes32 artifactHash) external view returns (uint256) {
        return _artifacts[artifactHash].sizeBytes;
    }

    /// @inheritdoc IArtifactStore
    function progressOf(
        bytes32 artifactHash,
        address publisher
    ) external view returns (uint256 sizeBytes, uint256 storedBytes) {
        Publication storage publication = _publications[artifactHash][publisher];
        return (publication.sizeBytes, publication.storedBytes);
    }

    /// @inheritdoc IArtifactStore
    function read(bytes32 artifactHash) external view returns (bytes memory) {
        Artifact storage artifact = _artifacts[artifactHash];
        return _join(artifact.chunks, artifact.sizeBytes);
    }

    function _complete(bytes32 artifactHash, Publication storage publication) private {
        uint256 sizeBytes = publication.sizeBytes;
        address[] memory chunks = publication.chunks;
        bytes32 actual = keccak256(_join(chunks, sizeBytes));
        if (actual != artifactHash) revert ArtifactStoreHashMismatch(artifactHash, actual);
        _artifacts[artifactHash] = Artifact(sizeBytes, chunks);
        delete _publications[artifactHash][msg.sender];
        emit ArtifactPublished(artifactHash, sizeBytes, chunks);
    }

    function _store(bytes calldata chunk, uint256 index) private returns (address stored) {
        // Returns what follows it: PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN. The code so made begins
        // with a STOP, so that nobody can run it.
        bytes memory initCode = abi.encodePacked(hex"61", uint16(chunk.length + 1), hex"80600a5f395ff300", chunk);
        assembly ("memory-safe") {
            stored := create(0, add(initCode, 0x20), mload(initCode))
        }
        if (stored == address(0)) revert ArtifactStoreWriteFailed(index);
    }

    function _started(bytes32 artifactHash) private view returns (Publication storage publication) {
        publication = _publications[artifactHash][msg.sender];
        if (publication.sizeBytes == 0) revert ArtifactStoreNotStarted(artifactHash, msg.sender);
    }

    function _join(address[] memory chunks, uint256 sizeBytes) private view returns (bytes memory whole) {
        whole = new bytes(sizeBytes);
        uint256 offset = 0;
        for (uint256 i = 0; i < chunks.length; ++i) {
            address chunk = chunks[i];
            uint256 length = chunk.code.length - 1;
            assembly ("memory-safe") {
                extcodecopy(chunk, add(add(whole, 0x20), offset), 1, length)
            }
            offset += length;
        }
    }
}
