import { l1FeeParameters } from '../../chain/l1Attributes';
import { l1Fee, l1GasOf } from '../../chain/l1Fee';
import type { Block } from '../../codec/block';
import type { Log } from '../../codec/receipt';
import type { StoredReceipts } from '../../codec/storedReceipts';
import { assert } from '../../core/assert';
import { toHex } from '../../core/bytes';
import { quantity } from './quantity';

/** Where a log is: its transaction, and its 0-based index within the block. */
export interface LogPlace {
  block: Pick<Block, 'hash' | 'header' | 'transactions'>;
  transactionIndex: number;
  logIndex: number;
}

export type LogJson = ReturnType<typeof logJson>;

/** @param removed true when the log's block has just left the chain */
export function logJson(log: Log, place: LogPlace, removed = false) {
  return {
    address: toHex(log.address),
    topics: log.topics.map(toHex),
    data: toHex(log.data),
    blockHash: toHex(place.block.hash),
    blockNumber: quantity(place.block.header.number),
    blockTimestamp: quantity(place.block.header.timestamp),
    transactionHash: toHex(place.block.transactions[place.transactionIndex].hash),
    transactionIndex: quantity(place.transactionIndex),
    logIndex: quantity(place.logIndex),
    removed,
  };
}

/** Receipt `index` of `receipts`, all those of `block`; as geth shows it, with OP Stack's fields for deposits and for the L1 data fee. */
export function receiptJson(block: Block, receipts: StoredReceipts, index: number) {
  const receipt = receipts.at(index);
  const transaction = block.transactions[index];
  assert(receipt, 'a block has a receipt for each transaction');
  const logIndex = receipts.firstLogIndex(index);
  const common = {
    blockHash: toHex(block.hash),
    blockNumber: quantity(block.header.number),
    transactionHash: toHex(transaction.hash),
    transactionIndex: quantity(index),
    type: quantity(receipt.type),
    status: receipt.succeeded ? '0x1' : '0x0',
    from: toHex(transaction.from),
    to: transaction.to ? toHex(transaction.to) : null,
    contractAddress: receipt.contractAddress ? toHex(receipt.contractAddress) : null,
    gasUsed: quantity(receipt.gasUsed),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    logs: receipt.logs.map((log, offset) =>
      logJson(log, { block, transactionIndex: index, logIndex: logIndex + offset }),
    ),
    logsBloom: toHex(receipt.logsBloom),
  };
  const { depositNonce } = receipt;
  return depositNonce === undefined
    ? Object.assign(common, l1FeeJson(block, transaction.raw))
    : Object.assign(common, { depositNonce: quantity(depositNonce), depositReceiptVersion: '0x1' });
}

/** OP Stack's fields, since Ecotone: what was paid for L1 data, and what that follows from. */
function l1FeeJson(block: Block, raw: Uint8Array) {
  const parameters = l1FeeParameters(block.transactions[0]);
  return {
    l1Fee: quantity(l1Fee(raw, parameters)),
    l1GasUsed: quantity(l1GasOf(raw)),
    l1GasPrice: quantity(parameters.baseFee),
    l1BlobBaseFee: quantity(parameters.blobBaseFee),
    l1BaseFeeScalar: quantity(parameters.baseFeeScalar),
    l1BlobBaseFeeScalar: quantity(parameters.blobBaseFeeScalar),
  };
}
