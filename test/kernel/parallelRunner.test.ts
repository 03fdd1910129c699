import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type L1FeeParameters, NO_L1_FEE } from '../../src/chain/l1Attributes';
import type { WorkerPoolOptions } from '../../src/kernel/parallel/workerPool';
import { createRandom, initialState, L1_FEE_RECIPIENT, randomTransactions, SCENARIOS } from './parallelBlocks';
import { block, expectEqual, ParallelKernel, runInOrder } from './parallelKernel';

const SEED = 20260101;

/** In the first round none; then so much that a transaction pays up to 100,000 wei, which some senders lack. */
function l1FeeParameters(round: number, random: () => number): L1FeeParameters {
  if (round === 0) return NO_L1_FEE;
  const below = (limit: number) => Math.floor(random() * limit);
  const fees = { baseFee: BigInt(below(500)), blobBaseFee: BigInt(below(1000)) };
  return { ...fees, baseFeeScalar: below(2_000_000), blobBaseFeeScalar: below(8_000_000) };
}

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
          const on = { ...block, l1Fee: { parameters: l1FeeParameters(round, random), recipient: L1_FEE_RECIPIENT } };
          const expected = runInOrder(state, transactions, on);
          expectEqual(await parallel.run(transactions, on), expected, `round ${round}`);
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
    expect(expected.rejected.some(({ reason }) => reason === 'gas limit reached')).to.equal(true);
    expectEqual(await parallel.run(transactions, short), expected, 'short block');
  });
});
