import type { AccessChange, BlockAccessList } from '../../codec/accessList';
import { toHex } from '../../core/bytes';
import { quantity } from './quantity';

/** A block's access list with EIP-7928's names, in camel case. `blockAccessIndex`: 0 system calls, n the block's nth transaction. */
export function accessListJson(list: BlockAccessList) {
  return list.map((account) => ({
    address: toHex(account.address),
    storageChanges: account.storageChanges.map(({ slot, changes }) => ({
      slot: toHex(slot),
      changes: changesJson('newValue', changes, toHex),
    })),
    storageReads: account.storageReads.map(toHex),
    balanceChanges: changesJson('postBalance', account.balanceChanges, quantity),
    nonceChanges: changesJson('newNonce', account.nonceChanges, quantity),
    codeChanges: changesJson('newCode', account.codeChanges, toHex),
  }));
}

function changesJson<Name extends string, Value>(
  name: Name,
  changes: AccessChange<Value>[],
  text: (value: Value) => string,
) {
  return changes.map(({ index, value }) => ({ blockAccessIndex: quantity(index), [name]: text(value) }));
}
