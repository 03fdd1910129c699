import { expect } from 'chai';
import fc from 'fast-check';
import { accessListHash, decodeAccessList, encodeAccessList } from '../../src/codec/accessList';
import { contractAddress } from '../../src/codec/transaction';
import { toHex } from '../../src/core/bytes';
import { createExecutor } from '../../src/execution/createExecutor';
import type { ExecuteBlockRequest, ExecutedBlock, Executor } from '../../src/execution/executor';
import { KernelExecutor } from '../../src/execution/kernel/kernelExecutor';
import { ParallelExecutor } from '../../src/execution/parallel/parallelExecutor';
import { ReferenceExecutor } from '../../src/execution/reference/referenceExecutor';
import { initCode } from './bytecode';
import { l1FeeOptions, signPlans, transactionPlans } from './randomTransactions';
import { accounts, addressOf, ETHER, signTransaction, TestChain } from './testChain';

const SEED = Number(process.env.FUZZ_SEED ?? 20260107);
const WORKER_COUNTS = [2, 3, 8];

/** As JSON, so that a difference can be read. */
function readable(encoded: Uint8Array | undefined): unknown {
  return JSON.parse(
    JSON.stringify(encoded && decodeAccessList(encoded), (_, value) =>
      value instanceof Uint8Array ? toHex(value) : typeof value === 'bigint' ? String(value) : value,
    ),
  );
}

/** A chain with the executors that collect lists beside the one that it runs on. */
class Collectors {
  private constructor(
    readonly test: TestChain,
    readonly executors: Executor[],
  ) {}

  static async open(workerCounts: number[]): Promise<Collectors> {
    const test = await TestChain.open();
    const { config, chain } = test;
    const parallel = workerCounts.map(
      (workerCount) => new ParallelExecutor(config, chain, { workerCount, parallelMin: 2, backoffMin: 0 }),
    );
    for (const executor of parallel) await executor.started();
    return new Collectors(test, [
      new ReferenceExecutor(config, chain, true),
      new KernelExecutor(config, chain),
      ...parallel,
    ]);
  }

  /** Executes on all, compares, and commits. */
  async seal(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    const plain = await this.test.executor.executeBlock(request);
    expect(plain.accessList).to.equal(undefined);
    let expected: ExecutedBlock | undefined;
    for (const executor of this.executors) {
      const executed = await executor.executeBlock(request);
      expect(toHex(executed.block.hash)).to.equal(toHex(plain.block.hash));
      expected ??= executed;
      expect(readable(executed.accessList)).to.deep.equal(readable(expected.accessList));
      expect(executed.accessList).to.deep.equal(expected.accessList);
    }
    await this.test.chain.commit(plain);
    return expected as ExecutedBlock;
  }

  async close(): Promise<void> {
    for (const executor of this.executors) await executor.close();
    await this.test.chain.close();
  }
}

describe('block access lists', function () {
  this.timeout(120_000);

  it(`are the same from the reference, the sequential kernel and parallel ones, for random blocks (seed ${SEED})`, async () => {
    const collectors = await Collectors.open(WORKER_COUNTS);
    const nonces = Array.from({ length: accounts.length }, () => 0);
    const counts = { storageChanges: 0, storageReads: 0, codeChanges: 0, balanceChanges: 0, nonceChanges: 0 };
    await fc.assert(
      fc.asyncProperty(transactionPlans, fc.boolean(), l1FeeOptions, async (plans, withDeposit, l1Fee) => {
        const { test } = collectors;
        const transactions = await signPlans(plans, (index) => nonces[index]);
        const deposit = {
          from: addressOf(9),
          to: addressOf(10),
          mint: ETHER,
          value: 1n,
          gasLimit: 100_000n,
          data: new Uint8Array(),
        };
        const request = test.request(transactions, withDeposit ? { ...l1Fee, deposits: [deposit] } : l1Fee);
        const { accessList } = await collectors.seal(request);
        const list = decodeAccessList(accessList as Uint8Array);
        expect(encodeAccessList(list)).to.deep.equal(accessList);
        expect(accessListHash(accessList as Uint8Array)).to.have.length(32);
        for (const account of list) {
          for (const field of Object.keys(counts) as (keyof typeof counts)[]) counts[field] += account[field].length;
        }
        const state = test.chain.stateAt(test.chain.head.header.number);
        for (const index of nonces.keys()) nonces[index] = Number(state.account(addressOf(index))?.nonce ?? 0n);
      }),
      { seed: SEED, numRuns: Number(process.env.RUNS ?? 60) },
    );
    // A generator that leaves a field empty would show nothing of it.
    for (const [field, count] of Object.entries(counts)) expect(count, field).to.be.greaterThan(20);
    const parallel = collectors.executors.filter((executor) => executor instanceof ParallelExecutor);
    expect(parallel.map((executor) => executor.statistics()?.parallelTransactions ?? 0)).to.satisfy((ran: number[]) =>
      ran.every((transactions) => transactions > 50),
    );
    await collectors.close();
  });

  it('are in order where a transaction touches 600 accounts and slots', async () => {
    const collectors = await Collectors.open([]);
    // For i = 600 … 1: h = keccak256(i); BALANCE(h), SSTORE(h, 1).
    const code = '6102585b805f5260205f2080315060019055600190038060035700';
    const deploy = await signTransaction(0, 0, { data: initCode(code) });
    await collectors.seal(collectors.test.request([deploy]));
    const to = toHex(contractAddress(addressOf(0), 0n));
    const run = await signTransaction(1, 0, { to, gas: 16_000_000n });
    const { accessList } = await collectors.seal(collectors.test.request([run]));
    const list = decodeAccessList(accessList as Uint8Array);
    expect(list.length).to.be.greaterThan(600);
    expect(list.find(({ storageChanges }) => storageChanges.length === 600)).to.not.equal(undefined);
    await collectors.close();
  });

  it('are not collected where nobody wants them, and the block is the same', async () => {
    const test = await TestChain.open();
    for (const workers of [1, 2]) {
      const request = test.request([await signTransaction(0, workers - 1, { to: toHex(addressOf(1)), value: 1n })]);
      const [without, collecting] = [false, true].map((accessLists) =>
        createExecutor({ workers, accessLists }, test.config, test.chain),
      );
      const [executed, expected] = [await without.executeBlock(request), await collecting.executeBlock(request)];
      expect(executed.accessList).to.equal(undefined);
      expect(expected.accessList).to.not.equal(undefined);
      expect(toHex(executed.block.hash)).to.equal(toHex(expected.block.hash));
      await test.chain.commit(executed);
      await without.close();
      await collecting.close();
    }
    await test.chain.close();
  });
});
