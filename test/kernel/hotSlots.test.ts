import { expect } from 'chai';
import { HOT_SLOT_SCENARIOS, hotSlotState, hotSlotTransactions } from './hotSlotBlocks';
import { createRandom } from './parallelBlocks';
import { block, expectEqual, ParallelKernel, runInOrder } from './parallelKernel';

const SEED = Number(process.env.FUZZ_SEED ?? 20260301);
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 2);
const SENDER_COUNT = 80;

describe('Slots that many add to', function () {
  this.timeout(120_000);

  for (const workerCount of [1, 2, 3, 8]) {
    it(`have what one after the other leaves, ${workerCount} workers (seed ${SEED})`, async () => {
      const state = hotSlotState(SENDER_COUNT);
      const parallel = new ParallelKernel(state, { workerCount });
      await parallel.pool.started();
      try {
        for (const [index, scenario] of HOT_SLOT_SCENARIOS.entries()) {
          const random = createRandom(SEED + index);
          for (let round = 0; round < ROUNDS; round++) {
            const transactions = hotSlotTransactions(scenario, 150, SENDER_COUNT, random);
            const expected = runInOrder(state, transactions, block);
            expectEqual(await parallel.run(transactions), expected, `${scenario.name}, round ${round}`);
          }
          if (process.env.PARALLEL_STATISTICS) {
            console.log(scenario.name, JSON.stringify(parallel.runner.statistics()));
          }
        }
        const { deltas } = parallel.runner.statistics();
        if (workerCount > 1) expect(deltas.kept, 'kept as deltas').to.be.greaterThan(0);
      } finally {
        await parallel.pool.shutDown();
      }
    });
  }
});
