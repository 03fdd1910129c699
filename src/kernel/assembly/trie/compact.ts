/**
 * Moving the nodes in memory together, so that whole pages become free for other sizes.
 *
 * Every node is named by exactly one address: in its parent, or in a trie's slot. A walk over all of them moves those in
 * nearly empty pages and corrects that address. Records, tombstones and the work areas of open tries stay where they are.
 */

import { abandon, allocate, chooseVictims, classSize, isInVictim, reclaimPages, settleVictims } from './arena';
import { childMask, KIND_BRANCH, KIND_EXTENSION, kindOf, pointerAt, SLOT_SIZE } from './node';
import { accountTrie, bucketAt, bucketCount, nextInBucket, openSlots, rootSlot } from './record';
import { setStatus, status } from './status';

/** Walks all that is in memory: best after an eviction. Only while no jobs run. */
export function compact(): void {
  const before = status;
  chooseVictims();
  compactTrie(accountTrie());
  for (let i: u32 = 0; i < bucketCount(); i++) {
    for (let trie = <usize>load<u32>(bucketAt(i)); trie != 0; trie = nextInBucket(trie)) compactTrie(trie);
  }
  settleVictims();
  reclaimPages();
  // Room that is lacking for a move only leaves a node where it is.
  setStatus(before);
}

function compactTrie(trie: usize): void {
  const slots = openSlots(trie);
  if (slots == 0) compactBelow(rootSlot(trie));
  for (let i = 0; slots != 0 && i < 16; i++) compactBelow(slots + SLOT_SIZE * i);
}

/** Moves the node that the u32 at `pointer` names, if there is one, and those below it. */
function compactBelow(pointer: usize): void {
  let node = <usize>load<u32>(pointer);
  if (node == 0) return;
  if (isInVictim(node)) {
    const sizeClass = <i32>load<u8>(node, 2);
    const moved = allocate(sizeClass);
    if (moved != 0) {
      memory.copy(moved, node, classSize(sizeClass));
      abandon(node);
      store<u32>(pointer, <u32>moved);
      node = moved;
    }
  }
  const kind = kindOf(node);
  if (kind == KIND_BRANCH) {
    const count = <i32>popcnt(childMask(node));
    for (let i = 0; i < count; i++) compactBelow(pointerAt(node, i));
  } else if (kind == KIND_EXTENSION) {
    compactBelow(node + 4);
  }
}
