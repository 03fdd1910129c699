/**
 * The one door between a transaction and the state outside it: the shared flat cache and, on a miss, the host. In a parallel run what
 * lower transactions wrote (multiVersion) goes in front of it.
 */
import { loadAccount, loadSlot } from '../host';
import { workerNumber } from '../scheduler/region';
import { accountIsAbsent, readsTries, slotIsAbsent } from '../trie/absence';
import { workBase } from '../memory';
import { markRegionFull } from '../evm/gas';
import { copy, fromBigEndian, setZero, toBigEndian } from '../u256';
import { EMPTY_CODE_HASH } from './codeCache';
import { guessSlotVersion, isParallel, readSlotVersion } from './multiVersion';
import {
  A_ADDRESS,
  A_BALANCE,
  A_CODE_HASH,
  A_FLAGS,
  A_NONCE,
  A_STORAGE_ROOT,
  A_HASH,
  A_SLOT_MISSES,
  ACCOUNT_ABSENT,
  ACCOUNT_EXISTS,
  ACCOUNT_HASHED,
  ACCOUNT_NO_STORAGE,
  accountHash,
  A_DIRTY_SLOTS,
  A_NEXT_DIRTY,
  clearDirtyAccounts,
  findAccountEntry,
  findSlotEntry,
  firstDirtyAccount,
  newAccountEntry,
  newSlotEntry,
  publishAccountEntry,
  publishSlotEntry,
  S_COMMITTED,
  S_FLAGS,
  S_NEXT_DIRTY,
  S_VALUE,
  SLOT_DIRTY,
  slotHash,
} from './flatCache';
import { equals } from '../u256';

/** A storage trie is taken into memory for reading once so many of its slots were asked for: the next ones will be spared a read each. */
const SLOT_MISSES_MIN: u32 = 8;

/** Root of the empty trie: keccak256(rlp('')). */
export const EMPTY_ROOT: usize = memory.data<u8>([
  0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0,
  0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
]);

/** The flat entry of `address`, loaded; 0 and the region marked full where the cache is. */
export function readAccount(address: usize): usize {
  const known = findAccountEntry(address);
  if (known != 0) return known;
  const entry = newAccountEntry(address);
  if (entry == 0) {
    markRegionFull();
    return 0;
  }
  if (readsTries() && accountIsAbsent(accountHash(entry))) loadAbsent(entry);
  else loadEntry(entry);
  return publishAccountEntry(entry);
}

/** Fills an account's entry with what the host has. */
function loadEntry(entry: usize): void {
  const address = entry + A_ADDRESS;
  const loaded = workBase();
  if (loadAccount(address, loaded) != 0) {
    store<u64>(entry, load<u64>(loaded), A_NONCE);
    fromBigEndian(loaded + 8, entry + A_BALANCE);
    copy(loaded + 40, entry + A_CODE_HASH);
    copy(loaded + 72, entry + A_STORAGE_ROOT);
    const bare = equals(entry + A_STORAGE_ROOT, EMPTY_ROOT);
    setFlags(entry, bare ? ACCOUNT_EXISTS | ACCOUNT_NO_STORAGE : ACCOUNT_EXISTS);
  } else {
    loadAbsent(entry);
  }
}

/** Fills the entry of an account that does not exist. */
function loadAbsent(entry: usize): void {
  store<u64>(entry, 0, A_NONCE);
  setZero(entry + A_BALANCE);
  copy(EMPTY_CODE_HASH, entry + A_CODE_HASH);
  copy(EMPTY_ROOT, entry + A_STORAGE_ROOT);
  setFlags(entry, ACCOUNT_NO_STORAGE | ACCOUNT_ABSENT);
}

/** All but whether it is hashed. */
@inline
function setFlags(entry: usize, flags: u32): void {
  store<u32>(entry, flags | (load<u32>(entry, A_FLAGS) & ACCOUNT_HASHED), A_FLAGS);
}

/** Takes the block's changes back: slots to their committed values, accounts to what the host has. The rest stays cached. */
export function rollBackFlatCache(): void {
  let account = firstDirtyAccount();
  while (account != 0) {
    const next = <usize>load<u32>(account, A_NEXT_DIRTY);
    let slot = <usize>load<u32>(account, A_DIRTY_SLOTS);
    while (slot != 0) {
      copy(slot + S_COMMITTED, slot + S_VALUE);
      store<u32>(slot, load<u32>(slot, S_FLAGS) & ~SLOT_DIRTY, S_FLAGS);
      slot = <usize>load<u32>(slot, S_NEXT_DIRTY);
    }
    store<u32>(account, 0, A_DIRTY_SLOTS);
    loadEntry(account);
    account = next;
  }
  clearDirtyAccounts();
}

/** The flat entry of slot `key` (limbs) of a flat account, loaded; 0 and the region marked full where the cache is. */
function flatSlot(account: usize, key: usize): usize {
  const known = findSlotEntry(account, key);
  if (known != 0) return known;
  const entry = newSlotEntry(account, key);
  if (entry == 0) {
    markRegionFull();
    return 0;
  }
  if ((load<u32>(account, A_FLAGS) & ACCOUNT_NO_STORAGE) == 0 && !isAbsentSlot(account, entry)) {
    const slot = workBase();
    toBigEndian(key, slot);
    loadSlot(account + A_ADDRESS, slot, slot + 32);
    fromBigEndian(slot + 32, entry + S_VALUE);
    copy(entry + S_VALUE, entry + S_COMMITTED);
  }
  // The state root needs it of a slot that is written, as most are; here all workers hash, there the owner of the tries alone.
  if (isParallel()) slotHash(entry, workBase());
  return publishSlotEntry(entry);
}

/** Whether the tries in memory say that the account, which has storage, has no such slot. */
function isAbsentSlot(account: usize, entry: usize): bool {
  if (!readsTries() || (load<u32>(account, A_FLAGS) & ACCOUNT_HASHED) == 0) return false;
  const misses = load<u32>(account, A_SLOT_MISSES);
  if (misses < SLOT_MISSES_MIN) store<u32>(account, misses + 1, A_SLOT_MISSES);
  const mayOpen = misses >= SLOT_MISSES_MIN && workerNumber() == 0;
  return slotIsAbsent(account + A_HASH, account + A_STORAGE_ROOT, slotHash(entry, workBase()), mayOpen);
}

/** Writes the current value of slot `key` (limbs) of the flat account to `out`; returns the slot's flat entry, 0 where the cache is full. */
export function readSlot(account: usize, key: usize, out: usize): usize {
  const entry = flatSlot(account, key);
  if (entry == 0) setZero(out);
  else if (isParallel()) readSlotVersion(entry, out);
  else copy(entry + S_VALUE, out);
  return entry;
}

let delta: usize = 0;

/** Of the last `readSlotToAdd`: the delta of a slot that it left unread, 0: it was read. */
@inline
export function lastDelta(): usize {
  return delta;
}

/** As `readSlot`; in a parallel run the slot may be left unread, and what is written to `out` is a value that it may have. */
export function readSlotToAdd(account: usize, key: usize, out: usize): usize {
  const entry = flatSlot(account, key);
  delta = 0;
  if (entry == 0) setZero(out);
  else if (isParallel()) delta = guessSlotVersion(entry, out);
  else copy(entry + S_VALUE, out);
  return entry;
}
