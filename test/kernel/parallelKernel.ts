import { expect } from 'chai';
import type { KernelTransaction } from '../../src/kernel/encodeTransaction';
import { Kernel, type KernelBlock, type KernelOutcome, type RejectedSender } from '../../src/kernel/kernel';
import { ParallelRunner, type ParallelRunnerOptions } from '../../src/kernel/parallel/parallelRunner';
import { poolSizeBytes, WorkerPool, type WorkerPoolOptions } from '../../src/kernel/parallel/workerPool';
import { BASE_FEE_RECIPIENT, loadTries } from './parallelBlocks';
import { BLOCK, type TestState } from './testKernel';

const KERNEL = { accountBits: 14, slotBits: 14, codeCacheSizeBytes: 8 * 2 ** 20, trieBucketCount: 256 };
const POOL: WorkerPoolOptions = {
  transactionCountMax: 2048,
  arenaSizeBytes: 16 * 2 ** 20,
  sourceSizeBytes: 2 * 2 ** 20,
  workerEvmMemorySizeBytes: 8 * 2 ** 20,
};
export const block: KernelBlock = { ...BLOCK, gasLimit: 1_000_000_000n, baseFeeRecipient: BASE_FEE_RECIPIENT };

/** What a block's transactions leave. */
export interface Result {
  outcomes: Omit<KernelOutcome, 'output'>[];
  /** Nonces and, where funds were lacking, balances of senders whose transactions were not included. */
  rejected: (Partial<RejectedSender> | undefined)[];
  gasUsed: bigint;
  root: Uint8Array;
}

function comparable({ output, ...outcome }: KernelOutcome, sender: RejectedSender | undefined) {
  const isIncluded = outcome.rejection === undefined;
  const rejected = sender && {
    nonce: sender.nonce,
    codeHash: sender.codeHash,
    ...(outcome.rejection === 'insufficient funds for gas * price + value' ? { balance: sender.balance } : {}),
  };
  return { outcome: isIncluded ? outcome : { ...outcome, contractAddress: undefined }, rejected };
}

export function runInOrder(state: TestState, transactions: KernelTransaction[], on: KernelBlock): Result {
  const kernel = new Kernel(state, KERNEL);
  loadTries(kernel, state);
  kernel.beginBlock(on);
  const result: Result = { outcomes: [], rejected: [], gasUsed: 0n, root: new Uint8Array(0) };
  for (const transaction of transactions) {
    const executed = kernel.execute(transaction);
    const sender = executed.rejection === undefined ? undefined : kernel.account(transaction.from);
    const { outcome, rejected } = comparable(executed, sender);
    result.outcomes.push(outcome);
    result.rejected.push(rejected);
  }
  result.gasUsed = kernel.blockGasUsed;
  result.root = kernel.stateRoot();
  return result;
}

/** A kernel with workers beside it. */
export class ParallelKernel {
  readonly kernel: Kernel;
  readonly pool: WorkerPool;
  readonly runner: ParallelRunner;

  constructor(
    readonly state: TestState,
    pool: WorkerPoolOptions,
    options: ParallelRunnerOptions = { parallelMin: 2, backoffMin: 0, inVainMax: 40 },
  ) {
    const all = { ...POOL, ...pool };
    this.kernel = new Kernel(state, { ...KERNEL, extraSizeBytes: poolSizeBytes(all) });
    this.pool = new WorkerPool(this.kernel.sharedMemory, all);
    this.runner = new ParallelRunner(this.kernel, this.pool, state, options);
  }

  async run(transactions: KernelTransaction[], on: KernelBlock = block): Promise<Result> {
    const { kernel } = this;
    kernel.discard();
    loadTries(kernel, this.state);
    kernel.beginBlock(on);
    const result: Result = { outcomes: [], rejected: [], gasUsed: 0n, root: new Uint8Array(0) };
    await this.runner.execute(transactions, (index, executed, sender) => {
      expect(index).to.equal(result.outcomes.length);
      const { outcome, rejected } = comparable(executed, sender);
      result.outcomes.push(outcome);
      result.rejected.push(rejected);
    });
    result.gasUsed = kernel.blockGasUsed;
    result.root = kernel.stateRoot();
    return result;
  }
}

export function expectEqual(actual: Result, expected: Result, what: string): void {
  for (const [i, outcome] of expected.outcomes.entries()) {
    expect(actual.outcomes[i], `${what}, transaction ${i}`).to.deep.equal(outcome);
    expect(actual.rejected[i], `${what}, sender of transaction ${i}`).to.deep.equal(expected.rejected[i]);
  }
  expect(actual, what).to.deep.equal(expected);
}
