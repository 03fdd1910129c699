import type { ChainConfig } from '../chain/chainConfig';
import type { PostedBatch } from '../chain/l1Block';
import { type Batch, decodeBatch } from '../codec/batch';
import { hasErrorCode } from '../core/errors';

/** Results for batches that were looked at ahead of their turn, so that they are not decoded again. */
const ahead = new WeakMap<PostedBatch, { config: ChainConfig; result: Batch | string }>();

/** The batch, or why it does not decode, before its turn: kept until then. Total over the posted bytes. */
export function decodedAhead(config: ChainConfig, posted: PostedBatch): Batch | string {
  const known = ahead.get(posted);
  if (known?.config === config) return known.result;
  const result = decodeOrProblem(config, posted);
  ahead.set(posted, { config, result });
  return result;
}

/** As `decodedAhead`, in its turn: no longer kept, so that an L1 block full of batches takes no more memory than one. */
export function takeDecoded(config: ChainConfig, posted: PostedBatch): Batch | string {
  const known = ahead.get(posted);
  ahead.delete(posted);
  return known?.config === config ? known.result : decodeOrProblem(config, posted);
}

function decodeOrProblem(config: ChainConfig, posted: PostedBatch): Batch | string {
  try {
    return decodeBatch(posted.data, { decompressedSizeBytesMax: config.batchDecompressedSizeBytesMax });
  } catch (error) {
    if (hasErrorCode(error, 'Codec.InvalidBatch')) return error.shortMessage;
    throw error;
  }
}
