/**
 * Setting and removing one key of the current trie.
 *
 * The key and the value to write are an instance's globals while it walks down. Each step returns the node that takes
 * the place of the one it was given. A step that fails sets the status, leaves `changed` false, and leaves a sound trie:
 * whatever must be loaded or allocated is so before the first change.
 *
 * `stored` follows the path, not the node: what takes a place in the trie takes over whether the store has an entry there.
 */

import { classFor } from './arena';
import { EMPTY_CODE_HASH, EMPTY_ROOT } from './constants';
import { siblingPath, trie, valueScratch } from './context';
import {
  addBranchChild,
  branchChildState,
  CHILD_DIRTY,
  CHILD_EMBEDDED,
  CHILD_PRESENT,
  CHILD_UNSAVED,
  childIndex,
  childMask,
  commonDepth,
  copy32,
  embeddedMask,
  equal32,
  EXTENSION_PATH,
  EXTENSION_REFERENCE,
  extensionChild,
  extensionEnd,
  extensionState,
  FORM_ACCOUNT,
  FORM_PLAIN_ACCOUNT,
  FORM_RAW,
  isStored,
  KIND_BRANCH,
  KIND_EXTENSION,
  KIND_LEAF,
  kindOf,
  LEAF_KEY,
  LEAF_VALUE,
  newBranch,
  newExtension,
  newLeaf,
  nibbleAt,
  pointerAt,
  referenceAt,
  releaseNode,
  removeBranchChild,
  setBranchChild,
  setExtensionChild,
  setStored,
  touch,
} from './node';
import { bury, setSlot, slotNode, slotReference, slotState } from './record';
import { resolve, setNibble } from './resolve';
import { setStatus, STATUS_MISSING_ACCOUNT } from './status';

/** Write a raw value of `valueLength` bytes. */
const WRITE_RAW: i32 = 0;
/** Write nonce and balance (`valueLength` bytes) and the code hash; the storage root stays as it is. */
const WRITE_ACCOUNT: i32 = 1;
/** Write the storage root of an account that exists. */
const WRITE_STORAGE_ROOT: i32 = 2;

const FRESH: u8 = CHILD_PRESENT | CHILD_DIRTY | CHILD_UNSAVED;

let writing: i32 = WRITE_RAW;
let key: usize = 0;
let value: usize = 0;
let valueLength: i32 = 0;
/** Code hash or storage root to write. */
let hash: usize = 0;

/** Whether the last update changed the trie. */
export let changed: bool = false;

/** Sets a key of a storage trie to `length` bytes (not empty, at most LEAF_VALUE_SIZE_MAX) at `ptr`. */
export function putRaw(slot: usize, depth: i32, keyPtr: usize, ptr: usize, length: i32): void {
  writing = WRITE_RAW;
  put(slot, depth, keyPtr, ptr, length, 0);
}

/** Sets an account's nonce and balance (`length` bytes: two RLP integers) and code hash; keeps its storage root. */
export function putAccount(slot: usize, depth: i32, keyPtr: usize, ptr: usize, length: i32, codeHash: usize): void {
  writing = WRITE_ACCOUNT;
  put(slot, depth, keyPtr, ptr, length, codeHash);
}

/** Sets the storage root of an account; STATUS_MISSING_ACCOUNT when there is none. */
export function putStorageRoot(slot: usize, depth: i32, keyPtr: usize, storageRoot: usize): void {
  writing = WRITE_STORAGE_ROOT;
  put(slot, depth, keyPtr, 0, 0, storageRoot);
}

function put(slot: usize, depth: i32, keyPtr: usize, ptr: usize, length: i32, hashPtr: usize): void {
  key = keyPtr;
  value = ptr;
  valueLength = length;
  hash = hashPtr;
  changed = false;
  if (slotState(slot) == 0) {
    const leaf = createLeaf();
    if (leaf != 0) setSlot(slot, leaf, FRESH);
    return;
  }
  const node = nodeOfSlot(slot, depth, keyPtr);
  if (node == 0) return;
  const replaced = insert(node, depth);
  if (changed) setSlot(slot, replaced, FRESH);
}

/** Removes a key; no change when it is absent. */
export function remove(slot: usize, depth: i32, keyPtr: usize): void {
  key = keyPtr;
  changed = false;
  if (slotState(slot) == 0) return;
  const node = nodeOfSlot(slot, depth, keyPtr);
  if (node == 0) return;
  if (kindOf(node) == KIND_LEAF) {
    if (!equal32(node + LEAF_KEY, key)) return;
    buryOrRelease(node, key, depth);
    setSlot(slot, 0, 0);
    changed = true;
    return;
  }
  const replaced = removeBelow(node, depth);
  if (changed) setSlot(slot, replaced, FRESH);
}

/** The slot's node, resolved on demand along `path`; 0 with the status set when that fails. */
export function nodeOfSlot(slot: usize, depth: i32, path: usize): usize {
  let node = slotNode(slot);
  if (node == 0) {
    const state = slotState(slot);
    node = resolve(path, depth, slotReference(slot), (state & CHILD_EMBEDDED) != 0);
    if (node != 0) setSlot(slot, node, state);
  }
  return node;
}

/** The branch's child at a nibble that has one, resolved on demand along `path`; 0 with the status set when that fails. */
export function nodeOfChild(branch: usize, nibble: u32, depth: i32, path: usize): usize {
  const index = childIndex(branch, nibble);
  const pointer = pointerAt(branch, index);
  let node = <usize>load<u32>(pointer);
  if (node == 0) {
    node = resolve(path, depth + 1, referenceAt(branch, index), (embeddedMask(branch) & (1 << nibble)) != 0);
    if (node != 0) store<u32>(pointer, <u32>node);
  }
  return node;
}

/** The extension's child, resolved on demand along `path`; 0 with the status set when that fails. */
export function nodeOfExtension(extension: usize, path: usize): usize {
  let node = extensionChild(extension);
  if (node == 0) {
    const state = extensionState(extension);
    node = resolve(path, extensionEnd(extension), extension + EXTENSION_REFERENCE, (state & CHILD_EMBEDDED) != 0);
    if (node != 0) setExtensionChild(extension, node, state);
  }
  return node;
}

function insert(node: usize, depth: i32): usize {
  touch(node);
  const kind = kindOf(node);
  if (kind == KIND_BRANCH) return insertIntoBranch(node, depth);
  if (kind == KIND_EXTENSION) return insertIntoExtension(node, depth);
  return insertIntoLeaf(node, depth);
}

function insertIntoBranch(branch: usize, depth: i32): usize {
  const nibble = nibbleAt(key, depth);
  if ((childMask(branch) & (1 << nibble)) != 0) {
    const child = nodeOfChild(branch, nibble, depth, key);
    if (child == 0) return branch;
    const replaced = insert(child, depth + 1);
    if (changed) setBranchChild(branch, nibble, replaced);
    return branch;
  }
  const leaf = createLeaf();
  if (leaf == 0) return branch;
  const wider = addBranchChild(branch, nibble, leaf, FRESH, 0);
  if (wider == 0) {
    releaseNode(leaf);
    changed = false;
    return branch;
  }
  return wider;
}

function insertIntoExtension(extension: usize, depth: i32): usize {
  const end = extensionEnd(extension);
  const path = extension + EXTENSION_PATH;
  const fork = commonDepth(path, key, depth, end);
  if (fork == end) {
    const child = nodeOfExtension(extension, key);
    if (child == 0) return extension;
    const replaced = insert(child, end);
    if (changed) setExtensionChild(extension, replaced, FRESH);
    return extension;
  }

  const leaf = createLeaf();
  if (leaf == 0) return extension;
  changed = false;
  const branch = newBranch(2);
  const above = fork > depth ? newExtension(key, fork) : 0;
  if (branch == 0 || (fork > depth && above == 0)) {
    releaseNode(leaf);
    if (branch != 0) releaseNode(branch);
    return extension;
  }
  const wasStored = isStored(extension);
  const nibble = nibbleAt(path, fork);
  if (fork + 1 < end) {
    setStored(extension, false);
    addBranchChild(branch, nibble, extension, FRESH, 0);
  } else {
    const state = extensionState(extension);
    addBranchChild(branch, nibble, extensionChild(extension), state, extension + EXTENSION_REFERENCE);
    releaseNode(extension);
  }
  addBranchChild(branch, nibbleAt(key, fork), leaf, FRESH, 0);
  changed = true;
  return placeBelow(above, branch, wasStored);
}

function insertIntoLeaf(leaf: usize, depth: i32): usize {
  const leafKey = leaf + LEAF_KEY;
  const fork = commonDepth(leafKey, key, depth, 64);
  if (fork == 64) return overwriteLeaf(leaf);

  const other = createLeaf();
  if (other == 0) return leaf;
  changed = false;
  const branch = newBranch(2);
  const above = fork > depth ? newExtension(key, fork) : 0;
  if (branch == 0 || (fork > depth && above == 0)) {
    releaseNode(other);
    if (branch != 0) releaseNode(branch);
    return leaf;
  }
  const wasStored = isStored(leaf);
  setStored(leaf, false);
  addBranchChild(branch, nibbleAt(leafKey, fork), leaf, FRESH, 0);
  addBranchChild(branch, nibbleAt(key, fork), other, FRESH, 0);
  changed = true;
  return placeBelow(above, branch, wasStored);
}

/** Hangs a new branch below a new extension, if there is one; the upper of them takes the place of what was split. */
function placeBelow(extension: usize, branch: usize, wasStored: bool): usize {
  const top = extension == 0 ? branch : extension;
  if (extension != 0) setExtensionChild(extension, branch, FRESH);
  setStored(top, wasStored);
  return top;
}

/** A leaf for the key with the value to write; 0 with the status set when that cannot be. */
function createLeaf(): usize {
  if (writing == WRITE_STORAGE_ROOT) {
    setStatus(STATUS_MISSING_ACCOUNT);
    return 0;
  }
  const isPlain = writing == WRITE_ACCOUNT && equal32(hash, EMPTY_CODE_HASH);
  const form = writing == WRITE_RAW ? FORM_RAW : isPlain ? FORM_PLAIN_ACCOUNT : FORM_ACCOUNT;
  const leaf = newLeaf(key, form, form == FORM_ACCOUNT ? valueLength + 64 : valueLength);
  if (leaf == 0) return 0;
  const to = leaf + LEAF_VALUE;
  memory.copy(to, value, valueLength);
  if (form == FORM_ACCOUNT) {
    copy32(to + valueLength, EMPTY_ROOT);
    copy32(to + valueLength + 32, hash);
  }
  changed = true;
  return leaf;
}

/** Gives a leaf of the key the value to write; the leaf may move to another size class. */
function overwriteLeaf(leaf: usize): usize {
  let form = FORM_RAW;
  let from = value;
  let length = valueLength;
  if (writing != WRITE_RAW) {
    // nonce and balance ‖ storage root ‖ code hash, each from the leaf or from what is written.
    const old = leaf + LEAF_VALUE;
    const isFull = load<u8>(leaf, 3) == FORM_ACCOUNT;
    const oldIntegers = <i32>load<u16>(leaf, 4) - (isFull ? 64 : 0);
    from = valueScratch();
    if (writing == WRITE_STORAGE_ROOT) {
      length = oldIntegers;
      memory.copy(from, old, length);
      copy32(from + length, hash);
      copy32(from + length + 32, isFull ? old + oldIntegers + 32 : EMPTY_CODE_HASH);
    } else {
      memory.copy(from, value, length);
      copy32(from + length, isFull ? old + oldIntegers : EMPTY_ROOT);
      copy32(from + length + 32, hash);
    }
    const isPlain = equal32(from + length, EMPTY_ROOT) && equal32(from + length + 32, EMPTY_CODE_HASH);
    form = isPlain ? FORM_PLAIN_ACCOUNT : FORM_ACCOUNT;
    if (!isPlain) length += 64;
  }

  if (<i32>load<u16>(leaf, 4) == length && memory.compare(leaf + LEAF_VALUE, from, length) == 0) return leaf;
  const sizeClass = classFor(<i32>LEAF_VALUE + length);
  if (sizeClass != <i32>load<u8>(leaf, 2)) {
    const moved = newLeaf(key, form, length);
    if (moved == 0) return leaf;
    setStored(moved, isStored(leaf));
    releaseNode(leaf);
    leaf = moved;
  }
  store<u8>(leaf, form, 3);
  store<u16>(leaf, <u16>length, 4);
  memory.copy(leaf + LEAF_VALUE, from, length);
  changed = true;
  return leaf;
}

/** Removes the key from below an extension or a branch. */
function removeBelow(node: usize, depth: i32): usize {
  touch(node);
  return kindOf(node) == KIND_BRANCH ? removeFromBranch(node, depth) : removeFromExtension(node, depth);
}

function removeFromExtension(extension: usize, depth: i32): usize {
  const end = extensionEnd(extension);
  if (commonDepth(extension + EXTENSION_PATH, key, depth, end) != end) return extension;
  const child = nodeOfExtension(extension, key);
  if (child == 0) return extension;
  const replaced = removeBelow(child, end);
  if (!changed) return extension;
  if (kindOf(replaced) == KIND_BRANCH) {
    setExtensionChild(extension, replaced, FRESH);
    return extension;
  }
  // The branch below has collapsed: its remaining leaf or extension begins here instead.
  const wasStored = isStored(extension);
  if (isStored(replaced)) bury(trie, extension, key, end);
  else releaseNode(extension);
  setStored(replaced, wasStored);
  return replaced;
}

function removeFromBranch(branch: usize, depth: i32): usize {
  const nibble = nibbleAt(key, depth);
  if ((childMask(branch) & (1 << nibble)) == 0) return branch;
  const child = nodeOfChild(branch, nibble, depth, key);
  if (child == 0) return branch;
  if (kindOf(child) != KIND_LEAF) {
    const replaced = removeBelow(child, depth + 1);
    if (changed) setBranchChild(branch, nibble, replaced);
    return branch;
  }
  if (!equal32(child + LEAF_KEY, key)) return branch;

  const others = childMask(branch) & ~(1 << nibble);
  if ((others & (others - 1)) != 0) {
    buryOrRelease(child, key, depth + 1);
    removeBranchChild(branch, nibble);
    changed = true;
    return branch;
  }
  const remaining = <u32>ctz(others);
  const path = siblingPath();
  copy32(path, key);
  setNibble(path, depth, <u8>remaining);
  const sibling = nodeOfChild(branch, remaining, depth, path);
  if (sibling == 0) return branch;
  buryOrRelease(child, key, depth + 1);
  changed = true;
  return collapseBranch(branch, depth, remaining, sibling, path);
}

/**
 * What takes the place of a branch at `depth` whose only child is `sibling` at `nibble` (`path` leads to it): the sibling
 * itself, begun earlier, when it is a leaf or extension; else an extension to it, made of the branch's own memory.
 */
export function collapseBranch(branch: usize, depth: i32, nibble: u32, sibling: usize, path: usize): usize {
  const wasStored = isStored(branch);
  if (kindOf(sibling) != KIND_BRANCH) {
    if (isStored(sibling)) bury(trie, branch, path, depth + 1);
    else releaseNode(branch);
    setStored(sibling, wasStored);
    return sibling;
  }
  const state = branchChildState(branch, nibble);
  const reference = valueScratch();
  copy32(reference, referenceAt(branch, childIndex(branch, nibble)));
  store<u8>(branch, KIND_EXTENSION);
  store<u8>(branch, <u8>(depth + 1), 3);
  copy32(branch + EXTENSION_PATH, path);
  copy32(branch + EXTENSION_REFERENCE, reference);
  setExtensionChild(branch, sibling, state);
  return branch;
}

/** Frees a leaf that begins at `depth`, leaving a tombstone where the store has an entry. */
function buryOrRelease(leaf: usize, path: usize, depth: i32): void {
  if (isStored(leaf)) bury(trie, leaf, path, depth);
  else releaseNode(leaf);
}
