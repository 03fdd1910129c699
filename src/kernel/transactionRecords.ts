import type { SignedTransaction } from '../codec/transaction';
import { recoverAuthority } from './encodeTransaction';
import { AUTHORITY_SIZE_BYTES, AUTHORIZATION_SIZE_BYTES, RecordField, TRANSACTION_FIXED_SIZE_BYTES } from './layout';

/** Longer ones go the way of single transactions, so that a buffer of a few takes anything that comes here. */
const RAW_SIZE_BYTES_MAX = 128 * 2 ** 10;
const BUFFER_SIZE_BYTES = 2 ** 20;
/** What the fields of a transaction without authorizations grow by at most when they are decoded; an entry of an access list by a byte in 23. */
const GROWTH = 2;

/**
 * Signed transactions as the kernel takes many at once (assembly/runTransactions.ts): each in Ethereum's own encoding, which it decodes itself, with the
 * sender in front. Gathered outside the kernel's memory and handed over in one copy: writing to shared memory piece by piece is several times slower.
 */
export class TransactionRecords {
  readonly #buffer: Buffer;
  readonly #decodedSizeBytesMax: number;
  #sizeBytes = 0;

  /** @param sizeBytesMax of all records together, at most @param decodedSizeBytesMax of a transaction once it is decoded */
  constructor(sizeBytesMax: number, decodedSizeBytesMax: number) {
    this.#buffer = Buffer.alloc(Math.min(sizeBytesMax, BUFFER_SIZE_BYTES));
    this.#decodedSizeBytesMax = decodedSizeBytesMax;
  }

  /** The records written since `clear`; overwritten by those that come after it. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#sizeBytes);
  }

  clear(): void {
    this.#sizeBytes = 0;
  }

  /** Whether the transaction can ever be a record. */
  takes({ raw, authorizationList }: SignedTransaction): boolean {
    const decodedSize =
      TRANSACTION_FIXED_SIZE_BYTES + GROWTH * raw.length + AUTHORIZATION_SIZE_BYTES * authorizationList.length;
    return (
      raw.length <= RAW_SIZE_BYTES_MAX &&
      decodedSize <= this.#decodedSizeBytesMax &&
      recordSize(raw.length, authorizationList.length) <= this.#buffer.length
    );
  }

  /**
   * Adds a transaction that `takes` takes; false where there is no room for it among the others. Recovers the signers of authorizations (about 50 µs
   * each).
   */
  add({ raw, from, authorizationList }: SignedTransaction): boolean {
    const buffer = this.#buffer;
    const at = this.#sizeBytes;
    const size = recordSize(raw.length, authorizationList.length);
    if (at + size > buffer.length) return false;
    this.#sizeBytes = at + size;
    buffer.writeUInt32LE(size, at + RecordField.length);
    buffer.writeUInt32LE(raw.length, at + RecordField.rawSize);
    for (let i = 0; i < 20; i++) buffer[at + RecordField.sender + i] = from[i];
    buffer.set(raw, at + RecordField.raw);
    if (authorizationList.length === 0) return true;
    let next = at + RecordField.raw + ((raw.length + 7) & ~7);
    for (const authorization of authorizationList) {
      const authority = recoverAuthority(authorization);
      buffer.fill(0, next, next + AUTHORITY_SIZE_BYTES);
      if (authority) buffer.set(authority, next);
      buffer[next + 20] = authority ? 1 : 0;
      next += AUTHORITY_SIZE_BYTES;
    }
    return true;
  }
}

/** A multiple of 8. */
function recordSize(rawSizeBytes: number, authorityCount: number): number {
  return RecordField.raw + ((rawSizeBytes + 7) & ~7) + AUTHORITY_SIZE_BYTES * authorityCount;
}
