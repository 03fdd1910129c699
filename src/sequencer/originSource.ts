import { originAdvanceMax, type ParentBlock } from '../chain/blockAttributes';
import type { ChainConfig } from '../chain/chainConfig';
import type { L1BlockRef, L1OriginInput } from '../chain/l1Block';
import { equalBytes, toHex } from '../core/bytes';
import type { Emitter } from '../core/emitter';
import { TributaryError } from '../core/errors';

/** An L1 block as the sequencer sees it: batches are none of its business. */
export type OriginCandidate = L1OriginInput;

/** The L1 blocks that L2 blocks may build on, as deep below the L1 head as the operator wants them. */
export interface OriginSource {
  /** The L1 block of this number on the chain as known now; undefined when it is not known (yet). */
  origin(number: number): L1BlockRef | undefined;
  /** Up to `limit` L1 blocks after `parentOriginNumber`, in order, without gaps. */
  following(parentOriginNumber: number, limit: number): OriginCandidate[];
  latest(): L1BlockRef | undefined;
  /** New L1 blocks can be had, or old ones have been replaced. */
  readonly advanced: Pick<Emitter<unknown>, 'on'>;
}

/**
 * The origin of the block after `parent`, and the L1 blocks that it takes in.
 * @throws Sequencer.OriginUnknown (retry), Sequencer.OriginReorged (reset: the L2 blocks on the old L1 block must be rewound first)
 */
export function chooseOrigin(
  config: ChainConfig,
  parent: ParentBlock,
  source: OriginSource,
): { origin: L1BlockRef; advance: OriginCandidate[] } {
  const { number, hash } = parent.l1Origin;
  const current = source.origin(number);
  if (!current) {
    const message = `L1 block ${number}, the origin of the L2 head, is not known yet`;
    throw new TributaryError('Sequencer.OriginUnknown', message, { recovery: 'retry' });
  }
  if (!equalBytes(current.hash, hash)) {
    throw new TributaryError('Sequencer.OriginReorged', `L1 block ${number}, the origin of the L2 head, was replaced`, {
      recovery: 'reset',
      metaMessages: [`expected: ${toHex(hash)}`, `found: ${toHex(current.hash)}`],
      details: { l1Number: number },
    });
  }
  const following = contiguous(current, source.following(number, config.l1OriginAdvanceMax));
  const advance = following.slice(0, originAdvanceMax(config, following));
  return { origin: advance.at(-1)?.block ?? current, advance };
}

/**
 * Why L1 alone asks for an L2 block, if it does: deposits wait, or half of the sequencing window has gone by since the head's origin.
 * An L1 block without deposits asks for nothing: our own batches make such blocks, and each would call for the next.
 * A replaced origin asks too, so that it is noticed at once: the attempt fails in `chooseOrigin`, which says what it takes.
 */
export function originTrigger(
  config: ChainConfig,
  parent: ParentBlock,
  source: OriginSource,
): 'reorg' | 'deposits' | 'window' | undefined {
  const { number, hash } = parent.l1Origin;
  const current = source.origin(number);
  if (current && !equalBytes(current.hash, hash)) return 'reorg';
  const halfWindow = Math.max(1, Math.floor(config.sequencingWindowL1Blocks / 2));
  if (source.following(number, halfWindow).some(({ deposits }) => deposits.length > 0)) return 'deposits';
  return source.origin(number + halfWindow) ? 'window' : undefined;
}

/** The part of `following` that is a chain on `current`: a reorg in between may have left a seam. */
function contiguous(current: L1BlockRef, following: OriginCandidate[]): OriginCandidate[] {
  let parent = current;
  for (let i = 0; i < following.length; i++) {
    const { block } = following[i];
    if (block.number !== parent.number + 1 || !equalBytes(block.parentHash, parent.hash)) return following.slice(0, i);
    parent = block;
  }
  return following;
}
