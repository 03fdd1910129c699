/**
 * Parallel execution, as the host calls it. Needs a region that `attachRun` gives to every instance over the memory; each instance has
 * its own private region, and attached to the same shared one.
 */
import { layOutRegion } from './region';

export { breakCodeLock } from '../state/codeCache';
export { leaveRun } from '../state/multiVersion';
export { beginReplay, isReplayed, settleReplay } from './replay';
export { addRecords, roomEnd, sealResults } from './records';
export { beginAccountJobs, beginExportJobs, beginSealJobs, beginSlotJobs, endPhase } from './phases';
export { finishSealing, planSealing, sealedFirst } from './sealJobs';
export { addTransaction, beginRun, finalCount, fittingCount, rejectedSender, sealRun, settle, takeResult, work } from './worker';

/** Gives this instance the region that all share and its number among them; returns the size of the arena in it, 0 where there is no room. */
export function attachRun(base: usize, size: usize, transactionsMax: u32, workers: u32, worker: u32): usize {
  return layOutRegion(base, size, transactionsMax, workers, worker);
}
