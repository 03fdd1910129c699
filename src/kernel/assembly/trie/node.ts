/**
 * The nodes of a trie as they lie in the arena, and the slot that names one.
 *
 * A *reference* is what a parent's RLP holds of a child: 32 bytes of hash, or (embedded) the child's RLP when that is
 * shorter than 32 bytes. A child's address may be 0: it is then *unresolved* and its reference is all that is in memory.
 * Dirty: the reference is out of date. Unsaved: the host's store is out of date. Both are kept in the parent, and both
 * imply the same of every ancestor. An address of 0 is never dirty or unsaved.
 *
 *   all      0 kind · 1 flags · 2 size class
 *   branch   3 capacity · 4 u16 children · 6 u16 embedded · 8 u16 dirty · 10 u16 unsaved (masks by nibble)
 *            12 u32 × capacity addresses, then 32 bytes × capacity references, both dense in nibble order
 *   extension  3 end depth · 4 u32 child · 8 child's state bits · 16 child's reference · 48 path
 *   leaf     3 value form · 4 u16 value length · 8 key · 40 value
 *
 * A leaf holds its whole 32-byte key and an extension the path from the root to its end, so that neither changes when it
 * moves up or down: where a node begins is known to who walks there. Branches carry no value: all keys are 32 bytes.
 */

import { allocate, classFor, release } from './arena';

export const KIND_BRANCH: u8 = 1;
export const KIND_EXTENSION: u8 = 2;
export const KIND_LEAF: u8 = 3;

/** The host's store holds an entry at the node's path. */
export const FLAG_STORED: u8 = 1;
/** Used since the eviction last came by. */
export const FLAG_RECENT: u8 = 2;

/** Bits of a child's state in slots and extensions; in branches the masks say the same. */
export const CHILD_PRESENT: u8 = 1;
export const CHILD_EMBEDDED: u8 = 2;
export const CHILD_DIRTY: u8 = 4;
export const CHILD_UNSAVED: u8 = 8;

/** Value as it is in the trie: storage leaves. */
export const FORM_RAW: u8 = 0;
/** rlp(nonce) ‖ rlp(balance) of an account without code and storage. */
export const FORM_PLAIN_ACCOUNT: u8 = 1;
/** rlp(nonce) ‖ rlp(balance) ‖ storage root ‖ code hash. */
export const FORM_ACCOUNT: u8 = 2;

export const LEAF_KEY: usize = 8;
export const LEAF_VALUE: usize = 40;
/** The largest class but one holds it; real values are at most 33 bytes (storage) and 106 (accounts). */
export const LEAF_VALUE_SIZE_MAX: i32 = 120;

export const EXTENSION_REFERENCE: usize = 16;
export const EXTENSION_PATH: usize = 48;
const EXTENSION_SIZE: i32 = 80;

const BRANCH_POINTERS: usize = 12;

/** Slot: 0 u32 address · 4 state bits · 8 reference. Names a trie's root, or one of its sixteen subtrees. */
export const SLOT_SIZE: usize = 40;
export const SLOT_REFERENCE: usize = 8;

export function kindOf(node: usize): u8 {
  return load<u8>(node);
}

export function isStored(node: usize): bool {
  return (load<u8>(node, 1) & FLAG_STORED) != 0;
}

export function setStored(node: usize, stored: bool): void {
  const flags = load<u8>(node, 1);
  store<u8>(node, stored ? flags | FLAG_STORED : flags & ~FLAG_STORED, 1);
}

export function touch(node: usize): void {
  store<u8>(node, load<u8>(node, 1) | FLAG_RECENT, 1);
}

export function releaseNode(node: usize): void {
  release(node, <i32>load<u8>(node, 2));
}

/** The nibble of a packed key or path at `depth`. */
export function nibbleAt(key: usize, depth: i32): u32 {
  const byte = <u32>load<u8>(key + (depth >> 1));
  return (depth & 1) != 0 ? byte & 15 : byte >> 4;
}

/** The first depth in [from, to) at which two packed keys differ, or `to`. */
export function commonDepth(a: usize, b: usize, from: i32, to: i32): i32 {
  let depth = from;
  if ((depth & 1) != 0 && depth < to) {
    if (((load<u8>(a + (depth >> 1)) ^ load<u8>(b + (depth >> 1))) & 15) != 0) return depth;
    depth++;
  }
  while (depth < to) {
    const difference = load<u8>(a + (depth >> 1)) ^ load<u8>(b + (depth >> 1));
    if (difference != 0) {
      if ((difference & 0xf0) == 0) depth++;
      return depth < to ? depth : to;
    }
    depth += 2;
  }
  return to;
}

export function copy32(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
  store<u64>(to, load<u64>(from, 24), 24);
}

export function equal32(a: usize, b: usize): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) ==
    0
  );
}

// Leaves

/** A leaf with room for `valueLength` bytes, key copied, value undefined; 0 when the arena is full. */
export function newLeaf(key: usize, form: u8, valueLength: i32): usize {
  const sizeClass = classFor(<i32>LEAF_VALUE + valueLength);
  const leaf = allocate(sizeClass);
  if (leaf == 0) return 0;
  store<u8>(leaf, KIND_LEAF);
  store<u8>(leaf, FLAG_RECENT, 1);
  store<u8>(leaf, <u8>sizeClass, 2);
  store<u8>(leaf, form, 3);
  store<u16>(leaf, <u16>valueLength, 4);
  copy32(leaf + LEAF_KEY, key);
  return leaf;
}

// Extensions

/** An extension to depth `end` along `path`, without a child yet; 0 when the arena is full. */
export function newExtension(path: usize, end: i32): usize {
  const sizeClass = classFor(EXTENSION_SIZE);
  const extension = allocate(sizeClass);
  if (extension == 0) return 0;
  store<u8>(extension, KIND_EXTENSION);
  store<u8>(extension, FLAG_RECENT, 1);
  store<u8>(extension, <u8>sizeClass, 2);
  store<u8>(extension, <u8>end, 3);
  copy32(extension + EXTENSION_PATH, path);
  return extension;
}

export function extensionEnd(extension: usize): i32 {
  return <i32>load<u8>(extension, 3);
}

export function extensionChild(extension: usize): usize {
  return load<u32>(extension, 4);
}

export function extensionState(extension: usize): u8 {
  return load<u8>(extension, 8);
}

export function setExtensionChild(extension: usize, child: usize, state: u8): void {
  store<u32>(extension, <u32>child, 4);
  store<u8>(extension, state, 8);
}

// Branches

/** An empty branch for up to `capacity` children (rounded up to a size class); 0 when the arena is full. */
export function newBranch(capacity: i32): usize {
  const rounded = capacity <= 2 ? 2 : (capacity + 3) & ~3;
  const sizeClass = rounded <= 2 ? 1 : 1 + (rounded >> 2);
  const branch = allocate(sizeClass);
  if (branch == 0) return 0;
  store<u8>(branch, KIND_BRANCH);
  store<u8>(branch, FLAG_RECENT, 1);
  store<u8>(branch, <u8>sizeClass, 2);
  store<u8>(branch, <u8>rounded, 3);
  store<u64>(branch, 0, 4);
  return branch;
}

export function branchCapacity(branch: usize): i32 {
  return <i32>load<u8>(branch, 3);
}

export function childMask(branch: usize): u32 {
  return load<u16>(branch, 4);
}

export function embeddedMask(branch: usize): u32 {
  return load<u16>(branch, 6);
}

export function dirtyMask(branch: usize): u32 {
  return load<u16>(branch, 8);
}

export function unsavedMask(branch: usize): u32 {
  return load<u16>(branch, 10);
}

export function setEmbeddedMask(branch: usize, mask: u32): void {
  store<u16>(branch, <u16>mask, 6);
}

export function setDirtyMask(branch: usize, mask: u32): void {
  store<u16>(branch, <u16>mask, 8);
}

export function setUnsavedMask(branch: usize, mask: u32): void {
  store<u16>(branch, <u16>mask, 10);
}

/** Position of a nibble's child among the branch's children. */
export function childIndex(branch: usize, nibble: u32): i32 {
  return <i32>popcnt(childMask(branch) & ((1 << nibble) - 1));
}

/** Address of the u32 that holds the address of the child at `index`. */
export function pointerAt(branch: usize, index: i32): usize {
  return branch + BRANCH_POINTERS + 4 * index;
}

export function referenceAt(branch: usize, index: i32): usize {
  return branch + BRANCH_POINTERS + 4 * branchCapacity(branch) + 32 * index;
}

/** Marks the child at `nibble` dirty and unsaved and sets its address. */
export function setBranchChild(branch: usize, nibble: u32, child: usize): void {
  store<u32>(pointerAt(branch, childIndex(branch, nibble)), <u32>child);
  setDirtyMask(branch, dirtyMask(branch) | (1 << nibble));
  setUnsavedMask(branch, unsavedMask(branch) | (1 << nibble));
}

/**
 * Makes room for a child at a nibble that has none and sets its address, state and, unless it is dirty, reference.
 * Returns the branch, which may have moved; 0 (and nothing changed) when the arena is full.
 */
export function addBranchChild(branch: usize, nibble: u32, child: usize, state: u8, reference: usize): usize {
  const count = <i32>popcnt(childMask(branch));
  if (count == branchCapacity(branch)) {
    const wider = newBranch(count + 1);
    if (wider == 0) return 0;
    store<u8>(wider, load<u8>(branch, 1), 1);
    store<u64>(wider, load<u64>(branch, 4), 4);
    memory.copy(pointerAt(wider, 0), pointerAt(branch, 0), 4 * count);
    memory.copy(referenceAt(wider, 0), referenceAt(branch, 0), 32 * count);
    releaseNode(branch);
    branch = wider;
  }
  const index = childIndex(branch, nibble);
  for (let i = count; i > index; i--) {
    store<u32>(pointerAt(branch, i), load<u32>(pointerAt(branch, i - 1)));
    copy32(referenceAt(branch, i), referenceAt(branch, i - 1));
  }
  const bit: u32 = 1 << nibble;
  store<u16>(branch, <u16>(childMask(branch) | bit), 4);
  store<u32>(pointerAt(branch, index), <u32>child);
  if ((state & CHILD_DIRTY) != 0) setDirtyMask(branch, dirtyMask(branch) | bit);
  else copy32(referenceAt(branch, index), reference);
  if ((state & CHILD_EMBEDDED) != 0) setEmbeddedMask(branch, embeddedMask(branch) | bit);
  if ((state & CHILD_UNSAVED) != 0) setUnsavedMask(branch, unsavedMask(branch) | bit);
  return branch;
}

/** Takes the child at `nibble` out of the branch (the child itself is not touched). */
export function removeBranchChild(branch: usize, nibble: u32): void {
  const index = childIndex(branch, nibble);
  const count = <i32>popcnt(childMask(branch));
  for (let i = index + 1; i < count; i++) {
    store<u32>(pointerAt(branch, i - 1), load<u32>(pointerAt(branch, i)));
    copy32(referenceAt(branch, i - 1), referenceAt(branch, i));
  }
  const keep: u32 = ~(1 << nibble);
  store<u16>(branch, <u16>(childMask(branch) & keep), 4);
  setEmbeddedMask(branch, embeddedMask(branch) & keep);
  setDirtyMask(branch, dirtyMask(branch) & keep);
  setUnsavedMask(branch, unsavedMask(branch) & keep);
}

/** State bits of the branch's child at `nibble`. */
export function branchChildState(branch: usize, nibble: u32): u8 {
  const bit: u32 = 1 << nibble;
  let state: u8 = 0;
  if ((childMask(branch) & bit) != 0) state |= CHILD_PRESENT;
  if ((embeddedMask(branch) & bit) != 0) state |= CHILD_EMBEDDED;
  if ((dirtyMask(branch) & bit) != 0) state |= CHILD_DIRTY;
  if ((unsavedMask(branch) & bit) != 0) state |= CHILD_UNSAVED;
  return state;
}
