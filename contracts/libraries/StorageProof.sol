// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Proof that a storage slot holds a value, in an Ethereum storage trie
/// @notice A hexary Merkle-Patricia trie (yellow paper, appendix D) whose keys are keccak256 of the slot: 64 nibbles
/// each, so a value is in a leaf only, never in a branch.
/// @dev Memory is only read within a node's own bytes: every length is checked against the end of what contains it.
library StorageProof {
    /// @dev Part of memory: from `start` up to, and without, `end`.
    struct Span {
        uint256 start;
        uint256 end;
    }

    /// @dev An RLP item: `whole` with its header, `payload` without.
    struct Item {
        bool isList;
        Span whole;
        Span payload;
    }

    /// @dev Where the walk from the root is: the node, its number in the proof and how many nibbles led to it.
    struct Cursor {
        Span node;
        uint256 index;
        uint256 depth;
    }

    /// @dev Nibbles of a key.
    uint256 private constant DEPTH_MAX = 64;
    uint256 private constant BRANCH_ITEM_COUNT = 17;
    uint256 private constant PATH_ITEM_COUNT = 2;
    uint256 private constant HASH_SIZE_BYTES = 32;

    /// @notice A node is not what RLP or the trie's rules allow.
    error StorageProofMalformedNode(uint256 nodeIndex);

    /// @notice Whether slot `slot` holds `value` under `root`. Also false for a proof that ends too soon, holds another
    /// node than the one referred to, or holds more nodes than the path.
    /// @param root Storage root.
    /// @param slot The slot; hashed here.
    /// @param value The word; a zero word is not in the trie, so it can't be proven.
    /// @param proof RLP of the nodes from the root on. A node that is embedded in its parent (shorter than 32 bytes)
    /// may be repeated as an element of its own.
    function verify(
        bytes32 root,
        bytes32 slot,
        uint256 value,
        bytes[] calldata proof
    ) internal pure returns (bool) {
        if (proof.length == 0 || keccak256(proof[0]) != root || value == 0) return false;
        bytes32 path = keccak256(abi.encode(slot));
        Cursor memory cursor = Cursor({node: _load(proof[0]), index: 0, depth: 0});
        // Every step passes at least one of the key's nibbles, so there are at most 64.
        while (true) {
            (bool matches, bool isLeaf, Item memory next) = _step(cursor, path);
            if (!matches) return false;
            if (isLeaf) return cursor.index + 1 == proof.length && cursor.depth == DEPTH_MAX && _holds(next, value);
            if (!_enter(cursor, next, proof)) return false;
        }
        return false;
    }

    /// @dev What the key leads to in the node under the cursor: the leaf's value, or the reference to the next node.
    function _step(
        Cursor memory cursor,
        bytes32 path
    ) private pure returns (bool matches, bool isLeaf, Item memory next) {
        (Item[] memory items, uint256 count) = _items(cursor.node, cursor.index);
        if (count == BRANCH_ITEM_COUNT) {
            if (cursor.depth == DEPTH_MAX) return (false, false, next);
            next = items[_nibble(path, cursor.depth)];
            ++cursor.depth;
            return (true, false, next);
        }
        next = items[1];
        (isLeaf, matches, cursor.depth) = _followPath(items[0], path, cursor.depth, cursor.index);
    }

    /// @dev Moves the cursor to the node referred to: itself if it is embedded, else the proof's next.
    function _enter(Cursor memory cursor, Item memory next, bytes[] calldata proof) private pure returns (bool) {
        if (next.isList) {
            cursor.node = next.whole;
            bool isRepeated = cursor.index + 1 < proof.length &&
                keccak256(proof[cursor.index + 1]) == _hash(cursor.node);
            if (isRepeated) ++cursor.index;
            return true;
        }
        ++cursor.index;
        if (next.payload.end - next.payload.start != HASH_SIZE_BYTES || cursor.index == proof.length) return false;
        if (keccak256(proof[cursor.index]) != _word(next.payload.start)) return false;
        cursor.node = _load(proof[cursor.index]);
        return true;
    }

    /// @dev Compares the path of a leaf or extension with the key from nibble `depth` on.
    function _followPath(
        Item memory item,
        bytes32 path,
        uint256 depth,
        uint256 nodeIndex
    ) private pure returns (bool isLeaf, bool matches, uint256 nextDepth) {
        Span memory encoded = item.payload;
        if (item.isList || encoded.start == encoded.end) revert StorageProofMalformedNode(nodeIndex);
        // Upper nibble of the first byte: 2 for a leaf, 1 for an odd number of nibbles.
        uint256 flags = _byte(encoded.start) >> 4;
        if (flags > 3) revert StorageProofMalformedNode(nodeIndex);
        isLeaf = flags >= 2;
        bool isOdd = flags & 1 == 1;
        uint256 nibbleCount = (encoded.end - encoded.start) * 2 - (isOdd ? 1 : 2);
        // An extension of no nibbles would let a proof go on for ever.
        if (!isLeaf && nibbleCount == 0) revert StorageProofMalformedNode(nodeIndex);
        nextDepth = depth + nibbleCount;
        matches = nextDepth <= DEPTH_MAX && _sameNibbles(encoded.start, isOdd ? 1 : 2, nibbleCount, path, depth);
    }

    /// @dev Whether `count` nibbles of memory, from the `skipped`-th after `pointer` on, are the key's from `depth` on.
    function _sameNibbles(
        uint256 pointer,
        uint256 skipped,
        uint256 count,
        bytes32 path,
        uint256 depth
    ) private pure returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            uint256 pair = _byte(pointer + (i + skipped) / 2);
            uint256 nibble = (i + skipped) & 1 == 0 ? pair >> 4 : pair & 0x0f;
            if (nibble != _nibble(path, depth + i)) return false;
        }
        return true;
    }

    /// @dev Whether a leaf's value is RLP of the word without its leading zeros.
    function _holds(Item memory leafValue, uint256 value) private pure returns (bool) {
        if (leafValue.isList) return false;
        // The leaf holds RLP within RLP.
        Item memory inner = _item(leafValue.payload, type(uint256).max);
        uint256 size = inner.payload.end - inner.payload.start;
        if (inner.isList || inner.whole.end != leafValue.payload.end || size == 0 || size > 32) return false;
        return uint256(_word(inner.payload.start)) >> (8 * (32 - size)) == value && _byte(inner.payload.start) != 0;
    }

    /// @dev The items of a node: 17, or 2.
    function _items(Span memory node, uint256 nodeIndex) private pure returns (Item[] memory items, uint256 count) {
        Item memory list = _item(node, nodeIndex);
        if (!list.isList || list.whole.end != node.end) revert StorageProofMalformedNode(nodeIndex);
        items = new Item[](BRANCH_ITEM_COUNT);
        Span memory rest = Span(list.payload.start, list.payload.end);
        while (rest.start < rest.end) {
            if (count == BRANCH_ITEM_COUNT) revert StorageProofMalformedNode(nodeIndex);
            items[count] = _item(rest, nodeIndex);
            rest.start = items[count].whole.end;
            ++count;
        }
        if (count != BRANCH_ITEM_COUNT && count != PATH_ITEM_COUNT) revert StorageProofMalformedNode(nodeIndex);
    }

    /// @dev The RLP item at the beginning of a span.
    function _item(Span memory span, uint256 nodeIndex) private pure returns (Item memory item) {
        uint256 available = span.end - span.start;
        if (available == 0) revert StorageProofMalformedNode(nodeIndex);
        uint256 prefix = _byte(span.start);
        uint256 headerSize;
        uint256 size;
        if (prefix < 0x80) {
            (headerSize, size) = (0, 1);
        } else {
            item.isList = prefix >= 0xc0;
            uint256 short = prefix - (item.isList ? 0xc0 : 0x80);
            if (short <= 55) {
                (headerSize, size) = (1, short);
            } else {
                uint256 sizeLength = short - 55;
                // No node is longer than 64 KiB: two bytes say how long.
                if (sizeLength > 2 || available < 1 + sizeLength) revert StorageProofMalformedNode(nodeIndex);
                headerSize = 1 + sizeLength;
                size = uint256(_word(span.start + 1)) >> (8 * (32 - sizeLength));
            }
        }
        if (headerSize + size > available) revert StorageProofMalformedNode(nodeIndex);
        uint256 start = span.start + headerSize;
        item.payload = Span(start, start + size);
        item.whole = Span(span.start, start + size);
    }

    /// @dev Copies a node to memory.
    function _load(bytes calldata node) private pure returns (Span memory) {
        bytes memory copy = node;
        uint256 start;
        assembly ("memory-safe") {
            start := add(copy, 0x20)
        }
        return Span(start, start + copy.length);
    }

    function _hash(Span memory span) private pure returns (bytes32 hash) {
        (uint256 start, uint256 size) = (span.start, span.end - span.start);
        assembly ("memory-safe") {
            hash := keccak256(start, size)
        }
    }

    /// @dev May read past a span's end: callers shift out what is not theirs.
    function _word(uint256 pointer) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(pointer)
        }
    }

    function _byte(uint256 pointer) private pure returns (uint256) {
        return uint256(_word(pointer)) >> 248;
    }

    /// @dev Nibble of a key, from 0 on the left.
    function _nibble(bytes32 path, uint256 index) private pure returns (uint256) {
        return (uint256(path) >> (252 - 4 * index)) & 0x0f;
    }
}
