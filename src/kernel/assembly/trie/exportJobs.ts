/**
 * What the store must write, by several instances: what is below each nibble of a large trie's root is a job.
 *
 *   one instance   planExport
 *   all            runExportJobs, until each has returned
 *   one            finishExport; then `exportChanges`, until it returns 0, where the chunks did not hold all
 *
 * The region: u32 where the next chunk lies · u32 size of a chunk · the plan, in entries of u32 trie · u32 nibble · u32 1 once it is done · chunks (changes.ts).
 * Chunks are in order: removals, which `planExport` writes, lie in front of all else.
 */
import { arena, CHANGED_HEAD } from './arena';
import { selectTrie, trie } from './context';
import { beginChunks, CHUNK_SIZE, endChunks, exportBelowRoot, exportRemovals, exportTries } from './changes';
import { CHILD_DIRTY, CHILD_UNSAVED, KIND_BRANCH, kindOf, setUnsavedMask, unsavedMask } from './node';
import { nextChanged, openSlots, rootSlot, slotNode, slotState } from './record';
import { setStatus, status, STATUS_NOT_HASHED, STATUS_OK } from './status';

const HEAD_SIZE: usize = 8;
const ENTRY_SIZE: usize = 12;
const E_NIBBLE: usize = 4;
const E_DONE: usize = 8;
const CHUNKS_OFFSET: usize = 1 << 14;
const ENTRIES_MAX: i32 = <i32>((CHUNKS_OFFSET - HEAD_SIZE) / ENTRY_SIZE);
/** Smaller ones are one instance's. */
const CHANGED_NIBBLES_MIN: i32 = 12;

/** Plans the export in the region; returns the number of jobs. */
export function planExport(region: usize, size: usize): i32 {
  store<u32>(region, <u32>(region + CHUNKS_OFFSET));
  store<u32>(region, CHUNK_SIZE, 4);
  beginChunks(region, region + size);
  let count = 0;
  for (let next = <usize>load<u32>(arena, CHANGED_HEAD); next != 0; next = <usize>nextChanged(next)) {
    selectTrie(next);
    const slot = rootSlot(trie);
    if (openSlots(trie) != 0 || (slotState(slot) & CHILD_DIRTY) != 0) {
      setStatus(STATUS_NOT_HASHED);
      break;
    }
    const root = slotNode(slot);
    if ((slotState(slot) & CHILD_UNSAVED) == 0 || root == 0 || kindOf(root) != KIND_BRANCH) continue;
    const unsaved = unsavedMask(root);
    if (popcnt<i32>(unsaved) < CHANGED_NIBBLES_MIN) continue;
    if (count + 16 > ENTRIES_MAX || !exportRemovals()) break;
    for (let left = unsaved; left != 0; left &= left - 1) {
      const entry = entryAt(region, count++);
      store<u32>(entry, <u32>trie);
      store<u32>(entry, <u32>ctz(left), E_NIBBLE);
      store<u32>(entry, 0, E_DONE);
    }
  }
  endChunks();
  return count;
}

/** Does jobs until none is left or there is no room for more. */
export function runExportJobs(region: usize, size: usize, count: i32, counter: usize): void {
  beginChunks(region, region + size);
  while (status == STATUS_OK) {
    const job = atomic.add<i32>(counter, 1);
    if (job >= count) break;
    const entry = entryAt(region, job);
    selectTrie(<usize>load<u32>(entry));
    if (!exportBelowRoot(load<u32>(entry, E_NIBBLE))) break;
    atomic.store<u32>(entry, 1, E_DONE);
  }
  endChunks();
}

/** After all have left: marks the jobs' work as done and exports the rest. */
export function finishExport(region: usize, size: usize, count: i32): void {
  for (let job = 0; job < count; job++) {
    const entry = entryAt(region, job);
    if (load<u32>(entry, E_DONE) == 0) continue;
    const root = slotNode(rootSlot(<usize>load<u32>(entry)));
    setUnsavedMask(root, unsavedMask(root) & ~(1 << load<u32>(entry, E_NIBBLE)));
  }
  beginChunks(region, region + size);
  exportTries();
  endChunks();
}

@inline
function entryAt(region: usize, index: i32): usize {
  return region + HEAD_SIZE + ENTRY_SIZE * <usize>index;
}
