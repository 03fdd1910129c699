import type { BlockAttributes } from '../chain/blockAttributes';
import { type Block, createBlock } from '../codec/block';
import type { BlockHeader } from '../codec/header';
import { encodeReceipt, mergeBloom, type Receipt } from '../codec/receipt';
import type { Transaction } from '../codec/transaction';
import { assert } from '../core/assert';
import type { Hash } from '../core/bytes';
import { orderedTrieRoot } from '../state/trie/orderedTrieRoot';

export interface StateRoots {
  stateRoot: Hash;
  /** Storage root of L2ToL1MessagePasser. */
  messagePasserStorageRoot: Hash;
}

/** What follows from a block's transactions and receipts. */
export type ListRoots = Pick<BlockHeader, 'transactionsRoot' | 'receiptsRoot' | 'logsBloom'>;

/** The block that an execution makes: one place for every executor, so that equal outcomes mean equal hashes. */
export function sealBlock(
  attributes: BlockAttributes,
  transactions: Transaction[],
  gasUsed: bigint,
  { transactionsRoot, receiptsRoot, logsBloom }: ListRoots,
  { stateRoot, messagePasserStorageRoot }: StateRoots,
): Block {
  return createBlock(
    {
      parentHash: attributes.parentHash,
      coinbase: attributes.coinbase,
      stateRoot,
      transactionsRoot,
      receiptsRoot,
      logsBloom,
      number: attributes.number,
      gasLimit: attributes.gasLimit,
      gasUsed,
      timestamp: attributes.timestamp,
      prevRandao: attributes.prevRandao,
      baseFeePerGas: attributes.baseFeePerGas,
      withdrawalsRoot: messagePasserStorageRoot,
      parentBeaconBlockRoot: attributes.parentBeaconBlockRoot,
    },
    transactions,
    attributes.l1Origin,
  );
}

/** For executors that have not hashed the lists themselves. */
export function listRoots(transactions: Transaction[], receipts: Receipt[]): ListRoots {
  assert(transactions.length === receipts.length, 'each transaction has a receipt');

  const logsBloom = new Uint8Array(256);
  for (const receipt of receipts) {
    if (receipt.logs.length > 0) mergeBloom(logsBloom, receipt.logsBloom);
  }
  return {
    transactionsRoot: orderedTrieRoot(transactions.map(({ raw }) => raw)),
    receiptsRoot: orderedTrieRoot(receipts.map(encodeReceipt)),
    logsBloom,
  };
}
