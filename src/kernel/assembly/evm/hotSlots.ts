/**
 * Which SLOADs only serve to add to what the slot has: `balance += amount` and its kin, found while code is predecoded.
 *
 * Such a load's value, the *base*, flows into one addition or subtraction of something that does not depend on it, whose *sum* goes to the next SSTORE
 * and nowhere else; on the way the code may compare the two for overflow and jump away where it finds one. In a parallel run the transaction then does
 * not depend on what the base is, as long as it lies where all comparisons come out the same (state/slotDeltas).
 *
 * A load is recognized by walking from it with a stack of what is known of each word. Between load and store there may be anything that leaves storage alone
 * and does not touch the base: masks, hashes, memory. Calls to internal functions are followed, their return addresses being constants. A
 * conditional jump may only lead out of the frame, without a store, on one of its sides. After the store, copies of base and sum must be
 * dropped unused.
 *
 * All comparisons accepted here are settled by: neither base nor sum is zero, and base plus the added amount lies on the same side of 2^256 for all bases. What
 * is accepted may be wider or narrower from version to version: results never depend on it.
 */
import { workBase } from '../memory';
import { isDefined, Op, wordsLeft, wordsTaken } from './opcodes';

const STEPS_MAX: i32 = 96;
/** Instructions on the side of a jump that leads out. */
const EXIT_STEPS_MAX: i32 = 64;
const STEPS_FREE: i32 = 1024;
const STEPS_PER_BYTE: i32 = 2;
/** What setting out costs. */
const START_STEPS: i32 = 16;
const WORDS_MAX: i32 = 64;
/** The stack's top before the load, in the window that the walk sees. */
const START: i32 = 39;

// What is known of a word: one of these, a number for each word that has nothing to do with the base, or a constant.
const BASE: u32 = 1;
const SUM: u32 = 2;
/** Settled for all bases that the transaction stands for: zero for all or for none. */
const SETTLED: u32 = 3;
/** NOT of the base. */
const NOT_BASE: u32 = 4;
const FIRST_FREE: u32 = 16;
/** With a value below 2^31. */
const CONSTANT: u32 = 0x80000000;
/** 2^256 - 1. */
const ALL_ONES: u32 = 5;
const ZERO: u32 = CONSTANT;
const ONE: u32 = CONSTANT | 1;

/** Steps that walks through the code being predecoded may still take, all together. */
let stepsLeft: i32 = 0;
let windowAt: usize = 0;
let height: i32 = 0;
let nextFree: u32 = 0;
/** Whether the sum is one of a subtraction. */
let isSubtraction: bool = false;
/** What is added to the base, or taken from it; 0: not known yet. */
let operand: u32 = 0;
/** What the base was compared with before the sum was made, 0: nothing: settled where that is what is then taken from it or, for `awaitsAddition`, added. */
let comparedWith: u32 = 0;
let awaitsAddition: bool = false;
/** The base was compared with 2^256 - 1: settled where one is then added. */
let comparedWithAllOnes: bool = false;
/** The last word that was inverted, and what of. */
let inverted: u32 = 0;
let invertedOf: u32 = 0;

@inline
function isBound(word: u32): bool {
  return word >= BASE && word <= NOT_BASE;
}

@inline
function wordAt(index: i32): u32 {
  return load<u32>(windowAt + (<usize>index << 2));
}

@inline
function setWord(index: i32, word: u32): void {
  store<u32>(windowAt + (<usize>index << 2), word);
}

@inline
function push(word: u32): void {
  setWord(height, word);
  height++;
}

@inline
function pop(): u32 {
  height--;
  return wordAt(height);
}

/** Before code of `size` bytes is predecoded: walks through it may take about as long as predecoding, however its jumps lead. */
export function beginWalks(size: u32): void {
  stepsLeft = STEPS_FREE + STEPS_PER_BYTE * <i32>size;
}

/** Whether the SLOAD at `pc` only serves to add to the slot. */
export function addsToSlot(code: usize, size: u32, pc: u32, fork: u32): bool {
  if (stepsLeft < 0) return false;
  stepsLeft -= START_STEPS;
  windowAt = workBase() + 2432;
  nextFree = FIRST_FREE;
  for (let i = 0; i < START; i++) setWord(i, nextFree++);
  height = START;
  push(BASE);
  operand = 0;
  comparedWith = 0;
  comparedWithAllOnes = false;
  inverted = 0;
  return walk(code, size, pc + 1, fork);
}

function walk(code: usize, size: u32, pc: u32, fork: u32): bool {
  let isStored = false;
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    if (--stepsLeft < 0) return false;
    // The code's end is a STOP.
    if (pc >= size) return isStored;
    const opcode = <u32>load<u8>(code + pc);
    if (!isDefined(opcode, fork) || !hasRoom(opcode)) return false;
    pc++;
    if (opcode == Op.JUMP) {
      const to = pop();
      if (to < CONSTANT) return false;
      pc = to & ~CONSTANT;
      if (pc >= size || <u32>load<u8>(code + pc) != Op.JUMPDEST) return false;
    } else if (opcode == Op.JUMPI) {
      if (isStored) return false;
      const to = pop();
      const condition = pop();
      if (to < CONSTANT) return false;
      decide(condition);
      const target = to & ~CONSTANT;
      if (!leadsOut(code, size, pc, fork)) {
        if (!leadsOut(code, size, target, fork)) return false;
      } else {
        pc = target;
        if (pc >= size || <u32>load<u8>(code + pc) != Op.JUMPDEST) return false;
      }
    } else if (opcode == Op.SSTORE) {
      if (isStored || isBound(pop()) || pop() != SUM || !isSettled()) return false;
      isStored = true;
    } else if (endsFrame(opcode)) {
      return isStored && areFree(wordsTaken(opcode));
    } else if (touchesStorage(opcode)) {
      return false;
    } else {
      if (!step(opcode, code, size, pc)) return false;
      if (opcode > 0x5f && opcode <= 0x7f) pc += opcode - 0x5f;
    }
    if (isStored && areFree(height)) return true;
  }
  return false;
}

/** Whether none of the `count` top words has to do with the base. */
function areFree(count: i32): bool {
  for (let i = height - count; i < height; i++) {
    if (isBound(wordAt(i))) return false;
  }
  return true;
}

/** Whether the instruction stays within the window. */
@inline
function hasRoom(opcode: u32): bool {
  return height >= wordsTaken(opcode) && height - wordsTaken(opcode) + wordsLeft(opcode) < WORDS_MAX;
}

@inline
function endsFrame(opcode: u32): bool {
  return opcode == Op.STOP || opcode == Op.RETURN || opcode == Op.REVERT || opcode == Op.INVALID;
}

/** Instructions that store, load another slot, or run other code. */
function touchesStorage(opcode: u32): bool {
  return opcode == Op.SLOAD || opcode == Op.SSTORE || opcode >= <u32>Op.CREATE;
}

/**
 * Whether from `pc` on the frame ends, whatever is on its stack's unknown words, without touching storage; along one path. The stack is
 * as it was afterwards.
 */
function leadsOut(code: usize, size: u32, pc: u32, fork: u32): bool {
  stepsLeft -= START_STEPS;
  const keptHeight = height;
  const kept = windowAt + <usize>WORDS_MAX * 4;
  memory.copy(kept, windowAt, <usize>WORDS_MAX * 4);
  const out = walkOut(code, size, pc, fork);
  memory.copy(windowAt, kept, <usize>WORDS_MAX * 4);
  height = keptHeight;
  return out;
}

function walkOut(code: usize, size: u32, pc: u32, fork: u32): bool {
  for (let steps = 0; steps < EXIT_STEPS_MAX; steps++) {
    if (--stepsLeft < 0) return false;
    if (pc >= size) return true;
    const opcode = <u32>load<u8>(code + pc);
    // What is not defined halts; so does what lacks words, but those may lie below the window.
    if (!isDefined(opcode, fork) || endsFrame(opcode)) return true;
    if (!hasRoom(opcode) || touchesStorage(opcode) || opcode == Op.JUMPI) return false;
    pc++;
    if (opcode == Op.JUMP) {
      const to = pop();
      if (to < CONSTANT) return false;
      pc = to & ~CONSTANT;
      continue;
    }
    // There the base may go anywhere: only constants matter.
    if (opcode >= 0x5f && opcode <= 0x9f) step(opcode, code, size, pc);
    else replace(opcode);
    if (opcode > 0x5f && opcode <= 0x7f) pc += opcode - 0x5f;
  }
  return false;
}

/** Pops and pushes as many words as the instruction does. */
function replace(opcode: u32): void {
  height -= wordsTaken(opcode);
  for (let i = wordsLeft(opcode); i > 0; i--) push(nextFree++);
}

/** Does one instruction, behind which the code goes on at `pc`; false where it makes of the base what can't be settled. */
function step(opcode: u32, code: usize, size: u32, pc: u32): bool {
  if (opcode >= 0x5f && opcode <= 0x7f) {
    push(constantOf(code, size, pc, opcode - 0x5f));
    return true;
  }
  if (opcode >= 0x80 && opcode <= 0x8f) {
    push(wordAt(height - 1 - <i32>(opcode - 0x80)));
    return true;
  }
  if (opcode >= 0x90 && opcode <= 0x9f) {
    const other = height - 2 - <i32>(opcode - 0x90);
    const top = wordAt(height - 1);
    setWord(height - 1, wordAt(other));
    setWord(other, top);
    return true;
  }
  if (opcode == Op.POP) {
    pop();
    return true;
  }
  if (opcode == Op.NOT) return invert();
  const first = height > 0 ? wordAt(height - 1) : 0;
  const second = height > 1 ? wordAt(height - 2) : 0;
  if (opcode == Op.SUB && first == ALL_ONES) {
    pop();
    return invert();
  }
  if (areFree(wordsTaken(opcode))) {
    replace(opcode);
    return true;
  }
  let made: u32 = 0;
  if (opcode == Op.ADD) made = makeSum(first == BASE ? second : first, first == BASE || second == BASE, false);
  else if (opcode == Op.SUB) made = subtract(first, second);
  else if (opcode == Op.ISZERO) {
    decide(first);
    made = SETTLED;
  }
  else if (opcode == Op.LT) made = isSettledOrder(first, second) ? SETTLED : 0;
  else if (opcode == Op.GT) made = isSettledOrder(second, first) ? SETTLED : 0;
  else if (opcode == Op.EQ) made = meetsAllOnes(first, second) ? SETTLED : 0;
  if (made == 0) return false;
  height -= wordsTaken(opcode);
  push(made);
  return true;
}

/** The word that a push of `count` bytes at `from` pushes. */
function constantOf(code: usize, size: u32, from: u32, count: u32): u32 {
  let value: u64 = 0;
  let areOnes = count == 32;
  for (let i: u32 = 0; i < count; i++) {
    const byte = from + i < size ? <u64>load<u8>(code + from + i) : 0;
    if (value >> 32 == 0) value = (value << 8) | byte;
    areOnes = areOnes && byte == 0xff;
  }
  if (areOnes) return ALL_ONES;
  return value < <u64>CONSTANT ? CONSTANT | <u32>value : nextFree++;
}

/** NOT. */
function invert(): bool {
  const word = pop();
  if (word == ZERO) push(ALL_ONES);
  else if (word == ALL_ONES) push(ZERO);
  else if (word == BASE) push(NOT_BASE);
  else if (isBound(word)) return false;
  else {
    inverted = nextFree;
    invertedOf = word;
    push(nextFree++);
  }
  return true;
}

/** 0: it is none, or there is another one; the same may be computed twice. */
function makeSum(added: u32, hasBase: bool, subtracts: bool): u32 {
  if (!hasBase || isBound(added)) return 0;
  if (operand != 0 && (operand != added || isSubtraction != subtracts)) return 0;
  operand = added;
  isSubtraction = subtracts;
  return SUM;
}

function subtract(first: u32, second: u32): u32 {
  // As code generators write "is not": 2^256 - 1 is not what one would be taken from the base for.
  if (first == BASE && second == ALL_ONES) return meetsAllOnes(first, second) ? SETTLED : 0;
  return first == BASE ? makeSum(second, true, true) : 0;
}

/** The word decides something by being zero or not: base and sum are not, and what has nothing to do with them is as it is. */
@inline
function decide(word: u32): void {
  if (word == NOT_BASE) comparedWithAllOnes = true;
}

/** Whether it is settled that the words are equal. */
function meetsAllOnes(first: u32, second: u32): bool {
  const meets = (first == BASE && second == ALL_ONES) || (first == ALL_ONES && second == BASE);
  if (meets) comparedWithAllOnes = true;
  return meets;
}

/** Whether it is settled that `less` < `more`. */
function isSettledOrder(less: u32, more: u32): bool {
  const other = less == BASE ? more : less;
  const hasBase = less == BASE || more == BASE;
  // Sum and base, or sum and what was added: overflow, or not.
  if (less == SUM || more == SUM) {
    const beside = less == SUM ? more : less;
    return beside == BASE || (!isSubtraction && beside == operand);
  }
  // NOT base < x, or NOT x < base: overflow of an addition that is yet to come, or has come already.
  if (less == NOT_BASE) return !isBound(more) && meetsOperand(more, false);
  if (hasBase && more == BASE && less == inverted) return meetsOperand(invertedOf, false);
  return hasBase && !isBound(other) && meetsOperand(other, true);
}

/** Whether this is what is added, or subtracted; notes that it has to be where that is not known yet. */
function meetsOperand(word: u32, subtracts: bool): bool {
  if (operand != 0) return operand == word && isSubtraction == subtracts;
  if (comparedWith != 0 && (comparedWith != word || awaitsAddition == subtracts)) return false;
  comparedWith = word;
  awaitsAddition = !subtracts;
  return true;
}

/** Whether what was left open is settled by the sum that was made. */
function isSettled(): bool {
  if (operand == 0) return false;
  if (comparedWith != 0 && (comparedWith != operand || awaitsAddition == isSubtraction)) return false;
  return !comparedWithAllOnes || (!isSubtraction && operand == ONE);
}
