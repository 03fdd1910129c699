import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Hex } from 'viem';
import { toFixedBytes, toHex } from '../../src/core/bytes';
import { openLevelStore } from '../../src/core/levelStore';
import type { KeyValueStore } from '../../src/core/ports';
import { createExecutor } from '../../src/execution/createExecutor';
import type { ExecuteBlockRequest, ExecutedBlock } from '../../src/execution/executor';
import { KernelExecutor } from '../../src/execution/kernel/kernelExecutor';
import { ParallelExecutor, type ParallelExecutorOptions } from '../../src/execution/parallel/parallelExecutor';
import { encodeNumber, keyPrefix, nameKey } from '../../src/state/keyspace';
import { WriteBehindStore } from '../../src/state/writeBehindStore';
import { l1FeeOptions, SENDER_COUNT, signPlans, transactionPlans } from './randomTransactions';
import { ETHER, expectNewKnown, signTransaction, TestChain, type TransactionFields } from './testChain';

const SEED = Number(process.env.FUZZ_SEED ?? 20260105);
const RECIPIENT = toHex(toFixedBytes(0xbeef, 20));

/** Init code: PUSH1 7, PUSH1 3, PUSH0, LOG1, STOP. */
const LOGGING_CODE: Hex = '0x600760035fa100';

function comparable({ block, receipts, rejected }: ExecutedBlock) {
  return {
    receipts,
    rejected: rejected.map(({ transaction, error }) => [toHex(transaction.hash), error.code, error.message]),
    header: block.header,
    hash: toHex(block.hash),
  };
}

/** What the store holds afterwards of what the block writes, in whatever order; without flat accounts, some of which one or the other writes as they were. */
function written({ stateOperations }: ExecutedBlock): string[] {
  const left = new Map<string, string>();
  for (const operation of stateOperations) {
    if (operation.key[0] === keyPrefix.account) continue;
    left.set(toHex(operation.key), operation.type === 'put' ? toHex(operation.value) : '');
  }
  return [...left].map(([key, value]) => `${key}=${value}`).sort();
}

/** What can be wrong with a transaction of sender 8, who sends nothing else. */
const FLAWS: TransactionFields[] = [
  { to: RECIPIENT, chainId: 1 },
  { to: RECIPIENT, maxFeePerGas: 3n, maxPriorityFeePerGas: 1n },
  { to: RECIPIENT, value: 10_000n * ETHER },
  { to: RECIPIENT, gas: 16_777_217n },
  { to: RECIPIENT, gas: 20_999n },
];

/** A chain on the reference, with a sequential and a parallel kernel beside it. */
class Trio {
  private constructor(
    readonly test: TestChain,
    readonly sequential: KernelExecutor,
    readonly parallel: ParallelExecutor,
  ) {}

  static async open(options: ParallelExecutorOptions, store?: KeyValueStore): Promise<Trio> {
    const test = await TestChain.open({}, store);
    const parallel = new ParallelExecutor(test.config, test.chain, { parallelMin: 2, backoffMin: 0, ...options });
    await parallel.started();
    return new Trio(test, new KernelExecutor(test.config, test.chain), parallel);
  }

  /** Executes on all three, compares, and commits what the parallel one made. */
  async seal(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    const reference = await this.test.executor.executeBlock(request);
    const sequential = await this.sequential.executeBlock(request);
    const parallel = await this.parallel.executeBlock(request);
    expect(comparable(sequential)).to.deep.equal(comparable(reference));
    expect(comparable(parallel)).to.deep.equal(comparable(reference));
    expect(written(parallel)).to.deep.equal(written(sequential));
    expectNewKnown(this.test, parallel);
    await this.test.chain.commit(parallel);
    return parallel;
  }

  async close(): Promise<void> {
    await this.parallel.close();
    await this.sequential.close();
    await this.test.chain.close();
  }
}

describe('ParallelExecutor', function () {
  this.timeout(120_000);

  for (const workerCount of [2, 4, 8]) {
    it(`makes the blocks that the sequential kernel and the reference make, ${workerCount} workers (seed ${SEED})`, async () => {
      const trio = await Trio.open({ workerCount });
      const nonces = Array.from({ length: 20 }, () => 0);
      await fc.assert(
        fc.asyncProperty(
          fc.array(transactionPlans, { minLength: 1, maxLength: 3 }),
          fc.subarray([...FLAWS.keys()]),
          l1FeeOptions,
          async (plans, flaws, l1Fee) => {
            const signed = await signPlans(plans.flat(), (index) => nonces[index]);
            for (const flaw of flaws) {
              const place = (flaw * 7) % (signed.length + 1);
              signed.splice(place, 0, await signTransaction(8, 0, FLAWS[flaw]));
            }
            await trio.seal(trio.test.request(signed, l1Fee));
            const state = trio.test.chain.stateAt(trio.test.chain.head.header.number);
            for (const [index] of nonces.entries()) {
              const account = state.account((await signTransaction(index, 0)).from);
              nonces[index] = Number(account?.nonce ?? 0n);
            }
          },
        ),
        { seed: SEED + workerCount, numRuns: 25 },
      );
      const statistics = trio.parallel.statistics();
      expect(statistics?.parallelTransactions).to.be.greaterThan(0);
      await trio.close();
    });
  }

  it('is what executes by default, with threads from the first long block on; on one thread it is the sequential one', async () => {
    const test = await TestChain.open();
    const { config, chain } = test;
    expect(createExecutor({ workers: 1 }, config, chain)).to.be.instanceOf(KernelExecutor);
    expect(createExecutor({ executor: 'parallel', workers: 1 }, config, chain)).to.be.instanceOf(KernelExecutor);
    const made: unknown[] = [];
    const choice = { workers: 2, onParallel: (executor: ParallelExecutor) => made.push(executor) };
    const parallel = createExecutor(choice, config, chain) as ParallelExecutor;
    expect(parallel).to.be.instanceOf(ParallelExecutor);
    expect(made).to.deep.equal([parallel]);
    const signed = (nonce: number, gas = 21_000n) =>
      Promise.all(Array.from({ length: 16 }, (_, sender) => signTransaction(sender, nonce, { to: RECIPIENT, gas })));
    await chain.commit(await parallel.executeBlock(test.request(await signed(0))));
    expect(parallel.threadCount).to.equal(1);
    // With as much gas each as ten transfers are worth, 16 are still few.
    await chain.commit(await parallel.executeBlock(test.request(await signed(1, 10_000_000n))));
    expect(parallel.threadCount).to.equal(1);
    const long = [];
    for (let nonce = 2; nonce <= 17; nonce++) long.push(...(await signed(nonce)));
    const { rejected } = await parallel.executeBlock(test.request(long));
    expect(rejected).to.deep.equal([]);
    expect(parallel.threadCount).to.equal(2);
    await parallel.close();
    await chain.close();
  });

  it('writes receipts, lists and state roots of long blocks in jobs of all workers', async () => {
    const trio = await Trio.open({ workerCount: 3 });
    const nonces = Array.from({ length: 10 }, () => 0);
    const signed = async (index: number, isGood: boolean) => {
      const sender = index % 10;
      const to = toHex(toFixedBytes(0x9000_0000 + 1000 * nonces[sender] + index, 20));
      // Deployments of 'log1(0, 3, topic 7)', each with a log of its own; among them transfers.
      const fields: TransactionFields = index % 7 === 0 ? { data: LOGGING_CODE } : { to, value: 1n };
      return signTransaction(sender, isGood ? nonces[sender]++ : 77_777, fields);
    };
    let sealed = 0;
    // From too few for jobs, over the ends of groups and jobs of 16 and 256, to two jobs and a bit.
    for (const [round, length] of [100, 143, 144, 160, 271, 272, 273, 289, 417].entries()) {
      const transactions = [];
      for (let index = 0; index < length; index++) transactions.push(await signed(index, true));
      // One that is not included leaves it all to the main thread.
      const isFlawed = round === 4;
      if (isFlawed) transactions.splice(200, 0, await signed(0, false));
      const { rejected } = await trio.seal(trio.test.request(transactions));
      expect(rejected.length).to.equal(isFlawed ? 1 : 0);
      const now = trio.parallel.statistics()?.transactionsSealedInJobs ?? 0;
      expect(now > sealed, `${length} transactions`).to.equal(length > 143 && !isFlawed);
      sealed = now;
    }
    expect(trio.parallel.statistics()?.rootsInJobs).to.be.greaterThan(2);
    await trio.close();
  });

  it('reads the database in its workers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-parallel-'));
    const store = await openLevelStore(folder);
    const trio = await Trio.open({ workerCount: 2, databaseFolder: folder }, store);
    const senders = [...Array(10).keys()];
    for (let round = 0; round < 3; round++) {
      const transactions = await Promise.all(
        senders.map((sender) =>
          signTransaction(sender, round, { to: toHex(toFixedBytes(0x5000 + 100 * round + sender, 20)), value: 1n }),
        ),
      );
      const { rejected } = await trio.seal(trio.test.request(transactions));
      expect(rejected).to.deep.equal([]);
    }
    expect(trio.parallel.statistics()).to.deep.include({ parallelTransactions: 30, sequentialTransactions: 0 });
    await trio.close();
    rmSync(folder, { recursive: true });
  });

  it('waits for a block that is being written before its workers read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-parallel-'));
    const store = new WriteBehindStore(await openLevelStore(folder));
    let settledCount = 0;
    const settled = () => {
      settledCount++;
      return store.flush();
    };
    const trio = await Trio.open({ workerCount: 2, databaseFolder: folder, settled }, store);
    for (let round = 0; round < 6; round++) {
      const transactions = await Promise.all(
        [...Array(100).keys()].map((index) => {
          const to = toHex(toFixedBytes(0x5000 + 100 * round + index, 20));
          return signTransaction(index % 10, 10 * round + Math.floor(index / 10), { to, value: 1n });
        }),
      );
      const { rejected } = await trio.seal(trio.test.request(transactions));
      expect(rejected).to.deep.equal([]);
    }
    expect(trio.parallel.statistics()).to.deep.include({ parallelTransactions: 600, stateMoved: 0 });
    expect(settledCount).to.equal(6);
    await trio.close();
    rmSync(folder, { recursive: true });
  });

  it('does not take what its workers read while the chain moved on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-parallel-'));
    const store = await openLevelStore(folder);
    const trio = await Trio.open({ workerCount: 2, databaseFolder: folder }, store);
    const sends = (block: number) =>
      Promise.all(
        [...Array(200).keys()].map((index) =>
          signTransaction(index % 10, 20 * block + Math.floor(index / 10), {
            to: toHex(toFixedBytes(0x7000 + 1000 * (block >> 1) + index, 20)),
            value: 1n,
          }),
        ),
      );
    let moved = 0;
    for (let round = 0; round < 10 && moved === 0; round++) {
      // Of a block that another executor made nothing is cached: every sender and recipient must be read.
      const before = trio.test.request(await sends(2 * round));
      await trio.test.chain.commit(await trio.test.executor.executeBlock(before));
      const request = trio.test.request(await sends(2 * round + 1));
      const expected = await trio.test.executor.executeBlock(request);
      // As if the head were another block by now: what workers read can't be known to be the parent's state.
      const pointer = nameKey(keyPrefix.pointer, 'head');
      const head = trio.test.chain.head.header.number;
      await store.batch([{ type: 'put', key: pointer, value: encodeNumber(head + 1) }]);
      const executed = await trio.parallel.executeBlock(request);
      await store.batch([{ type: 'put', key: pointer, value: encodeNumber(head) }]);
      expect(comparable(executed)).to.deep.equal(comparable(expected));
      moved += trio.parallel.statistics()?.stateMoved ?? 0;
      await trio.test.chain.commit(executed);
    }
    expect(moved, 'a worker has read and seen that the head is another').to.be.greaterThan(0);
    await trio.close();
    rmSync(folder, { recursive: true });
  });

  it('cuts the block where its gas ends, and goes on with what still fits', async () => {
    const trio = await Trio.open({ workerCount: 2 });
    const gas = [16_000_000n, 16_000_000n, 16_000_000n, 16_700_000n, 21_000n, 16_000_000n, 21_000n];
    const burn: TransactionFields = { data: '0x5b5f56' };
    const transactions = await Promise.all(
      gas.map((limit, index) =>
        signTransaction(index % (SENDER_COUNT + 4), 0, {
          ...(limit === 21_000n ? { to: RECIPIENT } : burn),
          gas: limit,
        }),
      ),
    );
    const { rejected, block } = await trio.seal(trio.test.request(transactions));
    expect(rejected.map(({ error }) => error.code)).to.deep.equal([
      'Execution.BlockGasLimitReached',
      'Execution.BlockGasLimitReached',
    ]);
    expect(block.transactions).to.have.length(1 + 5);
    await trio.close();
  });

  it('refuses a strict block at its first invalid transaction, and executes the next as if nothing had been', async () => {
    const trio = await Trio.open({ workerCount: 2 });
    const good = await Promise.all([0, 1, 2].map((index) => signTransaction(index, 0, { to: RECIPIENT, value: 1n })));
    const bad = await signTransaction(3, 5, { to: RECIPIENT });
    const request = trio.test.request([good[0], bad, good[1], good[2]], { mode: 'strict' });
    const error = await trio.parallel.executeBlock(request).then(
      () => undefined,
      (reason: { code: string; details: object }) => reason,
    );
    expect(error).to.deep.include({ code: 'Execution.InvalidTransaction' });
    expect(error?.details).to.deep.include({ index: 1 });
    await trio.seal(trio.test.request(good, { mode: 'strict' }));
    await trio.close();
  });
});
