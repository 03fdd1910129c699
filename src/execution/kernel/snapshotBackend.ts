import { type Address, type Hash, ZERO_HASH } from '../../core/bytes';
import type { BackendAccount, StateBackend } from '../../kernel/stateBackend';
import { emptyState } from '../../state/emptyState';
import type { StateSnapshot } from '../../state/stateReader';

/** What a kernel reads: the state after one block, which its owner names before each use. */
export class SnapshotBackend implements StateBackend {
  /** The state that the kernel's caches stand on. */
  state: StateSnapshot = emptyState;
  readonly #blockHash: (blockNumber: number) => Hash | undefined;

  constructor(blockHash: (blockNumber: number) => Hash | undefined) {
    this.#blockHash = blockHash;
  }

  loadAccount(address: Address): BackendAccount | undefined {
    return this.state.account(address);
  }

  loadSlot(address: Address, slot: Hash): Uint8Array | undefined {
    return this.state.storage(address, slot);
  }

  loadCode(codeHash: Hash): Uint8Array | undefined {
    return this.state.code(codeHash);
  }

  loadTrieNode(key: Uint8Array): Uint8Array | undefined {
    return this.state.trieNode(key);
  }

  blockHash(blockNumber: number): Hash {
    return this.#blockHash(blockNumber) ?? ZERO_HASH;
  }
}
