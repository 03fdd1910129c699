import { RLP } from '@ethereumjs/rlp';
import { type Address, type Hash, toBigInt } from '../core/bytes';
import { errorMessage, TributaryError } from '../core/errors';

export type RlpValue = Uint8Array | RlpValue[];

/** Strict RLP reading for consensus objects: canonical lengths, no leading zeros, errors that name the field. */
export const RlpReader = {
  /**
   * `bytes` as one list of `length` items (any number when undefined), nothing after it.
   * @throws Codec.InvalidRlp
   */
  decodeList(bytes: Uint8Array, field: string, length?: number): RlpValue[] {
    let decoded: RlpValue;
    try {
      decoded = RLP.decode(bytes) as RlpValue;
    } catch (error) {
      throw invalid(field, errorMessage(error));
    }
    return readList(decoded, field, length);
  },
};

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
