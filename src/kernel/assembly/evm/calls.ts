/**
 * Entering and leaving frames: message calls, creations, self-destruction.
 *
 * Frames lie in linear memory, one per depth; the interpreter's loop goes on in whichever is current, so that depth costs
 * no WebAssembly stack. A child's EVM stack starts where its parent's ends, and so does its memory: a parent's memory
 * can't grow while its child runs.
 */
import { fork } from '../block';
import { Halt, haltWith, note } from './haltReason';
import { keccak256 } from '../keccak';
import { EVM_MEMORY, INITCODE, INITCODE_SIZE, privateBase, STACK, workBase } from '../memory';
import {
  C_BYTES,
  C_HASH,
  C_JUMPS,
  C_OPS,
  C_SIZE,
  codeByHash,
  codeGeneration,
  delegationTarget,
  isDelegation,
  predecoded,
  putCode,
} from '../state/codeCache';
import { A_FLAGS, ACCOUNT_NO_STORAGE } from '../state/flatCache';
import { copyAddress } from '../state/hash';
import {
  accountOf,
  codeOf,
  CREATED,
  DESTROYED,
  flagAccount,
  hasCode,
  isEmptyAccount,
  journalBalance,
  journalMark,
  noteAccess,
  O_ADDRESS,
  O_BALANCE,
  O_FLAGS,
  O_FLAT,
  O_NONCE,
  readBalance,
  revertTo,
  setCode,
  setNonce,
  TOUCHED,
  warmAccount,
} from '../state/overlay';
import {
  add,
  copy,
  fromAddress,
  isZero,
  lessThan,
  setU64,
  setZero,
  sub,
  toBigEndian,
  toU64Saturated,
} from '../u256';
import { forgetOpenDelta } from '../state/slotDeltas';
import { addressOf, touchWords } from './evmMemory';
import {
  CALL_DEPTH_MAX,
  F_CALLER,
  F_CODE,
  F_CODE_GENERATION,
  F_CODE_HASH,
  F_CODE_SIZE,
  F_FLAGS,
  F_FLOOR,
  F_GAS,
  F_INITCODE_GENERATION,
  F_INITCODE_MARK,
  F_INPUT,
  F_INPUT_SIZE,
  F_JOURNAL_MARK,
  F_JUMPS,
  F_LOG_COUNT_MARK,
  F_LOGS_MARK,
  F_MEMORY,
  F_MEMORY_SIZE,
  F_OPS,
  F_PC,
  F_REFUND_MARK,
  F_RETURN_OFFSET,
  F_RETURN_SIZE,
  F_SELF,
  F_SP,
  F_VALUE,
  FLAG_CREATE,
  FLAG_STATIC,
  frameAt,
} from './frame';
import {
  CALL_STIPEND,
  CALL_VALUE,
  charge,
  CODE_DEPOSIT_BYTE,
  CODE_SIZE_MAX,
  COLD_ACCOUNT,
  CREATE,
  gas,
  INITCODE_SIZE_MAX,
  INITCODE_WORD,
  isRegionFull,
  KECCAK_WORD,
  markRegionFull,
  NEW_ACCOUNT,
  refund,
  SELFDESTRUCT,
  setGas,
  setRefund,
  WARM,
  wordsOf,
} from './gas';
import { Op } from './opcodes';
import { decodedEnd, decodedJumps, decodedOps, predecode, predecodedSizeMax } from './predecode';
import { precompileAt, runPrecompile } from './precompiles';
import { returnData, returnDataSize, setReturnData, setReturnDataSize } from './returnData';
import { accessAccount, logsCount, logsMark, revertLogs } from './stateOps';
import { Status } from './status';

/** What an instruction or a transaction gets when it asks for a call. */
export const enum Entered {
  /** The asking frame halts: out of gas or a forbidden write. */
  Halt = 0,
  /** It is already over; its status is `immediateStatus()`, gas left is `gas()`. */
  Immediate = 1,
  /** A new frame is current. */
  Frame = 2,
}

/** Depth of the current frame; -1: none. */
let depth: i32 = -1;
let initcodeTop: usize = 0;
/** Changes when the initcode arena, being full, is emptied. */
let initcodeGeneration: u32 = 0;
let immediate: i32 = 0;
/** Output of the frame that is ending. */
let outputAt: usize = 0;
let outputSize: u32 = 0;

export function beginFrames(): void {
  depth = -1;
  initcodeTop = privateBase() + INITCODE;
  setReturnDataSize(0);
}

@inline
export function currentFrame(): usize {
  return frameAt(depth);
}

@inline
export function immediateStatus(): i32 {
  return immediate;
}

@inline
export function setOutput(at: usize, size: u32): void {
  outputAt = at;
  outputSize = size;
}

/** Moves `value` between overlay accounts; the sender's balance was checked. */
export function transfer(from: usize, to: usize, value: usize): void {
  if (isZero(value)) return;
  journalBalance(from);
  sub(from + O_BALANCE, value, from + O_BALANCE);
  journalBalance(to);
  add(to + O_BALANCE, value, to + O_BALANCE);
}

/** Lays out the frame above the current one. Its code is set by the caller. */
function pushFrame(self: usize, caller: usize, value: usize, input: usize, inputSize: u32, flags: u32): usize {
  const parent: usize = depth < 0 ? 0 : frameAt(depth);
  depth++;
  const frame = frameAt(depth);
  if (parent == 0) {
    store<u32>(frame, <u32>(privateBase() + STACK), F_FLOOR);
    store<u32>(frame, <u32>(privateBase() + EVM_MEMORY), F_MEMORY);
  } else {
    store<u32>(frame, load<u32>(parent, F_SP), F_FLOOR);
    store<u32>(frame, load<u32>(parent, F_MEMORY) + load<u32>(parent, F_MEMORY_SIZE), F_MEMORY);
  }
  store<u32>(frame, load<u32>(frame, F_FLOOR), F_SP);
  store<u32>(frame, 0, F_MEMORY_SIZE);
  store<u32>(frame, <u32>input, F_INPUT);
  store<u32>(frame, inputSize, F_INPUT_SIZE);
  store<u32>(frame, <u32>self, F_SELF);
  copyAddress(caller, frame + F_CALLER);
  copy(value, frame + F_VALUE);
  store<u32>(frame, flags, F_FLAGS);
  store<u32>(frame, 0, F_RETURN_SIZE);
  store<u32>(frame, <u32>initcodeTop, F_INITCODE_MARK);
  store<u32>(frame, initcodeGeneration, F_INITCODE_GENERATION);
  store<u64>(frame, gas(), F_GAS);
  setReturnDataSize(0);
  return frame;
}

function setMarks(frame: usize, journal: u32): void {
  store<u32>(frame, journal, F_JOURNAL_MARK);
  store<u32>(frame, logsMark(), F_LOGS_MARK);
  store<u32>(frame, logsCount(), F_LOG_COUNT_MARK);
  store<i64>(frame, refund(), F_REFUND_MARK);
}

/**
 * Starts a message call with `gas()` gas: the code of `codeAccount` on the account `self`. `payer` is the account that
 * the value moves from, 0 for calls that move none. The value's coverage was checked. A delegation (EIP-7702) is
 * followed one step; its access was charged.
 */
export function enterCall(
  self: usize,
  codeAccount: usize,
  payer: usize,
  caller: usize,
  value: usize,
  input: usize,
  inputSize: u32,
  flags: u32,
): Entered {
  const mark = journalMark();
  if (payer != 0) {
    flagAccount(self, TOUCHED);
    transfer(payer, self, value);
  }
  const id = precompileAt(codeAccount + O_ADDRESS);
  if (id != 0) {
    if (runPrecompile(id, input, inputSize)) {
      immediate = Status.Success;
    } else {
      revertTo(mark);
      setGas(0);
      setReturnDataSize(0);
      haltWith(Halt.Precompile);
      immediate = Status.Failed;
    }
    return Entered.Immediate;
  }
  let code = codeOf(codeAccount);
  if (isDelegation(code)) {
    const target = accountOf(delegationTarget(code));
    // A delegation to a precompile runs no code.
    code = codeOf(target);
  }
  if (load<u32>(code, C_SIZE) == 0) {
    setReturnDataSize(0);
    immediate = Status.Success;
    return Entered.Immediate;
  }
  code = predecoded(code);
  const frame = pushFrame(self, caller, value, input, inputSize, flags);
  setMarks(frame, mark);
  copy(code + C_HASH, frame + F_CODE_HASH);
  useCode(frame, code);
  store<u32>(frame, load<u32>(code, C_OPS), F_PC);
  return Entered.Frame;
}

function useCode(frame: usize, code: usize): void {
  store<u32>(frame, load<u32>(code, C_BYTES), F_CODE);
  store<u32>(frame, load<u32>(code, C_SIZE), F_CODE_SIZE);
  store<u32>(frame, load<u32>(code, C_JUMPS), F_JUMPS);
  store<u32>(frame, load<u32>(code, C_OPS), F_OPS);
  store<u32>(frame, codeGeneration(), F_CODE_GENERATION);
}

/** Predecodes the frame's initcode, which stays where the caller keeps it. */
function useInitcode(frame: usize): void {
  let size = load<u32>(frame, F_CODE_SIZE);
  const base = privateBase() + INITCODE;
  if (initcodeTop + predecodedSizeMax(size) > base + INITCODE_SIZE) {
    // The frames below predecode theirs again when they go on.
    initcodeTop = base;
    initcodeGeneration++;
    if (predecodedSizeMax(size) > INITCODE_SIZE) {
      markRegionFull();
      size = 0;
    }
  }
  store<u32>(frame, <u32>initcodeTop, F_INITCODE_MARK);
  store<u32>(frame, initcodeGeneration, F_INITCODE_GENERATION);
  store<u32>(frame, initcodeGeneration, F_CODE_GENERATION);
  predecode(<usize>load<u32>(frame, F_CODE), size, initcodeTop, fork());
  initcodeTop = decodedEnd();
  store<u32>(frame, <u32>decodedJumps(), F_JUMPS);
  store<u32>(frame, <u32>decodedOps(), F_OPS);
}

/**
 * Where the frame's predecoded code was thrown out while others ran: brings it back and moves F_PC along. Predecoding is a function of
 * the code, so that distances inside it are the same as before.
 */
export function refreshCode(frame: usize): void {
  const generation = load<u32>(frame, F_CODE_GENERATION);
  const opsBefore = load<u32>(frame, F_OPS);
  if ((load<u32>(frame, F_FLAGS) & FLAG_CREATE) != 0) {
    if (generation == initcodeGeneration) return;
    useInitcode(frame);
  } else {
    if (generation == codeGeneration()) return;
    useCode(frame, predecoded(codeByHash(frame + F_CODE_HASH)));
  }
  store<u32>(frame, load<u32>(frame, F_PC) - opsBefore + load<u32>(frame, F_OPS), F_PC);
}

/**
 * Starts a creation at the account `created` with `gas()` gas. The creator's nonce is already raised, the value's coverage
 * checked, the address warm. A collision (EIP-7610 included) is an immediate failure.
 */
export function enterCreate(created: usize, payer: usize, value: usize, initcode: usize, size: u32): Entered {
  if (
    load<u64>(created, O_NONCE) != 0 ||
    hasCode(created) ||
    (load<u32>(<usize>load<u32>(created, O_FLAT), A_FLAGS) & ACCOUNT_NO_STORAGE) == 0
  ) {
    setGas(0);
    setReturnDataSize(0);
    haltWith(Halt.AddressCollision);
    immediate = Status.Failed;
    return Entered.Immediate;
  }
  const mark = journalMark();
  flagAccount(created, CREATED | TOUCHED);
  setNonce(created, 1);
  transfer(payer, created, value);
  const frame = pushFrame(created, payer + O_ADDRESS, value, 0, 0, FLAG_CREATE);
  setMarks(frame, mark);
  store<u32>(frame, <u32>initcode, F_CODE);
  store<u32>(frame, size, F_CODE_SIZE);
  useInitcode(frame);
  store<u32>(frame, load<u32>(frame, F_OPS), F_PC);
  return Entered.Frame;
}

/** A successful creation's output becomes code; false: it can't (EIP-3541, EIP-170, gas). */
function deposit(account: usize): bool {
  const size = outputSize;
  if (size != 0 && load<u8>(outputAt) == 0xef) haltWith(Halt.CodeBegins0xEF);
  else if (!charge(<u64>size * CODE_DEPOSIT_BYTE)) haltWith(Halt.OutOfGas);
  else if (size > CODE_SIZE_MAX) haltWith(Halt.CodeTooLarge);
  else return storeCode(account, size);
  return false;
}

function storeCode(account: usize, size: u32): bool {
  if (size == 0) return true;
  const hash = workBase() + 1024;
  keccak256(outputAt, <i32>size, hash);
  setCode(account, hash, putCode(hash, outputAt, size));
  return true;
}

/**
 * Ends the current frame with `status` and `gas()` left: undoes or keeps its changes, hands output and gas to its parent
 * and the result to the parent's stack. Returns false where it was the outermost frame: `immediateStatus()`, `gas()` and the
 * return data are then the outcome.
 */
export function leaveFrame(status: i32): bool {
  forgetOpenDelta();
  const frame = frameAt(depth);
  const creation = (load<u32>(frame, F_FLAGS) & FLAG_CREATE) != 0;
  if (status == Status.Success && creation && !deposit(<usize>load<u32>(frame, F_SELF))) status = Status.Failed;
  if (status != Status.Success) {
    revertTo(load<u32>(frame, F_JOURNAL_MARK));
    revertLogs(load<u32>(frame, F_LOGS_MARK), load<u32>(frame, F_LOG_COUNT_MARK));
    setRefund(load<i64>(frame, F_REFUND_MARK));
  }
  if (status == Status.Failed) {
    setGas(0);
    outputSize = 0;
  }
  if (load<u32>(frame, F_INITCODE_GENERATION) == initcodeGeneration) {
    initcodeTop = <usize>load<u32>(frame, F_INITCODE_MARK);
  }
  immediate = status;
  depth--;
  // The outermost creation's output stays readable: a call of the RPC shows it.
  if (depth < 0) {
    setReturnData(outputAt, outputSize);
    return false;
  }
  const parent = frameAt(depth);
  if (creation && status == Status.Success) setReturnDataSize(0);
  else setReturnData(outputAt, outputSize);
  // A result that is thrown away should not take long.
  setGas(isRegionFull() ? 0 : gas() + load<u64>(parent, F_GAS));
  pushResult(parent, frame, creation, status);
  refreshCode(parent);
  return true;
}

function pushResult(parent: usize, frame: usize, creation: bool, status: i32): void {
  const top = <usize>load<u32>(parent, F_SP);
  if (creation) {
    if (status == Status.Success) fromAddress(<usize>load<u32>(frame, F_SELF) + O_ADDRESS, top);
    else setZero(top);
    return;
  }
  setU64(top, status == Status.Success ? 1 : 0);
  copyReturn(parent, load<u32>(frame, F_RETURN_OFFSET), load<u32>(frame, F_RETURN_SIZE));
}

@inline
function copyReturn(frame: usize, offset: u32, size: u32): void {
  const count = min(size, returnDataSize());
  if (count != 0) memory.copy(<usize>load<u32>(frame, F_MEMORY) + <usize>offset, returnData(), <usize>count);
}

/** All but one 64th (EIP-150). */
@inline
function allButOne64th(amount: u64): u64 {
  return amount - (amount >> 6);
}

/** CALL, CALLCODE, DELEGATECALL, STATICCALL. The result word and the new top of stack are stored in the frame. */
export function callInstruction(frame: usize, sp: usize, opcode: u32): Entered {
  const withValue = opcode == Op.CALL || opcode == Op.CALLCODE;
  // Operands from the top: gas, address, [value,] input offset and size, output offset and size.
  const input = withValue ? sp - 96 : sp - 64;
  const output = input - 64;
  const top = output - 32;
  if (!touchWords(frame, input, input - 32) || !touchWords(frame, output, output - 32)) return Entered.Halt;
  const codeAccount = accessAccount(sp - 32);
  if (codeAccount == 0) return Entered.Halt;
  const self = <usize>load<u32>(frame, F_SELF);
  const flags = load<u32>(frame, F_FLAGS);
  const code = codeOf(codeAccount);
  const value = sp - 64;
  const paying = withValue && !isZero(value);
  // EIP-7928: once memory, access and transfer are paid for; a delegate, once everything is.
  const isForbidden = paying && opcode == Op.CALL && (flags & FLAG_STATIC) != 0;
  if (!isForbidden && (!paying || gas() >= CALL_VALUE)) noteAccess(codeAccount);
  let delegate: usize = 0;
  if (isDelegation(code)) {
    delegate = accountOf(delegationTarget(code));
    if (!charge(warmAccount(delegate) ? WARM : COLD_ACCOUNT)) return Entered.Halt;
  }
  if (paying) {
    if (!charge(CALL_VALUE)) return Entered.Halt;
    if (opcode == Op.CALL) {
      if ((flags & FLAG_STATIC) != 0) {
        note(Halt.WriteProtection);
        return Entered.Halt;
      }
      if (isEmptyAccount(codeAccount) && !charge(NEW_ACCOUNT)) return Entered.Halt;
    }
  }
  if (delegate != 0) noteAccess(delegate);
  const available = gas();
  let given = min(toU64Saturated(sp), allButOne64th(available));
  const kept = available - given;
  if (paying) given += CALL_STIPEND;

  store<u32>(frame, <u32>top, F_SP);
  setReturnDataSize(0);
  if (paying) readBalance(self);
  if (depth + 1 > CALL_DEPTH_MAX || (paying && lessThan(self + O_BALANCE, value))) {
    setGas(kept + given);
    setZero(top);
    refreshCode(frame);
    return Entered.Immediate;
  }
  const returnOffset = load<u32>(output);
  const returnSize = load<u32>(output - 32);
  const inputSize = load<u32>(input - 32);
  // The offset of nothing may be anything: it must not become an address.
  const inputAt: usize = inputSize == 0 ? 0 : addressOf(frame, input);
  store<u64>(frame, kept, F_GAS);
  setGas(given);

  let entered: Entered;
  if (opcode == Op.CALL) {
    entered = enterCall(codeAccount, codeAccount, self, self + O_ADDRESS, value, inputAt, inputSize, flags & FLAG_STATIC);
  } else if (opcode == Op.CALLCODE) {
    entered = enterCall(self, codeAccount, 0, self + O_ADDRESS, value, inputAt, inputSize, flags & FLAG_STATIC);
  } else if (opcode == Op.DELEGATECALL) {
    const caller = frame + F_CALLER;
    entered = enterCall(self, codeAccount, 0, caller, frame + F_VALUE, inputAt, inputSize, flags & FLAG_STATIC);
  } else {
    const none = workBase() + 1120;
    setZero(none);
    entered = enterCall(codeAccount, codeAccount, 0, self + O_ADDRESS, none, inputAt, inputSize, FLAG_STATIC);
    // EIP-161 touches the target of a STATICCALL too, but a touch can't be seen on an account that existed.
  }
  if (entered == Entered.Frame) {
    const child = frameAt(depth);
    store<u32>(child, returnOffset, F_RETURN_OFFSET);
    store<u32>(child, returnSize, F_RETURN_SIZE);
  } else {
    setGas(gas() + kept);
    setU64(top, immediate == Status.Success ? 1 : 0);
    copyReturn(frame, returnOffset, returnSize);
    refreshCode(frame);
  }
  return entered;
}

/** CREATE and CREATE2. The result word and the new top of stack are stored in the frame. */
export function createInstruction(frame: usize, sp: usize, salted: bool): Entered {
  if ((load<u32>(frame, F_FLAGS) & FLAG_STATIC) != 0) {
    note(Halt.WriteProtection);
    return Entered.Halt;
  }
  const size = toU64Saturated(sp - 64);
  if (size > <u64>INITCODE_SIZE_MAX) {
    note(Halt.InitcodeTooLarge);
    return Entered.Halt;
  }
  if (!touchWords(frame, sp - 32, sp - 64)) return Entered.Halt;
  const words = wordsOf(size);
  if (!charge(CREATE + words * (salted ? INITCODE_WORD + KECCAK_WORD : INITCODE_WORD))) return Entered.Halt;

  const self = <usize>load<u32>(frame, F_SELF);
  const top = salted ? sp - 96 : sp - 64;
  const nonce = load<u64>(self, O_NONCE);
  const initcode: usize = size == 0 ? 0 : addressOf(frame, sp - 32);
  store<u32>(frame, <u32>top, F_SP);
  setReturnDataSize(0);
  if (!isZero(sp)) readBalance(self);
  if (depth + 1 > CALL_DEPTH_MAX || nonce == u64.MAX_VALUE || lessThan(self + O_BALANCE, sp)) {
    setZero(top);
    return Entered.Immediate;
  }
  const address = workBase() + 1152;
  if (salted) create2Address(self + O_ADDRESS, sp - 96, initcode, <u32>size, address);
  else createAddress(self + O_ADDRESS, nonce, address);
  const created = accountOf(address);
  warmAccount(created);
  noteAccess(created);
  setNonce(self, nonce + 1);
  const available = gas();
  const given = allButOne64th(available);
  store<u64>(frame, available - given, F_GAS);
  setGas(given);
  const entered = enterCreate(created, self, sp, initcode, <u32>size);
  if (entered != Entered.Frame) {
    setGas(gas() + available - given);
    setZero(top);
  }
  return entered;
}

/** keccak256(rlp([sender, nonce]))[12:]. */
export function createAddress(sender: usize, nonce: u64, out: usize): void {
  const at = workBase() + 1280;
  store<u8>(at, 0x94, 1);
  copyAddress(sender, at + 2);
  let size = 22;
  if (nonce == 0) {
    store<u8>(at + 22, 0x80);
    size = 23;
  } else if (nonce < 128) {
    store<u8>(at + 22, <u8>nonce);
    size = 23;
  } else {
    const bytes = 8 - (<i32>clz<u64>(nonce) >> 3);
    store<u8>(at + 22, <u8>(0x80 + bytes));
    store<u64>(at + 23, bswap<u64>(nonce) >> (<u64>(8 - bytes) << 3));
    size = 23 + bytes;
  }
  store<u8>(at, <u8>(0xc0 + size - 1));
  keccak256(at, size, at + 64);
  copyAddress(at + 76, out);
}

/** keccak256(0xff ‖ sender ‖ salt ‖ keccak256(initcode))[12:] (EIP-1014). */
function create2Address(sender: usize, salt: usize, initcode: usize, size: u32, out: usize): void {
  const at = workBase() + 1280;
  store<u8>(at, 0xff);
  copyAddress(sender, at + 1);
  toBigEndian(salt, at + 21);
  keccak256(initcode, <i32>size, at + 53);
  keccak256(at, 85, at + 96);
  copyAddress(at + 108, out);
}

/** SELFDESTRUCT (EIP-6780: only what was created in the same transaction ceases to exist); false: the frame halts. */
export function selfdestruct(frame: usize, sp: usize): bool {
  if ((load<u32>(frame, F_FLAGS) & FLAG_STATIC) != 0) return note(Halt.WriteProtection);
  if (!charge(SELFDESTRUCT)) return false;
  const address = workBase() + 1152;
  store<u32>(address, bswap<u32>(<u32>load<u64>(sp, 16)));
  store<u64>(address, bswap<u64>(load<u64>(sp, 8)), 4);
  store<u64>(address, bswap<u64>(load<u64>(sp)), 12);
  const beneficiary = accountOf(address);
  if (!warmAccount(beneficiary) && !charge(COLD_ACCOUNT)) return false;
  noteAccess(beneficiary);
  const self = <usize>load<u32>(frame, F_SELF);
  readBalance(self);
  if (!isZero(self + O_BALANCE) && isEmptyAccount(beneficiary) && !charge(NEW_ACCOUNT)) return false;
  flagAccount(beneficiary, TOUCHED);
  if (beneficiary != self) {
    const amount = workBase() + 1184;
    copy(self + O_BALANCE, amount);
    transfer(self, beneficiary, amount);
  }
  if ((load<u32>(self, O_FLAGS) & CREATED) != 0) {
    if (!isZero(self + O_BALANCE)) {
      journalBalance(self);
      setZero(self + O_BALANCE);
    }
    flagAccount(self, DESTROYED);
  }
  return true;
}
