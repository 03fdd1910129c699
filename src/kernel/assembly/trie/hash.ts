/**
 * References of dirty subtrees, bottom up. Clean children are not looked at: their parent holds what it needs of them.
 *
 * Two nodes are hashed in three fifths of the time of one after the other, if they take as many permutations. So a node's RLP waits until another of its
 * size comes, at the latest until its parent is encoded: until then all nodes of its level are met that have the same grandparent.
 */

import { keccak256 } from '../keccak';
import { keccak256Pair, permutationCount } from '../keccakPair';
import { NODE_RLP_SIZE_MAX, pairScratch, rlpScratch } from './context';
import { encodeNode, writeReference } from './encode';
import {
  CHILD_DIRTY,
  CHILD_EMBEDDED,
  CHILD_PRESENT,
  CHILD_UNSAVED,
  childIndex,
  dirtyMask,
  embeddedMask,
  EXTENSION_REFERENCE,
  extensionChild,
  extensionEnd,
  extensionState,
  KIND_BRANCH,
  KIND_EXTENSION,
  kindOf,
  pointerAt,
  referenceAt,
  setDirtyMask,
  setEmbeddedMask,
  setExtensionChild,
} from './node';
import { setSlot, slotNode, slotReference, slotState } from './record';

/** Brings a slot's reference up to date; its node begins at `depth`. A root is hashed even when it is short. */
export function hashSlot(slot: usize, depth: i32, isRoot: bool): void {
  if ((slotState(slot) & CHILD_DIRTY) == 0) return;
  const node = slotNode(slot);
  const isEmbedded = hashNode(node, depth, isRoot, slotReference(slot));
  setSlot(slot, node, CHILD_PRESENT | CHILD_UNSAVED | (isEmbedded ? CHILD_EMBEDDED : 0));
}

/** Permutations of the longest node that waits: a branch of sixteen hashes. */
const WAITING_MAX: u32 = 4;
/** Of each number of permutations: where its RLP is, its length, where its hash goes or 0 when none waits. Number 0 is the one being written. */
const W_RLP: usize = 0;
const W_LENGTH: usize = 4;
const W_REFERENCE: usize = 8;
const WAITING_SIZE: usize = 16;
const WAITING_RLPS: usize = 512;

@inline
function waitingAt(permutations: u32): usize {
  return pairScratch() + <usize>permutations * WAITING_SIZE;
}

/** Nothing waits between two calls of `hashSlot`. */
function clearWaiting(): void {
  for (let count: u32 = 0; count <= WAITING_MAX; count++) {
    const at = waitingAt(count);
    store<u32>(at, <u32>(pairScratch() + WAITING_RLPS) + count * <u32>NODE_RLP_SIZE_MAX, W_RLP);
    store<u32>(at, 0, W_REFERENCE);
  }
}

/** Writes the reference of a dirty node to `reference`; returns whether it is embedded. */
function hashNode(node: usize, depth: i32, isRoot: bool, reference: usize): bool {
  clearWaiting();
  hashBelow(node, depth);
  hashWaiting();
  const rlp = rlpScratch();
  return writeReference(rlp, encodeNode(node, depth, rlp), isRoot, reference);
}

/** Brings the references that a node holds up to date, but for those that still wait. Returns whether it holds any. */
function hashBelow(node: usize, depth: i32): bool {
  const kind = kindOf(node);
  if (kind == KIND_BRANCH) {
    hashChildren(node, depth);
    return true;
  }
  if (kind != KIND_EXTENSION) return false;
  if ((extensionState(node) & CHILD_DIRTY) != 0) {
    const child = extensionChild(node);
    const end = extensionEnd(node);
    if (hashBelow(child, end)) hashWaiting();
    const isEmbedded = hashSoon(child, end, node + EXTENSION_REFERENCE);
    setExtensionChild(node, child, CHILD_PRESENT | CHILD_UNSAVED | (isEmbedded ? CHILD_EMBEDDED : 0));
  }
  return true;
}

function hashChildren(branch: usize, depth: i32): void {
  const all = dirtyMask(branch);
  let waits = false;
  for (let dirty = all; dirty != 0; dirty &= dirty - 1) {
    const child = <usize>load<u32>(pointerAt(branch, childIndex(branch, ctz(dirty))));
    if (hashBelow(child, depth + 1)) waits = true;
  }
  if (waits) hashWaiting();
  let embedded = embeddedMask(branch);
  for (let dirty = all; dirty != 0; dirty &= dirty - 1) {
    const nibble = ctz(dirty);
    const index = childIndex(branch, nibble);
    const child = <usize>load<u32>(pointerAt(branch, index));
    const isEmbedded = hashSoon(child, depth + 1, referenceAt(branch, index));
    const bit: u32 = 1 << nibble;
    embedded = isEmbedded ? embedded | bit : embedded & ~bit;
  }
  setEmbeddedMask(branch, embedded);
  setDirtyMask(branch, 0);
}

/** As `writeReference`, but a hash is there only after the next `hashWaiting`. What the node refers to must be there. */
function hashSoon(node: usize, depth: i32, reference: usize): bool {
  const free = waitingAt(0);
  const rlp = <usize>load<u32>(free, W_RLP);
  const length = encodeNode(node, depth, rlp);
  const permutations = permutationCount(length);
  if (length < 32 || permutations > WAITING_MAX) return writeReference(rlp, length, false, reference);
  const at = waitingAt(permutations);
  const otherRlp = load<u32>(at, W_RLP);
  const otherReference = <usize>load<u32>(at, W_REFERENCE);
  if (otherReference == 0) {
    store<u32>(free, otherRlp, W_RLP);
    store<u32>(at, <u32>rlp, W_RLP);
    store<u32>(at, length, W_LENGTH);
    store<u32>(at, <u32>reference, W_REFERENCE);
  } else {
    keccak256Pair(otherRlp, load<i32>(at, W_LENGTH), otherReference, rlp, length, reference);
    store<u32>(at, 0, W_REFERENCE);
  }
  return false;
}

/** Hashes those that found no other. */
function hashWaiting(): void {
  for (let count: u32 = 1; count <= WAITING_MAX; count++) {
    const at = waitingAt(count);
    const reference = <usize>load<u32>(at, W_REFERENCE);
    if (reference == 0) continue;
    keccak256(load<u32>(at, W_RLP), load<i32>(at, W_LENGTH), reference);
    store<u32>(at, 0, W_REFERENCE);
  }
}
