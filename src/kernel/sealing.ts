import type { Hash } from '../core/bytes';

/** What the sealing part of a kernel instance exports (`assembly/sealing/index.ts`). Addresses are 32-bit: read them with `>>> 0`. */
export interface SealingExports {
  sealingAttach(base: number, sizeBytes: number): void;
  sealingBegin(): void;
  sealingAddTransaction(sizeBytes: number): number;
  sealingAddReceipt(type: number, creator: number): number;
  sealingIsComplete(): number;
  sealingReceipts(): number;
  sealingReceiptsEnd(): number;
  sealingBloom(): number;
  sealingRoot(list: number, out: number): void;
  sealingBeginChanges(): void;
  sealingChangesAt(): number;
  sealingChanges(): number;
}

const BLOOM_SIZE_BYTES = 256;
const TRANSACTIONS = 0;
const RECEIPTS = 1;
const CHANGE_DELETE = 2;
const CHANGE_PUT_NEW = 4;

/**
 * Receipts, blooms and list roots of the block that a kernel runs, made and hashed inside it. Per block: `begin`; then for each included
 * transaction, in order and before the next one runs, `add` (or `Kernel.executeAll`, which does it inside); then roots and receipts; then
 * `takeFlatRecords`.
 *
 * A transaction or receipt too large for the region leaves the lists without roots: `isComplete` is false, and the caller computes them itself.
 */
export class KernelSealing {
  readonly #exports: SealingExports;
  readonly #bytes: Uint8Array;
  readonly #rootAt: number;

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
  }

  /** Whether the lists have roots. */
  get isComplete(): boolean {
    return this.#exports.sealingIsComplete() === 1;
  }

  /**
   * Adds a transaction and the receipt of the outcome, which must be its own.
   * @param raw the encoding that its hash is taken of
   * @param creator of a creation: where its sender's address lies in the memory; else 0
   * @returns false where the receipts have no room for one more
   */
  add(type: number, raw: Uint8Array, creator: number): boolean {
    const at = this.#exports.sealingAddTransaction(raw.length) >>> 0;
    if (at !== 0) this.#bytes.set(raw, at);
    return this.#exports.sealingAddReceipt(type, creator) === 1;
  }

  /** All receipts, as `encodeStoredReceipts` would encode them. Before `takeFlatRecords`. */
  storedReceipts(): Uint8Array {
    const from = this.#exports.sealingReceipts() >>> 0;
    return this.#bytes.slice(from, this.#exports.sealingReceiptsEnd() >>> 0);
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
   * Accounts and slots that the block changed, as the store keeps them (`readFlatChanges`), storage roots being those that `Kernel.stateRoot` computed.
   * Overwrites the block's transactions and receipts: after their roots.
   */
  takeFlatRecords(): Uint8Array[] {
    const records: Uint8Array[] = [];
    const from = this.#exports.sealingChangesAt() >>> 0;
    this.#exports.sealingBeginChanges();
    for (;;) {
      const length = this.#exports.sealingChanges() >>> 0;
      if (length === 0) return records;
      records.push(this.#bytes.slice(from, from + length));
    }
  }

  #root(list: number): Hash {
    this.#exports.sealingRoot(list, this.#rootAt);
    return this.#bytes.slice(this.#rootAt, this.#rootAt + 32);
  }
}

/** What the store must write of one account or slot; `isNew`: it has nothing there. */
export type FlatChange =
  | { type: 'put'; key: Uint8Array; value: Uint8Array; isNew: boolean }
  | { type: 'del'; key: Uint8Array };

/** Decodes a buffer of `takeFlatRecords`. Keys and values are views of it. */
export function* readFlatChanges(bytes: Uint8Array): Iterable<FlatChange> {
  for (let at = 0; at < bytes.length; ) {
    const keyEnd = at + 4 + bytes[at + 1];
    const valueEnd = keyEnd + bytes[at + 2] + 256 * bytes[at + 3];
    const key = bytes.subarray(at + 4, keyEnd);
    if (bytes[at] === CHANGE_DELETE) yield { type: 'del', key };
    else yield { type: 'put', key, value: bytes.subarray(keyEnd, valueEnd), isNew: bytes[at] === CHANGE_PUT_NEW };
    at = valueEnd;
  }
}
