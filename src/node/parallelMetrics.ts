import type { ParallelStatistics } from '../kernel/parallel/parallelStatistics';
import type { MetricSource } from './metrics';

/** An executor whose figures are shown: `execution/parallel/ParallelExecutor`. */
export interface ParallelSource {
  statistics(): ParallelStatistics | undefined;
}

const FIGURES: [name: string, help: string, value: (statistics: ParallelStatistics) => number][] = [
  ['runs_total', 'Runs on several threads', (s) => s.parallelRuns],
  ['abandoned_runs_total', 'Runs given up, whatever the reason', (s) => sum(Object.values(s.abandonedRuns))],
  ['contended_runs_total', 'Runs given up because their transactions contend', (s) => s.abandonedRuns.contended],
  ['failed_runs_total', 'Runs given up because a worker failed', (s) => s.abandonedRuns.failed],
  ['transactions_total', 'Transactions settled by parallel runs', (s) => s.parallelTransactions],
  ['in_order_transactions_total', 'Transactions executed one after the other', (s) => s.sequentialTransactions],
  ['executions_total', 'Executions in parallel runs, those in vain included', (s) => s.executions],
  ['reexecutions_total', 'Executions that proved wrong and were repeated', (s) => s.reexecutions],
  ['put_off_total', 'Transactions that waited for their turn', (s) => s.putOff],
  [
    'replayed_transactions_total',
    "Transactions executed once, with their block's access list",
    (s) => s.replayedTransactions,
  ],
  ['wrong_access_lists_total', 'Access lists that were not those of their blocks', (s) => s.wrongAccessLists],
  ['account_conflicts_total', 'Conflicts over a nonce or code', (s) => s.conflicts.account],
  ['balance_conflicts_total', 'Conflicts over a balance', (s) => s.conflicts.balance],
  ['slot_conflicts_total', 'Conflicts over a storage slot', (s) => s.conflicts.slot],
  ['deltas_total', 'Additions to a slot that others write as well, kept without a read', (s) => s.deltas.kept],
  ['resolved_deltas_total', 'Additions to a slot that became reads of it', (s) => s.deltas.resolved],
  ['idle_seconds_total', 'Time of all workers in runs without a task', (s) => sum(s.idleMs) / 1000],
];

/** What the parallel executors have done since start, summed over `sources`: a node has one for each version of the rules that it runs. */
export function parallelMetrics(sources: readonly ParallelSource[]): MetricSource[] {
  return FIGURES.map(([name, help, value]) => ({
    name: `parallel_${name}`,
    help,
    read() {
      const known = sources.flatMap((source) => source.statistics() ?? []);
      return known.length === 0 ? undefined : sum(known.map(value));
    },
  }));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
