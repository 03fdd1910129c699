/** EIP-1559 fee fields, wei per gas. */
export interface L1Fees {
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
}

/** What a transaction should offer now: room for the base fee to double, bounded by `feeCapWei`. */
export function currentFees(baseFeePerGas: bigint, suggestedTip: bigint, feeCapWei: bigint): L1Fees {
  return bounded({ maxFeePerGas: 2n * baseFeePerGas + suggestedTip, maxPriorityFeePerGas: suggestedTip }, feeCapWei);
}

/**
 * What must be offered to replace a transaction that offered `previous`: both fields up by 12.5 % (nodes ask for 10 %), or what is usual
 * now where that is more.
 * @returns undefined when `feeCapWei` leaves no room for a replacement that nodes would take
 */
export function replacementFees(previous: L1Fees, current: L1Fees, feeCapWei: bigint): L1Fees | undefined {
  const raised = bounded(
    {
      maxFeePerGas: max(raise(previous.maxFeePerGas), current.maxFeePerGas),
      maxPriorityFeePerGas: max(raise(previous.maxPriorityFeePerGas), current.maxPriorityFeePerGas),
    },
    feeCapWei,
  );
  return raised.maxFeePerGas < raise(previous.maxFeePerGas) ? undefined : raised;
}

function bounded(fees: L1Fees, feeCapWei: bigint): L1Fees {
  const maxFeePerGas = min(fees.maxFeePerGas, feeCapWei);
  return { maxFeePerGas, maxPriorityFeePerGas: min(fees.maxPriorityFeePerGas, maxFeePerGas) };
}

/** × 1.125, rounded up. */
function raise(value: bigint): bigint {
  return (value * 9n + 7n) / 8n;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
