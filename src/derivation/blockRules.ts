import { originAdvanceMax } from '../chain/blockAttributes';
import type { ChainConfig } from '../chain/chainConfig';
import type { BatchBlock } from '../codec/batch';
import { type DerivationState, l1BlockOf } from './derivationState';

/** Where and when a block is placed: all that a rule before execution can refuse. */
export interface Placement {
  /** Seconds. */
  timestamp: number;
  /** How many L1 blocks its origin lies after its parent's. */
  advance: number;
}

/**
 * Stage 4, before execution: places a batch's block on the tip, or says which rule it breaks.
 * The newest L1 block read is the one that includes the batch.
 */
export function placeBatchBlock(config: ChainConfig, state: DerivationState, block: BatchBlock): Placement | string {
  const inclusion = l1BlockOf(state);
  const { timestamp, originNumber } = block;
  const advance = originNumber - state.origin.number;
  if (advance < 0) return `origin: expected at least the parent's ${state.origin.number}, got ${originNumber}`;
  if (originNumber > inclusion.number) return `origin: expected at most ${inclusion.number}, got ${originNumber}`;
  const tooOld = inclusion.number - config.sequencingWindowL1Blocks;
  if (originNumber <= tooOld) return `origin: expected more than ${tooOld}, got ${originNumber}`;
  if (advance > 0) {
    const advanceMax = originAdvanceMax(config, state.pending);
    if (advance > advanceMax) return `origin: expected an advance of at most ${advanceMax}, got ${advance}`;
    const originTimestamp = state.pending[advance - 1].block.timestamp;
    if (timestamp < originTimestamp) {
      return `timestamp: expected at least the origin's ${originTimestamp}, got ${timestamp}`;
    }
  }
  const timestampMin = state.tip.header.timestamp;
  const timestampMax = inclusion.timestamp + config.timestampDriftSecondsMax;
  if (timestamp < timestampMin || timestamp > timestampMax) {
    return `timestamp: expected ${timestampMin} to ${timestampMax}, got ${timestamp}`;
  }
  return { timestamp, advance };
}

/** The default block for one whose placement is refused: like its parent's. */
export function placeOnParent(state: DerivationState): Placement {
  return { timestamp: state.tip.header.timestamp, advance: 0 };
}

/**
 * Stage 5: the default block that the window forces once the newest L1 block's batches are done, or undefined while none is due.
 * Due when the origin after the tip's would be too old for any batch in the next L1 block; it takes in as many such origins as one
 * block may.
 */
export function placeExpired(config: ChainConfig, state: DerivationState): Placement | undefined {
  const due = l1BlockOf(state).number + 1 - config.sequencingWindowL1Blocks - state.origin.number;
  if (due <= 0) return undefined;
  const advance = Math.min(due, originAdvanceMax(config, state.pending));
  const origin = state.pending[advance - 1].block;
  return { timestamp: Math.max(state.tip.header.timestamp, origin.timestamp), advance };
}
