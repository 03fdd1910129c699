const BLOB_BASE_FEE_MIN_WEI = 1n;
/** BLOB_BASE_FEE_UPDATE_FRACTION of EIP-4844 (Cancun). */
const UPDATE_FRACTION_CANCUN = 3_338_477n;
/** BLOB_BASE_FEE_UPDATE_FRACTION of EIP-7691 (Prague). */
const UPDATE_FRACTION_PRAGUE = 5_007_716n;

/**
 * Blob base fee of an L1 block, wei, from its header alone, so that every node gets the same.
 * A header with a requests hash (EIP-7685) is Prague's or later. Later blob-parameter-only forks leave no mark in the header: on such an L1
 * this is a lower price curve than L1's own, the same one on every node.
 * @returns 1 where the L1 has no blobs
 */
export function blobBaseFee(header: { excessBlobGas?: bigint | null; requestsHash?: string | null }): bigint {
  if (header.excessBlobGas === undefined || header.excessBlobGas === null) return BLOB_BASE_FEE_MIN_WEI;
  const updateFraction = header.requestsHash ? UPDATE_FRACTION_PRAGUE : UPDATE_FRACTION_CANCUN;
  return fakeExponential(BLOB_BASE_FEE_MIN_WEI, header.excessBlobGas, updateFraction);
}

/** EIP-4844's integer `factor × e^(numerator / denominator)` by Taylor's series. */
export function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let output = 0n;
  let term = factor * denominator;
  for (let i = 1n; term > 0n; i++) {
    output += term;
    term = (term * numerator) / (denominator * i);
  }
  return output / denominator;
}
