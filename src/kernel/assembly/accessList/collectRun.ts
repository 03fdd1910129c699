/**
 * A parallel run's part of the block's access list: what its transactions have accessed, from their results, and what they changed, from the lists of versions.
 * By one instance, after all have left the run and before it is settled: values are compared with those that the flat cache holds from before the run.
 */
import { Status } from '../evm/status';
import {
  BASE_FEE_ENTRY,
  blockBefore,
  COINBASE_ENTRY,
  control,
  L1_FEE_ENTRY,
  recordOf,
  T_RESULT,
  workersOfRun,
  writtenBlock,
  writtenCount,
  writtenLocation,
} from '../scheduler/region';
import { workBase } from '../memory';
import { A_ACCOUNT_VERSIONS, A_BALANCE, A_BALANCE_VERSIONS, A_CODE_HASH, A_NONCE, S_VALUE, S_VERSIONS } from '../state/flatCache';
import {
  firstVersion,
  nextVersion,
  P_ABSOLUTE,
  P_AMOUNT,
  P_CODE_HASH,
  P_NONCE,
  V_DATA,
  V_TRANSACTION,
} from '../state/multiVersion';
import {
  LOCATION_ACCOUNT,
  LOCATION_BALANCE,
  LOCATION_SLOT,
  X_ACCESS_COUNT,
  X_ACCESS_INDEX,
  X_ACCESSES,
} from '../state/multiVersionPublish';
import { R_BASE_FEE_PAID, R_L1_FEE, R_STATUS, R_TIP } from '../transaction';
import { add, copy, equals } from '../u256';
import {
  accountRecord,
  encodingEnd,
  encodingRoom,
  isListFull,
  markListFull,
  nextAccessIndex,
  noteBalance,
  noteCode,
  noteNonce,
  noteSlot,
  slotRecord,
} from './collect';

/** Notes the transactions below `end`, whose results are final. */
export function collectRun(end: u32): void {
  const included = noteAccesses(end);
  for (let worker: u32 = 0; worker < workersOfRun(); worker++) {
    for (let block = writtenBlock(worker); block != 0; block = blockBefore(block)) {
      for (let i: u32 = 0, written = writtenCount(block); i < written; i++) noteLocation(writtenLocation(block, i), end);
    }
  }
  if (included == 0) return;
  const coinbase = <usize>load<u32>(control(), COINBASE_ENTRY);
  const recipient = <usize>load<u32>(control(), BASE_FEE_ENTRY);
  const l1Recipient = <usize>load<u32>(control(), L1_FEE_ENTRY);
  noteRecipient(coinbase, end, true, recipient == coinbase, l1Recipient == coinbase);
  if (recipient != 0 && recipient != coinbase) noteRecipient(recipient, end, false, true, l1Recipient == recipient);
  if (l1Recipient != 0 && l1Recipient != coinbase && l1Recipient != recipient) {
    noteRecipient(l1Recipient, end, false, false, true);
  }
}

/** Gives each included transaction its index and notes what it accessed; returns how many there are. */
function noteAccesses(end: u32): u32 {
  let included: u32 = 0;
  for (let i: u32 = 0; i < end; i++) {
    const result = <usize>load<u32>(recordOf(i), T_RESULT);
    if (load<i32>(result, R_STATUS) >= Status.NonceTooLow) continue;
    included++;
    store<u32>(result, nextAccessIndex(), X_ACCESS_INDEX);
    let at = <usize>load<u32>(result, X_ACCESSES);
    for (const to = at + (<usize>load<u32>(result, X_ACCESS_COUNT) << 2); at < to; at += 4) {
      const location = <usize>load<u32>(at);
      if ((location & 7) == LOCATION_SLOT) slotRecord(location & ~7);
      else accountRecord(location);
    }
  }
  return included;
}

@inline
function indexOf(version: usize): u32 {
  return load<u32>(<usize>load<u32>(recordOf(load<u32>(version, V_TRANSACTION)), T_RESULT), X_ACCESS_INDEX);
}

/** Where the versions of a location were put, the lowest last. */
let stackEnd: usize = 0;

/** Puts a location's versions below `end` where the list is encoded later; returns where they begin: the highest. */
function stackVersions(head: usize, end: u32): usize {
  const from = encodingRoom();
  stackEnd = from;
  for (let version = firstVersion(head); version != 0; version = nextVersion(version)) {
    if (load<u32>(version, V_TRANSACTION) >= end || load<u32>(version, V_DATA) == 0) continue;
    if (stackEnd + 4 > encodingEnd()) {
      markListFull();
      break;
    }
    store<u32>(stackEnd, <u32>version);
    stackEnd += 4;
  }
  return from;
}

function noteLocation(location: usize, end: u32): void {
  if (isListFull()) return;
  const flat = location & ~7;
  const kind = location & 7;
  if (kind == LOCATION_SLOT) noteSlotVersions(flat, stackVersions(flat + S_VERSIONS, end));
  else if (kind == LOCATION_ACCOUNT) noteAccountVersions(flat, stackVersions(flat + A_ACCOUNT_VERSIONS, end));
  else if (kind == LOCATION_BALANCE && !isFeeRecipient(flat)) noteBalanceVersions(flat, stackVersions(flat + A_BALANCE_VERSIONS, end));
}

@inline
function isFeeRecipient(flat: usize): bool {
  return (
    <u32>flat == load<u32>(control(), COINBASE_ENTRY) ||
    <u32>flat == load<u32>(control(), BASE_FEE_ENTRY) ||
    <u32>flat == load<u32>(control(), L1_FEE_ENTRY)
  );
}

function noteSlotVersions(flat: usize, from: usize): void {
  if (stackEnd == from) return;
  const record = slotRecord(flat);
  let before = flat + S_VALUE;
  for (let at = stackEnd - 4; at >= from; at -= 4) {
    const version = <usize>load<u32>(at);
    const value = <usize>load<u32>(version, V_DATA);
    if (!equals(value, before)) noteSlot(record, indexOf(version), value);
    before = value;
  }
}

function noteAccountVersions(flat: usize, from: usize): void {
  if (stackEnd == from) return;
  const record = accountRecord(flat);
  let nonce = load<u64>(flat, A_NONCE);
  let codeHash = flat + A_CODE_HASH;
  for (let at = stackEnd - 4; at >= from; at -= 4) {
    const version = <usize>load<u32>(at);
    const payload = <usize>load<u32>(version, V_DATA);
    if (load<u64>(payload, P_NONCE) != nonce) noteNonce(record, indexOf(version), load<u64>(payload, P_NONCE));
    if (!equals(payload + P_CODE_HASH, codeHash)) noteCode(record, indexOf(version), payload + P_CODE_HASH);
    nonce = load<u64>(payload, P_NONCE);
    codeHash = payload + P_CODE_HASH;
  }
}

function noteBalanceVersions(flat: usize, from: usize): void {
  if (stackEnd == from) return;
  const record = accountRecord(flat);
  const balance = workBase() + 1024;
  const before = balance + 32;
  copy(flat + A_BALANCE, balance);
  for (let at = stackEnd - 4; at >= from; at -= 4) {
    const version = <usize>load<u32>(at);
    copy(balance, before);
    applyPayload(<usize>load<u32>(version, V_DATA), balance);
    if (!equals(balance, before)) noteBalance(record, indexOf(version), balance);
  }
}

@inline
function applyPayload(payload: usize, balance: usize): void {
  if (load<u32>(payload, P_ABSOLUTE) != 0) copy(payload + P_AMOUNT, balance);
  else add(balance, payload + P_AMOUNT, balance);
}

/** Notes the balance of an account that gets fees of every transaction. */
function noteRecipient(flat: usize, end: u32, tips: bool, baseFees: bool, l1Fees: bool): void {
  const from = stackVersions(flat + A_BALANCE_VERSIONS, end);
  const record = accountRecord(flat);
  if (isListFull()) return;
  const balance = workBase() + 1024;
  const before = balance + 32;
  copy(flat + A_BALANCE, balance);
  let at = stackEnd;
  for (let i: u32 = 0; i < end; i++) {
    const result = <usize>load<u32>(recordOf(i), T_RESULT);
    if (load<i32>(result, R_STATUS) >= Status.NonceTooLow) continue;
    copy(balance, before);
    if (at > from && load<u32>(<usize>load<u32>(at - 4), V_TRANSACTION) == i) {
      at -= 4;
      applyPayload(<usize>load<u32>(<usize>load<u32>(at), V_DATA), balance);
    }
    if (tips) add(balance, result + R_TIP, balance);
    if (baseFees) add(balance, result + R_BASE_FEE_PAID, balance);
    if (l1Fees) add(balance, result + R_L1_FEE, balance);
    if (!equals(balance, before)) noteBalance(record, load<u32>(result, X_ACCESS_INDEX), balance);
  }
}
