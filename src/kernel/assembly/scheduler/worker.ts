/**
 * A worker's part in a parallel run: takes tasks until the run is over.
 *
 *   main thread     beginRun, for each transaction addTransaction, sealRun
 *   every worker    after beginRun: work, again after each return but Done and Stopped
 *   main thread     once all have returned from their last: settle (or nothing, where the run was stopped)
 */
import { B_BASE_FEE_RECIPIENT, B_COINBASE, B_GAS_LIMIT, B_GAS_USED } from '../block';
import { isRegionFull } from '../evm/gas';
import { Status } from '../evm/status';
import { blockContext, workBase } from '../memory';
import {
  beginReads,
  blockingTransaction,
  enterRun,
  leaveRun,
  readsHold,
} from '../state/multiVersion';
import { markEstimates, OUTCOME_SIZE, publish, X_BALANCE, X_READS, X_READS_SIZE } from '../state/multiVersionPublish';
import { settleRun } from '../state/multiVersionSettle';
import { reserveFlatCache } from '../state/flatCache';
import { hashAddress, sameAddress } from '../state/hash';
import { findAccount } from '../state/overlay';
import { readAccount } from '../state/stateAccess';
import { executeTransaction, Mode, outcome, R_GAS_USED, R_STATUS } from '../transaction';
import { TX_GAS_LIMIT, TX_SENDER } from '../transactionContext';
import {
  ACTIVE,
  BASE_FEE_ENTRY,
  clearStatistics,
  COINBASE_ENTRY,
  control,
  count,
  COUNT,
  COUNT_MAX,
  DECREASES,
  DONE,
  EPOCH,
  EXECUTION_CURSOR,
  forgetChunk,
  LONGEST_CHAIN,
  nextSenderBucket,
  recordOf,
  REQUESTS,
  resetArena,
  SEALED,
  senderBucket,
  STAT_ABORTS,
  STAT_DEPENDENCIES,
  STAT_EXECUTIONS,
  STAT_VALIDATIONS,
  statistics,
  STOP,
  Stop,
  stopReason,
  stopRun,
  T_CHAIN,
  T_RESULT,
  T_SOURCE,
  TRANSACTION_RECORD_SIZE,
  VALIDATION_CURSOR,
  WRITTEN_COUNT,
} from './region';
import {
  dropValidation,
  finishAbort,
  finishExecution,
  finishValidation,
  nextTask,
  parkOn,
  State,
  stateOf,
  Task,
  taskIncarnation,
  taskIndex,
  tryAbort,
  waitFor,
} from './scheduler';

/** What `work` returns. */
export const enum Work {
  Done = 0,
  /** The run was given up. */
  Stopped = 1,
  /** Nothing to do at the moment. */
  Idle = 2,
  /** A worker waits for the main thread. */
  Request = 3,
}

const POLLS_MAX: i32 = 2000;
/** New to the flat cache; a run that needs more is given up. */
const ACCOUNTS_PER_TRANSACTION: u32 = 4;
const SLOTS_PER_TRANSACTION: u32 = 8;
/** Of so many executions of one worker in a row more than these in vain: the run is given up. */
const WINDOW: u32 = 256;
const FAILURES_MAX: u32 = 48;

/** This worker's executions when the window began, and those in vain since. */
let windowFrom: u32 = 0;
let windowFailures: u32 = 0;
/** The epoch of the run that this instance's arena chunk belongs to. */
let enteredEpoch: u32 = 0;

/** Starts a run of no transactions on the flat cache as it is. False where this block can't be run in parallel. */
export function beginRun(transactionsMax: u32): bool {
  const at = control();
  store<u32>(at, load<u32>(at, EPOCH) + 1, EPOCH);
  store<u32>(at, 0, COUNT);
  store<u32>(at, 0, SEALED);
  store<u32>(at, transactionsMax, COUNT_MAX);
  store<u32>(at, 0, LONGEST_CHAIN);
  store<u32>(at, 0, EXECUTION_CURSOR);
  store<u32>(at, 0, VALIDATION_CURSOR);
  store<u32>(at, 0, DECREASES);
  store<i32>(at, 0, ACTIVE);
  store<u32>(at, 0, WRITTEN_COUNT);
  store<u32>(at, 0, DONE);
  store<u32>(at, 0, STOP);
  store<u32>(at, 0, REQUESTS);
  clearStatistics();
  resetArena();
  reserveFlatCache(transactionsMax * ACCOUNTS_PER_TRANSACTION, transactionsMax * SLOTS_PER_TRANSACTION);
  const coinbase = readAccount(blockContext() + B_COINBASE);
  const recipient = blockContext() + B_BASE_FEE_RECIPIENT;
  const none = load<u64>(recipient) == 0 && load<u64>(recipient, 8) == 0 && load<u32>(recipient, 16) == 0;
  let baseFee: usize = 0;
  if (!none) baseFee = readAccount(recipient);
  store<u32>(at, <u32>coinbase, COINBASE_ENTRY);
  store<u32>(at, <u32>baseFee, BASE_FEE_ENTRY);
  return coinbase != 0 && (none || baseFee != 0);
}

/** Adds the encoded transaction at `source`; it waits for the one before of the same sender. */
export function addTransaction(source: usize): void {
  const index = load<u32>(control(), COUNT);
  const record = recordOf(index);
  memory.fill(record, 0, TRANSACTION_RECORD_SIZE);
  store<u32>(record, <u32>source, T_SOURCE);
  const earlier = replaceLast(source + TX_SENDER, index);
  const chain: u32 = earlier < 0 ? 1 : load<u32>(recordOf(<u32>earlier), T_CHAIN) + 1;
  store<u32>(record, chain, T_CHAIN);
  if (chain > load<u32>(control(), LONGEST_CHAIN)) store<u32>(control(), chain, LONGEST_CHAIN);
  if (earlier >= 0) parkOn(index, <u32>earlier);
  atomic.store<u32>(control(), index + 1, COUNT);
}

/** Notes the sender's last transaction; returns the one before, -1: there is none. */
function replaceLast(sender: usize, index: u32): i32 {
  const epoch = load<u32>(control(), EPOCH);
  let bucket = senderBucket(hashAddress(sender));
  while (load<u32>(bucket, 4) == epoch) {
    const earlier = load<u32>(bucket);
    if (sameAddress(<usize>load<u32>(recordOf(earlier), T_SOURCE) + TX_SENDER, sender)) {
      store<u32>(bucket, index);
      return <i32>earlier;
    }
    bucket = nextSenderBucket(bucket);
  }
  store<u32>(bucket, index);
  store<u32>(bucket, epoch, 4);
  return -1;
}

/** No more transactions come. Returns how many the most frequent sender has. */
export function sealRun(): u32 {
  atomic.store<u32>(control(), 1, SEALED);
  return load<u32>(control(), LONGEST_CHAIN);
}

/** Takes part in the run; `isMain`: as the thread that answers the workers' requests. */
export function work(isMain: bool): i32 {
  const epoch = load<u32>(control(), EPOCH);
  if (enteredEpoch != epoch) {
    enteredEpoch = epoch;
    forgetChunk();
    windowFrom = 0;
    windowFailures = 0;
    enterRun(epoch, load<u32>(control(), COUNT_MAX));
  }
  const result = takeTasks(isMain);
  leaveRun();
  return result;
}

function takeTasks(isMain: bool): Work {
  let polls = 0;
  while (true) {
    if (atomic.load<u32>(control(), DONE) != 0) return Work.Done;
    if (stopReason() != Stop.None) return Work.Stopped;
    if (isMain && atomic.load<u32>(control(), REQUESTS) != 0) return Work.Request;
    let task = nextTask();
    if (task == Task.None) {
      if (++polls > POLLS_MAX) return Work.Idle;
      continue;
    }
    polls = 0;
    while (task != Task.None) {
      if (task == Task.Execution) task = execute(taskIndex(), taskIncarnation());
      else task = validate(taskIndex(), taskIncarnation());
      if (stopReason() != Stop.None) {
        if (task == Task.Validation) dropValidation();
        return Work.Stopped;
      }
    }
  }
}

function execute(index: u32, incarnation: u32): Task {
  const source = <usize>load<u32>(recordOf(index), T_SOURCE);
  beginReads(index);
  const status = executeTransaction(source, Mode.Transaction);
  count(STAT_EXECUTIONS);
  const blocking = blockingTransaction();
  if (blocking >= 0) {
    count(STAT_DEPENDENCIES);
    checkContention();
    return waitFor(index, incarnation, <u32>blocking);
  }
  if (isRegionFull()) stopRun(Stop.RegionFull);
  if (stopReason() != Stop.None) return Task.None;
  const wroteNew = publish(index, incarnation, outcome(), status < Status.NonceTooLow, findAccount(source + TX_SENDER));
  if (stopReason() != Stop.None) return Task.None;
  return finishExecution(index, incarnation, wroteNew);
}

/** After each execution that was in vain. */
function checkContention(): void {
  const executions = load<u32>(statistics(), STAT_EXECUTIONS);
  if (executions - windowFrom > WINDOW) {
    windowFrom = executions;
    windowFailures = 0;
  }
  if (++windowFailures > FAILURES_MAX) stopRun(Stop.Contended);
}

function validate(index: u32, incarnation: u32): Task {
  count(STAT_VALIDATIONS);
  const result = <usize>atomic.load<u32>(recordOf(index), T_RESULT);
  const reads = <usize>load<u32>(result, X_READS);
  if (readsHold(index, reads, load<u32>(result, X_READS_SIZE), workBase()) || !tryAbort(index, incarnation)) {
    return finishValidation();
  }
  count(STAT_ABORTS);
  checkContention();
  markEstimates(index);
  return finishAbort(index, incarnation);
}

/**
 * After a run that was given up: how many of its first transactions are right nevertheless. One is if it was executed, all below it are right, and it
 * read what they left. Where every worker left the run by itself (`isOrderly`) that is known of those that the validation cursor has passed.
 */
export function rightCount(isOrderly: bool): u32 {
  const count = load<u32>(control(), COUNT);
  const validated = isOrderly ? load<u32>(control(), VALIDATION_CURSOR) : 0;
  enterRun(load<u32>(control(), EPOCH), count);
  for (let i: u32 = 0; i < count; i++) {
    if (stateOf(i) != State.Executed) return i;
    if (i < validated) continue;
    const result = <usize>load<u32>(recordOf(i), T_RESULT);
    const reads = <usize>load<u32>(result, X_READS);
    if (!readsHold(i, reads, load<u32>(result, X_READS_SIZE), workBase())) return i;
  }
  return count;
}

/**
 * After a run: how many of its first `count` transactions stand as they are. The first one whose gas limit does not fit what those before it left of the
 * block's gas, and all above it, are to be executed one after the other.
 */
export function fittingCount(count: u32): u32 {
  const limit = load<u64>(blockContext(), B_GAS_LIMIT);
  let used = load<u64>(blockContext(), B_GAS_USED);
  for (let i: u32 = 0; i < count; i++) {
    const record = recordOf(i);
    if (load<u64>(<usize>load<u32>(record, T_SOURCE), TX_GAS_LIMIT) > limit - used) return i;
    used += load<u64>(<usize>load<u32>(record, T_RESULT), R_GAS_USED);
  }
  return count;
}

/** Makes the changes of the transactions below `end` the flat cache's. All workers have left the run, which is done. */
export function settle(end: u32): void {
  enterRun(load<u32>(control(), EPOCH), end);
  settleRun(end);
}

/** Makes the outcome of a settled transaction this instance's last one; transactions in order, each once. Returns its status. */
export function takeResult(index: u32): i32 {
  const result = <usize>load<u32>(recordOf(index), T_RESULT);
  memory.copy(outcome(), result, OUTCOME_SIZE);
  store<u64>(blockContext(), load<u64>(blockContext(), B_GAS_USED) + load<u64>(result, R_GAS_USED), B_GAS_USED);
  return load<i32>(result, R_STATUS);
}

/** Of a settled transaction that was not included: where its sender's balance and code hash lie, as X_BALANCE says. */
export function rejectedSender(index: u32): usize {
  return <usize>load<u32>(recordOf(index), T_RESULT) + X_BALANCE;
}
