/**
 * Hands out the transactions of a run so that the result is that of executing them in order.
 *
 * Transactions are handed out in chunks of consecutive ones. Whoever takes a chunk executes it at once, ahead of its turn, on what lower transactions have
 * left so far (Block-STM's multi-version memory; Gelashvili et al., arXiv 2203.06871); when all chunks below are final it is the chunk's turn:
 *
 *                 claimChunk             all executed                 its turn, takeTurn          confirmed
 *      (nobody's) ──────────▶ TAKEN ────────────────────▶ EXECUTED ──────────────────▶ CONFIRMING ──────────▶ final: COMMITTED is above it
 *                               │                                                                   ▲
 *                               └───────────── its turn comes while it is being executed ───────────┘
 *
 * Confirming a chunk is going through its transactions in order: one whose reads still hold stands; any other is executed again, now on final values.
 * A chunk whose turn comes while it is being executed is confirmed as far as it is, and the rest executed for good, without noting reads: with
 * two workers that is the lot of about half of all transactions.
 *
 * Why the outcome is the sequential one, by induction over transactions: when k is confirmed, all below are final. Either what it read is what they left, and
 * then its execution, a function of its reads, is the one that it would have had in order; or it is executed on what they left. Nobody writes a version of
 * k afterwards. Chunks are confirmed one after the other, each by one worker: the owner where it comes by, else one that has nothing better to do, so
 * that a worker with a long transaction in hand does not hold up the others.
 *
 * What there is against executing in vain: whoever confirms marks what it executes again (ESTIMATE), and readers wait for these a moment; a
 * sender's next transaction waits a moment for the one before; what is still not there then is put off until its turn. Nobody waits for a higher
 * transaction or for long, so that there is always one worker that goes on: the one with the lowest chunk.
 *
 * Cost: two contended words a chunk, none a transaction (ADR 0205 tells why not a task for each).
 */
import {
  AHEAD,
  CHUNK_CURSOR,
  CHUNKS,
  chunkState,
  COMMITTED,
  control,
  DEPTH,
  IN_VAIN,
  IN_VAIN_MAX,
  PUT_OFF,
  SEALED,
  Stop,
  stopRun,
  workerNumber,
  workersOfRun,
} from './region';

/** The low byte of the state word; the rest is the number of the worker that executed it. */
const enum ChunkState {
  Taken = 0,
  Executed = 1,
  Confirming = 2,
}
const STATE_BITS: u32 = 8;
const STATE_MASK: u32 = 0xff;

/** Transactions executed ahead of their turn after which those in vain are counted anew. */
const WINDOW: u32 = 40;
/** Chunks that may be executed ahead of their turn: enough to go on while the system lets another worker rest for some milliseconds. */
const DEPTH_MAX: u32 = 512;
/** Where more than a quarter is executed in vain, or nothing is known yet: for each worker. */
const DEPTH_MIN: u32 = 2;
/** So far behind, chunks that are ready are confirmed by whoever comes by. */
const LAG_MAX: u32 = 8;

@inline
export function committedChunks(): u32 {
  return atomic.load<u32>(control(), COMMITTED);
}

/** Whether all transactions of the run are final. */
@inline
export function isDone(committed: u32): bool {
  return atomic.load<u32>(control(), SEALED) != 0 && atomic.load<u32>(control(), CHUNKS) == committed;
}

/** Before a run. */
export function resetDepth(): void {
  store<u32>(control(), DEPTH_MIN * workersOfRun(), DEPTH);
}

/** The next chunk for this worker, -1: there is none at the moment. */
export function claimChunk(committed: u32): i32 {
  while (true) {
    const next = atomic.load<u32>(control(), CHUNK_CURSOR);
    if (next >= atomic.load<u32>(control(), CHUNKS)) return -1;
    if (next >= committed + load<u32>(control(), DEPTH)) return -1;
    if (atomic.cmpxchg<u32>(control(), next, next + 1, CHUNK_CURSOR) == next) return <i32>next;
  }
}

/** All transactions of the chunk are executed ahead of their turn, or put off. */
@inline
export function finishChunk(chunk: u32): void {
  atomic.store<u32>(chunkState(chunk), ChunkState.Executed | (workerNumber() << STATE_BITS));
}

/**
 * Whether the caller is the one to confirm the lowest chunk that is not final. `inHand`: the chunk that it is about to go on with, -1: it has nothing
 * better to do.
 */
export function takeTurn(chunk: u32, inHand: i32): bool {
  if (chunk >= atomic.load<u32>(control(), CHUNKS)) return false;
  const state = chunkState(chunk);
  const seen = atomic.load<u32>(state);
  if ((seen & STATE_MASK) != ChunkState.Executed) return false;
  // Its reads are in its executor's cache.
  if (inHand >= 0 && seen >> STATE_BITS != workerNumber() && <u32>inHand - chunk <= LAG_MAX) return false;
  return atomic.cmpxchg<u32>(state, seen, ChunkState.Confirming) == seen;
}

/** The chunk is final. */
@inline
export function commitChunk(chunk: u32): void {
  atomic.store<u32>(control(), chunk + 1, COMMITTED);
}

/** How a transaction that was to be executed ahead of its turn fared. */
export const enum Fate {
  Stands = 0,
  /** It was not executed, and had to be in its turn. */
  PutOff = 1,
  /** It had to be executed again. */
  InVain = 2,
}

/**
 * Counts a transaction whose chunk was executed ahead of its turn; where too many were so in vain the run is given up. By whoever confirms. Those put off
 * count only near their turn: far ahead it is no wonder that something is not there yet.
 */
@inline
export function noteAhead(fate: Fate): void {
  const at = control();
  const ahead = load<u32>(at, AHEAD) + 1;
  const putOff = load<u32>(at, PUT_OFF) + u32(fate == Fate.PutOff);
  const inVain = load<u32>(at, IN_VAIN) + u32(fate == Fate.InVain);
  const isShallow = load<u32>(at, DEPTH) < DEPTH_MAX;
  if (inVain + (isShallow ? putOff : 0) > load<u32>(at, IN_VAIN_MAX)) stopRun(Stop.Contended);
  const isOver = ahead == WINDOW;
  if (isOver) store<u32>(at, inVain + putOff > WINDOW / 4 ? DEPTH_MIN * workersOfRun() : DEPTH_MAX, DEPTH);
  store<u32>(at, isOver ? 0 : ahead, AHEAD);
  store<u32>(at, isOver ? 0 : putOff, PUT_OFF);
  store<u32>(at, isOver ? 0 : inVain, IN_VAIN);
}
