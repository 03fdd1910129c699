import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { KernelTransaction } from '../../src/kernel/encodeTransaction';
import { Kernel, type KernelBlock, type KernelOutcome, type RejectedSender } from '../../src/kernel/kernel';
import { ParallelRunner, type ParallelRunnerOptions } from '../../src/kernel/parallel/parallelRunner';
import { poolSizeBytes, WorkerPool, type WorkerPoolOptions } from '../../src/kernel/parallel/workerPool';
import {
  BASE_FEE_RECIPIENT,
  createRandom,
  initialState,
  loadTries,
  randomTransactions,
  SCENARIOS,
} from './parallelBlocks';
import { BLOCK, type TestState } from './testKernel';

const KERNEL = { accountBits: 14, slotBits: 14, codeCacheSizeBytes: 8 * 2 ** 20, trieBucketCount: 256 };
const POOL: WorkerPoolOptions = {
  transactionCountMax: 2048,
  arenaSizeBytes: 16 * 2 ** 20,
  sourceSizeBytes: 2 * 2 ** 20,
  workerEvmMemorySizeBytes: 8 * 2 ** 20,
};
const block: KernelBlock = { ...BLOCK, gasLimit: 1_000_000_000n, baseFeeRecipient: BASE_FEE_RECIPIENT };

interface Result {
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

function runInOrder(state: TestState, transactions: KernelTransaction[], on: KernelBlock): Result {
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

class ParallelKernel {
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

function expectEqual(actual: Result, expected: Result, what: string): void {
  for (const [i, outcome] of expected.outcomes.entries()) {
    expect(actual.outcomes[i], `${what}, transaction ${i}`).to.deep.equal(outcome);
    expect(actual.rejected[i], `${what}, sender of transaction ${i}`).to.deep.equal(expected.rejected[i]);
  }
  expect(actual, what).to.deep.equal(expected);
}

const SEED = 20260101;

describe('Parallel execution in the kernel', function () {
  this.timeout(120_000);
  const open: ParallelKernel[] = [];

  async function create(...args: ConstructorParameters<typeof ParallelKernel>): Promise<ParallelKernel> {
    const created = new ParallelKernel(...args);
    open.push(created);
    await created.pool.started();
    return created;
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ pool }) => pool.shutDown()));
  });

  for (const workerCount of [2, 3, 8]) {
    for (const [index, scenario] of SCENARIOS.entries()) {
      it(`gives what one after the other gives, ${workerCount} workers, ${scenario.name} (seed ${SEED + index})`, async () => {
        const random = createRandom(SEED + index);
        const state = initialState(scenario.senders);
        const parallel = await create(state, { workerCount });
        for (let round = 0; round < 4; round++) {
          const transactions = randomTransactions(scenario, 150, random);
          const expected = runInOrder(state, transactions, block);
          expectEqual(await parallel.run(transactions), expected, `round ${round}`);
        }
        if (process.env.PARALLEL_STATISTICS) console.log(JSON.stringify(parallel.runner.statistics()));
      });
    }
  }

  describe('with a worker that fails', () => {
    const scenario = SCENARIOS[0];
    const folder = mkdtempSync(join(tmpdir(), 'tributary-backend-'));
    after(() => rmSync(folder, { recursive: true }));

    /** A backend for workers: `body` is what it does when asked for an account. */
    function backendThat(name: string, body: string, atStart = ''): WorkerPoolOptions['backend'] {
      const module = join(folder, `${name}.js`);
      const rest = 'loadSlot: () => undefined, loadCode: () => undefined, blockHash: () => new Uint8Array(32)';
      writeFileSync(
        module,
        `exports.createBackend = async () => { ${atStart}; return { loadAccount: () => { ${body} }, ${rest} }; };`,
      );
      return { module, options: undefined };
    }

    async function expectSurvival(
      backend: WorkerPoolOptions['backend'],
      hangTimeoutMs: number,
      roundCountMax = 40,
    ): Promise<ParallelKernel> {
      const random = createRandom(SEED);
      const state = initialState(scenario.senders);
      const parallel = await create(state, { workerCount: 3, backend, hangTimeoutMs });
      // On a busy machine the block may be over before a worker has woken up.
      const isOver = (round: number) =>
        round >= 2 && (parallel.runner.statistics().abandonedRuns.failed > 0 || round >= roundCountMax);
      for (let round = 0; !isOver(round); round++) {
        const transactions = randomTransactions(scenario, 400, random);
        expectEqual(await parallel.run(transactions), runInOrder(state, transactions, block), `round ${round}`);
        await parallel.pool.started();
      }
      return parallel;
    }

    it('executes the block in order when a worker throws, and replaces it', async () => {
      const parallel = await expectSurvival(backendThat('throws', "throw new Error('disk on fire')"), 5000);
      const { abandonedRuns } = parallel.runner.statistics();
      expect(abandonedRuns.failed).to.be.greaterThan(0);
      await parallel.pool.started();
      expect(parallel.pool.readyCount).to.equal(3);
    });

    it('executes the block in order when a thread ends', async () => {
      const parallel = await expectSurvival(backendThat('exits', 'process.exit(3)'), 500);
      expect(parallel.runner.statistics().abandonedRuns.failed).to.be.greaterThan(0);
    });

    it('executes the block in order when a worker hangs', async () => {
      const parallel = await expectSurvival(backendThat('hangs', 'for (;;) {}'), 200);
      expect(parallel.runner.statistics().abandonedRuns.failed).to.be.greaterThan(0);
    });

    it('executes without workers that can not start', async () => {
      const parallel = await expectSurvival(backendThat('unborn', '', "throw new Error('no database')"), 5000, 2);
      expect(parallel.runner.statistics()).to.deep.include({ parallelRuns: 0, sequentialTransactions: 800 });
    });

    it('executes the block in order when the arena runs out', async () => {
      const random = createRandom(SEED);
      const state = initialState(scenario.senders);
      const parallel = await create(state, { workerCount: 2, arenaSizeBytes: 2 ** 17 });
      const transactions = randomTransactions(scenario, 400, random);
      expectEqual(await parallel.run(transactions), runInOrder(state, transactions, block), 'small arena');
      expect(parallel.runner.statistics().abandonedRuns.regionFull).to.equal(1);
    });
  });

  it('cuts where the gas of the block ends (seed 7)', async () => {
    const scenario = SCENARIOS[SCENARIOS.length - 1];
    const random = createRandom(7);
    const state = initialState(scenario.senders);
    const parallel = await create(state, { workerCount: 2 });
    const transactions = randomTransactions(scenario, 150, random);
    const short = { ...block, gasLimit: 3_000_000n };
    const expected = runInOrder(state, transactions, short);
    expect(expected.outcomes.some(({ rejection }) => rejection === 'gas limit reached')).to.equal(true);
    expectEqual(await parallel.run(transactions, short), expected, 'short block');
  });
});
