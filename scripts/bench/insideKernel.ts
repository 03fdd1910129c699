/**
 * Times the runs inside the kernel alone: no sealing, no state root, no objects.
 *
 *   node -r ts-node/register/transpile-only scripts/bench/insideKernel.ts [--count 5000] [--rounds 7] [--workers 1,2] [--cold] [--only raw,erc20]
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { addresses } from '../../src/chain/addresses';
import { buildGenesis } from '../../src/chain/genesis';
import { predeploys } from '../../src/chain/predeploys/predeploys';
import { openLevelStore } from '../../src/core/levelStore';
import { SnapshotBackend } from '../../src/execution/kernel/snapshotBackend';
import { encodeTransaction } from '../../src/kernel/encodeTransaction';
import { Kernel } from '../../src/kernel/kernel';
import { RunField, STATISTICS_SIZE_BYTES, StatisticsField, Work } from '../../src/kernel/parallel/runLayout';
import { poolSizeBytes, WorkerPool, type WorkerPoolOptions } from '../../src/kernel/parallel/workerPool';
import { warmUpKernel } from '../../src/kernel/warmUp';
import { ChainStore } from '../../src/state/chainStore';
import { benchConfig } from './benchChain';
import {
  freshTokenTransfers,
  freshTransfers,
  hotSwaps,
  hotTokenTransfers,
  independentSwaps,
  type Workload,
} from './workloads';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '9' },
    workers: { type: 'string', default: '1,2' },
    only: { type: 'string', default: 'raw,erc20,swaps,hot20,hotswap' },
    cold: { type: 'boolean', default: false },
    vain: { type: 'string', default: '18' },
    detail: { type: 'boolean', default: false },
  },
});
const makers: Record<string, (count: number) => Workload> = {
  raw: freshTransfers,
  erc20: freshTokenTransfers,
  swaps: independentSwaps,
  hot20: hotTokenTransfers,
  hotswap: hotSwaps,
};
const count = Number(values.count);
const rounds = Number(values.rounds);

async function main() {
  warmUpKernel();
  console.log(
    `load ${loadavg()
      .map((l) => l.toFixed(2))
      .join(' ')}, ${count} transactions, best of ${rounds}, ${values.cold ? 'cold' : 'warm'} state`,
  );
  for (const name of values.only.split(',')) await measure(name, makers[name](count));
}

async function measure(name: string, workload: Workload) {
  const folder = mkdtempSync(join(tmpdir(), 'inside-'));
  const config = benchConfig({ rich: workload.rich, gasLimit: 2_000_000_000 });
  const chain = await ChainStore.open(
    await openLevelStore(folder),
    config,
    buildGenesis(config, [...predeploys(), ...workload.contracts]),
  );
  const pools: { kernel: Kernel; pool: WorkerPool; ats: number[]; workers: number }[] = [];
  for (const workers of values.workers.split(',').map(Number)) {
    const options: WorkerPoolOptions = {
      workerCount: workers,
      transactionCountMax: Math.max(count, 16384),
      backend: { module: join(__dirname, '../../dist/execution/parallel/databaseBackend.js'), options: folder },
    };
    const backend = new SnapshotBackend((n) => chain.blockHashByNumber(n));
    backend.state = chain.stateAt(0);
    const kernel = new Kernel(backend, { accountBits: 18, slotBits: 19, extraSizeBytes: poolSizeBytes(options) });
    const pool = new WorkerPool(kernel.sharedMemory, options);
    kernel.exports.attachRun(...pool.runArguments(0));
    await pool.started();
    pools.push({ kernel, pool, ats: [], workers });
  }
  const times = new Map<string, number[]>();
  const note = (key: string, ms: number) => times.set(key, [...(times.get(key) ?? []), ms]);
  let detail = '';
  for (let round = 0; round < rounds + 2; round++) {
    // Sequential on the first kernel.
    {
      const { kernel, pool } = pools[0];
      begin(kernel);
      const ats = hand(kernel, pool, workload);
      const from = performance.now();
      for (const at of ats) {
        const status = kernel.exports.execute(at, 0);
        if (status !== 0) throw new Error(`status ${status}`);
        kernel.exports.applyTransaction();
      }
      note('sequential', performance.now() - from);
    }
    for (const { kernel, pool, workers } of pools) {
      begin(kernel);
      const ats = hand(kernel, pool, workload);
      const { exports } = kernel;
      const control = new Int32Array(kernel.sharedMemory.memory.buffer, pool.runAt, 1024);
      const idleBefore = Array.from({ length: workers }, (_, w) => pool.idleMs(w));
      exports.beginRun(ats.length, Number(values.vain));
      const a = performance.now();
      for (const at of ats) exports.addTransaction(at);
      exports.sealRun();
      const b = performance.now();
      if (workers > 1) pool.open();
      let result: number;
      let idles = 0;
      for (;;) {
        result = exports.work(1);
        if (result === Work.done || result === Work.stopped) break;
        const before = performance.now();
        idles++;
        pool.waitForWorkers(0.05);
        pool.addIdleMs(performance.now() - before);
      }
      const c = performance.now();
      exports.leaveRun();
      await pool.close(undefined as never);
      const d = performance.now();
      const right = exports.finalCount();
      const fitting = exports.fittingCount(right) >>> 0;
      exports.settle(fitting);
      const e = performance.now();
      for (let i = 0; i < fitting; i++) exports.takeResult(i);
      const f = performance.now();
      for (let i = fitting; i < ats.length; i++) {
        exports.execute(ats[i], 0);
        exports.applyTransaction();
      }
      const g = performance.now();
      const key = `${workers}w`;
      note(`${key} add`, b - a);
      note(`${key} run`, c - b);
      note(`${key} leave`, d - c);
      note(`${key} settle`, e - d);
      note(`${key} take`, f - e);
      if (fitting < ats.length) note(`${key} rest`, g - f);
      note(`${key} total`, g - a);
      if (round === rounds + 1) {
        const stats = Array.from({ length: workers }, (_, w) => {
          const at = pool.runAt + RunField.statistics + w * STATISTICS_SIZE_BYTES;
          const s = (field: number) => kernel.view.getUint32(at + field, true);
          return `[exec ${s(StatisticsField.executions)} abort ${s(StatisticsField.aborts)} dep ${s(StatisticsField.dependencies)} val ${s(StatisticsField.validations)} conf ${s(16)}/${s(20)}/${s(24)} deltas ${s(StatisticsField.deltas)} resolved ${s(StatisticsField.resolved)} polls ${s(28)} idle ${(pool.idleMs(w) - idleBefore[w]).toFixed(2)}ms]`;
        });
        detail += `   ${key}: stop ${control[RunField.stop / 4]} right ${right} idles ${idles} ${stats.join(' ')}\n`;
      }
    }
  }
  const best = (key: string) => Math.min(...(times.get(key) ?? [NaN]).slice(2));
  const sequential = best('sequential');
  console.log(`${name}: sequential ${sequential.toFixed(2)} ms (${((sequential / count) * 1000).toFixed(2)} us/tx)`);
  for (const { workers } of pools) {
    const parts = ['add', 'run', 'leave', 'settle', 'take', 'rest', 'total'].map(
      (p) => `${p} ${best(`${workers}w ${p}`).toFixed(2)}`,
    );
    console.log(
      `   ${workers}w: ${parts.join('  ')}   run: ${(sequential / best(`${workers}w run`)).toFixed(2)}x seq, ${(best(`${pools[0].workers}w run`) / best(`${workers}w run`)).toFixed(2)}x ${pools[0].workers}w; total ${(sequential / best(`${workers}w total`)).toFixed(2)}x seq`,
    );
  }
  if (values.detail)
    for (const { workers } of pools) {
      const t = (times.get(`${workers}w run`) ?? []).slice(2).sort((x, y) => x - y);
      console.log(
        `   ${workers}w run deciles: ${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((d) => t[Math.floor((t.length * d) / 10)].toFixed(1)).join(' ')}`,
      );
    }
  if (detail) process.stdout.write(detail);
  for (const { pool } of pools) await pool.shutDown();
  await chain.close();
  rmSync(folder, { recursive: true });
}

function begin(kernel: Kernel) {
  if (values.cold) kernel.discard();
  else kernel.rollBack();
  kernel.beginBlock({
    number: 1,
    timestampSeconds: 1_700_000_001,
    gasLimit: 20_000_000_000n,
    chainId: 31337n,
    fork: 'osaka',
    baseFeePerGas: 1_000_000_000n,
    prevRandao: new Uint8Array(32),
    coinbase: addresses.sequencerFeeVault,
    baseFeeRecipient: addresses.baseFeeVault,
  });
}

function hand(kernel: Kernel, pool: WorkerPool, workload: Workload): number[] {
  const ats: number[] = [];
  let at = pool.sourceAt;
  for (const transaction of workload.transactions) {
    ats.push(at);
    at += encodeTransaction(transaction, kernel, at);
  }
  return ats;
}

main();
