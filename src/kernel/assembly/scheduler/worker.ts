/**
 * A worker's part in a parallel run: takes chunks until the run is over.
 *
 *   main thread     beginRun, addRecords as often as there are some, sealRun
 *   every worker    after beginRun: work, again after each return but Done and Stopped
 *   main thread     once all have returned from their last: finalCount, fittingCount, settle
 */
import { isCollecting } from '../accessList/collect';
import { enterList } from '../accessList/givenList';
import { collectRun } from '../accessList/collectRun';
import { B_BASE_FEE_RECIPIENT, B_COINBASE, B_GAS_LIMIT, B_GAS_USED } from '../block';
import { isRegionFull } from '../evm/gas';
import { Status } from '../evm/status';
import { chargesL1Fee, l1FeeRecipient } from '../l1Fee';
import { blockContext, workBase } from '../memory';
import { beginReads, blockingTransaction, enterRun, leaveRun, readsHold, WAIT_POLLS } from '../state/multiVersion';
import { deltasHold, markEstimates, OUTCOME_SIZE, publish, X_BALANCE, X_READS, X_READS_SIZE } from '../state/multiVersionPublish';
import { settleRun } from '../state/multiVersionSettle';
import { reserveFlatCache } from '../state/flatCache';
import { hashAddress, sameAddress } from '../state/hash';
import { findAccount } from '../state/overlay';
import { readAccount } from '../state/stateAccess';
import { followArena, releaseLocalLists } from '../trie/arena';
import { executeTransaction, Mode, outcome, R_GAS_USED, R_STATUS } from '../transaction';
import { TX_GAS_LIMIT, TX_SENDER } from '../transactionContext';
import { workOnPhase } from './phases';
import {
  AHEAD,
  BASE_FEE_ENTRY,
  CHUNK_CURSOR,
  CHUNK_GAS,
  CHUNK_LENGTH_MAX,
  CHUNKS,
  chunkStart,
  clearStatistics,
  COINBASE_ENTRY,
  COLLECTS,
  COMMITTED,
  control,
  count,
  COUNT,
  COUNT_MAX,
  EPOCH,
  FINAL,
  forgetPortion,
  IN_VAIN,
  IN_VAIN_MAX,
  L1_FEE_ENTRY,
  LONGEST_CHAIN,
  nextSenderBucket,
  PUT_OFF,
  recordOf,
  REPLAYS,
  REQUESTS,
  resetArena,
  SEALED,
  senderBucket,
  startChunk,
  STAT_ABORTS,
  STAT_DEPENDENCIES,
  STAT_EXECUTIONS,
  STAT_POLLS,
  STAT_VALIDATIONS,
  STOP,
  Stop,
  stopReason,
  stopRun,
  T_CHAIN,
  T_PREVIOUS,
  T_RESULT,
  T_SOURCE,
  workersOfRun,
} from './region';
import { isReplay, isReplayOver, replayChunk } from './replay';
import { claimChunk, commitChunk, committedChunks, Fate, finishChunk, isDone, noteAhead, resetDepth, takeTurn } from './scheduler';

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

/** About 20 µs: what a chunk takes. */
const POLLS_MAX: i32 = 4000;
/** A chunk has as many transactions as may use this gas, within these bounds: 10 to 20 µs of work, to be long beside what a chunk costs. */
const CHUNK_GAS_MAX: u64 = 700_000;
const CHUNK_LENGTH_MIN: u32 = 4;
const CHUNK_LENGTH_LIMIT: u32 = 32;
/** Chunks of a run for each worker, at least, where it has transactions enough. */
const CHUNKS_PER_WORKER: u32 = 8;
/** New to the flat cache; a run that needs more is given up. */
const ACCOUNTS_PER_TRANSACTION: u32 = 4;
const SLOTS_PER_TRANSACTION: u32 = 8;

const NOBODY: i32 = -1;

/** The epoch of the run that this instance's state belongs to. */
let enteredEpoch: u32 = 0;
/** The chunk in hand, its next transaction and its end. */
let chunk: i32 = NOBODY;
let next: u32 = 0;
let end: u32 = 0;
/** All below `next` is final: it is the chunk's turn. */
let isItsTurn: bool = false;

/**
 * Starts a run of no transactions on the flat cache as it is; more than `inVainMax` of 40 executed ahead of their turn in vain, and it is given up. False
 * where this block can't be run in parallel.
 */
export function beginRun(transactionsMax: u32, inVainMax: u32): bool {
  const at = control();
  store<u32>(at, load<u32>(at, EPOCH) + 1, EPOCH);
  store<u32>(at, 0, COUNT);
  store<u32>(at, 0, SEALED);
  store<u32>(at, transactionsMax, COUNT_MAX);
  store<u32>(at, 0, LONGEST_CHAIN);
  store<u32>(at, 0, CHUNK_CURSOR);
  store<u32>(at, 0, CHUNKS);
  store<u32>(at, 0, COMMITTED);
  store<u32>(at, 0, FINAL);
  store<u32>(at, 0, AHEAD);
  store<u32>(at, 0, PUT_OFF);
  store<u32>(at, 0, IN_VAIN);
  store<u32>(at, inVainMax, IN_VAIN_MAX);
  store<u32>(at, isCollecting() ? 1 : 0, COLLECTS);
  store<u64>(at, 0, CHUNK_GAS);
  const fair = transactionsMax / (workersOfRun() * CHUNKS_PER_WORKER);
  store<u32>(at, min<u32>(max<u32>(fair, CHUNK_LENGTH_MIN), CHUNK_LENGTH_LIMIT), CHUNK_LENGTH_MAX);
  store<u32>(at, 0, STOP);
  store<u32>(at, 0, REQUESTS);
  store<u32>(at, 0, REPLAYS);
  startChunk(0, 0);
  clearStatistics();
  resetArena();
  resetDepth();
  reserveFlatCache(transactionsMax * ACCOUNTS_PER_TRANSACTION, transactionsMax * SLOTS_PER_TRANSACTION);
  const coinbase = readAccount(blockContext() + B_COINBASE);
  const recipient = blockContext() + B_BASE_FEE_RECIPIENT;
  const none = load<u64>(recipient) == 0 && load<u64>(recipient, 8) == 0 && load<u32>(recipient, 16) == 0;
  let baseFee: usize = 0;
  if (!none) baseFee = readAccount(recipient);
  store<u32>(at, <u32>coinbase, COINBASE_ENTRY);
  store<u32>(at, <u32>baseFee, BASE_FEE_ENTRY);
  let l1Fees: usize = 0;
  if (chargesL1Fee()) l1Fees = readAccount(l1FeeRecipient());
  store<u32>(at, <u32>l1Fees, L1_FEE_ENTRY);
  return coinbase != 0 && (none || baseFee != 0) && (l1Fees != 0 || !chargesL1Fee());
}

/** Adds the encoded transaction at `source`. */
export function addTransaction(source: usize): void {
  const at = control();
  const index = load<u32>(at, COUNT);
  const first = chunkStart(load<u32>(at, CHUNKS));
  const gasLimit = load<u64>(source, TX_GAS_LIMIT);
  const length = index - first;
  const gas = load<u64>(at, CHUNK_GAS);
  if (
    length >= load<u32>(at, CHUNK_LENGTH_MAX) ||
    (length >= CHUNK_LENGTH_MIN && (gasLimit > CHUNK_GAS_MAX || gas + gasLimit > CHUNK_GAS_MAX))
  ) {
    endChunk(index);
  }
  store<u64>(at, min<u64>(load<u64>(at, CHUNK_GAS) + min<u64>(gasLimit, CHUNK_GAS_MAX), 2 * CHUNK_GAS_MAX), CHUNK_GAS);
  const record = recordOf(index);
  const earlier = replaceLast(source + TX_SENDER, index);
  const chain: u32 = earlier < 0 ? 1 : load<u32>(recordOf(<u32>earlier), T_CHAIN) + 1;
  store<u32>(record, 0, T_RESULT);
  store<u32>(record, <u32>source, T_SOURCE);
  store<u32>(record, <u32>(earlier + 1), T_PREVIOUS);
  store<u32>(record, chain, T_CHAIN);
  if (chain > load<u32>(at, LONGEST_CHAIN)) store<u32>(at, chain, LONGEST_CHAIN);
  store<u32>(at, index + 1, COUNT);
}

/** The chunk that is being filled ends before `index`: workers may take it. */
function endChunk(index: u32): void {
  const complete = load<u32>(control(), CHUNKS) + 1;
  startChunk(complete, index);
  store<u64>(control(), 0, CHUNK_GAS);
  atomic.store<u32>(control(), complete, CHUNKS);
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
  const transactions = load<u32>(control(), COUNT);
  if (chunkStart(load<u32>(control(), CHUNKS)) < transactions) endChunk(transactions);
  atomic.store<u32>(control(), 1, SEALED);
  return load<u32>(control(), LONGEST_CHAIN);
}

/** Takes part in the run, or in the jobs of a phase; `isMain`: as the thread that answers the workers' requests. */
export function work(isMain: bool): i32 {
  if (!isMain) followArena();
  const epoch = load<u32>(control(), EPOCH);
  if (enteredEpoch != epoch) {
    enteredEpoch = epoch;
    forgetPortion();
    chunk = NOBODY;
    enterRun(epoch, load<u32>(control(), COUNT_MAX));
    enterList();
  }
  if (workOnPhase()) return Work.Done;
  const result = isReplay() ? replayChunks(isMain) : takeChunks(isMain);
  leaveRun();
  // Between runs nobody but the main thread has free nodes to itself, so that pages can be counted.
  if (!isMain) releaseLocalLists();
  return result;
}

function takeChunks(isMain: bool): Work {
  let polls = 0;
  while (true) {
    if (stopReason() != Stop.None) return Work.Stopped;
    if (isMain && atomic.load<u32>(control(), REQUESTS) != 0) return Work.Request;
    const committed = committedChunks();
    if (takeTurn(committed, chunk)) {
      confirmWhole(committed);
    } else if (chunk != NOBODY || takeChunk(committed)) {
      executeNext(committed);
    } else if (isDone(committed)) {
      return Work.Done;
    } else {
      count(STAT_POLLS);
      if (++polls > POLLS_MAX) return Work.Idle;
      continue;
    }
    polls = 0;
  }
}

/** As `takeChunks`, of a run with an access list. */
function replayChunks(isMain: bool): Work {
  let polls = 0;
  while (true) {
    if (stopReason() != Stop.None) return Work.Stopped;
    if (isMain && atomic.load<u32>(control(), REQUESTS) != 0) return Work.Request;
    if (replayChunk()) {
      polls = 0;
    } else if (isReplayOver(isMain)) {
      return Work.Done;
    } else {
      count(STAT_POLLS);
      if (++polls > POLLS_MAX) return Work.Idle;
    }
  }
}

function takeChunk(committed: u32): bool {
  chunk = claimChunk(committed);
  if (chunk == NOBODY) return false;
  next = chunkStart(<u32>chunk);
  end = chunkStart(<u32>chunk + 1);
  isItsTurn = false;
  return true;
}

/** Executes the next transaction of the chunk in hand. */
function executeNext(committed: u32): void {
  if (!isItsTurn && committed == <u32>chunk) {
    if (!confirm(chunkStart(<u32>chunk), next)) return;
    isItsTurn = true;
  }
  if (isItsTurn) {
    if (!executeForGood(next)) return;
  } else {
    executeAhead(next);
  }
  next++;
  if (next < end) return;
  const finished = <u32>chunk;
  chunk = NOBODY;
  if (isItsTurn) {
    store<u32>(control(), end, FINAL);
    commitChunk(finished);
  } else {
    finishChunk(finished);
  }
}

/** Confirms a chunk whose turn it is and that was executed to its end. */
function confirmWhole(whole: u32): void {
  const wholeEnd = chunkStart(whole + 1);
  if (!confirm(chunkStart(whole), wholeEnd)) return;
  store<u32>(control(), wholeEnd, FINAL);
  commitChunk(whole);
}

/** Makes the transactions from..to-1, all below them final, final. False: the run was given up. */
function confirm(from: u32, to: u32): bool {
  for (let index = from; index < to; index++) {
    const result = <usize>atomic.load<u32>(recordOf(index), T_RESULT);
    let fate = Fate.PutOff;
    if (result != 0) {
      count(STAT_VALIDATIONS);
      const reads = <usize>load<u32>(result, X_READS);
      const holds = readsHold(index, reads, load<u32>(result, X_READS_SIZE), workBase()) && deltasHold(result);
      fate = holds ? Fate.Stands : Fate.InVain;
      if (!holds) {
        count(STAT_ABORTS);
        markEstimates(result);
      }
    }
    if (fate != Fate.Stands && !executeForGood(index)) return false;
    noteAhead(fate);
    if (stopReason() != Stop.None) {
      store<u32>(control(), index + 1, FINAL);
      return false;
    }
  }
  return true;
}

/** Executes a transaction below which all is final. False: the run was given up. */
function executeForGood(index: u32): bool {
  beginReads(index, true);
  const source = <usize>load<u32>(recordOf(index), T_SOURCE);
  const status = executeTransaction(source, Mode.Transaction);
  count(STAT_EXECUTIONS);
  if (isRegionFull()) stopRun(Stop.RegionFull);
  if (stopReason() != Stop.None) return false;
  publish(index, outcome(), status < Status.NonceTooLow, findAccount(source + TX_SENDER));
  // Nothing of a transaction that could not be published as a whole counts.
  return stopReason() == Stop.None;
}

/** Executes a transaction on what those below have left so far, or leaves it for its turn. */
function executeAhead(index: u32): void {
  if (!isPreviousExecuted(index)) {
    count(STAT_DEPENDENCIES);
    return;
  }
  beginReads(index, false);
  const source = <usize>load<u32>(recordOf(index), T_SOURCE);
  const status = executeTransaction(source, Mode.Transaction);
  count(STAT_EXECUTIONS);
  if (blockingTransaction() >= 0) count(STAT_DEPENDENCIES);
  // What ran out of room on a state that may never have been gets another chance.
  if (blockingTransaction() >= 0 || isRegionFull() || stopReason() != Stop.None) return;
  publish(index, outcome(), status < Status.NonceTooLow, findAccount(source + TX_SENDER));
}

/** Whether the sender's transaction before has left something; waits for it a moment. */
function isPreviousExecuted(index: u32): bool {
  const previous = load<u32>(recordOf(index), T_PREVIOUS);
  if (previous == 0) return true;
  const record = recordOf(previous - 1);
  // One in the chunk in hand was put off: then so is this one.
  const polls = previous - 1 >= chunkStart(<u32>chunk) ? 1 : WAIT_POLLS;
  for (let i = 0; i < polls; i++) {
    if (atomic.load<u32>(record, T_RESULT) != 0) return true;
  }
  return false;
}

/** After a run: how many of its first transactions are final. */
export function finalCount(): u32 {
  return load<u32>(control(), FINAL);
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

/** Makes the changes of the transactions below `end` the flat cache's. All workers have left the run. */
export function settle(end: u32): void {
  enterRun(load<u32>(control(), EPOCH), end);
  if (isCollecting()) collectRun(end);
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
