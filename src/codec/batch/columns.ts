import { EMPTY_BYTES } from '../../core/bytes';
import { ByteReader } from './byteReader';
import { ByteWriter } from './byteWriter';

/**
 * The columns of a batch body in their order on the wire, each as `size (varint) ‖ bytes`. Like stands beside like, so that DEFLATE
 * finds it within its 32 KiB window.
 */
export const COLUMN_NAMES = [
  /** Varint per block: seconds; the first absolute, then the difference from the block before. */
  'timestamps',
  /** Varint per block: L1 origin number; the first absolute, then the advance. */
  'origins',
  /** Varint per block: transactions without deposits. */
  'transactionCounts',
  /** Byte per transaction: its type (0, 1, 2, 4), or 255 for one kept raw. Raw ones have no entry in the columns below but the last two. */
  'kinds',
  /** Varint per transaction. */
  'nonces',
  /** Varint per transaction. */
  'gasLimits',
  /** Integer (size byte, then big-endian) per transaction: gas price or maxFeePerGas. */
  'feeCaps',
  /** Integer per transaction of types 2 and 4. */
  'tips',
  /** Address reference (see `AddressWriter`) per transaction; 0 creates a contract. */
  'recipients',
  /** Integer per transaction. */
  'values',
  /** Varint per transaction. Calldata of 4 + 32 n bytes (n > 0) is split into a selector and words, other calldata goes to `plainData`. */
  'dataSizes',
  /** 4 bytes per split calldata. */
  'selectors',
  /** Byte per word: how many bytes follow its leading zeros. */
  'wordSizes',
  /** Address reference per word of size 20. */
  'wordAddresses',
  /** The bytes of words of other sizes. */
  'wordBytes',
  'plainData',
  /** Varint per transaction of types 1, 2, 4: entries of its access list. */
  'accessListSizes',
  /** Address reference per entry. */
  'accessListAddresses',
  /** Varint per entry. */
  'storageKeyCounts',
  /** 32 bytes each. */
  'storageKeys',
  /** Per transaction of type 4: count (varint), then chain id, address (20), nonce, yParity (byte), r, s; integers with a size byte. */
  'authorizations',
  /** 20 bytes each, in order of first use. */
  'addresses',
  /** One bit per transaction, least significant first, padded with zeros. */
  'yParities',
  /** r and s, 32 bytes each, per transaction. */
  'signatures',
  /** Varint per raw transaction. */
  'rawSizes',
  'rawBytes',
] as const;

export type ColumnName = (typeof COLUMN_NAMES)[number];
export type ColumnWriters = Record<ColumnName, ByteWriter>;
export type ColumnReaders = Record<ColumnName, ByteReader>;

export function createColumns(): ColumnWriters {
  return Object.fromEntries(COLUMN_NAMES.map((name) => [name, new ByteWriter()])) as ColumnWriters;
}

/** @param tails what follows at the end of a column */
export function writeColumns(
  body: ByteWriter,
  columns: ColumnWriters,
  tails: Partial<Record<ColumnName, Uint8Array>>,
): void {
  for (const name of COLUMN_NAMES) {
    const tail = tails[name] ?? EMPTY_BYTES;
    body.varint(columns[name].length + tail.length);
    body.bytes(columns[name].view());
    body.bytes(tail);
  }
}

/** @throws Codec.InvalidBatch when the columns are not exactly the rest of the body */
export function readColumns(body: ByteReader): ColumnReaders {
  const columns = Object.fromEntries(
    COLUMN_NAMES.map((name) => [name, new ByteReader(body.bytes(body.varint()), name)]),
  ) as ColumnReaders;
  body.end();
  return columns;
}

/** @throws Codec.InvalidBatch when a column was not read to its end */
export function endColumns(columns: ColumnReaders): void {
  for (const name of COLUMN_NAMES) columns[name].end();
}
