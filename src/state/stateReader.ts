import type { Address, Hash } from '../core/bytes';

export interface Account {
  nonce: bigint;
  /** Wei. */
  balance: bigint;
  /** keccak-256 of the code; that of nothing for an account without code. */
  codeHash: Hash;
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
