/** Instructions that read or write accounts, slots and logs. `sp` is the top of stack; results go where the stack's top will be. */
import { blockHash } from '../host';
import { Halt, note } from './haltReason';
import { LOGS, LOGS_SIZE, privateBase, workBase } from '../memory';
import { C_BYTES, C_SIZE } from '../state/codeCache';
import { copyAddress } from '../state/hash';
import { forgetOpenDelta, openDelta, resolveSlot, storeSum } from '../state/slotDeltas';
import {
  accountOf,
  codeOf,
  isEmptyAccount,
  L_DELTA,
  L_ORIGINAL,
  L_VALUE,
  loadTransient,
  noteAccess,
  noteSlotAccess,
  O_ADDRESS,
  O_BALANCE,
  O_CODE_HASH,
  readBalance,
  setSlot,
  slotOf,
  storeTransient,
  warmAccount,
  warmSlot,
} from '../state/overlay';
import { copy, equals, fitsU64, fromBigEndian, isZero, setU64, setZero, toAddress, toBigEndian, toU64Saturated } from '../u256';
import { B_NUMBER } from '../block';
import { blockContext } from '../memory';
import { addressOf, copyCode, touchWords } from './evmMemory';
import { F_FLAGS, F_SELF, FLAG_STATIC } from './frame';
import {
  charge,
  COLD_ACCOUNT,
  COLD_SLOT,
  gas,
  LOG,
  LOG_BYTE,
  LOG_TOPIC,
  markRegionFull,
  refund,
  setRefund,
  SSTORE_CLEAR_REFUND,
  SSTORE_RESET,
  SSTORE_SENTRY,
  SSTORE_SET,
  WARM,
} from './gas';

/** The account that a stack word names, warm afterwards, its access charged; 0: out of gas. */
export function accessAccount(word: usize): usize {
  const address = workBase() + 1024;
  toAddress(word, address);
  const account = accountOf(address);
  return charge(warmAccount(account) ? WARM : COLD_ACCOUNT) ? account : 0;
}

export function balance(sp: usize): bool {
  const account = accessAccount(sp);
  if (account == 0) return false;
  noteAccess(account);
  readBalance(account);
  copy(account + O_BALANCE, sp);
  return true;
}

export function extcodesize(sp: usize): bool {
  const account = accessAccount(sp);
  if (account == 0) return false;
  noteAccess(account);
  setU64(sp, load<u32>(codeOf(account), C_SIZE));
  return true;
}

/** 0 for accounts that are dead (EIP-1052, EIP-161). */
export function extcodehash(sp: usize): bool {
  const account = accessAccount(sp);
  if (account == 0) return false;
  noteAccess(account);
  if (isEmptyAccount(account)) setZero(sp);
  else fromBigEndian(account + O_CODE_HASH, sp);
  return true;
}

export function extcodecopy(frame: usize, sp: usize): bool {
  const account = accessAccount(sp);
  if (account == 0) return false;
  const code = codeOf(account);
  if (!copyCode(frame, sp, <usize>load<u32>(code, C_BYTES), load<u32>(code, C_SIZE))) return false;
  noteAccess(account);
  return true;
}

export function blockhash(sp: usize): void {
  const current = load<u64>(blockContext(), B_NUMBER);
  const wanted = load<u64>(sp);
  if (!fitsU64(sp) || wanted >= current || current - wanted > 256) {
    setZero(sp);
    return;
  }
  blockHash(wanted, sp);
  fromBigEndian(sp, sp);
}

export function sload(frame: usize, sp: usize): bool {
  const slot = slotOf(<usize>load<u32>(frame, F_SELF), sp);
  if (!charge(warmSlot(slot) ? WARM : COLD_SLOT)) return false;
  noteSlotAccess(slot);
  if (load<u32>(slot, L_DELTA) != 0) resolveSlot(slot);
  copy(slot + L_VALUE, sp);
  return true;
}

/** SLOAD whose value only serves to add to the slot: in a parallel run the transaction need not depend on what it is. */
export function sloadToAdd(frame: usize, sp: usize): bool {
  const slot = slotOf(<usize>load<u32>(frame, F_SELF), sp, true);
  if (!charge(warmSlot(slot) ? WARM : COLD_SLOT)) return false;
  noteSlotAccess(slot);
  if (load<u32>(slot, L_DELTA) != 0) openDelta(slot);
  copy(slot + L_VALUE, sp);
  return true;
}

/** EIP-2200 with the figures of EIP-2929 and EIP-3529. */
export function sstore(frame: usize, sp: usize): bool {
  if ((load<u32>(frame, F_FLAGS) & FLAG_STATIC) != 0) return note(Halt.WriteProtection);
  if (gas() <= SSTORE_SENTRY) return false;
  const slot = slotOf(<usize>load<u32>(frame, F_SELF), sp);
  noteSlotAccess(slot);
  const value = sp - 32;
  if (load<u32>(slot, L_DELTA) != 0) storeSum(slot, value);
  forgetOpenDelta();
  let cost: u64 = warmSlot(slot) ? 0 : COLD_SLOT;
  const original = slot + L_ORIGINAL;
  const current = slot + L_VALUE;
  if (equals(current, value)) {
    return charge(cost + WARM);
  }
  let refunded: i64 = 0;
  if (equals(original, current)) {
    if (isZero(original)) cost += SSTORE_SET;
    else {
      cost += SSTORE_RESET;
      if (isZero(value)) refunded = SSTORE_CLEAR_REFUND;
    }
  } else {
    cost += WARM;
    if (!isZero(original)) {
      if (isZero(current)) refunded -= SSTORE_CLEAR_REFUND;
      else if (isZero(value)) refunded += SSTORE_CLEAR_REFUND;
    }
    if (equals(original, value)) {
      refunded += isZero(original) ? <i64>(SSTORE_SET - WARM) : <i64>(SSTORE_RESET - WARM);
    }
  }
  if (!charge(cost)) return false;
  setRefund(refund() + refunded);
  setSlot(slot, value);
  return true;
}

export function tload(frame: usize, sp: usize): void {
  loadTransient(<usize>load<u32>(frame, F_SELF), sp, sp);
}

export function tstore(frame: usize, sp: usize): bool {
  if ((load<u32>(frame, F_FLAGS) & FLAG_STATIC) != 0) return note(Halt.WriteProtection);
  storeTransient(<usize>load<u32>(frame, F_SELF), sp, sp - 32);
  return true;
}

// A log record: address (20), topic count u32, data size u32, then topics (32 each, big-endian) and data, padded to 4.
export const LOG_ADDRESS: usize = 0;
export const LOG_TOPIC_COUNT: usize = 20;
export const LOG_DATA_SIZE: usize = 24;
export const LOG_HEADER_SIZE: usize = 28;

let logsUsed: usize = 0;
let logCount: u32 = 0;

@inline
export function logsMark(): u32 {
  return <u32>logsUsed;
}

@inline
export function logsCount(): u32 {
  return logCount;
}

export function revertLogs(mark: u32, count: u32): void {
  logsUsed = <usize>mark;
  logCount = count;
}

/** LOG0 to LOG4. */
export function log(frame: usize, sp: usize, topics: u32): bool {
  if ((load<u32>(frame, F_FLAGS) & FLAG_STATIC) != 0) return note(Halt.WriteProtection);
  const size = toU64Saturated(sp - 32);
  if (!touchWords(frame, sp, sp - 32)) return false;
  if (!charge(LOG + LOG_TOPIC * <u64>topics + LOG_BYTE * size)) return false;
  const length = (LOG_HEADER_SIZE + (<usize>topics << 5) + <usize>size + 3) & ~3;
  if (logsUsed + length > LOGS_SIZE) {
    markRegionFull();
    return false;
  }
  let at = privateBase() + LOGS + logsUsed;
  copyAddress(<usize>load<u32>(frame, F_SELF) + O_ADDRESS, at + LOG_ADDRESS);
  store<u32>(at, topics, LOG_TOPIC_COUNT);
  store<u32>(at, <u32>size, LOG_DATA_SIZE);
  at += LOG_HEADER_SIZE;
  for (let i: u32 = 0; i < topics; i++) {
    toBigEndian(sp - 64 - (<usize>i << 5), at);
    at += 32;
  }
  if (size != 0) memory.copy(at, addressOf(frame, sp), <usize>size);
  logsUsed += length;
  logCount++;
  return true;
}
