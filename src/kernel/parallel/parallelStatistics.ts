/** What parallel execution has done so far. */
export interface ParallelStatistics {
  /** Runs on several workers, and those of them that were given up, by reason. */
  parallelRuns: number;
  abandonedRuns: { regionFull: number; exceptional: number; tooManyCredits: number; contended: number; failed: number };
  /** Transactions whose result came from a parallel run, and from execution one after the other. */
  parallelTransactions: number;
  sequentialTransactions: number;
  /** Transactions whose receipts all workers wrote and hashed, and state roots that all workers computed. */
  transactionsSealedInJobs: number;
  rootsInJobs: number;
  /** In parallel runs, those that were in vain included. */
  executions: number;
  /** Executions ahead of their turn that proved wrong, and were repeated. */
  reexecutions: number;
  /** Transactions that waited for their turn, because something that they read was about to be written. */
  putOff: number;
  validations: number;
  /** Transactions whose result came from a run with an access list, each executed once. They are among those of parallel runs. */
  replayedTransactions: number;
  /** Access lists that were not those of their blocks, which were then executed without. */
  wrongAccessLists: number;
  /** Times that a worker read another state than the block's, which was then executed otherwise. */
  stateMoved: number;
  /** Reads that made an execution wait or be repeated, by kind of location. */
  conflicts: { account: number; balance: number; slot: number };
  /** Additions to slots that others write as well: those that stood without a read, and those that became reads. */
  deltas: { kept: number; resolved: number };
  /** Milliseconds for handing transactions over (others execute meanwhile), for executing the rest, and for bringing the results into the state. */
  handMs: number;
  runMs: number;
  settleMs: number;
  /** Milliseconds in runs without a task, by worker. */
  idleMs: number[];
}

export function emptyStatistics(workerCount: number): ParallelStatistics {
  return {
    parallelRuns: 0,
    abandonedRuns: { regionFull: 0, exceptional: 0, tooManyCredits: 0, contended: 0, failed: 0 },
    parallelTransactions: 0,
    sequentialTransactions: 0,
    transactionsSealedInJobs: 0,
    rootsInJobs: 0,
    executions: 0,
    reexecutions: 0,
    putOff: 0,
    validations: 0,
    replayedTransactions: 0,
    wrongAccessLists: 0,
    stateMoved: 0,
    conflicts: { account: 0, balance: 0, slot: 0 },
    deltas: { kept: 0, resolved: 0 },
    handMs: 0,
    runMs: 0,
    settleMs: 0,
    idleMs: Array.from({ length: workerCount }, () => 0),
  };
}
