import type { KeyRange, KeyValueOperation, KeyValueStore } from '../core/ports';
import { ByteMap } from './byteMap';

/** What waits for the disk; a batch that goes beyond it waits itself. */
const GATHERED_SIZE_BYTES_MAX = 16 * 2 ** 20;

type Operations = ByteMap<KeyValueOperation>;

/**
 * A store whose batches are done once they are in memory. They go on to the store behind it in their order, those that came while one was
 * written as one batch: a killed process finds that one as it was after some batch, perhaps an earlier one than the last. For who can make
 * anew what is lost; whoever else reads the store behind it asks for `flush` first.
 *
 * Where that one fails, every later call rejects with the failure.
 */
export class WriteBehindStore implements KeyValueStore {
  readonly #store: KeyValueStore;
  #gathered: Operations = new ByteMap();
  #gatheredSizeBytes = 0;
  /** On their way to the disk. */
  #writing: Operations = new ByteMap();
  #write: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    for (const operations of [this.#gathered, this.#writing]) {
      const operation = operations.get(key);
      if (operation) return operation.type === 'put' ? operation.value : undefined;
    }
    return this.#store.get(key);
  }

  async batch(operations: KeyValueOperation[], options: { sync?: boolean } = {}): Promise<void> {
    this.#assertSound();
    for (const operation of operations) {
      this.#gathered.set(operation.key, operation);
      this.#gatheredSizeBytes += operation.key.length + (operation.type === 'put' ? operation.value.length : 0);
    }
    this.#begin();
    if (options.sync) await this.flush();
    while (this.#gatheredSizeBytes > GATHERED_SIZE_BYTES_MAX) await this.#written();
  }

  /** All batches so far are on disk. */
  async flush(): Promise<void> {
    while (this.#write || this.#gathered.size > 0) await this.#written();
    this.#assertSound();
  }

  async *entries(range: KeyRange): AsyncIterable<[key: Uint8Array, value: Uint8Array]> {
    await this.flush();
    yield* this.#store.entries(range);
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#store.close();
    }
  }

  async #written(): Promise<void> {
    await this.#write;
    this.#assertSound();
  }

  #begin(): void {
    if (this.#write || this.#failure || this.#gathered.size === 0) return;
    this.#writing = this.#gathered;
    this.#gathered = new ByteMap();
    this.#gatheredSizeBytes = 0;
    this.#write = this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    try {
      const operations: KeyValueOperation[] = [];
      for (const [, operation] of this.#writing.entries()) operations.push(operation);
      await this.#store.batch(operations);
      this.#writing = new ByteMap();
    } catch (error) {
      this.#failure = { error };
    }
    this.#write = undefined;
    this.#begin();
  }

  #assertSound(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
