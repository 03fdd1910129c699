import type { Block } from '../codec/block';
import type { StoredReceipts } from '../codec/storedReceipts';

/** Blocks and receipts kept decoded: what wallets ask for is nearly always recent. */
const BLOCKS_MAX = 128;

/** Recently used blocks and receipts by number; the longest unused go first. */
export class BlockCache {
  readonly #blocks = new Map<number, Block>();
  readonly #receipts = new Map<number, StoredReceipts>();

  put(block: Block, receipts: StoredReceipts): void {
    remember(this.#blocks, block.header.number, block);
    remember(this.#receipts, block.header.number, receipts);
  }

  block(blockNumber: number, load: () => Block | undefined): Block | undefined {
    return recall(this.#blocks, blockNumber, load);
  }

  receipts(blockNumber: number, load: () => StoredReceipts | undefined): StoredReceipts | undefined {
    return recall(this.#receipts, blockNumber, load);
  }

  delete(blockNumber: number): void {
    this.#blocks.delete(blockNumber);
    this.#receipts.delete(blockNumber);
  }
}

function recall<Value>(map: Map<number, Value>, key: number, load: () => Value | undefined): Value | undefined {
  const value = map.get(key) ?? load();
  if (value !== undefined) remember(map, key, value);
  return value;
}

function remember<Value>(map: Map<number, Value>, key: number, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= BLOCKS_MAX) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
