import { expect } from 'chai';
import type { Receipt } from '../../src/codec/receipt';
import { StoredReceipts } from '../../src/codec/storedReceipts';
import type { SignedTransaction } from '../../src/codec/transaction';
import type { Hash } from '../../src/core/bytes';
import { Kernel, type KernelBlock, type RejectedSender } from '../../src/kernel/kernel';
import { ParallelRunner, type ParallelRunnerOptions } from '../../src/kernel/parallel/parallelRunner';
import { poolSizeBytes, WorkerPool, type WorkerPoolOptions } from '../../src/kernel/parallel/workerPool';
import { BASE_FEE_RECIPIENT, loadTries } from './parallelBlocks';
import { BLOCK, type TestState } from './testKernel';

const KERNEL = {
  accountBits: 14,
  slotBits: 14,
  codeCacheSizeBytes: 8 * 2 ** 20,
  trieBucketCount: 256,
  accessListSizeBytes: 4 * 2 ** 20,
};
const POOL: WorkerPoolOptions = {
  transactionCountMax: 2048,
  arenaSizeBytes: 16 * 2 ** 20,
  sourceSizeBytes: 2 * 2 ** 20,
  workerEvmMemorySizeBytes: 8 * 2 ** 20,
};
export const block: KernelBlock = { ...BLOCK, gasLimit: 1_000_000_000n, baseFeeRecipient: BASE_FEE_RECIPIENT };

/** A transaction that is not included. */
interface Rejection {
  index: number;
  reason: string;
  /** Its sender as it was then; the balance where that was what lacked. */
  sender: Partial<RejectedSender> | undefined;
}

/** What a block's transactions leave. */
export interface Result {
  rejected: Rejection[];
  /** Of the transactions that are included. */
  receipts: Receipt[];
  logsBloom: Uint8Array;
  transactionsRoot: Hash;
  receiptsRoot: Hash;
  accessList: Uint8Array | undefined;
  gasUsed: bigint;
  stateRoot: Hash;
}

function begin(kernel: Kernel, on: KernelBlock): void {
  kernel.beginBlock(on);
  kernel.sealing.begin();
  kernel.accessList.begin();
}

function resultOf(kernel: Kernel, rejected: Rejection[]): Result {
  const { sealing } = kernel;
  return {
    rejected,
    accessList: kernel.accessList.encoded(),
    receipts: [...new StoredReceipts(sealing.storedReceipts())],
    logsBloom: sealing.logsBloom(),
    transactionsRoot: sealing.transactionsRoot(),
    receiptsRoot: sealing.receiptsRoot(),
    gasUsed: kernel.blockGasUsed,
    stateRoot: kernel.stateRoot(),
  };
}

function rejection(index: number, reason: string, sender: RejectedSender | undefined): Rejection {
  if (!sender) return { index, reason, sender };
  const { nonce, codeHash, balance } = sender;
  const isPoor = reason === 'insufficient funds for gas * price + value';
  return { index, reason, sender: isPoor ? { nonce, codeHash, balance } : { nonce, codeHash } };
}

/** One transaction at a time, on one thread. */
export function runInOrder(state: TestState, transactions: SignedTransaction[], on: KernelBlock): Result {
  const kernel = new Kernel(state, KERNEL);
  loadTries(kernel, state);
  begin(kernel, on);
  const rejected: Rejection[] = [];
  for (const [index, transaction] of transactions.entries()) {
    const { rejection: reason } = kernel.execute(transaction);
    if (reason === undefined) kernel.seal(transaction);
    else rejected.push(rejection(index, reason, kernel.account(transaction.from)));
  }
  return resultOf(kernel, rejected);
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

  async run(transactions: SignedTransaction[], on: KernelBlock = block): Promise<Result> {
    const { kernel } = this;
    kernel.discard();
    loadTries(kernel, this.state);
    begin(kernel, on);
    const rejected: Rejection[] = [];
    await this.runner.execute(transactions, (...refused) => rejected.push(rejection(...refused)));
    return resultOf(kernel, rejected);
  }
}

export function expectEqual(actual: Result, expected: Result, what: string): void {
  expect(actual.rejected, `${what}, rejected`).to.deep.equal(expected.rejected);
  for (const [i, receipt] of expected.receipts.entries()) {
    expect(actual.receipts[i], `${what}, receipt ${i}`).to.deep.equal(receipt);
  }
  expect(actual, what).to.deep.equal(expected);
}
