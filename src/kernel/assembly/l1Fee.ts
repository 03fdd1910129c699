/**
 * The L1 data fee (docs/adr/0221): what a signed transaction pays for its bytes on L1, by OP Stack's Ecotone formula.
 *
 *   L1 gas = 4 for each zero byte and 16 for each other byte of its encoding
 *   fee = L1 gas × (16 × base fee scalar × L1 base fee + blob base fee scalar × L1 blob base fee) / 16,000,000
 *
 * A block whose price is zero charges none and touches no vault.
 */
import {
  B_L1_BASE_FEE,
  B_L1_BASE_FEE_SCALAR,
  B_L1_BLOB_BASE_FEE,
  B_L1_BLOB_BASE_FEE_SCALAR,
  B_L1_FEE_RECIPIENT,
  B_L1_PRICE,
} from './block';
import { div } from './division';
import { blockContext, workBase } from './memory';
import { TX_L1_GAS } from './transactionContext';
import { add, isZero, mulU64, setU64, setZero } from './u256';

const GAS_PER_BYTE: u64 = 16;
/** Less for a zero byte. */
const ZERO_BYTE_DISCOUNT: u64 = 12;
/** 16, by which gas is above bytes, and the six decimals of both scalars. */
const PRICE_UNIT: u64 = 16_000_000;
const LOW_BITS: u64 = 0x7f7f7f7f7f7f7f7f;

/** When a block begins: what 16 million L1 gas cost in it. The host keeps both fees below 2^128, so that nothing here overflows. */
export function computeL1Price(): void {
  const context = blockContext();
  const price = context + B_L1_PRICE;
  const part = workBase() + 2048;
  mulU64(context + B_L1_BASE_FEE, GAS_PER_BYTE * <u64>load<u32>(context, B_L1_BASE_FEE_SCALAR), price);
  mulU64(context + B_L1_BLOB_BASE_FEE, <u64>load<u32>(context, B_L1_BLOB_BASE_FEE_SCALAR), part);
  add(price, part, price);
}

/** Whether transactions of this block pay it. */
@inline
export function chargesL1Fee(): bool {
  return !isZero(blockContext() + B_L1_PRICE);
}

/** 20 bytes. */
@inline
export function l1FeeRecipient(): usize {
  return blockContext() + B_L1_FEE_RECIPIENT;
}

/** Writes the transaction's fee, 32 bytes, to `out`. */
export function l1Fee(tx: usize, out: usize): void {
  if (!chargesL1Fee()) {
    setZero(out);
    return;
  }
  const unit = workBase() + 2048;
  mulU64(blockContext() + B_L1_PRICE, load<u64>(tx, TX_L1_GAS), out);
  setU64(unit, PRICE_UNIT);
  div(out, unit, out);
}

/** L1 gas that the bytes of a signed transaction stand for. */
export function l1GasOf(raw: usize, size: u32): u64 {
  const end = raw + <usize>size;
  let zeros: u64 = 0;
  let at = raw;
  for (; at + 8 <= end; at += 8) {
    const word = load<u64>(at);
    // The high bit of each byte that is zero (Hacker's Delight, 6-1).
    zeros += popcnt<u64>(~(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS));
  }
  for (; at < end; at++) zeros += u64(load<u8>(at) == 0);
  return <u64>size * GAS_PER_BYTE - zeros * ZERO_BYTE_DISCOUNT;
}
