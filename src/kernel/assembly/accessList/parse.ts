/** RLP that somebody else wrote, read strictly: nothing but the one encoding of a thing is taken, and nothing outside the given bounds is looked at. */
import { fromBigEndian } from '../u256';
import { workBase } from '../memory';

/** Of the last item read. */
let start: usize = 0;
let end: usize = 0;

@inline
export function payloadStart(): usize {
  return start;
}

@inline
export function payloadEnd(): usize {
  return end;
}

/** Reads the header of the item at `from`, which must end before `limit`. False: there is no such item. */
export function readItem(from: usize, limit: usize, isList: bool): bool {
  if (from >= limit) return false;
  const first: u32 = load<u8>(from);
  if (!isList && first < 0x80) {
    start = from;
    end = from + 1;
    return true;
  }
  const base: u32 = isList ? 0xc0 : 0x80;
  if (first < base || first - base > 63) return false;
  let size = first - base;
  let at = from + 1;
  if (size > 55) {
    const lengthSize = size - 55;
    if (lengthSize > 4 || limit - at < <usize>lengthSize || load<u8>(at) == 0) return false;
    size = 0;
    for (let i: u32 = 0; i < lengthSize; i++) size = (size << 8) | load<u8>(at++);
    if (size < 56) return false;
  }
  if (limit - at < <usize>size || (!isList && size == 1 && load<u8>(at) < 0x80)) return false;
  start = at;
  end = at + <usize>size;
  return true;
}

/** Reads a number of at most `sizeMax` bytes. */
@inline
function readDigits(from: usize, limit: usize, sizeMax: usize): bool {
  return readItem(from, limit, false) && end - start <= sizeMax && (start == end || load<u8>(start) != 0);
}

let number: u64 = 0;

/** The last `readNumber`. */
@inline
export function lastNumber(): u64 {
  return number;
}

export function readNumber(from: usize, limit: usize, sizeMax: usize): bool {
  if (!readDigits(from, limit, sizeMax)) return false;
  number = 0;
  for (let at = start; at < end; at++) number = (number << 8) | <u64>load<u8>(at);
  return true;
}

/** Reads a 32-byte number as limbs to `out`. */
export function readWord(from: usize, limit: usize, out: usize): bool {
  if (!readDigits(from, limit, 32)) return false;
  const padded = workBase() + 3328;
  memory.fill(padded, 0, 32);
  memory.copy(padded + 32 - (end - start), start, end - start);
  fromBigEndian(padded, out);
  return true;
}
