/** The block context: written by the host before a block, read by every instance. Offsets from `blockContext()`. */
import { blockContext } from './memory';

export const B_NUMBER: usize = 0;
export const B_TIMESTAMP: usize = 8;
export const B_GAS_LIMIT: usize = 16;
export const B_CHAIN_ID: usize = 24;
/** Limbs, as all 32-byte numbers here. */
export const B_BASE_FEE: usize = 32;
export const B_PREVRANDAO: usize = 64;
export const B_BLOB_BASE_FEE: usize = 96;
/** 20 bytes. */
export const B_COINBASE: usize = 128;
/** 20 bytes; zero: the base fee is burned. */
export const B_BASE_FEE_RECIPIENT: usize = 152;
export const B_FORK: usize = 176;
/** Blobs a block may hold. */
export const B_BLOBS_MAX: usize = 180;
/** Gas that earlier transactions of the block used. */
export const B_GAS_USED: usize = 184;
// What the L1 data fee follows from (l1Fee.ts): the L1 origin's fees, wei, and how much each counts, in millionths.
export const B_L1_BASE_FEE: usize = 192;
export const B_L1_BLOB_BASE_FEE: usize = 224;
/** u32. */
export const B_L1_BASE_FEE_SCALAR: usize = 256;
/** u32. */
export const B_L1_BLOB_BASE_FEE_SCALAR: usize = 260;
/** 20 bytes. */
export const B_L1_FEE_RECIPIENT: usize = 264;
/** 32 bytes, computed by `beginBlock`. */
export const B_L1_PRICE: usize = 288;

/** Forks, in order; rules are tested with `fork() >= PRAGUE`. */
export const CANCUN: u32 = 0;
export const PRAGUE: u32 = 1;
export const OSAKA: u32 = 2;

@inline
export function fork(): u32 {
  return load<u32>(blockContext(), B_FORK);
}
