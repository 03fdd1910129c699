import type { Block } from '../codec/block';
import { createDeposit, type DepositTransaction, l1AttributesSourceHash, type Transaction } from '../codec/transaction';
import { concatBytes, equalBytes, toBigInt, toFixedBytes, ZERO_HASH } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import { addresses } from './addresses';
import type { ChainConfig } from './chainConfig';
import type { L1BlockRef, L1FeeScalars } from './l1Block';

/** Gas limit of the L1 attributes deposit: what every block sets aside for it. */
export const L1_ATTRIBUTES_GAS_LIMIT = 1_000_000n;
const SELECTOR = keccak256(new TextEncoder().encode('setL1BlockValuesEcotone()')).subarray(0, 4);

const SIZE_BYTES = 164;
const UINT128_MAX = 2n ** 128n - 1n;
export const NO_SCALARS: L1FeeScalars = { baseFeeScalar: 0, blobBaseFeeScalar: 0 };

/** What the L1 data fee of a block's transactions follows from (execution/l1Fee). */
export interface L1FeeParameters extends L1FeeScalars {
  /** Wei; those above 2^128 - 1, which no L1 has, count as that. */
  baseFee: bigint;
  /** Wei; bounded alike. */
  blobBaseFee: bigint;
}

export const NO_L1_FEE: L1FeeParameters = { ...NO_SCALARS, baseFee: 0n, blobBaseFee: 0n };

/** The first transaction of every L2 block: tells the L1Block predeploy what the origin is. */
export function l1AttributesDeposit(
  origin: L1BlockRef,
  sequenceNumber: number,
  scalars: L1FeeScalars = NO_SCALARS,
): DepositTransaction {
  return createDeposit({
    sourceHash: l1AttributesSourceHash(origin.hash, sequenceNumber),
    from: addresses.depositor,
    to: addresses.l1Block,
    mint: 0n,
    value: 0n,
    gasLimit: L1_ATTRIBUTES_GAS_LIMIT,
    data: encodeL1Attributes(origin, sequenceNumber, scalars),
  });
}

/** Calldata of `L1Block.setL1BlockValuesEcotone`: selector and tightly packed fields, 164 bytes (OP Stack's Ecotone layout). */
export function encodeL1Attributes(
  origin: L1BlockRef,
  sequenceNumber: number,
  { baseFeeScalar, blobBaseFeeScalar }: L1FeeScalars = NO_SCALARS,
): Uint8Array {
  return concatBytes(
    SELECTOR,
    toFixedBytes(baseFeeScalar, 4),
    toFixedBytes(blobBaseFeeScalar, 4),
    toFixedBytes(sequenceNumber, 8),
    toFixedBytes(origin.timestamp, 8),
    toFixedBytes(origin.number, 8),
    toFixedBytes(origin.baseFeePerGas, 32),
    toFixedBytes(origin.blobBaseFee, 32),
    origin.hash,
    ZERO_HASH, // batcher hash: batches are authenticated by the Inbox
  );
}

/**
 * What a block's transactions pay for L1 data, as its first transaction says; nothing where that is no L1 attributes deposit (genesis).
 * @param first of the block's transactions or deposits
 */
export function l1FeeParameters(first: Pick<Transaction, 'type' | 'data'> | undefined): L1FeeParameters {
  if (first?.type !== 0x7e) return NO_L1_FEE;
  const { data } = first;
  if (data.length !== SIZE_BYTES || !equalBytes(data.subarray(0, 4), SELECTOR)) return NO_L1_FEE;
  return {
    baseFeeScalar: Number(toBigInt(data.subarray(4, 8))),
    blobBaseFeeScalar: Number(toBigInt(data.subarray(8, 12))),
    baseFee: bounded(toBigInt(data.subarray(36, 68))),
    blobBaseFee: bounded(toBigInt(data.subarray(68, 100))),
  };
}

/** The scalars that hold in `block`; they hold in the next one too, unless its origin brings others. */
export function scalarsOf(
  { header, transactions }: Pick<Block, 'header' | 'transactions'>,
  config: ChainConfig,
): L1FeeScalars {
  if (header.number === 0) return config.l1FeeScalars ?? NO_SCALARS;
  const { baseFeeScalar, blobBaseFeeScalar } = l1FeeParameters(transactions[0]);
  return { baseFeeScalar, blobBaseFeeScalar };
}

function bounded(fee: bigint): bigint {
  return fee > UINT128_MAX ? UINT128_MAX : fee;
}
