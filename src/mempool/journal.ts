import type { SignedTransaction } from '../codec/transaction';
import { concatBytes, toBigInt, toFixedBytes } from '../core/bytes';
import { errorMessage, TributaryError } from '../core/errors';
import type { KeyValueOperation, KeyValueStore, Logger } from '../core/ports';

/**
 * The mempool's part of the node's database: 'm' ‖ arrival (8 bytes, big-endian) → sender (20 bytes) ‖ raw transaction.
 * Arrival order keeps LevelDB's writes sequential and gives the pool back in the order it was filled.
 */
const KEY_PREFIX = 0x6d;
const SENDER_SIZE_BYTES = 20;

export interface JournalEntry {
  key: Uint8Array;
  arrival: number;
  sender: Uint8Array;
  raw: Uint8Array;
}

interface Group {
  operations: KeyValueOperation[];
  written: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Group commit: while one batch is being written, all that is asked for gathers in the next one, so a hundred requests in flight cost one
 * disk write. Groups are written one after the other, in the order in which they were asked for.
 */
export class Journal {
  readonly #store: KeyValueStore;
  readonly #logger: Logger;
  #gathering: Group | undefined;
  #writing: Promise<void> | undefined;

  constructor(store: KeyValueStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  async load(): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    const range = { gte: Uint8Array.of(KEY_PREFIX), lt: Uint8Array.of(KEY_PREFIX + 1) };
    for await (const [key, value] of this.#store.entries(range)) {
      entries.push({
        key: key.slice(),
        arrival: Number(toBigInt(key.subarray(1))),
        sender: value.slice(0, SENDER_SIZE_BYTES),
        raw: value.slice(SENDER_SIZE_BYTES),
      });
    }
    return entries;
  }

  /**
   * Writes an entry and removes those that it makes obsolete, together. Resolves once a killed process would find it.
   * @throws Mempool.JournalFailed
   */
  write(arrival: number, transaction: SignedTransaction, obsoleteKeys: Uint8Array[]): Promise<void> {
    const value = concatBytes(transaction.from, transaction.raw);
    return this.#commit([{ type: 'put', key: journalKey(arrival), value }, ...obsoleteKeys.map(deletion)]);
  }

  /** Removes entries with the next group. When that fails they are found again, and refused again, after a restart. */
  erase(keys: Uint8Array[]): void {
    if (keys.length === 0) return;
    this.#commit(keys.map(deletion)).catch((error: unknown) => {
      this.#logger.warn({ error: errorMessage(error) }, 'obsolete mempool journal entries were not removed');
    });
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #commit(operations: KeyValueOperation[]): Promise<void> {
    this.#gathering ??= newGroup();
    const { written } = this.#gathering;
    for (const operation of operations) this.#gathering.operations.push(operation);
    this.#writing ??= this.#writeGroups();
    return written;
  }

  async #writeGroups(): Promise<void> {
    // What is asked for in the same turn of the event loop still joins the first group.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#gathering) {
      const group = this.#gathering;
      this.#gathering = undefined;
      try {
        await this.#store.batch(group.operations);
        group.resolve();
      } catch (cause) {
        const message = `the mempool journal cannot be written: ${errorMessage(cause)}`;
        group.reject(new TributaryError('Mempool.JournalFailed', message, { recovery: 'halt', cause }));
      }
    }
    this.#writing = undefined;
  }
}

export function journalKey(arrival: number): Uint8Array {
  return concatBytes(Uint8Array.of(KEY_PREFIX), toFixedBytes(arrival, 8));
}

export function deletion(key: Uint8Array): KeyValueOperation {
  return { type: 'del', key };
}

function newGroup(): Group {
  const { promise, resolve, reject } = promiseWithResolvers();
  return { operations: [], written: promise, resolve, reject };
}

/** `Promise.withResolvers` is missing from Node 20. */
function promiseWithResolvers(): { promise: Promise<void>; resolve(): void; reject(error: unknown): void } {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
