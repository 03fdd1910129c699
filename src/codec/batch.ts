import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { assert } from '../core/assert';
import { concatBytes, type Hash } from '../core/bytes';
import { errorMessage } from '../core/errors';
import { ByteReader, invalidBatch } from './batch/byteReader';
import { ByteWriter } from './batch/byteWriter';
import { createColumns, endColumns, readColumns, writeColumns } from './batch/columns';
import { DecodedSize } from './batch/decodedSize';
import { TransactionColumnsReader, TransactionColumnsWriter } from './batch/transactionColumns';
import type { Block } from './block';

/**
 * The payload that one L1 transaction posts to the Inbox: consecutive L2 blocks without their deposits (those come from L1).
 *
 *     payload = version 0x01 ‖ rawDeflate(body)                                   RFC 1951, nothing after its final block
 *     body    = firstBlockNumber ‖ parentHash ‖ lastBlockHash ‖ lastOriginHash ‖ chainId ‖ blockCount ‖ columns
 *
 * Numbers are varints, hashes 32 bytes, the columns are listed in `batch/columns.ts`. The reasons are in docs/adr/0005-batch-format.md.
 */
export interface Batch {
  firstBlockNumber: number;
  /** Of the L2 block before the first. */
  parentHash: Hash;
  /** What the batch claims that its last block's hash is: for verifiers to compare, no input of derivation. */
  lastBlockHash: Hash;
  /** L1 hash of the last block's origin: a batch built on an L1 branch that was reorganized away does not fit. */
  lastOriginHash: Hash;
  chainId: number;
  /** At least one. */
  blocks: BatchBlock[];
}

export interface BatchBlock {
  /** Seconds; does not fall within a batch. */
  timestamp: number;
  /** L1 block number; does not fall within a batch. */
  originNumber: number;
  /** Raw, without deposits. Well-formed or not is found out when they are decoded: a bad one spoils its block, not the batch. */
  transactions: Uint8Array[];
}

export interface BatchInput {
  firstBlockNumber: number;
  parentHash: Hash;
  chainId: number;
  /** Consecutive, at least one; deposits in them are left out. */
  blocks: Block[];
}

export interface BatchLimits {
  /** Bounds the decompressed body, and apart from it the decoded batch (see `DecodedSize`). */
  decompressedSizeBytesMax: number;
}

/** Larger payloads are invalid, whatever they hold. No L1 transaction carries as much. */
export const BATCH_SIZE_BYTES_MAX = 2 * 1024 * 1024;
const VERSION = 1;

/** Total for sealed blocks: every transaction comes back to its exact bytes. About 30 µs per transaction. */
export function encodeBatch(input: BatchInput): Uint8Array {
  return compressBatchBody(encodeBatchBody(input));
}

/** The payload of a body. */
export function compressBatchBody(body: Uint8Array): Uint8Array {
  const deflated = deflateRawSync(body, { level: constants.Z_BEST_COMPRESSION, memLevel: 9 });
  return concatBytes(Uint8Array.of(VERSION), deflated);
}

/** What `encodeBatch` compresses. */
export function encodeBatchBody({ chainId, blocks, ...start }: BatchInput): Uint8Array {
  const body = new BatchBody(chainId);
  for (const block of blocks) body.add(block);
  return body.toBytes(start);
}

/** A body that grows by a block at a time and can be had at any time: each transaction is taken apart once. */
export class BatchBody {
  readonly #chainId: number;
  readonly #columns = createColumns();
  readonly #transactions: TransactionColumnsWriter;
  #blockCount = 0;
  #last: Block | undefined;

  constructor(chainId: number) {
    this.#chainId = chainId;
    this.#transactions = new TransactionColumnsWriter(this.#columns, chainId);
  }

  /** @param block follows the one added before; deposits in it are left out */
  add(block: Block): void {
    const columns = this.#columns;
    columns.timestamps.varint(block.header.timestamp - (this.#last?.header.timestamp ?? 0));
    columns.origins.varint(block.l1Origin.number - (this.#last?.l1Origin.number ?? 0));
    let count = 0;
    for (const transaction of block.transactions) {
      if (transaction.type === 0x7e) continue;
      this.#transactions.write(transaction);
      count++;
    }
    columns.transactionCounts.varint(count);
    this.#blockCount++;
    this.#last = block;
  }

  /** The body of all blocks added; at least one was. */
  toBytes({ firstBlockNumber, parentHash }: Pick<BatchInput, 'firstBlockNumber' | 'parentHash'>): Uint8Array {
    const last = this.#last;
    assert(last, 'a batch holds at least one block');
    const body = new ByteWriter();
    body.varint(firstBlockNumber);
    body.bytes(parentHash);
    body.bytes(last.hash);
    body.bytes(last.l1Origin.hash);
    body.varint(this.#chainId);
    body.varint(this.#blockCount);
    writeColumns(body, this.#columns, { yParities: this.#transactions.openParityByte() });
    return body.toBytes();
  }
}

/**
 * Total: any bytes give a batch or `Codec.InvalidBatch`. Time and memory are linear in the payload and bounded by the limits.
 * Transactions are raw: their senders are not recovered here.
 * @throws Codec.InvalidBatch
 */
export function decodeBatch(payload: Uint8Array, limits: BatchLimits): Batch {
  if (payload.length > BATCH_SIZE_BYTES_MAX) {
    throw invalidBatch('size', `expected at most ${BATCH_SIZE_BYTES_MAX} bytes, got ${payload.length}`);
  }
  if (payload[0] !== VERSION) throw invalidBatch('version', `expected ${VERSION}, got ${payload[0] ?? 'nothing'}`);
  return decodeBatchBody(inflate(payload.subarray(1), limits.decompressedSizeBytesMax), limits);
}

function decodeBatchBody(bytes: Uint8Array, limits: BatchLimits): Batch {
  const body = new ByteReader(bytes, 'header');
  const firstBlockNumber = body.varint();
  const parentHash = body.bytes(32);
  const lastBlockHash = body.bytes(32);
  const lastOriginHash = body.bytes(32);
  const chainId = body.varint();
  // Raw legacy transactions carry 35 + 2 × chain id + parity in a varint's range.
  if (!Number.isSafeInteger(36 + 2 * chainId)) throw invalidBatch('chainId', `expected less than 2^52, got ${chainId}`);
  const blockCount = body.varint();
  if (blockCount === 0) throw invalidBatch('blockCount', 'expected at least 1, got 0');
  const columns = readColumns(body);
  const decodedSize = new DecodedSize(limits.decompressedSizeBytesMax);
  const transactions = new TransactionColumnsReader(columns, chainId, decodedSize);
  const blocks: BatchBlock[] = [];
  let timestamp = 0;
  let originNumber = 0;
  for (let i = 0; i < blockCount; i++) {
    decodedSize.addBlock();
    timestamp = safeSum('timestamps', timestamp, columns.timestamps.varint());
    originNumber = safeSum('origins', originNumber, columns.origins.varint());
    const count = columns.transactionCounts.varint();
    const block: BatchBlock = { timestamp, originNumber, transactions: [] };
    for (let k = 0; k < count; k++) block.transactions.push(transactions.read());
    blocks.push(block);
  }
  transactions.end();
  endColumns(columns);
  return { firstBlockNumber, parentHash, lastBlockHash, lastOriginHash, chainId, blocks };
}

function inflate(bytes: Uint8Array, sizeBytesMax: number): Uint8Array {
  let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
  try {
    // With `info`, Node answers with the engine too, which tells how much of the input the stream took.
    result = inflateRawSync(bytes, { maxOutputLength: sizeBytesMax, info: true }) as unknown as typeof result;
  } catch (error) {
    throw invalidBatch('compression', `expected raw DEFLATE of at most ${sizeBytesMax} bytes: ${errorMessage(error)}`);
  }
  const { buffer, engine } = result;
  if (engine.bytesWritten !== bytes.length) {
    throw invalidBatch('compression', `expected the end, got ${bytes.length - engine.bytesWritten} more bytes`);
  }
  return buffer;
}

function safeSum(column: string, sum: number, difference: number): number {
  const next = sum + difference;
  if (!Number.isSafeInteger(next)) throw invalidBatch(column, 'expected at most 2^53 - 1');
  return next;
}
