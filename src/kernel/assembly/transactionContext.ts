/**
 * A transaction as the host hands it over: a fixed part of 272 bytes, then what its offsets (from the transaction's
 * start) point to. Numbers are little-endian, 32-byte numbers four limbs.
 */
import { fitsU64, fromBigEndian, setZero } from './u256';

/** u32: 0 to 4, or 0x7e. */
export const TX_TYPE: usize = 0;
/** u32: HAS_TO. */
export const TX_FLAGS: usize = 4;
export const TX_NONCE: usize = 8;
export const TX_GAS_LIMIT: usize = 16;
/** u64; 0 where a legacy transaction names none. */
export const TX_CHAIN_ID: usize = 24;
export const TX_VALUE: usize = 32;
/** Of types 0 and 1 both are the gas price. */
export const TX_MAX_FEE: usize = 64;
export const TX_MAX_TIP: usize = 96;
export const TX_MAX_BLOB_FEE: usize = 128;
export const TX_SENDER: usize = 160;
export const TX_TO: usize = 180;
export const TX_DATA_SIZE: usize = 200;
export const TX_DATA: usize = 204;
/** Entries: address (20), key count u32, keys (32 bytes each). */
export const TX_ACCESS_LIST: usize = 208;
export const TX_ACCESS_COUNT: usize = 212;
/** 32 bytes each. */
export const TX_BLOB_HASHES: usize = 216;
export const TX_BLOB_COUNT: usize = 220;
/** AUTHORIZATION_SIZE bytes each. */
export const TX_AUTHORIZATIONS: usize = 224;
export const TX_AUTHORIZATION_COUNT: usize = 228;
/** Of a deposit. */
export const TX_MINT: usize = 232;
/** u64: what its encoding costs on L1 (l1Fee.ts); 0 of what has no signature. */
export const TX_L1_GAS: usize = 264;

export const TX_FIXED_SIZE: usize = 272;

export const HAS_TO: u32 = 1;

// An EIP-7702 authorization.
export const AUTH_CHAIN_ID: usize = 0;
export const AUTH_NONCE: usize = 32;
/** The delegate. */
export const AUTH_ADDRESS: usize = 40;
/** Who signed. */
export const AUTH_AUTHORITY: usize = 60;
/** u32: whether the signature recovered to anyone. */
export const AUTH_SIGNED: usize = 80;
export const AUTHORIZATION_SIZE: usize = 88;

let current: usize = 0;
let price: usize = 0;

@inline
export function transaction(): usize {
  return current;
}

/** 32 bytes: what a unit of gas costs the sender. */
@inline
export function effectiveGasPrice(): usize {
  return price;
}

export function setTransaction(at: usize, priceAt: usize): void {
  current = at;
  price = priceAt;
}

/** Replaces the index at `sp` by that blob's versioned hash, zero beyond the last. */
export function blobhash(sp: usize): void {
  if (!fitsU64(sp) || load<u64>(sp) >= <u64>load<u32>(current, TX_BLOB_COUNT)) {
    setZero(sp);
    return;
  }
  fromBigEndian(current + <usize>load<u32>(current, TX_BLOB_HASHES) + (<usize>load<u64>(sp) << 5), sp);
}
