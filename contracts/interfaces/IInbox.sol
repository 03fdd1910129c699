// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The inbox: the ordered list of batches from which every node derives the chain
/// @notice Keeps an accumulator over the headers of all posted batches. Whether a batch's content makes sense is not
/// looked at here: derivation gives every byte string a defined result.
interface IInbox {
    /// @notice Where a batch's bytes are. The numbers are part of the header's hash and never change their meaning.
    enum BatchDataKind {
        CALLDATA,
        BLOBS
    }

    /// @notice What the accumulator commits to for each batch.
    /// @param index Position in the inbox, from 0.
    /// @param dataKind Where the bytes are.
    /// @param dataCommitment CALLDATA: keccak256 of the batch's bytes. BLOBS: keccak256 of the concatenated versioned
    /// hashes, in the order of the transaction's blobs.
    /// @param l1BlockNumber L1 block that includes the batch.
    /// @param timestamp Timestamp of that block, in seconds.
    /// @param poster Account that posted: the sequencer of that time or, while it is silent, anyone.
    struct BatchHeader {
        uint64 index;
        BatchDataKind dataKind;
        bytes32 dataCommitment;
        uint64 l1BlockNumber;
        uint64 timestamp;
        address poster;
    }

    /// @notice A batch was appended.
    /// @param index Position in the inbox, from 0.
    /// @param accumulator keccak256(previous accumulator ‖ keccak256(abi.encode(header))); the first previous is zero.
    /// @param header What was hashed.
    /// @param blobHashes Versioned hashes of the batch's blobs; empty for CALLDATA.
    event BatchPosted(uint64 indexed index, bytes32 accumulator, BatchHeader header, bytes32[] blobHashes);

    /// @notice The set named another sequencer than the one that the inbox knew.
    event SequencerRecorded(address indexed previousSequencer, address indexed newSequencer);

    /// @notice The silence after which anyone may post was set.
    event SilencePeriodUpdated(uint32 previousSeconds, uint32 newSeconds);

    /// @notice The caller is not the sequencer, which is not silent long enough for others to post.
    error InboxUnauthorizedPoster(address poster, address sequencer);

    /// @notice The silence period is not within its bounds.
    error InboxInvalidSilencePeriod(uint32 periodSeconds, uint32 periodSecondsMin, uint32 periodSecondsMax);

    /// @notice The poster did not call as a transaction's sender without code, so that the transaction's input need
    /// not be the batch.
    error InboxPosterNotDirect(address poster, address origin);

    /// @notice The batch is empty or larger than `BATCH_SIZE_BYTES_MAX`.
    error InboxInvalidBatchSize(uint256 sizeBytes, uint256 sizeBytesMax);

    /// @notice The input is not exactly `abi.encodeCall(postBatch, data)`: an unusual offset or bytes after the end.
    error InboxNonCanonicalCalldata(uint256 calldataSizeBytes, uint256 expectedSizeBytes);

    /// @notice No blob or more than `BLOB_COUNT_MAX` were announced.
    error InboxInvalidBlobCount(uint256 blobCount, uint256 blobCountMax);

    /// @notice The transaction carries fewer or more blobs than announced; `index` is the first that differs.
    error InboxBlobCountMismatch(uint256 blobCount, uint256 index);

    /// @notice The contract names no sequencer, so the inbox can't begin with it.
    error InboxInvalidSequencerSet(address sequencerSet);

    /// @notice No batch has this index yet.
    error InboxUnknownBatch(uint64 index, uint64 batchCount);

    /// @notice Appends a batch whose bytes are this transaction's calldata.
    /// @dev Only those of whom `mayPost` is true, as an account without code that sends the transaction itself:
    /// derivation reads `data` from the transaction's input at byte 68. The delegated code of EIP-7702 counts as code.
    /// @param data The batch, 1 to `BATCH_SIZE_BYTES_MAX` bytes, in canonical ABI encoding.
    function postBatch(bytes calldata data) external;

    /// @notice Appends a batch whose bytes are this transaction's blobs, all of them, in their order.
    /// @dev By the same accounts, under the same condition as `postBatch`.
    /// @param blobCount How many blobs the transaction carries, 1 to `BLOB_COUNT_MAX`.
    function postBlobBatch(uint256 blobCount) external;

    /// @notice Makes the sequencer that the set names now the one that is known, for the time when it names none.
    /// Says nothing about silence: that ends by posting only.
    /// @dev Anyone. Posting does it too.
    function recordSequencer() external;

    /// @notice Sets the silence after which anyone may post, from the next transaction on.
    /// @dev Only the owner, which is the timelock; from `SILENCE_PERIOD_SECONDS_MIN` to `SILENCE_PERIOD_SECONDS_MAX`.
    function setSilencePeriodSeconds(uint32 newSeconds) external;

    /// @notice The account that may post at any time: whom the set names or, when it reverts, burns its gas or answers
    /// with anything but an account, the last one that the inbox knew.
    function sequencer() external view returns (address);

    /// @notice The sequencer that posted or was recorded last.
    function lastKnownSequencer() external view returns (address);

    /// @notice Whom the inbox asks who may post.
    function sequencerSet() external view returns (address);

    /// @notice When a sequencer posted last, in seconds; before that, when the inbox was made. Batches of others don't
    /// count, and neither does a change of the sequencer: no set can keep the inbox shut by naming ever new ones.
    function sequencerPostedAt() external view returns (uint32);

    /// @notice How long the sequencer must have been silent before anyone may post, in seconds.
    function silencePeriodSeconds() external view returns (uint32);

    /// @notice Whether the sequencer has been silent for so long that anyone may post. Ends when it posts again.
    function isSequencerSilent() external view returns (bool);

    /// @notice Whether this account may post now.
    function mayPost(address poster) external view returns (bool);

    /// @notice How many batches were posted.
    function batchCount() external view returns (uint64);

    /// @notice Accumulator after the last batch; zero before the first.
    function accumulator() external view returns (bytes32);

    /// @notice Accumulator after the batch `index`, from which a dispute may start.
    function accumulatorAt(uint64 index) external view returns (bytes32);

    /// @notice Largest calldata batch, in bytes: the transaction stays under the 128 KiB that L1 nodes relay.
    // solhint-disable-next-line func-name-mixedcase
    function BATCH_SIZE_BYTES_MAX() external view returns (uint256);

    /// @notice Most blobs of one batch.
    // solhint-disable-next-line func-name-mixedcase
    function BLOB_COUNT_MAX() external view returns (uint256);

    /// @notice Gas that the set may use to name the sequencer.
    // solhint-disable-next-line func-name-mixedcase
    function SEQUENCER_SET_GAS() external view returns (uint256);

    /// @notice Shortest silence period that governance may set, in seconds.
    // solhint-disable-next-line func-name-mixedcase
    function SILENCE_PERIOD_SECONDS_MIN() external view returns (uint32);

    /// @notice Longest silence period that governance may set, in seconds: the way around a dead sequencer stays open.
    // solhint-disable-next-line func-name-mixedcase
    function SILENCE_PERIOD_SECONDS_MAX() external view returns (uint32);
}
