import { decodeEventLog, decodeFunctionData, encodeEventTopics, encodeFunctionData, type Hex } from 'viem';
import { unpackBlobs } from '../codec/blob/blobPacking';
import { concatBytes, EMPTY_BYTES, equalBytes, fromHex, type Hash, toHex } from '../core/bytes';
import { hasErrorCode } from '../core/errors';
import { keccak256 } from '../core/keccak';
import { inboxAbi } from './bindings/Inbox';

/** First topic of the Inbox's `BatchPosted`. */
export const [BATCH_POSTED_TOPIC] = encodeEventTopics({ abi: inboxAbi, eventName: 'BatchPosted' });

/** IInbox.BatchDataKind. */
export const batchDataKinds = { calldata: 0, blobs: 1 } as const;

/** What a `BatchPosted` log says: everything but the data. */
export interface BatchAnnouncement {
  /** Inbox index, 0-based. */
  index: number;
  dataKind: number;
  /** Calldata: keccak256 of the data. Blobs: keccak256 of the versioned hashes. */
  dataCommitment: Hash;
  /** Versioned hashes of the transaction's blobs, in their order; empty for calldata. */
  blobHashes: Hash[];
}

/** Input of `Inbox.postBatch(data)`. */
export function encodePostBatch(data: Uint8Array): Hex {
  return encodeFunctionData({ abi: inboxAbi, functionName: 'postBatch', args: [toHex(data)] });
}

/** Input of `Inbox.postBlobBatch(blobCount)`; the blobs go beside it. */
export function encodePostBlobBatch(blobCount: number): Hex {
  return encodeFunctionData({ abi: inboxAbi, functionName: 'postBlobBatch', args: [BigInt(blobCount)] });
}

/** @returns undefined when the log is not a `BatchPosted` */
export function decodeBatchPosted(log: { topics: Hex[]; data: Hex }): BatchAnnouncement | undefined {
  if (log.topics[0] !== BATCH_POSTED_TOPIC) return undefined;
  try {
    const { args } = decodeEventLog({
      abi: inboxAbi,
      eventName: 'BatchPosted',
      topics: log.topics as [Hex, ...Hex[]],
      data: log.data,
    });
    return {
      index: Number(args.header.index),
      dataKind: args.header.dataKind,
      dataCommitment: fromHex(args.header.dataCommitment),
      blobHashes: args.blobHashes.map(fromHex),
    };
  } catch {
    return undefined;
  }
}

/**
 * The data of a calldata batch, out of the input of the transaction that posted it.
 * Total: where the input is not the call that the log commits to, the result is empty, which derivation ignores as it does any garbage.
 */
export function batchDataFromInput(announcement: BatchAnnouncement, input: Hex): Uint8Array {
  if (announcement.dataKind !== batchDataKinds.calldata) return EMPTY_BYTES;
  const data = decodePostBatch(input);
  return data && equalBytes(keccak256(data), announcement.dataCommitment) ? data : EMPTY_BYTES;
}

/** Whether the log commits to the versioned hashes that it lists, as the Inbox does always. */
export function commitsToBlobs({ dataCommitment, blobHashes }: BatchAnnouncement): boolean {
  return blobHashes.length > 0 && equalBytes(keccak256(concatBytes(...blobHashes)), dataCommitment);
}

/**
 * The data of a blob batch, out of the very blobs that the log names.
 * Total: blobs that hold no payload give empty data, which derivation ignores as it does any garbage.
 */
export function batchDataFromBlobs(blobs: readonly Uint8Array[]): Uint8Array {
  try {
    return unpackBlobs(blobs);
  } catch (error) {
    if (hasErrorCode(error, 'Codec.InvalidBlobs')) return EMPTY_BYTES;
    throw error;
  }
}

/** Selector and the offset of the data, 32. */
const CANONICAL_HEAD = encodePostBatch(EMPTY_BYTES).slice(0, 2 + 2 * 36);
const DATA_SIZE_AT = 62;
const DATA_AT = 68;

/** The data where the input is as `encodePostBatch` makes it, which the Inbox asks for; many times quicker than any decoder. */
function readCanonicalPostBatch(input: Hex): Uint8Array | undefined {
  if (!input.startsWith(CANONICAL_HEAD)) return undefined;
  const bytes = Buffer.from(input.slice(2), 'hex');
  if (bytes.length < DATA_AT || 2 * bytes.length !== input.length - 2) return undefined;
  const end = DATA_AT + bytes.readUIntBE(DATA_SIZE_AT, 6);
  const isSmall = bytes.subarray(36, DATA_SIZE_AT).every((byte) => byte === 0);
  return isSmall && end <= bytes.length ? new Uint8Array(bytes.subarray(DATA_AT, end)) : undefined;
}

function decodePostBatch(input: Hex): Uint8Array | undefined {
  const canonical = readCanonicalPostBatch(input);
  if (canonical) return canonical;
  try {
    const { functionName, args } = decodeFunctionData({ abi: inboxAbi, data: input });
    return functionName === 'postBatch' ? fromHex(args[0]) : undefined;
  } catch {
    return undefined;
  }
}
