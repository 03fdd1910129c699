/**
 * (a · b) mod m by Barrett's reduction (Handbook of Applied Cryptography, 14.42) with base 2^29 and k = 9: one division per modulus,
 * whose reciprocal is remembered, since loops of MULMOD keep theirs.
 *
 * Words are cut into digits of 29 bits because WebAssembly has no 64×64→128 product: ten products of such digits still add up
 * within 64 bits, so that a column of the schoolbook product is a plain sum, with one carry.
 */
import { privateBase } from './memory';
import { copy, equals } from './u256';

const DIGIT_MASK: u64 = (1 << 29) - 1;

/** In the private region: the modulus (32 bytes), then the ten digits of its reciprocal, 8 bytes each. */
const CACHE: usize = 4160;
const DIGITS: usize = CACHE + 32;
/** Then the modulus last met that was not cached. */
const ASKED: usize = DIGITS + 80;

@inline
export function isCached(m: usize): bool {
  return equals(privateBase() + CACHE, m);
}

/** Whether the last modulus that was asked for here is the one at `m`: its reciprocal is then worth computing. */
export function isRepeated(m: usize): bool {
  const repeated = equals(privateBase() + ASKED, m);
  copy(m, privateBase() + ASKED);
  return repeated;
}

/** Whether the modulus has nine digits, and its reciprocal ten. */
@inline
export function suits(m: usize): bool {
  return load<u64>(m, 24) >> 40 > 1;
}

/** Remembers the modulus at `m`, whose reciprocal ⌊2^522 / m⌋ (five limbs) is at `reciprocal`. */
export function cacheModulus(m: usize, reciprocal: usize): void {
  const cache = privateBase();
  memory.copy(cache + CACHE, m, 32);
  for (let digit: usize = 0; digit < 10; digit++) {
    const bit = <usize>29 * digit;
    const shift = <u64>bit & 63;
    const at = reciprocal + ((bit >> 6) << 3);
    const low = load<u64>(at) >> shift;
    const high = (load<u64>(at, 8) << 1) << (63 - shift);
    store<u64>(cache + DIGITS + (digit << 3), (low | high) & DIGIT_MASK);
  }
}

/** out = (a · b) mod the cached modulus. */
export function mulmodCached(a: usize, b: usize, out: usize): void {
  const av0 = load<u64>(a);
  const av1 = load<u64>(a, 8);
  const av2 = load<u64>(a, 16);
  const av3 = load<u64>(a, 24);
  const a0 = av0 & DIGIT_MASK;
  const a1 = (av0 >> 29) & DIGIT_MASK;
  const a2 = ((av0 >> 58) | (av1 << 6)) & DIGIT_MASK;
  const a3 = (av1 >> 23) & DIGIT_MASK;
  const a4 = ((av1 >> 52) | (av2 << 12)) & DIGIT_MASK;
  const a5 = (av2 >> 17) & DIGIT_MASK;
  const a6 = ((av2 >> 46) | (av3 << 18)) & DIGIT_MASK;
  const a7 = (av3 >> 11) & DIGIT_MASK;
  const a8 = av3 >> 40;
  const bv0 = load<u64>(b);
  const bv1 = load<u64>(b, 8);
  const bv2 = load<u64>(b, 16);
  const bv3 = load<u64>(b, 24);
  const b0 = bv0 & DIGIT_MASK;
  const b1 = (bv0 >> 29) & DIGIT_MASK;
  const b2 = ((bv0 >> 58) | (bv1 << 6)) & DIGIT_MASK;
  const b3 = (bv1 >> 23) & DIGIT_MASK;
  const b4 = ((bv1 >> 52) | (bv2 << 12)) & DIGIT_MASK;
  const b5 = (bv2 >> 17) & DIGIT_MASK;
  const b6 = ((bv2 >> 46) | (bv3 << 18)) & DIGIT_MASK;
  const b7 = (bv3 >> 11) & DIGIT_MASK;
  const b8 = bv3 >> 40;

  // x = a · b; of a square, every product but those on the diagonal comes twice
  let x0: u64, x1: u64, x2: u64, x3: u64, x4: u64, x5: u64, x6: u64, x7: u64, x8: u64;
  let x9: u64, x10: u64, x11: u64, x12: u64, x13: u64, x14: u64, x15: u64, x16: u64, x17: u64;
  let sum: u64;
  if (equals(a, b)) {
    sum = a0 * a0;
    x0 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a0 * a1) << 1);
    x1 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a0 * a2) << 1) + a1 * a1;
    x2 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a0 * a3 + a1 * a2) << 1);
    x3 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a0 * a4 + a1 * a3) << 1) + a2 * a2;
    x4 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a0 * a5 + a1 * a4 + a2 * a3) << 1);
    x5 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a0 * a6 + a1 * a5 + a2 * a4) << 1) + a3 * a3;
    x6 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4) << 1);
    x7 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) << 1) + a4 * a4;
    x8 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5) << 1);
    x9 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a2 * a8 + a3 * a7 + a4 * a6) << 1) + a5 * a5;
    x10 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a3 * a8 + a4 * a7 + a5 * a6) << 1);
    x11 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a4 * a8 + a5 * a7) << 1) + a6 * a6;
    x12 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a5 * a8 + a6 * a7) << 1);
    x13 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a6 * a8) << 1) + a7 * a7;
    x14 = sum & DIGIT_MASK;
    sum = (sum >> 29) + ((a7 * a8) << 1);
    x15 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a8 * a8;
    x16 = sum & DIGIT_MASK;
    x17 = sum >> 29;
  } else {
    sum = a0 * b0;
    x0 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a0 * b1 + a1 * b0;
    x1 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a0 * b2 + a1 * b1 + a2 * b0;
    x2 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
    x3 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
    x4 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
    x5 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
    x6 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
    x7 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
    x8 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
    x9 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
    x10 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3;
    x11 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4;
    x12 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
    x13 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a6 * b8 + a7 * b7 + a8 * b6;
    x14 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a7 * b8 + a8 * b7;
    x15 = sum & DIGIT_MASK;
    sum = (sum >> 29) + a8 * b8;
    x16 = sum & DIGIT_MASK;
    x17 = sum >> 29;
  }

  const cache = privateBase();
  const v0 = load<u64>(cache, DIGITS);
  const v1 = load<u64>(cache, DIGITS + 8);
  const v2 = load<u64>(cache, DIGITS + 16);
  const v3 = load<u64>(cache, DIGITS + 24);
  const v4 = load<u64>(cache, DIGITS + 32);
  const v5 = load<u64>(cache, DIGITS + 40);
  const v6 = load<u64>(cache, DIGITS + 48);
  const v7 = load<u64>(cache, DIGITS + 56);
  const v8 = load<u64>(cache, DIGITS + 64);
  const v9 = load<u64>(cache, DIGITS + 72);
  // q = ⌊⌊x / base^8⌋ · reciprocal / base^10⌋, without the columns below base^8: at most 3 too small in all
  sum = x8 * v8 + x9 * v7 + x10 * v6 + x11 * v5 + x12 * v4 + x13 * v3 + x14 * v2 + x15 * v1 + x16 * v0;
  sum = (sum >> 29) + x8 * v9 + x9 * v8 + x10 * v7 + x11 * v6 + x12 * v5 + x13 * v4 + x14 * v3 + x15 * v2 + x16 * v1 + x17 * v0;
  sum = (sum >> 29) + x9 * v9 + x10 * v8 + x11 * v7 + x12 * v6 + x13 * v5 + x14 * v4 + x15 * v3 + x16 * v2 + x17 * v1;
  const q0 = sum & DIGIT_MASK;
  sum = (sum >> 29) + x10 * v9 + x11 * v8 + x12 * v7 + x13 * v6 + x14 * v5 + x15 * v4 + x16 * v3 + x17 * v2;
  const q1 = sum & DIGIT_MASK;
  sum = (sum >> 29) + x11 * v9 + x12 * v8 + x13 * v7 + x14 * v6 + x15 * v5 + x16 * v4 + x17 * v3;
  const q2 = sum & DIGIT_MASK;
  sum = (sum >> 29) + x12 * v9 + x13 * v8 + x14 * v7 + x15 * v6 + x16 * v5 + x17 * v4;
  const q3 = sum & DIGIT_MASK;
  sum = (sum >> 29) + x13 * v9 + x14 * v8 + x15 * v7 + x16 * v6 + x17 * v5;
  const q4 = sum & DIGIT_MASK;
  sum = (sum >> 29) + x14 * v9 + x15 * v8 + x16 * v7 + x17 * v6;
  const q5 = sum & DIGIT_MASK;
  sum = (sum >> 29) + x15 * v9 + x16 * v8 + x17 * v7;
  const q6 = sum & DIGIT_MASK;
  sum = (sum >> 29) + x16 * v9 + x17 * v8;
  const q7 = sum & DIGIT_MASK;
  sum = (sum >> 29) + x17 * v9;
  const q8 = sum & DIGIT_MASK;

  const mv0 = load<u64>(cache, CACHE);
  const mv1 = load<u64>(cache, CACHE + 8);
  const mv2 = load<u64>(cache, CACHE + 16);
  const mv3 = load<u64>(cache, CACHE + 24);
  const m0 = mv0 & DIGIT_MASK;
  const m1 = (mv0 >> 29) & DIGIT_MASK;
  const m2 = ((mv0 >> 58) | (mv1 << 6)) & DIGIT_MASK;
  const m3 = (mv1 >> 23) & DIGIT_MASK;
  const m4 = ((mv1 >> 52) | (mv2 << 12)) & DIGIT_MASK;
  const m5 = (mv2 >> 17) & DIGIT_MASK;
  const m6 = ((mv2 >> 46) | (mv3 << 18)) & DIGIT_MASK;
  const m7 = (mv3 >> 11) & DIGIT_MASK;
  const m8 = mv3 >> 40;
  // r = x - q · m mod base^9, which is below 4 · m
  let rest = <i64>(x0 - q0 * m0);
  const r0 = <u64>rest & DIGIT_MASK;
  rest = (rest >> 29) + <i64>(x1 - (q0 * m1 + q1 * m0));
  const r1 = <u64>rest & DIGIT_MASK;
  rest = (rest >> 29) + <i64>(x2 - (q0 * m2 + q1 * m1 + q2 * m0));
  const r2 = <u64>rest & DIGIT_MASK;
  rest = (rest >> 29) + <i64>(x3 - (q0 * m3 + q1 * m2 + q2 * m1 + q3 * m0));
  const r3 = <u64>rest & DIGIT_MASK;
  rest = (rest >> 29) + <i64>(x4 - (q0 * m4 + q1 * m3 + q2 * m2 + q3 * m1 + q4 * m0));
  const r4 = <u64>rest & DIGIT_MASK;
  rest = (rest >> 29) + <i64>(x5 - (q0 * m5 + q1 * m4 + q2 * m3 + q3 * m2 + q4 * m1 + q5 * m0));
  const r5 = <u64>rest & DIGIT_MASK;
  rest = (rest >> 29) + <i64>(x6 - (q0 * m6 + q1 * m5 + q2 * m4 + q3 * m3 + q4 * m2 + q5 * m1 + q6 * m0));
  const r6 = <u64>rest & DIGIT_MASK;
  rest = (rest >> 29) + <i64>(x7 - (q0 * m7 + q1 * m6 + q2 * m5 + q3 * m4 + q4 * m3 + q5 * m2 + q6 * m1 + q7 * m0));
  const r7 = <u64>rest & DIGIT_MASK;
  rest = (rest >> 29) + <i64>(x8 - (q0 * m8 + q1 * m7 + q2 * m6 + q3 * m5 + q4 * m4 + q5 * m3 + q6 * m2 + q7 * m1 + q8 * m0));
  const r8 = <u64>rest & DIGIT_MASK;

  let w0 = r0 | (r1 << 29) | (r2 << 58);
  let w1 = (r2 >> 6) | (r3 << 23) | (r4 << 52);
  let w2 = (r4 >> 12) | (r5 << 17) | (r6 << 46);
  let w3 = (r6 >> 18) | (r7 << 11) | (r8 << 40);
  let w4 = r8 >> 24;
  while (w4 != 0 || !isBelow(w0, w1, w2, w3, mv0, mv1, mv2, mv3)) {
    let before = w0;
    w0 -= mv0;
    let borrow = u64(before < mv0);
    before = w1;
    w1 = before - mv1 - borrow;
    borrow = u64(before < mv1) | (u64(before == mv1) & borrow);
    before = w2;
    w2 = before - mv2 - borrow;
    borrow = u64(before < mv2) | (u64(before == mv2) & borrow);
    before = w3;
    w3 = before - mv3 - borrow;
    borrow = u64(before < mv3) | (u64(before == mv3) & borrow);
    w4 -= borrow;
  }
  store<u64>(out, w0);
  store<u64>(out, w1, 8);
  store<u64>(out, w2, 16);
  store<u64>(out, w3, 24);
}

@inline
function isBelow(r0: u64, r1: u64, r2: u64, r3: u64, m0: u64, m1: u64, m2: u64, m3: u64): bool {
  if (r3 != m3) return r3 < m3;
  if (r2 != m2) return r2 < m2;
  if (r1 != m1) return r1 < m1;
  return r0 < m0;
}
