import { assert } from '../../core/assert';
import { TributaryError } from '../../core/errors';

/** A blob (EIP-4844): 4096 field elements of 32 bytes, big-endian. */
export const BLOB_SIZE_BYTES = 131_072;
const ELEMENT_COUNT = 4096;
const ELEMENT_SIZE_BYTES = 32;
const TAIL_SIZE_BYTES = 31;
const TAILS_SIZE_BYTES = ELEMENT_COUNT * TAIL_SIZE_BYTES;
/** Bits of an element's first byte in use: any value of the others stays below the field's order (0x73…). */
const HEAD_BITS = 6;
/** What one blob carries: 254 bits of every element. */
export const BLOB_CAPACITY_BYTES = TAILS_SIZE_BYTES + (ELEMENT_COUNT * HEAD_BITS) / 8;
const LENGTH_SIZE_BYTES = 4;

/** Largest payload that `blobCount` blobs carry, bytes. */
export function payloadCapacityBytes(blobCount: number): number {
  return Math.max(0, blobCount * BLOB_CAPACITY_BYTES - LENGTH_SIZE_BYTES);
}

/** Blobs that a payload of this size takes; at least one. */
export function blobCountFor(payloadSizeBytes: number): number {
  return Math.max(1, Math.ceil((payloadSizeBytes + LENGTH_SIZE_BYTES) / BLOB_CAPACITY_BYTES));
}

/**
 * A payload as blobs (docs/adr/0213-blob-packing.md): `size (4 bytes, big-endian) ‖ payload ‖ zeros`, cut into pieces of
 * `BLOB_CAPACITY_BYTES`. The first 126,976 bytes of a piece are the low 31 bytes of the elements in their order; its last 3,072 bytes are
 * read as 4096 numbers of 6 bits, big-endian, which are the elements' first bytes.
 */
export function packBlobs(payload: Uint8Array): Uint8Array[] {
  assert(payload.length <= 0xffffffff, 'a payload has a size of four bytes');
  const blobCount = blobCountFor(payload.length);
  const stream = new Uint8Array(blobCount * BLOB_CAPACITY_BYTES);
  new DataView(stream.buffer).setUint32(0, payload.length);
  stream.set(payload, LENGTH_SIZE_BYTES);
  return Array.from({ length: blobCount }, (_, index) =>
    blobOf(stream.subarray(index * BLOB_CAPACITY_BYTES, (index + 1) * BLOB_CAPACITY_BYTES)),
  );
}

/**
 * The payload of blobs. Total: the two top bits of an element, the bytes after the payload and blobs that it does not reach are not
 * looked at, so only a size that the blobs cannot hold is an error. Linear in the blobs' size, whatever size is claimed.
 * @param blobs each `BLOB_SIZE_BYTES`
 * @throws Codec.InvalidBlobs
 */
export function unpackBlobs(blobs: readonly Uint8Array[]): Uint8Array {
  const stream = new Uint8Array(blobs.length * BLOB_CAPACITY_BYTES);
  for (const [index, blob] of blobs.entries()) {
    if (blob.length !== BLOB_SIZE_BYTES) {
      throw invalidBlobs(`blob ${index}: expected ${BLOB_SIZE_BYTES} bytes, got ${blob.length}`);
    }
    readBlob(blob, stream.subarray(index * BLOB_CAPACITY_BYTES, (index + 1) * BLOB_CAPACITY_BYTES));
  }
  if (stream.length === 0) throw invalidBlobs('expected at least one blob, got none');
  const size = new DataView(stream.buffer).getUint32(0);
  if (size > stream.length - LENGTH_SIZE_BYTES) {
    throw invalidBlobs(`size: expected at most ${stream.length - LENGTH_SIZE_BYTES} bytes, got ${size}`);
  }
  return stream.subarray(LENGTH_SIZE_BYTES, LENGTH_SIZE_BYTES + size);
}

function blobOf(piece: Uint8Array): Uint8Array {
  const blob = new Uint8Array(BLOB_SIZE_BYTES);
  for (let i = 0; i < ELEMENT_COUNT; i++) {
    const tail = piece.subarray(i * TAIL_SIZE_BYTES, (i + 1) * TAIL_SIZE_BYTES);
    blob.set(tail, i * ELEMENT_SIZE_BYTES + 1);
  }
  // Three bytes are the heads of four elements.
  for (let i = 0, at = TAILS_SIZE_BYTES; i < ELEMENT_COUNT; i += 4, at += 3) {
    const bits = (piece[at] << 16) | (piece[at + 1] << 8) | piece[at + 2];
    for (let k = 0; k < 4; k++) blob[(i + k) * ELEMENT_SIZE_BYTES] = (bits >> (HEAD_BITS * (3 - k))) & 0x3f;
  }
  return blob;
}

function readBlob(blob: Uint8Array, piece: Uint8Array): void {
  for (let i = 0; i < ELEMENT_COUNT; i++) {
    const at = i * ELEMENT_SIZE_BYTES;
    piece.set(blob.subarray(at + 1, at + ELEMENT_SIZE_BYTES), i * TAIL_SIZE_BYTES);
  }
  for (let i = 0, at = TAILS_SIZE_BYTES; i < ELEMENT_COUNT; i += 4, at += 3) {
    let bits = 0;
    for (let k = 0; k < 4; k++) bits = (bits << HEAD_BITS) | (blob[(i + k) * ELEMENT_SIZE_BYTES] & 0x3f);
    piece[at] = bits >> 16;
    piece[at + 1] = bits >> 8;
    piece[at + 2] = bits;
  }
}

function invalidBlobs(problem: string): TributaryError {
  return new TributaryError('Codec.InvalidBlobs', `blobs: ${problem}`);
}
