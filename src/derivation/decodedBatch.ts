import type { ChainConfig } from '../chain/chainConfig';
import type { PostedBatch } from '../chain/l1Block';
import { type Batch, decodeBatch } from '../codec/batch';
import { hasErrorCode } from '../core/errors';

/** Results for batches that somebody holds, so that one that was looked at ahead of its turn is not decoded again. */
const decoded = new WeakMap<PostedBatch, { config: ChainConfig; result: Batch | string }>();

/** The batch, or why it does not decode. Total over the posted bytes. */
export function decodedBatch(config: ChainConfig, posted: PostedBatch): Batch | string {
  const known = decoded.get(posted);
  if (known?.config === config) return known.result;
  const result = decodeOrProblem(config, posted);
  decoded.set(posted, { config, result });
  return result;
}

function decodeOrProblem(config: ChainConfig, posted: PostedBatch): Batch | string {
  try {
    return decodeBatch(posted.data, { decompressedSizeBytesMax: config.batchDecompressedSizeBytesMax });
  } catch (error) {
    if (hasErrorCode(error, 'Codec.InvalidBatch')) return error.shortMessage;
    throw error;
  }
}
