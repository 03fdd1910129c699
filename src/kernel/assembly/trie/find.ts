/** Walking to one key: its leaf, or the nodes that prove what it holds. */

import { rlpScratch } from './context';
import { encodeNode } from './encode';
import {
  branchChildState,
  CHILD_DIRTY,
  CHILD_EMBEDDED,
  childMask,
  commonDepth,
  equal32,
  EXTENSION_PATH,
  extensionEnd,
  extensionState,
  KIND_BRANCH,
  KIND_EXTENSION,
  kindOf,
  LEAF_KEY,
  nibbleAt,
  touch,
} from './node';
import { openSlots, rootSlot, slotState } from './record';
import { setStatus, STATUS_BUFFER_TOO_SMALL, STATUS_NOT_HASHED } from './status';
import { nodeOfChild, nodeOfExtension, nodeOfSlot } from './update';

/** The leaf of `key` at or below a slot whose node begins at `depth`; 0 when there is none, or with the status set on failure. */
export function findLeaf(slot: usize, depth: i32, key: usize): usize {
  if (slotState(slot) == 0) return 0;
  let node = nodeOfSlot(slot, depth, key);
  while (node != 0) {
    touch(node);
    const kind = kindOf(node);
    if (kind == KIND_BRANCH) {
      const nibble = nibbleAt(key, depth);
      if ((childMask(node) & (1 << nibble)) == 0) return 0;
      node = nodeOfChild(node, nibble, depth, key);
      depth++;
    } else if (kind == KIND_EXTENSION) {
      const end = extensionEnd(node);
      if (commonDepth(node + EXTENSION_PATH, key, depth, end) != end) return 0;
      node = nodeOfExtension(node, key);
      depth = end;
    } else {
      return equal32(node + LEAF_KEY, key) ? node : 0;
    }
  }
  return 0;
}

/**
 * Writes the Merkle proof of `key` in a hashed trie to `out`: from the root on, each as u16 length (little-endian) and RLP,
 * the nodes on the key's path that are not embedded in another (EIP-1186). Returns the bytes written.
 */
export function writeProof(trie: usize, key: usize, out: usize, capacity: i32): i32 {
  const slot = rootSlot(trie);
  let state = slotState(slot);
  if (openSlots(trie) != 0 || (state & CHILD_DIRTY) != 0) {
    setStatus(STATUS_NOT_HASHED);
    return 0;
  }
  if (state == 0) return 0;
  let depth = 0;
  let written = 0;
  let node = nodeOfSlot(slot, 0, key);
  while (node != 0) {
    touch(node);
    if ((state & CHILD_EMBEDDED) == 0) {
      const length = encodeNode(node, depth, rlpScratch());
      if (written + 2 + length > capacity) {
        setStatus(STATUS_BUFFER_TOO_SMALL);
        return 0;
      }
      store<u16>(out + written, <u16>length);
      memory.copy(out + written + 2, rlpScratch(), length);
      written += 2 + length;
    }
    const kind = kindOf(node);
    if (kind == KIND_BRANCH) {
      const nibble = nibbleAt(key, depth);
      state = branchChildState(node, nibble);
      if (state == 0) return written;
      node = nodeOfChild(node, nibble, depth, key);
      depth++;
    } else if (kind == KIND_EXTENSION) {
      const end = extensionEnd(node);
      if (commonDepth(node + EXTENSION_PATH, key, depth, end) != end) return written;
      state = extensionState(node);
      node = nodeOfExtension(node, key);
      depth = end;
    } else {
      return written;
    }
  }
  return 0;
}
