import { randomInt } from 'node:crypto';

const SLOT_COUNT_MIN = 64;
/** Slots for each entry: at most half of them are taken. */
const SLOTS_PER_ENTRY = 2;
/** Keys that many are told by their hashes cannot be made to collide by who does not know it. */
const PROCESS_SEED = randomInt(2 ** 32);

/**
 * A map whose keys are bytes, in the order in which they came; nothing is ever taken out. A look-up costs a tenth of a microsecond: a `Map`
 * would need each key as a string, which takes five times as long to make.
 *
 * Keys are kept as they were handed over, not copied: they must not be written to. An entry is named by its index.
 */
export class ByteMap<Value> {
  readonly #keys: Uint8Array[] = [];
  readonly #values: Value[] = [];
  readonly #hashes: number[] = [];
  /** Open addressing: an entry's index + 1; 0: free. */
  #slots = new Int32Array(SLOT_COUNT_MIN);

  /** @param seed of `hashBytes`; tests name one */
  constructor(readonly seed = PROCESS_SEED) {}

  get size(): number {
    return this.#keys.length;
  }

  /** Undefined where the key is not there; ask `indexOf` where values may be undefined. */
  get(key: Uint8Array): Value | undefined {
    const index = this.indexOf(key);
    return index < 0 ? undefined : this.#values[index];
  }

  /** The entry's index; -1: not there. */
  indexOf(key: Uint8Array): number {
    return this.#slots[this.#find(key, hashBytes(key, this.seed))] - 1;
  }

  set(key: Uint8Array, value: Value): void {
    const hash = hashBytes(key, this.seed);
    const slot = this.#find(key, hash);
    const index = this.#slots[slot] - 1;
    if (index >= 0) this.#values[index] = value;
    else this.#add(slot, hash, key, value);
  }

  /** Sets a value where the key is not there yet. @returns whether it was not */
  setNew(key: Uint8Array, value: () => Value): boolean {
    const hash = hashBytes(key, this.seed);
    const slot = this.#find(key, hash);
    if (this.#slots[slot] !== 0) return false;
    this.#add(slot, hash, key, value());
    return true;
  }

  keyAt(index: number): Uint8Array {
    return this.#keys[index];
  }

  valueAt(index: number): Value {
    return this.#values[index];
  }

  hashAt(index: number): number {
    return this.#hashes[index];
  }

  keys(): Iterable<Uint8Array> {
    return this.#keys;
  }

  *entries(): Iterable<[key: Uint8Array, value: Value]> {
    for (let index = 0; index < this.#keys.length; index++) yield [this.#keys[index], this.#values[index]];
  }

  /** The same keys with other values. */
  map<Other>(value: (key: Uint8Array, value: Value) => Other): ByteMap<Other> {
    const mapped = new ByteMap<Other>(this.seed);
    for (let index = 0; index < this.#keys.length; index++) {
      mapped.#keys.push(this.#keys[index]);
      mapped.#hashes.push(this.#hashes[index]);
      mapped.#values.push(value(this.#keys[index], this.#values[index]));
    }
    mapped.#slots = this.#slots.slice();
    return mapped;
  }

  #add(slot: number, hash: number, key: Uint8Array, value: Value): void {
    this.#keys.push(key);
    this.#values.push(value);
    this.#hashes.push(hash);
    this.#slots[slot] = this.#keys.length;
    if (this.#keys.length * SLOTS_PER_ENTRY >= this.#slots.length) this.#grow();
  }

  /** The slot of the key, or the free one where it belongs. */
  #find(key: Uint8Array, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const index = slots[slot] - 1;
      if (index < 0 || (this.#hashes[index] === hash && areEqual(this.#keys[index], key))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const slots = new Int32Array(4 * this.#slots.length);
    const mask = slots.length - 1;
    for (let index = 0; index < this.#hashes.length; index++) {
      let slot = this.#hashes[index] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

/** Quicker than a call of the engine's for keys as short as ours. */
function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A signed 32-bit number, four bytes at a time; the mixing is MurmurHash3's. */
export function hashBytes(bytes: Uint8Array, seed: number): number {
  const { length } = bytes;
  const wordsEnd = length & ~3;
  let hash = seed | 0;
  let at = 0;
  for (; at < wordsEnd; at += 4) {
    hash = mix(hash, bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
  }
  let rest = 0;
  for (let shift = 0; at < length; at++, shift += 8) rest |= bytes[at] << shift;
  hash = mix(hash, rest) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64;
}
