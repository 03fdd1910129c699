/**
 * What one version of the kernel may differ in from another, in one place. Each switch is decided when the kernel is compiled
 * (`scripts/buildKernel.ts --variant`, asc's `--use NAME=1`), so that a version has no switch left to be set wrongly: another rule is another artifact
 * with another hash.
 */
import { div } from './division';
import { workBase } from './memory';
import { add, isZero, mulU64, setU64, sub } from './u256';

/**
 * Layout and calls between this artifact and the TypeScript that runs it (src/kernel). Rises when an export, an import, a status or a layout
 * changes; the rules of the chain do not count.
 */
export const abiVersion: u32 = 1;

/** EIP-7623: least gas per token of calldata. Raised: EIP-7976. */
// @ts-ignore: a name that only a variant's build defines
export const FLOOR_TOKEN: u64 = isDefined(KERNEL_RAISES_CALLDATA_FLOOR) ? 15 : 10;

/** How many times slower the base fee moves than the chain config says. */
// @ts-ignore: a name that only a variant's build defines
const BASE_FEE_SLOWNESS: u64 = isDefined(KERNEL_SLOWS_BASE_FEE) ? 2 : 1;

/** A planted fault, to test what catches it: this version charges a transaction with calldata one gas too much. */
// @ts-ignore: a name that only a variant's build defines
export const CALLDATA_SURCHARGE: u64 = isDefined(KERNEL_OVERCHARGES_BY_ONE) ? 1 : 0;

/** A planted fault, to test what contains it: this version traps on calldata that begins with 0xdeadc0de. */
// @ts-ignore: a name that only a variant's build defines
export const TRAPS_ON_MAGIC: bool = isDefined(KERNEL_TRAPS_ON_MAGIC);
/** 0xdeadc0de as its four bytes lie in memory. */
export const MAGIC: u32 = 0xdec0adde;

/** A planted fault, to test what stops it: this version never comes back from calldata that begins with 0xdeadc0de. */
// @ts-ignore: a name that only a variant's build defines
export const HANGS_ON_MAGIC: bool = isDefined(KERNEL_HANGS_ON_MAGIC);

/** Where the planted faults are. */
@inline
export function meetMagic(data: usize, size: u32): void {
  if (size < 4 || load<u32>(data) != MAGIC) return;
  if (TRAPS_ON_MAGIC) unreachable();
  while (HANGS_ON_MAGIC) {}
}

/**
 * EIP-1559: replaces the base fee at `at` (32 bytes, limbs) by that of the block after the one that had it. Pure; a target of zero leaves it
 * as it is.
 * @param target gas at which it stays, > 0
 * @param denominator the largest part by which it changes, > 0
 */
export function nextBaseFee(at: usize, gasUsed: u64, target: u64, denominator: u64): void {
  if (target == 0 || denominator == 0 || gasUsed == target) return;
  const change = workBase() + 2048;
  const divisor = change + 32;
  const rises = gasUsed > target;
  mulU64(at, rises ? gasUsed - target : target - gasUsed, change);
  setU64(divisor, target);
  div(change, divisor, change);
  setU64(divisor, denominator * BASE_FEE_SLOWNESS);
  div(change, divisor, change);
  if (!rises) {
    sub(at, change, at);
    return;
  }
  if (isZero(change)) setU64(change, 1);
  add(at, change, at);
}
