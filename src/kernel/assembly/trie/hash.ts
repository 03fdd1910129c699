/** References of dirty subtrees, bottom up. Clean children are not looked at: their parent holds what it needs of them. */

import { rlpScratch } from './context';
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

/** Writes the reference of a dirty node to `reference`; returns whether it is embedded. */
function hashNode(node: usize, depth: i32, isRoot: bool, reference: usize): bool {
  const kind = kindOf(node);
  if (kind == KIND_BRANCH) {
    hashChildren(node, depth);
  } else if (kind == KIND_EXTENSION && (extensionState(node) & CHILD_DIRTY) != 0) {
    const child = extensionChild(node);
    const isEmbedded = hashNode(child, extensionEnd(node), false, node + EXTENSION_REFERENCE);
    setExtensionChild(node, child, CHILD_PRESENT | CHILD_UNSAVED | (isEmbedded ? CHILD_EMBEDDED : 0));
  }
  const rlp = rlpScratch();
  return writeReference(rlp, encodeNode(node, depth, rlp), isRoot, reference);
}

function hashChildren(branch: usize, depth: i32): void {
  let embedded = embeddedMask(branch);
  for (let dirty = dirtyMask(branch); dirty != 0; dirty &= dirty - 1) {
    const nibble = ctz(dirty);
    const index = childIndex(branch, nibble);
    const child = <usize>load<u32>(pointerAt(branch, index));
    const isEmbedded = hashNode(child, depth + 1, false, referenceAt(branch, index));
    const bit: u32 = 1 << nibble;
    embedded = isEmbedded ? embedded | bit : embedded & ~bit;
  }
  setEmbeddedMask(branch, embedded);
  setDirtyMask(branch, 0);
}
