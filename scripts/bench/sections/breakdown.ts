import { BLOCK_TRANSACTIONS_SIZE_BYTES_MAX, decodeTransaction } from '../../../src/codec/transaction';
import { fromHex, toHex } from '../../../src/core/bytes';
import { Kernel } from '../../../src/kernel/kernel';
import { BenchChain } from '../benchChain';
import { sendBodies } from '../jsonRpcClient';
import { interleaved, log, ownProcessorMs } from '../measure';
import type { Row, Section } from '../section';
import { freshTokenTransfers, freshTransfers, type Workload } from '../workloads';

const TRANSACTION_COUNT = 5_000;
const BATCH_SIZE = 50;
const GAS_LIMIT = 1_000_000_000;
const PARTS = ['JSON and hex', 'decode', 'signature recovery', 'execute and seal', 'state root', 'commit'] as const;
type Part = (typeof PARTS)[number];

export const breakdown: Section = {
  title: "Where a transaction's time goes",
  about:
    "The parts of a transaction's way from a JSON-RPC batch to a block on disk, each measured alone in this process; blocks as large as the " +
    'node makes them. Milliseconds of processor time, of all threads, per 1,000 transactions.',

  async measure({ rounds }) {
    const rows: Row[] = [];
    for (const make of [freshTransfers, freshTokenTransfers]) {
      const workload = make(TRANSACTION_COUNT);
      log(`breakdown: ${workload.work}`);
      const times = await measureParts(workload, rounds);
      const perThousand = 1000 / TRANSACTION_COUNT;
      const total = PARTS.reduce((sum, part) => sum + times[part], 0);
      for (const part of PARTS) {
        const share = `${((100 * times[part]) / total).toFixed(0)} %`;
        rows.push({ work: `${workload.work}: ${part}, ${share}`, unit: 'ms', own: times[part] * perThousand });
      }
      rows.push({ work: `${workload.work}: together`, unit: 'ms', own: total * perThousand });
    }
    return { rows, memoryMebibytes: {}, versions: {}, notes: [] };
  },
};

async function measureParts(workload: Workload, rounds: number): Promise<Record<Part, number>> {
  const { transactions } = workload;
  const bodies = sendBodies(
    transactions.map(({ raw }) => toHex(raw)),
    BATCH_SIZE,
  );
  let chainTimes = { 'execute and seal': 0, 'state root': 0, commit: 0 };
  const times = await interleaved(
    {
      'JSON and hex': async () => timed(() => bodies.map(readBatch)),
      decode: async () => timed(() => transactions.map(({ raw, from }) => decodeTransaction(raw, from))),
      withRecovery: async () => timed(() => transactions.map(({ raw }) => decodeTransaction(raw))),
      'execute and seal': async () => {
        chainTimes = await runChain(workload);
        return chainTimes['execute and seal'];
      },
      'state root': async () => chainTimes['state root'],
      commit: async () => chainTimes.commit,
    },
    rounds,
  );
  return { ...times, 'signature recovery': times.withRecovery - times.decode };
}

function readBatch(body: string): Uint8Array[] {
  const requests = JSON.parse(body) as { id: number; params: [string] }[];
  for (const { id } of requests) JSON.stringify({ jsonrpc: '2.0', id, result: '0x'.padEnd(66, '1') });
  return requests.map(({ params }) => fromHex(params[0]));
}

function timed(work: () => unknown): number {
  const startedMs = ownProcessorMs();
  work();
  return ownProcessorMs() - startedMs;
}

async function runChain({ rich, contracts, transactions }: Workload) {
  const chain = await BenchChain.open({
    executor: { executor: 'sequential' },
    rich,
    contracts,
    gasLimit: GAS_LIMIT,
    store: 'disk',
  });
  const root = timeStateRoots();
  let [executeMs, commitMs] = [0, 0];
  try {
    const blockSize = Math.floor(BLOCK_TRANSACTIONS_SIZE_BYTES_MAX / transactions[transactions.length - 1].raw.length);
    for (let at = 0; at < transactions.length; at += blockSize) {
      const times = await chain.seal(transactions.slice(at, at + blockSize));
      executeMs += times.executeProcessorMs;
      commitMs += times.commitProcessorMs;
    }
    return { 'execute and seal': executeMs - root.totalMs, 'state root': root.totalMs, commit: commitMs };
  } finally {
    root.restore();
    await chain.close();
  }
}

/** Times every `Kernel.stateRoot` until restored. */
function timeStateRoots(): { totalMs: number; restore(): void } {
  const original = Kernel.prototype.stateRoot;
  const times = {
    totalMs: 0,
    restore: () => {
      Kernel.prototype.stateRoot = original;
    },
  };
  Kernel.prototype.stateRoot = function stateRoot() {
    const startedMs = ownProcessorMs();
    const root = original.call(this);
    times.totalMs += ownProcessorMs() - startedMs;
    return root;
  };
  return times;
}
