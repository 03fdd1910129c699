import type { Block } from '../../codec/block';
import { type BlockHeader, encodeHeader } from '../../codec/header';
import type { StoredReceipts } from '../../codec/storedReceipts';
import { type Hash, toHex } from '../../core/bytes';
import { quantity } from './quantity';
import { transactionJson } from './transactionJson';

const EMPTY_OMMERS_HASH = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const EMPTY_REQUESTS_HASH = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** A header as `newHeads` shows it: geth's fields. */
export function headerJson(header: BlockHeader, hash: Hash) {
  return {
    number: quantity(header.number),
    hash: toHex(hash),
    parentHash: toHex(header.parentHash),
    sha3Uncles: EMPTY_OMMERS_HASH,
    logsBloom: toHex(header.logsBloom),
    transactionsRoot: toHex(header.transactionsRoot),
    stateRoot: toHex(header.stateRoot),
    receiptsRoot: toHex(header.receiptsRoot),
    miner: toHex(header.coinbase),
    difficulty: '0x0',
    extraData: '0x',
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    mixHash: toHex(header.prevRandao),
    nonce: '0x0000000000000000',
    baseFeePerGas: quantity(header.baseFeePerGas),
    withdrawalsRoot: toHex(header.withdrawalsRoot),
    blobGasUsed: '0x0',
    excessBlobGas: '0x0',
    parentBeaconBlockRoot: toHex(header.parentBeaconBlockRoot),
    requestsHash: EMPTY_REQUESTS_HASH,
  };
}

/**
 * A block as geth shows it.
 * @param receipts needed with `full` when the block has deposits: their nonces are there
 */
export function blockJson(block: Block, full: boolean, receipts: StoredReceipts | undefined) {
  return {
    ...headerJson(block.header, block.hash),
    size: quantity(blockSizeBytes(block)),
    uncles: [],
    withdrawals: [],
    transactions: block.transactions.map((transaction, index) =>
      full
        ? transactionJson(transaction, { block, index, depositNonce: receipts?.at(index)?.depositNonce })
        : toHex(transaction.hash),
    ),
  };
}

/** Length of rlp([header, transactions, ommers, withdrawals]). */
export function blockSizeBytes(block: Block): number {
  let transactions = 0;
  for (const { type, raw } of block.transactions) {
    transactions += type === 0 ? raw.length : prefixBytes(raw.length) + raw.length;
  }
  const body = encodeHeader(block.header).length + transactions + prefixBytes(transactions) + 2;
  return body + prefixBytes(body);
}

/** Bytes of an RLP list's or string's header (strings of one byte below 0x80 do not occur here). */
function prefixBytes(length: number): number {
  return length < 56 ? 1 : 1 + Math.ceil(length.toString(16).length / 2);
}
