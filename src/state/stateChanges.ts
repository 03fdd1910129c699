import { EMPTY_ROOT } from '../codec/header';
import { assert } from '../core/assert';
import { type Address, equalBytes, type Hash } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import type { KeyValueOperation } from '../core/ports';
import { encodeAccount } from './accountCodec';
import { accountKey, bytesKey, keyPrefix, storageKey } from './keyspace';
import type { Account, StateSnapshot } from './stateReader';
import { Trie, type TrieNodeWrite } from './trie/trie';

/** One account after a block that changed it or its storage. */
export interface AccountChange {
  address: Address;
  /** Undefined: no such account any more (it had no storage before the block: EIP-6780 and EIP-7610 see to that). */
  account: Omit<Account, 'storageRoot'> | undefined;
  /** Changed slots with their new values, 32 bytes each; zero clears. */
  storage: [slot: Hash, value: Hash][];
}

export interface StateChanges {
  accounts: AccountChange[];
  /** Code that may be new to the database. */
  codes: [codeHash: Hash, code: Uint8Array][];
}

export interface AppliedChanges {
  stateRoot: Hash;
  /** Flat state, trie nodes and code: what brings the database from `base` to the new state. */
  operations: KeyValueOperation[];
  /** Storage root of an account after the changes; that of the empty trie when there is no such account. */
  storageRoot(address: Address): Hash;
}

/** Computes the state root after `changes` on `base` and the writes that lead there. Pure: writes nothing. */
export function applyStateChanges(base: StateSnapshot, changes: StateChanges): AppliedChanges {
  const operations: KeyValueOperation[] = [];
  const source = (key: Uint8Array) => base.trieNode(key);
  const accountTrie = new Trie(source);
  const storageRoots = new Map<string, Hash>();
  for (const { address, account, storage } of changes.accounts) {
    const hashedAddress = keccak256(address);
    const before = base.account(address);
    if (!account) {
      assert(
        !before || equalBytes(before.storageRoot, EMPTY_ROOT),
        'a removed account had no storage before the block',
      );
      storageRoots.set(hexOf(address), EMPTY_ROOT);
      accountTrie.delete(hashedAddress);
      if (before) operations.push({ type: 'del', key: accountKey(address) });
      continue;
    }
    let storageRoot = before?.storageRoot ?? EMPTY_ROOT;
    if (storage.length > 0) {
      const storageTrie = new Trie(source, hashedAddress);
      for (const [slot, value] of storage) operations.push(writeSlot(storageTrie, address, slot, value));
      const committed = storageTrie.commit();
      storageRoot = committed.root;
      pushNodeWrites(operations, committed.writes);
    }
    storageRoots.set(hexOf(address), storageRoot);
    const encoded = encodeAccount({ ...account, storageRoot });
    accountTrie.put(hashedAddress, encoded);
    operations.push({ type: 'put', key: accountKey(address), value: encoded });
  }
  const { root, writes } = accountTrie.commit();
  pushNodeWrites(operations, writes);
  for (const [codeHash, code] of changes.codes) {
    operations.push({ type: 'put', key: bytesKey(keyPrefix.code, codeHash), value: code });
  }
  return {
    stateRoot: root,
    operations,
    storageRoot: (address) => storageRoots.get(hexOf(address)) ?? base.account(address)?.storageRoot ?? EMPTY_ROOT,
  };
}

function writeSlot(trie: Trie, address: Address, slot: Hash, value: Hash): KeyValueOperation {
  const key = storageKey(address, slot);
  const firstByte = value.findIndex((byte) => byte !== 0);
  if (firstByte < 0) {
    trie.delete(keccak256(slot));
    return { type: 'del', key };
  }
  const minimal = value.slice(firstByte);
  trie.put(keccak256(slot), rlpOfBytes(minimal));
  return { type: 'put', key, value: minimal };
}

/** RLP of at most 32 bytes. */
export function rlpOfBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && bytes[0] < 0x80) return bytes;
  return Uint8Array.of(0x80 + bytes.length, ...bytes);
}

function pushNodeWrites(operations: KeyValueOperation[], writes: TrieNodeWrite[]): void {
  for (const { key, value } of writes) {
    const stored = bytesKey(keyPrefix.trieNode, key);
    operations.push(value ? { type: 'put', key: stored, value } : { type: 'del', key: stored });
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
