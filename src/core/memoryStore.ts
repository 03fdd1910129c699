import type { KeyRange, KeyValueOperation, KeyValueStore } from './ports';

/** A `KeyValueStore` in memory, for tests and simulations. Ranges are sorted on read. */
export class MemoryStore implements KeyValueStore {
  readonly #values = new Map<string, Uint8Array>();

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(hexOf(key));
  }

  async batch(operations: KeyValueOperation[]): Promise<void> {
    for (const operation of operations) {
      if (operation.type === 'put') this.#values.set(hexOf(operation.key), operation.value.slice());
      else this.#values.delete(hexOf(operation.key));
    }
  }

  async *entries(range: KeyRange): AsyncIterable<[Uint8Array, Uint8Array]> {
    const gte = range.gte ? hexOf(range.gte) : '';
    const lt = range.lt ? hexOf(range.lt) : undefined;
    const keys = [...this.#values.keys()].filter((key) => key >= gte && (lt === undefined || key < lt)).sort();
    if (range.reverse) keys.reverse();
    for (const key of keys.slice(0, range.limit ?? keys.length)) {
      const value = this.#values.get(key);
      if (value) yield [new Uint8Array(Buffer.from(key, 'hex')), value];
    }
  }

  async close(): Promise<void> {
    this.#values.clear();
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
