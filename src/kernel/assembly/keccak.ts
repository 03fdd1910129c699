/**
 * keccak256 (the original Keccak padding, as Ethereum uses it), by FIPS 202's keccak-f[1600].
 *
 * Lanes are named a<y><x> before an even round and e<y><x> before an odd one. They are globals because globals are per
 * instance (any number of instances over one shared memory may hash at once) and lie at fixed addresses: as 25 locals, of
 * which no machine has the registers, they cost a sixth more time. What is used again at once is local: the row in work b<x>,
 * the columns' parities c<x>, and the round's last row t<x>. The parities are summed up at a round's end, from the lanes
 * written: summed up while they are written, the compiler keeps every lane a second time (7 % more time). The last row comes
 * last into the sum, since a processor waits for what it reads back at once.
 *
 * Six lanes (01, 02, 13, 22, 32, 40) are kept complemented through the rounds, which takes 20 of the 25 NOTs out of each
 * chi ("lane complementing", Keccak implementation overview §2.2). Of the last round only the row that is the hash is
 * computed. The rows' order is the one that ran fastest.
 */

import { tailLane } from './keccakTail';

/** Bytes absorbed per permutation: 200 - 2 × 32. */
const RATE_BYTES: i32 = 136;

const ROUND_CONSTANTS: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
  0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
  0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
  0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
const ROUND_CONSTANTS_END: usize = ROUND_CONSTANTS + 24 * 8;

let a00: u64 = 0;
let a01: u64 = 0;
let a02: u64 = 0;
let a03: u64 = 0;
let a04: u64 = 0;
let a10: u64 = 0;
let a11: u64 = 0;
let a12: u64 = 0;
let a13: u64 = 0;
let a14: u64 = 0;
let a20: u64 = 0;
let a21: u64 = 0;
let a22: u64 = 0;
let a23: u64 = 0;
let a24: u64 = 0;
let a30: u64 = 0;
let a31: u64 = 0;
let a32: u64 = 0;
let a33: u64 = 0;
let a34: u64 = 0;
let a40: u64 = 0;
let a41: u64 = 0;
let a42: u64 = 0;
let a43: u64 = 0;
let a44: u64 = 0;
let e00: u64 = 0;
let e01: u64 = 0;
let e02: u64 = 0;
let e03: u64 = 0;
let e04: u64 = 0;
let e10: u64 = 0;
let e11: u64 = 0;
let e12: u64 = 0;
let e13: u64 = 0;
let e14: u64 = 0;
let e20: u64 = 0;
let e21: u64 = 0;
let e22: u64 = 0;
let e23: u64 = 0;
let e24: u64 = 0;
let e30: u64 = 0;
let e31: u64 = 0;
let e32: u64 = 0;
let e33: u64 = 0;
let e34: u64 = 0;
let e40: u64 = 0;
let e41: u64 = 0;
let e42: u64 = 0;
let e43: u64 = 0;
let e44: u64 = 0;

/**
 * Writes the 32-byte keccak256 of `len` bytes at `ptr` to `out`. Input and output may overlap: the input is read whole
 * before the output is written. Alignment does not matter. Reads nothing outside [ptr, ptr + len).
 */
export function keccak256(ptr: usize, len: i32, out: usize): void {
  let t0: u64, t1: u64, t2: u64, t3: u64, t4: u64;
  let b0: u64, b1: u64, b2: u64, b3: u64, b4: u64;
  let c0: u64, c1: u64, c2: u64, c3: u64, c4: u64;
  let d0: u64, d1: u64, d2: u64, d3: u64, d4: u64;
  a00 = 0;
  a01 = ~0;
  a02 = ~0;
  a03 = 0;
  a04 = 0;
  a10 = 0;
  a11 = 0;
  a12 = 0;
  a13 = ~0;
  a14 = 0;
  a20 = 0;
  a21 = 0;
  a22 = ~0;
  a23 = 0;
  a24 = 0;
  a30 = 0;
  a31 = 0;
  a32 = ~0;
  a33 = 0;
  a34 = 0;
  a40 = ~0;
  a41 = 0;
  a42 = 0;
  a43 = 0;
  a44 = 0;

  for (;;) {
    const last = len < RATE_BYTES;
    if (last) {
      const tail = tailLane(ptr, len);
      const laneCount = len >>> 3;
      switch (laneCount) {
        case 16:
          a30 ^= load<u64>(ptr, 120);
        case 15:
          a24 ^= load<u64>(ptr, 112);
        case 14:
          a23 ^= load<u64>(ptr, 104);
        case 13:
          a22 ^= load<u64>(ptr, 96);
        case 12:
          a21 ^= load<u64>(ptr, 88);
        case 11:
          a20 ^= load<u64>(ptr, 80);
        case 10:
          a14 ^= load<u64>(ptr, 72);
        case 9:
          a13 ^= load<u64>(ptr, 64);
        case 8:
          a12 ^= load<u64>(ptr, 56);
        case 7:
          a11 ^= load<u64>(ptr, 48);
        case 6:
          a10 ^= load<u64>(ptr, 40);
        case 5:
          a04 ^= load<u64>(ptr, 32);
        case 4:
          a03 ^= load<u64>(ptr, 24);
        case 3:
          a02 ^= load<u64>(ptr, 16);
        case 2:
          a01 ^= load<u64>(ptr, 8);
        case 1:
          a00 ^= load<u64>(ptr);
      }
      switch (laneCount) {
        case 0:
          a00 ^= tail;
          break;
        case 1:
          a01 ^= tail;
          break;
        case 2:
          a02 ^= tail;
          break;
        case 3:
          a03 ^= tail;
          break;
        case 4:
          a04 ^= tail;
          break;
        case 5:
          a10 ^= tail;
          break;
        case 6:
          a11 ^= tail;
          break;
        case 7:
          a12 ^= tail;
          break;
        case 8:
          a13 ^= tail;
          break;
        case 9:
          a14 ^= tail;
          break;
        case 10:
          a20 ^= tail;
          break;
        case 11:
          a21 ^= tail;
          break;
        case 12:
          a22 ^= tail;
          break;
        case 13:
          a23 ^= tail;
          break;
        case 14:
          a24 ^= tail;
          break;
        case 15:
          a30 ^= tail;
          break;
        case 16:
          a31 ^= tail;
          break;
      }
      a31 ^= 0x8000000000000000;
    } else {
      a00 ^= load<u64>(ptr);
      a01 ^= load<u64>(ptr, 8);
      a02 ^= load<u64>(ptr, 16);
      a03 ^= load<u64>(ptr, 24);
      a04 ^= load<u64>(ptr, 32);
      a10 ^= load<u64>(ptr, 40);
      a11 ^= load<u64>(ptr, 48);
      a12 ^= load<u64>(ptr, 56);
      a13 ^= load<u64>(ptr, 64);
      a14 ^= load<u64>(ptr, 72);
      a20 ^= load<u64>(ptr, 80);
      a21 ^= load<u64>(ptr, 88);
      a22 ^= load<u64>(ptr, 96);
      a23 ^= load<u64>(ptr, 104);
      a24 ^= load<u64>(ptr, 112);
      a30 ^= load<u64>(ptr, 120);
      a31 ^= load<u64>(ptr, 128);
      ptr += RATE_BYTES;
      len -= RATE_BYTES;
    }

    const lastPair = last ? ROUND_CONSTANTS_END - 16 : ROUND_CONSTANTS_END;
    c0 = a00 ^ a10 ^ a20 ^ a30 ^ a40;
    c1 = a01 ^ a11 ^ a21 ^ a31 ^ a41;
    c2 = a02 ^ a12 ^ a22 ^ a32 ^ a42;
    c3 = a03 ^ a13 ^ a23 ^ a33 ^ a43;
    c4 = a04 ^ a14 ^ a24 ^ a34 ^ a44;
    for (let constants = ROUND_CONSTANTS; constants < ROUND_CONSTANTS_END; constants += 16) {
      d0 = c4 ^ rotl<u64>(c1, 1);
      d1 = c0 ^ rotl<u64>(c2, 1);
      d2 = c1 ^ rotl<u64>(c3, 1);
      d3 = c2 ^ rotl<u64>(c4, 1);
      d4 = c3 ^ rotl<u64>(c0, 1);
      b0 = rotl<u64>(a03 ^ d3, 28);
      b1 = rotl<u64>(a14 ^ d4, 20);
      b2 = rotl<u64>(a20 ^ d0, 3);
      b3 = rotl<u64>(a31 ^ d1, 45);
      b4 = rotl<u64>(a42 ^ d2, 61);
      e10 = b0 ^ (b1 | b2);
      e11 = b1 ^ (b2 & b3);
      e12 = b2 ^ (b3 | ~b4);
      e13 = b3 ^ (b4 | b0);
      e14 = b4 ^ (b0 & b1);
      b0 = rotl<u64>(a01 ^ d1, 1);
      b1 = rotl<u64>(a12 ^ d2, 6);
      b2 = rotl<u64>(a23 ^ d3, 25);
      b3 = rotl<u64>(a34 ^ d4, 8);
      b4 = rotl<u64>(a40 ^ d0, 18);
      e20 = b0 ^ (b1 | b2);
      e21 = b1 ^ (b2 & b3);
      e22 = b2 ^ (~b3 & b4);
      e23 = ~b3 ^ (b4 | b0);
      e24 = b4 ^ (b0 & b1);
      b0 = rotl<u64>(a04 ^ d4, 27);
      b1 = rotl<u64>(a10 ^ d0, 36);
      b2 = rotl<u64>(a21 ^ d1, 10);
      b3 = rotl<u64>(a32 ^ d2, 15);
      b4 = rotl<u64>(a43 ^ d3, 56);
      e30 = b0 ^ (b1 & b2);
      e31 = b1 ^ (b2 | b3);
      e32 = b2 ^ (~b3 | b4);
      e33 = ~b3 ^ (b4 & b0);
      e34 = b4 ^ (b0 | b1);
      b0 = rotl<u64>(a02 ^ d2, 62);
      b1 = rotl<u64>(a13 ^ d3, 55);
      b2 = rotl<u64>(a24 ^ d4, 39);
      b3 = rotl<u64>(a30 ^ d0, 41);
      b4 = rotl<u64>(a41 ^ d1, 2);
      e40 = b0 ^ (~b1 & b2);
      e41 = ~b1 ^ (b2 | b3);
      e42 = b2 ^ (b3 & b4);
      e43 = b3 ^ (b4 | b0);
      e44 = b4 ^ (b0 & b1);
      b0 = a00 ^ d0;
      b1 = rotl<u64>(a11 ^ d1, 44);
      b2 = rotl<u64>(a22 ^ d2, 43);
      b3 = rotl<u64>(a33 ^ d3, 21);
      b4 = rotl<u64>(a44 ^ d4, 14);
      t0 = b0 ^ (b1 | b2) ^ load<u64>(constants);
      e00 = t0;
      t1 = b1 ^ (~b2 | b3);
      e01 = t1;
      t2 = b2 ^ (b3 & b4);
      e02 = t2;
      t3 = b3 ^ (b4 | b0);
      e03 = t3;
      t4 = b4 ^ (b0 & b1);
      e04 = t4;
      c0 = e10 ^ e20 ^ e30 ^ e40 ^ t0;
      c1 = e11 ^ e21 ^ e31 ^ e41 ^ t1;
      c2 = e12 ^ e22 ^ e32 ^ e42 ^ t2;
      c3 = e13 ^ e23 ^ e33 ^ e43 ^ t3;
      c4 = e14 ^ e24 ^ e34 ^ e44 ^ t4;

      if (constants == lastPair) {
        d0 = c4 ^ rotl<u64>(c1, 1);
        d1 = c0 ^ rotl<u64>(c2, 1);
        d2 = c1 ^ rotl<u64>(c3, 1);
        d3 = c2 ^ rotl<u64>(c4, 1);
        d4 = c3 ^ rotl<u64>(c0, 1);
        b0 = e00 ^ d0;
        b1 = rotl<u64>(e11 ^ d1, 44);
        b2 = rotl<u64>(e22 ^ d2, 43);
        b3 = rotl<u64>(e33 ^ d3, 21);
        b4 = rotl<u64>(e44 ^ d4, 14);
        store<u64>(out, b0 ^ (b1 | b2) ^ load<u64>(constants, 8));
        store<u64>(out, ~(b1 ^ (~b2 | b3)), 8);
        store<u64>(out, ~(b2 ^ (b3 & b4)), 16);
        store<u64>(out, b3 ^ (b4 | b0), 24);
        return;
      }

      d0 = c4 ^ rotl<u64>(c1, 1);
      d1 = c0 ^ rotl<u64>(c2, 1);
      d2 = c1 ^ rotl<u64>(c3, 1);
      d3 = c2 ^ rotl<u64>(c4, 1);
      d4 = c3 ^ rotl<u64>(c0, 1);
      b0 = rotl<u64>(e03 ^ d3, 28);
      b1 = rotl<u64>(e14 ^ d4, 20);
      b2 = rotl<u64>(e20 ^ d0, 3);
      b3 = rotl<u64>(e31 ^ d1, 45);
      b4 = rotl<u64>(e42 ^ d2, 61);
      a10 = b0 ^ (b1 | b2);
      a11 = b1 ^ (b2 & b3);
      a12 = b2 ^ (b3 | ~b4);
      a13 = b3 ^ (b4 | b0);
      a14 = b4 ^ (b0 & b1);
      b0 = rotl<u64>(e01 ^ d1, 1);
      b1 = rotl<u64>(e12 ^ d2, 6);
      b2 = rotl<u64>(e23 ^ d3, 25);
      b3 = rotl<u64>(e34 ^ d4, 8);
      b4 = rotl<u64>(e40 ^ d0, 18);
      a20 = b0 ^ (b1 | b2);
      a21 = b1 ^ (b2 & b3);
      a22 = b2 ^ (~b3 & b4);
      a23 = ~b3 ^ (b4 | b0);
      a24 = b4 ^ (b0 & b1);
      b0 = rotl<u64>(e04 ^ d4, 27);
      b1 = rotl<u64>(e10 ^ d0, 36);
      b2 = rotl<u64>(e21 ^ d1, 10);
      b3 = rotl<u64>(e32 ^ d2, 15);
      b4 = rotl<u64>(e43 ^ d3, 56);
      a30 = b0 ^ (b1 & b2);
      a31 = b1 ^ (b2 | b3);
      a32 = b2 ^ (~b3 | b4);
      a33 = ~b3 ^ (b4 & b0);
      a34 = b4 ^ (b0 | b1);
      b0 = rotl<u64>(e02 ^ d2, 62);
      b1 = rotl<u64>(e13 ^ d3, 55);
      b2 = rotl<u64>(e24 ^ d4, 39);
      b3 = rotl<u64>(e30 ^ d0, 41);
      b4 = rotl<u64>(e41 ^ d1, 2);
      a40 = b0 ^ (~b1 & b2);
      a41 = ~b1 ^ (b2 | b3);
      a42 = b2 ^ (b3 & b4);
      a43 = b3 ^ (b4 | b0);
      a44 = b4 ^ (b0 & b1);
      b0 = e00 ^ d0;
      b1 = rotl<u64>(e11 ^ d1, 44);
      b2 = rotl<u64>(e22 ^ d2, 43);
      b3 = rotl<u64>(e33 ^ d3, 21);
      b4 = rotl<u64>(e44 ^ d4, 14);
      t0 = b0 ^ (b1 | b2) ^ load<u64>(constants, 8);
      a00 = t0;
      t1 = b1 ^ (~b2 | b3);
      a01 = t1;
      t2 = b2 ^ (b3 & b4);
      a02 = t2;
      t3 = b3 ^ (b4 | b0);
      a03 = t3;
      t4 = b4 ^ (b0 & b1);
      a04 = t4;
      c0 = a10 ^ a20 ^ a30 ^ a40 ^ t0;
      c1 = a11 ^ a21 ^ a31 ^ a41 ^ t1;
      c2 = a12 ^ a22 ^ a32 ^ a42 ^ t2;
      c3 = a13 ^ a23 ^ a33 ^ a43 ^ t3;
      c4 = a14 ^ a24 ^ a34 ^ a44 ^ t4;
    }
  }
}
