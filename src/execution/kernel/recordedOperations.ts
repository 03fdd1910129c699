import { assert } from '../../core/assert';
import type { KeyValueOperation } from '../../core/ports';
import { readFlatChanges } from '../../kernel/sealing';
import { readChanges } from '../../kernel/trie';
import { bytesKey, keyPrefix } from '../../state/keyspace';
import type { StateOperation } from '../../state/stateOperation';

/** What a block writes, as the kernel's records: made into operations each time that somebody goes through them, which most often is once, by the store. */
export class RecordedOperations implements Iterable<StateOperation> {
  readonly #flatRecords: Uint8Array[];
  readonly #trieRecords: Uint8Array[];
  readonly #codes: KeyValueOperation[];
  readonly #isBelieved: boolean;

  /**
   * @param flatRecords of `KernelSealing.takeFlatRecords`
   * @param trieRecords of `KernelTrie.takeRecords`
   * @param codes what goes behind them
   * @param isBelieved whether what the kernel says is new is taken for new; otherwise the store looks
   */
  constructor(flatRecords: Uint8Array[], trieRecords: Uint8Array[], codes: KeyValueOperation[], isBelieved: boolean) {
    this.#flatRecords = flatRecords;
    this.#trieRecords = trieRecords;
    this.#codes = codes;
    this.#isBelieved = isBelieved;
  }

  *[Symbol.iterator](): Iterator<StateOperation> {
    for (const records of this.#flatRecords) {
      for (const change of readFlatChanges(records)) yield this.#believed(change);
    }
    for (const records of this.#trieRecords) {
      for (const change of readChanges(records)) {
        // Only accounts without storage are ever removed (EIP-6780, EIP-7610).
        assert(change.type !== 'deleteOwner', 'a removed account had no storage before the block');
        const key = bytesKey(keyPrefix.trieNode, change.key);
        yield change.type === 'put'
          ? this.#believed({ type: 'put', key, value: change.value, isNew: change.isNew })
          : { type: 'del', key };
      }
    }
    yield* this.#codes;
  }

  #believed(operation: StateOperation): StateOperation {
    if (!this.#isBelieved) operation.isNew = false;
    return operation;
  }
}
