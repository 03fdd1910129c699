import { EMPTY_BYTES, equalBytes } from '../../core/bytes';
import type { SignedTransaction } from '../transaction';
import { AddressReader, AddressWriter } from './addressReferences';
import { invalidBatch } from './byteReader';
import type { ByteWriter } from './byteWriter';
import type { ColumnReaders, ColumnWriters } from './columns';
import type { DecodedSize } from './decodedSize';
import {
  type AuthorizationFields,
  encodeTransactionFields,
  type TransactionFields,
  transactionFields,
} from './transactionFields';

const RAW_KIND = 255;
const WORD = 32;
const SELECTOR = 4;
/** RLP of an access list entry takes at least this much beside its keys. */
const ACCESS_LIST_ENTRY_SIZE_BYTES = 22;
const STORAGE_KEY_SIZE_BYTES = 33;

/** Takes transactions apart into columns. Total: whatever does not come back to its exact bytes is kept raw. */
export class TransactionColumnsWriter {
  readonly #columns: ColumnWriters;
  readonly #addresses: AddressWriter;
  readonly #chainId: number;
  #parityByte = 0;
  #parityCount = 0;

  constructor(columns: ColumnWriters, chainId: number) {
    this.#columns = columns;
    this.#addresses = new AddressWriter(columns.addresses);
    this.#chainId = chainId;
  }

  write(transaction: SignedTransaction): void {
    const columns = this.#columns;
    const fields = transactionFields(transaction, this.#chainId);
    if (!fields || !equalBytes(encodeTransactionFields(fields, this.#chainId), transaction.raw)) {
      columns.kinds.byte(RAW_KIND);
      columns.rawSizes.varint(transaction.raw.length);
      columns.rawBytes.bytes(transaction.raw);
      return;
    }
    columns.kinds.byte(fields.type);
    columns.nonces.varint(fields.nonce);
    columns.gasLimits.varint(fields.gasLimit);
    writeUint(columns.feeCaps, fields.feeCap);
    if (fields.type >= 2) writeUint(columns.tips, fields.tip);
    this.#addresses.write(columns.recipients, fields.to);
    writeUint(columns.values, fields.value);
    this.#writeData(fields.data);
    if (fields.type >= 1) this.#writeAccessList(fields.accessList);
    if (fields.type === 4) this.#writeAuthorizations(fields.authorizationList);
    this.#writeParity(fields.yParity);
    columns.signatures.bytes(fields.r);
    columns.signatures.bytes(fields.s);
  }

  /** What ends the column of parities: the bits that don't fill a byte yet, if there are any. */
  openParityByte(): Uint8Array {
    return this.#parityCount % 8 === 0 ? EMPTY_BYTES : Uint8Array.of(this.#parityByte);
  }

  #writeData(data: Uint8Array): void {
    const columns = this.#columns;
    columns.dataSizes.varint(data.length);
    if (!isSplit(data.length)) {
      columns.plainData.bytes(data);
      return;
    }
    columns.selectors.bytes(data.subarray(0, SELECTOR));
    for (let offset = SELECTOR; offset < data.length; offset += WORD) {
      const end = offset + WORD;
      let start = offset;
      while (start < end && data[start] === 0) start++;
      columns.wordSizes.byte(end - start);
      if (end - start === 20) this.#addresses.write(columns.wordAddresses, data.subarray(start, end));
      else columns.wordBytes.bytes(data.subarray(start, end));
    }
  }

  #writeAccessList(accessList: TransactionFields['accessList']): void {
    this.#columns.accessListSizes.varint(accessList.length);
    for (const [address, storageKeys] of accessList) {
      this.#addresses.write(this.#columns.accessListAddresses, address);
      this.#columns.storageKeyCounts.varint(storageKeys.length);
      for (const key of storageKeys) this.#columns.storageKeys.bytes(key);
    }
  }

  #writeAuthorizations(authorizations: AuthorizationFields[]): void {
    const column = this.#columns.authorizations;
    column.varint(authorizations.length);
    for (const [chainId, address, nonce, yParity, r, s] of authorizations) {
      writeUint(column, chainId);
      column.bytes(address);
      for (const value of [nonce, yParity, r, s]) writeUint(column, value);
    }
  }

  #writeParity(yParity: number): void {
    this.#parityByte |= yParity << (this.#parityCount % 8);
    if (++this.#parityCount % 8 !== 0) return;
    this.#columns.yParities.byte(this.#parityByte);
    this.#parityByte = 0;
  }
}

/** Puts the raw transactions together again. Reads each column once, from front to end. */
export class TransactionColumnsReader {
  readonly #columns: ColumnReaders;
  readonly #addresses: AddressReader;
  readonly #chainId: number;
  readonly #decodedSize: DecodedSize;
  #parityByte = 0;
  #parityCount = 0;

  constructor(columns: ColumnReaders, chainId: number, decodedSize: DecodedSize) {
    this.#columns = columns;
    this.#addresses = new AddressReader(columns.addresses);
    this.#chainId = chainId;
    this.#decodedSize = decodedSize;
  }

  /** @throws Codec.InvalidBatch */
  read(): Uint8Array {
    const raw = this.#readRaw();
    this.#decodedSize.addTransaction(raw.length);
    return raw;
  }

  /** @throws Codec.InvalidBatch when the padding of the last parity byte is not zero */
  end(): void {
    if (this.#parityByte !== 0) throw invalidBatch('yParities', 'expected zero bits as padding');
  }

  #readRaw(): Uint8Array {
    const columns = this.#columns;
    const kind = columns.kinds.byte();
    if (kind === RAW_KIND) return columns.rawBytes.bytes(columns.rawSizes.varint());
    if (kind !== 0 && kind !== 1 && kind !== 2 && kind !== 4) {
      throw invalidBatch('kinds', `expected 0, 1, 2, 4 or ${RAW_KIND}, got ${kind}`);
    }
    const fields: TransactionFields = {
      type: kind,
      nonce: columns.nonces.varint(),
      gasLimit: columns.gasLimits.varint(),
      feeCap: columns.feeCaps.uint(32),
      tip: kind >= 2 ? columns.tips.uint(32) : EMPTY_BYTES,
      to: this.#addresses.readOptional(columns.recipients),
      value: columns.values.uint(32),
      data: this.#readData(),
      accessList: kind >= 1 ? this.#readAccessList() : [],
      authorizationList: kind === 4 ? this.#readAuthorizations() : [],
      yParity: this.#readParity(),
      r: columns.signatures.bytes(32),
      s: columns.signatures.bytes(32),
    };
    return encodeTransactionFields(fields, this.#chainId);
  }

  #readData(): Uint8Array {
    const columns = this.#columns;
    const size = columns.dataSizes.varint();
    if (!isSplit(size)) return columns.plainData.bytes(size);
    const selector = columns.selectors.bytes(SELECTOR);
    // Also bounded by what is there: a word takes at least its byte in `wordSizes`.
    const wordSizes = columns.wordSizes.bytes((size - SELECTOR) / WORD);
    this.#decodedSize.require(size);
    const data = new Uint8Array(size);
    data.set(selector);
    for (let i = 0; i < wordSizes.length; i++) {
      const wordSize = wordSizes[i];
      if (wordSize > WORD) throw invalidBatch('wordSizes', `expected at most ${WORD}, got ${wordSize}`);
      const end = SELECTOR + WORD * (i + 1);
      data.set(this.#readWord(wordSize), end - wordSize);
    }
    return data;
  }

  #readWord(size: number): Uint8Array {
    if (size !== 20) return this.#columns.wordBytes.significant(size);
    const address = this.#addresses.read(this.#columns.wordAddresses);
    if (address[0] === 0) throw invalidBatch('wordAddresses', 'expected a word of 20 bytes without leading zeros');
    return address;
  }

  #readAccessList(): TransactionFields['accessList'] {
    const columns = this.#columns;
    const accessList: TransactionFields['accessList'] = [];
    const count = columns.accessListSizes.varint();
    let sizeBytes = 0;
    for (let i = 0; i < count; i++) {
      const address = this.#addresses.read(columns.accessListAddresses);
      const keyCount = columns.storageKeyCounts.varint();
      sizeBytes += ACCESS_LIST_ENTRY_SIZE_BYTES + keyCount * STORAGE_KEY_SIZE_BYTES;
      this.#decodedSize.require(sizeBytes);
      const keys = columns.storageKeys.bytes(keyCount * WORD);
      accessList.push([address, Array.from({ length: keyCount }, (_, k) => keys.subarray(k * WORD, (k + 1) * WORD))]);
    }
    return accessList;
  }

  #readAuthorizations(): AuthorizationFields[] {
    const column = this.#columns.authorizations;
    const count = column.varint();
    const authorizations: AuthorizationFields[] = [];
    for (let i = 0; i < count; i++) {
      this.#decodedSize.require(ACCESS_LIST_ENTRY_SIZE_BYTES * (i + 1));
      authorizations.push([
        column.uint(32),
        column.bytes(20),
        column.uint(8),
        column.uint(1),
        column.uint(32),
        column.uint(32),
      ]);
    }
    return authorizations;
  }

  #readParity(): number {
    if (this.#parityCount++ % 8 === 0) this.#parityByte = this.#columns.yParities.byte();
    const yParity = this.#parityByte & 1;
    this.#parityByte >>= 1;
    return yParity;
  }
}

/** Whether calldata of this size is a selector and ABI words. */
function isSplit(sizeBytes: number): boolean {
  return sizeBytes > SELECTOR && sizeBytes % WORD === SELECTOR;
}

function writeUint(column: ByteWriter, value: Uint8Array): void {
  column.byte(value.length);
  column.bytes(value);
}
