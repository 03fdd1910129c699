/**
 * The block's lists, by all workers: receipts of settled transactions are written, and whole groups of receipts and of transactions hashed
 * (sealing/items.ts), in jobs of 256 transactions that need nothing of one another but the gas used before them.
 *
 *   main thread     planSealing, beginSealJobs
 *   every worker    runSealJobs, in `work`
 *   main thread     finishSealing
 *
 * The list's first group and what follows the last whole one are the main thread's, as are blocks in which a transaction is not included.
 *
 * A job: u64 gas used before it · u32 where its stored receipts lie · u32 their size · u32 1 once it is done · 12 free · bloom 256.
 */
import { B_GAS_USED } from '../block';
import { Status } from '../evm/status';
import { blockContext } from '../memory';
import { RECORD_RAW, RECORD_RAW_SIZE } from '../runTransactions';
import { blockBloom, GROUP_LENGTH, groupReference, HEADROOM, helpSealing, isFull, ITEM_SIZE, itemCount, ITEMS_MAX, sealingBase, skipGroups } from '../sealing/items';
import { hashGroup, hashLastGroup } from '../sealing/orderedRoot';
import { addStored, CONSENSUS_RECEIPT_SIZE, hasRoomForStored, lastConsensusSize, logsSizeOf, STORED_RECEIPT_SIZE, writeReceipt } from '../sealing/receipt';
import { R_GAS_USED, R_STATUS } from '../transaction';
import { HAS_TO, TX_FLAGS, TX_SENDER, TX_TYPE } from '../transactionContext';
import { PREFIX_SIZE, sealResults } from './records';
import { allocate, control, JOB_A, JOB_B, JOB_C, JOB_CURSOR, JOB_D, readsBuffer, recordOf, T_RESULT, T_SOURCE, workerNumber } from './region';

const GROUPS_PER_JOB: u32 = 16;
const JOB_SIZE: usize = 288;
const J_GAS: usize = 0;
const J_STORED: usize = 8;
const J_STORED_SIZE: usize = 12;
const J_DONE: usize = 16;
const J_BLOOM: usize = 32;
const BLOOM_SIZE: usize = 256;
/** Fewer are not worth waking anybody. */
const GROUPS_MIN: u32 = 8;
const ITEMS_SIZE: usize = ITEM_SIZE * <usize>GROUP_LENGTH;

/** First transaction of the jobs, the list index of its item, and their groups. */
let firstTransaction: u32 = 0;
let firstItem: u32 = 0;
let groups: u32 = 0;
let jobs: usize = 0;
/** Gas that the block has used behind the last job. */
let gasBehind: u64 = 0;

@inline
function jobCount(): u32 {
  return (groups + GROUPS_PER_JOB - 1) / GROUPS_PER_JOB;
}

/**
 * Seals the first of the run's transactions below `to`, whose results are final, and makes jobs of most of the others. Returns how many; 0: there are
 * none, and nothing is sealed.
 */
export function planSealing(to: u32): u32 {
  groups = 0;
  const count = itemCount(0);
  if (itemCount(1) != count || isFull(0) || isFull(1)) return 0;
  const aligned = max<u32>(GROUP_LENGTH, (count + GROUP_LENGTH - 1) & ~(GROUP_LENGTH - 1));
  firstTransaction = aligned - count;
  firstItem = aligned;
  if (to < firstTransaction + GROUPS_MIN * GROUP_LENGTH + 1 || count + to > ITEMS_MAX) return 0;
  for (let index: u32 = 0; index < to; index++) {
    if (load<i32>(<usize>load<u32>(recordOf(index), T_RESULT), R_STATUS) >= Status.NonceTooLow) return 0;
  }
  groups = (to - firstTransaction - 1) / GROUP_LENGTH;
  jobs = allocate(<usize>jobCount() * JOB_SIZE);
  if (jobs == 0 || sealResults(0, firstTransaction) != firstTransaction) {
    groups = 0;
    return 0;
  }
  gasBehind = load<u64>(blockContext(), B_GAS_USED);
  for (let i: u32 = 0; i < groups * GROUP_LENGTH; i++) {
    if (i % (GROUPS_PER_JOB * GROUP_LENGTH) == 0) {
      const job = jobs + <usize>(i / (GROUPS_PER_JOB * GROUP_LENGTH)) * JOB_SIZE;
      memory.fill(job, 0, JOB_SIZE);
      store<u64>(job, gasBehind, J_GAS);
    }
    gasBehind += load<u64>(<usize>load<u32>(recordOf(firstTransaction + i), T_RESULT), R_GAS_USED);
  }
  return jobCount();
}

/** Where the transactions that planSealing has sealed end. */
export function sealedFirst(): u32 {
  return firstTransaction;
}

/** Writes what the workers must know. */
export function describeSealJobs(): void {
  store<u32>(control(), <u32>jobs, JOB_A);
  store<u32>(control(), groups, JOB_B);
  store<u32>(control(), firstTransaction, JOB_C);
  store<u32>(control(), firstItem, JOB_D);
}

/** Does jobs until none is left. `sealingAt`: the region of the block's lists. */
export function runSealJobs(sealingAt: usize): bool {
  // Nothing is executed now: the buffer of reads is free.
  if (workerNumber() != 0) helpSealing(sealingAt, readsBuffer());
  const first = <usize>load<u32>(control(), JOB_A);
  const all = load<u32>(control(), JOB_B);
  const transaction = load<u32>(control(), JOB_C);
  const item = load<u32>(control(), JOB_D);
  while (true) {
    const number = atomic.add<u32>(control(), 1, JOB_CURSOR);
    const from = number * GROUPS_PER_JOB;
    if (from >= all) return true;
    const to = min<u32>(from + GROUPS_PER_JOB, all);
    const start = from * GROUP_LENGTH;
    if (!sealJob(first + <usize>number * JOB_SIZE, transaction + start, item + start, (to - from) * GROUP_LENGTH)) return false;
  }
}

/** A job: `count` transactions from `first` on, whose items begin at index `item`. */
function sealJob(job: usize, first: u32, item: u32, count: u32): bool {
  let logsSize: usize = 0;
  let groupSize: usize = 0;
  let groupSizeMax: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const size = <usize>logsSizeOf(<usize>load<u32>(recordOf(first + i), T_RESULT));
    logsSize += size;
    groupSize = (i % GROUP_LENGTH == 0 ? 0 : groupSize) + size;
    groupSizeMax = max(groupSizeMax, groupSize);
  }
  const consensusSize = groupSizeMax + <usize>GROUP_LENGTH * (HEADROOM + CONSENSUS_RECEIPT_SIZE + 8);
  const at = allocate(2 * ITEMS_SIZE + consensusSize + logsSize + <usize>count * STORED_RECEIPT_SIZE);
  if (at == 0) return false;
  const receipts = at + ITEMS_SIZE;
  const consensus = at + 2 * ITEMS_SIZE;
  const storedBegin = consensus + consensusSize;
  let stored = storedBegin;
  let gas = load<u64>(job, J_GAS);
  for (let start: u32 = 0; start < count; start += GROUP_LENGTH) {
    let free = consensus;
    for (let i: u32 = 0; i < GROUP_LENGTH; i++) {
      const record = recordOf(first + start + i);
      const source = <usize>load<u32>(record, T_SOURCE);
      const result = <usize>load<u32>(record, T_RESULT);
      const entry = <usize>i * ITEM_SIZE;
      const raw = <usize>load<u32>(source - PREFIX_SIZE);
      // In front of the bytes lies the record's head, read when it was decoded: room for what the leaf has there.
      store<u32>(at + entry, <u32>(raw + RECORD_RAW));
      store<u32>(at + entry, load<u32>(raw, RECORD_RAW_SIZE), 4);
      gas += load<u64>(result, R_GAS_USED);
      const creator = (load<u32>(source, TX_FLAGS) & HAS_TO) == 0 ? source + TX_SENDER : 0;
      stored = writeReceipt(result, gas, load<u32>(source, TX_TYPE), creator, stored, free + HEADROOM, job + J_BLOOM);
      store<u32>(receipts + entry, <u32>(free + HEADROOM));
      store<u32>(receipts + entry, lastConsensusSize(), 4);
      free = (free + HEADROOM + <usize>lastConsensusSize() + 7) & ~7;
    }
    const group = (item + start) / GROUP_LENGTH;
    hashGroup(at, group, groupReference(0, group));
    hashGroup(receipts, group, groupReference(1, group));
  }
  store<u32>(job, <u32>storedBegin, J_STORED);
  store<u32>(job, <u32>(stored - storedBegin), J_STORED_SIZE);
  atomic.store<u32>(job, 1, J_DONE);
  return true;
}

/** Makes the jobs' work the block's. Returns the first transaction that is not sealed: where a job was not done, or the receipts have no room, the first of all jobs. */
export function finishSealing(): u32 {
  let size: usize = 0;
  for (let i: u32 = 0; i < jobCount(); i++) {
    const job = jobs + <usize>i * JOB_SIZE;
    if (load<u32>(job, J_DONE) == 0) return firstTransaction;
    size += <usize>load<u32>(job, J_STORED_SIZE);
  }
  if (!hasRoomForStored(size)) return firstTransaction;
  for (let list = 0; list < 2; list++) {
    hashLastGroup(list);
    skipGroups(list, groups);
  }
  for (let i: u32 = 0; i < jobCount(); i++) {
    const job = jobs + <usize>i * JOB_SIZE;
    addStored(<usize>load<u32>(job, J_STORED), <usize>load<u32>(job, J_STORED_SIZE));
    const bloom = blockBloom();
    for (let at: usize = 0; at < BLOOM_SIZE; at += 8) {
      store<u64>(bloom + at, load<u64>(bloom + at) | load<u64>(job + J_BLOOM + at));
    }
  }
  store<u64>(blockContext(), gasBehind, B_GAS_USED);
  return firstTransaction + groups * GROUP_LENGTH;
}

/** What `runSealJobs` needs of the main thread's instance. */
export function sealingRegion(): usize {
  return sealingBase();
}
