/**
 * Applying a block's changes to the tries and computing the state root, whole or as jobs.
 *
 * In order: prepare (one instance) → slot jobs → finishSlots (one instance) → account jobs → finishAccounts (one instance).
 * Two slot jobs, or two account jobs, may run at once on different instances when no trie and nibble is given to both:
 * they then touch no common node. A job is the run [from, to) of slot records of one or several whole owners with
 * nibble -1, or, for an open trie, all records of its owner with one top nibble.
 *
 * Records (little-endian; words are four u64 limbs, least significant first):
 *   account, 112 bytes: 0 keccak256(address) · 32 code hash · 64 balance word · 96 u64 nonce · 104 u32 action
 *   slot, 96 bytes: 0 keccak256(address) · 32 keccak256(slot) · 64 value word (zero deletes); equal owners adjoin
 */

import { keccak256 } from '../keccak';
import { rlpWriteU64, rlpWriteWord } from '../rlp';
import { allocate, arena, CHANGED_HEAD, classFor, release, releaseLocalLists } from './arena';
import { EMPTY_ROOT } from './constants';
import { integersScratch, loadScratch, selectTrie, siblingPath, trie, valueScratch } from './context';
import { releaseSubtree } from './evict';
import { findLeaf } from './find';
import { hashSlot } from './hash';
import {
  addBranchChild,
  branchChildState,
  CHILD_DIRTY,
  CHILD_PRESENT,
  CHILD_UNSAVED,
  childIndex,
  childMask,
  copy32,
  equal32,
  FORM_ACCOUNT,
  isStored,
  KIND_BRANCH,
  kindOf,
  LEAF_VALUE,
  newBranch,
  nibbleAt,
  pointerAt,
  referenceAt,
  releaseNode,
  setStored,
  SLOT_SIZE,
} from './node';
import {
  accountTrie,
  addRecord,
  bury,
  clearTrieFlag,
  findRecord,
  isAccountTrie,
  markChanged,
  nextChanged,
  openSlots,
  ownerOf,
  removeTombstone,
  rootSlot,
  setOpenSlots,
  setSlot,
  setTrieFlag,
  slotNode,
  slotReference,
  slotState,
  startSlot,
  tombstoneAt,
  TRIE_LOADED,
  TRIE_RECENT,
  TRIE_ROOT_MOVED,
  TRIE_WIPED,
  trieFlags,
} from './record';
import { decodeNode, loadNode, setNibble } from './resolve';
import { status, STATUS_OK } from './status';
import { collapseBranch, nodeOfSlot, putAccount, putRaw, putStorageRoot, remove } from './update';

export const ACCOUNT_RECORD_SIZE: usize = 112;
export const ACCOUNT_CODE_HASH: usize = 32;
export const ACCOUNT_BALANCE: usize = 64;
export const ACCOUNT_NONCE: usize = 96;
export const ACCOUNT_ACTION: usize = 104;

/** Actions: 0 writes the account; 1 removes it and its storage; 2 drops its storage first, then writes it and its slots. */
export const ACTION_DELETE: u32 = 1;

export const SLOT_RECORD_SIZE: usize = 96;
export const SLOT_KEY: usize = 32;
export const SLOT_VALUE: usize = 64;

/** Work area of an open trie: 0 kind · 2 size class · 4 u32 the root's branch · 16 slots. Large enough to be a tombstone. */
const OPEN_SIZE: i32 = 656;
const OPEN_SLOTS_AT: usize = 16;

/** The trie of `owner` (0: the account trie), its root known; 0 with the status set when that fails. */
export function openTrie(owner: usize): usize {
  let found = owner == 0 ? accountTrie() : findRecord(owner);
  if (found == 0) found = addRecord(owner);
  if (found == 0) return 0;
  selectTrie(found);
  setTrieFlag(found, TRIE_RECENT);
  if ((trieFlags(found) & TRIE_LOADED) != 0) return found;
  const slot = rootSlot(found);
  const length = loadNode(0, 0);
  if (length > 0) {
    const rlp = loadScratch();
    keccak256(rlp, length, slotReference(slot));
    const path = siblingPath();
    memory.fill(path, 0, 32);
    const node = decodeNode(rlp, length, path, 0);
    if (node == 0) return 0;
    setStored(node, true);
    setSlot(slot, node, CHILD_PRESENT);
  }
  setTrieFlag(found, TRIE_LOADED);
  return found;
}

/** Writes the root of a trie whose root slot is hashed to `out`. */
export function writeRoot(hashed: usize, out: usize): void {
  copy32(out, slotState(rootSlot(hashed)) == 0 ? EMPTY_ROOT : slotReference(rootSlot(hashed)));
}

/**
 * Loads the roots of the tries the records touch, wipes what is destroyed, and opens (for jobs by nibble) the account trie
 * and those storage tries that have at least `openFrom` records (0: none). May be repeated after a failure.
 */
export function prepare(accounts: usize, accountCount: i32, slots: usize, slotCount: i32, openFrom: i32): void {
  if (openTrie(0) == 0) return;
  markChanged(trie);
  for (let i = 0; i < accountCount; i++) {
    const account = accounts + ACCOUNT_RECORD_SIZE * i;
    if (load<u32>(account, ACCOUNT_ACTION) != 0) wipeStorage(account);
    if (status != STATUS_OK) return;
  }
  for (let from = 0; from < slotCount; ) {
    const owner = slots + SLOT_RECORD_SIZE * from;
    let to = from + 1;
    while (to < slotCount && equal32(slots + SLOT_RECORD_SIZE * to, owner)) to++;
    if (openTrie(owner) == 0) return;
    markChanged(trie);
    setTrieFlag(trie, TRIE_ROOT_MOVED);
    if (openFrom > 0 && to - from >= openFrom) openRoot();
    if (status != STATUS_OK) return;
    from = to;
  }
  selectTrie(accountTrie());
  if (openFrom > 0 && accountCount >= openFrom) openRoot();
}

/**
 * Applies slot records [from, to), those with top nibble `nibble` when it is not -1, and hashes what they changed.
 * Returns the index of the first record not applied: `to`, or where the status says why.
 */
export function slotJob(slots: usize, from: i32, to: i32, nibble: i32): i32 {
  let owner: usize = 0;
  for (let i = from; i < to; i++) {
    const record = slots + SLOT_RECORD_SIZE * i;
    const key = record + SLOT_KEY;
    if (nibble >= 0 && nibbleAt(key, 0) != <u32>nibble) continue;
    if (owner == 0 || !equal32(owner, record)) {
      owner = record;
      selectTrie(findRecord(owner));
    }
    const slot = startSlot(trie, key);
    const depth = openSlots(trie) == 0 ? 0 : 1;
    const word = record + SLOT_VALUE;
    if ((load<u64>(word) | load<u64>(word, 8) | load<u64>(word, 16) | load<u64>(word, 24)) == 0) {
      remove(slot, depth, key);
    } else {
      const value = valueScratch();
      putRaw(slot, depth, key, value, <i32>(rlpWriteWord(value, word) - value));
    }
    if (status != STATUS_OK) return i;
  }
  // A trie that is not open is hashed by finishSlots, unless this job had all of it.
  if (nibble >= 0 && owner != 0) hashSlot(openSlots(trie) + SLOT_SIZE * nibble, 1, false);
  else if (nibble < 0) hashOwners(slots, from, to);
  return to;
}

function hashOwners(slots: usize, from: i32, to: i32): void {
  let owner: usize = 0;
  for (let i = from; i < to; i++) {
    const record = slots + SLOT_RECORD_SIZE * i;
    if (owner != 0 && equal32(owner, record)) continue;
    owner = record;
    const storage = findRecord(owner);
    if (openSlots(storage) == 0) hashSlot(rootSlot(storage), 0, true);
  }
}

/** Closes and hashes the storage tries. May be repeated after a failure. */
export function finishSlots(): void {
  for (let next = <usize>load<u32>(arena, CHANGED_HEAD); next != 0; next = nextChanged(next)) {
    if (isAccountTrie(next)) continue;
    selectTrie(next);
    closeRoot();
    if (status != STATUS_OK) return;
    hashSlot(rootSlot(next), 0, true);
  }
}

/**
 * Applies account records [from, to), those with top nibble `nibble` when it is not -1, then the storage roots that
 * moved, and hashes what that changed. Returns the index of the first record not applied: `to`, or where the status says why.
 */
export function accountJob(accounts: usize, from: i32, to: i32, nibble: i32): i32 {
  selectTrie(accountTrie());
  const depth = openSlots(trie) == 0 ? 0 : 1;
  for (let i = from; i < to; i++) {
    const account = accounts + ACCOUNT_RECORD_SIZE * i;
    if (nibble >= 0 && nibbleAt(account, 0) != <u32>nibble) continue;
    const slot = startSlot(trie, account);
    if (load<u32>(account, ACCOUNT_ACTION) == ACTION_DELETE) {
      remove(slot, depth, account);
    } else {
      const integers = integersScratch();
      const balance = rlpWriteU64(integers, load<u64>(account, ACCOUNT_NONCE));
      const length = <i32>(rlpWriteWord(balance, account + ACCOUNT_BALANCE) - integers);
      putAccount(slot, depth, account, integers, length, account + ACCOUNT_CODE_HASH);
    }
    if (status != STATUS_OK) return i;
  }
  for (let next = <usize>load<u32>(arena, CHANGED_HEAD); next != 0; next = nextChanged(next)) {
    if ((trieFlags(next) & TRIE_ROOT_MOVED) == 0) continue;
    const owner = ownerOf(next);
    if (nibble >= 0 && nibbleAt(owner, 0) != <u32>nibble) continue;
    const isEmpty = slotState(rootSlot(next)) == 0;
    const slot = startSlot(trie, owner);
    // An account that is gone has no storage left either; any other that changed storage is there.
    if (isEmpty && findLeaf(slot, depth, owner) == 0) {
      if (status != STATUS_OK) return to;
      clearTrieFlag(next, TRIE_ROOT_MOVED);
      continue;
    }
    putStorageRoot(slot, depth, owner, isEmpty ? EMPTY_ROOT : slotReference(rootSlot(next)));
    if (status != STATUS_OK) return to;
    clearTrieFlag(next, TRIE_ROOT_MOVED);
  }
  if (depth == 0) hashSlot(rootSlot(trie), 0, true);
  else if (nibble >= 0) hashSlot(openSlots(trie) + SLOT_SIZE * nibble, 1, false);
  return to;
}

/** Closes and hashes the account trie and writes the state root to `out`. May be repeated after a failure. */
export function finishAccounts(out: usize): void {
  if (openTrie(0) == 0) return;
  closeRoot();
  if (status != STATUS_OK) return;
  hashSlot(rootSlot(trie), 0, true);
  writeRoot(trie, out);
}

/** Drops the storage of an account that is destroyed. */
function wipeStorage(owner: usize): void {
  let storage = findRecord(owner);
  if (storage == 0) {
    selectTrie(accountTrie());
    const leaf = findLeaf(startSlot(trie, owner), openSlots(trie) == 0 ? 0 : 1, owner);
    if (leaf == 0 || load<u8>(leaf, 3) != FORM_ACCOUNT) return;
    if (equal32(leaf + LEAF_VALUE + load<u16>(leaf, 4) - 64, EMPTY_ROOT)) return;
    storage = addRecord(owner);
    if (storage == 0) return;
  } else if ((trieFlags(storage) & TRIE_LOADED) != 0 && slotState(rootSlot(storage)) == 0) {
    return;
  }
  const node = slotNode(rootSlot(storage));
  if (node != 0) releaseSubtree(node);
  setSlot(rootSlot(storage), 0, 0);
  for (let list = 0; list < 16; list++) while (tombstoneAt(storage, list) != 0) removeTombstone(storage, list);
  setTrieFlag(storage, TRIE_LOADED | TRIE_WIPED | TRIE_ROOT_MOVED);
  markChanged(storage);
}

/**
 * Gives each of the current trie's sixteen subtrees a slot of its own, so that a job can change one without touching the
 * root. A root that is a leaf or an extension stays closed: there is nothing to share out.
 */
function openRoot(): void {
  if (openSlots(trie) != 0) return;
  const slot = rootSlot(trie);
  let root: usize = 0;
  if (slotState(slot) != 0) {
    root = nodeOfSlot(slot, 0, siblingPath());
    if (root == 0 || kindOf(root) != KIND_BRANCH) return;
  }
  const open = allocate(classFor(OPEN_SIZE));
  if (open == 0) return;
  const branch = newBranch(16);
  if (branch == 0) {
    release(open, classFor(OPEN_SIZE));
    return;
  }
  memory.fill(open, 0, OPEN_SIZE);
  store<u8>(open, <u8>classFor(OPEN_SIZE), 2);
  store<u32>(open, <u32>branch, 4);
  const slots = open + OPEN_SLOTS_AT;
  if (root != 0) {
    for (let rest = childMask(root); rest != 0; rest &= rest - 1) {
      const nibble = ctz(rest);
      const index = childIndex(root, nibble);
      const to = slots + SLOT_SIZE * nibble;
      setSlot(to, load<u32>(pointerAt(root, index)), branchChildState(root, nibble));
      copy32(slotReference(to), referenceAt(root, index));
    }
    setStored(branch, isStored(root));
    releaseNode(root);
  }
  setSlot(slot, 0, 0);
  setOpenSlots(trie, slots);
}

/** Makes the current trie's root of its sixteen slots again. */
function closeRoot(): void {
  const slots = openSlots(trie);
  if (slots == 0) return;
  const open = slots - OPEN_SLOTS_AT;
  const branch = <usize>load<u32>(open, 4);
  const path = siblingPath();
  memory.fill(path, 0, 32);

  let count = 0;
  let last: u32 = 0;
  for (let nibble: u32 = 0; nibble < 16; nibble++) {
    if (slotState(slots + SLOT_SIZE * nibble) == 0) continue;
    count++;
    last = nibble;
  }
  setNibble(path, 0, <u8>last);
  if (count == 1 && nodeOfSlot(slots + SLOT_SIZE * last, 1, path) == 0) return;

  store<u64>(branch, 0, 4);
  for (let nibble: u32 = 0; nibble < 16; nibble++) {
    const slot = slots + SLOT_SIZE * nibble;
    if (slotState(slot) != 0) addBranchChild(branch, nibble, slotNode(slot), slotState(slot), slotReference(slot));
  }
  const root = rootSlot(trie);
  const fresh: u8 = CHILD_PRESENT | CHILD_DIRTY | CHILD_UNSAVED;
  if (count == 0) setSlot(root, 0, 0);
  else if (count == 1) setSlot(root, collapseBranch(branch, 0, last, slotNode(slots + SLOT_SIZE * last), path), fresh);
  else setSlot(root, branch, fresh);
  setOpenSlots(trie, 0);

  if (count == 0 && isStored(branch)) bury(trie, open, path, 0);
  else release(open, classFor(OPEN_SIZE));
  if (count == 0) releaseNode(branch);
}
