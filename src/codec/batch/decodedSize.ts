import { invalidBatch } from './byteReader';

/** Covers the header and the sizes of the columns. */
const BATCH_COST_BYTES = 256;
/** What a decoded block and transaction count for beside their raw bytes, so that empty ones are not free. */
const BLOCK_COST_BYTES = 64;
const TRANSACTION_COST_BYTES = 32;
const WORD = 32;

/**
 * The size of a batch once decoded, by this formula of the chain's rules: 256, 64 per block, and per transaction 32 + raw size + 1 for
 * each begun 32 bytes of it. Columns share bytes between transactions (an address is written once), so what comes out is bounded apart
 * from the decompressed body. Never less than the body that `encodeBatch` writes: a batch that fits this bound fits the other.
 */
export class DecodedSize {
  #sizeBytes = BATCH_COST_BYTES;
  readonly #sizeBytesMax: number;

  constructor(sizeBytesMax = Number.POSITIVE_INFINITY) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @throws Codec.InvalidBatch above the limit */
  addBlock(): void {
    this.#add(BLOCK_COST_BYTES);
  }

  /** @throws Codec.InvalidBatch above the limit */
  addTransaction(rawSizeBytes: number): void {
    this.#add(TRANSACTION_COST_BYTES + rawSizeBytes + Math.ceil(rawSizeBytes / WORD));
  }

  /** How many more bytes fit. */
  get remaining(): number {
    return this.#sizeBytesMax - this.#sizeBytes;
  }

  /** Refuses `sizeBytes` more before anything of that size is allocated. @throws Codec.InvalidBatch */
  require(sizeBytes: number): void {
    if (sizeBytes > this.remaining) {
      throw invalidBatch('decoded size', `expected at most ${this.#sizeBytesMax} bytes, got more`);
    }
  }

  #add(sizeBytes: number): void {
    this.require(sizeBytes);
    this.#sizeBytes += sizeBytes;
  }
}
