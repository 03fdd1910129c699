import { type AttributeRules, blockAttributes } from '../chain/blockAttributes';
import type { ChainConfig } from '../chain/chainConfig';
import type { L1Input, PostedBatch } from '../chain/l1Block';
import { assert } from '../core/assert';
import { equalBytes, type Hash } from '../core/bytes';
import { type Placement, placeBatchBlock, placeExpired, placeOnParent } from './blockRules';
import type { Candidate, Verdict } from './candidate';
import { type DerivationState, takeL1Input, withTip } from './derivationState';
import { fitBatch } from './fitBatch';
import { transactionsAhead } from './followingBlocks';

/**
 * Derivation: the L2 chain as a pure, total function of L1 (docs/adr/0006-derivation-rules.md).
 *
 *  1. takeL1Input      the next L1 block: its deposits wait to be taken in by an origin that advances, its batches are tried now
 *  2. decodeBatch      each batch in Inbox order, bounded and strict
 *  3. fitBatch         what does not decode or does not continue the derived chain is ignored whole
 *  4. placeBatchBlock  per block: timestamp and origin by the rules, attributes and deposits from chain/blockAttributes; then execution
 *                      judges the transactions. A block that fails becomes a default block, the rest of its batch is dropped
 *  5. placeExpired     origins that have waited for the whole sequencing window are taken in by default blocks
 *
 * Owns the rules; does not own execution, storage or the L1 connection: a driver (verifier/) feeds L1 blocks in, answers each candidate
 * with a verdict, and keeps the state. Same L1 blocks and same execution, same chain: nothing else enters.
 */

export interface DerivedL1Block {
  state: DerivationState;
  batches: BatchOutcome[];
}

/** What became of one posted batch. */
export interface BatchOutcome {
  index: number;
  transactionHash: Hash;
  /** `cut`: a block broke a rule and became a default block, the rest was dropped. */
  result: 'taken' | 'cut' | 'ignored';
  /** Blocks that are in the chain as the batch has them. */
  blocksTaken: number;
  /** For `cut` and `ignored`. */
  problem?: string;
}

/**
 * Derives from one L1 block. Yields candidates, each on the tip that the last verdict made; returns the state after the L1 block.
 * @param rules of the versions that execute; default: those that rule from genesis on
 * @param upcoming L1 blocks after this one, as far as they are known when it is asked: for `Candidate.following`, no result depends on it
 * @throws Derivation.L1Unlinked, Derivation.BatchGap before the first candidate; what `rules` throws
 */
export function* deriveL1Block(
  config: ChainConfig,
  before: DerivationState,
  input: L1Input,
  rules?: AttributeRules,
  upcoming: () => readonly L1Input[] = () => [],
): Generator<Candidate, DerivedL1Block, Verdict> {
  let state = takeL1Input(before, input);
  const batches: BatchOutcome[] = [];
  for (const [position, posted] of input.batches.entries()) {
    const later = () => batchesAfter(input.batches, position, upcoming());
    const applied = yield* applyBatch(config, state, posted, rules, later);
    state = applied.state;
    batches.push(applied.outcome);
  }
  for (let due = placeExpired(config, state); due; due = placeExpired(config, state)) {
    state = yield* applyDefault(config, state, due, 'the sequencing window has passed', rules);
  }
  return { state, batches };
}

/** One by one: who looks ahead asks for the first few, for every block. */
function* batchesAfter(
  batches: readonly PostedBatch[],
  position: number,
  upcoming: readonly L1Input[],
): Generator<PostedBatch> {
  for (let next = position + 1; next < batches.length; next++) yield batches[next];
  for (const input of upcoming) yield* input.batches;
}

function* applyBatch(
  config: ChainConfig,
  before: DerivationState,
  posted: PostedBatch,
  rules: AttributeRules | undefined,
  later: () => Iterable<PostedBatch>,
): Generator<Candidate, { state: DerivationState; outcome: BatchOutcome }, Verdict> {
  const { index, transactionHash } = posted;
  const batch = fitBatch(config, before, posted);
  if (typeof batch === 'string') {
    return { state: before, outcome: { index, transactionHash, result: 'ignored', blocksTaken: 0, problem: batch } };
  }
  let state = before;
  for (const [blocksTaken, block] of batch.blocks.entries()) {
    const placement = placeBatchBlock(config, state, block);
    let problem: string;
    if (typeof placement === 'string') {
      problem = placement;
    } else {
      const isLast = blocksTaken === batch.blocks.length - 1;
      const verdict = yield {
        attributes: attributesAt(config, state, placement, rules),
        transactions: block.transactions,
        following: (distance) =>
          transactionsAhead(config, batch, later(), batch.firstBlockNumber + blocksTaken + distance),
        source: { kind: 'batch', batchIndex: index, claimedHash: isLast ? batch.lastBlockHash : undefined },
      };
      if ('accepted' in verdict) {
        state = withVerdict(state, verdict, placement);
        continue;
      }
      problem = verdict.rejected;
    }
    const instead = typeof placement === 'string' ? placeOnParent(state) : placement;
    state = yield* applyDefault(config, state, instead, problem, rules);
    return { state, outcome: { index, transactionHash, result: 'cut', blocksTaken, problem } };
  }
  return { state, outcome: { index, transactionHash, result: 'taken', blocksTaken: batch.blocks.length } };
}

function* applyDefault(
  config: ChainConfig,
  state: DerivationState,
  placement: Placement,
  reason: string,
  rules: AttributeRules | undefined,
): Generator<Candidate, DerivationState, Verdict> {
  const attributes = attributesAt(config, state, placement, rules);
  const verdict = yield { attributes, transactions: [], source: { kind: 'default', reason } };
  assert('accepted' in verdict, 'a default block is valid');
  return withVerdict(state, verdict, placement);
}

function attributesAt(
  config: ChainConfig,
  state: DerivationState,
  { timestamp, advance }: Placement,
  rules: AttributeRules | undefined,
) {
  const origin = advance === 0 ? state.origin : state.pending[advance - 1].block;
  return blockAttributes(config, state.tip, timestamp, origin, state.pending.slice(0, advance), rules);
}

function withVerdict(
  state: DerivationState,
  { accepted }: Extract<Verdict, { accepted: unknown }>,
  { advance }: Placement,
): DerivationState {
  assert(equalBytes(accepted.header.parentHash, state.tip.hash), 'an accepted block is built on the tip');
  return withTip(state, accepted, advance);
}
