/** What the interpreter does with stack words beyond arithmetic: exchanging them, and address computations on small numbers. */
import * as u256 from '../u256';

@inline
export function swap(a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  u256.copy(b, a);
  store<u64>(b, a0);
  store<u64>(b, a1, 8);
  store<u64>(b, a2, 16);
  store<u64>(b, a3, 24);
}

/** Exchanges the word at `top` with the one at `a` and then with the one at `b`, another. */
@inline
export function rotate(top: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  u256.copy(top, a);
  u256.copy(b, top);
  store<u64>(b, a0);
  store<u64>(b, a1, 8);
  store<u64>(b, a2, 16);
  store<u64>(b, a3, 24);
}

/** Adds the word at `other` to the one at `top`, and exchanges the sum with the word below. `other` may be either of the two. */
@inline
export function addUnder(top: usize, other: usize): void {
  const below = top - 32;
  const b0 = load<u64>(below);
  const b1 = load<u64>(below, 8);
  const b2 = load<u64>(below, 16);
  const b3 = load<u64>(below, 24);
  u256.add(other, top, below);
  store<u64>(top, b0);
  store<u64>(top, b1, 8);
  store<u64>(top, b2, 16);
  store<u64>(top, b3, 24);
}

/** Adds one to the upper three limbs. */
export function carryInto(word: usize): void {
  for (let i: usize = 8; i < 32; i += 8) {
    const limb = load<u64>(word + i) + 1;
    store<u64>(word + i, limb);
    if (limb != 0) return;
  }
}

/** Adds the word at `sp` times 2^shift, and `offset`, to the word below; both constants are small. */
@inline
export function addScaled(sp: usize, shift: u64, offset: u64): void {
  const below = sp - 32;
  const x = load<u64>(sp);
  const base = load<u64>(below);
  const upper =
    load<u64>(sp, 8) | load<u64>(sp, 16) | load<u64>(sp, 24) | load<u64>(below, 8) | load<u64>(below, 16) | load<u64>(below, 24);
  if ((upper | ((x | base) >> 32)) == 0) store<u64>(below, (x << shift) + base + offset);
  else addScaledWide(sp, shift, offset);
}

function addScaledWide(sp: usize, shift: u64, offset: u64): void {
  u256.shiftLeft(shift, sp, sp);
  u256.add(sp, sp - 32, sp - 32);
  u256.setU64(sp, offset);
  u256.add(sp, sp - 32, sp - 32);
}
