/**
 * Root of the trie rlp(index) → item of a list: a header's transactionsRoot and receiptsRoot. The keys are known, so the trie is
 * never built: a recursion over the sorted keys writes each node once and hashes it.
 */
import { keccak256 } from '../keccak';
import { keccak256Pair } from '../keccakPair';
import { rlpHeaderSize, rlpWriteListHeader, rlpWriteStringHeader } from '../rlp';
import { EMPTY_ROOT } from '../trie/constants';
import { copy } from '../u256';
import {
  GROUP_LENGTH,
  groupReference,
  hashedElsewhere,
  isHashedGroup,
  ITEM_SIZE,
  itemBytes,
  itemCount,
  itemOf,
  itemSize,
  nodeBuffer,
  placeItem,
} from './items';

/** An extension's child is built one buffer further than its depth says: it begins at least one nibble later. */
const LEAF_FLAG: u8 = 0x20;
const ODD_FLAG: u8 = 0x10;

/** Bytes of a reference by hash. */
const REFERENCE_LENGTH: u32 = 33;

/** Adds an item of `size` bytes and returns where they are to be written, before the next one is added; 0 where there is no room. */
export function addItem(list: i32, size: u32): usize {
  hashLastGroup(list);
  return placeItem(list, size);
}

/** Hashes the last group of a list, the first apart, where it is complete and not hashed yet. */
export function hashLastGroup(list: i32): void {
  const count = itemCount(list);
  if (count % GROUP_LENGTH != 0 || count <= GROUP_LENGTH) return;
  const group = count / GROUP_LENGTH - 1;
  if (group < hashedElsewhere(list)) return;
  hashGroup(itemOf(list, group * GROUP_LENGTH), group, groupReference(list, group));
}

/**
 * Hashes a complete group: its keys differ in the last nibble, so it is one branch, of leaves without a path. Too long to be embedded. `items`: address and
 * size of each, with HEADROOM in front of its bytes.
 */
export function hashGroup(items: usize, group: u32, out: usize): void {
  const first = group * GROUP_LENGTH;
  const depth = keyNibbles(first);
  const start = nodeBuffer(0) + 8;
  let at = start;
  for (let i: u32 = 0; i < GROUP_LENGTH; i += 2) at = writeTwoLeaves(items + <usize>i * ITEM_SIZE, first + i, depth, at);
  store<u8>(at++, 0x80);
  finishNode(start, at, false, out);
}

/** Writes the references of the leaves of `index` and the next. Returns the address behind them. */
function writeTwoLeaves(items: usize, index: u32, depth: i32, at: usize): usize {
  const firstValue = <usize>load<u32>(items);
  const secondValue = <usize>load<u32>(items, ITEM_SIZE);
  const first = frameLeaf(firstValue, load<u32>(items, 4), index, keyOf(index), depth);
  const second = frameLeaf(secondValue, load<u32>(items, ITEM_SIZE + 4), index + 1, keyOf(index + 1), depth);
  const firstSize = <u32>(firstValue - first) + load<u32>(items, 4);
  const secondSize = <u32>(secondValue - second) + load<u32>(items, ITEM_SIZE + 4);
  if (firstSize < 32 || secondSize < 32) {
    at += writeReference(first, firstSize, false, at);
    return at + writeReference(second, secondSize, false, at);
  }
  store<u8>(at, 0xa0);
  store<u8>(at, 0xa0, REFERENCE_LENGTH);
  keccak256Pair(first, firstSize, at + 1, second, secondSize, at + REFERENCE_LENGTH + 1);
  return at + 2 * REFERENCE_LENGTH;
}

/** Writes the root to `out`, 32 bytes. */
export function orderedRoot(list: i32, out: usize): void {
  const count = itemCount(list);
  if (count == 0) {
    copy(EMPTY_ROOT, out);
    return;
  }
  writeNode(list, 0, count, 0, true, out);
}

/** The index whose key is at `position` in the order of keys: 1…127 are their own byte, 0 is 0x80, the rest have a length in front. */
@inline
function indexAt(position: u32, count: u32): u32 {
  const single = min<u32>(count, 128);
  if (position + 1 < single) return position + 1;
  return position + 1 == single ? 0 : position;
}

/** rlp(index) in the upper bytes, first byte first. */
function keyOf(index: u32): u64 {
  if (index == 0) return <u64>0x80 << 56;
  if (index < 0x80) return <u64>index << 56;
  if (index < 0x100) return (<u64>0x81 << 56) | (<u64>index << 48);
  if (index < 0x10000) return (<u64>0x82 << 56) | (<u64>index << 40);
  return (<u64>0x83 << 56) | (<u64>index << 32);
}

@inline
function keyNibbles(index: u32): i32 {
  return index < 0x80 ? 2 : index < 0x100 ? 4 : index < 0x10000 ? 6 : 8;
}

@inline
function nibbleAt(key: u64, depth: i32): u32 {
  return <u32>(key >> (60 - 4 * <u64>depth)) & 15;
}

/**
 * Writes the reference of the node over positions [from, to), whose keys agree in their first `depth` nibbles: its hash behind
 * 0xa0, or the node itself when it is short. The root's is the bare hash. Returns the length.
 */
function writeNode(list: i32, from: u32, to: u32, depth: i32, isRoot: bool, out: usize): u32 {
  const count = itemCount(list);
  const first = indexAt(from, count);
  const firstKey = keyOf(first);
  if (to - from == 1) return writeLeaf(list, first, firstKey, depth, isRoot, out);
  const lastKey = keyOf(indexAt(to - 1, count));
  let split = depth;
  while (nibbleAt(firstKey, split) == nibbleAt(lastKey, split)) split++;
  if (split > depth) return writeExtension(list, from, to, firstKey, depth, split, isRoot, out);
  if (split == keyNibbles(first) - 1 && isHashedGroup(list, first / GROUP_LENGTH)) {
    memory.copy(out, groupReference(list, first / GROUP_LENGTH), REFERENCE_LENGTH);
    return REFERENCE_LENGTH;
  }

  // Nine bytes are kept free for the header: 3 are enough for a branch.
  const start = nodeBuffer(depth) + 8;
  let at = start;
  let position = from;
  for (let nibble: u32 = 0; nibble < 16; nibble++) {
    const begin = position;
    while (position < to && nibbleAt(keyOf(indexAt(position, count)), depth) == nibble) position++;
    if (position == begin) store<u8>(at++, 0x80);
    else at += writeNode(list, begin, position, depth + 1, false, at);
  }
  store<u8>(at++, 0x80);
  return finishNode(start, at, isRoot, out);
}

function writeExtension(
  list: i32,
  from: u32,
  to: u32,
  key: u64,
  depth: i32,
  split: i32,
  isRoot: bool,
  out: usize,
): u32 {
  // The branch below is built in the buffer of `split`.
  const start = nodeBuffer(depth) + 8;
  let at = writePath(start, key, depth, split, 0);
  at += writeNode(list, from, to, split, false, at);
  return finishNode(start, at, isRoot, out);
}

function writeLeaf(list: i32, index: u32, key: u64, depth: i32, isRoot: bool, out: usize): u32 {
  const start = frameLeaf(itemBytes(list, index), itemSize(list, index), index, key, depth);
  return writeReference(start, <u32>(itemBytes(list, index) - start) + itemSize(list, index), isRoot, out);
}

/** Puts the leaf's headers in front of the item, with which it ends. Returns where it begins. */
function frameLeaf(value: usize, size: u32, index: u32, key: u64, depth: i32): usize {
  const path = nodeBuffer(depth);
  const pathSize = writePath(path, key, depth, keyNibbles(index), LEAF_FLAG) - path;
  const bare = size == 1 && load<u8>(value) < 0x80;
  const start = value - (bare ? 0 : rlpHeaderSize(size)) - pathSize;
  memory.copy(start, path, pathSize);
  if (!bare) rlpWriteStringHeader(start + pathSize, size);
  return frameList(start, value + size);
}

/** Hex-prefix encoding (yellow paper, appendix C) of the nibbles [from, to) as a string. Returns the address behind it. */
function writePath(out: usize, key: u64, from: i32, to: i32, flag: u8): usize {
  const length = to - from;
  const bytes = 1 + (length >> 1);
  let at = out;
  if (bytes > 1) store<u8>(at++, <u8>(0x80 + bytes));
  if ((length & 1) != 0) store<u8>(at++, flag | ODD_FLAG | <u8>nibbleAt(key, from++));
  else store<u8>(at++, flag);
  for (; from < to; from += 2) store<u8>(at++, <u8>((nibbleAt(key, from) << 4) | nibbleAt(key, from + 1)));
  return at;
}

/** Puts the list header in front of a payload that has 5 free bytes there, and writes the node's reference. */
function finishNode(payload: usize, end: usize, isRoot: bool, out: usize): u32 {
  const start = frameList(payload, end);
  return writeReference(start, <u32>(end - start), isRoot, out);
}

/** Returns where the list begins. */
function frameList(payload: usize, end: usize): usize {
  const size = <u32>(end - payload);
  const start = payload - rlpHeaderSize(size);
  rlpWriteListHeader(start, size);
  return start;
}

function writeReference(node: usize, length: u32, isRoot: bool, out: usize): u32 {
  if (isRoot) {
    keccak256(node, length, out);
    return 32;
  }
  if (length < 32) {
    memory.copy(out, node, length);
    return length;
  }
  store<u8>(out, 0xa0);
  keccak256(node, length, out + 1);
  return REFERENCE_LENGTH;
}
