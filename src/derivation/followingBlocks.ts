import type { ChainConfig } from '../chain/chainConfig';
import type { PostedBatch } from '../chain/l1Block';
import type { Batch } from '../codec/batch';
import { decodedAhead } from './decodedBatch';

/** Batches that are decoded ahead of their turn at most, whether they continue or not: each may be as large as a batch can be. */
const BATCHES_AHEAD_MAX = 4;

/**
 * The raw transactions that block `number` will hold if `batch`, which holds an earlier block, and those of `later` that continue it are taken; undefined
 * where they do not reach so far. For who wants to decode ahead: nothing is judged but whether numbers go on.
 */
export function transactionsAhead(
  config: ChainConfig,
  batch: Batch,
  later: Iterable<PostedBatch>,
  number: number,
): readonly Uint8Array[] | undefined {
  let { firstBlockNumber, blocks } = batch;
  let count = 0;
  for (const posted of later) {
    const end = firstBlockNumber + blocks.length;
    if (number < end) break;
    if (count++ === BATCHES_AHEAD_MAX) return undefined;
    const next = decodedAhead(config, posted);
    if (typeof next !== 'string' && next.firstBlockNumber === end) ({ firstBlockNumber, blocks } = next);
  }
  return blocks[number - firstBlockNumber]?.transactions;
}
