import type { Block } from '../../src/codec/block';
import { createBlock } from '../../src/codec/block';
import type { BlockHeader } from '../../src/codec/header';
import type { SignedTransaction, Transaction } from '../../src/codec/transaction';
import { ZERO_ADDRESS, ZERO_HASH } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';

export const CHAIN_ID = 31338;

/** A block with just enough header for the batch codec. */
export function blockOf(
  number: number,
  transactions: Transaction[],
  fields: Partial<BlockHeader> = {},
  origin = number,
): Block {
  const header: BlockHeader = {
    parentHash: ZERO_HASH,
    coinbase: ZERO_ADDRESS,
    stateRoot: ZERO_HASH,
    transactionsRoot: ZERO_HASH,
    receiptsRoot: ZERO_HASH,
    logsBloom: new Uint8Array(256),
    number,
    gasLimit: 30_000_000n,
    gasUsed: 0n,
    timestamp: 1_700_000_000 + number,
    prevRandao: ZERO_HASH,
    baseFeePerGas: 1n,
    withdrawalsRoot: ZERO_HASH,
    parentBeaconBlockRoot: ZERO_HASH,
    ...fields,
  };
  return createBlock(header, transactions, {
    number: origin,
    hash: keccak256(Uint8Array.of(origin & 255)),
    sequenceNumber: 0,
  });
}

/** Something in a block that is no transaction at all: only `raw` counts for the codec. */
export function junkTransaction(raw: Uint8Array, like: SignedTransaction): SignedTransaction {
  return { ...like, raw };
}
