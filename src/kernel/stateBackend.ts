import type { Address, Hash } from '../core/bytes';

export interface BackendAccount {
  nonce: bigint;
  balance: bigint;
  codeHash: Hash;
  storageRoot: Hash;
}

/**
 * Where the kernel reads what its cache lacks: the state of the last committed block. All synchronous, all pure reads; arguments are copies that
 * the backend may keep.
 */
export interface StateBackend {
  loadAccount(address: Address): BackendAccount | undefined;
  /** 32 bytes; undefined is zero. Asked only for accounts whose storage root is not the empty one. */
  loadSlot(address: Address, slot: Hash): Uint8Array | undefined;
  /** The code with this hash; undefined is a corrupt state. */
  loadCode(codeHash: Hash): Uint8Array | undefined;
  /** RLP of the trie node at a key of the path-keyed store (at most 1,024 bytes); undefined where there is none. */
  loadTrieNode(key: Uint8Array): Uint8Array | undefined;
  /** Hash of one of the last 256 blocks. */
  blockHash(blockNumber: number): Hash;
}
