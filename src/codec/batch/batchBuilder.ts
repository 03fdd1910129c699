import { assert } from '../../core/assert';
import { BatchBody, type BatchInput, compressBatchBody } from '../batch';
import type { Block } from '../block';
import { DecodedSize } from './decodedSize';

/** Guess for what a raw transaction byte becomes, before anything was encoded. */
const INITIAL_RATIO = 0.7;
/** Header, hashes and empty columns of a batch without transactions. */
const EMPTY_SIZE_BYTES = 160;
/**
 * Who asks for the estimate has the batch compressed for real each time it has grown by this factor: all compressions together cost about
 * three times the last one.
 */
const GROWTH = 1.5;

/**
 * Collects consecutive blocks for one batch and tells about how large it will be.
 * @example
 * const builder = new BatchBuilder(31338);
 * while (builder.estimatedSizeBytes < 120_000) builder.add(await nextBlock());
 * const payload = builder.build();
 */
export class BatchBuilder {
  readonly #chainId: number;
  readonly #body: BatchBody;
  readonly #blocks: Block[] = [];
  readonly #decodedSize = new DecodedSize();
  #rawSizeBytes = 0;
  #encodedRawSizeBytes = 0;
  #encodedSizeBytes = EMPTY_SIZE_BYTES;
  #ratio = INITIAL_RATIO;

  constructor(chainId: number) {
    this.#chainId = chainId;
    this.#body = new BatchBody(chainId);
  }

  get chainId(): number {
    return this.#chainId;
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** @param block follows the one added before */
  add(block: Block): void {
    const last = this.#blocks.at(-1);
    assert(!last || last.header.number + 1 === block.header.number, 'the blocks of a batch are consecutive');
    this.#blocks.push(block);
    this.#body.add(block);
    this.#decodedSize.addBlock();
    this.#rawSizeBytes += 3;
    for (const transaction of block.transactions) {
      if (transaction.type === 0x7e) continue;
      this.#decodedSize.addTransaction(transaction.raw.length);
      this.#rawSizeBytes += transaction.raw.length;
    }
  }

  /** Size of the payload, within a few per cent; exact right after `build`. */
  get estimatedSizeBytes(): number {
    if (this.#rawSizeBytes > GROWTH * this.#encodedRawSizeBytes + EMPTY_SIZE_BYTES) this.build();
    return Math.ceil(this.#encodedSizeBytes + (this.#rawSizeBytes - this.#encodedRawSizeBytes) * this.#ratio);
  }

  /** What the batch counts for against `batchDecompressedSizeBytesMax`; exact, and at least the size of the decompressed body. */
  get decodedSizeBytes(): number {
    return this.#decodedSize.sizeBytes;
  }

  /** The payload of all blocks so far; at least one was added. */
  build(): Uint8Array {
    const payload = compressBatchBody(this.#body.toBytes(this.input()));
    // What the bytes since the last encoding came to tells best what the next will: the first ones of a kind are the dearest.
    const addedRawSizeBytes = this.#rawSizeBytes - this.#encodedRawSizeBytes;
    if (addedRawSizeBytes > 0) this.#ratio = Math.max(0, payload.length - this.#encodedSizeBytes) / addedRawSizeBytes;
    this.#encodedSizeBytes = payload.length;
    this.#encodedRawSizeBytes = this.#rawSizeBytes;
    return payload;
  }

  input(): BatchInput {
    const first = this.#blocks.at(0);
    assert(first, 'a batch holds at least one block');
    const { number, parentHash } = first.header;
    return { firstBlockNumber: number, parentHash, chainId: this.#chainId, blocks: this.#blocks };
  }
}
