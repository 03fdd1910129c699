import type { ChainConfig } from '../chain/chainConfig';
import type { PostedBatch } from '../chain/l1Block';
import type { Batch } from '../codec/batch';
import { equalBytes, type Hash, toHex } from '../core/bytes';
import { takeDecoded } from './decodedBatch';
import type { DerivationState } from './derivationState';

/**
 * Stages 2 and 3: the batch if it decodes and continues the derived chain, else why it is ignored whole.
 * Total over the posted bytes.
 */
export function fitBatch(config: ChainConfig, state: DerivationState, posted: PostedBatch): Batch | string {
  const batch = takeDecoded(config, posted);
  if (typeof batch === 'string') return batch;
  if (batch.chainId !== config.l2ChainId) return `chainId: expected ${config.l2ChainId}, got ${batch.chainId}`;
  const number = state.tip.header.number + 1;
  if (batch.firstBlockNumber !== number) return `firstBlockNumber: expected ${number}, got ${batch.firstBlockNumber}`;
  if (!equalBytes(batch.parentHash, state.tip.hash)) {
    return `parentHash: expected ${toHex(state.tip.hash)}, got ${toHex(batch.parentHash)}`;
  }
  const originNumber = batch.blocks[batch.blocks.length - 1].originNumber;
  const originHash = originHashOf(state, originNumber);
  if (originHash && !equalBytes(batch.lastOriginHash, originHash)) {
    return `lastOriginHash: expected ${toHex(originHash)} for L1 block ${originNumber}, got ${toHex(batch.lastOriginHash)}`;
  }
  return batch;
}

/** Undefined for an L1 block before the tip's origin or not read yet: the block rules refuse such an origin. */
function originHashOf(state: DerivationState, number: number): Hash | undefined {
  const offset = number - state.origin.number;
  return offset === 0 ? state.origin.hash : state.pending[offset - 1]?.block.hash;
}
