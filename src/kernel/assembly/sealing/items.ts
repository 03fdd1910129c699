/**
 * The block's transactions and receipts as bytes, in two lists. Each item has free room in front of it, where its trie leaf's
 * header goes, so that hashing copies nothing.
 *
 * Sixteen items whose keys differ in their last nibble alone make one branch of the list's trie, whatever follows: once such a group is complete it
 * is hashed (orderedRoot) and its bytes are reused for the next one. So a list takes the room of two groups: the first, whose keys are
 * scattered, and the one being filled.
 *
 * The sealing region: list 0 · list 1 · scratch: nodes being built, block bloom, bloom of a receipt, bloom cache · bytes of list 0, of list 1, of the stored
 * receipts. Workers that hash groups for a list's owner have a scratch of their own.
 */

/** What lies in front of each item's bytes: list header 5, path 6, string header 5. */
export const HEADROOM: usize = 16;
/** Items of a list. */
export const ITEMS_MAX: u32 = 1 << 18;
export const GROUP_LENGTH: u32 = 16;

// A list.
const L_COUNT: usize = 0;
/** First free byte. */
const L_CURSOR: usize = 4;
/** Where the bytes of the group being filled begin, once it is not the first. */
const L_GROUP: usize = 8;
const L_BEGIN: usize = 12;
const L_END: usize = 16;
/** u32: 1 once an item had no room. */
const L_FULL: usize = 20;
/** u32: groups below it were hashed elsewhere (`skipGroups`). */
const L_HASHED: usize = 24;
/** Address and size of each item of the first group, then of the one being filled. */
const L_ITEMS: usize = 64;
export const ITEM_SIZE: usize = 8;
/** Of each complete group but the first: the reference to its branch, 33 bytes. */
const L_REFERENCES: usize = 512;
const REFERENCE_SIZE: usize = 40;
const LIST_SIZE: usize = L_REFERENCES + <usize>(ITEMS_MAX / GROUP_LENGTH) * REFERENCE_SIZE;

/** Nodes being built: one KiB for each nibble of the longest key, and to spare. */
const NODES_AT: usize = 0;
const NODE_SIZE: usize = 1024;
const NODES_SIZE: usize = 16 * NODE_SIZE;
const BLOOM_AT: usize = NODES_AT + NODES_SIZE;
const RECEIPT_BLOOM_AT: usize = BLOOM_AT + 256;
const BLOOM_CACHE_AT: usize = RECEIPT_BLOOM_AT + 256;
export const BLOOM_CACHE_ENTRIES: usize = 1024;
export const BLOOM_CACHE_ENTRY_SIZE: usize = 48;
const SCRATCH_SIZE: usize = BLOOM_CACHE_AT + BLOOM_CACHE_ENTRIES * BLOOM_CACHE_ENTRY_SIZE;
const BYTES_AT: usize = 2 * LIST_SIZE + SCRATCH_SIZE;

let base: usize = 0;
let end: usize = 0;
let scratch: usize = 0;
let storedAt: usize = 0;

/** Gives this instance the sealing region; it must be zero, and larger than its tables. */
export function setSealingRegion(at: usize, size: usize): void {
  base = at;
  end = at + size;
  scratch = at + 2 * LIST_SIZE;
  const room = (end - base - BYTES_AT) >> 3 & ~7;
  setBytes(0, base + BYTES_AT, base + BYTES_AT + room);
  setBytes(1, base + BYTES_AT + room, base + BYTES_AT + 4 * room);
  storedAt = base + BYTES_AT + 4 * room;
}

export function sealingBase(): usize {
  return base;
}

/** Makes this instance hash groups for the owner of the region at `at`, with a scratch of its own, about 70 KiB. */
export function helpSealing(at: usize, ownScratch: usize): void {
  base = at;
  scratch = ownScratch;
  memory.fill(bloomCache(), 0, BLOOM_CACHE_ENTRIES * BLOOM_CACHE_ENTRY_SIZE);
}

function setBytes(list: i32, from: usize, to: usize): void {
  store<u32>(listAt(list), <u32>from, L_BEGIN);
  store<u32>(listAt(list), <u32>to, L_END);
}

@inline
function listAt(list: i32): usize {
  return base + <usize>list * LIST_SIZE;
}

export function clearItems(): void {
  for (let list = 0; list < 2; list++) {
    const at = listAt(list);
    store<u32>(at, 0, L_COUNT);
    store<u32>(at, load<u32>(at, L_BEGIN), L_CURSOR);
    store<u32>(at, 0, L_FULL);
    store<u32>(at, 0, L_HASHED);
  }
  memory.fill(blockBloom(), 0, 256);
}

/** A place for the next item, of `size` bytes; 0 where there is no room, and from then on. The group before it must be hashed if it is complete. */
export function placeItem(list: i32, size: u32): usize {
  const at = listAt(list);
  const index = load<u32>(at, L_COUNT);
  if (index == GROUP_LENGTH) store<u32>(at, load<u32>(at, L_CURSOR), L_GROUP);
  if (index % GROUP_LENGTH == 0 && index > GROUP_LENGTH) store<u32>(at, load<u32>(at, L_GROUP), L_CURSOR);
  const cursor = <usize>load<u32>(at, L_CURSOR);
  const room = <usize>load<u32>(at, L_END) - cursor;
  if (isFull(list) || index == ITEMS_MAX || <usize>size + HEADROOM + 8 > room) {
    store<u32>(at, 1, L_FULL);
    return 0;
  }
  const bytes = cursor + HEADROOM;
  const item = itemOf(list, index);
  store<u32>(item, <u32>bytes);
  store<u32>(item, size, 4);
  store<u32>(at, <u32>((bytes + <usize>size + 7) & ~7), L_CURSOR);
  store<u32>(at, index + 1, L_COUNT);
  return bytes;
}

/** Counts `groups` complete ones in as items: their references are or will be written. Before it only complete groups, and one more item must follow. */
export function skipGroups(list: i32, groups: u32): void {
  const at = listAt(list);
  const count = load<u32>(at, L_COUNT);
  if (count == GROUP_LENGTH) store<u32>(at, load<u32>(at, L_CURSOR), L_GROUP);
  store<u32>(at, count + groups * GROUP_LENGTH, L_COUNT);
  store<u32>(at, count / GROUP_LENGTH + groups, L_HASHED);
}

/** Groups below it are hashed, whatever lies among the items. */
@inline
export function hashedElsewhere(list: i32): u32 {
  return load<u32>(listAt(list), L_HASHED);
}

/** Whether an item had no room: then the list has no root here. */
@inline
export function isFull(list: i32): bool {
  return load<u32>(listAt(list), L_FULL) != 0;
}

@inline
export function itemCount(list: i32): u32 {
  return load<u32>(listAt(list), L_COUNT);
}

/** Address and size of an item; those of a group lie one behind the other. */
@inline
export function itemOf(list: i32, index: u32): usize {
  const place = index < GROUP_LENGTH ? index : GROUP_LENGTH + (index % GROUP_LENGTH);
  return listAt(list) + L_ITEMS + <usize>place * ITEM_SIZE;
}

/** Of an item of the first group, or of the one being filled. */
@inline
export function itemBytes(list: i32, index: u32): usize {
  return <usize>load<u32>(itemOf(list, index));
}

@inline
export function itemSize(list: i32, index: u32): u32 {
  return load<u32>(itemOf(list, index), 4);
}

/** Whether the group's bytes are gone, its reference being there. */
@inline
export function isHashedGroup(list: i32, group: u32): bool {
  return group > 0 && group < (itemCount(list) - 1) / GROUP_LENGTH;
}

@inline
export function groupReference(list: i32, group: u32): usize {
  return listAt(list) + L_REFERENCES + <usize>group * REFERENCE_SIZE;
}

/** Where the node at `depth` nibbles is built. */
@inline
export function nodeBuffer(depth: i32): usize {
  return scratch + NODES_AT + <usize>depth * NODE_SIZE;
}

@inline
export function blockBloom(): usize {
  return scratch + BLOOM_AT;
}

@inline
export function receiptBloom(): usize {
  return scratch + RECEIPT_BLOOM_AT;
}

@inline
export function bloomCache(): usize {
  return scratch + BLOOM_CACHE_AT;
}

/** Where the stored receipts begin. */
export function storedBegin(): usize {
  return storedAt;
}

export function storedEnd(): usize {
  return end;
}

/** Where exported changes go: the bytes of all items and of the stored receipts, which are then gone. */
export function exchangeAt(): usize {
  return base + BYTES_AT;
}

export function exchangeEnd(): usize {
  return end;
}
