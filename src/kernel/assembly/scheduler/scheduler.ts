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
  IN_VAIN,
  IN_VAIN_MAX,
  SEALED,
  Stop,
  stopRun,
} from './region';

const enum ChunkState {
  Taken = 0,
  Executed = 1,
  Confirming = 2,
}

/** Transactions executed ahead of their turn after which those in vain are counted anew. */
const WINDOW: u32 = 40;

@inline
export function committedChunks(): u32 {
  return atomic.load<u32>(control(), COMMITTED);
}

/** Whether all transactions of the run are final. */
@inline
export function isDone(committed: u32): bool {
  return atomic.load<u32>(control(), SEALED) != 0 && atomic.load<u32>(control(), CHUNKS) == committed;
}

/** The next chunk for this worker, -1: there is none at the moment. */
export function claimChunk(): i32 {
  while (true) {
    const next = atomic.load<u32>(control(), CHUNK_CURSOR);
    if (next >= atomic.load<u32>(control(), CHUNKS)) return -1;
    if (atomic.cmpxchg<u32>(control(), next, next + 1, CHUNK_CURSOR) == next) return <i32>next;
  }
}

/** All transactions of the chunk are executed ahead of their turn, or put off. */
@inline
export function finishChunk(chunk: u32): void {
  atomic.store<u32>(chunkState(chunk), ChunkState.Executed);
}

/** Whether the caller is the one to confirm the lowest chunk that is not final. */
export function takeTurn(chunk: u32): bool {
  const state = chunkState(chunk);
  if (chunk >= atomic.load<u32>(control(), CHUNKS) || atomic.load<u32>(state) != ChunkState.Executed) return false;
  return atomic.cmpxchg<u32>(state, ChunkState.Executed, ChunkState.Confirming) == ChunkState.Executed;
}

/** The chunk is final. */
@inline
export function commitChunk(chunk: u32): void {
  atomic.store<u32>(control(), chunk + 1, COMMITTED);
}

/** Counts a transaction that was executed ahead of its turn; where too many were so in vain the run is given up. By whoever confirms. */
@inline
export function noteAhead(inVain: bool): void {
  const ahead = load<u32>(control(), AHEAD) + 1;
  const vain = load<u32>(control(), IN_VAIN) + u32(inVain);
  if (vain > load<u32>(control(), IN_VAIN_MAX)) stopRun(Stop.Contended);
  const isOver = ahead == WINDOW;
  store<u32>(control(), isOver ? 0 : ahead, AHEAD);
  store<u32>(control(), isOver ? 0 : vain, IN_VAIN);
}
