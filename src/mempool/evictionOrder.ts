import { Heap } from './heap';
import { effectiveTip } from './selectTransactions';
import type { PooledTransaction, SenderQueue } from './senderQueue';

/** How dear a transaction is to the pool: queued ones rank below all executable ones, then the effective tip counts. */
export interface Rank {
  isExecutable: boolean;
  tip: bigint;
}

interface Tail extends Rank {
  queue: SenderQueue;
  entry: PooledTransaction;
}

/**
 * The senders' last transactions, the cheapest first: what a full pool gives up. Entries go stale when a sender's tail changes and are
 * sorted out when they come up, so each change costs O(log n).
 */
export class EvictionOrder {
  readonly #baseFeePerGas: bigint;
  readonly #heap: Heap<Tail>;

  /** O(senders). The order holds at this base fee only. */
  constructor(queues: Iterable<SenderQueue>, baseFeePerGas: bigint) {
    this.#baseFeePerGas = baseFeePerGas;
    const tails: Tail[] = [];
    for (const queue of queues) if (queue.tail) tails.push(this.#tailOf(queue, queue.tail));
    this.#heap = new Heap<Tail>((a, b) => isCheaper(a, b), tails);
  }

  /** Live and stale entries together: when it grows far over the number of senders, a new order is cheaper. */
  get size(): number {
    return this.#heap.size;
  }

  /** To be called when the tail of `queue`, or whether it can be executed, may have changed. */
  note(queue: SenderQueue): void {
    if (queue.tail) this.#heap.push(this.#tailOf(queue, queue.tail));
  }

  cheapest(): Tail | undefined {
    for (;;) {
      const top = this.#heap.peek();
      if (!top) return undefined;
      const isLive = top.queue.tail === top.entry && top.queue.isExecutable(top.entry) === top.isExecutable;
      if (isLive) return top;
      this.#heap.pop();
    }
  }

  #tailOf(queue: SenderQueue, entry: PooledTransaction): Tail {
    const tip = effectiveTip(entry.transaction, this.#baseFeePerGas);
    return { queue, entry, isExecutable: queue.isExecutable(entry), tip };
  }
}

export function isCheaper(a: Rank, b: Rank): boolean {
  return a.isExecutable === b.isExecutable ? a.tip < b.tip : b.isExecutable;
}
