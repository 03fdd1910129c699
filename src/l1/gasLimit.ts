import type { Hex } from 'viem';
import { fromHex } from '../core/bytes';

/** EIP-7825: no L1 transaction may ask for more. */
export const GAS_LIMIT_MAX = 16_777_216n;

const TRANSACTION_GAS = 21_000n;
/** EIP-2028. */
const GAS_PER_TOKEN = 4n;
/** EIP-7623: the least that calldata costs, per token; a zero byte is one token, another is four. */
const FLOOR_GAS_PER_TOKEN = 10n;
const TOKENS_PER_NONZERO_BYTE = 4;

/** What the call itself used, out of what the transaction used: without the 21,000 and the calldata at its usual price. */
export function executionGas(gasUsed: bigint, data: Hex): bigint {
  const gas = gasUsed - usualGasOfBytes(data);
  return gas > 0n ? gas : 0n;
}

function usualGasOfBytes(data: Hex): bigint {
  return TRANSACTION_GAS + GAS_PER_TOKEN * tokensOf(data);
}

function tokensOf(data: Hex): bigint {
  const bytes = fromHex(data);
  let zeroCount = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 0) zeroCount++;
  return BigInt(zeroCount + (bytes.length - zeroCount) * TOKENS_PER_NONZERO_BYTE);
}

/** The gas that a call's bytes alone cost: an estimate below it is wrong, whatever the call does. */
export function gasOfBytes(data: Hex): bigint {
  return TRANSACTION_GAS + FLOOR_GAS_PER_TOKEN * tokensOf(data);
}

/** What calls of one kind have come to. */
export interface GasExperience {
  /** The most that one used beside its bytes (`executionGas`); 0 before the first. */
  executionGas: bigint;
  /** How much more to ask for than it seems: doubled each time that one runs out of gas, 1 after a success. */
  factor: bigint;
}

/**
 * What to ask for: the L1's estimate, what the bytes cost, or what such calls came to before, whichever is most, with a fifth on top, times
 * the factor, and never more than an L1 transaction may have. Unused gas costs nothing.
 */
export function gasLimitFor(estimate: bigint, data: Hex, experience: GasExperience): bigint {
  const candidates = [estimate, gasOfBytes(data), usualGasOfBytes(data) + experience.executionGas];
  const wanted = candidates.reduce((most, gas) => (gas > most ? gas : most));
  const withReserve = (wanted * 6n * experience.factor) / 5n;
  return withReserve < GAS_LIMIT_MAX ? withReserve : GAS_LIMIT_MAX;
}
