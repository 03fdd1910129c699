/** EVM memory of the current frame: expansion, and the instructions that copy into it. */
import { COPY_WORD, charge, KECCAK_WORD, markRegionFull, wordsOf } from './gas';
import { Halt, note } from './haltReason';
import { F_CODE, F_CODE_SIZE, F_INPUT, F_INPUT_SIZE, F_MEMORY, F_MEMORY_SIZE } from './frame';
import { keccak256 } from '../keccak';
import { keccak64 } from '../keccakCache';
import { privateBase, privateEnd } from '../memory';
import { fromBigEndian, isZero, setZero, toBigEndian, toU64Saturated } from '../u256';
import { returnData, returnDataSize } from './returnData';

/** Beyond this the expansion costs more gas than fits any limit that can be paid. */
const OFFSET_MAX: u64 = 0xffffffff;

/** Makes [offset, offset + size) exist, charging for new words; false: out of gas. */
export function touch(frame: usize, offset: u64, size: u64): bool {
  if (size == 0) return true;
  if (offset > OFFSET_MAX || size > OFFSET_MAX) return note(Halt.OutOfGas);
  const end = offset + size;
  const current = <u64>load<u32>(frame, F_MEMORY_SIZE);
  if (end <= current) return true;
  const words = wordsOf(end);
  const before = current >> 5;
  const cost = 3 * (words - before) + ((words * words) >> 9) - ((before * before) >> 9);
  if (!charge(cost)) return note(Halt.OutOfGas);
  const base = <usize>load<u32>(frame, F_MEMORY);
  if (<u64>base + (words << 5) > <u64>privateEnd()) {
    markRegionFull();
    return false;
  }
  zero(base + <usize>current, base + <usize>(words << 5));
  store<u32>(frame, <u32>(words << 5), F_MEMORY_SIZE);
  return true;
}

/** In the private region rather than in a global: a new instance over a used region must know. */
const HIGH_WATER: usize = 4100;

/** Clears new memory. What no transaction has reached yet is zero already, and is not made resident by writing zeros. */
function zero(from: usize, to: usize): void {
  const highWater = <usize>load<u32>(privateBase(), HIGH_WATER);
  if (from < highWater) memory.fill(from, 0, min(to, highWater) - from);
  if (to > highWater) store<u32>(privateBase(), <u32>to, HIGH_WATER);
}

/** `touch` with offset and size as stack words. */
@inline
export function touchWords(frame: usize, offset: usize, size: usize): bool {
  return isZero(size) || touch(frame, toU64Saturated(offset), toU64Saturated(size));
}

/** Where memory offset `offset` (a stack word, already touched, or anything where the size is 0) lies. */
@inline
export function addressOf(frame: usize, offset: usize): usize {
  return <usize>load<u32>(frame, F_MEMORY) + <usize>load<u32>(offset);
}

/** Copies source[from, from + size) to memory, zeros where the source ends. Operands: to, from, size. */
function copyPadded(frame: usize, to: usize, from: usize, size: usize, source: usize, sourceSize: u64): bool {
  const count = toU64Saturated(size);
  if (count == 0) return true;
  if (!touch(frame, toU64Saturated(to), count) || !charge(wordsOf(count) * COPY_WORD)) return false;
  const target = addressOf(frame, to);
  const start = toU64Saturated(from);
  const available = start < sourceSize ? min(sourceSize - start, count) : 0;
  if (available != 0) memory.copy(target, source + <usize>start, <usize>available);
  if (available < count) memory.fill(target + <usize>available, 0, <usize>(count - available));
  return true;
}

export function calldatacopy(frame: usize, sp: usize): bool {
  return copyPadded(frame, sp, sp - 32, sp - 64, load<u32>(frame, F_INPUT), load<u32>(frame, F_INPUT_SIZE));
}

/** Replaces the word at `sp`, an offset, by the 32 bytes of input there, zeros behind its end. */
export function calldataload(frame: usize, sp: usize): void {
  const size = <u64>load<u32>(frame, F_INPUT_SIZE);
  const from = toU64Saturated(sp);
  const input = <usize>load<u32>(frame, F_INPUT);
  if (from < size && size - from >= 32) {
    fromBigEndian(input + <usize>from, sp);
    return;
  }
  setZero(sp);
  if (from >= size) return;
  memory.copy(sp, input + <usize>from, <usize>(size - from));
  fromBigEndian(sp, sp);
}

export function codecopy(frame: usize, sp: usize): bool {
  return copyPadded(frame, sp, sp - 32, sp - 64, load<u32>(frame, F_CODE), load<u32>(frame, F_CODE_SIZE));
}

/** Copies foreign code; the account's access is charged by the caller. */
export function copyCode(frame: usize, sp: usize, code: usize, size: u32): bool {
  return copyPadded(frame, sp - 32, sp - 64, sp - 96, code, size);
}

export function returndatacopy(frame: usize, sp: usize): bool {
  const count = toU64Saturated(sp - 64);
  const start = toU64Saturated(sp - 32);
  const size = <u64>returnDataSize();
  // EIP-211: reading past the end is an exceptional halt, not zeros.
  if (start > size || count > size - start) return note(Halt.ReturnDataOutOfBounds);
  return copyPadded(frame, sp, sp - 32, sp - 64, returnData(), size);
}

export function mcopy(frame: usize, sp: usize): bool {
  const count = toU64Saturated(sp - 64);
  if (count == 0) return true;
  const to = toU64Saturated(sp);
  const from = toU64Saturated(sp - 32);
  if (!touch(frame, max(to, from), count) || !charge(wordsOf(count) * COPY_WORD)) return false;
  memory.copy(addressOf(frame, sp), addressOf(frame, sp - 32), <usize>count);
  return true;
}

/** Leaves the hash of memory[offset, offset + size) at sp - 32. */
export function keccak(frame: usize, sp: usize): bool {
  const count = toU64Saturated(sp - 32);
  if (!touchWords(frame, sp, sp - 32) || !charge(wordsOf(count) * KECCAK_WORD)) return false;
  if (count == 64) {
    keccak64(addressOf(frame, sp), sp - 32);
    return true;
  }
  keccak256(count == 0 ? 0 : addressOf(frame, sp), <i32>count, sp - 32);
  toBigEndian(sp - 32, sp - 32);
  return true;
}
