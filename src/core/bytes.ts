import type { Hex } from 'viem';
import { TributaryError } from './errors';

/** 20 bytes. */
export type Address = Uint8Array;
/** 32 bytes. */
export type Hash = Uint8Array;

export const EMPTY_BYTES = new Uint8Array(0);
export const ZERO_ADDRESS: Address = new Uint8Array(20);
export const ZERO_HASH: Hash = new Uint8Array(32);

/** Bytes as lower-case `0x` hex. */
export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/**
 * Hex (with or without `0x`, even number of digits) as bytes.
 * @throws Core.InvalidHex
 */
export function fromHex(hex: string): Uint8Array {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new TributaryError('Core.InvalidHex', `expected an even number of hex digits, got ${hex.slice(0, 80)}`);
  }
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

/** Unsigned big-endian bytes, any length, as bigint; empty is 0. */
export function toBigInt(bytes: Uint8Array): bigint {
  if (bytes.length > 6) return bytes.length === 32 ? wordToBigInt(bytes) : BigInt(toHex(bytes));
  let value = 0;
  for (const byte of bytes) value = value * 0x100 + byte;
  return BigInt(value);
}

/** Twice as fast as by way of hex digits. */
function wordToBigInt(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  const high = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  return (high << 128n) | (view.getBigUint64(16) << 64n) | view.getBigUint64(24);
}

/** `value ≥ 0` as big-endian bytes without leading zeros (RLP's integer); 0 is empty. */
export function toMinimalBytes(value: bigint | number): Uint8Array {
  if (value === 0n || value === 0) return EMPTY_BYTES;
  if (value <= 0xffff_ffff) return minimalBytesOfUint32(Number(value));
  if (value <= UINT256_MAX) return withoutLeadingZeros(wordOf(BigInt(value)));
  const digits = value.toString(16);
  return new Uint8Array(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex'));
}

/** Most integers of a chain are this small, and the way over hex digits takes ten times as long. */
function minimalBytesOfUint32(value: number): Uint8Array {
  if (value < 0x100) return Uint8Array.of(value);
  if (value < 0x10000) return Uint8Array.of(value >>> 8, value);
  if (value < 0x1000000) return Uint8Array.of(value >>> 16, value >>> 8, value);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

const UINT256_MAX = 2n ** 256n - 1n;

/** At most `UINT256_MAX`, as 32 bytes. */
function wordOf(value: bigint): Uint8Array {
  const word = new Uint8Array(32);
  const view = new DataView(word.buffer);
  let rest = value;
  for (let offset = 24; rest > 0n; offset -= 8) {
    view.setBigUint64(offset, BigInt.asUintN(64, rest));
    rest >>= 64n;
  }
  return word;
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return start === 0 ? bytes : bytes.slice(start);
}

/**
 * `value ≥ 0` as exactly `length` big-endian bytes.
 * @throws Core.ValueTooLarge
 */
export function toFixedBytes(value: bigint | number, length: number): Uint8Array {
  if (length === 32 && typeof value === 'bigint' && value >= 0n && value <= UINT256_MAX) return wordOf(value);
  return padLeft(toMinimalBytes(value), length);
}

/**
 * Zero bytes in front up to `length`.
 * @throws Core.ValueTooLarge
 */
export function padLeft(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length > length) {
    throw new TributaryError('Core.ValueTooLarge', `expected at most ${length} bytes, got ${bytes.length}`);
  }
  if (bytes.length === length) return bytes;
  const padded = new Uint8Array(length);
  padded.set(bytes, length - bytes.length);
  return padded;
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
