import { BLOCK_TRANSACTIONS_SIZE_BYTES_MAX, type SignedTransaction } from '../codec/transaction';
import { Heap } from './heap';
import type { PooledTransaction, SenderQueue } from './senderQueue';

const GAS_PER_TRANSACTION_MIN = 21_000n;

/** What the fee recipient gets per gas at this base fee, wei; negative when the fee cap is below the base fee. */
export function effectiveTip(transaction: SignedTransaction, baseFeePerGas: bigint): bigint {
  const headroom = transaction.maxFeePerGas - baseFeePerGas;
  if (headroom < transaction.maxPriorityFeePerGas) return headroom;
  return transaction.maxPriorityFeePerGas;
}

interface Candidate {
  queue: SenderQueue;
  index: number;
  entry: PooledTransaction;
  tip: bigint;
}

/**
 * The transactions for a block: a heap over the senders' first executable transactions, the best effective tip first, ties by arrival;
 * when one is taken, its sender's next one takes its place. O(log senders) for each. A transaction whose fee cap is below the base fee,
 * or that is larger than the gas or the bytes left, holds its sender's later ones back.
 * @param gasLimit bound on the sum of the transactions' gas limits
 * @param sizeBytesMax bound on the sum of their encodings
 */
export function selectTransactions(
  queues: Iterable<SenderQueue>,
  baseFeePerGas: bigint,
  gasLimit: bigint,
  sizeBytesMax = BLOCK_TRANSACTIONS_SIZE_BYTES_MAX,
): SignedTransaction[] {
  const candidates: Candidate[] = [];
  for (const queue of queues) {
    if (queue.executableCount === 0) continue;
    const entry = queue.at(0);
    const tip = effectiveTip(entry.transaction, baseFeePerGas);
    if (tip >= 0n) candidates.push({ queue, index: 0, entry, tip });
  }
  const heap = new Heap(isBetter, candidates);
  const selected: SignedTransaction[] = [];
  let gasLeft = gasLimit;
  let sizeBytesLeft = sizeBytesMax;
  while (gasLeft >= GAS_PER_TRANSACTION_MIN && sizeBytesLeft > 0) {
    const best = heap.peek();
    if (!best) break;
    const { transaction } = best.entry;
    if (transaction.gasLimit > gasLeft || transaction.raw.length > sizeBytesLeft) {
      heap.pop();
      continue;
    }
    selected.push(transaction);
    gasLeft -= transaction.gasLimit;
    sizeBytesLeft -= transaction.raw.length;
    if (advance(best, baseFeePerGas)) heap.topChanged();
    else heap.pop();
  }
  return selected;
}

function advance(candidate: Candidate, baseFeePerGas: bigint): boolean {
  candidate.index++;
  if (candidate.index >= candidate.queue.executableCount) return false;
  candidate.entry = candidate.queue.at(candidate.index);
  candidate.tip = effectiveTip(candidate.entry.transaction, baseFeePerGas);
  return candidate.tip >= 0n;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  return a.tip === b.tip ? a.entry.arrival < b.entry.arrival : a.tip > b.tip;
}
