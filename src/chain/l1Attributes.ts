import { createDeposit, type DepositTransaction, l1AttributesSourceHash } from '../codec/transaction';
import { concatBytes, fromHex, toFixedBytes, ZERO_HASH } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import { addresses } from './addresses';
import type { L1BlockRef } from './l1Block';

/** Gas limit of the L1 attributes deposit: what every block sets aside for it. */
export const L1_ATTRIBUTES_GAS_LIMIT = 1_000_000n;
const SELECTOR = keccak256(new TextEncoder().encode('setL1BlockValuesEcotone()')).subarray(0, 4);

/** The first transaction of every L2 block: tells the L1Block predeploy what the origin is. */
export function l1AttributesDeposit(origin: L1BlockRef, sequenceNumber: number): DepositTransaction {
  return createDeposit({
    sourceHash: l1AttributesSourceHash(origin.hash, sequenceNumber),
    from: addresses.depositor,
    to: addresses.l1Block,
    mint: 0n,
    value: 0n,
    gasLimit: L1_ATTRIBUTES_GAS_LIMIT,
    data: encodeL1Attributes(origin, sequenceNumber),
  });
}

/** Calldata of `L1Block.setL1BlockValuesEcotone`: selector and tightly packed fields, 164 bytes (OP Stack's Ecotone layout). */
export function encodeL1Attributes(origin: L1BlockRef, sequenceNumber: number): Uint8Array {
  return concatBytes(
    SELECTOR,
    fromHex('0x0000000000000000'), // base fee scalar and blob base fee scalar, 4 bytes each: no L1 data fee is charged yet
    toFixedBytes(sequenceNumber, 8),
    toFixedBytes(origin.timestamp, 8),
    toFixedBytes(origin.number, 8),
    toFixedBytes(origin.baseFeePerGas, 32),
    toFixedBytes(origin.blobBaseFee, 32),
    origin.hash,
    ZERO_HASH, // batcher hash: batches are authenticated by the Inbox
  );
}
