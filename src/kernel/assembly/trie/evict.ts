/**
 * Keeping the tries within their memory: clean, saved nodes go back to being unresolved.
 *
 * A clock passes over the account trie (by the 256 prefixes of two nibbles) and the storage tries (by bucket). What was
 * used since it last came by loses its mark, the rest is freed with everything below it: whoever uses a node uses its
 * ancestors, so nothing below an unused node was used. Two rounds free all that is clean.
 */

import { arena, EVICT_CURSOR, freeBytes, reclaimPages } from './arena';
import { compact } from './compact';
import {
  childIndex,
  CHILD_UNSAVED,
  childMask,
  extensionChild,
  extensionState,
  FLAG_RECENT,
  KIND_BRANCH,
  KIND_EXTENSION,
  kindOf,
  pointerAt,
  releaseNode,
  setExtensionChild,
  SLOT_SIZE,
  unsavedMask,
} from './node';
import {
  accountTrie,
  bucketAt,
  bucketCount,
  clearTrieFlag,
  nextInBucket,
  openSlots,
  removeRecord,
  rootSlot,
  setSlot,
  slotNode,
  slotState,
  TRIE_CHANGED,
  TRIE_RECENT,
  trieFlags,
} from './record';

const PREFIX_COUNT: u32 = 256;

/**
 * Frees clean nodes until `wantedBytes` are free; when that cannot be reached, all that are clean, and moves what is left
 * together. Returns the bytes free. Only while no jobs run.
 */
export function evict(wantedBytes: u32): u32 {
  const bucketsPerStep = (bucketCount() + PREFIX_COUNT - 1) / PREFIX_COUNT;
  for (let step: u32 = 0; step < 2 * PREFIX_COUNT && freeBytes() < wantedBytes; step++) {
    const cursor = load<u32>(arena, EVICT_CURSOR);
    sweepPrefix(cursor);
    for (let i: u32 = 0; i < bucketsPerStep; i++) {
      const bucket = cursor * bucketsPerStep + i;
      if (bucket < bucketCount()) sweepBucket(bucketAt(bucket));
    }
    store<u32>(arena, (cursor + 1) & (PREFIX_COUNT - 1), EVICT_CURSOR);
  }
  reclaimPages();
  if (freeBytes() < wantedBytes) compact();
  return freeBytes();
}

/** Frees a node and all that is in memory below it. */
export function releaseSubtree(node: usize): void {
  const kind = kindOf(node);
  if (kind == KIND_BRANCH) {
    const count = <i32>popcnt(childMask(node));
    for (let i = 0; i < count; i++) {
      const child = <usize>load<u32>(pointerAt(node, i));
      if (child != 0) releaseSubtree(child);
    }
  } else if (kind == KIND_EXTENSION) {
    const child = extensionChild(node);
    if (child != 0) releaseSubtree(child);
  }
  releaseNode(node);
}

/** The account trie below two nibbles; the two levels above stay. */
function sweepPrefix(prefix: u32): void {
  const trie = accountTrie();
  let nibble = prefix >> 4;
  let node: usize;
  const slots = openSlots(trie);
  if (slots != 0) {
    node = slotNode(slots + SLOT_SIZE * nibble);
  } else {
    node = slotNode(rootSlot(trie));
    if (node != 0 && kindOf(node) == KIND_BRANCH) node = childOf(node, nibble);
  }
  nibble = prefix & 15;
  if (node != 0 && kindOf(node) == KIND_BRANCH) node = childOf(node, nibble);
  if (node != 0) sweep(node);
}

function childOf(branch: usize, nibble: u32): usize {
  if ((childMask(branch) & (1 << nibble)) == 0) return 0;
  return load<u32>(pointerAt(branch, childIndex(branch, nibble)));
}

function sweepBucket(bucket: usize): void {
  let link = bucket;
  for (let trie = <usize>load<u32>(bucket); trie != 0; ) {
    const next = nextInBucket(trie);
    const flags = trieFlags(trie);
    const node = slotNode(rootSlot(trie));
    if ((flags & (TRIE_CHANGED | TRIE_RECENT)) == 0) {
      if (node != 0) releaseSubtree(node);
      removeRecord(trie, link);
    } else {
      clearTrieFlag(trie, TRIE_RECENT);
      const slots = openSlots(trie);
      for (let i = 0; slots != 0 && i < 16; i++) sweepSlot(slots + SLOT_SIZE * i);
      if (slots == 0) sweepSlot(rootSlot(trie));
      link = trie + 4;
    }
    trie = next;
  }
}

function sweepSlot(slot: usize): void {
  const node = slotNode(slot);
  if (node == 0) return;
  const state = slotState(slot);
  if ((state & CHILD_UNSAVED) == 0 && !wasRecent(node)) {
    releaseSubtree(node);
    setSlot(slot, 0, state);
  } else {
    sweep(node);
  }
}

/** Frees what is clean and unused below a node that stays. */
function sweep(node: usize): void {
  const kind = kindOf(node);
  if (kind == KIND_BRANCH) {
    const unsaved = unsavedMask(node);
    let pointer = pointerAt(node, 0);
    for (let rest = childMask(node); rest != 0; rest &= rest - 1) {
      const child = <usize>load<u32>(pointer);
      if (child != 0) {
        if ((unsaved & rest & (0 - rest)) == 0 && !wasRecent(child)) {
          releaseSubtree(child);
          store<u32>(pointer, 0);
        } else {
          sweep(child);
        }
      }
      pointer += 4;
    }
  } else if (kind == KIND_EXTENSION) {
    const child = extensionChild(node);
    if (child == 0) return;
    const state = extensionState(node);
    if ((state & CHILD_UNSAVED) == 0 && !wasRecent(child)) {
      releaseSubtree(child);
      setExtensionChild(node, 0, state);
    } else {
      sweep(child);
    }
  }
}

/** Whether a node was used since the clock last came by; takes its mark away. */
function wasRecent(node: usize): bool {
  const flags = load<u8>(node, 1);
  store<u8>(node, flags & ~FLAG_RECENT, 1);
  return (flags & FLAG_RECENT) != 0;
}
