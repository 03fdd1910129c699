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

const WORKLOADS = [freshTransfers, freshTokenTransfers, independentSwaps, hotTokenTransfers, hotSwaps];
/** A swap is several times a transfer's work. */
const TRANSACTION_SHARE = 0.25;
const BLOCK_GAS_LIMIT = 2_000_000_000;
const INDEPENDENT_GOAL = { atLeast: 1.6 };
const CONTENDED_GOAL = { atLeast: 0.95 };
const REPLAY_GOAL = { atLeast: 1.3 };

export const workers: Section = {
  title: 'Workers: the parallel executor against the sequential one',
  about:
    'Blocks on a new chain each, 1,000 senders: execute, state root, seal; nothing is written to disk. `beside` is the same executor with one ' +
    "worker where nothing contends, and the node's own sequential executor where everything does, and of replays.",

  async measure({ blockTransactionCount, rounds }) {
    const count = Math.ceil(blockTransactionCount * TRANSACTION_SHARE);
    const many = parallelVariants([1, ...workerCounts()]);
    const variants = [sequential, ...many];
    const rows: Row[] = [];
    for (const make of WORKLOADS) {
      const workload = make(count);
      log(`workers: ${workload.work}`);
      const works = Object.fromEntries(variants.map((variant) => [variant.name, () => run(workload, variant)]));
      const replays = many.filter(({ workerCount }) => workerCount > 1);
      const accessList = replays.length > 0 ? await accessListOf(workload) : undefined;
      for (const variant of replays) works[replayName(variant)] = () => run(workload, variant, accessList);
      const times = await interleaved(works, rounds);
      const rate = ({ name }: { name: string }) => (count / times[name]) * 1000;
      rows.push(compare(`${workload.work}: ${sequential.name}`, '/s', rate(sequential), undefined));
      for (const variant of many.filter(({ workerCount }) => workerCount > 1)) {
        const beside = workload.isContended ? sequential : many[0];
        const goal = variant.workerCount !== 2 ? undefined : workload.isContended ? CONTENDED_GOAL : INDEPENDENT_GOAL;
        const peer = { name: beside.name, value: rate(beside) };
        rows.push(compare(`${workload.work}: ${variant.name}`, '/s', rate(variant), peer, goal));
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

/** @returns ms */
async function run(workload: Workload, variant: ExecutorVariant, accessList?: Uint8Array): Promise<number> {
  return (await execute(workload, variant, accessList)).executeMs;
}

async function accessListOf(workload: Workload): Promise<Uint8Array | undefined> {
  return (await execute(workload, sequential)).executed.accessList;
}

async function execute(
  { rich, contracts, transactions }: Workload,
  { choice }: ExecutorVariant,
  accessList?: Uint8Array,
) {
  const options = { executor: choice, rich, contracts, gasLimit: BLOCK_GAS_LIMIT, store: 'disk' } as const;
  const chain = await BenchChain.open(options);
  try {
    return await chain.execute(transactions, accessList);
  } finally {
    await chain.close();
  }
}
