import type { KernelTransaction } from '../../kernel/encodeTransaction';
import type { Kernel, KernelOutcome, RejectedSender } from '../../kernel/kernel';

/**
 * Executes a block's signed transactions on the kernel that has begun the block, as if one after the other. `take` is called once for each, in
 * order; with the sender as it was then where the transaction is not included and its account exists. What `take` throws ends the execution.
 */
export interface TransactionRunner {
  execute(
    transactions: KernelTransaction[],
    take: (position: number, outcome: KernelOutcome, sender: RejectedSender | undefined) => void,
  ): Promise<void>;
}

/** Really one after the other. */
export class OrderedRunner implements TransactionRunner {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  async execute(...[transactions, take]: Parameters<TransactionRunner['execute']>): Promise<void> {
    for (const [position, transaction] of transactions.entries()) {
      const outcome = this.#kernel.execute(transaction);
      take(position, outcome, outcome.rejection === undefined ? undefined : this.#kernel.account(transaction.from));
    }
  }
}
