/**
 * What the workers of a run do besides executing: jobs from a common counter, for the block's lists and for the state root. The main thread begins a phase and wakes
 * the workers, all call `work` until it returns, and then the phase is ended. A job that fails is the main thread's to repeat.
 */
import { releaseLocalLists } from '../trie/arena';
import { runExportJobs } from '../trie/exportJobs';
import { runAccountJobs, runSlotJobs } from '../trie/jobs';
import { setStatus, status, STATUS_OK } from '../trie/status';
import { control, JOB_A, JOB_B, JOB_C, JOB_CURSOR, JOB_FAILED, JOB_SEALING, PHASE } from './region';
import { describeSealJobs, runSealJobs, sealingRegion } from './sealJobs';

const enum Phase {
  Execution = 0,
  Sealing = 1,
  Slots = 2,
  Accounts = 3,
  Export = 4,
}

/** After `planSealing`. */
export function beginSealJobs(): void {
  describeSealJobs();
  store<u32>(control(), <u32>sealingRegion(), JOB_SEALING);
  begin(Phase.Sealing);
}

/** See trie/jobs: `runSlotJobs`. */
export function beginSlotJobs(slots: usize, plan: usize, count: i32): void {
  store<u32>(control(), <u32>slots, JOB_A);
  store<u32>(control(), <u32>plan, JOB_B);
  store<u32>(control(), count, JOB_C);
  begin(Phase.Slots);
}

/** See trie/jobs: `runAccountJobs`. */
export function beginAccountJobs(accounts: usize, count: i32): void {
  store<u32>(control(), <u32>accounts, JOB_A);
  store<u32>(control(), count, JOB_B);
  begin(Phase.Accounts);
}

/** See trie/exportJobs: `runExportJobs`. */
export function beginExportJobs(region: usize, size: usize, count: i32): void {
  store<u32>(control(), <u32>region, JOB_A);
  store<u32>(control(), count, JOB_B);
  store<u32>(control(), <u32>size, JOB_C);
  begin(Phase.Export);
}

function begin(phase: Phase): void {
  store<u32>(control(), 0, JOB_CURSOR);
  store<u32>(control(), 0, JOB_FAILED);
  atomic.store<u32>(control(), phase, PHASE);
}

/** Once all workers have left. Returns 1 where no job has failed. */
export function endPhase(): i32 {
  store<u32>(control(), Phase.Execution, PHASE);
  return load<u32>(control(), JOB_FAILED) == 0 ? 1 : 0;
}

/** Does jobs of the phase until none is left. False: there is none, transactions are executed. */
export function workOnPhase(): bool {
  const phase = atomic.load<u32>(control(), PHASE);
  if (phase == Phase.Execution) return false;
  let isDone = true;
  if (phase == Phase.Sealing) {
    isDone = runSealJobs(<usize>load<u32>(control(), JOB_SEALING));
  } else {
    setStatus(STATUS_OK);
    if (phase == Phase.Slots) {
      runSlotJobs(<usize>load<u32>(control(), JOB_A), <usize>load<u32>(control(), JOB_B), load<i32>(control(), JOB_C), control() + JOB_CURSOR);
    } else if (phase == Phase.Export) {
      runExportJobs(<usize>load<u32>(control(), JOB_A), <usize>load<u32>(control(), JOB_C), load<i32>(control(), JOB_B), control() + JOB_CURSOR);
    } else {
      runAccountJobs(<usize>load<u32>(control(), JOB_A), load<i32>(control(), JOB_B), control() + JOB_CURSOR);
    }
    isDone = status == STATUS_OK;
    setStatus(STATUS_OK);
    releaseLocalLists();
  }
  if (!isDone) atomic.store<u32>(control(), 1, JOB_FAILED);
  return true;
}
