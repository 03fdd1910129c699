import { z } from 'zod';
import type { BlockHeader } from '../codec/header';
import type { AccessListEntry, Authorization } from '../codec/transaction';
import { EMPTY_BYTES, equalBytes, ZERO_ADDRESS } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { CallRequest, StateOverride } from '../execution/executor';
import { address, bytes, expected, hash, optional, quantity, slot, uint64 } from './parameters';
import { invalidParams } from './rpcErrors';

const LIST_LENGTH_MAX = 10_000;

const accessListEntry = z
  .object({ address, storageKeys: z.array(hash).max(LIST_LENGTH_MAX) }, { error: expected('{address, storageKeys}') })
  .transform((entry): AccessListEntry => entry);

const authorization = z
  .object(
    { chainId: quantity, address, nonce: uint64, yParity: quantity, r: quantity, s: quantity },
    { error: expected('an authorization object') },
  )
  .transform((entry): Authorization => ({ ...entry, yParity: Number(entry.yParity) }));

/** The transaction object of `eth_call`, `eth_estimateGas` and `eth_sendTransaction`; fields it does not know are passed over. */
export const callArguments = z.object(
  {
    from: optional(address),
    to: optional(address),
    gas: optional(uint64),
    gasPrice: optional(quantity),
    maxFeePerGas: optional(quantity),
    maxPriorityFeePerGas: optional(quantity),
    value: optional(quantity),
    nonce: optional(uint64),
    data: optional(bytes),
    input: optional(bytes),
    accessList: optional(z.array(accessListEntry, { error: expected('a list') }).max(LIST_LENGTH_MAX)),
    authorizationList: optional(z.array(authorization, { error: expected('a list') }).max(LIST_LENGTH_MAX)),
    chainId: optional(quantity),
    type: optional(quantity),
  },
  { error: expected('a transaction object') },
);

export type CallArguments = z.infer<typeof callArguments>;

const slotValues = z
  .record(z.string(), hash, { error: expected('an object of slots and values') })
  .transform((values, context) =>
    Object.entries(values).map(([key, value]) => [parseKey(slot, key, context), value] as const),
  );

const overrideFields = z.object(
  {
    balance: optional(quantity),
    nonce: optional(uint64),
    code: optional(bytes),
    state: optional(slotValues),
    stateDiff: optional(slotValues),
  },
  { error: expected('an object of overrides') },
);

/** Address → what to replace there for one call. */
export const stateOverrides = z
  .record(z.string(), overrideFields, { error: expected('an object of addresses and overrides') })
  .transform((overrides, context) =>
    Object.entries(overrides).map(([key, { state, stateDiff, ...fields }]): StateOverride => {
      if (state && stateDiff)
        context.addIssue({ code: 'custom', message: `${key}: expected state or stateDiff, got both` });
      return {
        address: parseKey(address, key, context),
        ...fields,
        state: state?.map(([slot, value]) => [slot, value]),
        stateDiff: stateDiff?.map(([slot, value]) => [slot, value]),
      };
    }),
  );

/** Parses an object's key, which zod's records leave a string. */
function parseKey<Value>(schema: z.ZodType<Value>, key: string, context: z.RefinementCtx): Value {
  const parsed = schema.safeParse(key);
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: parsed.error.issues[0].message });
  return z.NEVER;
}

/**
 * The data of a call, under either of its two names.
 * @throws Rpc.InvalidParams when both are there and differ
 */
export function callData({ data, input }: Pick<CallArguments, 'data' | 'input'>): Uint8Array {
  if (data && input && !equalBytes(data, input)) {
    throw invalidParams('transaction: both "data" and "input" are set and not equal');
  }
  return input ?? data ?? EMPTY_BYTES;
}

/**
 * A call as the executor takes it, on the state after `at`.
 * @throws Rpc.InvalidParams, Rpc.InvalidTransaction in geth's words when the fees do not fit
 */
export function toCallRequest(call: CallArguments, at: BlockHeader, gasLimitMax: bigint): CallRequest {
  const gasLimit = call.gas === undefined || call.gas > gasLimitMax ? gasLimitMax : call.gas;
  return {
    from: call.from ?? ZERO_ADDRESS,
    to: call.to,
    gasLimit,
    gasPrice: callGasPrice(call, at),
    value: call.value ?? 0n,
    data: callData(call),
    accessList: call.accessList ?? [],
    authorizationList: call.authorizationList ?? [],
  };
}

/** 0 unless the client names a fee: then the call runs at that price and its sender must have the means. */
function callGasPrice(call: CallArguments, at: BlockHeader): bigint {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = call;
  if (gasPrice !== undefined && (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined)) {
    throw invalidParams('transaction: both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified');
  }
  const feeCap = gasPrice ?? maxFeePerGas ?? 0n;
  const tip = maxPriorityFeePerGas ?? 0n;
  if (feeCap === 0n) return 0n;
  if (tip > feeCap) {
    throw feeProblem(
      `max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: ${tip}, maxFeePerGas: ${feeCap}`,
    );
  }
  if (feeCap < at.baseFeePerGas) {
    throw feeProblem(`max fee per gas less than block base fee: maxFeePerGas: ${feeCap}, baseFee: ${at.baseFeePerGas}`);
  }
  if (gasPrice !== undefined) return gasPrice;
  return feeCap < at.baseFeePerGas + tip ? feeCap : at.baseFeePerGas + tip;
}

function feeProblem(problem: string): TributaryError {
  return new TributaryError('Rpc.InvalidTransaction', problem);
}
