import { RLP } from '@ethereumjs/rlp';
import { EMPTY_CODE_HASH, EMPTY_ROOT } from '../codec/header';
import { type Address, type Hash, toBigInt } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import type { Account, StateSnapshot } from './stateReader';
import { proveKey } from './trie/proveKey';

export interface StorageSlotProof {
  slot: Hash;
  value: bigint;
  /** RLP of trie nodes, the storage root's first. */
  nodes: Uint8Array[];
}

/** EIP-1186. */
export interface AccountProof {
  address: Address;
  /** All zero with the empty root and code hash when the proof shows that there is no such account. */
  account: Account;
  /** RLP of trie nodes, the state root's first. */
  nodes: Uint8Array[];
  storage: StorageSlotProof[];
}

/** Proves an account and slots of it against the snapshot's state root. */
export function proveAccount(state: StateSnapshot, address: Address, slots: Hash[]): AccountProof {
  const source = (key: Uint8Array) => state.trieNode(key);
  const hashedAddress = keccak256(address);
  return {
    address,
    account: state.account(address) ?? {
      nonce: 0n,
      balance: 0n,
      codeHash: EMPTY_CODE_HASH,
      storageRoot: EMPTY_ROOT,
    },
    nodes: proveKey(source, hashedAddress).nodes,
    storage: slots.map((slot) => {
      const { nodes, value } = proveKey(source, keccak256(slot), hashedAddress);
      return { slot, value: value ? toBigInt(RLP.decode(value) as Uint8Array) : 0n, nodes };
    }),
  };
}
