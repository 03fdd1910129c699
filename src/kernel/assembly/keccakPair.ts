/**
 * keccak256 of two inputs at once: the same permutation as keccak.ts, each lane of both states in one vector of two 64-bit halves.
 * Three fifths of the time of one after the other (ADR 0207).
 *
 * Chi's "and not" is one instruction, so that no lane is kept complemented. Names and the rows' order are those of keccak.ts.
 * Compiled without SIMD, as for a judge that runs single instructions, it is one after the other.
 */
import { keccak256 } from './keccak';
import { tailLane } from './keccakTail';

/** Bytes absorbed per permutation: 200 - 2 × 32. */
const RATE_BYTES: u32 = 136;

@lazy
const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
  0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
  0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
  0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);

@lazy let a00: v128 = i64x2.splat(0);
@lazy let a01: v128 = i64x2.splat(0);
@lazy let a02: v128 = i64x2.splat(0);
@lazy let a03: v128 = i64x2.splat(0);
@lazy let a04: v128 = i64x2.splat(0);
@lazy let a10: v128 = i64x2.splat(0);
@lazy let a11: v128 = i64x2.splat(0);
@lazy let a12: v128 = i64x2.splat(0);
@lazy let a13: v128 = i64x2.splat(0);
@lazy let a14: v128 = i64x2.splat(0);
@lazy let a20: v128 = i64x2.splat(0);
@lazy let a21: v128 = i64x2.splat(0);
@lazy let a22: v128 = i64x2.splat(0);
@lazy let a23: v128 = i64x2.splat(0);
@lazy let a24: v128 = i64x2.splat(0);
@lazy let a30: v128 = i64x2.splat(0);
@lazy let a31: v128 = i64x2.splat(0);
@lazy let a32: v128 = i64x2.splat(0);
@lazy let a33: v128 = i64x2.splat(0);
@lazy let a34: v128 = i64x2.splat(0);
@lazy let a40: v128 = i64x2.splat(0);
@lazy let a41: v128 = i64x2.splat(0);
@lazy let a42: v128 = i64x2.splat(0);
@lazy let a43: v128 = i64x2.splat(0);
@lazy let a44: v128 = i64x2.splat(0);
@lazy let e00: v128 = i64x2.splat(0);
@lazy let e01: v128 = i64x2.splat(0);
@lazy let e02: v128 = i64x2.splat(0);
@lazy let e03: v128 = i64x2.splat(0);
@lazy let e04: v128 = i64x2.splat(0);
@lazy let e10: v128 = i64x2.splat(0);
@lazy let e11: v128 = i64x2.splat(0);
@lazy let e12: v128 = i64x2.splat(0);
@lazy let e13: v128 = i64x2.splat(0);
@lazy let e14: v128 = i64x2.splat(0);
@lazy let e20: v128 = i64x2.splat(0);
@lazy let e21: v128 = i64x2.splat(0);
@lazy let e22: v128 = i64x2.splat(0);
@lazy let e23: v128 = i64x2.splat(0);
@lazy let e24: v128 = i64x2.splat(0);
@lazy let e30: v128 = i64x2.splat(0);
@lazy let e31: v128 = i64x2.splat(0);
@lazy let e32: v128 = i64x2.splat(0);
@lazy let e33: v128 = i64x2.splat(0);
@lazy let e34: v128 = i64x2.splat(0);
@lazy let e40: v128 = i64x2.splat(0);
@lazy let e41: v128 = i64x2.splat(0);
@lazy let e42: v128 = i64x2.splat(0);
@lazy let e43: v128 = i64x2.splat(0);
@lazy let e44: v128 = i64x2.splat(0);

/** Permutations that an input of `len` bytes takes; `keccak256Pair` is quick for two inputs that take as many. */
@inline
export function permutationCount(len: i32): u32 {
  return <u32>len / RATE_BYTES + 1;
}

/**
 * Writes the 32-byte keccak256 of `pLen` bytes at `p` to `pOut`, and that of `qLen` bytes at `q` to `qOut`. Neither output may overlap the
 * other's input. Reads nothing outside the inputs.
 */
export function keccak256Pair(p: usize, pLen: i32, pOut: usize, q: usize, qLen: i32, qOut: usize): void {
  if (ASC_FEATURE_SIMD) {
    if (permutationCount(pLen) == permutationCount(qLen)) {
      hashBoth(p, pLen, pOut, q, qLen, qOut);
      return;
    }
  }
  keccak256(p, pLen, pOut);
  keccak256(q, qLen, qOut);
}

function hashBoth(p: usize, pLen: i32, pOut: usize, q: usize, qLen: i32, qOut: usize): void {
  let t: v128;
  let b0: v128, b1: v128, b2: v128, b3: v128, b4: v128;
  let c0: v128, c1: v128, c2: v128, c3: v128, c4: v128;
  let d0: v128, d1: v128, d2: v128, d3: v128, d4: v128;
  t = i64x2.splat(0);
  a00 = t;
  a01 = t;
  a02 = t;
  a03 = t;
  a04 = t;
  a10 = t;
  a11 = t;
  a12 = t;
  a13 = t;
  a14 = t;
  a20 = t;
  a21 = t;
  a22 = t;
  a23 = t;
  a24 = t;
  a30 = t;
  a31 = t;
  a32 = t;
  a33 = t;
  a34 = t;
  a40 = t;
  a41 = t;
  a42 = t;
  a43 = t;
  a44 = t;
  for (;;) {
    const last = <u32>pLen < RATE_BYTES;
    if (last) {
      absorbTailOfFirst(p, pLen);
      absorbTailOfSecond(q, qLen);
      a31 = v128.xor(a31, i64x2.splat(0x8000000000000000));
    } else {
      a00 = v128.xor(a00, v128.load_lane<u64>(q, v128.load_zero<u64>(p), 1));
      a01 = v128.xor(a01, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 8), 1, 8));
      a02 = v128.xor(a02, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 16), 1, 16));
      a03 = v128.xor(a03, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 24), 1, 24));
      a04 = v128.xor(a04, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 32), 1, 32));
      a10 = v128.xor(a10, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 40), 1, 40));
      a11 = v128.xor(a11, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 48), 1, 48));
      a12 = v128.xor(a12, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 56), 1, 56));
      a13 = v128.xor(a13, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 64), 1, 64));
      a14 = v128.xor(a14, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 72), 1, 72));
      a20 = v128.xor(a20, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 80), 1, 80));
      a21 = v128.xor(a21, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 88), 1, 88));
      a22 = v128.xor(a22, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 96), 1, 96));
      a23 = v128.xor(a23, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 104), 1, 104));
      a24 = v128.xor(a24, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 112), 1, 112));
      a30 = v128.xor(a30, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 120), 1, 120));
      a31 = v128.xor(a31, v128.load_lane<u64>(q, v128.load_zero<u64>(p, 128), 1, 128));
      p += RATE_BYTES;
      q += RATE_BYTES;
      pLen -= RATE_BYTES;
      qLen -= RATE_BYTES;
    }

    c0 = v128.xor(v128.xor(v128.xor(a00, a10), v128.xor(a20, a30)), a40);
    c1 = v128.xor(v128.xor(v128.xor(a01, a11), v128.xor(a21, a31)), a41);
    c2 = v128.xor(v128.xor(v128.xor(a02, a12), v128.xor(a22, a32)), a42);
    c3 = v128.xor(v128.xor(v128.xor(a03, a13), v128.xor(a23, a33)), a43);
    c4 = v128.xor(v128.xor(v128.xor(a04, a14), v128.xor(a24, a34)), a44);
    for (let constants = ROUND_CONSTANTS; constants < ROUND_CONSTANTS + 24 * 8; constants += 16) {
      t = c1;
      d0 = v128.xor(c4, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = c2;
      d1 = v128.xor(c0, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = c3;
      d2 = v128.xor(c1, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = c4;
      d3 = v128.xor(c2, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = c0;
      d4 = v128.xor(c3, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = v128.xor(a02, d2);
      b0 = v128.or(v128.shl<u64>(t, 62), v128.shr<u64>(t, 2));
      t = v128.xor(a13, d3);
      b1 = v128.or(v128.shl<u64>(t, 55), v128.shr<u64>(t, 9));
      t = v128.xor(a24, d4);
      b2 = v128.or(v128.shl<u64>(t, 39), v128.shr<u64>(t, 25));
      t = v128.xor(a30, d0);
      b3 = v128.or(v128.shl<u64>(t, 41), v128.shr<u64>(t, 23));
      t = v128.xor(a41, d1);
      b4 = v128.or(v128.shl<u64>(t, 2), v128.shr<u64>(t, 62));
      t = v128.xor(b0, v128.andnot(b2, b1));
      e40 = t;
      c0 = t;
      t = v128.xor(b1, v128.andnot(b3, b2));
      e41 = t;
      c1 = t;
      t = v128.xor(b2, v128.andnot(b4, b3));
      e42 = t;
      c2 = t;
      t = v128.xor(b3, v128.andnot(b0, b4));
      e43 = t;
      c3 = t;
      t = v128.xor(b4, v128.andnot(b1, b0));
      e44 = t;
      c4 = t;
      t = v128.xor(a04, d4);
      b0 = v128.or(v128.shl<u64>(t, 27), v128.shr<u64>(t, 37));
      t = v128.xor(a10, d0);
      b1 = v128.or(v128.shl<u64>(t, 36), v128.shr<u64>(t, 28));
      t = v128.xor(a21, d1);
      b2 = v128.or(v128.shl<u64>(t, 10), v128.shr<u64>(t, 54));
      t = v128.xor(a32, d2);
      b3 = v128.or(v128.shl<u64>(t, 15), v128.shr<u64>(t, 49));
      t = v128.xor(a43, d3);
      b4 = v128.or(v128.shl<u64>(t, 56), v128.shr<u64>(t, 8));
      t = v128.xor(b0, v128.andnot(b2, b1));
      e30 = t;
      c0 = v128.xor(c0, t);
      t = v128.xor(b1, v128.andnot(b3, b2));
      e31 = t;
      c1 = v128.xor(c1, t);
      t = v128.xor(b2, v128.andnot(b4, b3));
      e32 = t;
      c2 = v128.xor(c2, t);
      t = v128.xor(b3, v128.andnot(b0, b4));
      e33 = t;
      c3 = v128.xor(c3, t);
      t = v128.xor(b4, v128.andnot(b1, b0));
      e34 = t;
      c4 = v128.xor(c4, t);
      t = v128.xor(a01, d1);
      b0 = v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63));
      t = v128.xor(a12, d2);
      b1 = v128.or(v128.shl<u64>(t, 6), v128.shr<u64>(t, 58));
      t = v128.xor(a23, d3);
      b2 = v128.or(v128.shl<u64>(t, 25), v128.shr<u64>(t, 39));
      t = v128.xor(a34, d4);
      b3 = v128.or(v128.shl<u64>(t, 8), v128.shr<u64>(t, 56));
      t = v128.xor(a40, d0);
      b4 = v128.or(v128.shl<u64>(t, 18), v128.shr<u64>(t, 46));
      t = v128.xor(b0, v128.andnot(b2, b1));
      e20 = t;
      c0 = v128.xor(c0, t);
      t = v128.xor(b1, v128.andnot(b3, b2));
      e21 = t;
      c1 = v128.xor(c1, t);
      t = v128.xor(b2, v128.andnot(b4, b3));
      e22 = t;
      c2 = v128.xor(c2, t);
      t = v128.xor(b3, v128.andnot(b0, b4));
      e23 = t;
      c3 = v128.xor(c3, t);
      t = v128.xor(b4, v128.andnot(b1, b0));
      e24 = t;
      c4 = v128.xor(c4, t);
      t = v128.xor(a03, d3);
      b0 = v128.or(v128.shl<u64>(t, 28), v128.shr<u64>(t, 36));
      t = v128.xor(a14, d4);
      b1 = v128.or(v128.shl<u64>(t, 20), v128.shr<u64>(t, 44));
      t = v128.xor(a20, d0);
      b2 = v128.or(v128.shl<u64>(t, 3), v128.shr<u64>(t, 61));
      t = v128.xor(a31, d1);
      b3 = v128.or(v128.shl<u64>(t, 45), v128.shr<u64>(t, 19));
      t = v128.xor(a42, d2);
      b4 = v128.or(v128.shl<u64>(t, 61), v128.shr<u64>(t, 3));
      t = v128.xor(b0, v128.andnot(b2, b1));
      e10 = t;
      c0 = v128.xor(c0, t);
      t = v128.xor(b1, v128.andnot(b3, b2));
      e11 = t;
      c1 = v128.xor(c1, t);
      t = v128.xor(b2, v128.andnot(b4, b3));
      e12 = t;
      c2 = v128.xor(c2, t);
      t = v128.xor(b3, v128.andnot(b0, b4));
      e13 = t;
      c3 = v128.xor(c3, t);
      t = v128.xor(b4, v128.andnot(b1, b0));
      e14 = t;
      c4 = v128.xor(c4, t);
      b0 = v128.xor(a00, d0);
      t = v128.xor(a11, d1);
      b1 = v128.or(v128.shl<u64>(t, 44), v128.shr<u64>(t, 20));
      t = v128.xor(a22, d2);
      b2 = v128.or(v128.shl<u64>(t, 43), v128.shr<u64>(t, 21));
      t = v128.xor(a33, d3);
      b3 = v128.or(v128.shl<u64>(t, 21), v128.shr<u64>(t, 43));
      t = v128.xor(a44, d4);
      b4 = v128.or(v128.shl<u64>(t, 14), v128.shr<u64>(t, 50));
      t = v128.xor(v128.xor(b0, v128.andnot(b2, b1)), v128.load_splat<u64>(constants));
      e00 = t;
      c0 = v128.xor(c0, t);
      t = v128.xor(b1, v128.andnot(b3, b2));
      e01 = t;
      c1 = v128.xor(c1, t);
      t = v128.xor(b2, v128.andnot(b4, b3));
      e02 = t;
      c2 = v128.xor(c2, t);
      t = v128.xor(b3, v128.andnot(b0, b4));
      e03 = t;
      c3 = v128.xor(c3, t);
      t = v128.xor(b4, v128.andnot(b1, b0));
      e04 = t;
      c4 = v128.xor(c4, t);

      t = c1;
      d0 = v128.xor(c4, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = c2;
      d1 = v128.xor(c0, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = c3;
      d2 = v128.xor(c1, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = c4;
      d3 = v128.xor(c2, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = c0;
      d4 = v128.xor(c3, v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63)));
      t = v128.xor(e02, d2);
      b0 = v128.or(v128.shl<u64>(t, 62), v128.shr<u64>(t, 2));
      t = v128.xor(e13, d3);
      b1 = v128.or(v128.shl<u64>(t, 55), v128.shr<u64>(t, 9));
      t = v128.xor(e24, d4);
      b2 = v128.or(v128.shl<u64>(t, 39), v128.shr<u64>(t, 25));
      t = v128.xor(e30, d0);
      b3 = v128.or(v128.shl<u64>(t, 41), v128.shr<u64>(t, 23));
      t = v128.xor(e41, d1);
      b4 = v128.or(v128.shl<u64>(t, 2), v128.shr<u64>(t, 62));
      t = v128.xor(b0, v128.andnot(b2, b1));
      a40 = t;
      c0 = t;
      t = v128.xor(b1, v128.andnot(b3, b2));
      a41 = t;
      c1 = t;
      t = v128.xor(b2, v128.andnot(b4, b3));
      a42 = t;
      c2 = t;
      t = v128.xor(b3, v128.andnot(b0, b4));
      a43 = t;
      c3 = t;
      t = v128.xor(b4, v128.andnot(b1, b0));
      a44 = t;
      c4 = t;
      t = v128.xor(e04, d4);
      b0 = v128.or(v128.shl<u64>(t, 27), v128.shr<u64>(t, 37));
      t = v128.xor(e10, d0);
      b1 = v128.or(v128.shl<u64>(t, 36), v128.shr<u64>(t, 28));
      t = v128.xor(e21, d1);
      b2 = v128.or(v128.shl<u64>(t, 10), v128.shr<u64>(t, 54));
      t = v128.xor(e32, d2);
      b3 = v128.or(v128.shl<u64>(t, 15), v128.shr<u64>(t, 49));
      t = v128.xor(e43, d3);
      b4 = v128.or(v128.shl<u64>(t, 56), v128.shr<u64>(t, 8));
      t = v128.xor(b0, v128.andnot(b2, b1));
      a30 = t;
      c0 = v128.xor(c0, t);
      t = v128.xor(b1, v128.andnot(b3, b2));
      a31 = t;
      c1 = v128.xor(c1, t);
      t = v128.xor(b2, v128.andnot(b4, b3));
      a32 = t;
      c2 = v128.xor(c2, t);
      t = v128.xor(b3, v128.andnot(b0, b4));
      a33 = t;
      c3 = v128.xor(c3, t);
      t = v128.xor(b4, v128.andnot(b1, b0));
      a34 = t;
      c4 = v128.xor(c4, t);
      t = v128.xor(e01, d1);
      b0 = v128.or(v128.shl<u64>(t, 1), v128.shr<u64>(t, 63));
      t = v128.xor(e12, d2);
      b1 = v128.or(v128.shl<u64>(t, 6), v128.shr<u64>(t, 58));
      t = v128.xor(e23, d3);
      b2 = v128.or(v128.shl<u64>(t, 25), v128.shr<u64>(t, 39));
      t = v128.xor(e34, d4);
      b3 = v128.or(v128.shl<u64>(t, 8), v128.shr<u64>(t, 56));
      t = v128.xor(e40, d0);
      b4 = v128.or(v128.shl<u64>(t, 18), v128.shr<u64>(t, 46));
      t = v128.xor(b0, v128.andnot(b2, b1));
      a20 = t;
      c0 = v128.xor(c0, t);
      t = v128.xor(b1, v128.andnot(b3, b2));
      a21 = t;
      c1 = v128.xor(c1, t);
      t = v128.xor(b2, v128.andnot(b4, b3));
      a22 = t;
      c2 = v128.xor(c2, t);
      t = v128.xor(b3, v128.andnot(b0, b4));
      a23 = t;
      c3 = v128.xor(c3, t);
      t = v128.xor(b4, v128.andnot(b1, b0));
      a24 = t;
      c4 = v128.xor(c4, t);
      t = v128.xor(e03, d3);
      b0 = v128.or(v128.shl<u64>(t, 28), v128.shr<u64>(t, 36));
      t = v128.xor(e14, d4);
      b1 = v128.or(v128.shl<u64>(t, 20), v128.shr<u64>(t, 44));
      t = v128.xor(e20, d0);
      b2 = v128.or(v128.shl<u64>(t, 3), v128.shr<u64>(t, 61));
      t = v128.xor(e31, d1);
      b3 = v128.or(v128.shl<u64>(t, 45), v128.shr<u64>(t, 19));
      t = v128.xor(e42, d2);
      b4 = v128.or(v128.shl<u64>(t, 61), v128.shr<u64>(t, 3));
      t = v128.xor(b0, v128.andnot(b2, b1));
      a10 = t;
      c0 = v128.xor(c0, t);
      t = v128.xor(b1, v128.andnot(b3, b2));
      a11 = t;
      c1 = v128.xor(c1, t);
      t = v128.xor(b2, v128.andnot(b4, b3));
      a12 = t;
      c2 = v128.xor(c2, t);
      t = v128.xor(b3, v128.andnot(b0, b4));
      a13 = t;
      c3 = v128.xor(c3, t);
      t = v128.xor(b4, v128.andnot(b1, b0));
      a14 = t;
      c4 = v128.xor(c4, t);
      b0 = v128.xor(e00, d0);
      t = v128.xor(e11, d1);
      b1 = v128.or(v128.shl<u64>(t, 44), v128.shr<u64>(t, 20));
      t = v128.xor(e22, d2);
      b2 = v128.or(v128.shl<u64>(t, 43), v128.shr<u64>(t, 21));
      t = v128.xor(e33, d3);
      b3 = v128.or(v128.shl<u64>(t, 21), v128.shr<u64>(t, 43));
      t = v128.xor(e44, d4);
      b4 = v128.or(v128.shl<u64>(t, 14), v128.shr<u64>(t, 50));
      t = v128.xor(v128.xor(b0, v128.andnot(b2, b1)), v128.load_splat<u64>(constants, 8));
      a00 = t;
      c0 = v128.xor(c0, t);
      t = v128.xor(b1, v128.andnot(b3, b2));
      a01 = t;
      c1 = v128.xor(c1, t);
      t = v128.xor(b2, v128.andnot(b4, b3));
      a02 = t;
      c2 = v128.xor(c2, t);
      t = v128.xor(b3, v128.andnot(b0, b4));
      a03 = t;
      c3 = v128.xor(c3, t);
      t = v128.xor(b4, v128.andnot(b1, b0));
      a04 = t;
      c4 = v128.xor(c4, t);
    }
    if (last) break;
  }
  v128.store_lane<u64>(pOut, a00, 0);
  v128.store_lane<u64>(qOut, a00, 1);
  v128.store_lane<u64>(pOut, a01, 0, 8);
  v128.store_lane<u64>(qOut, a01, 1, 8);
  v128.store_lane<u64>(pOut, a02, 0, 16);
  v128.store_lane<u64>(qOut, a02, 1, 16);
  v128.store_lane<u64>(pOut, a03, 0, 24);
  v128.store_lane<u64>(qOut, a03, 1, 24);
}

/** The last block's whole lanes, and the one that the input ends in. */
function absorbTailOfFirst(ptr: usize, len: i32): void {
  const zero = i64x2.splat(0);
  absorbLane(len >>> 3, i64x2.replace_lane(zero, 0, tailLane(ptr, len)));
  switch (len >>> 3) {
    case 16:
      a30 = v128.xor(a30, v128.load_zero<u64>(ptr, 120));
    case 15:
      a24 = v128.xor(a24, v128.load_zero<u64>(ptr, 112));
    case 14:
      a23 = v128.xor(a23, v128.load_zero<u64>(ptr, 104));
    case 13:
      a22 = v128.xor(a22, v128.load_zero<u64>(ptr, 96));
    case 12:
      a21 = v128.xor(a21, v128.load_zero<u64>(ptr, 88));
    case 11:
      a20 = v128.xor(a20, v128.load_zero<u64>(ptr, 80));
    case 10:
      a14 = v128.xor(a14, v128.load_zero<u64>(ptr, 72));
    case 9:
      a13 = v128.xor(a13, v128.load_zero<u64>(ptr, 64));
    case 8:
      a12 = v128.xor(a12, v128.load_zero<u64>(ptr, 56));
    case 7:
      a11 = v128.xor(a11, v128.load_zero<u64>(ptr, 48));
    case 6:
      a10 = v128.xor(a10, v128.load_zero<u64>(ptr, 40));
    case 5:
      a04 = v128.xor(a04, v128.load_zero<u64>(ptr, 32));
    case 4:
      a03 = v128.xor(a03, v128.load_zero<u64>(ptr, 24));
    case 3:
      a02 = v128.xor(a02, v128.load_zero<u64>(ptr, 16));
    case 2:
      a01 = v128.xor(a01, v128.load_zero<u64>(ptr, 8));
    case 1:
      a00 = v128.xor(a00, v128.load_zero<u64>(ptr));
  }
}

function absorbTailOfSecond(ptr: usize, len: i32): void {
  const zero = i64x2.splat(0);
  absorbLane(len >>> 3, i64x2.replace_lane(zero, 1, tailLane(ptr, len)));
  switch (len >>> 3) {
    case 16:
      a30 = v128.xor(a30, v128.load_lane<u64>(ptr, zero, 1, 120));
    case 15:
      a24 = v128.xor(a24, v128.load_lane<u64>(ptr, zero, 1, 112));
    case 14:
      a23 = v128.xor(a23, v128.load_lane<u64>(ptr, zero, 1, 104));
    case 13:
      a22 = v128.xor(a22, v128.load_lane<u64>(ptr, zero, 1, 96));
    case 12:
      a21 = v128.xor(a21, v128.load_lane<u64>(ptr, zero, 1, 88));
    case 11:
      a20 = v128.xor(a20, v128.load_lane<u64>(ptr, zero, 1, 80));
    case 10:
      a14 = v128.xor(a14, v128.load_lane<u64>(ptr, zero, 1, 72));
    case 9:
      a13 = v128.xor(a13, v128.load_lane<u64>(ptr, zero, 1, 64));
    case 8:
      a12 = v128.xor(a12, v128.load_lane<u64>(ptr, zero, 1, 56));
    case 7:
      a11 = v128.xor(a11, v128.load_lane<u64>(ptr, zero, 1, 48));
    case 6:
      a10 = v128.xor(a10, v128.load_lane<u64>(ptr, zero, 1, 40));
    case 5:
      a04 = v128.xor(a04, v128.load_lane<u64>(ptr, zero, 1, 32));
    case 4:
      a03 = v128.xor(a03, v128.load_lane<u64>(ptr, zero, 1, 24));
    case 3:
      a02 = v128.xor(a02, v128.load_lane<u64>(ptr, zero, 1, 16));
    case 2:
      a01 = v128.xor(a01, v128.load_lane<u64>(ptr, zero, 1, 8));
    case 1:
      a00 = v128.xor(a00, v128.load_lane<u64>(ptr, zero, 1));
  }
}

function absorbLane(lane: i32, value: v128): void {
  switch (lane) {
    case 0:
      a00 = v128.xor(a00, value);
      break;
    case 1:
      a01 = v128.xor(a01, value);
      break;
    case 2:
      a02 = v128.xor(a02, value);
      break;
    case 3:
      a03 = v128.xor(a03, value);
      break;
    case 4:
      a04 = v128.xor(a04, value);
      break;
    case 5:
      a10 = v128.xor(a10, value);
      break;
    case 6:
      a11 = v128.xor(a11, value);
      break;
    case 7:
      a12 = v128.xor(a12, value);
      break;
    case 8:
      a13 = v128.xor(a13, value);
      break;
    case 9:
      a14 = v128.xor(a14, value);
      break;
    case 10:
      a20 = v128.xor(a20, value);
      break;
    case 11:
      a21 = v128.xor(a21, value);
      break;
    case 12:
      a22 = v128.xor(a22, value);
      break;
    case 13:
      a23 = v128.xor(a23, value);
      break;
    case 14:
      a24 = v128.xor(a24, value);
      break;
    case 15:
      a30 = v128.xor(a30, value);
      break;
    case 16:
      a31 = v128.xor(a31, value);
      break;
  }
}
