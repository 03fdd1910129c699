import { BatchBuilder } from '../codec/batch/batchBuilder';
import type { Block } from '../codec/block';
import { assert } from '../core/assert';
import { TributaryError } from '../core/errors';

export interface BatchSizeLimits {
  /** Of the payload. */
  payloadSizeBytesMax: number;
  /** Of the batch once decompressed: `batchDecompressedSizeBytesMax` of the chain config. */
  decodedSizeBytesMax: number;
}

export interface PackedBatch {
  /** At least one, in order. */
  blocks: Block[];
  payload: Uint8Array;
}

/**
 * The longest run from the first block on (within a few per cent) that fits both limits.
 * @param collected holds at least one block
 * @throws Batcher.BlockTooLarge when the first block alone does not fit
 */
export function packBatch(collected: BatchBuilder, limits: BatchSizeLimits): PackedBatch {
  const { blocks, chainId } = collected;
  assert(blocks.length > 0, 'a batch is packed of at least one block');
  let count = blocks.length;
  for (;;) {
    const builder = count === blocks.length ? collected : builderOf(chainId, blocks.slice(0, count));
    const payload = builder.build();
    const excess = Math.max(
      payload.length / limits.payloadSizeBytesMax,
      builder.decodedSizeBytes / limits.decodedSizeBytesMax,
    );
    if (excess <= 1) return { blocks: blocks.slice(0, count), payload };
    if (count === 1) throw blockTooLarge(blocks[0], payload.length, builder.decodedSizeBytes, limits);
    count = Math.max(1, Math.min(count - 1, Math.floor((count * 0.97) / excess)));
  }
}

function builderOf(chainId: number, blocks: Block[]): BatchBuilder {
  const builder = new BatchBuilder(chainId);
  for (const block of blocks) builder.add(block);
  return builder;
}

function blockTooLarge(
  block: Block,
  payloadSizeBytes: number,
  decodedSizeBytes: number,
  limits: BatchSizeLimits,
): TributaryError {
  return new TributaryError('Batcher.BlockTooLarge', `L2 block ${block.header.number} does not fit in a batch`, {
    recovery: 'halt',
    metaMessages: [
      `payload: ${payloadSizeBytes} bytes, at most ${limits.payloadSizeBytesMax}`,
      `decompressed: ${decodedSizeBytes} bytes, at most ${limits.decodedSizeBytesMax}`,
    ],
  });
}
