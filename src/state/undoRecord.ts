import { assert } from '../core/assert';

/**
 * What the state keys that one block changed held before it: enough to undo the block, and to read the state before it.
 *
 * Bytes: count (4) ‖ end offset of each entry (4 each) ‖ entries, sorted by key: key length (1) ‖ key ‖ existed (1) ‖ old value.
 * Look-ups are binary searches in the bytes, so a record costs nothing to load and no memory beyond itself.
 */
export class UndoRecord {
  readonly bytes: Buffer;
  readonly #count: number;
  readonly #entriesStart: number;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#count = this.bytes.readUInt32BE(0);
    this.#entriesStart = 4 + 4 * this.#count;
  }

  /** @param changes by `keyName`: key (at most 255 bytes) with its old value; undefined when it did not exist */
  static of(changes: Map<string, { key: Uint8Array; value: Uint8Array | undefined }>): UndoRecord {
    // A name has a character for each byte: their order is the keys'.
    const names = [...changes.keys()].sort();
    let size = 4 + 4 * names.length;
    for (const { key, value } of changes.values()) size += 2 + key.length + (value?.length ?? 0);
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32BE(names.length, 0);
    const entriesStart = 4 + 4 * names.length;
    let offset = entriesStart;
    names.forEach((name, index) => {
      const change = changes.get(name);
      assert(change && name.length < 256, 'a state key is shorter than 256 bytes');
      bytes[offset++] = name.length;
      bytes.set(change.key, offset);
      offset += name.length;
      bytes[offset++] = change.value ? 1 : 0;
      if (change.value) {
        bytes.set(change.value, offset);
        offset += change.value.length;
      }
      bytes.writeUInt32BE(offset - entriesStart, 4 + 4 * index);
    });
    return new UndoRecord(bytes);
  }

  /** Undefined when the block did not change the key; otherwise what it held before (`previous` undefined: nothing). */
  lookup(key: Uint8Array): { previous: Uint8Array | undefined } | undefined {
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const start = this.#start(middle);
      const keyEnd = start + 1 + this.bytes[start];
      const order = this.bytes.compare(key, 0, key.length, start + 1, keyEnd);
      if (order === 0) return { previous: this.#previous(middle, keyEnd) };
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  *entries(): Iterable<[key: Uint8Array, previous: Uint8Array | undefined]> {
    for (let index = 0; index < this.#count; index++) {
      const start = this.#start(index);
      const keyEnd = start + 1 + this.bytes[start];
      yield [this.#view(start + 1, keyEnd), this.#previous(index, keyEnd)];
    }
  }

  #start(index: number): number {
    return this.#entriesStart + (index === 0 ? 0 : this.bytes.readUInt32BE(4 * index));
  }

  #previous(index: number, keyEnd: number): Uint8Array | undefined {
    if (this.bytes[keyEnd] === 0) return undefined;
    return this.#view(keyEnd + 1, this.#entriesStart + this.bytes.readUInt32BE(4 + 4 * index));
  }

  /** Plain bytes: a `Buffer` that escapes would surprise with its own `slice`. */
  #view(start: number, end: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, end - start);
  }
}
