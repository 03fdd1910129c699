/** Writes kept, of each of two generations. */
const WRITE_COUNT_MAX = 65_536;

/**
 * The newest values of keys that were written lately: a block mostly changes accounts and trie nodes that the blocks just before it changed,
 * and finding one here takes a tenth of a read from disk. Old writes go a generation at a time, so that nothing is accounted for per read.
 *
 * Values are kept as they were handed over, and with them the buffers that they are parts of.
 */
export class RecentValues {
  #young = new Map<string, Uint8Array | undefined>();
  #old = new Map<string, Uint8Array | undefined>();
  #writeCount = 0;

  /** Undefined where nothing is known; `value` undefined: the key is known to be absent. */
  get(name: string): { value: Uint8Array | undefined } | undefined {
    const young = this.#young.get(name);
    if (young || this.#young.has(name)) return { value: young };
    const old = this.#old.get(name);
    if (old || this.#old.has(name)) return { value: old };
    return undefined;
  }

  /** @param value undefined: deleted */
  set(name: string, value: Uint8Array | undefined): void {
    if (this.#writeCount++ === WRITE_COUNT_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#writeCount = 1;
    }
    this.#young.set(name, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#writeCount = 0;
  }
}

/** A key as a map's: one character a byte. */
export function keyName(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
