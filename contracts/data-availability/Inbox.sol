// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {IModule} from "../interfaces/IModule.sol";
import {ISequencerSet} from "../interfaces/ISequencerSet.sol";
import {ModuleCall} from "../libraries/ModuleCall.sol";

/// @title Inbox
/// @notice See {IInbox}. It is the DATA_AVAILABILITY module of this version.
contract Inbox is IInbox, IModule, Ownable2StepUpgradeable {
    /// @inheritdoc IInbox
    uint256 public constant BATCH_SIZE_BYTES_MAX = 120_000;

    /// @inheritdoc IInbox
    uint256 public constant BLOB_COUNT_MAX = 9;

    /// @inheritdoc IInbox
    /// @dev The answer of the first version costs 12,000. Not more than what a batch costs after the question, so that
    /// who posts need not have more gas than is used.
    uint256 public constant SEQUENCER_SET_GAS = 30_000;

    /// @inheritdoc IInbox
    uint32 public constant SILENCE_PERIOD_SECONDS_MIN = 1;

    /// @inheritdoc IInbox
    uint32 public constant SILENCE_PERIOD_SECONDS_MAX = 14 days;

    /// @dev selector, offset word, length word: where `data` begins in a canonical `postBatch` input.
    uint256 private constant BATCH_DATA_OFFSET = 68;

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    /// @inheritdoc IInbox
    address public lastKnownSequencer;

    /// @inheritdoc IInbox
    uint64 public batchCount;

    /// @inheritdoc IInbox
    /// @dev Shares the slot that every batch writes anyway. Good until 2106.
    uint32 public sequencerPostedAt;

    mapping(uint64 index => bytes32 accumulator) private _accumulators;

    /// @inheritdoc IInbox
    uint32 public silencePeriodSeconds;

    /// @inheritdoc IInbox
    address public sequencerSet;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner (the timelock), whom to ask for the sequencer, and the silence after which anyone may
    /// post.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(
        address initialOwner,
        address initialSequencerSet,
        uint32 initialSilencePeriodSeconds
    ) external initializer {
        __Ownable_init(initialOwner);
        sequencerSet = initialSequencerSet;
        _setSilencePeriodSeconds(initialSilencePeriodSeconds);
        sequencerPostedAt = uint32(block.timestamp);
        address first = sequencer();
        // Nobody is known yet: a set that does not answer leaves nobody.
        if (first == address(0)) revert InboxInvalidSequencerSet(initialSequencerSet);
        _record(first);
    }

    /// @inheritdoc IInbox
    function postBatch(bytes calldata data) external {
        address current = _checkPoster();
        if (data.length == 0 || data.length > BATCH_SIZE_BYTES_MAX) {
            revert InboxInvalidBatchSize(data.length, BATCH_SIZE_BYTES_MAX);
        }
        uint256 dataOffset;
        assembly ("memory-safe") {
            dataOffset := data.offset
        }
        // Cannot overflow: the length was bounded above.
        uint256 expectedSize = BATCH_DATA_OFFSET + ((data.length + 31) / 32) * 32;
        if (dataOffset != BATCH_DATA_OFFSET || msg.data.length != expectedSize) {
            revert InboxNonCanonicalCalldata(msg.data.length, expectedSize);
        }
        _append(current, BatchDataKind.CALLDATA, keccak256(data), new bytes32[](0));
    }

    /// @inheritdoc IInbox
    function postBlobBatch(uint256 blobCount) external {
        address current = _checkPoster();
        if (blobCount == 0 || blobCount > BLOB_COUNT_MAX) {
            revert InboxInvalidBlobCount(blobCount, BLOB_COUNT_MAX);
        }
        bytes32[] memory blobHashes = new bytes32[](blobCount);
        for (uint256 i = 0; i < blobCount; ++i) {
            blobHashes[i] = blobhash(i);
            if (blobHashes[i] == 0) revert InboxBlobCountMismatch(blobCount, i);
        }
        // A blob left out of the commitment would be paid for and ignored: surely a mistake of the poster.
        if (blobhash(blobCount) != 0) revert InboxBlobCountMismatch(blobCount, blobCount);
        _append(current, BatchDataKind.BLOBS, keccak256(abi.encodePacked(blobHashes)), blobHashes);
    }

    /// @inheritdoc IInbox
    function recordSequencer() external {
        _record(sequencer());
    }

    /// @inheritdoc IInbox
    function setSilencePeriodSeconds(uint32 newSeconds) external onlyOwner {
        _setSilencePeriodSeconds(newSeconds);
    }

    /// @inheritdoc IInbox
    function accumulatorAt(uint64 index) external view returns (bytes32) {
        if (index >= batchCount) revert InboxUnknownBatch(index, batchCount);
        return _accumulators[index];
    }

    /// @inheritdoc IInbox
    function mayPost(address poster) external view returns (bool) {
        return poster == sequencer() || isSequencerSilent();
    }

    /// @inheritdoc IModule
    /// @dev Whether the set answers is not asked: a sick neighbour must not keep this module from being replaced.
    function selfTest() external view returns (bytes4) {
        bool isWired = owner() != address(0) && sequencerSet.code.length > 0;
        return isWired && healthCheck() ? IModule.selfTest.selector : bytes4(0);
    }

    /// @inheritdoc IModule
    /// @dev The list of batches ends where it says, the way around a silent sequencer is open, and the fallback is
    /// there. A set that does not answer is no illness of the inbox.
    function healthCheck() public view returns (bool) {
        uint64 count = batchCount;
        bool isWhole = _accumulators[count] == 0 && (count == 0 || _accumulators[count - 1] != 0);
        bool isOpen = silencePeriodSeconds >= SILENCE_PERIOD_SECONDS_MIN &&
            silencePeriodSeconds <= SILENCE_PERIOD_SECONDS_MAX &&
            sequencerPostedAt <= block.timestamp;
        return isWhole && isOpen && lastKnownSequencer != address(0);
    }

    /// @inheritdoc IInbox
    function sequencer() public view returns (address) {
        (bool success, uint256 answer) = ModuleCall.ask(
            sequencerSet,
            abi.encodeCall(ISequencerSet.sequencer, ()),
            SEQUENCER_SET_GAS
        );
        bool isAccount = success && answer > 0 && answer <= type(uint160).max;
        return isAccount ? address(uint160(answer)) : lastKnownSequencer;
    }

    /// @inheritdoc IInbox
    function accumulator() public view returns (bytes32) {
        return batchCount == 0 ? bytes32(0) : _accumulators[batchCount - 1];
    }

    /// @inheritdoc IInbox
    function isSequencerSilent() public view returns (bool) {
        return block.timestamp > uint256(sequencerPostedAt) + silencePeriodSeconds;
    }

    function _append(
        address current,
        BatchDataKind dataKind,
        bytes32 dataCommitment,
        bytes32[] memory blobHashes
    ) private {
        uint64 index = batchCount;
        BatchHeader memory header = BatchHeader({
            index: index,
            dataKind: dataKind,
            dataCommitment: dataCommitment,
            l1BlockNumber: uint64(block.number),
            timestamp: uint64(block.timestamp),
            poster: msg.sender
        });
        bytes32 next = keccak256(abi.encodePacked(accumulator(), keccak256(abi.encode(header))));
        _accumulators[index] = next;
        batchCount = index + 1;
        if (msg.sender == current) {
            sequencerPostedAt = uint32(block.timestamp);
            _record(current);
        }
        emit BatchPosted(index, next, header, blobHashes);
    }

    function _record(address current) private {
        if (current == lastKnownSequencer) return;
        emit SequencerRecorded(lastKnownSequencer, current);
        lastKnownSequencer = current;
    }

    function _setSilencePeriodSeconds(uint32 newSeconds) private {
        if (newSeconds < SILENCE_PERIOD_SECONDS_MIN || newSeconds > SILENCE_PERIOD_SECONDS_MAX) {
            revert InboxInvalidSilencePeriod(newSeconds, SILENCE_PERIOD_SECONDS_MIN, SILENCE_PERIOD_SECONDS_MAX);
        }
        emit SilencePeriodUpdated(silencePeriodSeconds, newSeconds);
        silencePeriodSeconds = newSeconds;
    }

    /// @return current The sequencer, asked once.
    /// @dev `msg.sender == tx.origin` alone is not enough since EIP-7702: a sender with delegated code can send its
    /// transaction elsewhere and be called back, so that the transaction's input is not what arrives here.
    function _checkPoster() private view returns (address current) {
        current = sequencer();
        if (msg.sender != current && !isSequencerSilent()) revert InboxUnauthorizedPoster(msg.sender, current);
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length != 0) {
            // solhint-disable-next-line avoid-tx-origin
            revert InboxPosterNotDirect(msg.sender, tx.origin);
        }
    }
}
