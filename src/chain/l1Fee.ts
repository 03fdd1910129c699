import type { L1FeeParameters } from './l1Attributes';

const GAS_PER_BYTE = 16n;
const GAS_PER_ZERO_BYTE = 4n;
/** 16, by which gas is above bytes, and the six decimals of both scalars. */
const PRICE_UNIT = 16_000_000n;

/** L1 gas that the bytes of a signed transaction stand for: 16 for each, 4 for a zero. */
export function l1GasOf(raw: Uint8Array): bigint {
  let zeroCount = 0;
  for (let i = 0; i < raw.length; i++) if (raw[i] === 0) zeroCount++;
  return GAS_PER_BYTE * BigInt(raw.length - zeroCount) + GAS_PER_ZERO_BYTE * BigInt(zeroCount);
}

/** What 16 million L1 gas cost, wei; 0: the block charges no L1 data fee. */
export function l1Price({ baseFee, blobBaseFee, baseFeeScalar, blobBaseFeeScalar }: L1FeeParameters): bigint {
  return GAS_PER_BYTE * BigInt(baseFeeScalar) * baseFee + BigInt(blobBaseFeeScalar) * blobBaseFee;
}

/**
 * What a signed transaction pays for its bytes on L1, wei (docs/adr/0221): OP Stack's Ecotone formula over the whole encoding, signature and all.
 * @param raw the encoding @param parameters of its block
 */
export function l1Fee(raw: Uint8Array, parameters: L1FeeParameters): bigint {
  const price = l1Price(parameters);
  return price === 0n ? 0n : (l1GasOf(raw) * price) / PRICE_UNIT;
}
