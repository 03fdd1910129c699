/**
 * What the workers of a parallel run share, in one region behind the kernel's own: the control words, a record for each
 * transaction, the table of chunks, buffers of each worker, and the arena.
 *
 * Nothing in it needs clearing between runs but what `beginRun` writes: version lists carry the run's epoch (state/multiVersion), and the arena
 * starts over. What lies in the arena never changes once another worker can find it, and is never reused within a run.
 */
import { markRegionFull } from '../evm/gas';

// Control words; those that one side writes while the others read theirs lie in cache lines of their own.
/** u32: next chunk that nobody has taken. */
export const CHUNK_CURSOR: usize = 0;
/** u32: chunks whose transactions are final: all below it. */
export const COMMITTED: usize = 64;
// Written by whoever commits, one after the other.
/** u32: transactions that are final. */
export const FINAL: usize = 68;
/** u32: transactions executed ahead of their turn since the window of `scheduler` began, and those of them in vain. */
export const AHEAD: usize = 72;
export const IN_VAIN: usize = 76;
/** u32: more than these in a window, and the run is given up. */
export const IN_VAIN_MAX: usize = 80;
/** u32: how many chunks beyond the final ones may be taken. */
export const DEPTH: usize = 84;
/** u32: of the window's transactions, those that were put off until their turn. */
export const PUT_OFF: usize = 88;
/** u32: complete chunks, so far. */
export const CHUNKS: usize = 128;
/** u32: 1 once no more transactions come. */
export const SEALED: usize = 132;
// Written while transactions are added, read by nobody else.
/** u32: transactions of the run, so far. */
export const COUNT: usize = 192;
/** u32: most transactions of one sender. */
export const LONGEST_CHAIN: usize = 196;
/** u32: transactions that a chunk may have. */
export const CHUNK_LENGTH_MAX: usize = 200;
/** u64: the gas that those of the last, incomplete chunk may use. */
export const CHUNK_GAS: usize = 208;
// Seldom written, read all the time.
/** u32: why the run is given up, 0 while it goes on. */
export const STOP: usize = 260;
/** u32: workers that wait for the main thread to read state for them. */
export const REQUESTS: usize = 264;
/** u32: of this run. */
export const EPOCH: usize = 272;
/** Flat entry of the coinbase. */
export const COINBASE_ENTRY: usize = 276;
/** Flat entry of who gets the base fee; 0: nobody. */
export const BASE_FEE_ENTRY: usize = 280;
/** Flat entry of who gets the L1 data fees; 0: this block charges none. */
export const L1_FEE_ENTRY: usize = 284;
/** u32: transactions that the run will have at most. */
export const COUNT_MAX: usize = 288;
/** u32: whether the block's access list is collected. */
export const COLLECTS: usize = 292;
/** u32: what the workers do (phases), and of jobs what they are told, and whether one has failed. */
export const PHASE: usize = 296;
export const JOB_A: usize = 300;
export const JOB_B: usize = 304;
export const JOB_C: usize = 308;
export const JOB_D: usize = 312;
export const JOB_SEALING: usize = 316;
/** u32: whether an access list says what the run's transactions read (`replay`). */
export const REPLAYS: usize = 324;
/** u32: block access index of what precedes the run's first transaction. */
export const LIST_BASE: usize = 328;
// Of the list (accessList/givenList): its accounts' items and their number; what stands for whatever is not in it; all its items; the first byte behind it.
export const LIST_ACCOUNTS: usize = 332;
export const LIST_ACCOUNT_COUNT: usize = 336;
export const LIST_ABSENT: usize = 340;
export const LIST_ITEMS: usize = 344;
export const LIST_BYTES_END: usize = 348;
// u32 counts that all workers add to: transactions executed, items accessed, changes that the list has, those that transactions made.
export const REPLAYED: usize = 400;
export const LIST_FOUND: usize = 404;
export const LIST_LISTED: usize = 408;
export const LIST_MATCHED: usize = 412;
// Of a phase's jobs, u32: the next one, and whether one has failed.
export const JOB_CURSOR: usize = 384;
export const JOB_FAILED: usize = 388;
/** u32: first free byte of the arena. */
export const ARENA_CURSOR: usize = 320;
/** 64 bytes for each worker. */
const STATISTICS: usize = 448;
const WORKERS_MAX: usize = 32;
const CONTROL_SIZE: usize = 4096;

// A worker's statistics: u32 counts, since the run began.
export const STAT_EXECUTIONS: usize = 0;
/** Executions that proved wrong when it was their transaction's turn. */
export const STAT_ABORTS: usize = 4;
/** Executions that were put off until it is their transaction's turn. */
export const STAT_DEPENDENCIES: usize = 8;
export const STAT_VALIDATIONS: usize = 12;
/** By kind of location: account, balance, slot. */
export const STAT_CONFLICTS: usize = 16;
/** Looks at the shared words that found nothing to do. */
export const STAT_POLLS: usize = 28;
/** Deltas that stood when it was their transaction's turn. */
export const STAT_DELTAS: usize = 32;
/** Deltas that became reads while their transaction was executed. */
export const STAT_RESOLVED: usize = 36;
/** Behind them: the worker's last block of written locations, 0: none. */
const WRITTEN_LIST: usize = 60;

// A transaction's record.
/** What its last execution left (multiVersionPublish); 0 until there is something. */
export const T_RESULT: usize = 0;
/** Where the encoded transaction lies. */
export const T_SOURCE: usize = 4;
/** u32: the sender's transaction before it in the run, its index + 1; 0: none. */
export const T_PREVIOUS: usize = 8;
/** u32: how many of the run's transactions, this one included, its sender has sent. */
export const T_CHAIN: usize = 12;
export const TRANSACTION_RECORD_SIZE: usize = 16;

// A chunk: its first transaction u32, state u32. The next one's first is its end.
const C_STATE: usize = 4;
const CHUNK_SIZE: usize = 8;

/** Why a run was given up. */
export const enum Stop {
  None = 0,
  /** An area of a private region, the flat cache, the code cache or the arena ran out. */
  RegionFull = 1,
  /** Something that only sequential execution does exactly: fees to an account that is destroyed, an empty account that exists. */
  Exceptional = 2,
  /** Sums over many credits would cost more than parallel execution gains. */
  TooManyCredits = 3,
  /** So many executions were in vain that one after the other is faster. */
  Contended = 4,
  /** The host's: a worker threw or hung. */
  Host = 5,
  /** The access list says something else than what happens, or is none. */
  ListDiffers = 6,
}

/** Reads of the transaction being executed, before they are published: 32 + 16 bytes at most for each account and slot. */
export const READS_SIZE: usize = 4 * 1024 * 1024;
/** Where the host writes code that is not cached. */
export const CODE_BUFFER_SIZE: usize = 256 * 1024;
const WORKER_BUFFERS_SIZE: usize = READS_SIZE + CODE_BUFFER_SIZE;
/** What a worker takes of the arena at a time. */
const PORTION_SIZE: u32 = 64 * 1024;
/** A block of written locations: the block before u32, count u32, locations. */
const WRITTEN_BLOCK_MAX: u32 = 510;
const WRITTEN_BLOCK_SIZE: usize = 8 + (<usize>WRITTEN_BLOCK_MAX << 2);

let regionAt: usize = 0;
let recordsAt: usize = 0;
let chunksAt: usize = 0;
let workerCount: u32 = 1;
let ownNumber: u32 = 0;
let sendersAt: usize = 0;
let sendersMask: usize = 0;
let buffersAt: usize = 0;
let arenaAt: usize = 0;
let arenaEnd: usize = 0;

let statisticsAt: usize = 0;
let readsAt: usize = 0;
let portionAt: usize = 0;
let portionEnd: usize = 0;

/** Lays the region out. All instances over the memory give the same figures, `worker` apart. Returns the arena's size, 0 where nothing is left for it. */
export function layOutRegion(base: usize, size: usize, transactionsMax: u32, workers: u32, worker: u32): usize {
  regionAt = base;
  recordsAt = base + CONTROL_SIZE;
  workerCount = workers;
  ownNumber = worker;
  chunksAt = (recordsAt + <usize>transactionsMax * TRANSACTION_RECORD_SIZE + 63) & ~63;
  sendersAt = (chunksAt + (<usize>transactionsMax + 1) * CHUNK_SIZE + 63) & ~63;
  sendersMask = 1;
  while (sendersMask < <usize>transactionsMax << 1) sendersMask <<= 1;
  buffersAt = (sendersAt + (sendersMask << 3) + 63) & ~63;
  sendersMask--;
  arenaAt = buffersAt + <usize>workers * WORKER_BUFFERS_SIZE;
  arenaEnd = base + size;
  statisticsAt = base + STATISTICS + (<usize>worker << 6);
  readsAt = buffersAt + <usize>worker * WORKER_BUFFERS_SIZE;
  return arenaAt < arenaEnd ? arenaEnd - arenaAt : 0;
}

@inline
export function control(): usize {
  return regionAt;
}

@inline
export function recordOf(index: u32): usize {
  return recordsAt + <usize>index * TRANSACTION_RECORD_SIZE;
}

/** Workers that a run may have. */
@inline
export function workersOfRun(): u32 {
  return workerCount;
}

/** This instance's number among them. */
@inline
export function workerNumber(): u32 {
  return ownNumber;
}

@inline
export function chunkStart(chunk: u32): u32 {
  return load<u32>(chunksAt + <usize>chunk * CHUNK_SIZE);
}

/** Address of its state word. */
@inline
export function chunkState(chunk: u32): usize {
  return chunksAt + <usize>chunk * CHUNK_SIZE + C_STATE;
}

/** Ends the chunk before and starts one that no worker sees before `CHUNKS` says so. */
export function startChunk(chunk: u32, transaction: u32): void {
  store<u32>(chunksAt + <usize>chunk * CHUNK_SIZE, transaction);
  store<u32>(chunksAt + <usize>chunk * CHUNK_SIZE, 0, C_STATE);
}

/** Bucket of a table of senders: a transaction's index u32, epoch u32. The next bucket follows, and after the last one the first. */
@inline
export function senderBucket(hash: u64): usize {
  return sendersAt + ((<usize>hash & sendersMask) << 3);
}

@inline
export function nextSenderBucket(bucket: usize): usize {
  return sendersAt + ((bucket - sendersAt + 8) & ((sendersMask << 3) | 7));
}

@inline
export function statistics(): usize {
  return statisticsAt;
}

export function clearStatistics(): void {
  memory.fill(regionAt + STATISTICS, 0, WORKERS_MAX << 6);
}

@inline
export function count(stat: usize): void {
  store<u32>(statisticsAt + stat, load<u32>(statisticsAt + stat) + 1);
}

@inline
export function readsBuffer(): usize {
  return readsAt;
}

@inline
export function codeBuffer(): usize {
  return readsAt + READS_SIZE;
}

@inline
export function stopReason(): u32 {
  return atomic.load<u32>(regionAt, STOP);
}

/** Gives the run up; the first reason stays. */
export function stopRun(reason: Stop): void {
  atomic.cmpxchg<u32>(regionAt, 0, reason, STOP);
}

/** Takes what is left of an earlier run's portion from this instance. */
export function forgetPortion(): void {
  portionAt = 0;
  portionEnd = 0;
}

export function resetArena(): void {
  store<u32>(regionAt, <u32>arenaAt, ARENA_CURSOR);
}

/**
 * `size` bytes of the arena, aligned to 8, for this worker; 0 and the run given up where there are none.
 */
export function allocate(size: usize): usize {
  const aligned = (size + 7) & ~7;
  if (portionEnd - portionAt < aligned) {
    const wanted = max<u32>(<u32>aligned, PORTION_SIZE);
    const from = <usize>atomic.add<u32>(regionAt, wanted, ARENA_CURSOR);
    // Also where the cursor wrapped around: the arena is far smaller than what is left above it.
    if (from < arenaAt || from > arenaEnd || arenaEnd - from < <usize>wanted) {
      atomic.sub<u32>(regionAt, wanted, ARENA_CURSOR);
      markRegionFull();
      stopRun(Stop.RegionFull);
      return 0;
    }
    portionAt = from;
    portionEnd = from + <usize>wanted;
  }
  const at = portionAt;
  portionAt += aligned;
  return at;
}

/** Puts a location on the worker's list of what the run wrote. */
export function noteWritten(location: usize): void {
  let block = <usize>load<u32>(statisticsAt, WRITTEN_LIST);
  let count = block == 0 ? WRITTEN_BLOCK_MAX : load<u32>(block, 4);
  if (count == WRITTEN_BLOCK_MAX) {
    const next = allocate(WRITTEN_BLOCK_SIZE);
    if (next == 0) return;
    store<u32>(next, <u32>block);
    store<u32>(statisticsAt, <u32>next, WRITTEN_LIST);
    block = next;
    count = 0;
  }
  store<u32>(block + 8 + (<usize>count << 2), <u32>location);
  store<u32>(block, count + 1, 4);
}

/** The last block of what a worker wrote, 0: none. */
@inline
export function writtenBlock(worker: u32): usize {
  return <usize>load<u32>(regionAt + STATISTICS + (<usize>worker << 6), WRITTEN_LIST);
}

@inline
export function blockBefore(block: usize): usize {
  return <usize>load<u32>(block);
}

@inline
export function writtenCount(block: usize): u32 {
  return load<u32>(block, 4);
}

@inline
export function writtenLocation(block: usize, at: u32): usize {
  return <usize>load<u32>(block + 8 + (<usize>at << 2));
}
