/**
 * The block's transactions and receipts as bytes, in two lists. Each item has free room in front of it, where its trie leaf's
 * header goes, so that hashing copies nothing.
 *
 * The sealing region: 0 items of list 0 · items of list 1 · nodes being built · block bloom · bloom cache · bytes.
 */

/** What lies in front of each item's bytes: list header 5, path 6, string header 5. */
export const HEADROOM: usize = 16;
/** Items of a list. */
export const ITEMS_MAX: u32 = 1 << 18;
const ITEM_SIZE: usize = 8;
const TABLE_SIZE: usize = <usize>ITEMS_MAX * ITEM_SIZE;

/** Nodes being built: one KiB for each nibble of the longest key, and to spare. */
const NODES_AT: usize = 2 * TABLE_SIZE;
const NODE_SIZE: usize = 1024;
const NODES_SIZE: usize = 16 * NODE_SIZE;
const BLOOM_AT: usize = NODES_AT + NODES_SIZE;
const BLOOM_CACHE_AT: usize = BLOOM_AT + 256;
export const BLOOM_CACHE_ENTRIES: usize = 1024;
export const BLOOM_CACHE_ENTRY_SIZE: usize = 48;
const BYTES_AT: usize = BLOOM_CACHE_AT + BLOOM_CACHE_ENTRIES * BLOOM_CACHE_ENTRY_SIZE;

let base: usize = 0;
let end: usize = 0;
let cursor: usize = 0;
let count0: u32 = 0;
let count1: u32 = 0;

/** Gives this instance the sealing region; it must be zero, and larger than its tables. */
export function setSealingRegion(at: usize, size: usize): void {
  base = at;
  end = at + size;
}

export function clearItems(): void {
  cursor = base + BYTES_AT;
  count0 = 0;
  count1 = 0;
  memory.fill(blockBloom(), 0, 256);
}

/** Adds an item of `size` bytes and returns where they are to be written; 0 where there is no room. */
export function addItem(list: i32, size: u32): usize {
  const index = list == 0 ? count0 : count1;
  if (index == ITEMS_MAX || <usize>size + HEADROOM + 8 > end - cursor) return 0;
  const at = cursor + HEADROOM;
  const item = itemOf(list, index);
  store<u32>(item, <u32>at);
  store<u32>(item, size, 4);
  cursor = (at + <usize>size + 7) & ~7;
  if (list == 0) count0++;
  else count1++;
  return at;
}

@inline
export function itemCount(list: i32): u32 {
  return list == 0 ? count0 : count1;
}

@inline
function itemOf(list: i32, index: u32): usize {
  return base + (list == 0 ? 0 : TABLE_SIZE) + <usize>index * ITEM_SIZE;
}

@inline
export function itemBytes(list: i32, index: u32): usize {
  return <usize>load<u32>(itemOf(list, index));
}

@inline
export function itemSize(list: i32, index: u32): u32 {
  return load<u32>(itemOf(list, index), 4);
}

/** Where the node at `depth` nibbles is built. */
@inline
export function nodeBuffer(depth: i32): usize {
  return base + NODES_AT + <usize>depth * NODE_SIZE;
}

@inline
export function blockBloom(): usize {
  return base + BLOOM_AT;
}

@inline
export function bloomCache(): usize {
  return base + BLOOM_CACHE_AT;
}

/** Where exported changes go: the bytes of all items, which are then gone. */
export function exchangeAt(): usize {
  return base + BYTES_AT;
}

export function exchangeEnd(): usize {
  return end;
}
