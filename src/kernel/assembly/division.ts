/**
 * Division and remainders of 256-bit words (see u256) and of their products. `out` may alias an operand.
 *
 * WebAssembly has no 128-by-64 division: quotient digits come from the divisor's reciprocal (Möller and Granlund, "Improved division by
 * invariant integers", 2011), that of the last divisor being remembered, in Knuth's algorithm D (TAOCP vol. 2, 4.3.1) with 64-bit digits.
 */
import { cacheModulus, isCached, isRepeated, mulmodCached, suits } from './barrett';
import { scratchBase } from './memory';
import { add, copy, fitsU64, isZero, lessThan, mulFull, mulHigh, negate, setU64, setZero, sub } from './u256';

const MASK32: u64 = 0xffffffff;

// The scratch area: dividend (up to 9 limbs and one more), divisor (4), quotient (8).
const SCRATCH_DIVISOR: usize = 96;
const SCRATCH_QUOTIENT: usize = 136;
const SCRATCH_SIGNED_A: usize = 352;
const SCRATCH_SIGNED_B: usize = 384;

let lastDivisor: u64 = 1 << 63;
let lastReciprocal: u64 = ~0;

/** ⌊(2^128 - 1) / divisor⌋ - 2^64; the divisor's highest bit is set. */
function reciprocalOf(divisor: u64): u64 {
  if (divisor == lastDivisor) return lastReciprocal;
  const top = divisor >> 32;
  const second = divisor & MASK32;
  // The numerator (~divisor, ~0) in 32-bit digits, the two lowest all ones.
  const upper = digitOf(~divisor, top, second);
  const rest = ((~divisor << 32) | MASK32) - upper * divisor;
  lastDivisor = divisor;
  lastReciprocal = (upper << 32) + digitOf(rest, top, second);
  return lastReciprocal;
}

/** The 32-bit quotient digit of (numerator, 2^32 - 1) by (top, second). */
@inline
function digitOf(numerator: u64, top: u64, second: u64): u64 {
  let digit = numerator / top;
  let rest = numerator - digit * top;
  while (digit > MASK32 || digit * second > ((rest << 32) | MASK32)) {
    digit--;
    rest += top;
    if (rest > MASK32) break;
  }
  return digit;
}

/** ⌊(u1, u0) / d⌋ for u1 < d, d with its highest bit set and its reciprocal (the paper's algorithm 4). */
@inline
function divide2By1(u1: u64, u0: u64, d: u64, reciprocal: u64): u64 {
  const low = reciprocal * u1 + u0;
  let q = mulHigh(reciprocal, u1) + u1 + u64(low < u0) + 1;
  let rest = u0 - q * d;
  if (rest > low) {
    q--;
    rest += d;
  }
  return rest >= d ? q + 1 : q;
}

/** The reciprocal of a two-limb divisor, d1 with its highest bit set (the paper's algorithm 6). */
function reciprocalOfPair(d1: u64, d0: u64): u64 {
  let v = reciprocalOf(d1);
  let p = d1 * v + d0;
  if (p < d0) {
    v--;
    if (p >= d1) {
      v--;
      p -= d1;
    }
    p -= d1;
  }
  const high = mulHigh(v, d0);
  p += high;
  if (p < high) {
    v--;
    if (p > d1 || (p == d1 && v * d0 + d0 >= d0)) v--;
  }
  return v;
}

/** ⌊(u2, u1, u0) / (d1, d0)⌋ for (u2, u1) < (d1, d0) and their reciprocal (the paper's algorithm 5). */
@inline
function divide3By2(u2: u64, u1: u64, u0: u64, d1: u64, d0: u64, reciprocal: u64): u64 {
  const low = reciprocal * u2 + u1;
  let q = mulHigh(reciprocal, u2) + u2 + u64(low < u1);
  const t0 = d0 * q;
  let r0 = u0 - t0;
  let r1 = u1 - q * d1 - mulHigh(d0, q) - u64(u0 < t0);
  r1 -= d1 + u64(r0 < d0);
  r0 -= d0;
  q++;
  if (r1 >= low) {
    q--;
    r0 += d0;
    r1 += d1 + u64(r0 < d0);
  }
  return r1 > d1 || (r1 == d1 && r0 >= d0) ? q + 1 : q;
}

/** The number of limbs without leading zeros. */
function limbCount(a: usize, max: i32): i32 {
  let n = max;
  while (n > 0 && load<u64>(a + ((<usize>n - 1) << 3)) == 0) n--;
  return n;
}

function shiftLimbsLeft(limbs: usize, n: i32, shift: u64): void {
  let before: u64 = 0;
  for (let at = limbs; at < limbs + (<usize>n << 3); at += 8) {
    const limb = load<u64>(at);
    store<u64>(at, (limb << shift) | ((before >> 1) >> (63 - shift)));
    before = limb;
  }
}

/**
 * Divides `dividend` (m limbs, and a further one of room above) by `divisor` (n ≥ 1 limbs, the highest non-zero, m ≥ n).
 * Both are overwritten: the remainder is left in dividend[0..n), the quotient written to quotient[0..m-n].
 */
function divideLimbs(dividend: usize, m: i32, divisor: usize, n: i32, quotient: usize): void {
  const shift = clz<u64>(load<u64>(divisor + ((<usize>n - 1) << 3)));
  store<u64>(dividend + (<usize>m << 3), 0);
  if (shift != 0) {
    shiftLimbsLeft(divisor, n, shift);
    shiftLimbsLeft(dividend, m + 1, shift);
  }
  if (n == 1) divideByLimb(dividend, m, load<u64>(divisor), quotient);
  else divideByLimbs(dividend, m, divisor, n, quotient);
  if (shift == 0) return;
  let above: u64 = 0;
  for (let at = dividend + (<usize>n << 3); at > dividend; at -= 8) {
    const limb = load<u64>(at - 8);
    store<u64>(at - 8, (limb >> shift) | ((above << 1) << (63 - shift)));
    above = limb;
  }
}

/** `divideLimbs` by one limb with its highest bit set. */
function divideByLimb(dividend: usize, m: i32, divisor: u64, quotient: usize): void {
  const reciprocal = reciprocalOf(divisor);
  let rest = load<u64>(dividend + (<usize>m << 3));
  for (let at = <usize>m << 3; at > 0; at -= 8) {
    const limb = load<u64>(dividend + at - 8);
    const q = divide2By1(rest, limb, divisor, reciprocal);
    rest = limb - q * divisor;
    store<u64>(quotient + at - 8, q);
  }
  store<u64>(dividend, rest);
}

/** `divideLimbs` by two limbs or more, the highest with its highest bit set. */
function divideByLimbs(dividend: usize, m: i32, divisor: usize, n: i32, quotient: usize): void {
  const size = <usize>n << 3;
  const d1 = load<u64>(divisor + size - 8);
  const d0 = load<u64>(divisor + size - 16);
  const reciprocal = reciprocalOfPair(d1, d0);
  for (let j = m - n; j >= 0; j--) {
    const at = dividend + (<usize>j << 3);
    const head = at + size;
    const u2 = load<u64>(head);
    const u1 = load<u64>(head - 8);
    // Equal heads: the digit is 2^64 - 1 or, found below, one less.
    let q = u2 == d1 && u1 == d0 ? u64.MAX_VALUE : divide3By2(u2, u1, load<u64>(head - 16), d1, d0, reciprocal);
    let carry: u64 = 0;
    for (let i: usize = 0; i < size; i += 8) {
      const limb = load<u64>(divisor + i);
      let low = q * limb;
      const before = load<u64>(at + i);
      low += carry;
      carry = mulHigh(q, limb) + u64(low < carry) + u64(before < low);
      store<u64>(at + i, before - low);
    }
    store<u64>(head, u2 - carry);
    if (u2 < carry) {
      q--;
      carry = 0;
      for (let i: usize = 0; i < size; i += 8) {
        const limb = load<u64>(divisor + i);
        const raised = load<u64>(at + i) + carry;
        const sum = raised + limb;
        carry = u64(raised < carry) | u64(sum < limb);
        store<u64>(at + i, sum);
      }
      store<u64>(head, load<u64>(head) + carry);
    }
    store<u64>(quotient + (<usize>j << 3), q);
  }
}

/**
 * The quotient of (a1, a0) by (b1, b0), a ≥ b and b1 non-zero, where one 64-bit division gives it; u64.MAX_VALUE where it is above
 * 2^31 or so.
 */
@inline
function shortQuotient(a1: u64, a0: u64, b1: u64, b0: u64): u64 {
  const shift = clz<u64>(b1);
  // Both without their lowest bits: the divisor's highest 32, and as much less of the dividend.
  const top = ((b1 << shift) | ((b0 >> 1) >> (63 - shift))) >> 32;
  const over = (a1 >> 1) >> (63 - shift);
  if (over >> 31 != 0) return u64.MAX_VALUE;
  const numerator = (over << 32) | (((a1 << shift) | ((a0 >> 1) >> (63 - shift))) >> 32);
  let q = numerator / top;
  // At most 2 too large (TAOCP vol. 2, 4.3.1, theorem B): then the product, below 2^129, is above the dividend.
  while (isProductAbove(q, b1, b0, a1, a0)) q--;
  return q;
}

/** Whether q · (b1, b0) > (a1, a0). */
@inline
function isProductAbove(q: u64, b1: u64, b0: u64, a1: u64, a0: u64): bool {
  const carry = mulHigh(q, b0);
  const high = q * b1 + carry;
  return mulHigh(q, b1) != 0 || high < carry || high > a1 || (high == a1 && q * b0 > a0);
}

/** quotient = a / b, remainder = a mod b; both 0 where b is 0. Addresses may be 0: not wanted. */
@inline
function divide(a: usize, b: usize, quotient: usize, remainder: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  if ((load<u64>(a, 16) | load<u64>(a, 24) | load<u64>(b, 16) | load<u64>(b, 24)) == 0) {
    if ((a1 | b1) == 0) {
      const q = b0 == 0 ? 0 : a0 / b0;
      if (quotient != 0) setU64(quotient, q);
      if (remainder != 0) setU64(remainder, b0 == 0 ? 0 : a0 - q * b0);
      return;
    }
    if (b1 != 0 && (a1 > b1 || (a1 == b1 && a0 >= b0))) {
      const q = shortQuotient(a1, a0, b1, b0);
      if (q != u64.MAX_VALUE) {
        if (quotient != 0) setU64(quotient, q);
        if (remainder != 0) {
          const low = q * b0;
          setU64(remainder, a0 - low);
          store<u64>(remainder, a1 - q * b1 - mulHigh(q, b0) - u64(a0 < low), 8);
        }
        return;
      }
    }
  }
  divideWide(a, b, quotient, remainder);
}

function divideWide(a: usize, b: usize, quotient: usize, remainder: usize): void {
  if (isZero(b)) {
    if (quotient != 0) setZero(quotient);
    if (remainder != 0) setZero(remainder);
    return;
  }
  if (lessThan(a, b)) {
    if (remainder != 0) copy(a, remainder);
    if (quotient != 0) setZero(quotient);
    return;
  }
  const u = scratchBase();
  const v = u + SCRATCH_DIVISOR;
  const q = u + SCRATCH_QUOTIENT;
  copy(a, u);
  copy(b, v);
  setZero(q);
  const n = limbCount(v, 4);
  const m = limbCount(u, 4);
  divideLimbs(u, m, v, n, q);
  if (quotient != 0) copy(q, quotient);
  if (remainder == 0) return;
  // Above the remainder's limbs the dividend's are used up, but for those of a one-limb division.
  setZero(q);
  memory.copy(q, u, <usize>n << 3);
  copy(q, remainder);
}

export function div(a: usize, b: usize, out: usize): void {
  divide(a, b, out, 0);
}

export function mod(a: usize, b: usize, out: usize): void {
  divide(a, b, 0, out);
}

/** Two's complement division, truncating; x / 0 = 0; -2^255 / -1 = -2^255. */
export function sdiv(a: usize, b: usize, out: usize): void {
  const aNegative = load<i64>(a, 24) < 0;
  const bNegative = load<i64>(b, 24) < 0;
  const x = scratchBase() + SCRATCH_SIGNED_A;
  const y = scratchBase() + SCRATCH_SIGNED_B;
  if (aNegative) negate(a, x);
  else copy(a, x);
  if (bNegative) negate(b, y);
  else copy(b, y);
  div(x, y, out);
  if (aNegative != bNegative) negate(out, out);
}

/** Remainder with the dividend's sign; x mod 0 = 0. */
export function smod(a: usize, b: usize, out: usize): void {
  const aNegative = load<i64>(a, 24) < 0;
  const x = scratchBase() + SCRATCH_SIGNED_A;
  const y = scratchBase() + SCRATCH_SIGNED_B;
  if (aNegative) negate(a, x);
  else copy(a, x);
  if (load<i64>(b, 24) < 0) negate(b, y);
  else copy(b, y);
  mod(x, y, out);
  if (aNegative) negate(out, out);
}

/** out = the value of `limbs` limbs at `value` (in scratch, room for one more) mod m; m non-zero. */
function reduce(value: usize, limbs: i32, m: usize, out: usize): void {
  const v = scratchBase() + SCRATCH_DIVISOR;
  const q = scratchBase() + SCRATCH_QUOTIENT;
  copy(m, v);
  const n = limbCount(v, 4);
  const count = limbCount(value, limbs);
  if (count >= n) divideLimbs(value, count, v, n, q);
  setZero(out);
  memory.copy(out, value, <usize>min(n, count) << 3);
}

/** out = (a + b) mod m over the integers; 0 where m is 0. */
export function addmod(a: usize, b: usize, m: usize, out: usize): void {
  if (lessThan(a, m) && lessThan(b, m)) {
    const sum = scratchBase();
    const carry = add(a, b, sum);
    if (carry != 0 || !lessThan(sum, m)) sub(sum, m, out);
    else copy(sum, out);
    return;
  }
  if (isZero(m)) {
    setZero(out);
    return;
  }
  const u = scratchBase();
  store<u64>(u, add(a, b, u), 32);
  reduce(u, 5, m, out);
}

/** out = (a · b) mod m over the integers; 0 where m is 0. */
export function mulmod(a: usize, b: usize, m: usize, out: usize): void {
  if (suits(m)) {
    if (isCached(m)) {
      mulmodCached(a, b, out);
      return;
    }
    if (isRepeated(m)) {
      computeReciprocal(m);
      mulmodCached(a, b, out);
      return;
    }
  } else if (isZero(m)) {
    setZero(out);
    return;
  }
  const u = scratchBase();
  mulFull(a, b, u);
  reduce(u, 8, m, out);
}

/** Computes ⌊2^522 / m⌋ for `mulmodCached`. */
function computeReciprocal(m: usize): void {
  const u = scratchBase();
  const v = u + SCRATCH_DIVISOR;
  const q = u + SCRATCH_QUOTIENT;
  memory.fill(u, 0, 64);
  store<u64>(u, 1 << 10, 64);
  copy(m, v);
  divideLimbs(u, 9, v, 4, q);
  cacheModulus(m, q);
}
