import { type Address, concatBytes, type Hash } from '../core/bytes';

/**
 * Everything a node keeps on disk, by the first byte of the key. Numbers in keys and values are big-endian, so that LevelDB's order is theirs.
 * Prefixes are never reused for another meaning: `SCHEMA_VERSION` rises instead.
 */
export const keyPrefix = {
  /** number (8) → hash (32) ‖ header RLP. */
  header: 0x01,
  /** number (8) → `encodeBlock`. */
  block: 0x02,
  /** block hash (32) → number (8). */
  blockNumber: 0x03,
  /** number (8) → `encodeStoredReceipts`. */
  receipts: 0x04,
  /** transaction hash (32) → number (8) ‖ index (4). */
  transactionLocation: 0x05,
  /** name of a chain pointer (UTF-8: head, safe, finalized, nodes, schema) → number (8). */
  pointer: 0x06,
  /** name (UTF-8) → bytes of another room. */
  metadata: 0x07,
  /** number (8) → the block's access list, encoded (EIP-7928), while the block's state is in the history. */
  accessList: 0x08,
  /** address (20) → rlp([nonce, balance, storageRoot, codeHash]), the account trie's leaf. */
  account: 0x10,
  /** address (20) ‖ slot (32) → value without leading zeros; no entry when zero. */
  storage: 0x11,
  /** code hash (32) → code. Never deleted: other accounts may have the same. */
  code: 0x12,
  /** owner (0 bytes for the account trie, keccak(address) for a storage trie) ‖ path, a byte per nibble → node RLP. */
  trieNode: 0x13,
  /** number (8) → `UndoRecord`: what the accounts and slots that this block changed held before it. */
  undo: 0x20,
  /** number (8) → number of the save before (8) ‖ `UndoRecord`: what the trie nodes held that were written with this block. */
  nodeUndo: 0x21,
} as const;

/** Written to an empty database; another one is refused. */
export const SCHEMA_VERSION = 3;

export function numberKey(prefix: number, number: number): Uint8Array {
  const key = Buffer.alloc(9);
  key[0] = prefix;
  key.writeBigUInt64BE(BigInt(number), 1);
  return key;
}

export function bytesKey(prefix: number, bytes: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + bytes.length);
  key[0] = prefix;
  key.set(bytes, 1);
  return key;
}

export function nameKey(prefix: number, name: string): Uint8Array {
  return bytesKey(prefix, new TextEncoder().encode(name));
}

export function accountKey(address: Address): Uint8Array {
  return bytesKey(keyPrefix.account, address);
}

export function storageKey(address: Address, slot: Hash): Uint8Array {
  return concatBytes(Uint8Array.of(keyPrefix.storage), address, slot);
}

/** Whether the key is an account or a slot. */
export function isFlatKey(key: Uint8Array): boolean {
  return key[0] === keyPrefix.account || key[0] === keyPrefix.storage;
}

/** The 8 big-endian bytes at `offset` as a number. */
export function readNumber(bytes: Uint8Array, offset = 0): number {
  return Number(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readBigUInt64BE(offset));
}

export function encodeNumber(number: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}
