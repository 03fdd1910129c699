import { type Address, EMPTY_BYTES, type Hash, toBigInt } from '../core/bytes';
import { TributaryError } from '../core/errors';

export type RlpValue = Uint8Array | RlpValue[];

/** Lists within lists: what consensus objects hold has four levels at most. */
const DEPTH_MAX = 16;

/** Strict RLP reading for consensus objects: canonical lengths, no leading zeros, errors that name the field. */
export const RlpReader = {
  /**
   * `bytes` as one list of `length` items (any number when undefined), nothing after it. Byte strings are views of `bytes`.
   * @throws Codec.InvalidRlp
   */
  decodeList(bytes: Uint8Array, field: string, length?: number): RlpValue[] {
    const cursor = new Cursor(bytes, field);
    const value = cursor.next(bytes.length, 0);
    if (cursor.at !== bytes.length) throw invalid(field, `invalid RLP: ${bytes.length - cursor.at} bytes too many`);
    return readList(value, field, length);
  },
};

/** Goes through one encoding from front to end. */
class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #field: string;

  constructor(bytes: Uint8Array, field: string) {
    this.#bytes = bytes;
    this.#field = field;
  }

  /** The item here, which must end at `end` at the latest. */
  next(end: number, depth: number): RlpValue {
    if (this.at >= end) throw this.#invalid('expected an item, got the end');
    const prefix = this.#bytes[this.at];
    if (prefix < 0x80) return this.#bytes.subarray(this.at, ++this.at);
    if (prefix < 0xc0) {
      const size = this.#size(prefix - 0x80, end);
      if (size === 0) return EMPTY_BYTES;
      const start = this.at;
      this.at += size;
      if (size === 1 && this.#bytes[start] < 0x80) throw this.#invalid('a byte below 0x80 stands for itself');
      return this.#bytes.subarray(start, this.at);
    }
    if (depth === DEPTH_MAX) throw this.#invalid(`lists are nested deeper than ${DEPTH_MAX}`);
    const size = this.#size(prefix - 0xc0, end);
    const listEnd = this.at + size;
    const list: RlpValue[] = [];
    while (this.at < listEnd) list.push(this.next(listEnd, depth + 1));
    return list;
  }

  /** Goes past the header. @param code of the prefix: up to 55 a size, else how many bytes hold it */
  #size(code: number, end: number): number {
    this.at++;
    let size = code;
    if (code > 55) {
      const lengthEnd = this.at + code - 55;
      if (lengthEnd > end) throw this.#invalid('not enough bytes for a length');
      if (this.#bytes[this.at] === 0) throw this.#invalid('a length has leading zeros');
      size = 0;
      while (this.at < lengthEnd) size = size * 0x100 + this.#bytes[this.at++];
      if (size <= 55) throw this.#invalid('a length of 55 or less belongs into the prefix');
    }
    if (size > end - this.at) throw this.#invalid(`an item of ${size} bytes goes beyond the end`);
    return size;
  }

  #invalid(problem: string): TributaryError {
    return invalid(this.#field, `invalid RLP: ${problem}`);
  }
}

export function readList(value: RlpValue, field: string, length?: number): RlpValue[] {
  if (!Array.isArray(value)) throw invalid(field, 'expected a list, got bytes');
  if (length !== undefined && value.length !== length) {
    throw invalid(field, `expected a list of ${length} items, got ${value.length}`);
  }
  return value;
}

export function readBytes(value: RlpValue, field: string): Uint8Array {
  if (Array.isArray(value)) throw invalid(field, 'expected bytes, got a list');
  return value;
}

export function readUint(value: RlpValue, field: string, sizeBytesMax: number): bigint {
  const bytes = readBytes(value, field);
  if (bytes.length > sizeBytesMax) {
    throw invalid(field, `expected at most ${sizeBytesMax} bytes, got ${bytes.length}`);
  }
  if (bytes.length > 0 && bytes[0] === 0) throw invalid(field, 'expected an integer without leading zeros');
  return toBigInt(bytes);
}

export function readAddress(value: RlpValue, field: string): Address {
  return readFixed(value, field, 20);
}

export function readOptionalAddress(value: RlpValue, field: string): Address | undefined {
  return readBytes(value, field).length === 0 ? undefined : readAddress(value, field);
}

export function readHash(value: RlpValue, field: string): Hash {
  return readFixed(value, field, 32);
}

export function readFixed(value: RlpValue, field: string, length: number): Uint8Array {
  const bytes = readBytes(value, field);
  if (bytes.length !== length) throw invalid(field, `expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}

function invalid(field: string, problem: string): TributaryError {
  return new TributaryError('Codec.InvalidRlp', `${field}: ${problem}`, { details: { field } });
}
