import { BLOB_SIZE_BYTES, blobCountFor } from '../codec/blob/blobPacking';

/** Where a batch's bytes go. */
export type BatchDataKind = 'calldata' | 'blobs';

/** `auto`: the cheaper of the two. */
export const DATA_AVAILABILITY_MODES = ['auto', 'calldata', 'blobs'] as const;
export type DataAvailabilityMode = (typeof DATA_AVAILABILITY_MODES)[number];

/** Wei per gas, as the next L1 block asks. `L1Prices` fits. */
export interface DataPrices {
  baseFeePerGas: bigint;
  /** Undefined where the L1 takes no blobs. */
  blobBaseFee: bigint | undefined;
}

/** Of every transaction. */
const TRANSACTION_GAS = 21_000;
/** EIP-7623: a zero byte is one token, another four; 4 gas per token, or 10 where that is more than with execution. */
const TOKENS_PER_BYTE = 4;
const GAS_PER_TOKEN = 4;
const FLOOR_GAS_PER_TOKEN = 10;
/** What the Inbox spends beside: two storage slots, the event, the accumulator, and asking the SequencerSet (test/contracts/snapshots/gas.json). */
const INBOX_GAS = 54_000;
/** Selector, offset and length of `postBatch`, mostly zeros; selector and count of `postBlobBatch`. */
const CALL_TOKENS = 80;
/** Hashing what is posted. */
const HASH_GAS_PER_BYTE = 6 / 32;
/** Switch only to what costs at most this share of what is in use: each switch waits until all that is on its way is included. */
const SWITCH_SHARE_PER_CENT = 80n;

/** L1 gas of a calldata batch. Compressed bytes are hardly ever zero: all are counted as what costs more. */
export function calldataBatchGas(payloadSizeBytes: number): number {
  const tokens = CALL_TOKENS + TOKENS_PER_BYTE * payloadSizeBytes;
  const execution = INBOX_GAS + HASH_GAS_PER_BYTE * payloadSizeBytes;
  return TRANSACTION_GAS + Math.ceil(Math.max(GAS_PER_TOKEN * tokens + execution, FLOOR_GAS_PER_TOKEN * tokens));
}

/** L1 gas of a batch in blobs, and their blob gas. */
export function blobBatchGas(payloadSizeBytes: number): { gas: number; blobGas: number } {
  return {
    gas: TRANSACTION_GAS + GAS_PER_TOKEN * CALL_TOKENS + INBOX_GAS,
    blobGas: blobCountFor(payloadSizeBytes) * BLOB_SIZE_BYTES,
  };
}

/**
 * What posting this payload costs, wei; without tips, which are the same per gas in both.
 * @param calldataSizeBytesMax of one calldata batch: larger payloads take several
 * @returns blobs: undefined where the L1 takes none
 */
export function batchCosts(
  payloadSizeBytes: number,
  prices: DataPrices,
  calldataSizeBytesMax: number,
): Record<BatchDataKind, bigint | undefined> & { calldata: bigint } {
  const { baseFeePerGas, blobBaseFee } = prices;
  const full = Math.floor(payloadSizeBytes / calldataSizeBytesMax);
  const rest = payloadSizeBytes - full * calldataSizeBytesMax;
  const calldataGas = full * calldataBatchGas(calldataSizeBytesMax) + (rest > 0 ? calldataBatchGas(rest) : 0);
  const { gas, blobGas } = blobBatchGas(payloadSizeBytes);
  return {
    calldata: BigInt(calldataGas) * baseFeePerGas,
    blobs: blobBaseFee === undefined ? undefined : BigInt(gas) * baseFeePerGas + BigInt(blobGas) * blobBaseFee,
  };
}

/**
 * The kind for the next batch in mode `auto`: the cheaper one at first; later the one in use, until the other costs at most 80 % of it.
 * Pure (docs/adr/0214-calldata-or-blobs.md).
 * @param inUse what the last batch took; undefined at first
 */
export function chooseDataKind(inUse: BatchDataKind | undefined, costs: ReturnType<typeof batchCosts>): BatchDataKind {
  const { calldata, blobs } = costs;
  if (blobs === undefined) return 'calldata';
  if (inUse === undefined) return blobs < calldata ? 'blobs' : 'calldata';
  const [kept, other] = inUse === 'calldata' ? [calldata, blobs] : [blobs, calldata];
  const isWorthIt = other * 100n <= kept * SWITCH_SHARE_PER_CENT && other < kept;
  if (!isWorthIt) return inUse;
  return inUse === 'calldata' ? 'blobs' : 'calldata';
}
