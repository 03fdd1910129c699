import type { ParentBlock } from '../chain/blockAttributes';
import type { L1BlockRef, L1Input, L1OriginInput } from '../chain/l1Block';
import { assert } from '../core/assert';
import { equalBytes, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';

/** An L1 block as a possible origin: its batches are spent in the block that includes them, its deposits and upgrades may wait. */
export type L1Origin = L1OriginInput;

/**
 * What derivation carries from one L1 block to the next. A value: nothing here is changed in place.
 * Bounded: the window rule keeps `pending` at no more than `sequencingWindowL1Blocks` blocks.
 */
export interface DerivationState {
  /** The newest derived L2 block. */
  tip: ParentBlock;
  /** The L1 block that is the tip's origin. */
  origin: L1BlockRef;
  /** The L1 blocks read that are no origin yet: all after `origin`, in order. */
  pending: L1Origin[];
  /** Inbox index of the next batch. */
  nextBatchIndex: number;
}

/**
 * Before any L1 block is derived from.
 * @param genesis L2 block 0
 * @param origin the L1 block that the chain config names as its origin; what it holds itself is not derived from
 */
export function genesisDerivationState(genesis: ParentBlock, origin: L1BlockRef): DerivationState {
  assert(equalBytes(genesis.l1Origin.hash, origin.hash), 'the origin is that of the genesis block');
  return { tip: genesis, origin, pending: [], nextBatchIndex: 0 };
}

/** The newest L1 block read. */
export function l1BlockOf(state: DerivationState): L1BlockRef {
  return state.pending.at(-1)?.block ?? state.origin;
}

/**
 * Stage 1: takes in the next L1 block.
 * @throws Derivation.L1Unlinked (`reset`) when it does not follow the newest one read; Derivation.BatchGap (`reset`) when the L1 source lost a batch, here or before
 */
export function takeL1Input(state: DerivationState, input: L1Input): DerivationState {
  const newest = l1BlockOf(state);
  const { block, deposits, upgrades, feeScalars } = input;
  if (block.number !== newest.number + 1 || !equalBytes(block.parentHash, newest.hash)) {
    throw new TributaryError('Derivation.L1Unlinked', `L1 block ${block.number} does not follow ${newest.number}`, {
      recovery: 'reset',
      metaMessages: [`expected parent: ${toHex(newest.hash)}`, `got: ${toHex(block.parentHash)}`],
    });
  }
  input.batches.forEach((batch, i) => {
    const expected = state.nextBatchIndex + i;
    if (batch.index === expected) return;
    throw new TributaryError('Derivation.BatchGap', `expected batch ${expected}, got ${batch.index}`, {
      recovery: 'reset',
      metaMessages: [`l1 block: ${block.number}`],
    });
  });
  const pending = [...state.pending, { block, deposits, upgrades, feeScalars }];
  return { ...state, pending, nextBatchIndex: state.nextBatchIndex + input.batches.length };
}

/** The state after `tip` was built on the current one with an origin `advance` L1 blocks further. */
export function withTip(state: DerivationState, tip: ParentBlock, advance: number): DerivationState {
  if (advance === 0) return { ...state, tip };
  return { ...state, tip, origin: state.pending[advance - 1].block, pending: state.pending.slice(advance) };
}
