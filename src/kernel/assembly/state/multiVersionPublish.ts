/** What an executed transaction leaves for the others: its result, and its writes in the lists of versions. */
import { B_BASE_FEE_RECIPIENT, B_COINBASE } from '../block';
import {
  allocate,
  COLLECTS,
  control,
  count,
  noteWritten,
  readsBuffer,
  recordOf,
  STAT_CONFLICTS,
  Stop,
  stopRun,
  T_RESULT,
} from '../scheduler/region';
import { isRegionFull } from '../evm/gas';
import { chargesL1Fee, l1FeeRecipient } from '../l1Fee';
import { blockContext } from '../memory';
import { R_LOGS, R_LOGS_SIZE, R_OUTPUT_SIZE } from '../transaction';
import { copy, equals, isZero, setZero } from '../u256';
import { EMPTY_CODE_HASH } from './codeCache';
import { A_ACCOUNT_VERSIONS, A_BALANCE_VERSIONS, S_VERSIONS } from './flatCache';
import {
  ACCOUNT_PAYLOAD_SIZE,
  accountCodeHash,
  accountNonce,
  BALANCE_PAYLOAD_SIZE,
  ESTIMATE,
  nextVersion,
  P_ABSOLUTE,
  P_AMOUNT,
  P_CODE_HASH,
  P_NEW_CODE,
  P_NONCE,
  Read,
  readsSize,
  RELATIVE,
  runEpoch,
  SLOT_PAYLOAD_SIZE,
  V_DATA,
  V_EXECUTION,
  V_NEXT,
  V_TRANSACTION,
  VERSION_SIZE,
} from './multiVersion';
import {
  ACCOUNT_SIZE,
  DESTROYED,
  DIRTY,
  findAccount,
  firstOverlayAccount,
  firstOverlaySlot,
  L_ACCESSED,
  L_DELTA,
  L_FLAT,
  L_VALUE,
  LAZY,
  NEW_CODE,
  O_ACCESSED,
  O_BALANCE,
  O_CODE_HASH,
  O_FLAGS,
  O_FLAT,
  O_NONCE,
  O_SEEN,
  overlayAccountCount,
  overlaySlotCount,
  SLOT_SIZE,
  TOUCHED,
} from './overlay';

import { closeDeltas, isSlotWritten, settleDeltas } from './slotDeltas';

/** A result begins with the transaction's outcome, whose logs are in the arena and whose output is dropped. */
export const OUTCOME_SIZE: usize = 200;
export const X_READS: usize = 200;
export const X_READS_SIZE: usize = 204;
/** Versions that it wrote: u32 addresses. */
export const X_WRITES: usize = 208;
export const X_WRITE_COUNT: usize = 212;
/** Of a transaction that is not included: its sender's balance (32 bytes; where that is why) and code hash (32 bytes). */
export const X_BALANCE: usize = 216;
export const X_CODE_HASH: usize = 248;
/** What it accessed, for the block's access list: u32 flat entries with their LOCATION_ACCOUNT or LOCATION_SLOT; included transactions only. */
export const X_ACCESSES: usize = 280;
export const X_ACCESS_COUNT: usize = 284;
/** u32: its block access index, once the run is over. */
export const X_ACCESS_INDEX: usize = 288;
/** u32: how many of what it wrote are deltas (slotDeltas). */
export const X_DELTA_COUNT: usize = 292;
const RESULT_SIZE: usize = 296;

/** Location kinds in the list of written locations: the low bits of an address that is a multiple of 8. */
export const LOCATION_ACCOUNT: usize = 0;
export const LOCATION_BALANCE: usize = 1;
export const LOCATION_SLOT: usize = 2;

let writer: u32 = 0;
/** Of the execution that is being published: its result's address. */
let execution: u32 = 0;
let writes: usize = 0;
let writeCount: u32 = 0;

/** Publishes the transaction that this instance has just executed. Where the arena runs out the run is given up. */
export function publish(transaction: u32, outcome: usize, isIncluded: bool, sender: usize): void {
  writer = transaction;
  writeCount = 0;
  const record = recordOf(transaction);
  const before = <usize>atomic.load<u32>(record, T_RESULT);
  // These may become reads.
  const deltas: u32 = isIncluded ? closeDeltas() : 0;
  if (isRegionFull()) return;
  const result = allocateResult(outcome, isIncluded);
  if (result == 0) return;
  execution = <u32>result;
  if (isIncluded) {
    if (destroysFeeRecipient()) stopRun(Stop.Exceptional);
    publishAccounts();
    publishSlots();
    if (load<u32>(control(), COLLECTS) != 0) publishAccesses(result);
  } else {
    copy(sender + O_BALANCE, result + X_BALANCE);
    copy(sender + O_CODE_HASH, result + X_CODE_HASH);
  }
  store<u32>(result, writeCount, X_WRITE_COUNT);
  store<u32>(result, deltas, X_DELTA_COUNT);
  if (before != 0) dropUnwritten(before);
  atomic.store<u32>(record, <u32>result, T_RESULT);
}

/** Publishes no more than how the transaction ended: of a run whose writes are known without it. False: the arena ran out. */
export function publishOutcome(transaction: u32, outcome: usize): bool {
  const result = allocateResult(outcome, true);
  if (result == 0) return false;
  atomic.store<u32>(recordOf(transaction), <u32>result, T_RESULT);
  return true;
}

/** The result, filled but for its writes. */
function allocateResult(outcome: usize, isIncluded: bool): usize {
  const size = readsSize();
  const logs = isIncluded ? <usize>load<u32>(outcome, R_LOGS_SIZE) : 0;
  const writesMax = isIncluded ? (<usize>overlayAccountCount() << 1) + <usize>overlaySlotCount() : 0;
  const readsAt = (RESULT_SIZE + logs + 7) & ~7;
  const writesAt = readsAt + size;
  const accessesAt = writesAt + (writesMax << 2);
  const accessesMax = isIncluded ? <usize>overlayAccountCount() + <usize>overlaySlotCount() : 0;
  const result = allocate(accessesAt + (load<u32>(control(), COLLECTS) != 0 ? accessesMax << 2 : 0));
  if (result == 0) return 0;
  memory.copy(result, outcome, OUTCOME_SIZE);
  memory.copy(result + RESULT_SIZE, <usize>load<u32>(outcome, R_LOGS), logs);
  store<u32>(result, <u32>(result + RESULT_SIZE), R_LOGS);
  store<u32>(result, <u32>logs, R_LOGS_SIZE);
  store<u32>(result, 0, R_OUTPUT_SIZE);
  memory.copy(result + readsAt, readsBuffer(), size);
  store<u32>(result, <u32>(result + readsAt), X_READS);
  store<u32>(result, <u32>size, X_READS_SIZE);
  writes = result + writesAt;
  store<u32>(result, <u32>writes, X_WRITES);
  store<u32>(result, <u32>(result + accessesAt), X_ACCESSES);
  store<u32>(result, 0, X_ACCESS_COUNT);
  return result;
}

/** Names what the transaction has accessed in its result, which has room for it. */
function publishAccesses(result: usize): void {
  const from = <usize>load<u32>(result, X_ACCESSES);
  let at = from;
  let account = firstOverlayAccount();
  for (let i = overlayAccountCount(); i > 0; i--) {
    if (load<u32>(account, O_ACCESSED) != 0) {
      store<u32>(at, load<u32>(account, O_FLAT));
      at += 4;
    }
    account += ACCOUNT_SIZE;
  }
  let slot = firstOverlaySlot();
  for (let i = overlaySlotCount(); i > 0; i--) {
    if (load<u32>(slot, L_ACCESSED) != 0) {
      store<u32>(at, load<u32>(slot, L_FLAT) | <u32>LOCATION_SLOT);
      at += 4;
    }
    slot += SLOT_SIZE;
  }
  store<u32>(result, <u32>((at - from) >> 2), X_ACCESS_COUNT);
}

/** What a destroyed account is credited is gone with it: fees would then depend on where in the order they are paid. */
export function destroysFeeRecipient(): bool {
  if (isDestroyed(blockContext() + B_COINBASE) || isDestroyed(blockContext() + B_BASE_FEE_RECIPIENT)) return true;
  return chargesL1Fee() && isDestroyed(l1FeeRecipient());
}

function isDestroyed(address: usize): bool {
  const account = findAccount(address);
  return account != 0 && (load<u32>(account, O_FLAGS) & DESTROYED) != 0;
}

function publishAccounts(): void {
  let account = firstOverlayAccount();
  for (let i = overlayAccountCount(); i > 0; i--) {
    const flags = load<u32>(account, O_FLAGS);
    if ((flags & (TOUCHED | DIRTY | DESTROYED)) != 0) publishAccount(account, flags);
    account += ACCOUNT_SIZE;
  }
}

function publishAccount(account: usize, flags: u32): void {
  const flat = <usize>load<u32>(account, O_FLAT);
  const seen = load<u32>(account, O_SEEN);
  const isGone = (flags & DESTROYED) != 0;
  const nonce: u64 = isGone ? 0 : load<u64>(account, O_NONCE);
  const codeHash = isGone ? EMPTY_CODE_HASH : account + O_CODE_HASH;
  if (nonce != accountNonce(flat, seen) || !equals(codeHash, accountCodeHash(flat, seen))) {
    const payload = allocate(ACCOUNT_PAYLOAD_SIZE);
    if (payload == 0) return;
    store<u64>(payload, nonce, P_NONCE);
    store<u32>(payload, (flags & NEW_CODE) != 0 ? 1 : 0, P_NEW_CODE);
    copy(codeHash, payload + P_CODE_HASH);
    write(flat + A_ACCOUNT_VERSIONS, flat | LOCATION_ACCOUNT, payload);
  }
  const isCredit = (flags & LAZY) != 0 && !isGone;
  if (isCredit ? isZero(account + O_BALANCE) : !isGone && (flags & DIRTY) == 0) return;
  const payload = allocate(BALANCE_PAYLOAD_SIZE);
  if (payload == 0) return;
  store<u32>(payload, isCredit ? 0 : 1, P_ABSOLUTE);
  if (isGone) setZero(payload + P_AMOUNT);
  else copy(account + O_BALANCE, payload + P_AMOUNT);
  write(flat + A_BALANCE_VERSIONS, flat | LOCATION_BALANCE, payload);
}

function publishSlots(): void {
  let slot = firstOverlaySlot();
  for (let i = overlaySlotCount(); i > 0; i--) {
    publishSlot(slot);
    slot += SLOT_SIZE;
  }
}

@inline
function publishSlot(slot: usize): void {
  if (!isSlotWritten(slot)) return;
  const flat = <usize>load<u32>(slot, L_FLAT);
  const delta = <usize>load<u32>(slot, L_DELTA);
  const payload = delta != 0 ? delta : allocate(SLOT_PAYLOAD_SIZE);
  if (payload == 0) return;
  if (delta == 0) copy(slot + L_VALUE, payload);
  write(flat + S_VERSIONS, flat | LOCATION_SLOT, delta != 0 ? payload | RELATIVE : payload);
}

/** Makes the payload the writer's version of a location. */
function write(head: usize, location: usize, payload: usize): void {
  const version = ownVersion(head, location);
  if (version == 0) return;
  store<u32>(version, execution, V_EXECUTION);
  atomic.store<u32>(version, <u32>payload, V_DATA);
  store<u32>(writes + (<usize>writeCount << 2), <u32>version);
  writeCount++;
}

/** The writer's version in the list at `head`, inserted where there is none; 0 where the arena ran out. */
function ownVersion(head: usize, location: usize): usize {
  let made: usize = 0;
  while (true) {
    const before = atomic.load<u64>(head);
    const isEmpty = <u32>(before >> 32) != runEpoch();
    let above: usize = 0;
    let below: usize = isEmpty ? 0 : <usize>(<u32>before);
    while (below != 0 && load<u32>(below, V_TRANSACTION) > writer) {
      above = below;
      below = nextVersion(below);
    }
    if (below != 0 && load<u32>(below, V_TRANSACTION) == writer) return below;
    if (made == 0) {
      made = allocate(VERSION_SIZE);
      if (made == 0) return 0;
      store<u32>(made, writer, V_TRANSACTION);
      store<u32>(made, 0, V_DATA);
    }
    store<u32>(made, <u32>below, V_NEXT);
    if (above != 0) {
      if (atomic.cmpxchg<u32>(above, <u32>below, <u32>made, V_NEXT) == <u32>below) return made;
    } else if (atomic.cmpxchg<u64>(head, before, (<u64>runEpoch() << 32) | <u64>made) == before) {
      if (isEmpty) noteWritten(location);
      return made;
    }
  }
}

/** Versions that an earlier execution wrote and this one did not are no more. */
function dropUnwritten(before: usize): void {
  const list = <usize>load<u32>(before, X_WRITES);
  const end = list + (<usize>load<u32>(before, X_WRITE_COUNT) << 2);
  for (let at = list; at < end; at += 4) {
    const version = <usize>load<u32>(at);
    if (load<u32>(version, V_EXECUTION) != execution) atomic.store<u32>(version, 0, V_DATA);
  }
}

/** Marks what the transaction with this result wrote: it will be written again. */
export function markEstimates(result: usize): void {
  const list = <usize>load<u32>(result, X_WRITES);
  const end = list + (<usize>load<u32>(result, X_WRITE_COUNT) << 2);
  for (let at = list; at < end; at += 4) atomic.or<u32>(<usize>load<u32>(at), ESTIMATE, V_DATA);
}

/** Whether the deltas of the transaction with this result hold, all below it being final; they are absolute then. */
export function deltasHold(result: usize): bool {
  if (load<u32>(result, X_DELTA_COUNT) == 0) return true;
  const list = <usize>load<u32>(result, X_WRITES);
  if (settleDeltas(list, list + (<usize>load<u32>(result, X_WRITE_COUNT) << 2))) return true;
  count(STAT_CONFLICTS + (<usize>Read.Slot << 2));
  return false;
}
