import { TributaryError } from '../../core/errors';

/** Reads what `ByteWriter` wrote; never past the end, never a varint in more bytes than it needs. Errors name the column. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #column: string;
  #offset = 0;

  constructor(bytes: Uint8Array, column: string) {
    this.#bytes = bytes;
    this.#column = column;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** @throws Codec.InvalidBatch */
  byte(): number {
    this.#require(1);
    return this.#bytes[this.#offset++];
  }

  /** A view, not a copy. @throws Codec.InvalidBatch */
  bytes(count: number): Uint8Array {
    this.#require(count);
    this.#offset += count;
    return this.#bytes.subarray(this.#offset - count, this.#offset);
  }

  /** @throws Codec.InvalidBatch when cut off, above 2^53 - 1 or longer than needed */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 1; count <= 8; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && count > 1) throw this.#invalid('expected a varint without padding');
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw this.#invalid('expected a varint of at most 2^53 - 1');
  }

  /** `size (1 byte, ≤ sizeBytesMax) ‖ big-endian bytes` without leading zeros. @throws Codec.InvalidBatch */
  uint(sizeBytesMax: number): Uint8Array {
    const size = this.byte();
    if (size > sizeBytesMax) throw this.#invalid(`expected an integer of at most ${sizeBytesMax} bytes, got ${size}`);
    return this.significant(size);
  }

  /** `count` bytes of which the first is not zero. @throws Codec.InvalidBatch */
  significant(count: number): Uint8Array {
    const value = this.bytes(count);
    if (count > 0 && value[0] === 0) throw this.#invalid('expected an integer without leading zeros');
    return value;
  }

  /** @throws Codec.InvalidBatch when bytes are left over */
  end(): void {
    if (this.remaining > 0) throw this.#invalid(`expected the end, got ${this.remaining} more bytes`);
  }

  #require(count: number): void {
    if (count > this.remaining) throw this.#invalid(`expected ${count} more bytes, got ${this.remaining}`);
  }

  #invalid(problem: string): TributaryError {
    return invalidBatch(this.#column, problem);
  }
}

export function invalidBatch(field: string, problem: string): TributaryError {
  return new TributaryError('Codec.InvalidBatch', `batch ${field}: ${problem}`, { details: { field } });
}
