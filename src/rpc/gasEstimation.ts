import type { ChainConfig } from '../chain/chainConfig';
import { forkAt } from '../chain/forks';
import type { L1FeeParameters } from '../chain/l1Attributes';
import type { BlockHeader } from '../codec/header';
import { TributaryError } from '../core/errors';
import type { CallRequest, CallResult, Executor, StateOverride } from '../execution/executor';
import { floorGas, intrinsicGas, TRANSACTION_GAS_LIMIT_MAX } from '../execution/transactionGas';
import type { StateReader } from '../state/stateReader';
import { accountCode } from './accountCode';
import { callL1Fee } from './callL1Fee';
import { requireSuccess } from './callOutcome';

const TRANSFER_GAS = 21_000n;
/** EIP-150: what a CALL that transfers value gives on top; the peak can be higher than what is charged by that. */
const CALL_STIPEND = 2_300n;
/** The search stops when its bounds are this close, in thousandths of the upper one (geth's 1.5 %). */
const TOLERANCE_PERMILLE = 15n;
/** Halving 64-bit numbers takes no more. */
const SEARCH_STEPS_MAX = 64;

export interface GasEstimationContext {
  executor: Pick<Executor, 'call'>;
  config: ChainConfig;
  at: BlockHeader;
  /** Of that block. */
  l1FeeParameters: L1FeeParameters;
  state: StateReader;
  overrides: StateOverride[] | undefined;
  /** Of the RPC (`limits.callGasMax`). */
  callGasMax: bigint;
}

/**
 * The least gas limit, within 1.5 % above, with which the call succeeds; exact when it needs no more on the way than it is charged for in the end
 * (no refunds, no 63/64 rule at work), and exactly 21000 for plain transfers.
 * @param gasLimit what the client allows, undefined = as much as a block has
 * @throws Rpc.ExecutionReverted, Rpc.ExecutionFailed, Rpc.GasExceedsAllowance, Rpc.InsufficientFunds
 */
export async function estimateGas(
  call: CallRequest,
  gasLimit: bigint | undefined,
  context: GasEstimationContext,
): Promise<bigint> {
  const { executor, at, overrides } = context;
  let highest = highestGas(call, gasLimit, context);
  const run = (gas: bigint): Promise<CallResult | undefined> =>
    gas < leastGas(call, context)
      ? Promise.resolve(undefined)
      : executor.call({ ...call, gasLimit: gas }, at, overrides);
  const succeeds = async (gas: bigint): Promise<boolean> => (await run(gas))?.outcome === 'success';

  if (isPlainTransfer(call, context) && highest >= TRANSFER_GAS && (await succeeds(TRANSFER_GAS))) return TRANSFER_GAS;

  const atHighest = await run(highest);
  if (!atHighest || isOutOfGas(atHighest)) {
    throw new TributaryError('Rpc.GasExceedsAllowance', `gas required exceeds allowance (${highest})`);
  }
  const { gasUsed } = requireSuccess(atHighest);
  if (gasUsed < highest && (await succeeds(gasUsed))) return gasUsed;

  // A refund gives back a fifth at most (EIP-3529), and each depth of calls keeps 1/64 (EIP-150).
  let lowest = gasUsed;
  const likely = (((gasUsed * 5n) / 4n + CALL_STIPEND) * 64n) / 63n;
  if (likely < highest) {
    if (await succeeds(likely)) highest = likely;
    else lowest = likely;
  }
  for (let step = 0; step < SEARCH_STEPS_MAX && (highest - lowest) * 1000n > highest * TOLERANCE_PERMILLE; step++) {
    const middle = (lowest + highest) / 2n;
    if (await succeeds(middle)) highest = middle;
    else lowest = middle;
  }
  return highest;
}

function highestGas(call: CallRequest, gasLimit: bigint | undefined, context: GasEstimationContext): bigint {
  const { at, config, state, overrides, callGasMax } = context;
  const osaka = forkAt(config, at.timestamp) === 'osaka';
  let highest = gasLimit !== undefined && gasLimit >= TRANSFER_GAS ? gasLimit : at.gasLimit;
  for (const cap of [at.gasLimit, callGasMax, ...(osaka ? [TRANSACTION_GAS_LIMIT_MAX] : [])])
    if (cap < highest) highest = cap;
  if (call.gasPrice === 0n) return highest;
  const overridden = overrides?.find(({ address }) => Buffer.compare(address, call.from) === 0);
  const sender = state.account(call.from);
  const balance = overridden?.balance ?? sender?.balance ?? 0n;
  const nonce = overridden?.nonce ?? sender?.nonce ?? 0n;
  const like = { chainId: config.l2ChainId, nonce, gasLimit: highest };
  const fixedCost = call.value + callL1Fee(call, like, context.l1FeeParameters);
  if (balance < fixedCost) {
    throw new TributaryError('Rpc.InsufficientFunds', 'insufficient funds for gas * price + value');
  }
  const affordable = (balance - fixedCost) / call.gasPrice;
  return affordable < highest ? affordable : highest;
}

/** Below it a transaction is invalid and no executor needs to be asked. */
function leastGas(call: CallRequest, { config, at }: GasEstimationContext): bigint {
  const intrinsic = intrinsicGas(call);
  const floor = floorGas(call, forkAt(config, at.timestamp));
  if (floor > intrinsic) return floor;
  return intrinsic;
}

function isPlainTransfer(call: CallRequest, { state, overrides }: GasEstimationContext): boolean {
  const { to } = call;
  if (to === undefined || call.data.length > 0 || call.accessList.length > 0 || call.authorizationList.length > 0)
    return false;
  if (overrides?.some(({ address }) => Buffer.compare(address, to) === 0)) return false;
  return accountCode(state, to).length === 0;
}

function isOutOfGas(result: CallResult): boolean {
  return result.outcome === 'halt' && /out of gas/i.test(result.haltReason ?? '');
}
