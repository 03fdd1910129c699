/**
 * The end of a parallel run: what its transactions wrote becomes the flat cache's state, by location rather than by transaction. One instance does this,
 * after all have left the run.
 */
import {
  BASE_FEE_ENTRY,
  COINBASE_ENTRY,
  control,
  L1_FEE_ENTRY,
  recordOf,
  T_RESULT,
  blockBefore,
  workersOfRun,
  writtenBlock,
  writtenCount,
  writtenLocation,
} from '../scheduler/region';
import { R_BASE_FEE_PAID, R_L1_FEE, R_TIP } from '../transaction';
import { add, copy, equals, isZero, setZero } from '../u256';
import { EMPTY_CODE_HASH } from './codeCache';
import {
  A_ACCOUNT_VERSIONS,
  A_BALANCE,
  A_BALANCE_VERSIONS,
  A_CODE_HASH,
  A_FLAGS,
  A_NONCE,
  ACCOUNT_EXISTS,
  ACCOUNT_NEW_CODE,
  markAccountDirty,
  S_VERSIONS,
  writeSlotEntry,
} from './flatCache';
import { LOCATION_BALANCE, LOCATION_SLOT } from './multiVersionPublish';
import {
  firstVersion,
  nextVersion,
  P_ABSOLUTE,
  P_AMOUNT,
  P_CODE_HASH,
  P_NEW_CODE,
  P_NONCE,
  V_DATA,
  V_TRANSACTION,
  versionBelow,
} from './multiVersion';
import { workBase } from '../memory';


/** Writes the changes of the transactions below `end`, whose results are final, and pays their fees. */
export function settleRun(end: u32): void {
  for (let worker: u32 = 0; worker < workersOfRun(); worker++) {
    for (let block = writtenBlock(worker); block != 0; block = blockBefore(block)) {
      for (let i: u32 = 0, written = writtenCount(block); i < written; i++) settleLocation(writtenLocation(block, i), end);
    }
  }
  payFees(<usize>load<u32>(control(), COINBASE_ENTRY), end, R_TIP);
  const baseFeeRecipient = <usize>load<u32>(control(), BASE_FEE_ENTRY);
  if (baseFeeRecipient != 0) payFees(baseFeeRecipient, end, R_BASE_FEE_PAID);
  const l1FeeRecipient = <usize>load<u32>(control(), L1_FEE_ENTRY);
  if (l1FeeRecipient != 0) payFees(l1FeeRecipient, end, R_L1_FEE);
}

function settleLocation(location: usize, end: u32): void {
  const entry = location & ~7;
  if ((location & 7) == LOCATION_SLOT) settleSlot(entry, end);
  else if ((location & 7) == LOCATION_BALANCE) settleBalance(entry, end);
  else settleAccount(entry, end);
}

/** The last transaction below `end` that left an absolute balance: fees before it are in that; 0 where there is none. */
function feesFrom(flat: usize, end: u32): u32 {
  for (let version = firstVersion(flat + A_BALANCE_VERSIONS); version != 0; version = nextVersion(version)) {
    const data = <usize>load<u32>(version, V_DATA);
    if (load<u32>(version, V_TRANSACTION) >= end || data == 0) continue;
    if (load<u32>(data, P_ABSOLUTE) != 0) return load<u32>(version, V_TRANSACTION);
  }
  return 0;
}

/** After the balance was settled. */
function payFees(flat: usize, end: u32, field: usize): void {
  const sum = workBase() + 1024;
  setZero(sum);
  for (let i = feesFrom(flat, end); i < end; i++) add(sum, <usize>load<u32>(recordOf(i), T_RESULT) + field, sum);
  if (isZero(sum)) return;
  add(flat + A_BALANCE, sum, flat + A_BALANCE);
  finishAccount(flat);
}

function settleSlot(slot: usize, end: u32): void {
  const data = <usize>versionBelow(slot + S_VERSIONS, end);
  if (data != 0) writeSlotEntry(slot, data);
}

function settleAccount(flat: usize, end: u32): void {
  const data = <usize>versionBelow(flat + A_ACCOUNT_VERSIONS, end);
  if (data == 0) return;
  store<u64>(flat, load<u64>(data, P_NONCE), A_NONCE);
  copy(data + P_CODE_HASH, flat + A_CODE_HASH);
  let newCode: u32 = 0;
  for (let version = firstVersion(flat + A_ACCOUNT_VERSIONS); version != 0; version = nextVersion(version)) {
    const payload = <usize>load<u32>(version, V_DATA);
    if (load<u32>(version, V_TRANSACTION) < end && payload != 0) newCode |= load<u32>(payload, P_NEW_CODE);
  }
  if (newCode != 0) store<u32>(flat, load<u32>(flat, A_FLAGS) | ACCOUNT_NEW_CODE, A_FLAGS);
  finishAccount(flat);
}

function settleBalance(flat: usize, end: u32): void {
  const sum = workBase() + 1024;
  setZero(sum);
  let isAbsolute = false;
  let isWritten = false;
  for (let version = firstVersion(flat + A_BALANCE_VERSIONS); version != 0; version = nextVersion(version)) {
    const data = <usize>load<u32>(version, V_DATA);
    if (load<u32>(version, V_TRANSACTION) >= end || data == 0) continue;
    isWritten = true;
    add(sum, data + P_AMOUNT, sum);
    if (load<u32>(data, P_ABSOLUTE) != 0) {
      isAbsolute = true;
      break;
    }
  }
  if (!isWritten) return;
  if (isAbsolute) copy(sum, flat + A_BALANCE);
  else add(flat + A_BALANCE, sum, flat + A_BALANCE);
  finishAccount(flat);
}

/** An account exists if and only if it is not empty: those for which that is not so keep a run from happening. */
export function finishAccount(flat: usize): void {
  const isEmpty =
    load<u64>(flat, A_NONCE) == 0 && isZero(flat + A_BALANCE) && equals(flat + A_CODE_HASH, EMPTY_CODE_HASH);
  const flags = load<u32>(flat, A_FLAGS);
  store<u32>(flat, isEmpty ? flags & ~ACCOUNT_EXISTS : flags | ACCOUNT_EXISTS, A_FLAGS);
  markAccountDirty(flat);
}
