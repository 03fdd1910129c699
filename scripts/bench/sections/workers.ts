import { cpus } from 'node:os';
import { BenchChain } from '../benchChain';
import { type ExecutorVariant, parallelVariants, sequential } from '../executorVariants';
import { interleaved, log, ownPeakMebibytes } from '../measure';
import { compare, type Row, type Section } from '../section';
import {
  freshTokenTransfers,
  freshTransfers,
  hotSwaps,
  hotTokenTransfers,
  independentSwaps,
  type Workload,
} from '../workloads';

/** A swap is several times a transfer's work. */
const TRANSACTION_SHARE = 0.25;
const BLOCK_GAS_LIMIT = 2_000_000_000;
/** Compilers are done after some thousand transactions of a kind on each thread. */
const WARM_UP_BLOCKS = 4;
/** A block takes 15 to 60 ms: of that any disturbance is much. */
const BLOCKS_PER_ROUND = 3;
const INDEPENDENT_GOAL = { atLeast: 1.6 };
const CONTENDED_GOAL = { atLeast: 0.95 };
const REPLAY_GOAL = { atLeast: 1.3 };
/** All add to one slot, which is kept as deltas. */
const HOT_SLOT_GOAL = { atLeast: 1.3 };
/** With what two workers are to reach. */
const WORKLOADS = [
  { make: freshTransfers, goal: INDEPENDENT_GOAL },
  { make: freshTokenTransfers, goal: INDEPENDENT_GOAL },
  { make: independentSwaps, goal: INDEPENDENT_GOAL },
  { make: hotTokenTransfers, goal: HOT_SLOT_GOAL },
  { make: hotSwaps, goal: CONTENDED_GOAL },
];

export const workers: Section = {
  title: 'Workers: the parallel executor against the sequential one',
  about:
    'Successive blocks, each committed before the next, on a chain of its own for each executor, 1,000 senders: execute, state root, seal; writing to disk is in no ' +
    'time, and each begins when LevelDB is done with the blocks before. Executors take turns block by block. The first four blocks of each warm it up, as in a node that runs. `beside` is the same executor with one ' +
    'worker where nothing contends, and the sequential executor where everything does, and of replays.',

  async measure({ blockTransactionCount, rounds: roundCount }) {
    const count = Math.ceil(blockTransactionCount * TRANSACTION_SHARE);
    const rounds = roundCount * BLOCKS_PER_ROUND;
    const many = parallelVariants([1, ...workerCounts()]);
    const variants = [sequential, ...many];
    const rows: Row[] = [];
    for (const { make, goal } of WORKLOADS) {
      const workload = make(count * (WARM_UP_BLOCKS + rounds));
      log(`workers: ${workload.work}`);
      const replays = many.filter(({ workerCount }) => workerCount > 1);
      const times = await timeBlocks(workload, variants, replays, count, rounds);
      const rate = ({ name }: { name: string }) => (count / times[name]) * 1000;
      rows.push(compare(`${workload.work}: ${sequential.name}`, '/s', rate(sequential), undefined));
      for (const variant of many.filter(({ workerCount }) => workerCount > 1)) {
        const beside = workload.isContended ? sequential : many[0];
        const peer = { name: beside.name, value: rate(beside) };
        rows.push(
          compare(
            `${workload.work}: ${variant.name}`,
            '/s',
            rate(variant),
            peer,
            variant.workerCount === 2 ? goal : undefined,
          ),
        );
      }
      for (const variant of replays) {
        const name = replayName(variant);
        const peer = { name: sequential.name, value: rate(sequential) };
        const goal = workload.isContended && variant.workerCount === 2 ? REPLAY_GOAL : undefined;
        rows.push(compare(`${workload.work}: ${name}`, '/s', rate({ name }), peer, goal));
      }
    }
    const notes = [`${count} transactions a block.`];
    if (many.length === 0) notes.push('This build has no parallel executor: the sequential one alone.');
    return { rows, memoryMebibytes: { 'this process': ownPeakMebibytes() }, versions: {}, notes };
  },
};

/** 2, then doubling up to the machine's cores. */
function workerCounts(): number[] {
  const counts = [2];
  for (let count = 4; count <= cpus().length; count *= 2) counts.push(count);
  return counts;
}

function replayName({ name }: ExecutorVariant): string {
  return `replay with access list, ${name}`;
}

/** Median time of a block for each executor, ms, by its name; `replays` execute with the access lists of the blocks that the first variant has made. */
async function timeBlocks(
  { rich, contracts, transactions }: Workload,
  variants: ExecutorVariant[],
  replays: ExecutorVariant[],
  count: number,
  rounds: number,
): Promise<Record<string, number>> {
  const chains: BenchChain[] = [];
  const accessLists: (Uint8Array | undefined)[] = [];
  const works: Record<string, () => Promise<number>> = {};
  const add = async (name: string, { choice }: ExecutorVariant, isReplay: boolean) => {
    const options = { executor: choice, rich, contracts, gasLimit: BLOCK_GAS_LIMIT, store: 'disk' } as const;
    const chain = await BenchChain.open(options);
    chains.push(chain);
    await chain.started();
    let number = 0;
    works[name] = async () => {
      const block = transactions.slice(number * count, (number + 1) * count);
      const { executeMs, accessList } = await chain.seal(block, isReplay ? accessLists[number] : undefined);
      accessLists[number++] ??= accessList;
      return executeMs;
    };
  };
  try {
    for (const variant of variants) await add(variant.name, variant, false);
    for (const variant of replays) await add(replayName(variant), variant, true);
    return await interleaved(works, rounds, WARM_UP_BLOCKS);
  } finally {
    for (const chain of chains) await chain.close();
  }
}
