import { assert } from '../core/assert';
import { equalBytes, type Hash } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { DerivationState, L1Origin } from '../derivation/derivationState';
import type { Checkpoint } from './checkpointLog';
import type { L1Source, VerifiedChain } from './verifierPorts';

/**
 * The derivation state at a checkpoint: the L1 blocks from the tip's origin on are read again, at most a sequencing window of them.
 * @throws Verifier.L1Moved (`reset`) when the L1 was reorganized meanwhile
 */
export async function loadDerivationState(
  chain: Pick<VerifiedChain, 'blockByNumber'>,
  source: L1Source,
  checkpoint: Checkpoint,
  genesisL1Number: number,
  signal: AbortSignal | undefined,
): Promise<DerivationState> {
  const tip = chain.blockByNumber(checkpoint.l2.number);
  assert(tip, 'the block of a checkpoint is on disk');
  assert(tip.l1Origin.number >= genesisL1Number, 'no origin lies before genesis');
  const origins: L1Origin[] = [];
  for await (const { block, deposits, upgrades } of source.inputs(tip.l1Origin.number, { signal })) {
    // The batches are spent already and may be large.
    origins.push({ block, deposits, upgrades });
    if (block.number >= checkpoint.l1.number) break;
  }
  const [origin, ...pending] = origins;
  const last = origins.at(-1);
  if (!origin || !last || !isBlock(origin, tip.l1Origin.hash) || !isBlock(last, checkpoint.l1.hash)) {
    throw new TributaryError('Verifier.L1Moved', `the L1 changed below block ${checkpoint.l1.number}`, {
      recovery: 'reset',
    });
  }
  return {
    tip,
    origin: origin.block,
    pending,
    nextBatchIndex: checkpoint.nextBatchIndex,
  };
}

function isBlock({ block }: L1Origin, hash: Hash): boolean {
  return equalBytes(block.hash, hash);
}
