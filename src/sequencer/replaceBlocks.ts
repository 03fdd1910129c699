import type { Block } from '../codec/block';
import type { Transaction } from '../codec/transaction';
import { assert } from '../core/assert';

/** What goes is read from here; `state/ChainStore` has it. */
export interface ReplacedChain {
  readonly head: Block;
  blockByNumber(blockNumber: number): Block | undefined;
}

/**
 * Lets `work` cut the chain back to `blockNumber` and put other blocks there, between two blocks of the sequencer or before its first. The
 * transactions of the blocks that go return to the pool; they are in its journal before the first block goes, so that a killed process finds them.
 * @throws Mempool.JournalFailed before anything changed
 */
export async function replaceBlocksAfter<Result>(
  chain: ReplacedChain,
  mempool: { keepForRewind(transactions: Transaction[]): Promise<void> },
  blockNumber: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const transactions: Transaction[] = [];
  for (let number = blockNumber + 1; number <= chain.head.header.number; number++) {
    const block = chain.blockByNumber(number);
    assert(block, `block ${number} is not above the head`);
    transactions.push(...block.transactions);
  }
  await mempool.keepForRewind(transactions);
  return work();
}
