/**
 * What an instance works on and with: its current trie, and its private scratch memory.
 *
 *   0 free lists · 64 store key (owner ‖ nibbles) · 160 sibling's path · 192 value being written · 320 words
 *   384 path of a walk · 512 RLP being written · 1536 node being loaded · 2560 nonce and balance
 *   4096 nodes that wait to be hashed in pairs
 */

import { attachArena } from './arena';
import { isAccountTrie, ownerOf } from './record';

/** Private bytes an instance needs. */
export const TRIE_SCRATCH_SIZE: i32 = 10240;

/** Longest RLP of a node: a branch of sixteen hashes is 532 bytes. */
export const NODE_RLP_SIZE_MAX: i32 = 1024;
export const STORE_KEY_SIZE_MAX: i32 = 96;

let scratch: usize = 0;
/** The trie that resolve, insert and remove work on. */
export let trie: usize = 0;

export function attachScratch(arenaBase: usize, scratchBase: usize): void {
  scratch = scratchBase;
  attachArena(arenaBase, scratchBase);
}

export function selectTrie(value: usize): void {
  trie = value;
}

export function storeKey(): usize {
  return scratch + 64;
}

export function siblingPath(): usize {
  return scratch + 160;
}

export function valueScratch(): usize {
  return scratch + 192;
}

export function wordScratch(): usize {
  return scratch + 320;
}

export function walkPath(): usize {
  return scratch + 384;
}

export function rlpScratch(): usize {
  return scratch + 512;
}

export function loadScratch(): usize {
  return scratch + 1536;
}

export function integersScratch(): usize {
  return scratch + 2560;
}

/** Where hash.ts keeps nodes that wait for another: 6 KiB. */
export function pairScratch(): usize {
  return scratch + 4096;
}

/** Writes the store key of the node at the first `depth` nibbles of `path` to `out`; returns its length in bytes. */
export function writeStoreKey(out: usize, path: usize, depth: i32): i32 {
  let length = 0;
  if (!isAccountTrie(trie)) {
    memory.copy(out, ownerOf(trie), 32);
    length = 32;
  }
  for (let i = 0; i < depth; i++) {
    const byte = load<u8>(path + (i >> 1));
    store<u8>(out + length + i, (i & 1) != 0 ? byte & 15 : byte >> 4);
  }
  return length + depth;
}
