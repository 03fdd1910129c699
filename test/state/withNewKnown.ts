import { toHex } from '../../src/core/bytes';
import type { KeyValueOperation, KeyValueStore } from '../../src/core/ports';
import type { ChainStore } from '../../src/state/chainStore';
import { keyPrefix } from '../../src/state/keyspace';
import type { StateOperation } from '../../src/state/stateOperation';

/** The operations of the head's next block, each put with whether there is nothing under its key then: looked up, one after the other. */
export function withNewKnown(
  chain: ChainStore,
  store: KeyValueStore,
  operations: Iterable<KeyValueOperation>,
): StateOperation[] {
  const head = chain.stateAt(chain.head.header.number);
  const written = new Map<string, boolean>();
  return Array.from(operations, ({ ...operation }): StateOperation => {
    const { key } = operation;
    const held = () => (key[0] === keyPrefix.trieNode ? head.trieNode(key.subarray(1)) : store.get(key)) !== undefined;
    const isNew = !(written.get(toHex(key)) ?? held());
    written.set(toHex(key), operation.type === 'put');
    return operation.type === 'put' ? { ...operation, isNew } : operation;
  });
}
