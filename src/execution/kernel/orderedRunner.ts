import type { SignedTransaction } from '../../codec/transaction';
import type { Hash } from '../../core/bytes';
import type { Kernel, RejectedSender } from '../../kernel/kernel';

/** Told of a transaction that is not included, with the kernel's reason, and its sender as it was then where that exists. */
export type Reject = (index: number, reason: string, sender: RejectedSender | undefined) => void;

/**
 * Executes and seals a block's signed transactions on the kernel that has begun the block, as if one after the other. Those that `reject` is not told
 * of, in their order, are included. What `reject` throws ends the execution.
 */
export interface TransactionRunner {
  /**
   * @param accessList what somebody says is the block's (EIP-7928, encoded): help to go faster, on which no result depends
   * @returns whether it was found to be the block's
   */
  execute(transactions: SignedTransaction[], reject: Reject, accessList?: Uint8Array): Promise<boolean>;
  /** `Kernel.stateRoot`, once, after the block's last change. `meanwhile` is called once, on this thread: what needs the block's changes but not the root. */
  stateRoot(meanwhile: () => void): Promise<Hash>;
  /** `KernelTrie.takeRecords`, once, after `stateRoot`; `meanwhile` as there. */
  trieRecords(meanwhile: () => void): Promise<Uint8Array[]>;
}

/** Really one after the other. */
export class OrderedRunner implements TransactionRunner {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  async execute(transactions: SignedTransaction[], reject: Reject): Promise<boolean> {
    for (let next = 0; next < transactions.length; next++) {
      const { end, rejection } = this.#kernel.executeAll(transactions, next);
      if (rejection !== undefined) reject(end, rejection, this.#kernel.account(transactions[end].from));
      next = end;
    }
    return false;
  }

  async stateRoot(meanwhile: () => void): Promise<Hash> {
    meanwhile();
    return this.#kernel.stateRoot();
  }
  async trieRecords(meanwhile: () => void): Promise<Uint8Array[]> {
    meanwhile();
    return this.#kernel.trie.takeRecords();
  }
}
