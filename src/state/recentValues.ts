import { ByteMap } from './byteMap';

/** Writes kept, of each of two generations. */
const WRITE_COUNT_MAX = 65_536;

/**
 * The newest values of keys that were written lately: a block mostly changes accounts and slots that the blocks just before it changed,
 * and finding one here takes a tenth of a read from disk. Old writes go a generation at a time, so that nothing is accounted for per read.
 *
 * Keys and values are kept as they were handed over, and with them the buffers that they are parts of.
 */
export class RecentValues {
  #young = new ByteMap<Uint8Array | undefined>();
  #old = new ByteMap<Uint8Array | undefined>();
  #writeCount = 0;

  /** Undefined where nothing is known; `value` undefined: the key is known to be absent. */
  get(key: Uint8Array): { value: Uint8Array | undefined } | undefined {
    const young = this.#young.indexOf(key);
    if (young >= 0) return { value: this.#young.valueAt(young) };
    const old = this.#old.indexOf(key);
    return old >= 0 ? { value: this.#old.valueAt(old) } : undefined;
  }

  /** @param value undefined: deleted */
  set(key: Uint8Array, value: Uint8Array | undefined): void {
    if (this.#writeCount++ === WRITE_COUNT_MAX) {
      this.#old = this.#young;
      this.#young = new ByteMap();
      this.#writeCount = 1;
    }
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young = new ByteMap();
    this.#old = new ByteMap();
    this.#writeCount = 0;
  }
}
