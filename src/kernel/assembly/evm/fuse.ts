/**
 * Superinstructions: while a basic block is being predecoded, the operations just emitted and the next instruction
 * become one operation where they form a known pattern, and arithmetic on constants is done at once.
 *
 * Only operations of the current block are looked at, so that no jump can land inside a pattern. Static gas and stack bounds are the
 * block's, taken from the instructions, and do not change.
 */
import { workBase } from '../memory';
import * as u256 from '../u256';
import { Op } from './opcodes';

export const OP_SIZE: usize = 16;
/** A PUSH_WIDE is followed by its 32-byte word. */
export const PUSH_WIDE_SIZE: usize = 48;

const MEMORY_OFFSET_MAX: u64 = 0x7fffffff;

// The last four operations of the block, the latest first; 0: none.
let last1: usize = 0;
let last2: usize = 0;
let last3: usize = 0;
let last4: usize = 0;

/** A block starts: nothing before it may be touched. */
export function beginFusion(): void {
  last1 = 0;
  last2 = 0;
  last3 = 0;
  last4 = 0;
}

@inline
function opAt(at: usize): u32 {
  return at == 0 ? <u32>Op.INVALID : load<u32>(at);
}

@inline
function immediate(at: usize): u64 {
  return load<u64>(at, 8);
}

/** Forgets the latest operations and returns where the latest of them lay. */
function drop(count: i32): usize {
  let at = last1;
  for (let i = 0; i < count; i++) {
    at = last1;
    last1 = last2;
    last2 = last3;
    last3 = last4;
    last4 = 0;
  }
  return at;
}

/** Writes an operation at `at`, now the latest; returns the address behind it. */
export function append(at: usize, operation: u32, argument: u32, value: u64): usize {
  store<u32>(at, operation);
  store<u32>(at, argument, 4);
  store<u64>(at, value, 8);
  last4 = last3;
  last3 = last2;
  last2 = last1;
  last1 = at;
  return at + OP_SIZE;
}

/** Appends a push of the word at `word`. */
function appendConstant(at: usize, word: usize): usize {
  if (u256.fitsU64(word)) return append(at, Op.PUSH, 0, load<u64>(word));
  // The word may lie where the operation goes.
  const kept = workBase() + 1504;
  u256.copy(word, kept);
  append(at, Op.PUSH_WIDE, 0, 0);
  u256.copy(kept, at + OP_SIZE);
  return at + PUSH_WIDE_SIZE;
}

@inline
function isPush(operation: u32): bool {
  return operation == Op.PUSH || operation == Op.PUSH_WIDE;
}

/** Writes the constant that the push at `at` pushes to `out`. */
function constantOf(at: usize, out: usize): void {
  if (opAt(at) == Op.PUSH) u256.setU64(out, immediate(at));
  else u256.copy(at + OP_SIZE, out);
}

/**
 * Emits `opcode` (its `argument` as in the plain operation) behind the operations so far, which end at `at`, fusing where a pattern
 * fits. Returns the new end.
 */
export function fuse(at: usize, opcode: u32, argument: u32): usize {
  const before = opAt(last1);
  if (opcode == Op.JUMP || opcode == Op.JUMPI) {
    if (before == Op.PUSH) return opcode == Op.JUMP ? fuseJump() : fuseConditionalJump();
  } else if (before == Op.PUSH_DUP) {
    if (opcode == Op.SWAP && argument == 32) return turnPushDup();
  } else if (isPush(before)) {
    const end = fuseConstant(opcode, argument);
    if (end != 0) return end;
  } else if (opcode == Op.POP) {
    if (before == Op.SWAP) {
      const distance = load<u32>(last1, 4);
      return append(drop(1), Op.SWAP_POP, distance, 0);
    }
    if (before == Op.POP) return append(drop(1), Op.POP_MANY, 64, 0);
    if (before == Op.POP_MANY) {
      const size = load<u32>(last1, 4) + 32;
      return append(drop(1), Op.POP_MANY, size, 0);
    }
  } else if (before == Op.SWAP) {
    const distance = load<u32>(last1, 4);
    if (distance == 32) {
      const turned = withOperandsTurned(opcode);
      if (turned != 0) return fuse(drop(1), turned, 0);
      if (opcode == Op.SUB) {
        if (opAt(last2) != Op.DUP) return append(drop(1), Op.SUB_TURNED, 0, 0);
        const subtracted = load<u32>(last2, 4);
        return append(drop(2), Op.SUB_DUP, subtracted, 0);
      }
      if (opcode == Op.MSTORE) return append(drop(1), Op.MSTORE_TURNED, 0, 0);
    }
    if (opcode == Op.SWAP) return distance == argument ? drop(1) : append(drop(1), Op.SWAP_SWAP, distance, argument);
  } else if (before == Op.DUP) {
    const distance = load<u32>(last1, 4);
    if (opcode == Op.MLOAD) return append(drop(1), Op.DUP_MLOAD, distance, 0);
    if (opcode == Op.MSTORE) return append(drop(1), Op.DUP_MSTORE, distance, 0);
    if (opcode == Op.MUL && distance == 32 && isScaleUnder()) {
      const factor = immediate(last3);
      return append(drop(3), Op.SCALE_UNDER, <u32>ctz<u64>(factor), factor);
    }
    if (opcode == Op.DUP) return append(drop(1), Op.DUP_DUP, distance, argument);
    if (opcode == Op.ADD) return append(drop(1), Op.DUP_ADD, distance, 0);
  }
  else if (opcode == Op.ADD) {
    const scaled = fuseScaled(before);
    if (scaled != 0) return scaled;
  } else if (opcode == Op.MLOAD && before == Op.ADD_SCALED) {
    const shift = load<u32>(last1, 4);
    const value = immediate(last1);
    return append(drop(1), Op.MLOAD_SCALED, shift, value);
  }
  return append(settle(at), opcode, argument, 0);
}

/** The operations so far end at `at`, and what follows takes no part in a pattern with the last of them: fuses that one with those before it. */
export function settle(at: usize): usize {
  if (opAt(last1) != Op.SWAP || load<u32>(last1, 4) != 32 || opAt(last2) != Op.DUP_ADD) return at;
  const distance = load<u32>(last2, 4);
  return append(drop(2), Op.DUP_ADD_SWAP, distance, 0);
}

/** Beyond these an array element's address is left to plain arithmetic. */
const SCALE_SHIFT_MAX: u32 = 16;
const SCALE_OFFSET_MAX: u64 = 0x7fffffff;

/** What follows is an ADD; 0 where nothing fits. */
function fuseScaled(before: u32): usize {
  if (before == Op.ADD_IMMEDIATE && opAt(last2) == Op.SHL_IMMEDIATE) {
    const value = immediate(last1);
    const shift = immediate(last2);
    if (shift > SCALE_SHIFT_MAX || value > SCALE_OFFSET_MAX) return 0;
    return append(drop(2), Op.ADD_SCALED, <u32>shift, value);
  }
  // base, x; SCALE_UNDER: base, 2^k, x·2^k; SWAP2, SWAP1, SWAP2: 2^k, base, x·2^k; ADD, ADD
  const isElement =
    before == Op.ADD &&
    opAt(last2) == Op.SWAP &&
    load<u32>(last2, 4) == 64 &&
    opAt(last3) == Op.SWAP_SWAP &&
    load<u32>(last3, 4) == 64 &&
    load<u64>(last3, 8) == 32 &&
    opAt(last4) == Op.SCALE_UNDER;
  if (!isElement) return 0;
  const shift = load<u32>(last4, 4);
  const value = immediate(last4);
  return append(drop(4), Op.ADD_SCALED, shift, value);
}

/** Whether the latest operations are PUSH of a small power of two, SWAP1 and a DUP. */
function isScaleUnder(): bool {
  return (
    opAt(last2) == Op.SWAP &&
    load<u32>(last2, 4) == 32 &&
    opAt(last3) == Op.PUSH &&
    isPowerOfTwo(immediate(last3)) &&
    ctz<u64>(immediate(last3)) <= SCALE_SHIFT_MAX
  );
}

/** PUSH, DUPn, SWAP1 is DUPn-1, PUSH: with the constant last, what follows can take it in. */
function turnPushDup(): usize {
  const distance = load<u32>(last1, 4);
  const value = immediate(last1);
  const at = fuse(drop(1), Op.DUP, distance - 32);
  return append(at, Op.PUSH, 0, value);
}

/** The instruction that does without a SWAP1 before it what `opcode` does with one; 0: none. */
function withOperandsTurned(opcode: u32): u32 {
  if (opcode == Op.LT) return Op.GT;
  if (opcode == Op.GT) return Op.LT;
  const commutes =
    opcode == Op.ADD ||
    opcode == Op.MUL ||
    opcode == Op.AND ||
    opcode == Op.OR ||
    opcode == Op.XOR ||
    opcode == Op.EQ;
  return commutes ? opcode : 0;
}

/** The latest operation is a push; 0 where nothing fits. */
function fuseConstant(opcode: u32, argument: u32): usize {
  if (opcode == Op.NOT || (isPush(opAt(last2)) && isFoldable(opcode))) return fold(opcode);
  if (opAt(last1) == Op.PUSH_WIDE) {
    if (opcode == Op.ADD) {
      store<u32>(last1, Op.ADD_WIDE);
      return last1 + PUSH_WIDE_SIZE;
    }
    return opcode == Op.AND && isAddressMask(last1 + OP_SIZE) ? append(drop(1), Op.AND_ADDRESS, 0, 0) : 0;
  }
  const value = immediate(last1);
  switch (opcode) {
    case Op.ADD:
      return append(drop(1), Op.ADD_IMMEDIATE, 0, value);
    case Op.AND:
      return append(drop(1), Op.AND_IMMEDIATE, 0, value);
    case Op.EQ:
      return append(drop(1), Op.EQ_IMMEDIATE, 0, value);
    case Op.LT:
      return append(drop(1), Op.LT_IMMEDIATE, 0, value);
    case Op.GT:
      return append(drop(1), Op.GT_IMMEDIATE, 0, value);
    case Op.SHL:
      return value < 256 ? append(drop(1), Op.SHL_IMMEDIATE, 0, value) : 0;
    case Op.MUL:
      if (isPowerOfTwo(value)) return append(drop(1), Op.SHL_IMMEDIATE, 0, ctz<u64>(value));
      return append(drop(1), Op.MUL_IMMEDIATE, 0, value);
    case Op.SHR:
      return value < 256 ? append(drop(1), Op.SHR_IMMEDIATE, 0, value) : 0;
    case Op.MLOAD:
      return value <= MEMORY_OFFSET_MAX ? append(drop(1), Op.MLOAD_IMMEDIATE, 0, value) : 0;
    case Op.MSTORE:
      return value <= MEMORY_OFFSET_MAX ? append(drop(1), Op.MSTORE_IMMEDIATE, 0, value) : 0;
    case Op.SWAP:
      // A SWAP1 may turn what follows instead.
      return argument > 32 ? append(drop(1), Op.PUSH_SWAP, argument, value) : 0;
    case Op.DUP:
      // DUP1 would copy the pushed word itself, which is not on the stack yet.
      return argument != 0 ? append(drop(1), Op.PUSH_DUP, argument, value) : 0;
    default:
      return 0;
  }
}

@inline
function isPowerOfTwo(value: u64): bool {
  return value != 0 && (value & (value - 1)) == 0;
}

@inline
function isFoldable(opcode: u32): bool {
  return (
    opcode == Op.ADD ||
    opcode == Op.SUB ||
    opcode == Op.MUL ||
    opcode == Op.AND ||
    opcode == Op.OR ||
    opcode == Op.SHL ||
    opcode == Op.SHR
  );
}

/** Computes on the constants of the last one (NOT) or two pushes. */
function fold(opcode: u32): usize {
  const a = workBase() + 1408;
  const b = workBase() + 1440;
  const result = workBase() + 1472;
  constantOf(last1, a);
  if (opcode == Op.NOT) {
    for (let i: usize = 0; i < 32; i += 8) store<u64>(result + i, ~load<u64>(a + i));
    return appendConstant(drop(1), result);
  }
  constantOf(last2, b);
  if (opcode == Op.ADD) u256.add(a, b, result);
  else if (opcode == Op.SUB) u256.sub(a, b, result);
  else if (opcode == Op.MUL) u256.mul(a, b, result);
  else if (opcode == Op.SHL) u256.shl(a, b, result);
  else if (opcode == Op.SHR) u256.shr(a, b, result);
  else {
    for (let i: usize = 0; i < 32; i += 8) {
      const x = load<u64>(a + i);
      const y = load<u64>(b + i);
      store<u64>(result + i, opcode == Op.AND ? x & y : x | y);
    }
  }
  return appendConstant(drop(2), result);
}

function isAddressMask(word: usize): bool {
  return (
    load<u64>(word) == u64.MAX_VALUE &&
    load<u64>(word, 8) == u64.MAX_VALUE &&
    load<u64>(word, 16) == 0xffffffff &&
    load<u64>(word, 24) == 0
  );
}

/** The pushed target as a code offset; one that no code reaches where it is larger. */
@inline
function target(): u32 {
  return <u32>min<u64>(immediate(last1), 0xffffffff);
}

function fuseJump(): usize {
  const to = target();
  if (opAt(last2) == Op.ADD_IMMEDIATE) {
    const added = immediate(last2);
    return append(drop(2), Op.ADD_JUMP_TO, to, added);
  }
  return append(drop(1), Op.JUMP_TO, to, 0);
}

function fuseConditionalJump(): usize {
  const to = target();
  const condition = opAt(last2);
  if (condition == Op.ISZERO) {
    const compared = opAt(last3);
    if (compared == Op.LT) {
      if (opAt(last4) == Op.DUP_DUP) {
        const distances = distancesOf(last4);
        return append(drop(4), Op.JUMP_UNLESS_LT_AT, to, distances);
      }
      return append(drop(3), Op.JUMP_UNLESS_LT, to, 0);
    }
    if (compared == Op.GT) return append(drop(3), Op.JUMP_UNLESS_GT, to, 0);
    if (compared == Op.EQ) return append(drop(3), Op.JUMP_UNLESS_EQ, to, 0);
    if (compared == Op.DUP) {
      const distance = load<u32>(last3, 4);
      return append(drop(3), Op.JUMP_UNLESS_AT, to, distance);
    }
    return append(drop(2), Op.JUMP_UNLESS, to, 0);
  }
  if (condition == Op.LT) {
    if (opAt(last3) == Op.DUP_DUP) {
      const distances = distancesOf(last3);
      return append(drop(3), Op.JUMP_IF_LT_AT, to, distances);
    }
    if (opAt(last3) == Op.DUP) {
      const distance = load<u32>(last3, 4);
      if (opAt(last4) == Op.DUP_MLOAD && distance != 0) {
        const array = <u64>load<u32>(last4, 4);
        return append(drop(4), Op.JUMP_IF_IN_ARRAY, to, array | (<u64>(distance - 32) << 32));
      }
      return append(drop(3), Op.JUMP_IF_DUP_LT, to, distance);
    }
    return append(drop(2), Op.JUMP_IF_LT, to, 0);
  }
  if (condition == Op.GT) {
    if (opAt(last3) == Op.DUP_DUP) {
      const distances = rotl<u64>(distancesOf(last3), 32);
      return append(drop(3), Op.JUMP_IF_LT_AT, to, distances);
    }
    return append(drop(2), Op.JUMP_IF_GT, to, 0);
  }
  if (condition == Op.DUP) {
    const distance = load<u32>(last2, 4);
    return append(drop(2), Op.JUMP_IF_AT, to, distance);
  }
  if (condition == Op.EQ) return append(drop(2), Op.JUMP_IF_EQ, to, 0);
  if (condition == Op.EQ_IMMEDIATE && opAt(last3) == Op.DUP && load<u32>(last3, 4) == 0) {
    const selector = immediate(last2);
    return append(drop(3), Op.JUMP_IF_TOP_IS, to, selector);
  }
  return append(drop(1), Op.JUMP_IF, to, 0);
}

/**
 * Of a DUP_DUP: where its two words lie below the top that was, the first pushed in the lower half. The second distance counts the first
 * word too; that it is the first word itself (distance 0) is turned into the first's distance.
 */
function distancesOf(at: usize): u64 {
  const first = <u64>load<u32>(at, 4);
  const second = load<u64>(at, 8);
  return first | ((second == 0 ? first : second - 32) << 32);
}
