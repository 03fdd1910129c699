/** Bringing unresolved nodes into memory: from the host's store, or out of the reference that embeds them. */

import { keccak256 } from '../keccak';
import { rlpIsList, rlpLength, rlpPayload, rlpRead, rlpReadU64, rlpReadWord } from '../rlp';
import { EMPTY_CODE_HASH, EMPTY_ROOT } from './constants';
import { loadScratch, NODE_RLP_SIZE_MAX, storeKey, trie, valueScratch, wordScratch, writeStoreKey } from './context';
import { embeddedLength } from './encode';
import { loadTrieNode } from './host';
import {
  addBranchChild,
  CHILD_EMBEDDED,
  CHILD_PRESENT,
  copy32,
  equal32,
  EXTENSION_REFERENCE,
  FORM_ACCOUNT,
  FORM_PLAIN_ACCOUNT,
  FORM_RAW,
  LEAF_VALUE,
  LEAF_VALUE_SIZE_MAX,
  newBranch,
  newExtension,
  newLeaf,
  releaseNode,
  setExtensionChild,
  setStored,
} from './node';
import { isAccountTrie } from './record';
import { setStatus, status, STATUS_CORRUPT_NODE, STATUS_MISSING_NODE, STATUS_OK } from './status';

/**
 * The node at the first `depth` nibbles of `path`, whose parent holds `reference` (32 bytes; embedded or a hash) of it.
 * Returns 0 and sets the status when the store lacks it, when it is corrupt, or when the arena is full.
 */
export function resolve(path: usize, depth: i32, reference: usize, isEmbedded: bool): usize {
  if (isEmbedded) return decodeNode(reference, embeddedLength(reference), path, depth);
  const length = loadNode(path, depth);
  if (length <= 0) {
    setStatus(STATUS_MISSING_NODE);
    return 0;
  }
  const rlp = loadScratch();
  keccak256(rlp, length, wordScratch());
  if (!equal32(wordScratch(), reference)) return corrupt();
  const node = decodeNode(rlp, length, path, depth);
  if (node != 0) setStored(node, true);
  return node;
}

/** Loads the stored RLP at a path into `loadScratch`; its length, 0 when there is none. */
export function loadNode(path: usize, depth: i32): i32 {
  return loadTrieNode(storeKey(), writeStoreKey(storeKey(), path, depth), loadScratch(), NODE_RLP_SIZE_MAX);
}

/** Decodes a node that begins at `depth` on `path`. Returns 0 and sets the status when it is not a well-formed node. */
export function decodeNode(rlp: usize, length: i32, path: usize, depth: i32): usize {
  const end = rlp + length;
  if (rlpRead(rlp, end) != end || !rlpIsList) return corrupt();
  const items = rlpPayload;
  let count = 0;
  let children = 0;
  for (let at = items; at < end; count++) {
    at = rlpRead(at, end);
    if (at == 0) return corrupt();
    if (count < 16 && (rlpLength > 0 || rlpIsList)) children++;
  }
  if (count == 17) return decodeBranch(items, end, children, depth);
  if (count == 2) return decodePathNode(items, end, path, depth);
  return corrupt();
}

function decodeBranch(items: usize, end: usize, children: i32, depth: i32): usize {
  if (children < 2 || depth > 63) return corrupt();
  const branch = newBranch(children);
  if (branch == 0) return 0;
  let at = items;
  for (let nibble = 0; nibble < 16; nibble++) {
    const item = at;
    at = rlpRead(at, end);
    if (rlpLength == 0 && !rlpIsList) continue;
    const state = referenceState(<i32>(at - item));
    if (state == 0) {
      releaseNode(branch);
      return corrupt();
    }
    const reference = (state & CHILD_EMBEDDED) != 0 ? item : rlpPayload;
    addBranchChild(branch, nibble, 0, state, reference);
  }
  rlpRead(at, end);
  if (rlpLength != 0 || rlpIsList) {
    releaseNode(branch);
    return corrupt();
  }
  return branch;
}

/** State bits of the reference that `rlpRead` just found in an item of `itemLength` bytes; 0 when it is not one. */
function referenceState(itemLength: i32): u8 {
  if (rlpIsList) return itemLength < 32 ? CHILD_PRESENT | CHILD_EMBEDDED : 0;
  return rlpLength == 32 ? CHILD_PRESENT : 0;
}

function decodePathNode(items: usize, end: usize, path: usize, depth: i32): usize {
  const second = rlpRead(items, end);
  if (rlpIsList || rlpLength == 0) return corrupt();
  const flag = load<u8>(rlpPayload);
  const isLeaf = (flag & 0x20) != 0;
  const isOdd = (flag & 0x10) != 0;
  if (flag > 0x3f || (!isOdd && (flag & 15) != 0)) return corrupt();
  const count = 2 * (<i32>rlpLength - 1) + (isOdd ? 1 : 0);
  const last = depth + count;
  if (isLeaf ? last != 64 : count == 0 || last > 63) return corrupt();

  // The whole path from the root, in the word scratch.
  const full = wordScratch() + 32;
  copy32(full, path);
  let position = depth;
  if (isOdd) setNibble(full, position++, flag & 15);
  for (let i: u32 = 1; i < rlpLength; i++) {
    const byte = load<u8>(rlpPayload + i);
    setNibble(full, position++, byte >> 4);
    setNibble(full, position++, byte & 15);
  }

  const after = rlpRead(second, end);
  if (isLeaf) {
    if (rlpIsList || rlpLength == 0) return corrupt();
    return isAccountTrie(trie) ? decodeAccountLeaf(full) : decodeRawLeaf(full);
  }
  const state = referenceState(<i32>(after - second));
  if (state == 0) return corrupt();
  const reference = (state & CHILD_EMBEDDED) != 0 ? second : rlpPayload;
  const extension = newExtension(full, last);
  if (extension == 0) return 0;
  setExtensionChild(extension, 0, state);
  copy32(extension + EXTENSION_REFERENCE, reference);
  return extension;
}

function decodeRawLeaf(key: usize): usize {
  if (rlpLength > <u32>LEAF_VALUE_SIZE_MAX) return corrupt();
  const leaf = newLeaf(key, FORM_RAW, <i32>rlpLength);
  if (leaf != 0) memory.copy(leaf + LEAF_VALUE, rlpPayload, rlpLength);
  return leaf;
}

function decodeAccountLeaf(key: usize): usize {
  const end = rlpPayload + rlpLength;
  if (rlpRead(rlpPayload, end) != end || !rlpIsList) return corrupt();
  const nonce = rlpPayload;
  const balance = rlpReadU64(nonce, end);
  if (balance == 0) return corrupt();
  const hashes = rlpReadWord(balance, end, valueScratch());
  if (hashes == 0 || end - hashes != 66 || load<u8>(hashes) != 0xa0 || load<u8>(hashes, 33) != 0xa0) return corrupt();
  const integers = <i32>(hashes - nonce);
  const isPlain = equal32(hashes + 1, EMPTY_ROOT) && equal32(hashes + 34, EMPTY_CODE_HASH);
  const leaf = newLeaf(key, isPlain ? FORM_PLAIN_ACCOUNT : FORM_ACCOUNT, isPlain ? integers : integers + 64);
  if (leaf == 0) return 0;
  memory.copy(leaf + LEAF_VALUE, nonce, integers);
  if (!isPlain) {
    copy32(leaf + LEAF_VALUE + integers, hashes + 1);
    copy32(leaf + LEAF_VALUE + integers + 32, hashes + 34);
  }
  return leaf;
}

export function setNibble(path: usize, depth: i32, nibble: u8): void {
  const at = path + (depth >> 1);
  const byte = load<u8>(at);
  store<u8>(at, (depth & 1) != 0 ? (byte & 0xf0) | nibble : (byte & 15) | (nibble << 4));
}

function corrupt(): usize {
  if (status == STATUS_OK) setStatus(STATUS_CORRUPT_NODE);
  return 0;
}
