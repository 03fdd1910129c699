/**
 * The flat-state cache in the shared region: accounts and slots as they are after the last applied transaction, loaded
 * on demand, with lists of what the block changed.
 *
 * Tables are open-addressed; a bucket is {entry pointer u32, generation u32}, so forgetting everything is one
 * increment. Entries are bump-allocated and stay where they are until then.
 *
 * A table begins small and doubles when half of it is taken: a large one, spread over as many pages as it has entries, costs more in pages touched
 * for the first time than everything else about an entry. The table of 2^n buckets lies where no smaller one does, so that doubling needs no clearing. In
 * a parallel run tables stay as they are (`reserveFlatCache` before it), full at seven eighths.
 */
import { keccak256 } from '../keccak';
import { SHARED_AREAS, SHARED_HEAD, sharedBase } from '../memory';
import { copyAddress, hashAddress, hashKey, sameAddress } from './hash';
import { isParallel } from './multiVersion';
import { copy, equals, setZero, toBigEndian } from '../u256';

// Account entry.
export const A_ADDRESS: usize = 0;
export const A_FLAGS: usize = 20;
export const A_NONCE: usize = 24;
export const A_BALANCE: usize = 32;
export const A_CODE_HASH: usize = 64;
/** As of the last committed root. */
export const A_STORAGE_ROOT: usize = 96;
/** Slots that the block changed: list through S_NEXT_DIRTY. */
export const A_DIRTY_SLOTS: usize = 128;
export const A_NEXT_DIRTY: usize = 132;
/** Head words of what a parallel run has written (multiVersion): nonce and code; balance. */
export const A_ACCOUNT_VERSIONS: usize = 136;
export const A_BALANCE_VERSIONS: usize = 144;
/** u32: its record's number in the block's access list (accessList/collect). */
export const A_LIST: usize = 152;
/** keccak256 of the address, where ACCOUNT_HASHED says so. */
export const A_HASH: usize = 160;
/** u32: about how many of its slots were asked for and not known, up to a few. */
export const A_SLOT_MISSES: usize = 192;
const ACCOUNT_SIZE: usize = 200;

export const ACCOUNT_EXISTS: u32 = 1;
export const ACCOUNT_DIRTY: u32 = 2;
/** The backend holds no slot of it. */
export const ACCOUNT_NO_STORAGE: u32 = 4;
/** Its code was deployed in this block. */
export const ACCOUNT_NEW_CODE: u32 = 8;
export const ACCOUNT_HASHED: u32 = 16;
/** The backend has no such account. */
export const ACCOUNT_ABSENT: u32 = 32;

// Slot entry.
export const S_ACCOUNT: usize = 0;
export const S_FLAGS: usize = 4;
export const S_NEXT_DIRTY: usize = 8;
/** u32: as A_LIST. */
export const S_LIST: usize = 12;
/** A number (limbs), not bytes. */
export const S_KEY: usize = 16;
export const S_VALUE: usize = 48;
/** The value at the block's start. */
export const S_COMMITTED: usize = 80;
/** Head word of what a parallel run has written. */
export const S_VERSIONS: usize = 112;
/** keccak256 of the slot, where SLOT_HASHED says so. */
export const S_HASH: usize = 120;
const SLOT_SIZE: usize = 152;

export const SLOT_DIRTY: u32 = 1;
export const SLOT_HASHED: u32 = 2;

// The shared head: counters that all instances see.
const H_GENERATION: usize = 0;
// Raised by every instance, in lines of their own: the others here are read in every look-up.
const H_ACCOUNT_COUNT: usize = 128;
const H_SLOT_COUNT: usize = 192;
const H_DIRTY_ACCOUNTS: usize = 12;
/** Buckets in use. */
const H_ACCOUNT_BUCKETS: usize = 16;
const H_SLOT_BUCKETS: usize = 20;

/** Of a new table. */
const BUCKETS_MIN: u32 = 1 << 12;

let accountTables: usize = 0;
let accountEntries: usize = 0;
let accountCapacity: u32 = 0;
let slotTables: usize = 0;
let slotEntries: usize = 0;
let slotCapacity: u32 = 0;

@inline
function head(): usize {
  return sharedBase() + SHARED_HEAD;
}

/** Lays the tables out for 2^accountBits accounts and 2^slotBits slots; returns the first address behind them. */
export function layOutFlatCache(accountBits: u32, slotBits: u32): usize {
  accountCapacity = 1 << accountBits;
  slotCapacity = 1 << slotBits;
  accountTables = sharedBase() + SHARED_AREAS;
  slotTables = accountTables + (<usize>accountCapacity << 5);
  accountEntries = slotTables + (<usize>slotCapacity << 5);
  slotEntries = accountEntries + <usize>accountCapacity * ACCOUNT_SIZE;
  return slotEntries + <usize>slotCapacity * SLOT_SIZE;
}

/** Where the table of so many buckets lies: behind all smaller ones. The largest has two for each entry. */
@inline
function tableAt(tables: usize, buckets: u32): usize {
  return tables + (<usize>buckets << 3);
}

@inline
function accountBuckets(): u32 {
  return load<u32>(head(), H_ACCOUNT_BUCKETS);
}

@inline
function slotBuckets(): u32 {
  return load<u32>(head(), H_SLOT_BUCKETS);
}

/** Forgets everything, changes included. */
export function clearFlatCache(): void {
  if (accountBuckets() == 0) {
    store<u32>(head(), min<u32>(BUCKETS_MIN, accountCapacity << 1), H_ACCOUNT_BUCKETS);
    store<u32>(head(), min<u32>(BUCKETS_MIN, slotCapacity << 1), H_SLOT_BUCKETS);
  }
  store<u32>(head(), load<u32>(head(), H_GENERATION) + 1, H_GENERATION);
  store<u32>(head(), 0, H_ACCOUNT_COUNT);
  store<u32>(head(), 0, H_SLOT_COUNT);
  store<u32>(head(), 0, H_DIRTY_ACCOUNTS);
}

export function cachedAccountCount(): u32 {
  return load<u32>(head(), H_ACCOUNT_COUNT);
}

export function cachedSlotCount(): u32 {
  return load<u32>(head(), H_SLOT_COUNT);
}

/** Makes the tables large enough for so many entries more. Nobody else may use them meanwhile. */
export function reserveFlatCache(accounts: u32, slots: u32): void {
  const accountsWanted = <u64>cachedAccountCount() + <u64>accounts;
  while (<u64>accountBuckets() < 2 * accountsWanted && accountBuckets() < accountCapacity << 1) growAccountTable();
  const slotsWanted = <u64>cachedSlotCount() + <u64>slots;
  while (<u64>slotBuckets() < 2 * slotsWanted && slotBuckets() < slotCapacity << 1) growSlotTable();
}

/** Moves all that is known to a table of twice the size. */
function growAccountTable(): void {
  const buckets = accountBuckets();
  const generation = load<u32>(head(), H_GENERATION);
  const from = tableAt(accountTables, buckets);
  const to = tableAt(accountTables, buckets << 1);
  const mask = (buckets << 1) - 1;
  for (let bucket = from; bucket < to; bucket += 8) {
    const word = load<u64>(bucket);
    if (<u32>(word >> 32) == generation) insert(to, mask, hashAddress(<usize>(<u32>word) + A_ADDRESS), word);
  }
  store<u32>(head(), buckets << 1, H_ACCOUNT_BUCKETS);
}

function growSlotTable(): void {
  const buckets = slotBuckets();
  const generation = load<u32>(head(), H_GENERATION);
  const from = tableAt(slotTables, buckets);
  const to = tableAt(slotTables, buckets << 1);
  const mask = (buckets << 1) - 1;
  for (let bucket = from; bucket < to; bucket += 8) {
    const word = load<u64>(bucket);
    const entry = <usize>(<u32>word);
    if (<u32>(word >> 32) != generation) continue;
    insert(to, mask, hashKey(<usize>load<u32>(entry, S_ACCOUNT), entry + S_KEY), word);
  }
  store<u32>(head(), buckets << 1, H_SLOT_BUCKETS);
}

/** Puts a word into a table that was never used before but by this. */
function insert(table: usize, mask: u32, hash: u64, word: u64): void {
  let at = <u32>hash & mask;
  while (load<u64>(table + (<usize>at << 3)) != 0) at = (at + 1) & mask;
  store<u64>(table + (<usize>at << 3), word);
}

/** Whether a table that has `count` entries takes one more. */
@inline
function hasBucket(count: u32, buckets: u32): bool {
  return count < buckets - (buckets >> 3);
}

// Any number of instances may look entries up at once: an entry is filled before its bucket, one word, names it. Where two make the same entry, the
// first stays; the other's place in the array is lost until the table is cleared, as is that of one that the host failed to fill.

/** The entry of `address`; 0 where there is none. */
export function findAccountEntry(address: usize): usize {
  const generation = load<u32>(head(), H_GENERATION);
  const table = tableAt(accountTables, accountBuckets());
  const mask = <usize>accountBuckets() - 1;
  let at = <usize>hashAddress(address) & mask;
  while (true) {
    const word = atomic.load<u64>(table + (at << 3));
    if (<u32>(word >> 32) != generation) return 0;
    const entry = <usize>(<u32>word);
    if (sameAddress(entry + A_ADDRESS, address)) return entry;
    at = (at + 1) & mask;
  }
}

/** An entry for `address` that nobody finds yet; 0 where the table is full. */
export function newAccountEntry(address: usize): usize {
  if (!isParallel() && cachedAccountCount() >= accountBuckets() >> 1) reserveFlatCache(1, 0);
  const count = atomic.add<u32>(head(), 1, H_ACCOUNT_COUNT);
  if (count >= accountCapacity || !hasBucket(count, accountBuckets())) {
    atomic.sub<u32>(head(), 1, H_ACCOUNT_COUNT);
    return 0;
  }
  const entry = accountEntries + <usize>count * ACCOUNT_SIZE;
  copyAddress(address, entry + A_ADDRESS);
  store<u32>(entry, 0, A_FLAGS);
  store<u32>(entry, 0, A_DIRTY_SLOTS);
  store<u32>(entry, 0, A_NEXT_DIRTY);
  store<u32>(entry, 0, A_SLOT_MISSES);
  store<u64>(entry, 0, A_ACCOUNT_VERSIONS);
  store<u64>(entry, 0, A_BALANCE_VERSIONS);
  return entry;
}

/** keccak256 of an account entry's address. While others may look at the entry: only where ACCOUNT_HASHED is set, or nobody finds the entry yet. */
export function accountHash(entry: usize): usize {
  if ((load<u32>(entry, A_FLAGS) & ACCOUNT_HASHED) == 0) {
    keccak256(entry + A_ADDRESS, 20, entry + A_HASH);
    store<u32>(entry, load<u32>(entry, A_FLAGS) | ACCOUNT_HASHED, A_FLAGS);
  }
  return entry + A_HASH;
}

/** keccak256 of a slot entry's key; as `accountHash`. `word`: 32 bytes to write to. */
export function slotHash(entry: usize, word: usize): usize {
  if ((load<u32>(entry, S_FLAGS) & SLOT_HASHED) == 0) {
    toBigEndian(entry + S_KEY, word);
    keccak256(word, 32, entry + S_HASH);
    store<u32>(entry, load<u32>(entry, S_FLAGS) | SLOT_HASHED, S_FLAGS);
  }
  return entry + S_HASH;
}

/** Makes a filled entry known; returns it, or the one of the same address that came first. */
export function publishAccountEntry(entry: usize): usize {
  const generation = load<u32>(head(), H_GENERATION);
  const table = tableAt(accountTables, accountBuckets());
  const mask = <usize>accountBuckets() - 1;
  let at = <usize>hashAddress(entry + A_ADDRESS) & mask;
  while (true) {
    const bucket = table + (at << 3);
    let word = atomic.load<u64>(bucket);
    if (<u32>(word >> 32) != generation) {
      const found = atomic.cmpxchg<u64>(bucket, word, (<u64>generation << 32) | <u64>entry);
      if (found == word) return entry;
      word = found;
    }
    if (sameAddress(<usize>(<u32>word) + A_ADDRESS, entry + A_ADDRESS)) return <usize>(<u32>word);
    at = (at + 1) & mask;
  }
}

/** The entry of `key` in `account`; 0 where there is none. */
export function findSlotEntry(account: usize, key: usize): usize {
  const generation = load<u32>(head(), H_GENERATION);
  const table = tableAt(slotTables, slotBuckets());
  const mask = <usize>slotBuckets() - 1;
  let at = <usize>hashKey(account, key) & mask;
  while (true) {
    const word = atomic.load<u64>(table + (at << 3));
    if (<u32>(word >> 32) != generation) return 0;
    const entry = <usize>(<u32>word);
    if (<usize>load<u32>(entry, S_ACCOUNT) == account && equals(entry + S_KEY, key)) return entry;
    at = (at + 1) & mask;
  }
}

/** An entry, its value zero, for `key` in `account` that nobody finds yet; 0 where the table is full. */
export function newSlotEntry(account: usize, key: usize): usize {
  if (!isParallel() && cachedSlotCount() >= slotBuckets() >> 1) reserveFlatCache(0, 1);
  const count = atomic.add<u32>(head(), 1, H_SLOT_COUNT);
  if (count >= slotCapacity || !hasBucket(count, slotBuckets())) {
    atomic.sub<u32>(head(), 1, H_SLOT_COUNT);
    return 0;
  }
  const entry = slotEntries + <usize>count * SLOT_SIZE;
  store<u32>(entry, <u32>account, S_ACCOUNT);
  store<u32>(entry, 0, S_FLAGS);
  store<u32>(entry, 0, S_NEXT_DIRTY);
  copy(key, entry + S_KEY);
  setZero(entry + S_VALUE);
  setZero(entry + S_COMMITTED);
  store<u64>(entry, 0, S_VERSIONS);
  return entry;
}

/** Makes a filled entry known; returns it, or the one of the same slot that came first. */
export function publishSlotEntry(entry: usize): usize {
  const generation = load<u32>(head(), H_GENERATION);
  const account = <usize>load<u32>(entry, S_ACCOUNT);
  const table = tableAt(slotTables, slotBuckets());
  const mask = <usize>slotBuckets() - 1;
  let at = <usize>hashKey(account, entry + S_KEY) & mask;
  while (true) {
    const bucket = table + (at << 3);
    let word = atomic.load<u64>(bucket);
    if (<u32>(word >> 32) != generation) {
      const found = atomic.cmpxchg<u64>(bucket, word, (<u64>generation << 32) | <u64>entry);
      if (found == word) return entry;
      word = found;
    }
    const other = <usize>(<u32>word);
    if (<usize>load<u32>(other, S_ACCOUNT) == account && equals(other + S_KEY, entry + S_KEY)) return other;
    at = (at + 1) & mask;
  }
}

/** The entry of `address`, made empty where there is none; 0 where the table is full. */
export function accountEntry(address: usize): usize {
  const known = findAccountEntry(address);
  if (known != 0) return known;
  const entry = newAccountEntry(address);
  return entry == 0 ? 0 : publishAccountEntry(entry);
}

/** The entry of `key` in `account`, made with value zero where there is none; 0 where the table is full. */
export function slotEntry(account: usize, key: usize): usize {
  const known = findSlotEntry(account, key);
  if (known != 0) return known;
  const entry = newSlotEntry(account, key);
  return entry == 0 ? 0 : publishSlotEntry(entry);
}

/** Puts the account on the block's list of changes. */
export function markAccountDirty(entry: usize): void {
  const flags = load<u32>(entry, A_FLAGS);
  if ((flags & ACCOUNT_DIRTY) != 0) return;
  store<u32>(entry, flags | ACCOUNT_DIRTY, A_FLAGS);
  store<u32>(entry, load<u32>(head(), H_DIRTY_ACCOUNTS), A_NEXT_DIRTY);
  store<u32>(head(), <u32>entry, H_DIRTY_ACCOUNTS);
}

/** Writes a slot's value and puts it and its account on the block's list of changes. */
export function writeSlotEntry(entry: usize, value: usize): void {
  copy(value, entry + S_VALUE);
  const flags = load<u32>(entry, S_FLAGS);
  if ((flags & SLOT_DIRTY) != 0) return;
  store<u32>(entry, flags | SLOT_DIRTY, S_FLAGS);
  const account = <usize>load<u32>(entry, S_ACCOUNT);
  store<u32>(entry, load<u32>(account, A_DIRTY_SLOTS), S_NEXT_DIRTY);
  store<u32>(account, <u32>entry, A_DIRTY_SLOTS);
  markAccountDirty(account);
}

/** First account that the block changed, 0 where none; the next is at A_NEXT_DIRTY. */
export function firstDirtyAccount(): usize {
  return <usize>load<u32>(head(), H_DIRTY_ACCOUNTS);
}

/** After every account on the list was dealt with. */
export function clearDirtyAccounts(): void {
  store<u32>(head(), 0, H_DIRTY_ACCOUNTS);
}

/** Makes the block's changes the committed state: the lists are empty afterwards, the values stay. */
export function commitFlatCache(): void {
  let account = firstDirtyAccount();
  while (account != 0) {
    let slot = <usize>load<u32>(account, A_DIRTY_SLOTS);
    while (slot != 0) {
      const next = <usize>load<u32>(slot, S_NEXT_DIRTY);
      copy(slot + S_VALUE, slot + S_COMMITTED);
      store<u32>(slot, load<u32>(slot, S_FLAGS) & ~SLOT_DIRTY, S_FLAGS);
      slot = next;
    }
    const next = <usize>load<u32>(account, A_NEXT_DIRTY);
    store<u32>(account, 0, A_DIRTY_SLOTS);
    const flags = load<u32>(account, A_FLAGS) & ~(ACCOUNT_DIRTY | ACCOUNT_NEW_CODE | ACCOUNT_ABSENT);
    store<u32>(account, (flags & ACCOUNT_EXISTS) != 0 ? flags : flags | ACCOUNT_ABSENT, A_FLAGS);
    account = next;
  }
  clearDirtyAccounts();
}
