import { type Abi, decodeErrorResult, type Hex, isHex } from 'viem';
import { errorMessage } from '../core/errors';

/** What a call that the L1 refused said: the return data when the node gave it, and a sentence. */
export interface RevertReason {
  data: Hex | undefined;
  /** E.g. `InboxUnauthorizedPoster(0x…, 0x…)`, `Error(too late)`, or the node's own words. */
  sentence: string;
}

/** @returns undefined when `error` is not about a revert. */
export function revertReason(error: unknown, abi: Abi | undefined): RevertReason | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const data = 'data' in at ? returnData(at.data) : undefined;
    if (data !== undefined) return { data, sentence: decode(data, abi) ?? detailsOf(error) };
  }
  const details = detailsOf(error);
  return /revert/i.test(details) ? { data: undefined, sentence: details } : undefined;
}

/** The node's words, without viem's. */
export function detailsOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('details' in at && typeof at.details === 'string' && at.details) return at.details;
  }
  return errorMessage(error);
}

/** geth and anvil give hex; Hardhat an object that holds it. */
function returnData(data: unknown): Hex | undefined {
  if (isHex(data)) return data;
  if (typeof data === 'object' && data !== null && 'data' in data && isHex(data.data)) return data.data;
  return undefined;
}

function decode(data: Hex, abi: Abi | undefined): string | undefined {
  if (data === '0x') return 'reverted without a reason';
  try {
    const { errorName, args } = decodeErrorResult({ abi: abi ?? [], data });
    return `${errorName}(${(args ?? []).map(String).join(', ')})`;
  } catch {
    return undefined;
  }
}
