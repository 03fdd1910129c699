import secp256k1 from 'secp256k1';
import type { Address } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import { decodeTransaction } from './transaction';

/** Fields of each typed transaction, the signature's three at the end. */
const FIELD_COUNTS: Record<number, number> = { 1: 11, 2: 12, 4: 13 };
const SIGNATURE_FIELD_COUNT = 3;
const ADDRESS_AT = 12;

const signature = new Uint8Array(64);
const publicKey = new Uint8Array(65);

/**
 * Who signed a raw transaction, for a thread that does nothing else: what was signed is cut out of the bytes, and no field becomes a value (15 µs
 * less than `decodeTransaction`). It checks nothing: the sender counts only once `decodeTransaction(raw, sender)` has accepted the bytes, for then
 * they are canonical, and what was cut out is what would have been encoded again.
 * @throws where the bytes are too odd for that what `decodeTransaction` throws
 */
export function recoverSender(raw: Uint8Array): Address {
  return recoverTyped(raw) ?? decodeTransaction(raw).from;
}

/** Undefined where anything is out of the ordinary. */
function recoverTyped(raw: Uint8Array): Address | undefined {
  const fieldCount = FIELD_COUNTS[raw[0]];
  if (fieldCount === undefined || raw[1] < 0xc0) return undefined;
  const fieldsAt = itemAt(raw, 1);
  let at = fieldsAt;
  for (let field = SIGNATURE_FIELD_COUNT; field < fieldCount; field++) at = itemEnd(raw, at);
  const unsignedEnd = at;
  const yParity = raw[at++];
  if (yParity !== 0x80 && yParity !== 1) return undefined;
  for (const wordEnd of [32, 64]) {
    const end = itemEnd(raw, at);
    const from = itemAt(raw, at);
    if (raw[at] > 0xa0 || end > raw.length || end === from) return undefined;
    signature.fill(0, wordEnd - 32, wordEnd - (end - from));
    signature.set(raw.subarray(from, end), wordEnd - (end - from));
    at = end;
  }
  if (at !== raw.length) return undefined;
  const digest = keccak256(unsignedOf(raw, fieldsAt, unsignedEnd));
  try {
    secp256k1.ecdsaRecover(signature, yParity === 1 ? 1 : 0, digest, false, publicKey);
  } catch {
    // Out of range or not on the curve: decoding in full says which.
    return undefined;
  }
  return keccak256(publicKey.subarray(1)).subarray(ADDRESS_AT);
}

/** The type, and the fields between as a list of their own. */
function unsignedOf(raw: Uint8Array, from: number, end: number): Uint8Array {
  const size = end - from;
  const sizeBytes = size < 56 ? 0 : size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;
  const unsigned = new Uint8Array(2 + sizeBytes + size);
  unsigned[0] = raw[0];
  unsigned[1] = sizeBytes === 0 ? 0xc0 + size : 0xf7 + sizeBytes;
  for (let i = 0; i < sizeBytes; i++) unsigned[2 + i] = size >>> (8 * (sizeBytes - 1 - i));
  unsigned.set(raw.subarray(from, end), 2 + sizeBytes);
  return unsigned;
}

/** Where the content of the RLP item here begins. */
function itemAt(raw: Uint8Array, at: number): number {
  const prefix = raw[at];
  if (prefix < 0x80) return at;
  const code = prefix < 0xc0 ? prefix - 0x80 : prefix - 0xc0;
  return code <= 55 ? at + 1 : at + 1 + code - 55;
}

/** Where the RLP item here ends; beyond the bytes, or not a number, where it says nonsense. */
function itemEnd(raw: Uint8Array, at: number): number {
  const prefix = raw[at];
  if (prefix < 0x80) return at + 1;
  const code = prefix < 0xc0 ? prefix - 0x80 : prefix - 0xc0;
  if (code <= 55) return at + 1 + code;
  let size = 0;
  for (let i = 1; i <= code - 55; i++) size = size * 0x100 + raw[at + i];
  return at + 1 + code - 55 + size;
}
