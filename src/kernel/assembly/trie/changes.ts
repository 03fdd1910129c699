/**
 * What the host's store must write to hold the tries as they are now, as records in a buffer:
 *
 *   u8 operation · u8 key length · u16 value length (little-endian) · key · value
 *
 * 1 puts a value, 2 deletes a key, 3 deletes every key that begins with the (32-byte) key, 4 puts a value where the records
 * before it leave none. Applied in order they leave exactly the nodes of the tries. They are to be applied atomically: all
 * records of one export, over as many buffers as it takes.
 *
 * Where several instances export (exportJobs.ts) each writes to chunks of its own: u32 length of the records in it · 4 free · records.
 */

import { arena, CHANGED_HEAD } from './arena';
import { selectTrie, trie, walkPath } from './context';
import { encodeNode } from './encode';
import {
  CHILD_DIRTY,
  CHILD_UNSAVED,
  childIndex,
  EXTENSION_PATH,
  extensionChild,
  extensionEnd,
  extensionState,
  isStored,
  KIND_BRANCH,
  KIND_EXTENSION,
  kindOf,
  nibbleAt,
  pointerAt,
  setExtensionChild,
  setStored,
  setUnsavedMask,
  unsavedMask,
} from './node';
import {
  clearTrieFlag,
  isAccountTrie,
  nextChanged,
  openSlots,
  ownerOf,
  removeTombstone,
  rootSlot,
  setSlot,
  slotNode,
  slotState,
  TOMBSTONE_PATH,
  tombstoneAt,
  tombstoneDepth,
  TRIE_CHANGED,
  TRIE_WIPED,
  trieFlags,
} from './record';
import { setStatus, STATUS_BUFFER_TOO_SMALL, STATUS_NOT_HASHED } from './status';

const PUT: u8 = 1;
const DELETE: u8 = 2;
const DELETE_OWNER: u8 = 3;
const PUT_NEW: u8 = 4;

const RECORD_HEADER_SIZE: i32 = 4;
/** Header, the longest key and the longest node. */
const RECORD_SIZE_MAX: i32 = 704;

export const CHUNK_SIZE: u32 = 1 << 16;
const CHUNK_HEAD_SIZE: usize = 8;

let position: usize = 0;
let limit: usize = 0;
/** Where the next chunk's address lies, u32, 0: one buffer is written to; where chunks must end; the one in hand, 0: there is none. */
let chunkCursor: usize = 0;
let chunksEnd: usize = 0;
let chunk: usize = 0;
/** Bytes of the owner in front of the path's nibbles. */
let ownerLength: i32 = 0;

/**
 * Writes as many records as fit into `capacity` bytes at `out` and returns their length; 0 when nothing is left.
 * Call it until it returns 0.
 */
export function exportChanges(out: usize, capacity: i32): i32 {
  position = out;
  limit = out + capacity;
  if (capacity < RECORD_SIZE_MAX) {
    setStatus(STATUS_BUFFER_TOO_SMALL);
    return 0;
  }
  exportTries();
  return <i32>(position - out);
}

/** Exports one changed trie after the other, as far as there is room. */
export function exportTries(): void {
  for (let next = <usize>load<u32>(arena, CHANGED_HEAD); next != 0; next = load<u32>(arena, CHANGED_HEAD)) {
    selectTrie(next);
    if (!exportTrie()) break;
    clearTrieFlag(trie, TRIE_CHANGED);
    store<u32>(arena, <u32>nextChanged(trie), CHANGED_HEAD);
  }
}

/** From here to `endChunks` this instance writes to chunks. The word at `cursor` says where the next one lies; none reaches behind `end`. */
export function beginChunks(cursor: usize, end: usize): void {
  chunkCursor = cursor;
  chunksEnd = end;
  chunk = 0;
  position = 0;
  limit = 0;
}

export function endChunks(): void {
  closeChunk();
  chunkCursor = 0;
}

function closeChunk(): void {
  if (chunk != 0) store<u32>(chunk, <u32>(position - chunk - CHUNK_HEAD_SIZE));
  chunk = 0;
  position = 0;
  limit = 0;
}

function nextChunk(): bool {
  if (chunkCursor == 0) return false;
  closeChunk();
  const at = <usize>atomic.add<u32>(chunkCursor, CHUNK_SIZE);
  if (at + CHUNK_SIZE > chunksEnd) return false;
  chunk = at;
  position = at + CHUNK_HEAD_SIZE;
  limit = at + CHUNK_SIZE;
  return true;
}

/** Returns whether the whole trie's changes are out. */
function exportTrie(): bool {
  const slot = rootSlot(trie);
  if (openSlots(trie) != 0 || (slotState(slot) & CHILD_DIRTY) != 0) {
    setStatus(STATUS_NOT_HASHED);
    return false;
  }
  if (!exportRemovals()) return false;
  const state = slotState(slot);
  if ((state & CHILD_UNSAVED) == 0) return true;
  if (!exportNode(slotNode(slot), 0)) return false;
  setSlot(slot, slotNode(slot), state & ~CHILD_UNSAVED);
  return true;
}

/** Puts the selected trie's owner in front of the path. */
function beginPath(): void {
  ownerLength = 0;
  if (isAccountTrie(trie)) return;
  memory.copy(walkPath(), ownerOf(trie), 32);
  ownerLength = 32;
}

/** Exports what is gone from the selected trie, which comes before all that is written. */
export function exportRemovals(): bool {
  beginPath();
  if ((trieFlags(trie) & TRIE_WIPED) != 0) {
    if (!hasRoom()) return false;
    writeKey(DELETE_OWNER, 0, 0);
    clearTrieFlag(trie, TRIE_WIPED);
  }
  for (let list = 0; list < 16; list++) {
    for (let tombstone = tombstoneAt(trie, list); tombstone != 0; tombstone = tombstoneAt(trie, list)) {
      if (!hasRoom()) return false;
      const depth = tombstoneDepth(tombstone);
      for (let i = 0; i < depth; i++) setPathNibble(i, nibbleAt(tombstone + TOMBSTONE_PATH, i));
      writeKey(DELETE, depth, 0);
      removeTombstone(trie, list);
    }
  }
  return true;
}

/** Exports what is below a nibble of the selected trie's root, a branch, whose mark is left as it is. */
export function exportBelowRoot(nibble: u32): bool {
  beginPath();
  setPathNibble(0, nibble);
  const root = slotNode(rootSlot(trie));
  return exportNode(load<u32>(pointerAt(root, childIndex(root, nibble))), 1);
}

/** Exports an unsaved node and what is unsaved below it; false when the buffer is full before the node itself is out. */
function exportNode(node: usize, depth: i32): bool {
  const kind = kindOf(node);
  if (kind == KIND_BRANCH) {
    for (let unsaved = unsavedMask(node); unsaved != 0; unsaved &= unsaved - 1) {
      const nibble = ctz(unsaved);
      setPathNibble(depth, nibble);
      if (!exportNode(load<u32>(pointerAt(node, childIndex(node, nibble))), depth + 1)) return false;
      setUnsavedMask(node, unsaved & (unsaved - 1));
    }
  } else if (kind == KIND_EXTENSION && (extensionState(node) & CHILD_UNSAVED) != 0) {
    const end = extensionEnd(node);
    for (let i = depth; i < end; i++) setPathNibble(i, nibbleAt(node + EXTENSION_PATH, i));
    if (!exportNode(extensionChild(node), end)) return false;
    setExtensionChild(node, extensionChild(node), extensionState(node) & ~CHILD_UNSAVED);
  }

  if (!hasRoom()) return false;
  const length = encodeNode(node, depth, position + RECORD_HEADER_SIZE + ownerLength + depth);
  if (length >= 32 || depth == 0) {
    writeKey(isStored(node) ? PUT : PUT_NEW, depth, length);
    setStored(node, true);
  } else if (isStored(node)) {
    writeKey(DELETE, depth, 0);
    setStored(node, false);
  }
  return true;
}

function setPathNibble(depth: i32, nibble: u32): void {
  store<u8>(walkPath() + ownerLength + depth, <u8>nibble);
}

function hasRoom(): bool {
  return limit - position >= <usize>RECORD_SIZE_MAX || nextChunk();
}

/** Writes a record whose value, if any, already lies behind its key. */
function writeKey(operation: u8, depth: i32, valueLength: i32): void {
  const keyLength = ownerLength + depth;
  store<u8>(position, operation);
  store<u8>(position, <u8>keyLength, 1);
  store<u16>(position, <u16>valueLength, 2);
  memory.copy(position + RECORD_HEADER_SIZE, walkPath(), keyLength);
  position += RECORD_HEADER_SIZE + keyLength + valueLength;
}
