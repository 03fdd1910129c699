import type { SignedTransaction } from '../../codec/transaction';
import type { Kernel, KernelOutcome, RejectedSender } from '../../kernel/kernel';
import type { Reject, TransactionRunner } from './orderedRunner';

/** Executes, and hands each outcome over in order, while it is the kernel's last. */
export interface OutcomeRunner {
  execute(
    transactions: SignedTransaction[],
    take: (position: number, outcome: KernelOutcome, sender: RejectedSender | undefined) => void,
  ): Promise<void>;
}

/** Seals what another runner executes. */
export class SealingRunner implements TransactionRunner {
  readonly #kernel: Kernel;
  readonly #chainId: bigint;
  readonly #runner: OutcomeRunner;

  /** @param chainId of the blocks */
  constructor(kernel: Kernel, chainId: bigint, runner: OutcomeRunner) {
    this.#kernel = kernel;
    this.#chainId = chainId;
    this.#runner = runner;
  }

  async execute(transactions: SignedTransaction[], reject: Reject): Promise<void> {
    // Those of another chain are not encoded for the kernel, which takes chain id 0 for none.
    const ofThisChain = transactions.flatMap(({ chainId }, index) =>
      chainId === undefined || chainId === this.#chainId ? [index] : [],
    );
    let next = 0;
    const rejectUpTo = (index: number) => {
      while (next < index) reject(next++, 'invalid chain id for signer', undefined);
    };
    await this.#runner.execute(
      ofThisChain.map((index) => transactions[index]),
      (position, { rejection }, sender) => {
        rejectUpTo(ofThisChain[position]);
        if (rejection === undefined) this.#kernel.seal(transactions[next]);
        else reject(next, rejection, sender);
        next++;
      },
    );
    rejectUpTo(transactions.length);
  }
}
