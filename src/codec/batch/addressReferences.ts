import { type Address, toHex } from '../../core/bytes';
import { type ByteReader, invalidBatch } from './byteReader';
import type { ByteWriter } from './byteWriter';

/**
 * Addresses by reference: 0 = no address, 1 = the next one of the `addresses` column, 2 + k = the k-th of that column again. New ones
 * always look the same, so a run of fresh recipients costs 20 bytes each and nothing more.
 */
export class AddressWriter {
  readonly #indexes = new Map<string, number>();
  readonly #addresses: ByteWriter;

  constructor(addresses: ByteWriter) {
    this.#addresses = addresses;
  }

  write(column: ByteWriter, address: Address | undefined): void {
    column.varint(address ? this.#reference(address) : 0);
  }

  #reference(address: Address): number {
    const key = toHex(address);
    const index = this.#indexes.get(key);
    if (index !== undefined) return 2 + index;
    this.#indexes.set(key, this.#indexes.size);
    this.#addresses.bytes(address);
    return 1;
  }
}

export class AddressReader {
  readonly #seen: Address[] = [];
  readonly #addresses: ByteReader;

  constructor(addresses: ByteReader) {
    this.#addresses = addresses;
  }

  /** @throws Codec.InvalidBatch */
  readOptional(column: ByteReader): Address | undefined {
    const reference = column.varint();
    if (reference === 0) return undefined;
    if (reference === 1) {
      const address = this.#addresses.bytes(20);
      this.#seen.push(address);
      return address;
    }
    const address = this.#seen[reference - 2];
    if (!address)
      throw invalidBatch('addresses', `expected one of ${this.#seen.length} addresses, got ${reference - 2}`);
    return address;
  }

  /** @throws Codec.InvalidBatch also for no address */
  read(column: ByteReader): Address {
    const address = this.readOptional(column);
    if (!address) throw invalidBatch('addresses', 'expected an address, got none');
    return address;
  }
}
