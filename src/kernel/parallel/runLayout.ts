/** Offsets that assembly/scheduler/region.ts and its host agree on, from the base of the run region; test/kernel/parallelLayout.test.ts reads them back. */
export const RunField = { stop: 260, requests: 264, statistics: 448 } as const;
/** Of one worker, all u32. */
export const StatisticsField = {
  executions: 0,
  aborts: 4,
  dependencies: 8,
  validations: 12,
  conflicts: 16,
  polls: 28,
  deltas: 32,
  resolved: 36,
} as const;
export const STATISTICS_SIZE_BYTES = 64;
export const WORKER_COUNT_MAX = 32;

/** assembly/scheduler/worker.ts: what `work` returns. */
export const Work = { done: 0, stopped: 1, idle: 2, request: 3 } as const;

/** assembly/scheduler/region.ts: why a run was given up. */
export const Stop = {
  none: 0,
  regionFull: 1,
  exceptional: 2,
  tooManyCredits: 3,
  contended: 4,
  host: 5,
  listDiffers: 6,
} as const;

/** Bytes that each worker has in the run region, beside the arena. */
export const WORKER_BUFFERS_SIZE_BYTES = (4 * 1024 + 256) * 1024;
/** Control words, and for each transaction its record, a chunk, and at most four buckets of the table of senders. */
export const RUN_FIXED_SIZE_BYTES = 4096 + 256;
export const RUN_TRANSACTION_SIZE_BYTES = 16 + 8 + 4 * 8;
