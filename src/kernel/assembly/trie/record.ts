/**
 * One trie: its owner, the slot of its root, the entries of the host's store that it no longer needs, and, while jobs
 * work on it, the slots of its sixteen subtrees.
 *
 *   0 kind · 1 flags · 2 size class · 4 u32 next in its bucket · 8 u32 next changed trie
 *   12 u32 subtree slots (16 × 40 bytes) while open, else 0 · 16 root slot · 56 owner (keccak256 of the address)
 *   88 sixteen u32 lists of tombstones, by the path's first nibble (the empty path: list 0)
 *
 * A *tombstone* is a dead node that remembers a path which the store must delete:
 *   0 kind · 2 size class · 3 path length · 4 u32 next · 8 path (packed nibbles)
 */

import { ACCOUNT_TRIE, allocate, arena, BUCKET_MASK, BUCKETS, CHANGED_HEAD, classFor, release } from './arena';
import { copy32, equal32, nibbleAt, SLOT_REFERENCE, SLOT_SIZE } from './node';

const KIND_RECORD: u8 = 4;
const KIND_TOMBSTONE: u8 = 5;

/** In the list of changed tries. */
export const TRIE_CHANGED: u8 = 1;
/** The store must drop every entry of this owner before it takes new ones. */
export const TRIE_WIPED: u8 = 2;
/** The root differs from what the account's leaf says. */
export const TRIE_ROOT_MOVED: u8 = 4;
export const TRIE_RECENT: u8 = 8;
/** The root slot is known: the store was asked for the root, or the trie is known to be empty. */
export const TRIE_LOADED: u8 = 16;

const OPEN_SLOTS: usize = 12;
const ROOT_SLOT: usize = 16;
const OWNER: usize = 56;
const TOMBSTONES: usize = 88;
const RECORD_SIZE: i32 = 152;

export const TOMBSTONE_PATH: usize = 8;

export function accountTrie(): usize {
  return arena + ACCOUNT_TRIE;
}

export function isAccountTrie(trie: usize): bool {
  return trie == arena + ACCOUNT_TRIE;
}

export function rootSlot(trie: usize): usize {
  return trie + ROOT_SLOT;
}

export function ownerOf(trie: usize): usize {
  return trie + OWNER;
}

export function trieFlags(trie: usize): u8 {
  return load<u8>(trie, 1);
}

export function setTrieFlag(trie: usize, flag: u8): void {
  store<u8>(trie, load<u8>(trie, 1) | flag, 1);
}

export function clearTrieFlag(trie: usize, flag: u8): void {
  store<u8>(trie, load<u8>(trie, 1) & ~flag, 1);
}

export function nextInBucket(trie: usize): usize {
  return load<u32>(trie, 4);
}

export function nextChanged(trie: usize): usize {
  return load<u32>(trie, 8);
}

/** The sixteen subtree slots of an open trie, or 0. */
export function openSlots(trie: usize): usize {
  return load<u32>(trie, OPEN_SLOTS);
}

export function setOpenSlots(trie: usize, slots: usize): void {
  store<u32>(trie, <u32>slots, OPEN_SLOTS);
}

/** The slot that an update of `key` starts from: the root's, or the subtree's when the trie is open. */
export function startSlot(trie: usize, key: usize): usize {
  const slots = openSlots(trie);
  return slots == 0 ? rootSlot(trie) : slots + SLOT_SIZE * nibbleAt(key, 0);
}

/** Notes that the trie differs from the store. Only while no jobs run. */
export function markChanged(trie: usize): void {
  if ((trieFlags(trie) & TRIE_CHANGED) != 0) return;
  setTrieFlag(trie, TRIE_CHANGED);
  store<u32>(trie, load<u32>(arena, CHANGED_HEAD), 8);
  store<u32>(arena, <u32>trie, CHANGED_HEAD);
}

/** The storage trie of `owner`, or 0 when it is not in memory. */
export function findRecord(owner: usize): usize {
  let trie = <usize>load<u32>(bucketOf(owner));
  while (trie != 0 && !equal32(trie + OWNER, owner)) trie = nextInBucket(trie);
  return trie;
}

/** A new record for `owner`, not loaded; 0 when the arena is full. */
export function addRecord(owner: usize): usize {
  const sizeClass = classFor(RECORD_SIZE);
  const trie = allocate(sizeClass);
  if (trie == 0) return 0;
  memory.fill(trie, 0, RECORD_SIZE);
  store<u8>(trie, KIND_RECORD);
  store<u8>(trie, TRIE_RECENT, 1);
  store<u8>(trie, <u8>sizeClass, 2);
  copy32(trie + OWNER, owner);
  const bucket = bucketOf(owner);
  store<u32>(trie, load<u32>(bucket), 4);
  store<u32>(bucket, <u32>trie);
  return trie;
}

/** Takes a record that is neither changed nor open out of memory. `link` is the address of the u32 that names it. */
export function removeRecord(trie: usize, link: usize): void {
  store<u32>(link, <u32>nextInBucket(trie));
  release(trie, <i32>load<u8>(trie, 2));
}

export function bucketCount(): u32 {
  return load<u32>(arena, BUCKET_MASK) + 1;
}

/** Address of the u32 that heads a bucket; every record's own next link is at its offset 4. */
export function bucketAt(index: u32): usize {
  return load<u32>(arena, BUCKETS) + 4 * index;
}

function bucketOf(owner: usize): usize {
  // Owners are hashes: any 32 bits of them are as good as a hash.
  return bucketAt(load<u32>(owner, 8) & load<u32>(arena, BUCKET_MASK));
}

/** Turns a dead node into a tombstone for the first `depth` nibbles of `path`, which may lie inside the node. */
export function bury(trie: usize, node: usize, path: usize, depth: i32): void {
  const list = trie + TOMBSTONES + (depth == 0 ? 0 : 4 * nibbleAt(path, 0));
  copy32(node + TOMBSTONE_PATH, path);
  store<u8>(node, KIND_TOMBSTONE);
  store<u8>(node, <u8>depth, 3);
  store<u32>(node, load<u32>(list), 4);
  store<u32>(list, <u32>node);
}

/** The first tombstone of list `index` (0..15), or 0. */
export function tombstoneAt(trie: usize, index: i32): usize {
  return load<u32>(trie + TOMBSTONES + 4 * index);
}

export function removeTombstone(trie: usize, index: i32): void {
  const tombstone = tombstoneAt(trie, index);
  store<u32>(trie + TOMBSTONES + 4 * index, load<u32>(tombstone, 4));
  release(tombstone, <i32>load<u8>(tombstone, 2));
}

export function tombstoneDepth(tombstone: usize): i32 {
  return <i32>load<u8>(tombstone, 3);
}

// Slots

export function slotNode(slot: usize): usize {
  return load<u32>(slot);
}

export function slotState(slot: usize): u8 {
  return load<u8>(slot, 4);
}

/** Sets address and state; the reference is left as it is. */
export function setSlot(slot: usize, node: usize, state: u8): void {
  store<u32>(slot, <u32>node);
  store<u8>(slot, state, 4);
}

export function slotReference(slot: usize): usize {
  return slot + SLOT_REFERENCE;
}
