import type { Hash } from '../core/bytes';
import type { KeyValueOperation } from '../core/ports';

/** What the sealing part of a kernel instance exports (`assembly/sealing/index.ts`). Addresses are 32-bit: read them with `>>> 0`. */
export interface SealingExports {
  sealingAttach(base: number, sizeBytes: number): void;
  sealingBegin(): void;
  sealingAddTransaction(sizeBytes: number): number;
  sealingAddReceipt(type: number, cumulativeGas: bigint, depositNonce: bigint): number;
  sealingBloom(): number;
  sealingRoot(list: number, out: number): void;
  sealingBeginChanges(): void;
  sealingChangesAt(): number;
  sealingChanges(): number;
}

const BLOOM_SIZE_BYTES = 256;
/** Blooms that share a buffer: one of their own each, outside the engine's heap, costs more than computing them. */
const BLOOMS_PER_BUFFER = 64;
/** Of every receipt without logs. */
const EMPTY_BLOOM = new Uint8Array(BLOOM_SIZE_BYTES);
const TRANSACTIONS = 0;
const RECEIPTS = 1;
const CHANGE_PUT = 1;

/**
 * Receipts, blooms and list roots of the block that a kernel runs, hashed inside it. Per block: `begin`; then for each included
 * transaction, in order and before the next one runs, `addTransaction` and `addReceipt`; then the roots; then `flatChanges`.
 *
 * A block that does not fit the region has no roots here: `isComplete` is false, and the caller computes them itself.
 */
export class KernelSealing {
  readonly #exports: SealingExports;
  readonly #bytes: Uint8Array;
  readonly #rootAt: number;
  #isComplete = true;
  #blooms = EMPTY_BLOOM;
  #bloomsEnd = BLOOM_SIZE_BYTES;

  /** @param region zero, used by nobody else @param rootAt 32 bytes to hand roots over in */
  constructor(exports: SealingExports, bytes: Uint8Array, region: { base: number; sizeBytes: number }, rootAt: number) {
    this.#exports = exports;
    this.#bytes = bytes;
    this.#rootAt = rootAt;
    exports.sealingAttach(region.base, region.sizeBytes);
  }

  /** Starts a block; forgets the one before. */
  begin(): void {
    this.#exports.sealingBegin();
    this.#isComplete = true;
  }

  /** Whether all that was added had room. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** @param raw the encoding that its hash is taken of */
  addTransaction(raw: Uint8Array): void {
    const at = this.#exports.sealingAddTransaction(raw.length) >>> 0;
    if (at === 0) this.#isComplete = false;
    else this.#bytes.set(raw, at);
  }

  /**
   * Adds the receipt of the transaction that ran last.
   * @param depositNonce of deposits only @param hasLogs without them its bloom is empty
   * @returns the receipt's bloom, 256 bytes, not to be written to; undefined where there was no room
   */
  addReceipt(type: number, cumulativeGasUsed: bigint, depositNonce: bigint, hasLogs: boolean): Uint8Array | undefined {
    const at = this.#exports.sealingAddReceipt(type, cumulativeGasUsed, depositNonce) >>> 0;
    if (at !== 0) return hasLogs ? this.#copyBloom(at) : EMPTY_BLOOM;
    this.#isComplete = false;
    return undefined;
  }

  /** Of all receipts together. */
  logsBloom(): Uint8Array {
    const at = this.#exports.sealingBloom() >>> 0;
    return this.#bytes.slice(at, at + BLOOM_SIZE_BYTES);
  }

  transactionsRoot(): Hash {
    return this.#root(TRANSACTIONS);
  }

  receiptsRoot(): Hash {
    return this.#root(RECEIPTS);
  }

  /**
   * Accounts and slots that the block changed, as the store keeps them, storage roots being those that `Kernel.stateRoot` computed.
   * Overwrites the block's transactions and receipts: after their roots.
   */
  flatChanges(): KeyValueOperation[] {
    const operations: KeyValueOperation[] = [];
    const from = this.#exports.sealingChangesAt() >>> 0;
    this.#exports.sealingBeginChanges();
    for (;;) {
      const length = this.#exports.sealingChanges() >>> 0;
      if (length === 0) return operations;
      pushOperations(operations, this.#bytes.slice(from, from + length));
    }
  }

  #copyBloom(at: number): Uint8Array {
    if (this.#bloomsEnd === this.#blooms.length) {
      this.#blooms = new Uint8Array(BLOOMS_PER_BUFFER * BLOOM_SIZE_BYTES);
      this.#bloomsEnd = 0;
    }
    const start = this.#bloomsEnd;
    this.#bloomsEnd += BLOOM_SIZE_BYTES;
    this.#blooms.set(this.#bytes.subarray(at, at + BLOOM_SIZE_BYTES), start);
    return this.#blooms.subarray(start, this.#bloomsEnd);
  }

  #root(list: number): Hash {
    this.#exports.sealingRoot(list, this.#rootAt);
    return this.#bytes.slice(this.#rootAt, this.#rootAt + 32);
  }
}

/** Keys and values are views of `bytes`. */
function pushOperations(operations: KeyValueOperation[], bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const keyEnd = at + 4 + bytes[at + 1];
    const valueEnd = keyEnd + bytes[at + 2] + 256 * bytes[at + 3];
    const key = bytes.subarray(at + 4, keyEnd);
    if (bytes[at] === CHANGE_PUT) operations.push({ type: 'put', key, value: bytes.subarray(keyEnd, valueEnd) });
    else operations.push({ type: 'del', key });
    at = valueEnd;
  }
}
