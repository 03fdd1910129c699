import { addresses } from '../chain/addresses';
import type { Genesis } from '../chain/genesis';
import { type Block, createBlock } from '../codec/block';
import { EMPTY_CODE_HASH, EMPTY_ROOT } from '../codec/header';
import { keccak256 } from '../core/keccak';
import type { KeyValueOperation } from '../core/ports';
import { emptyState } from './emptyState';
import { applyStateChanges, type StateChanges } from './stateChanges';

/** Block 0 with its roots and hash, and the writes that fill an empty database with its state. */
export function genesisBlock(genesis: Genesis): { block: Block; stateOperations: KeyValueOperation[] } {
  const changes: StateChanges = { accounts: [], codes: [] };
  for (const { address, nonce, balance, code, storage } of genesis.allocations) {
    const codeHash = code.length > 0 ? keccak256(code) : EMPTY_CODE_HASH;
    if (code.length > 0) changes.codes.push([codeHash, code]);
    changes.accounts.push({
      address,
      account: { nonce, balance, codeHash },
      storage: storage.map(({ slot, value }) => [slot, value]),
    });
  }
  const applied = applyStateChanges(emptyState, changes);
  const block = createBlock(
    {
      ...genesis.header,
      stateRoot: applied.stateRoot,
      transactionsRoot: EMPTY_ROOT,
      receiptsRoot: EMPTY_ROOT,
      withdrawalsRoot: applied.storageRoot(addresses.l2ToL1MessagePasser),
    },
    [],
    genesis.l1Origin,
  );
  return { block, stateOperations: applied.operations };
}
