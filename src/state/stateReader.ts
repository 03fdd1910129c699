import type { Address, Hash } from '../core/bytes';

export interface Account {
  nonce: bigint;
  /** Wei. */
  balance: bigint;
  /** keccak-256 of the code; that of nothing for an account without code. */
  codeHash: Hash;
  /** Root of the storage trie after that block; that of the empty trie without storage. */
  storageRoot: Hash;
}

/** The state after some block. Reads are synchronous (LevelDB's `getSync`, about 5 µs) or come from a cache. */
export interface StateReader {
  /** Undefined when there is no such account (EIP-161: empty accounts do not exist). */
  account(address: Address): Account | undefined;
  /** 32 bytes, zero when never set. */
  storage(address: Address, slot: Hash): Hash;
  /** @throws State.CodeMissing when the database lost it */
  code(codeHash: Hash): Uint8Array;
}

/** Trie nodes of that state too: what a new state root and proofs are computed from. */
export interface StateSnapshot extends StateReader {
  /** RLP of the node at `owner ‖ path` (see `trie/trie.ts`), undefined when there is none. */
  trieNode(key: Uint8Array): Uint8Array | undefined;
}
