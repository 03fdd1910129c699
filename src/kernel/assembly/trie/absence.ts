/**
 * What is not in the state: the tries know it, and their upper nodes are in memory, or will be needed there when the key is written. A read of the
 * host's store that finds nothing takes 4 µs, a walk a tenth of that.
 *
 * Any number of instances may walk at once while nobody changes the tries: nodes that are missing are loaded by one at a time, and linked once they are whole.
 */
import { arena, IS_READ, LOAD_LOCK } from './arena';
import { openTrie } from './commit';
import { selectTrie } from './context';
import {
  childIndex,
  childMask,
  commonDepth,
  equal32,
  EXTENSION_PATH,
  extensionChild,
  extensionEnd,
  KIND_BRANCH,
  KIND_EXTENSION,
  kindOf,
  LEAF_KEY,
  nibbleAt,
  pointerAt,
} from './node';
import { accountTrie, findRecord, openSlots, rootSlot, slotNode, slotReference, slotState, TRIE_LOADED, trieFlags } from './record';
import { setStatus, STATUS_OK } from './status';
import { nodeOfChild, nodeOfExtension, nodeOfSlot } from './update';

/** Nodes that begin deeper are not loaded for this: the upper ones, 4,369 of a trie, serve all keys. */
const DEPTH_MAX: i32 = 3;
/** About a millisecond: a load takes less, and who waits longer asks the host. */
const LOCK_POLLS_MAX: i32 = 200_000;

/** Whether the tries are those of the state that is read. */
@inline
export function readsTries(): bool {
  return arena != 0 && load<u32>(arena, IS_READ) != 0;
}

/** Whether there is certainly no account with this hashed address. */
export function accountIsAbsent(key: usize): bool {
  const trie = accountTrie();
  if ((trieFlags(trie) & TRIE_LOADED) == 0) open(0);
  return (trieFlags(trie) & TRIE_LOADED) != 0 && isAbsent(trie, key);
}

/** Whether the account with this hashed address and storage root certainly has no slot with this hashed key. `mayOpen`: as the owner of the tries. */
export function slotIsAbsent(owner: usize, storageRoot: usize, key: usize, mayOpen: bool): bool {
  let trie = findRecord(owner);
  if (mayOpen && (trie == 0 || (trieFlags(trie) & TRIE_LOADED) == 0)) {
    open(owner);
    trie = findRecord(owner);
  }
  if (trie == 0 || (trieFlags(trie) & TRIE_LOADED) == 0) return false;
  return equal32(slotReference(rootSlot(trie)), storageRoot) && isAbsent(trie, key);
}

function isAbsent(trie: usize, key: usize): bool {
  if (openSlots(trie) != 0) return false;
  const slot = rootSlot(trie);
  if (slotState(slot) == 0) return true;
  let node = slotNode(slot);
  if (node == 0) node = loadSlotNode(trie, slot, key);
  let depth = 0;
  while (node != 0) {
    const kind = kindOf(node);
    if (kind == KIND_BRANCH) {
      const nibble = nibbleAt(key, depth);
      if ((childMask(node) & (1 << nibble)) == 0) return true;
      const child = <usize>atomic.load<u32>(pointerAt(node, childIndex(node, nibble)));
      node = child != 0 ? child : loadChild(trie, node, nibble, depth, key);
      depth++;
    } else if (kind == KIND_EXTENSION) {
      const end = extensionEnd(node);
      if (commonDepth(node + EXTENSION_PATH, key, depth, end) != end) return true;
      const child = extensionChild(node);
      node = child != 0 ? child : loadBelow(trie, node, key);
      depth = end;
    } else {
      return !equal32(node + LEAF_KEY, key);
    }
  }
  return false;
}

function open(owner: usize): void {
  if (!lock()) return;
  openTrie(owner);
  unlock();
}

function loadSlotNode(trie: usize, slot: usize, key: usize): usize {
  if (!lock()) return 0;
  selectTrie(trie);
  const node = nodeOfSlot(slot, 0, key);
  unlock();
  return node;
}

function loadChild(trie: usize, branch: usize, nibble: u32, depth: i32, key: usize): usize {
  if (depth >= DEPTH_MAX || !lock()) return 0;
  selectTrie(trie);
  const node = nodeOfChild(branch, nibble, depth, key);
  unlock();
  return node;
}

function loadBelow(trie: usize, extension: usize, key: usize): usize {
  if (extensionEnd(extension) > DEPTH_MAX || !lock()) return 0;
  selectTrie(trie);
  const node = nodeOfExtension(extension, key);
  unlock();
  return node;
}

function lock(): bool {
  for (let polls = 0; polls < LOCK_POLLS_MAX; polls++) {
    if (atomic.cmpxchg<u32>(arena, 0, 1, LOAD_LOCK) == 0) {
      setStatus(STATUS_OK);
      return true;
    }
  }
  return false;
}

/** What could not be loaded is asked of the host: the tries are none the worse. */
function unlock(): void {
  setStatus(STATUS_OK);
  atomic.store<u32>(arena, 0, LOAD_LOCK);
}
