/**
 * The Merkle-Patricia tries of the state, in the kernel's memory: the account trie and every account's storage trie.
 *
 * Owns the trie arena (a shared region). Does not own flat state, nor the store: nodes come through `loadTrieNode` and
 * changes go out by `trieExportChanges`. Nothing is kept of history: there is one current state.
 *
 * The kernel's entry re-exports every function of this file (`export * from './trie/index'`).
 *
 * Invariants: updates only mark; hashes are computed by jobs and `trieFinish…`; a node that is dirty or unsaved is never
 * evicted; no operation that fails leaves a trie of another shape or content than some prefix of its updates.
 */

import { arena, formatArena, freeBytes, IS_READ, LOAD_LOCK, releaseLocalLists, totalBytes } from './arena';
import { collectBlock, collectedAccounts, collectedSlots, writeStorageRoots } from './blockRecords';
import { exportChanges } from './changes';
import { accountJob, finishAccounts, finishSlots, openTrie, prepare, slotJob, writeRoot } from './commit';
import { attachScratch, TRIE_SCRATCH_SIZE } from './context';
import { evict } from './evict';
import { finishExport, planExport, runExportJobs } from './exportJobs';
import { writeProof } from './find';
import { planSlotJobs, runAccountJobs, runSlotJobs } from './jobs';
import { findRecord, openSlots } from './record';
import { setStatus, status, STATUS_OK, STATUS_OUT_OF_MEMORY } from './status';

/** Private bytes per instance that `trieAttach` takes. */
export function trieScratchSize(): i32 {
  return TRIE_SCRATCH_SIZE;
}

/** Lays out an empty arena in [base, base + size). Once, before any instance attaches. `bucketCount` is a power of two. */
export function trieFormat(base: usize, size: usize, bucketCount: u32): void {
  formatArena(base, size, bucketCount);
}

/** Makes this instance work on the arena at `base` with the private scratch at `scratch`. */
export function trieAttach(base: usize, scratch: usize): void {
  attachScratch(base, scratch);
}

/** Status of this instance's last operation (see status.ts). */
/** From now on, until the next format, accounts and slots that the tries lack are not asked of the host. They must be those of the state that is read. */
export function trieServeReads(): void {
  store<u32>(arena, 1, IS_READ);
}

/** After an instance was stopped in the middle of a run. */
export function trieBreakLoadLock(): void {
  store<u32>(arena, 0, LOAD_LOCK);
}

export function trieStatus(): i32 {
  return status;
}

export function trieFreeBytes(): u32 {
  return freeBytes();
}

export function trieTotalBytes(): u32 {
  return totalBytes();
}

/** See `prepare`. Returns the status. */
export function triePrepare(accounts: usize, accountCount: i32, slots: usize, slotCount: i32, openFrom: i32): i32 {
  setStatus(STATUS_OK);
  prepare(accounts, accountCount, slots, slotCount, openFrom);
  return status;
}

/** Whether jobs by nibble can be given for the trie of `owner` (0: the account trie) after `triePrepare`. */
export function trieIsOpen(owner: usize): bool {
  if (owner == 0) return openSlots(openTrie(0)) != 0;
  const trie = findRecord(owner);
  return trie != 0 && openSlots(trie) != 0;
}

/** See `slotJob`. Returns the index of the first record not applied. */
export function trieSlotJob(slots: usize, from: i32, to: i32, nibble: i32): i32 {
  setStatus(STATUS_OK);
  const next = slotJob(slots, from, to, nibble);
  releaseLocalLists();
  return next;
}

export function trieFinishSlots(): i32 {
  setStatus(STATUS_OK);
  finishSlots();
  return status;
}

/** See `accountJob`. Returns the index of the first record not applied. */
export function trieAccountJob(accounts: usize, from: i32, to: i32, nibble: i32): i32 {
  setStatus(STATUS_OK);
  const next = accountJob(accounts, from, to, nibble);
  releaseLocalLists();
  return next;
}

/** Writes the state root (32 bytes) to `out`. Returns the status. */
export function trieFinishAccounts(out: usize): i32 {
  setStatus(STATUS_OK);
  finishAccounts(out);
  return status;
}

/** See `planSlotJobs`. Returns the number of jobs. */
export function triePlanSlotJobs(slots: usize, slotCount: i32, out: usize, capacity: u32): i32 {
  setStatus(STATUS_OK);
  return planSlotJobs(slots, slotCount, out, capacity);
}

/** See `runSlotJobs`. Returns the status. */
export function trieRunSlotJobs(slots: usize, plan: usize, count: i32, counter: usize): i32 {
  setStatus(STATUS_OK);
  runSlotJobs(slots, plan, count, counter);
  releaseLocalLists();
  return status;
}

/** See `runAccountJobs`. Returns the status. */
export function trieRunAccountJobs(accounts: usize, accountCount: i32, counter: usize): i32 {
  setStatus(STATUS_OK);
  runAccountJobs(accounts, accountCount, counter);
  releaseLocalLists();
  return status;
}

/**
 * The whole of it on this instance: applies the records, evicting clean nodes when memory runs out, and writes the state
 * root to `out`. Returns the status; after a failure the tries hold part of the changes and must be loaded anew.
 */
export function trieApply(accounts: usize, accountCount: i32, slots: usize, slotCount: i32, out: usize): i32 {
  attempts = 0;
  do {
    setStatus(STATUS_OK);
    prepare(accounts, accountCount, slots, slotCount, 0);
  } while (status != STATUS_OK && makeRoom());
  let from = 0;
  while (status == STATUS_OK || makeRoom()) {
    setStatus(STATUS_OK);
    const next = slotJob(slots, from, slotCount, -1);
    if (next > from) attempts = 0;
    from = next;
    if (status == STATUS_OK) break;
  }
  if (status != STATUS_OK) return status;
  finishSlots();
  from = 0;
  while (status == STATUS_OK || makeRoom()) {
    setStatus(STATUS_OK);
    const next = accountJob(accounts, from, accountCount, -1);
    if (next > from) attempts = 0;
    from = next;
    if (status == STATUS_OK) break;
  }
  if (status == STATUS_OK) finishAccounts(out);
  return status;
}

/**
 * Writes records of what the flat-state cache says the block changed: accounts at `records`, slots right behind them.
 * Returns the status; the counts are in `trieCollectedAccounts` and `trieCollectedSlots`.
 */
export function trieCollect(records: usize, capacity: u32): i32 {
  setStatus(STATUS_OK);
  collectBlock(records, capacity);
  return status;
}

export function trieCollectedAccounts(): i32 {
  return collectedAccounts;
}

export function trieCollectedSlots(): i32 {
  return collectedSlots;
}

/** See `writeStorageRoots`: after the collected records were applied, before the changes are exported. */
export function trieWriteStorageRoots(records: usize): void {
  writeStorageRoots(records);
}

let attempts: i32 = 0;

/** Evicts after a failure for want of memory, more at the second time; false when that is not why, or has not helped. */
function makeRoom(): bool {
  if (status != STATUS_OUT_OF_MEMORY || attempts == 3) return false;
  attempts++;
  evict(attempts == 1 ? freeBytes() + totalBytes() / 4 : u32.MAX_VALUE);
  return true;
}

/** See `exportChanges`. Returns the bytes written; 0 with STATUS_OK when there is nothing left. */
export function trieExportChanges(out: usize, capacity: i32): i32 {
  setStatus(STATUS_OK);
  return exportChanges(out, capacity);
}

/** See `planExport`. Returns the number of jobs. */
export function triePlanExport(region: usize, size: usize): i32 {
  setStatus(STATUS_OK);
  return planExport(region, size);
}

/** See `runExportJobs`. Returns the status. */
export function trieRunExportJobs(region: usize, size: usize, count: i32, counter: usize): i32 {
  setStatus(STATUS_OK);
  runExportJobs(region, size, count, counter);
  return status;
}

/** See `finishExport`. Returns the status. */
export function trieFinishExport(region: usize, size: usize, count: i32): i32 {
  setStatus(STATUS_OK);
  finishExport(region, size, count);
  return status;
}

/** Evicts until `wantedBytes` are free or nothing clean is left. Returns the bytes free. */
export function trieEvict(wantedBytes: u32): u32 {
  return evict(wantedBytes);
}

/** Writes the root of the trie of `owner` (0: the account trie) to `out`. Returns the status. */
export function trieRoot(owner: usize, out: usize): i32 {
  setStatus(STATUS_OK);
  const trie = openTrie(owner);
  if (trie != 0) writeRoot(trie, out);
  return status;
}

/** The proof of a hashed key in the trie of `owner` (0: the account trie); see `writeProof`. Returns the bytes written. */
export function trieProof(owner: usize, key: usize, out: usize, capacity: i32): i32 {
  setStatus(STATUS_OK);
  const trie = openTrie(owner);
  return trie == 0 ? 0 : writeProof(trie, key, out, capacity);
}
