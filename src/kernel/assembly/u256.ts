/**
 * 256-bit words: four u64 limbs, least significant first, at any address. `out` may alias an operand. Division is in division.
 *
 * Multiplication is made of 32-bit products because WebAssembly has no 64×64→128 one.
 */
import { scratchBase } from './memory';

const MASK32: u64 = 0xffffffff;

@inline
export function isZero(a: usize): bool {
  return (load<u64>(a) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) == 0;
}

/** Whether the word is below 2^64. */
@inline
export function fitsU64(a: usize): bool {
  return (load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) == 0;
}

@inline
export function equals(a: usize, b: usize): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) == 0
  );
}

@inline
export function copy(from: usize, to: usize): void {
  const a0 = load<u64>(from);
  const a1 = load<u64>(from, 8);
  const a2 = load<u64>(from, 16);
  const a3 = load<u64>(from, 24);
  store<u64>(to, a0);
  store<u64>(to, a1, 8);
  store<u64>(to, a2, 16);
  store<u64>(to, a3, 24);
}

@inline
export function setU64(out: usize, value: u64): void {
  store<u64>(out, value);
  store<u64>(out, 0, 8);
  store<u64>(out, 0, 16);
  store<u64>(out, 0, 24);
}

@inline
export function setZero(out: usize): void {
  setU64(out, 0);
}

/** The value, or u64.MAX_VALUE where it does not fit. */
@inline
export function toU64Saturated(a: usize): u64 {
  return fitsU64(a) ? load<u64>(a) : u64.MAX_VALUE;
}

/** Unsigned a < b. */
@inline
export function lessThan(a: usize, b: usize): bool {
  const a3 = load<u64>(a, 24);
  const b3 = load<u64>(b, 24);
  if (a3 != b3) return a3 < b3;
  const a2 = load<u64>(a, 16);
  const b2 = load<u64>(b, 16);
  if (a2 != b2) return a2 < b2;
  const a1 = load<u64>(a, 8);
  const b1 = load<u64>(b, 8);
  if (a1 != b1) return a1 < b1;
  return load<u64>(a) < load<u64>(b);
}

/** As `lessThan`, faster where both are below 2^64. */
@inline
export function isLess(a: usize, b: usize): bool {
  const upper =
    load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24) | load<u64>(b, 8) | load<u64>(b, 16) | load<u64>(b, 24);
  return upper == 0 ? load<u64>(a) < load<u64>(b) : isLessWide(a, b);
}

function isLessWide(a: usize, b: usize): bool {
  return lessThan(a, b);
}

/** Two's complement a < b. */
@inline
export function signedLessThan(a: usize, b: usize): bool {
  const a3 = load<i64>(a, 24);
  const b3 = load<i64>(b, 24);
  if (a3 != b3) return a3 < b3;
  return lessThan(a, b);
}

/** out = a + b mod 2^256; returns the carry (0 or 1). */
@inline
export function add(a: usize, b: usize, out: usize): u64 {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  const r0 = a0 + load<u64>(b);
  let carry = u64(r0 < a0);
  let r1 = a1 + b1;
  let next = u64(r1 < a1);
  r1 += carry;
  next |= u64(r1 < carry);
  carry = next;
  let r2 = a2 + b2;
  next = u64(r2 < a2);
  r2 += carry;
  next |= u64(r2 < carry);
  carry = next;
  let r3 = a3 + b3;
  next = u64(r3 < a3);
  r3 += carry;
  next |= u64(r3 < carry);
  store<u64>(out, r0);
  store<u64>(out, r1, 8);
  store<u64>(out, r2, 16);
  store<u64>(out, r3, 24);
  return next;
}

/** out = a - b mod 2^256; returns the borrow (0 or 1). */
@inline
export function sub(a: usize, b: usize, out: usize): u64 {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  let borrow = u64(a0 < b0);
  const d1 = a1 - b1;
  const r1 = d1 - borrow;
  const borrow1 = u64(a1 < b1) | u64(d1 < borrow);
  const d2 = a2 - b2;
  const r2 = d2 - borrow1;
  const borrow2 = u64(a2 < b2) | u64(d2 < borrow1);
  const d3 = a3 - b3;
  const r3 = d3 - borrow2;
  borrow = u64(a3 < b3) | u64(d3 < borrow2);
  store<u64>(out, a0 - b0);
  store<u64>(out, r1, 8);
  store<u64>(out, r2, 16);
  store<u64>(out, r3, 24);
  return borrow;
}

/** out = -a mod 2^256. */
export function negate(a: usize, out: usize): void {
  const r0 = ~load<u64>(a) + 1;
  let carry = u64(r0 == 0);
  const r1 = ~load<u64>(a, 8) + carry;
  carry &= u64(r1 == 0);
  const r2 = ~load<u64>(a, 16) + carry;
  carry &= u64(r2 == 0);
  const r3 = ~load<u64>(a, 24) + carry;
  store<u64>(out, r0);
  store<u64>(out, r1, 8);
  store<u64>(out, r2, 16);
  store<u64>(out, r3, 24);
}

/** The upper 64 bits of the 128-bit product. */
@inline
export function mulHigh(a: u64, b: u64): u64 {
  const al = a & MASK32;
  const ah = a >> 32;
  const bl = b & MASK32;
  const bh = b >> 32;
  const lh = al * bh;
  // At most (2^32-1) + (2^32-1) + (2^32-1)^2 = 2^64 - 1: no overflow.
  const middle = ((al * bl) >> 32) + (lh & MASK32) + ah * bl;
  return ah * bh + (lh >> 32) + (middle >> 32);
}

/** out = a · b mod 2^256. */
export function mul(a: usize, b: usize, out: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  const r0 = a0 * b0;
  let r1 = mulHigh(a0, b0);
  if ((a1 | a2 | a3 | b1 | b2 | b3) == 0) {
    store<u64>(out, r0);
    store<u64>(out, r1, 8);
    store<u64>(out, 0, 16);
    store<u64>(out, 0, 24);
    return;
  }
  let low = a0 * b1;
  r1 += low;
  let r2 = u64(r1 < low);
  low = a1 * b0;
  r1 += low;
  r2 += u64(r1 < low);
  let high = mulHigh(a0, b1);
  r2 += high;
  let r3 = u64(r2 < high);
  high = mulHigh(a1, b0);
  r2 += high;
  r3 += u64(r2 < high);
  low = a0 * b2;
  r2 += low;
  r3 += u64(r2 < low);
  low = a1 * b1;
  r2 += low;
  r3 += u64(r2 < low);
  low = a2 * b0;
  r2 += low;
  r3 += u64(r2 < low);
  r3 += mulHigh(a0, b2) + mulHigh(a1, b1) + mulHigh(a2, b0);
  r3 += a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  store<u64>(out, r0);
  store<u64>(out, r1, 8);
  store<u64>(out, r2, 16);
  store<u64>(out, r3, 24);
}

/** out = a · b mod 2^256. */
@inline
export function mulU64(a: usize, b: u64, out: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  store<u64>(out, a0 * b);
  let carry = mulHigh(a0, b);
  let limb = a1 * b + carry;
  store<u64>(out, limb, 8);
  if ((a2 | a3) == 0) {
    store<u64>(out, a1 == 0 ? 0 : mulHigh(a1, b) + u64(limb < carry), 16);
    store<u64>(out, 0, 24);
    return;
  }
  carry = mulHigh(a1, b) + u64(limb < carry);
  limb = a2 * b + carry;
  store<u64>(out, limb, 16);
  store<u64>(out, a3 * b + mulHigh(a2, b) + u64(limb < carry), 24);
}

/** out (64 bytes, must not alias) = the full product a · b. */
export function mulFull(a: usize, b: usize, out: usize): void {
  memory.fill(out, 0, 64);
  for (let i: usize = 0; i < 32; i += 8) {
    const ai = load<u64>(a + i);
    if (ai == 0) continue;
    let carry: u64 = 0;
    for (let j: usize = 0; j < 32; j += 8) {
      const bj = load<u64>(b + j);
      const at = out + i + j;
      let low = ai * bj;
      let high = mulHigh(ai, bj);
      const before = load<u64>(at);
      low += before;
      high += u64(low < before);
      low += carry;
      high += u64(low < carry);
      store<u64>(at, low);
      carry = high;
    }
    store<u64>(out + i + 32, carry);
  }
}

const SCRATCH_BITS: usize = 224;
const SCRATCH_BASE: usize = 288;
const SCRATCH_ACCUMULATOR: usize = 320;

/** out = base ^ exponent mod 2^256. */
export function exp(base: usize, exponent: usize, out: usize): void {
  const power = scratchBase() + SCRATCH_BASE;
  const accumulator = scratchBase() + SCRATCH_ACCUMULATOR;
  const bits = scratchBase() + SCRATCH_BITS;
  copy(base, power);
  copy(exponent, bits);
  setU64(accumulator, 1);
  const length = bitLength(bits);
  for (let i = 0; i < length; i++) {
    if (((load<u64>(bits + ((<usize>i >> 6) << 3)) >> (<u64>i & 63)) & 1) != 0) mul(accumulator, power, accumulator);
    if (i + 1 < length) mul(power, power, power);
  }
  copy(accumulator, out);
}

/** Bits without leading zeros: 0 for zero, 256 at most. */
export function bitLength(a: usize): i32 {
  if (load<u64>(a, 24) != 0) return 256 - <i32>clz<u64>(load<u64>(a, 24));
  if (load<u64>(a, 16) != 0) return 192 - <i32>clz<u64>(load<u64>(a, 16));
  if (load<u64>(a, 8) != 0) return 128 - <i32>clz<u64>(load<u64>(a, 8));
  return 64 - <i32>clz<u64>(load<u64>(a));
}

@inline
export function byteLength(a: usize): i32 {
  return (bitLength(a) + 7) >> 3;
}

/** out = value << shift; 0 from 256 on. */
export function shl(shift: usize, value: usize, out: usize): void {
  if (!fitsU64(shift) || load<u64>(shift) > 255) {
    setZero(out);
    return;
  }
  shiftLeft(load<u64>(shift), value, out);
}

/** out = value << s; s < 256. */
export function shiftLeft(s: u64, value: usize, out: usize): void {
  const v0 = load<u64>(value);
  const v1 = load<u64>(value, 8);
  const v2 = load<u64>(value, 16);
  const v3 = load<u64>(value, 24);
  const bits = s & 63;
  // The second shift is split in two because a shift by 64 is a shift by 0 in WebAssembly.
  const back = 63 - bits;
  const words = s >> 6;
  if (words == 0) {
    store<u64>(out, v0 << bits);
    store<u64>(out, (v1 << bits) | ((v0 >> 1) >> back), 8);
    store<u64>(out, (v2 << bits) | ((v1 >> 1) >> back), 16);
    store<u64>(out, (v3 << bits) | ((v2 >> 1) >> back), 24);
  } else if (words == 1) {
    store<u64>(out, 0);
    store<u64>(out, v0 << bits, 8);
    store<u64>(out, (v1 << bits) | ((v0 >> 1) >> back), 16);
    store<u64>(out, (v2 << bits) | ((v1 >> 1) >> back), 24);
  } else if (words == 2) {
    store<u64>(out, 0);
    store<u64>(out, 0, 8);
    store<u64>(out, v0 << bits, 16);
    store<u64>(out, (v1 << bits) | ((v0 >> 1) >> back), 24);
  } else {
    store<u64>(out, 0);
    store<u64>(out, 0, 8);
    store<u64>(out, 0, 16);
    store<u64>(out, v0 << bits, 24);
  }
}

/** The four limbs shifted right, `fill` (all ones or zero) coming in from above; shift < 256. */
export function shiftRight(s: u64, value: usize, out: usize, fill: u64): void {
  const v0 = load<u64>(value);
  const v1 = load<u64>(value, 8);
  const v2 = load<u64>(value, 16);
  const v3 = load<u64>(value, 24);
  const bits = s & 63;
  const back = 63 - bits;
  const words = s >> 6;
  const top = (fill << 1) << back;
  if (words == 0) {
    store<u64>(out, (v0 >> bits) | ((v1 << 1) << back));
    store<u64>(out, (v1 >> bits) | ((v2 << 1) << back), 8);
    store<u64>(out, (v2 >> bits) | ((v3 << 1) << back), 16);
    store<u64>(out, (v3 >> bits) | top, 24);
  } else if (words == 1) {
    store<u64>(out, (v1 >> bits) | ((v2 << 1) << back));
    store<u64>(out, (v2 >> bits) | ((v3 << 1) << back), 8);
    store<u64>(out, (v3 >> bits) | top, 16);
    store<u64>(out, fill, 24);
  } else if (words == 2) {
    store<u64>(out, (v2 >> bits) | ((v3 << 1) << back));
    store<u64>(out, (v3 >> bits) | top, 8);
    store<u64>(out, fill, 16);
    store<u64>(out, fill, 24);
  } else {
    store<u64>(out, (v3 >> bits) | top);
    store<u64>(out, fill, 8);
    store<u64>(out, fill, 16);
    store<u64>(out, fill, 24);
  }
}

/** out = value >> shift (logical); 0 from 256 on. */
export function shr(shift: usize, value: usize, out: usize): void {
  if (!fitsU64(shift) || load<u64>(shift) > 255) {
    setZero(out);
    return;
  }
  shiftRight(load<u64>(shift), value, out, 0);
}

/** out = value >> shift (arithmetic); all sign bits from 256 on. */
export function sar(shift: usize, value: usize, out: usize): void {
  const fill = <u64>(load<i64>(value, 24) >> 63);
  if (!fitsU64(shift) || load<u64>(shift) > 255) {
    store<u64>(out, fill);
    store<u64>(out, fill, 8);
    store<u64>(out, fill, 16);
    store<u64>(out, fill, 24);
    return;
  }
  shiftRight(load<u64>(shift), value, out, fill);
}

/** out = value with its byte number `index` (0 = least significant) as the sign; unchanged from 31 on. */
export function signextend(index: usize, value: usize, out: usize): void {
  if (!fitsU64(index) || load<u64>(index) > 30) {
    copy(value, out);
    return;
  }
  const i = <usize>load<u64>(index);
  copy(value, out);
  const fill = <u64>(<i64>load<i8>(out + i) >> 63);
  for (let at = i + 1; at < 32; at++) store<u8>(out + at, <u8>fill);
}

/** out = byte number `index` counted from the most significant; 0 from 32 on. */
export function byte(index: usize, value: usize, out: usize): void {
  if (!fitsU64(index) || load<u64>(index) > 31) {
    setZero(out);
    return;
  }
  setU64(out, <u64>load<u8>(value + (31 - <usize>load<u64>(index))));
}

/**
 * Reads 32 big-endian bytes. `from` and `to` may be equal.
 *
 * By shuffles where there are any (ADR 0237): WebAssembly has no instruction that swaps the bytes of an i64, and what stands for it takes some
 * twenty.
 */
@inline
export function fromBigEndian(from: usize, to: usize): void {
  if (ASC_FEATURE_SIMD) {
    const high = reversed(from + 8, from);
    const low = reversed(from + 24, from + 16);
    v128.store(to, low);
    v128.store(to, high, 16);
  } else {
    const b0 = bswap<u64>(load<u64>(from));
    const b1 = bswap<u64>(load<u64>(from, 8));
    const b2 = bswap<u64>(load<u64>(from, 16));
    const b3 = bswap<u64>(load<u64>(from, 24));
    store<u64>(to, b3);
    store<u64>(to, b2, 8);
    store<u64>(to, b1, 16);
    store<u64>(to, b0, 24);
  }
}

/** Whether the word a is less than the 32 big-endian bytes at `bytes`. */
@inline
export function isLessThanBytes(a: usize, bytes: usize): bool {
  const upper =
    load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24) | load<u64>(bytes) | load<u64>(bytes, 8) | load<u64>(bytes, 16);
  return upper == 0 ? load<u64>(a) < bswap<u64>(load<u64>(bytes, 24)) : isLessThanBytesWide(a, bytes);
}

function isLessThanBytesWide(a: usize, bytes: usize): bool {
  for (let i: usize = 0; i < 32; i += 8) {
    const limb = load<u64>(a + 24 - i);
    const other = bswap<u64>(load<u64>(bytes + i));
    if (limb != other) return limb < other;
  }
  return false;
}

/**
 * The limbs at the two addresses with their bytes reversed. Loaded one by one, since a processor must wait before it reads in one what was just
 * written in two.
 */
@inline
function reversed(first: usize, second: usize): v128 {
  const limbs = v128.load_lane<u64>(second, v128.load_zero<u64>(first), 1);
  return v128.shuffle<u8>(limbs, limbs, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}

/** Writes 32 big-endian bytes. `from` and `to` may be equal. */
@inline
export function toBigEndian(from: usize, to: usize): void {
  fromBigEndian(from, to);
}

/** Reads a 20-byte address as a number. */
@inline
export function fromAddress(from: usize, to: usize): void {
  const high = bswap<u32>(load<u32>(from));
  const middle = bswap<u64>(load<u64>(from, 4));
  const low = bswap<u64>(load<u64>(from, 12));
  store<u64>(to, low);
  store<u64>(to, middle, 8);
  store<u64>(to, <u64>high, 16);
  store<u64>(to, 0, 24);
}

/** Writes the low 160 bits as a 20-byte address. */
@inline
export function toAddress(from: usize, to: usize): void {
  const low = bswap<u64>(load<u64>(from));
  const middle = bswap<u64>(load<u64>(from, 8));
  const high = bswap<u32>(<u32>load<u64>(from, 16));
  store<u32>(to, high);
  store<u64>(to, middle, 4);
  store<u64>(to, low, 12);
}
