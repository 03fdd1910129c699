/**
 * A block's access list (EIP-7928) as it comes about: which accounts and slots its transactions have accessed, and for each what they changed.
 *
 * Filled where outcomes become the state (`applyTransaction`, the end of a parallel run), by the one instance that does that; what a transaction
 * has accessed is noted in its overlay and survives reverts. Records are found through a word in each flat entry that is valid where the record points back
 * (a sparse set): nothing needs clearing between blocks.
 *
 * Where the region is too small the block has no list.
 */
import { A_BALANCE, A_CODE_HASH, A_LIST, A_NONCE, S_ACCOUNT, S_LIST } from '../state/flatCache';
import { EMPTY_CODE_HASH } from '../state/codeCache';
import {
  ACCOUNT_SIZE,
  DESTROYED,
  DIRTY,
  firstOverlayAccount,
  firstOverlaySlot,
  L_ACCESSED,
  L_ACCOUNT,
  L_FLAGS,
  L_FLAT,
  L_ORIGINAL,
  L_VALUE,
  O_ACCESSED,
  O_BALANCE,
  O_CODE_HASH,
  O_FLAGS,
  O_FLAT,
  O_NONCE,
  overlayAccountCount,
  overlaySlotCount,
  SLOT_SIZE,
  TOUCHED,
} from '../state/overlay';
import { copy, equals, isZero } from '../u256';

// An account's record; lists of changes begin with the newest.
export const E_FLAT: usize = 0;
export const E_BALANCES: usize = 4;
export const E_NONCES: usize = 8;
export const E_CODES: usize = 12;
/** Its slots' records, through E_NEXT_SLOT. */
export const E_SLOTS: usize = 16;
const ACCOUNT_RECORD_SIZE: usize = 24;
// A slot's record.
export const E_CHANGES: usize = 4;
export const E_NEXT_SLOT: usize = 8;
const SLOT_RECORD_SIZE: usize = 12;
// A change: the one before it u32, block access index u32, then a u64 (nonce) or 32 bytes.
export const H_INDEX: usize = 4;
export const H_VALUE: usize = 8;
const NONCE_CHANGE_SIZE: usize = 16;
const WORD_CHANGE_SIZE: usize = 40;

/** At the region's start: the fee recipients' balances before the transaction, then 32 zero bytes. */
const HEAD_SIZE: usize = 128;

let regionAt: usize = 0;
let accountsAt: usize = 0;
let accountsMax: u32 = 0;
let slotsAt: usize = 0;
let slotsMax: u32 = 0;
let changesAt: usize = 0;
let changesEnd: usize = 0;
let regionEnd: usize = 0;

let isOn: bool = false;
let isFull: bool = false;
let accountCount: u32 = 0;
let slotCount: u32 = 0;
let changesUsedTo: usize = 0;
/** Block access index of the last transaction applied. */
let lastIndex: u32 = 0;

/** Gives this instance a region to collect in. */
export function accessListAttach(base: usize, size: usize): void {
  regionAt = base;
  const eighth = (size >> 3) & ~7;
  accountsAt = base + HEAD_SIZE;
  accountsMax = <u32>((eighth - HEAD_SIZE) / ACCOUNT_RECORD_SIZE);
  slotsAt = base + eighth;
  slotsMax = <u32>(eighth / SLOT_RECORD_SIZE);
  changesAt = base + 2 * eighth;
  changesEnd = base + 5 * eighth;
  regionEnd = base + size;
}

/** Before a block: whether its list is collected. */
export function accessListBegin(collects: bool): void {
  isOn = collects;
  isFull = false;
  accountCount = 0;
  slotCount = 0;
  changesUsedTo = changesAt;
  lastIndex = 0;
}

@inline
export function isCollecting(): bool {
  return isOn;
}

/** Whether the list is not complete: the region is too small. */
@inline
export function isListFull(): bool {
  return isFull;
}

export function markListFull(): void {
  isFull = true;
}

@inline
export function recordedAccounts(): u32 {
  return accountCount;
}

@inline
export function recordedAccount(number: u32): usize {
  return accountsAt + <usize>number * ACCOUNT_RECORD_SIZE;
}

/** Free between the changes and the encoding. */
@inline
export function sortingRoom(): usize {
  return (changesUsedTo + 7) & ~7;
}

@inline
export function encodingRoom(): usize {
  return changesEnd;
}

@inline
export function encodingEnd(): usize {
  return regionEnd;
}

/** The next transaction's block access index. */
export function nextAccessIndex(): u32 {
  return ++lastIndex;
}

@inline
export function lastAccessIndex(): u32 {
  return lastIndex;
}

/** The record of a flat account, made where there is none; a spare one where the region is full. */
export function accountRecord(flat: usize): usize {
  const number = load<u32>(flat, A_LIST);
  if (number < accountCount && load<u32>(recordedAccount(number), E_FLAT) == <u32>flat) return recordedAccount(number);
  const record = recordedAccount(accountCount);
  if (accountCount + 1 < accountsMax) {
    store<u32>(flat, accountCount, A_LIST);
    accountCount++;
  } else {
    isFull = true;
  }
  store<u32>(record, <u32>flat, E_FLAT);
  store<u32>(record, 0, E_BALANCES);
  store<u32>(record, 0, E_NONCES);
  store<u32>(record, 0, E_CODES);
  store<u32>(record, 0, E_SLOTS);
  return record;
}

/** The record of a flat slot, and with it its account's. */
export function slotRecord(flat: usize): usize {
  const number = load<u32>(flat, S_LIST);
  const known = slotsAt + <usize>number * SLOT_RECORD_SIZE;
  if (number < slotCount && load<u32>(known) == <u32>flat) return known;
  const record = slotsAt + <usize>slotCount * SLOT_RECORD_SIZE;
  const account = accountRecord(<usize>load<u32>(flat, S_ACCOUNT));
  store<u32>(record, <u32>flat, E_FLAT);
  store<u32>(record, 0, E_CHANGES);
  if (slotCount + 1 < slotsMax) {
    store<u32>(flat, slotCount, S_LIST);
    slotCount++;
    store<u32>(record, load<u32>(account, E_SLOTS), E_NEXT_SLOT);
    store<u32>(account, <u32>record, E_SLOTS);
  } else {
    isFull = true;
  }
  return record;
}

/** A new change in front of the list whose head is at `head`; its value is at H_VALUE. */
function change(head: usize, index: u32, size: usize): usize {
  let at = changesUsedTo;
  if (at + size > changesEnd) {
    isFull = true;
    at = changesAt;
  } else {
    changesUsedTo = at + size;
  }
  store<u32>(at, load<u32>(head));
  store<u32>(at, index, H_INDEX);
  store<u32>(head, <u32>at);
  return at;
}

export function noteNonce(record: usize, index: u32, nonce: u64): void {
  store<u64>(change(record + E_NONCES, index, NONCE_CHANGE_SIZE), nonce, H_VALUE);
}

export function noteBalance(record: usize, index: u32, balance: usize): void {
  copy(balance, change(record + E_BALANCES, index, WORD_CHANGE_SIZE) + H_VALUE);
}

export function noteCode(record: usize, index: u32, codeHash: usize): void {
  copy(codeHash, change(record + E_CODES, index, WORD_CHANGE_SIZE) + H_VALUE);
}

export function noteSlot(record: usize, index: u32, value: usize): void {
  copy(value, change(record + E_CHANGES, index, WORD_CHANGE_SIZE) + H_VALUE);
}

/**
 * Notes the transaction in the overlay, before it is applied; a system call has the index of none. The fee recipients' (flat entries, `baseFee` and `l1Fee` 0: none) balances are left
 * to `noteFees`.
 */
export function noteTransaction(isSystemCall: bool, coinbase: usize, baseFee: usize, l1Fee: usize): void {
  const index = isSystemCall ? lastIndex : nextAccessIndex();
  copy(coinbase + A_BALANCE, regionAt);
  if (baseFee != 0) copy(baseFee + A_BALANCE, regionAt + 32);
  if (l1Fee != 0) copy(l1Fee + A_BALANCE, regionAt + 64);
  let account = firstOverlayAccount();
  for (let i = overlayAccountCount(); i > 0; i--) {
    if (load<u32>(account, O_ACCESSED) != 0) noteAccount(account, index, coinbase, baseFee, l1Fee);
    account += ACCOUNT_SIZE;
  }
  let slot = firstOverlaySlot();
  for (let i = overlaySlotCount(); i > 0; i--) {
    if (load<u32>(slot, L_ACCESSED) != 0) noteAccessedSlot(slot, index);
    slot += SLOT_SIZE;
  }
}

function noteAccount(account: usize, index: u32, coinbase: usize, baseFee: usize, l1Fee: usize): void {
  const flat = <usize>load<u32>(account, O_FLAT);
  const flags = load<u32>(account, O_FLAGS);
  const record = accountRecord(flat);
  if ((flags & (TOUCHED | DIRTY | DESTROYED)) == 0) return;
  const isGone = (flags & DESTROYED) != 0;
  const nonce: u64 = isGone ? 0 : load<u64>(account, O_NONCE);
  if (nonce != load<u64>(flat, A_NONCE)) noteNonce(record, index, nonce);
  const codeHash = isGone ? EMPTY_CODE_HASH : account + O_CODE_HASH;
  if (!equals(codeHash, flat + A_CODE_HASH)) noteCode(record, index, codeHash);
  if (flat == coinbase || flat == baseFee || flat == l1Fee) return;
  if (isGone) {
    // Only what was created in this transaction ceases to exist, and may have been sent to before.
    if (!isZero(flat + A_BALANCE)) noteBalance(record, index, zero());
  } else if (!equals(account + O_BALANCE, flat + A_BALANCE)) {
    noteBalance(record, index, account + O_BALANCE);
  }
}

/** 32 zero bytes. */
@inline
function zero(): usize {
  memory.fill(regionAt + 96, 0, 32);
  return regionAt + 96;
}

function noteAccessedSlot(slot: usize, index: u32): void {
  const record = slotRecord(<usize>load<u32>(slot, L_FLAT));
  if ((load<u32>(slot, L_FLAGS) & DIRTY) == 0 || equals(slot + L_VALUE, slot + L_ORIGINAL)) return;
  if ((load<u32>(<usize>load<u32>(slot, L_ACCOUNT), O_FLAGS) & DESTROYED) != 0) return;
  noteSlot(record, index, slot + L_VALUE);
}

/** After the transaction and its fees were applied. `pays`: it is one that pays fees, so that their recipients are accessed, also where they are zero. */
export function noteFees(pays: bool, coinbase: usize, baseFee: usize, l1Fee: usize): void {
  noteRecipient(pays, coinbase, regionAt);
  if (baseFee != 0 && baseFee != coinbase) noteRecipient(pays, baseFee, regionAt + 32);
  if (l1Fee != 0 && l1Fee != coinbase && l1Fee != baseFee) noteRecipient(pays, l1Fee, regionAt + 64);
}

function noteRecipient(pays: bool, flat: usize, before: usize): void {
  const isChanged = !equals(flat + A_BALANCE, before);
  if (!pays && !isChanged) return;
  const record = accountRecord(flat);
  if (isChanged) noteBalance(record, lastIndex, flat + A_BALANCE);
}
