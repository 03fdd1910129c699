/** EIP-1559 fee fields, wei per gas. */
export interface L1Fees {
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
  /** Of transactions that carry blobs, and only of them. */
  maxFeePerBlobGas?: bigint;
}

/** Most that is offered. */
export interface L1FeeCaps {
  feeCapWei: bigint;
  blobFeeCapWei: bigint;
}

const GWEI = 1_000_000_000n;

/** What a transaction should offer now: room for the base fees to double, bounded by the caps. */
export function currentFees(
  baseFeePerGas: bigint,
  suggestedTip: bigint,
  caps: L1FeeCaps,
  blobBaseFee?: bigint,
): L1Fees {
  const fees = { maxFeePerGas: 2n * baseFeePerGas + suggestedTip, maxPriorityFeePerGas: suggestedTip };
  if (blobBaseFee === undefined) return bounded(fees, caps);
  // It starts at 1 wei and rises by an eighth a block: what is not charged costs nothing.
  return bounded({ ...fees, maxFeePerBlobGas: max(2n * blobBaseFee, GWEI) }, caps);
}

/**
 * What must be offered to replace a transaction that offered `previous`, or what is usual now where that is more: all fields up by 12.5 %
 * (nodes ask for 10 %), or doubled where it carries blobs (nodes ask for as much).
 * @returns undefined when the caps leave no room for a replacement that nodes would take
 */
export function replacementFees(previous: L1Fees, current: L1Fees, caps: L1FeeCaps): L1Fees | undefined {
  const raise = previous.maxFeePerBlobGas === undefined ? raiseByAnEighth : double;
  const raised = bounded(
    {
      maxFeePerGas: max(raise(previous.maxFeePerGas), current.maxFeePerGas),
      maxPriorityFeePerGas: max(raise(previous.maxPriorityFeePerGas), current.maxPriorityFeePerGas),
      ...(previous.maxFeePerBlobGas !== undefined && {
        maxFeePerBlobGas: max(double(previous.maxFeePerBlobGas), current.maxFeePerBlobGas ?? 0n),
      }),
    },
    caps,
  );
  const isEnough =
    raised.maxFeePerGas >= raise(previous.maxFeePerGas) &&
    (raised.maxFeePerBlobGas ?? 0n) >= double(previous.maxFeePerBlobGas ?? 0n);
  return isEnough ? raised : undefined;
}

function bounded(fees: L1Fees, { feeCapWei, blobFeeCapWei }: L1FeeCaps): L1Fees {
  const maxFeePerGas = min(fees.maxFeePerGas, feeCapWei);
  const maxPriorityFeePerGas = min(fees.maxPriorityFeePerGas, maxFeePerGas);
  if (fees.maxFeePerBlobGas === undefined) return { maxFeePerGas, maxPriorityFeePerGas };
  return { maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas: min(fees.maxFeePerBlobGas, blobFeeCapWei) };
}

/** × 1.125, rounded up. */
function raiseByAnEighth(value: bigint): bigint {
  return (value * 9n + 7n) / 8n;
}

function double(value: bigint): bigint {
  return 2n * value;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
