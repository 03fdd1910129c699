/**
 * What the workers of a parallel run share, in one region behind the kernel's own: the control words, a record for each
 * transaction, the list of written locations, buffers of each worker, and the arena.
 *
 * Nothing in it needs clearing between runs but what `beginRun` writes: version lists carry the run's epoch (state/multiVersion), and the arena
 * starts over. What lies in the arena never changes once another worker can find it, and is never reused within a run.
 */
import { markRegionFull } from '../evm/gas';

// Control words; what is written often lies in a cache line of its own.
/** u32: next transaction to execute. */
export const EXECUTION_CURSOR: usize = 0;
/** u32: next transaction to validate. */
export const VALIDATION_CURSOR: usize = 64;
/** u32: counts how often a cursor went back. */
export const DECREASES: usize = 128;
/** i32: tasks that are under way. */
export const ACTIVE: usize = 192;
// Seldom written, read all the time.
/** u32: 1 once every transaction is executed and validated. */
export const DONE: usize = 256;
/** u32: why the run is given up, 0 while it goes on. */
export const STOP: usize = 260;
/** u32: workers that wait for the main thread to read state for them. */
export const REQUESTS: usize = 264;
/** u32: transactions of the run, so far. */
export const COUNT: usize = 268;
/** u32: of this run. */
export const EPOCH: usize = 272;
/** Flat entry of the coinbase. */
export const COINBASE_ENTRY: usize = 276;
/** Flat entry of who gets the base fee; 0: nobody. */
export const BASE_FEE_ENTRY: usize = 280;
/** u32: 1 once no more transactions come. */
export const SEALED: usize = 284;
/** u32: transactions that the run will have at most. */
export const COUNT_MAX: usize = 288;
/** u32: most transactions of one sender. */
export const LONGEST_CHAIN: usize = 292;
/** u32: first free byte of the arena. */
export const ARENA_CURSOR: usize = 320;
/** u32: entries in the list of written locations. */
export const WRITTEN_COUNT: usize = 384;
/** 64 bytes for each worker. */
const STATISTICS: usize = 448;
const WORKERS_MAX: usize = 32;
const CONTROL_SIZE: usize = 4096;

// A worker's statistics: u32 counts, since the run began.
export const STAT_EXECUTIONS: usize = 0;
export const STAT_ABORTS: usize = 4;
export const STAT_DEPENDENCIES: usize = 8;
export const STAT_VALIDATIONS: usize = 12;
/** By kind of location: account, balance, slot. */
export const STAT_CONFLICTS: usize = 16;

// A transaction's record.
/** u32: incarnation << 2 | State. */
export const T_STATUS: usize = 0;
/** u32: first of those that wait for this transaction, its index + 1; 0: none. */
export const T_DEPENDENTS: usize = 4;
/** u32: next of those that wait for the same, its index + 1. */
export const T_NEXT: usize = 8;
/** Where the encoded transaction lies. */
export const T_SOURCE: usize = 12;
/** What its last incarnation left (multiVersionPublish). */
export const T_RESULT: usize = 16;
/** u32: how many of the run's transactions, this one included, its sender has sent. */
export const T_CHAIN: usize = 20;
export const TRANSACTION_RECORD_SIZE: usize = 32;

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
}

/** Reads of the transaction being executed, before they are published: 32 + 16 bytes at most for each account and slot. */
export const READS_SIZE: usize = 4 * 1024 * 1024;
/** Where the host writes code that is not cached. */
export const CODE_BUFFER_SIZE: usize = 256 * 1024;
const WORKER_BUFFERS_SIZE: usize = READS_SIZE + CODE_BUFFER_SIZE;
const CHUNK_SIZE: u32 = 64 * 1024;

let regionAt: usize = 0;
let recordsAt: usize = 0;
let writtenAt: usize = 0;
let writtenMax: u32 = 0;
let sendersAt: usize = 0;
let sendersMask: usize = 0;
let buffersAt: usize = 0;
let arenaAt: usize = 0;
let arenaEnd: usize = 0;

let statisticsAt: usize = 0;
let readsAt: usize = 0;
let chunkAt: usize = 0;
let chunkEnd: usize = 0;

/** Lays the region out. All instances over the memory give the same figures, `worker` apart. Returns the arena's size, 0 where nothing is left for it. */
export function layOutRegion(base: usize, size: usize, transactionsMax: u32, workers: u32, worker: u32): usize {
  regionAt = base;
  recordsAt = base + CONTROL_SIZE;
  writtenAt = recordsAt + <usize>transactionsMax * TRANSACTION_RECORD_SIZE;
  writtenMax = transactionsMax << 3;
  sendersAt = (writtenAt + (<usize>writtenMax << 2) + 63) & ~63;
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

/** Takes what is left of an earlier run's chunk from this instance. */
export function forgetChunk(): void {
  chunkAt = 0;
  chunkEnd = 0;
}

export function resetArena(): void {
  store<u32>(regionAt, <u32>arenaAt, ARENA_CURSOR);
}

/**
 * `size` bytes of the arena, aligned to 8, for this worker; 0 and the run given up where there are none.
 */
export function allocate(size: usize): usize {
  const aligned = (size + 7) & ~7;
  if (chunkEnd - chunkAt < aligned) {
    const wanted = max<u32>(<u32>aligned, CHUNK_SIZE);
    const from = <usize>atomic.add<u32>(regionAt, wanted, ARENA_CURSOR);
    // Also where the cursor wrapped around: the arena is far smaller than what is left above it.
    if (from < arenaAt || from > arenaEnd || arenaEnd - from < <usize>wanted) {
      atomic.sub<u32>(regionAt, wanted, ARENA_CURSOR);
      markRegionFull();
      stopRun(Stop.RegionFull);
      return 0;
    }
    chunkAt = from;
    chunkEnd = from + <usize>wanted;
  }
  const at = chunkAt;
  chunkAt += aligned;
  return at;
}

/** Puts a location on the list of what the run wrote. */
export function noteWritten(location: usize): void {
  const at = atomic.add<u32>(regionAt, 1, WRITTEN_COUNT);
  if (at >= writtenMax) {
    atomic.sub<u32>(regionAt, 1, WRITTEN_COUNT);
    stopRun(Stop.RegionFull);
    return;
  }
  store<u32>(writtenAt + (<usize>at << 2), <u32>location);
}

@inline
export function writtenLocation(at: u32): usize {
  return <usize>load<u32>(writtenAt + (<usize>at << 2));
}
