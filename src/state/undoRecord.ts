import { assert } from '../core/assert';
import { type ByteMap, hashBytes } from './byteMap';

const HEADER_SIZE_BYTES = 8;
const TABLE_ENTRY_SIZE_BYTES = 8;
/** Of entries: as an index takes 21 of a number's 53 bits beside a hash. */
const COUNT_MAX = 2 ** 21;

/**
 * What keys of the state held before they were written: enough to undo that, and to read what was there before.
 *
 * Bytes: seed (4) ‖ count (4) ‖ for each entry, sorted by hash: `hashBytes` of its key (4) ‖ its end offset (4) ‖ entries: key length (1) ‖ key ‖
 * existed (1) ‖ old value. Look-ups are binary searches in the bytes, so a record costs nothing to load and no memory beyond itself. Sorting
 * by hashes takes a tenth of sorting by keys.
 */
export class UndoRecord {
  readonly bytes: Buffer;
  readonly #seed: number;
  readonly #count: number;
  readonly #entriesStart: number;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#seed = this.bytes.readUInt32BE(0);
    this.#count = this.bytes.readUInt32BE(4);
    this.#entriesStart = HEADER_SIZE_BYTES + TABLE_ENTRY_SIZE_BYTES * this.#count;
  }

  /** @param changes keys (at most 255 bytes) with their old values; undefined where a key did not exist */
  static of(changes: ByteMap<Uint8Array | undefined>): UndoRecord {
    const count = changes.size;
    assert(count < COUNT_MAX, 'a block changes fewer keys than an undo record can index');
    let size = HEADER_SIZE_BYTES + TABLE_ENTRY_SIZE_BYTES * count;
    const order = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      const key = changes.keyAt(index);
      assert(key.length < 256, 'a state key is shorter than 256 bytes');
      size += 2 + key.length + (changes.valueAt(index)?.length ?? 0);
      order[index] = (changes.hashAt(index) >>> 0) * COUNT_MAX + index;
    }
    order.sort();
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, changes.seed);
    view.setUint32(4, count);
    const entriesStart = HEADER_SIZE_BYTES + TABLE_ENTRY_SIZE_BYTES * count;
    let at = entriesStart;
    for (let position = 0; position < count; position++) {
      const index = order[position] % COUNT_MAX;
      const key = changes.keyAt(index);
      const value = changes.valueAt(index);
      bytes[at++] = key.length;
      for (let i = 0; i < key.length; i++) bytes[at + i] = key[i];
      at += key.length;
      bytes[at++] = value ? 1 : 0;
      if (value) {
        bytes.set(value, at);
        at += value.length;
      }
      const tableAt = HEADER_SIZE_BYTES + TABLE_ENTRY_SIZE_BYTES * position;
      view.setUint32(tableAt, changes.hashAt(index));
      view.setUint32(tableAt + 4, at - entriesStart);
    }
    return new UndoRecord(bytes);
  }

  /** Undefined when the key was not written; otherwise what it held before (`previous` undefined: nothing). */
  lookup(key: Uint8Array): { previous: Uint8Array | undefined } | undefined {
    const hash = hashBytes(key, this.#seed) >>> 0;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#hash(middle) < hash) low = middle + 1;
      else high = middle;
    }
    for (let index = low; index < this.#count && this.#hash(index) === hash; index++) {
      const start = this.#start(index);
      const keyEnd = start + 1 + this.bytes[start];
      if (this.bytes.compare(key, 0, key.length, start + 1, keyEnd) === 0) {
        return { previous: this.#previous(index, keyEnd) };
      }
    }
    return undefined;
  }

  /** Each once, in no order of theirs. */
  *entries(): Iterable<[key: Uint8Array, previous: Uint8Array | undefined]> {
    for (let index = 0; index < this.#count; index++) {
      const start = this.#start(index);
      const keyEnd = start + 1 + this.bytes[start];
      yield [this.#view(start + 1, keyEnd), this.#previous(index, keyEnd)];
    }
  }

  #hash(index: number): number {
    return this.bytes.readUInt32BE(HEADER_SIZE_BYTES + TABLE_ENTRY_SIZE_BYTES * index);
  }

  #start(index: number): number {
    return index === 0 ? this.#entriesStart : this.#end(index - 1);
  }

  #end(index: number): number {
    return this.#entriesStart + this.bytes.readUInt32BE(HEADER_SIZE_BYTES + TABLE_ENTRY_SIZE_BYTES * index + 4);
  }

  #previous(index: number, keyEnd: number): Uint8Array | undefined {
    if (this.bytes[keyEnd] === 0) return undefined;
    return this.#view(keyEnd + 1, this.#end(index));
  }

  /** Plain bytes: a `Buffer` that escapes would surprise with its own `slice`. */
  #view(start: number, end: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, end - start);
  }
}
