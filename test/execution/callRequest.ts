import { type Address, padLeft, toFixedBytes } from '../../src/core/bytes';
import type { CallRequest } from '../../src/execution/executor';
import { addressOf } from './testChain';

/** 32 big-endian bytes of a number, or of an address. */
export function word(value: number | bigint | Address): Uint8Array {
  return typeof value === 'object' ? padLeft(value, 32) : toFixedBytes(value, 32);
}

/** A call from account 0 with 1,000,000 gas and no fee. */
export function callRequest(fields: Partial<CallRequest>): CallRequest {
  return {
    from: addressOf(0),
    to: undefined,
    gasLimit: 1_000_000n,
    gasPrice: 0n,
    value: 0n,
    data: new Uint8Array(0),
    accessList: [],
    authorizationList: [],
    ...fields,
  };
}
