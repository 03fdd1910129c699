/**
 * The transaction overlay: what the running transaction has touched, with an undo journal.
 *
 * Everything a transaction changes stays here until `applyOverlay` writes it to the flat cache. Entries are found
 * through open-addressed tables whose buckets carry the transaction's epoch, so that starting a transaction clears
 * nothing. Entries never move while the transaction runs: an entry's address is its identity.
 *
 * When an area runs out the region is marked full and a spare entry is handed out: the transaction's result is then
 * thrown away, but nothing is written out of bounds.
 */
import { B_COINBASE } from '../block';
import { precompileAt } from '../evm/precompiles';
import {
  blockContext,
  JOURNAL,
  JOURNAL_SIZE,
  OVERLAY_ACCOUNTS,
  OVERLAY_SLOTS,
  privateBase,
  TRANSIENT,
  workBase,
} from '../memory';
import { markRegionFull } from '../evm/gas';
import { add, copy, equals, isZero, lessThan, setZero, sub } from '../u256';
import { codeByHash, codeGeneration, EMPTY_CODE_HASH } from './codeCache';
import {
  A_BALANCE,
  A_CODE_HASH,
  A_FLAGS,
  A_NONCE,
  ACCOUNT_EXISTS,
  ACCOUNT_NEW_CODE,
  markAccountDirty,
  writeSlotEntry,
} from './flatCache';
import { copyAddress, hashAddress, hashKey, sameAddress } from './hash';
import { readListedAccount } from './listedState';
import {
  accountCodeHash,
  accountNonce,
  coversVersion,
  isParallel,
  readAccountVersion,
  readBalanceVersion,
  replayedIndex,
} from './multiVersion';
import { lastDelta, readAccount, readSlot, readSlotToAdd } from './stateAccess';

// Overlay account.
export const O_ADDRESS: usize = 0;
export const O_FLAGS: usize = 20;
export const O_NONCE: usize = 24;
export const O_BALANCE: usize = 32;
export const O_CODE_HASH: usize = 64;
/** The flat entry it was read from. */
export const O_FLAT: usize = 96;
/** Its code's cache entry, 0 until asked for. */
export const O_CODE: usize = 100;
/** The code cache's generation that the entry belongs to. */
const O_CODE_GENERATION: usize = 104;
/** In a parallel run: the version of nonce and code that it was read from (multiVersion). */
export const O_SEEN: usize = 108;
/** u32: not 0 where it is accessed in EIP-7928's sense, which reverts do not undo. */
export const O_ACCESSED: usize = 112;
export const ACCOUNT_SIZE: usize = 120;

/** Accessed in this transaction (EIP-2929). */
export const WARM: u32 = 1;
/** Removed at the end where it is empty (EIP-161). */
export const TOUCHED: u32 = 2;
export const DIRTY: u32 = 4;
/** Created in this transaction (EIP-6780). */
export const CREATED: u32 = 8;
/** Ceases to exist when the transaction ends. */
export const DESTROYED: u32 = 16;
export const NEW_CODE: u32 = 32;
/** O_BALANCE is what the balance has grown by (modulo 2^256): the balance before is not read yet. Only in a parallel run. */
export const LAZY: u32 = 64;

// Overlay slot.
export const L_ACCOUNT: usize = 0;
export const L_FLAGS: usize = 4;
const L_KEY: usize = 8;
export const L_ORIGINAL: usize = 40;
export const L_VALUE: usize = 72;
/** The flat entry it was read from. */
export const L_FLAT: usize = 104;
/** u32: as O_ACCESSED. */
export const L_ACCESSED: usize = 108;
/** In a parallel run: the delta (slotDeltas) that stands for L_ORIGINAL's not having been read; 0: it was. Reverts do not undo it. */
export const L_DELTA: usize = 112;
export const SLOT_SIZE: usize = 120;

// Transient slot: account, key, value.
const T_KEY: usize = 8;
const T_VALUE: usize = 40;
const TRANSIENT_ENTRY_SIZE: usize = 72;

const ACCOUNT_BUCKETS: usize = 1 << 16;
const ACCOUNTS_MAX: u32 = 1 << 15;
const SLOT_BUCKETS: usize = 1 << 17;
const SLOTS_MAX: u32 = 1 << 16;
const TRANSIENT_BUCKETS: usize = 1 << 21;
const TRANSIENTS_MAX: u32 = 1_250_000;

// Journal record: kind u32, entry u32, flags or nonce u64, 32 bytes.
const RECORD_SIZE: usize = 48;
const KIND_FLAGS: u32 = 0;
const KIND_BALANCE: u32 = 1;
const KIND_NONCE: u32 = 2;
const KIND_CODE: u32 = 3;
const KIND_SLOT_FLAGS: u32 = 4;
const KIND_SLOT: u32 = 5;
const KIND_TRANSIENT: u32 = 6;
/** A lazy balance was read: before, its 32 bytes were not part of O_BALANCE. */
const KIND_RESOLVED: u32 = 7;

/** In the private region rather than in a global: a new instance over a used region must go on counting. */
const EPOCH: usize = 4096;
let epoch: u32 = 0;
let accountCount: u32 = 0;
let slotCount: u32 = 0;
let transientCount: u32 = 0;
/** Bytes of journal in use: what a revert goes back to. */
let journalUsed: usize = 0;

export function beginOverlay(): void {
  epoch = load<u32>(privateBase(), EPOCH) + 1;
  store<u32>(privateBase(), epoch, EPOCH);
  accountCount = 0;
  slotCount = 0;
  transientCount = 0;
  journalUsed = 0;
}

/** The overlay's entry of `address`, read from the state on first use. */
export function accountOf(address: usize): usize {
  const table = privateBase() + OVERLAY_ACCOUNTS;
  let at = <usize>hashAddress(address) & (ACCOUNT_BUCKETS - 1);
  while (true) {
    const bucket = table + (at << 3);
    if (load<u32>(bucket, 4) != epoch) break;
    const entry = <usize>load<u32>(bucket);
    if (sameAddress(entry + O_ADDRESS, address)) return entry;
    at = (at + 1) & (ACCOUNT_BUCKETS - 1);
  }
  const entry = table + (ACCOUNT_BUCKETS << 3) + <usize>accountCount * ACCOUNT_SIZE;
  copyAddress(address, entry + O_ADDRESS);
  const flat = readAccount(entry + O_ADDRESS);
  store<u32>(entry, <u32>flat, O_FLAT);
  // Precompiles and the coinbase are warm from the start (EIP-2929, EIP-3651).
  const warm = precompileAt(address) != 0 || sameAddress(address, blockContext() + B_COINBASE);
  store<u32>(entry, warm ? WARM : 0, O_FLAGS);
  store<u32>(entry, 0, O_CODE);
  store<u32>(entry, 0, O_ACCESSED);
  if (flat == 0) {
    store<u64>(entry, 0, O_NONCE);
    setZero(entry + O_BALANCE);
    copy(EMPTY_CODE_HASH, entry + O_CODE_HASH);
  } else if (replayedIndex() != 0) {
    readListedAccount(flat, entry + O_NONCE, entry + O_BALANCE, entry + O_CODE_HASH);
  } else if (isParallel()) {
    const seen = <u32>readAccountVersion(flat);
    store<u32>(entry, seen, O_SEEN);
    store<u32>(entry, warm ? WARM | LAZY : LAZY, O_FLAGS);
    store<u64>(entry, accountNonce(flat, seen), O_NONCE);
    setZero(entry + O_BALANCE);
    copy(accountCodeHash(flat, seen), entry + O_CODE_HASH);
  } else {
    store<u64>(entry, load<u64>(flat, A_NONCE), O_NONCE);
    copy(flat + A_BALANCE, entry + O_BALANCE);
    copy(flat + A_CODE_HASH, entry + O_CODE_HASH);
  }
  if (accountCount == ACCOUNTS_MAX) {
    markRegionFull();
    return entry;
  }
  accountCount++;
  store<u32>(table + (at << 3), <u32>entry);
  store<u32>(table + (at << 3), epoch, 4);
  return entry;
}

/** The overlay's entry of `address`, 0 where the transaction has not asked for it. */
export function findAccount(address: usize): usize {
  const table = privateBase() + OVERLAY_ACCOUNTS;
  let at = <usize>hashAddress(address) & (ACCOUNT_BUCKETS - 1);
  while (true) {
    const bucket = table + (at << 3);
    if (load<u32>(bucket, 4) != epoch) return 0;
    const entry = <usize>load<u32>(bucket);
    if (sameAddress(entry + O_ADDRESS, address)) return entry;
    at = (at + 1) & (ACCOUNT_BUCKETS - 1);
  }
}

/**
 * The overlay's entry of slot `key` (limbs) of an overlay account, read from the state on first use. `toAdd`: it may be left open whether the slot
 * is read; whoever looks at its value then settles that (slotDeltas).
 */
export function slotOf(account: usize, key: usize, toAdd: bool = false): usize {
  const table = privateBase() + OVERLAY_SLOTS;
  let at = <usize>hashKey(account, key) & (SLOT_BUCKETS - 1);
  while (true) {
    const bucket = table + (at << 3);
    if (load<u32>(bucket, 4) != epoch) break;
    const entry = <usize>load<u32>(bucket);
    if (<usize>load<u32>(entry, L_ACCOUNT) == account && equals(entry + L_KEY, key)) return entry;
    at = (at + 1) & (SLOT_BUCKETS - 1);
  }
  const entry = table + (SLOT_BUCKETS << 3) + <usize>slotCount * SLOT_SIZE;
  store<u32>(entry, <u32>account, L_ACCOUNT);
  store<u32>(entry, 0, L_FLAGS);
  store<u32>(entry, 0, L_ACCESSED);
  store<u32>(entry, 0, L_DELTA);
  copy(key, entry + L_KEY);
  const flat = <usize>load<u32>(account, O_FLAT);
  if (flat == 0) setZero(entry + L_ORIGINAL);
  else if (toAdd) {
    store<u32>(entry, <u32>readSlotToAdd(flat, entry + L_KEY, entry + L_ORIGINAL), L_FLAT);
    store<u32>(entry, <u32>lastDelta(), L_DELTA);
  } else store<u32>(entry, <u32>readSlot(flat, entry + L_KEY, entry + L_ORIGINAL), L_FLAT);
  copy(entry + L_ORIGINAL, entry + L_VALUE);
  if (slotCount == SLOTS_MAX) {
    markRegionFull();
    return entry;
  }
  slotCount++;
  store<u32>(table + (at << 3), <u32>entry);
  store<u32>(table + (at << 3), epoch, 4);
  return entry;
}

/** The entry of transient slot `key`; 0 where it was never written and `make` is false. */
function transientOf(account: usize, key: usize, make: bool): usize {
  const table = privateBase() + TRANSIENT;
  let at = <usize>hashKey(account, key) & (TRANSIENT_BUCKETS - 1);
  while (true) {
    const bucket = table + (at << 3);
    if (load<u32>(bucket, 4) != epoch) break;
    const entry = <usize>load<u32>(bucket);
    if (<usize>load<u32>(entry) == account && equals(entry + T_KEY, key)) return entry;
    at = (at + 1) & (TRANSIENT_BUCKETS - 1);
  }
  if (!make) return 0;
  const entry = table + (TRANSIENT_BUCKETS << 3) + <usize>transientCount * TRANSIENT_ENTRY_SIZE;
  store<u32>(entry, <u32>account);
  copy(key, entry + T_KEY);
  setZero(entry + T_VALUE);
  if (transientCount == TRANSIENTS_MAX) {
    markRegionFull();
    return entry;
  }
  transientCount++;
  store<u32>(table + (at << 3), <u32>entry);
  store<u32>(table + (at << 3), epoch, 4);
  return entry;
}

/** A new journal record; its 32 bytes are at +16. */
function record(kind: u32, entry: usize, small: u64): usize {
  if (journalUsed + RECORD_SIZE > JOURNAL_SIZE) {
    markRegionFull();
    journalUsed -= RECORD_SIZE;
  }
  const at = privateBase() + JOURNAL + journalUsed;
  journalUsed += RECORD_SIZE;
  store<u32>(at, kind);
  store<u32>(at, <u32>entry, 4);
  store<u64>(at, small, 8);
  return at;
}

@inline
export function journalMark(): u32 {
  return <u32>journalUsed;
}

/** Undoes everything since `mark`. */
export function revertTo(mark: u32): void {
  const base = privateBase() + JOURNAL;
  while (journalUsed > <usize>mark) {
    journalUsed -= RECORD_SIZE;
    const at = base + journalUsed;
    const kind = load<u32>(at);
    const entry = <usize>load<u32>(at, 4);
    const small = load<u64>(at, 8);
    if (kind == KIND_FLAGS) {
      store<u32>(entry, <u32>small, O_FLAGS);
    } else if (kind == KIND_BALANCE) {
      store<u32>(entry, <u32>small, O_FLAGS);
      copy(at + 16, entry + O_BALANCE);
    } else if (kind == KIND_NONCE) {
      store<u32>(entry, <u32>load<u64>(at, 16), O_FLAGS);
      store<u64>(entry, small, O_NONCE);
    } else if (kind == KIND_CODE) {
      store<u32>(entry, <u32>small, O_FLAGS);
      copy(at + 16, entry + O_CODE_HASH);
      store<u32>(entry, 0, O_CODE);
    } else if (kind == KIND_SLOT_FLAGS) {
      store<u32>(entry, <u32>small, L_FLAGS);
    } else if (kind == KIND_SLOT) {
      store<u32>(entry, <u32>small, L_FLAGS);
      copy(at + 16, entry + L_VALUE);
    } else if (kind == KIND_RESOLVED) {
      store<u32>(entry, <u32>small, O_FLAGS);
      sub(entry + O_BALANCE, at + 16, entry + O_BALANCE);
    } else {
      copy(at + 16, entry + T_VALUE);
    }
  }
}

/** The account belongs into the block's access list (EIP-7928), whatever becomes of the transaction. */
@inline
export function noteAccess(account: usize): void {
  store<u32>(account, 1, O_ACCESSED);
}

@inline
export function noteSlotAccess(slot: usize): void {
  store<u32>(slot, 1, L_ACCESSED);
}

/** Sets flags on an account. */
export function flagAccount(account: usize, flags: u32): void {
  const before = load<u32>(account, O_FLAGS);
  if ((before & flags) == flags) return;
  record(KIND_FLAGS, account, before);
  store<u32>(account, before | flags, O_FLAGS);
}

/** Marks the account accessed; returns whether it was before. */
export function warmAccount(account: usize): bool {
  const before = load<u32>(account, O_FLAGS);
  if ((before & WARM) != 0) return true;
  record(KIND_FLAGS, account, before);
  store<u32>(account, before | WARM, O_FLAGS);
  return false;
}

/** Marks the slot accessed; returns whether it was before. */
export function warmSlot(slot: usize): bool {
  const before = load<u32>(slot, L_FLAGS);
  if ((before & WARM) != 0) return true;
  record(KIND_SLOT_FLAGS, slot, before);
  store<u32>(slot, before | WARM, L_FLAGS);
  return false;
}

/**
 * Sees that O_BALANCE is the balance: whoever looks at it calls this first; whoever only adds to it, or takes what it was said to cover, need not.
 */
@inline
export function readBalance(account: usize): void {
  if ((load<u32>(account, O_FLAGS) & LAZY) != 0) resolveBalance(account);
}

function resolveBalance(account: usize): void {
  const flags = load<u32>(account, O_FLAGS);
  const at = record(KIND_RESOLVED, account, flags);
  readBalanceVersion(<usize>load<u32>(account, O_FLAT), at + 16);
  add(account + O_BALANCE, at + 16, account + O_BALANCE);
  store<u32>(account, flags & ~LAZY, O_FLAGS);
}

/** Whether the account, which has not been credited or debited in this transaction, has at least `amount`. */
export function covers(account: usize, amount: usize): bool {
  if ((load<u32>(account, O_FLAGS) & LAZY) != 0) {
    if (coversVersion(<usize>load<u32>(account, O_FLAT), amount, workBase() + 1024)) return true;
    resolveBalance(account);
  }
  return !lessThan(account + O_BALANCE, amount);
}

/** Takes note of the balance before the caller overwrites it at account + O_BALANCE. */
export function journalBalance(account: usize): void {
  const flags = load<u32>(account, O_FLAGS);
  copy(account + O_BALANCE, record(KIND_BALANCE, account, flags) + 16);
  store<u32>(account, flags | DIRTY | TOUCHED, O_FLAGS);
}

export function setNonce(account: usize, nonce: u64): void {
  const flags = load<u32>(account, O_FLAGS);
  const at = record(KIND_NONCE, account, load<u64>(account, O_NONCE));
  store<u64>(at, flags, 16);
  store<u32>(account, flags | DIRTY | TOUCHED, O_FLAGS);
  store<u64>(account, nonce, O_NONCE);
}

/** Gives the account the code of a cache entry. */
export function setCode(account: usize, hash: usize, code: usize): void {
  const flags = load<u32>(account, O_FLAGS);
  copy(account + O_CODE_HASH, record(KIND_CODE, account, flags) + 16);
  store<u32>(account, flags | DIRTY | TOUCHED | NEW_CODE, O_FLAGS);
  copy(hash, account + O_CODE_HASH);
  store<u32>(account, <u32>code, O_CODE);
  store<u32>(account, codeGeneration(), O_CODE_GENERATION);
}

export function setSlot(slot: usize, value: usize): void {
  const flags = load<u32>(slot, L_FLAGS);
  copy(slot + L_VALUE, record(KIND_SLOT, slot, flags) + 16);
  store<u32>(slot, flags | DIRTY, L_FLAGS);
  copy(value, slot + L_VALUE);
}

export function loadTransient(account: usize, key: usize, out: usize): void {
  const entry = transientOf(account, key, false);
  if (entry == 0) setZero(out);
  else copy(entry + T_VALUE, out);
}

export function storeTransient(account: usize, key: usize, value: usize): void {
  const entry = transientOf(account, key, true);
  copy(entry + T_VALUE, record(KIND_TRANSIENT, entry, 0) + 16);
  copy(value, entry + T_VALUE);
}

/** The cache entry of the account's code. */
export function codeOf(account: usize): usize {
  const known = <usize>load<u32>(account, O_CODE);
  if (known != 0 && load<u32>(account, O_CODE_GENERATION) == codeGeneration()) return known;
  const code = codeByHash(account + O_CODE_HASH);
  store<u32>(account, <u32>code, O_CODE);
  store<u32>(account, codeGeneration(), O_CODE_GENERATION);
  return code;
}

@inline
export function hasCode(account: usize): bool {
  return !equals(account + O_CODE_HASH, EMPTY_CODE_HASH);
}

/** EIP-161: no nonce, no balance, no code. */
export function isEmptyAccount(account: usize): bool {
  if (load<u64>(account, O_NONCE) != 0 || hasCode(account)) return false;
  readBalance(account);
  return isZero(account + O_BALANCE);
}

/** The transaction's accounts, ACCOUNT_SIZE bytes each. */
export function firstOverlayAccount(): usize {
  return privateBase() + OVERLAY_ACCOUNTS + (ACCOUNT_BUCKETS << 3);
}

export function overlayAccountCount(): u32 {
  return accountCount;
}

/** The transaction's slots, SLOT_SIZE bytes each. */
export function firstOverlaySlot(): usize {
  return privateBase() + OVERLAY_SLOTS + (SLOT_BUCKETS << 3);
}

export function overlaySlotCount(): u32 {
  return slotCount;
}

/** Writes what the transaction changed to the flat cache. */
export function applyOverlay(): void {
  const accounts = privateBase() + OVERLAY_ACCOUNTS + (ACCOUNT_BUCKETS << 3);
  for (let i: u32 = 0; i < accountCount; i++) {
    const entry = accounts + <usize>i * ACCOUNT_SIZE;
    const flags = load<u32>(entry, O_FLAGS);
    if ((flags & (TOUCHED | DIRTY | DESTROYED)) == 0) continue;
    const flat = <usize>load<u32>(entry, O_FLAT);
    const gone = (flags & DESTROYED) != 0 || isEmptyAccount(entry);
    let flatFlags = load<u32>(flat, A_FLAGS);
    if (gone) {
      if ((flatFlags & ACCOUNT_EXISTS) == 0) continue;
      store<u64>(flat, 0, A_NONCE);
      setZero(flat + A_BALANCE);
      copy(EMPTY_CODE_HASH, flat + A_CODE_HASH);
      flatFlags &= ~ACCOUNT_EXISTS;
    } else {
      store<u64>(flat, load<u64>(entry, O_NONCE), A_NONCE);
      copy(entry + O_BALANCE, flat + A_BALANCE);
      copy(entry + O_CODE_HASH, flat + A_CODE_HASH);
      flatFlags |= ACCOUNT_EXISTS;
      if ((flags & NEW_CODE) != 0) flatFlags |= ACCOUNT_NEW_CODE;
    }
    store<u32>(flat, flatFlags, A_FLAGS);
    markAccountDirty(flat);
  }
  const slots = privateBase() + OVERLAY_SLOTS + (SLOT_BUCKETS << 3);
  for (let i: u32 = 0; i < slotCount; i++) {
    const entry = slots + <usize>i * SLOT_SIZE;
    if ((load<u32>(entry, L_FLAGS) & DIRTY) == 0 || equals(entry + L_VALUE, entry + L_ORIGINAL)) continue;
    const account = <usize>load<u32>(entry, L_ACCOUNT);
    if ((load<u32>(account, O_FLAGS) & DESTROYED) != 0) continue;
    writeSlotEntry(<usize>load<u32>(entry, L_FLAT), entry + L_VALUE);
  }
}
