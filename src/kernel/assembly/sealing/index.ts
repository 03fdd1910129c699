/**
 * What a block is sealed with, apart from the state root: receipts, blooms, the roots of its lists, and the changes of the flat
 * state. Used by the instance that runs the block, in a region of its own.
 *
 * The kernel's entry re-exports every function of this file.
 */
import { beginFlatChanges, exportFlatChanges } from './flatChanges';
import { addItem, blockBloom, clearItems, exchangeAt, exchangeEnd, setSealingRegion } from './items';
import { orderedRoot } from './orderedRoot';
import { addReceipt } from './receipt';

/** Gives this instance the region; it must be zero. */
export function sealingAttach(base: usize, size: usize): void {
  setSealingRegion(base, size);
  clearItems();
}

/** Before a block's first item. */
export function sealingBegin(): void {
  clearItems();
}

/** Returns where the transaction's `size` bytes are to be written; 0 where there is no room. */
export function sealingAddTransaction(size: u32): usize {
  return addItem(0, size);
}

/** See `addReceipt`: of the last outcome. Returns where its 256 bytes of bloom lie, 0 where there is no room. */
export function sealingAddReceipt(type: u32, cumulativeGas: u64, depositNonce: u64): usize {
  return addReceipt(type, cumulativeGas, depositNonce);
}

/** Where the block's bloom lies. */
export function sealingBloom(): usize {
  return blockBloom();
}

/** Writes the root of the transactions (list 0) or receipts (list 1) to `out`. */
export function sealingRoot(list: i32, out: usize): void {
  orderedRoot(list, out);
}

/** After the roots; the items are gone then. */
export function sealingBeginChanges(): void {
  beginFlatChanges();
}

/** Where `sealingChanges` writes. */
export function sealingChangesAt(): usize {
  return exchangeAt();
}

/** See `exportFlatChanges`. Returns the length of the records; call it until that is 0. */
export function sealingChanges(): usize {
  return exportFlatChanges(exchangeAt(), exchangeEnd());
}
