/** How an executing worker reads the state of the chain's head: from the LevelDB that the main thread writes, through a handle of its own. */
import { assert } from '../../core/assert';
import { type Address, type Hash, padLeft, ZERO_HASH } from '../../core/bytes';
import { type LevelStore, openLevelStore } from '../../core/levelStore';
import type { OwnStateBackend } from '../../kernel/parallel/workerProtocol';
import type { BackendAccount } from '../../kernel/stateBackend';
import { decodeAccount } from '../../state/accountCodec';
import { accountKey, bytesKey, keyPrefix, nameKey, numberKey, readNumber, storageKey } from '../../state/keyspace';

const WORD_SIZE_BYTES = 32;
/** A storage trie's nodes are named by its owner's hash and a path of up to 64 nibbles, those of the account trie by a path alone. */
const HASH_SIZE_BYTES = 32;

/** Loaded by path (kernel/parallel/workerMain). @param folder the database's */
export async function createBackend(folder: string): Promise<DatabaseBackend> {
  return new DatabaseBackend(await openLevelStore(folder));
}

/** Reads the state after the head, whichever that is: between a block's begin and its end it is the parent, and nobody writes. `isAt` tells. */
class DatabaseBackend implements OwnStateBackend {
  readonly #store: LevelStore;

  constructor(store: LevelStore) {
    this.#store = store;
  }

  loadAccount(address: Address): BackendAccount | undefined {
    const bytes = this.#store.get(accountKey(address));
    return bytes && decodeAccount(bytes);
  }

  loadSlot(address: Address, slot: Hash): Uint8Array | undefined {
    const bytes = this.#store.get(storageKey(address, slot));
    return bytes && padLeft(bytes, WORD_SIZE_BYTES);
  }

  loadCode(codeHash: Hash): Uint8Array | undefined {
    return this.#store.get(bytesKey(keyPrefix.code, codeHash));
  }

  /** The database may hold the node of an earlier block (docs/adr/0212): the kernel compares its hash with the parent's. A root has no parent. */
  loadTrieNode(key: Uint8Array): Uint8Array | undefined {
    assert(key.length !== 0 && key.length !== HASH_SIZE_BYTES, 'the main thread opens tries');
    return this.#store.get(bytesKey(keyPrefix.trieNode, key));
  }

  blockHash(blockNumber: number): Hash {
    return this.#store.get(numberKey(keyPrefix.header, blockNumber))?.subarray(0, WORD_SIZE_BYTES) ?? ZERO_HASH;
  }

  /** @param stateId the hash of the block whose state it is to be */
  isAt(stateId: Uint8Array): boolean {
    const head = this.#store.get(nameKey(keyPrefix.pointer, 'head'));
    const wanted = this.#store.get(bytesKey(keyPrefix.blockNumber, stateId));
    return head !== undefined && wanted !== undefined && readNumber(head) === readNumber(wanted);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
