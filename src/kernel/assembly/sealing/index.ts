/**
 * What a block is sealed with, apart from the state root: receipts, blooms, the roots of its lists, and the changes of the flat
 * state. Used by the instance that runs the block, in a region of its own.
 *
 * The kernel's entry re-exports every function of this file.
 */
import { beginFlatChanges, exportFlatChanges } from './flatChanges';
import { blockBloom, clearItems, exchangeAt, exchangeEnd, isFull, setSealingRegion } from './items';
import { addItem, orderedRoot } from './orderedRoot';
import { addReceipt, clearReceipts, storedReceipts, storedReceiptsEnd } from './receipt';

/** Gives this instance the region; it must be zero. */
export function sealingAttach(base: usize, size: usize): void {
  setSealingRegion(base, size);
  sealingBegin();
}

/** Before a block's first item. */
export function sealingBegin(): void {
  clearItems();
  clearReceipts();
}

/** Returns where the transaction's `size` bytes are to be written; 0 where there is no room. */
export function sealingAddTransaction(size: u32): usize {
  return addItem(0, size);
}

/** See `addReceipt`: of the last outcome. Returns 0 where the stored receipts have no room for it. */
export function sealingAddReceipt(type: u32, creator: usize): i32 {
  return addReceipt(type, creator) ? 1 : 0;
}

/** Whether all that was added had room: else there are no roots. */
export function sealingIsComplete(): i32 {
  return isFull(0) || isFull(1) ? 0 : 1;
}

/** Where the stored receipts begin; they end at `sealingReceiptsEnd`. Before `sealingBeginChanges`. */
export function sealingReceipts(): usize {
  return storedReceipts();
}

export function sealingReceiptsEnd(): usize {
  return storedReceiptsEnd();
}

/** Where the block's bloom lies. */
export function sealingBloom(): usize {
  return blockBloom();
}

/** Writes the root of the transactions (list 0) or receipts (list 1) to `out`. */
export function sealingRoot(list: i32, out: usize): void {
  orderedRoot(list, out);
}

/** After the roots; items and receipts are gone then. */
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
