/**
 * Predecoding: EVM bytes → fixed-width internal operations of 16 bytes, {operation u32, argument u32, immediate u64}.
 *
 * Code is cut into basic blocks, each opened by a BLOCK operation that charges the static gas of all its instructions
 * and checks underflow and overflow for all of them at once. This can only move an exceptional halt forward within
 * its block, where nothing is observable in between: an exceptional halt undoes the frame and takes all of its gas.
 * Instructions that look at the gas left (GAS, calls, creates, SSTORE's sentry) therefore end their block, so that no
 * later instruction's gas is taken when they run.
 *
 * A table of u32, one per code byte, gives the address of the BLOCK of each JUMPDEST, 0 elsewhere.
 */
import { addsToSlot, beginWalks } from './hotSlots';
import { NO_STACK_FITS } from './haltReason';
import { append, beginFusion, fuse, OP_SIZE, PUSH_WIDE_SIZE, settle } from './fuse';
import { FIRST_JUMP, isDefined, LAST_JUMP, Op, staticGas, wordsLeft, wordsTaken } from './opcodes';

let endAt: usize = 0;
let jumpsAt: usize = 0;
let opsAt: usize = 0;

@inline
export function decodedEnd(): usize {
  return endAt;
}

@inline
export function decodedJumps(): usize {
  return jumpsAt;
}

@inline
export function decodedOps(): usize {
  return opsAt;
}

/** Bytes that `size` bytes of code take at most: a table entry each, and two operations each (GAS and the BLOCK behind it). */
@inline
export function predecodedSizeMax(size: u32): usize {
  return (<usize>size << 2) + (<usize>size << 5) + 192;
}

@inline
function emit(at: usize, op: u32, argument: u32, immediate: u64): void {
  store<u32>(at, op);
  store<u32>(at, argument, 4);
  store<u64>(at, immediate, 8);
}

/** Whether the block ends behind the instruction though control may go on. */
@inline
function endsBlock(opcode: u32): bool {
  return (
    opcode == Op.JUMPI ||
    opcode == Op.GAS ||
    opcode == Op.SSTORE ||
    opcode == Op.CREATE ||
    opcode == Op.CREATE2 ||
    opcode == Op.CALL ||
    opcode == Op.CALLCODE ||
    opcode == Op.DELEGATECALL ||
    opcode == Op.STATICCALL
  );
}

/** Whether control never goes on behind the instruction. */
@inline
function endsFlow(opcode: u32): bool {
  return (
    opcode == Op.STOP ||
    opcode == Op.JUMP ||
    opcode == Op.RETURN ||
    opcode == Op.REVERT ||
    opcode == Op.INVALID ||
    opcode == Op.SELFDESTRUCT
  );
}

/** Translates `size` bytes at `code` for `fork`, writing from `at` on; results through decodedOps/Jumps/End. */
export function predecode(code: usize, size: u32, at: usize, fork: u32): void {
  jumpsAt = (at + 15) & ~15;
  memory.fill(jumpsAt, 0, <usize>size << 2);
  opsAt = (jumpsAt + (<usize>size << 2) + 15) & ~15;
  let out = opsAt;
  let pc: u32 = 0;
  let reachable = true;
  beginWalks(size);
  while (pc < size || reachable) {
    // Control can't get here but by a JUMPDEST: skip what lies in between (push data included).
    if (!reachable) {
      const opcode = <u32>load<u8>(code + pc);
      if (opcode != Op.JUMPDEST) {
        pc += opcode >= 0x60 && opcode <= 0x7f ? opcode - 0x5e : 1;
        continue;
      }
    }
    const block = out;
    out += OP_SIZE;
    beginFusion();
    let gas: u32 = 0;
    let height = 0;
    let heightNeeded = 0;
    let heightMax = 0;
    reachable = true;
    if (pc < size && <u32>load<u8>(code + pc) == Op.JUMPDEST) {
      store<u32>(jumpsAt + (<usize>pc << 2), <u32>block);
      gas = 1;
      pc++;
    }
    while (true) {
      if (pc >= size) {
        emit(out, Op.STOP, 0, 0);
        out += OP_SIZE;
        reachable = false;
        break;
      }
      const opcode = <u32>load<u8>(code + pc);
      if (opcode == Op.JUMPDEST) break;
      if (!isDefined(opcode, fork)) {
        emit(out, Op.INVALID, 0, 0);
        out += OP_SIZE;
        pc++;
        reachable = false;
        break;
      }
      gas += staticGas(opcode);
      const taken = wordsTaken(opcode);
      if (taken - height > heightNeeded) heightNeeded = taken - height;
      height += wordsLeft(opcode) - taken;
      if (height > heightMax) heightMax = height;
      if (opcode >= 0x5f && opcode <= 0x7f) {
        out = emitPush(out, code, size, pc + 1, opcode - 0x5f);
        pc += opcode - 0x5e;
        continue;
      }
      if (opcode >= 0x80 && opcode <= 0x8f) out = fuse(out, Op.DUP, (opcode - 0x80) << 5);
      else if (opcode >= 0x90 && opcode <= 0x9f) out = fuse(out, Op.SWAP, (opcode - 0x8f) << 5);
      else if (opcode >= 0xa0 && opcode <= 0xa4) out = fuse(out, Op.LOG, opcode - 0xa0);
      else if (opcode == Op.PC) out = append(out, Op.PUSH, 0, pc);
      else if (opcode == Op.SLOAD && addsToSlot(code, size, pc, fork)) out = append(out, Op.SLOAD_TO_ADD, 0, 0);
      else out = fuse(out, opcode, 0);
      pc++;
      if (endsFlow(opcode)) {
        reachable = false;
        break;
      }
      if (endsBlock(opcode)) break;
    }
    emit(block, Op.BLOCK, gas, stackBounds(<u32>heightNeeded << 5, <u32>heightMax << 5));
  }
  resolveJumps(size, out);
  endAt = out;
}

const STACK_BYTES: u32 = 1024 * 32;

/**
 * The stack that a block can be entered with, so that one comparison tells: the least bytes taken, and in the upper half how many more may be.
 * The least is NO_STACK_FITS where the block alone is too much.
 */
function stackBounds(needed: u32, grown: u32): u64 {
  if (needed + grown > STACK_BYTES) return NO_STACK_FITS;
  return (<u64>(STACK_BYTES - needed - grown) << 32) | <u64>needed;
}

/** Turns the code offsets that static jumps hold into addresses, 0 where there is no JUMPDEST. */
function resolveJumps(size: u32, end: usize): void {
  let at = opsAt;
  while (at < end) {
    const operation = load<u32>(at);
    if (operation >= FIRST_JUMP && operation <= LAST_JUMP) {
      const to = load<u32>(at, 4);
      store<u32>(at, to < size ? load<u32>(jumpsAt + (<usize>to << 2)) : 0, 4);
    }
    at += operation == Op.PUSH_WIDE || operation == Op.ADD_WIDE ? PUSH_WIDE_SIZE : OP_SIZE;
  }
}

/** Emits a push of `count` bytes at `from`, zeros behind the code's end. */
function emitPush(out: usize, code: usize, size: u32, from: u32, count: u32): usize {
  if (count <= 8) {
    let value: u64 = 0;
    for (let i: u32 = 0; i < count; i++) {
      value = (value << 8) | (from + i < size ? <u64>load<u8>(code + from + i) : 0);
    }
    return append(settle(out), Op.PUSH, 0, value);
  }
  out = settle(out);
  append(out, Op.PUSH_WIDE, 0, 0);
  const word = out + OP_SIZE;
  memory.fill(word, 0, 32);
  for (let i: u32 = 0; i < count; i++) {
    if (from + i < size) store<u8>(word + (count - 1 - i), load<u8>(code + from + i));
  }
  return out + PUSH_WIDE_SIZE;
}
