/**
 * Several versions of the state at once: what transactions of a parallel run have written to each location, and what the one being executed has read.
 *
 * The flat cache is the table of locations: it is open-addressed on a 64-bit hash with a full-key compare, and its entries do not move. During a run it
 * holds the state before the run and is only added to. An account is two locations, *account* (nonce and code) and *balance*, so that whoever credits an
 * account does not conflict with who calls it; a slot is one.
 *
 * A location's head word is {first version u32, epoch u32}: a head of another epoch is empty, so that nothing needs clearing. Versions are a list in
 * descending order of their transactions, one for each that ever wrote here; they are inserted by compare-and-swap and never removed. A version's data word is
 * the address of its payload, with the lowest bit set while its transaction is about to write again (ESTIMATE); 0: it was not written this time. Payloads lie in
 * the arena and never change, so a reader sees all of a value or another one, never halves.
 *
 * Balances are the exception to "the version below me is my value": a version is a credit (or debit, modulo 2^256) or an absolute value, and a balance is
 * the sum down to the first absolute one, or to the state before the run. The fee recipients get their credits from every transaction
 * below: these are summed from the results, not listed.
 *
 * A slot that transactions only add to has deltas among its versions (slotDeltas); what is final is absolute.
 *
 * Reads are validated by value: a transaction's execution is a function of the values it read, so it stands as long as they do. What is executed when
 * all below it is final needs no validation, and its reads are not noted.
 */
import { markRegionFull, setGas } from '../evm/gas';
import {
  allocate,
  BASE_FEE_ENTRY,
  COINBASE_ENTRY,
  control,
  count,
  L1_FEE_ENTRY,
  READS_SIZE,
  readsBuffer,
  recordOf,
  STAT_CONFLICTS,
  Stop,
  stopReason,
  stopRun,
  T_RESULT,
} from '../scheduler/region';
import { R_BASE_FEE_PAID, R_L1_FEE, R_TIP } from '../transaction';
import { add, copy, equals, isZero, lessThan, setZero } from '../u256';
import {
  A_ACCOUNT_VERSIONS,
  A_BALANCE,
  A_BALANCE_VERSIONS,
  A_CODE_HASH,
  A_FLAGS,
  A_NONCE,
  ACCOUNT_EXISTS,
  S_VALUE,
  S_VERSIONS,
} from './flatCache';
import { EMPTY_CODE_HASH } from './codeCache';
import { readListedSlot } from './listedState';
import { beginDeltas, D_AMOUNT, makeDelta } from './slotDeltas';

// A version.
export const V_TRANSACTION: usize = 0;
export const V_NEXT: usize = 4;
export const V_DATA: usize = 8;
/** The execution that wrote it last: its result's address. */
export const V_EXECUTION: usize = 12;
export const VERSION_SIZE: usize = 16;

/** In a data word: its transaction is about to write again. */
export const ESTIMATE: u32 = 1;
/** In a data word of a slot: what was written is a delta (slotDeltas). Never below a final transaction. */
export const RELATIVE: u32 = 2;

// Payload of an account.
export const P_NONCE: usize = 0;
/** u32: whether the code was set by this transaction. */
export const P_NEW_CODE: usize = 8;
export const P_CODE_HASH: usize = 16;
export const ACCOUNT_PAYLOAD_SIZE: usize = 48;
// Payload of a balance.
/** u32: 1 where the value is the balance, 0 where it is added. */
export const P_ABSOLUTE: usize = 0;
export const P_AMOUNT: usize = 8;
export const BALANCE_PAYLOAD_SIZE: usize = 40;
// Payload of a slot: its value.
export const SLOT_PAYLOAD_SIZE: usize = 32;

/** What kind of location, and how it was read. In this order in the statistics. */
export const enum Read {
  Account = 0,
  /** Exactly this balance. */
  Balance = 1,
  Slot = 2,
  /** A balance of at least so much. */
  Cover = 3,
}

// A read: kind u32, flat entry u32, the data word that it saw u32; of balances also the amount.
const READ_KIND: usize = 0;
const READ_ENTRY: usize = 4;
const READ_SEEN: usize = 8;
const READ_AMOUNT: usize = 16;
const READ_SIZE: usize = 16;
const READ_BALANCE_SIZE: usize = 48;


/** Versions and fee credits that one worker may step over in a run, for each of its transactions; beyond, sequential execution is faster. */
const STEPS_PER_TRANSACTION: u64 = 96;
const STEPS_FREE: u64 = 100_000;
/** A balance of more parts than this is read exactly, so that the reader leaves an absolute value for those above. */
const PARTS_MAX: u32 = 24;

/** Looks at something that another worker is about to write, before the transaction is put off: some 5 µs. */
export const WAIT_POLLS: i32 = 1000;

/** So far a value to guess with is looked for. */
const NEAR_STEPS: i32 = 16;

const NOBODY: i32 = -1;

/** The transaction that this instance executes in parallel mode, -1 in sequential mode. */
let current: i32 = NOBODY;
let epoch: u32 = 0;
/** The transaction that the current one has to wait for. */
let blockedBy: i32 = NOBODY;
/** All below the current transaction is final. */
let isForGood: bool = false;
let readsEnd: usize = 0;
let stepsLeft: u64 = 0;

/** Whether the instance executes a transaction of a parallel run. */
@inline
export function isParallel(): bool {
  return current >= 0;
}

@inline
export function runEpoch(): u32 {
  return epoch;
}

/** The block access index of the transaction that is replayed with an access list (scheduler/replay), 0: none is. */
let replayed: u32 = 0;

@inline
export function replayedIndex(): u32 {
  return replayed;
}

/** Before a transaction is replayed. */
export function beginReplayed(transaction: u32, index: u32): void {
  beginReads(transaction, true);
  replayed = index;
}

/** Before an instance takes part in a run. */
export function enterRun(runEpoch: u32, transactions: u32): void {
  epoch = runEpoch;
  stepsLeft = STEPS_FREE + STEPS_PER_TRANSACTION * <u64>transactions;
}

/** Back to sequential mode. */
export function leaveRun(): void {
  current = NOBODY;
  replayed = 0;
}

/** Before a transaction is executed; `forGood`: all below it is final. */
export function beginReads(transaction: u32, forGood: bool): void {
  current = <i32>transaction;
  isForGood = forGood;
  blockedBy = NOBODY;
  readsEnd = readsBuffer();
  beginDeltas();
}

/** Whom the execution has to wait for, -1: nobody. Its result is then meaningless. */
@inline
export function blockingTransaction(): i32 {
  return blockedBy;
}

@inline
export function readsSize(): usize {
  return readsEnd - readsBuffer();
}

/** The execution ends as soon as may be: its gas is gone, and frames end without giving any to their parents. */
function block(transaction: u32, kind: Read): void {
  if (blockedBy == NOBODY) count(STAT_CONFLICTS + (<usize>kind << 2));
  blockedBy = <i32>transaction;
  markRegionFull();
  setGas(0);
}

function recordRead(kind: Read, entry: usize, seen: u32): usize {
  if (isForGood) return readsBuffer();
  const at = readsEnd;
  if (at + READ_BALANCE_SIZE > readsBuffer() + READS_SIZE) {
    markRegionFull();
    return readsBuffer();
  }
  store<u32>(at, kind, READ_KIND);
  store<u32>(at, <u32>entry, READ_ENTRY);
  store<u32>(at, seen, READ_SEEN);
  readsEnd = at + (kind == Read.Balance || kind == Read.Cover ? READ_BALANCE_SIZE : READ_SIZE);
  return at;
}

/** First version of the list whose head word is at `head`. */
@inline
export function firstVersion(head: usize): usize {
  const word = atomic.load<u64>(head);
  return <u32>(word >> 32) == epoch ? <usize>(<u32>word) : 0;
}

@inline
export function nextVersion(version: usize): usize {
  return <usize>atomic.load<u32>(version, V_NEXT);
}

/** The version that `versionBelow` returned the data word of. */
let versionAt: usize = 0;

/** Data word of the highest version below `transaction`, 0 where there is none. */
export function versionBelow(head: usize, transaction: u32): u32 {
  let version = firstVersion(head);
  while (version != 0) {
    const writer = load<u32>(version, V_TRANSACTION);
    if (writer < transaction) {
      const data = atomic.load<u32>(version, V_DATA);
      if (data != 0) {
        versionAt = version;
        return data;
      }
    }
    version = nextVersion(version);
    stepsLeft--;
  }
  return 0;
}

/** `versionBelow` the current transaction; where that is about to be written again it waits a moment. */
@inline
function visibleVersion(head: usize): u32 {
  const data = versionBelow(head, <u32>current);
  return (data & ESTIMATE) == 0 ? data : awaitVersion(head);
}

function awaitVersion(head: usize): u32 {
  let data: u32 = ESTIMATE;
  for (let i = 0; i < WAIT_POLLS && (data & ESTIMATE) != 0 && stopReason() == Stop.None; i++) {
    data = versionBelow(head, <u32>current);
  }
  return data;
}

/** Gives the run up where the account is empty and exists. */
@inline
export function checkExistence(flat: usize): void {
  const flags = load<u32>(flat, A_FLAGS);
  if (
    (flags & ACCOUNT_EXISTS) != 0 &&
    load<u64>(flat, A_NONCE) == 0 &&
    isZero(flat + A_BALANCE) &&
    equals(flat + A_CODE_HASH, EMPTY_CODE_HASH)
  ) {
    // Elsewhere an account exists if and only if it is not empty, and no flag needs versions.
    stopRun(Stop.Exceptional);
  }
}

/** What the current transaction sees of an account's nonce and code: a payload, or 0 where the flat entry holds it. */
export function readAccountVersion(flat: usize): usize {
  checkExistence(flat);
  const data = visibleVersion(flat + A_ACCOUNT_VERSIONS);
  if ((data & ESTIMATE) != 0) {
    block(load<u32>(versionAt, V_TRANSACTION), Read.Account);
    return 0;
  }
  recordRead(Read.Account, flat, data);
  return <usize>data;
}

/** Writes what the current transaction sees in a slot to `out`. */
export function readSlotVersion(slot: usize, out: usize): void {
  if (replayed != 0) {
    readListedSlot(slot, out);
    return;
  }
  let data = visibleVersion(slot + S_VERSIONS);
  if ((data & RELATIVE) != 0 && (data & ESTIMATE) == 0) data = sumSlot(slot);
  if ((data & ESTIMATE) != 0) {
    block(load<u32>(versionAt, V_TRANSACTION), Read.Slot);
    copy(slot + S_VALUE, out);
    return;
  }
  recordRead(Read.Slot, slot, data);
  copy(data == 0 ? slot + S_VALUE : <usize>data, out);
}

/** Adds the deltas from the version on that `versionBelow` returned, a delta's. Returns a data word: of a payload of the reader's own, or ESTIMATE. */
function sumSlot(slot: usize): u32 {
  const sum = allocate(SLOT_PAYLOAD_SIZE);
  if (sum == 0) return 0;
  setZero(sum);
  let version = versionAt;
  while (version != 0) {
    const data = atomic.load<u32>(version, V_DATA);
    if ((data & ESTIMATE) != 0) {
      versionAt = version;
      return ESTIMATE;
    }
    const payload = <usize>(data & ~RELATIVE);
    if ((data & RELATIVE) != 0) add(sum, payload + D_AMOUNT, sum);
    else if (data != 0) {
      add(sum, payload, sum);
      return <u32>sum;
    }
    version = nextVersion(version);
    stepsLeft--;
  }
  if (<i64>stepsLeft < 0) stopRun(Stop.TooManyCredits);
  add(sum, slot + S_VALUE, sum);
  return <u32>sum;
}

/**
 * For whoever only adds to a slot: where others write it as well in this run, a value that it may have to `out`, which is not noted as read; returns the delta. Elsewhere
 * reads it and returns 0.
 */
export function guessSlotVersion(slot: usize, out: usize): usize {
  if (!isForGood && firstVersion(slot + S_VERSIONS) != 0) {
    const data = nearVersion(slot + S_VERSIONS) & ~(ESTIMATE | RELATIVE);
    const value = slotValue(slot, data);
    // What an empty slot costs, and pays back, is another matter.
    const delta: usize = isZero(value) ? 0 : makeDelta(slot);
    if (delta != 0) {
      copy(value, out);
      return delta;
    }
  }
  readSlotVersion(slot, out);
  return 0;
}

/** Data word of the highest version below the current transaction or, where that is far down the list, of one above. */
function nearVersion(head: usize): u32 {
  let version = firstVersion(head);
  let nearest: u32 = 0;
  for (let steps = 0; version != 0 && steps < NEAR_STEPS; steps++) {
    const data = atomic.load<u32>(version, V_DATA);
    if (data != 0) nearest = data;
    if (data != 0 && load<u32>(version, V_TRANSACTION) < <u32>current) return data;
    version = nextVersion(version);
  }
  return version == 0 ? 0 : nearest;
}

/** Notes that the current transaction has read what lies at `payload` in the slot. */
export function noteSlotRead(slot: usize, payload: usize): void {
  recordRead(Read.Slot, slot, <u32>payload);
}

let balanceParts: u32 = 0;
/** Who stands in the way of the last `sumBalance`. */
let balanceBlocker: u32 = 0;

/** Writes the balance below `transaction` to `out`; false where it depends on one that is not executed. */
export function sumBalance(flat: usize, transaction: u32, out: usize): bool {
  setZero(out);
  balanceParts = 0;
  let feesFrom: u32 = 0;
  let version = firstVersion(flat + A_BALANCE_VERSIONS);
  let isComplete = false;
  while (version != 0) {
    const writer = load<u32>(version, V_TRANSACTION);
    if (writer < transaction) {
      const data = atomic.load<u32>(version, V_DATA);
      if ((data & ESTIMATE) != 0) {
        balanceBlocker = writer;
        return false;
      }
      if (data != 0) {
        add(out, <usize>data + P_AMOUNT, out);
        balanceParts++;
        if (load<u32>(<usize>data, P_ABSOLUTE) != 0) {
          feesFrom = writer;
          isComplete = true;
          break;
        }
      }
    }
    version = nextVersion(version);
    stepsLeft--;
  }
  if (!isComplete) add(out, flat + A_BALANCE, out);
  const isCoinbase = flat == <usize>load<u32>(control(), COINBASE_ENTRY);
  const getsBaseFee = flat == <usize>load<u32>(control(), BASE_FEE_ENTRY);
  const getsL1Fee = flat == <usize>load<u32>(control(), L1_FEE_ENTRY);
  if (isCoinbase || getsBaseFee || getsL1Fee) {
    return addFees(feesFrom, transaction, isCoinbase, getsBaseFee, getsL1Fee, out);
  }
  if (<i64>stepsLeft < 0) stopRun(Stop.TooManyCredits);
  return true;
}

/** Adds what the transactions from..to-1 pay; false where one of them is not executed. */
function addFees(from: u32, to: u32, tips: bool, baseFees: bool, l1Fees: bool, out: usize): bool {
  for (let i = to; i > from; i--) {
    const record = recordOf(i - 1);
    const result = <usize>atomic.load<u32>(record, T_RESULT);
    if (result == 0) {
      balanceBlocker = i - 1;
      return false;
    }
    if (tips) add(out, result + R_TIP, out);
    if (baseFees) add(out, result + R_BASE_FEE_PAID, out);
    if (l1Fees) add(out, result + R_L1_FEE, out);
    stepsLeft--;
  }
  if (<i64>stepsLeft < 0) stopRun(Stop.TooManyCredits);
  return true;
}

/** Writes the balance that the current transaction sees to `out`, and depends on it. */
export function readBalanceVersion(flat: usize, out: usize): void {
  if (!sumBalance(flat, <u32>current, out)) {
    block(balanceBlocker, Read.Balance);
    return;
  }
  copy(out, recordRead(Read.Balance, flat, 0) + READ_AMOUNT);
}

/**
 * Whether the balance that the current transaction sees is at least `amount`; if it is, the transaction depends on that alone. False where it is
 * not, or where it is better read exactly. `scratch`: 32 bytes.
 */
export function coversVersion(flat: usize, amount: usize, scratch: usize): bool {
  if (!sumBalance(flat, <u32>current, scratch)) {
    block(balanceBlocker, Read.Balance);
    return true;
  }
  if (balanceParts > PARTS_MAX || lessThan(scratch, amount)) return false;
  copy(amount, recordRead(Read.Cover, flat, 0) + READ_AMOUNT);
  return true;
}

/** Whether what `transaction` has read, `size` bytes of records at `reads`, is what it would read now. `scratch`: 32 bytes. */
export function readsHold(transaction: u32, reads: usize, size: usize, scratch: usize): bool {
  const end = reads + size;
  while (reads < end) {
    const kind = load<u32>(reads, READ_KIND);
    const entry = <usize>load<u32>(reads, READ_ENTRY);
    const seen = load<u32>(reads, READ_SEEN);
    let holds: bool;
    let next = reads + READ_SIZE;
    let conflict = <usize>kind;
    if (kind == Read.Slot) {
      const data = versionBelow(entry + S_VERSIONS, transaction);
      holds = data == seen || ((data & ESTIMATE) == 0 && equals(slotValue(entry, data), slotValue(entry, seen)));
    } else if (kind == Read.Account) {
      const data = versionBelow(entry + A_ACCOUNT_VERSIONS, transaction);
      holds = data == seen || ((data & ESTIMATE) == 0 && isSameAccount(entry, data, seen));
    } else {
      next = reads + READ_BALANCE_SIZE;
      holds = sumBalance(entry, transaction, scratch);
      if (kind == Read.Cover) {
        conflict = <usize>Read.Balance;
        holds = holds && !lessThan(scratch, reads + READ_AMOUNT);
      } else {
        holds = holds && equals(scratch, reads + READ_AMOUNT);
      }
    }
    if (!holds) {
      count(STAT_CONFLICTS + (conflict << 2));
      return false;
    }
    reads = next;
  }
  if (<i64>stepsLeft < 0) stopRun(Stop.TooManyCredits);
  return true;
}

@inline
function slotValue(slot: usize, data: u32): usize {
  return data == 0 ? slot + S_VALUE : <usize>data;
}

@inline
export function accountNonce(flat: usize, data: u32): u64 {
  return data == 0 ? load<u64>(flat, A_NONCE) : load<u64>(<usize>data, P_NONCE);
}

@inline
export function accountCodeHash(flat: usize, data: u32): usize {
  return data == 0 ? flat + A_CODE_HASH : <usize>data + P_CODE_HASH;
}

function isSameAccount(flat: usize, a: u32, b: u32): bool {
  return (
    accountNonce(flat, a) == accountNonce(flat, b) && equals(accountCodeHash(flat, a), accountCodeHash(flat, b))
  );
}
