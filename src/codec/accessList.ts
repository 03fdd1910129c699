import { type Address, EMPTY_BYTES, type Hash, toFixedBytes, toMinimalBytes } from '../core/bytes';
import { TributaryError } from '../core/errors';
import { keccak256 } from '../core/keccak';
import { RlpReader, type RlpValue, readAddress, readBytes, readList, readUint } from './rlpReader';
import { encodeRlp } from './rlpWriter';

/** A value that a transaction left behind. `index`: 0 what precedes the transactions (system calls), 1 … n the block's transactions. */
export interface AccessChange<Value> {
  index: number;
  value: Value;
}

export interface SlotChanges {
  /** 32 bytes. */
  slot: Hash;
  /** 32 bytes each. */
  changes: AccessChange<Hash>[];
}

/** What a block's transactions did with one account. */
export interface AccountAccess {
  address: Address;
  /** Slots that some transaction changed, ascending. */
  storageChanges: SlotChanges[];
  /** Slots that were accessed and that none changed, ascending, 32 bytes each. */
  storageReads: Hash[];
  /** Wei, after the transaction and its fees. */
  balanceChanges: AccessChange<bigint>[];
  nonceChanges: AccessChange<bigint>[];
  /** The code; empty where a delegation was taken back. */
  codeChanges: AccessChange<Uint8Array>[];
}

/**
 * A block's access list (EIP-7928): every account and slot that it accessed, and every value that a transaction left. Ascending by address; all changes
 * ascending by index.
 */
export type BlockAccessList = AccountAccess[];

/** A list as a whole. With 60 million gas a block can't make one half as long. */
export const ACCESS_LIST_SIZE_BYTES_MAX = 64 * 1024 * 1024;
/** EIP-170, and a delegation is shorter. */
const CODE_SIZE_BYTES_MAX = 24_576;
const INDEX_SIZE_BYTES_MAX = 4;

/** keccak256 of the encoded list: what EIP-7928 puts into the header. */
export function accessListHash(encoded: Uint8Array): Hash {
  return keccak256(encoded);
}

/** @param list in its order; it is not sorted here */
export function encodeAccessList(list: BlockAccessList): Uint8Array {
  return encodeRlp(
    list.map((account) => [
      account.address,
      account.storageChanges.map(({ slot, changes }) => [minimal(slot), encodeChanges(changes, minimal)]),
      account.storageReads.map(minimal),
      encodeChanges(account.balanceChanges, toMinimalBytes),
      encodeChanges(account.nonceChanges, toMinimalBytes),
      encodeChanges(account.codeChanges, (code) => code),
    ]),
  );
}

/**
 * @throws Codec.InvalidRlp, Codec.InvalidAccessList: only what `encodeAccessList` makes of an ordered list is taken
 */
export function decodeAccessList(encoded: Uint8Array): BlockAccessList {
  if (encoded.length > ACCESS_LIST_SIZE_BYTES_MAX) {
    throw invalid('accessList', `expected at most ${ACCESS_LIST_SIZE_BYTES_MAX} bytes, got ${encoded.length}`);
  }
  const list = RlpReader.decodeList(encoded, 'accessList').map(decodeAccount);
  assertAscending(list, ({ address }) => address, 'accessList');
  return list;
}

function decodeAccount(value: RlpValue): AccountAccess {
  const [address, storage, reads, balances, nonces, codes] = readList(value, 'account', 6);
  const storageChanges = readList(storage, 'storageChanges').map(decodeSlot);
  const storageReads = readList(reads, 'storageReads').map((slot) => readWord(slot, 'storageReads'));
  assertAscending(storageChanges, ({ slot }) => slot, 'storageChanges');
  assertAscending(storageReads, (slot) => slot, 'storageReads');
  assertDisjoint(storageChanges, storageReads);
  return {
    address: readAddress(address, 'address'),
    storageChanges,
    storageReads,
    balanceChanges: decodeChanges(balances, 'balanceChanges', (item) => readUint(item, 'balance', 32)),
    nonceChanges: decodeChanges(nonces, 'nonceChanges', (item) => readUint(item, 'nonce', 8)),
    codeChanges: decodeChanges(codes, 'codeChanges', readCode),
  };
}

function decodeSlot(value: RlpValue): SlotChanges {
  const [slot, changes] = readList(value, 'storageChanges', 2);
  const decoded = {
    slot: readWord(slot, 'slot'),
    changes: decodeChanges(changes, 'slotChanges', (item) => readWord(item, 'value')),
  };
  if (decoded.changes.length === 0) throw invalid('storageChanges', 'expected a change for each slot, got none');
  return decoded;
}

function decodeChanges<Value>(value: RlpValue, field: string, read: (item: RlpValue) => Value): AccessChange<Value>[] {
  let before = -1;
  return readList(value, field).map((item) => {
    const [index, changed] = readList(item, field, 2);
    const change = { index: Number(readUint(index, 'blockAccessIndex', INDEX_SIZE_BYTES_MAX)), value: read(changed) };
    if (change.index <= before) {
      throw invalid(field, `expected an index above ${before}, got ${change.index}`);
    }
    before = change.index;
    return change;
  });
}

function readWord(value: RlpValue, field: string): Hash {
  return toFixedBytes(readUint(value, field, 32), 32);
}

function readCode(value: RlpValue): Uint8Array {
  const code = readBytes(value, 'code');
  if (code.length > CODE_SIZE_BYTES_MAX) {
    throw invalid('code', `expected at most ${CODE_SIZE_BYTES_MAX} bytes, got ${code.length}`);
  }
  return code;
}

function encodeChanges<Value>(changes: AccessChange<Value>[], encode: (value: Value) => Uint8Array): RlpValue {
  return changes.map(({ index, value }) => [toMinimalBytes(index), encode(value)]);
}

/** Without leading zeros. */
function minimal(word: Hash): Uint8Array {
  const first = word.findIndex((byte) => byte !== 0);
  return first < 0 ? EMPTY_BYTES : word.subarray(first);
}

function assertAscending<Item>(items: Item[], keyOf: (item: Item) => Uint8Array, field: string): void {
  for (let i = 1; i < items.length; i++) {
    if (Buffer.compare(keyOf(items[i - 1]), keyOf(items[i])) >= 0) {
      throw invalid(field, `expected ascending keys without repetition, entry ${i} is not above the one before`);
    }
  }
}

function assertDisjoint(changes: SlotChanges[], reads: Hash[]): void {
  let next = 0;
  for (const { slot } of changes) {
    while (next < reads.length && Buffer.compare(reads[next], slot) < 0) next++;
    if (next < reads.length && Buffer.compare(reads[next], slot) === 0) {
      throw invalid('storageReads', 'expected only slots that are not in storageChanges');
    }
  }
}

function invalid(field: string, problem: string): TributaryError {
  return new TributaryError('Codec.InvalidAccessList', `${field}: ${problem}`, { details: { field } });
}
