import type { TransactionSerializable } from 'viem';
import { l1FeeParameters } from '../chain/l1Attributes';
import { type Address, toHex } from '../core/bytes';
import { nextBaseFee } from './baseFeeForecast';
import { type CallArguments, callData, toCallRequest } from './callArguments';
import type { MempoolView, RpcDependencies } from './dependencies';
import { suggestedTip } from './feeSuggestion';
import { estimateGas } from './gasEstimation';
import type { RpcLimits } from './limits';
import { invalidParams } from './rpcErrors';

export type FillingDependencies = Pick<RpcDependencies, 'chain' | 'config' | 'executor' | 'rules'> & {
  mempool: MempoolView;
};

/**
 * Completes a dev account's transaction: next nonce, estimated gas, a fee that holds while the base fee doubles.
 * @throws Rpc.InvalidParams, and what gas estimation throws (a revert shows before anything is sent)
 */
export async function fillTransaction(
  call: CallArguments,
  from: Address,
  { chain, config, executor, mempool, rules }: FillingDependencies,
  limits: RpcLimits,
): Promise<TransactionSerializable> {
  if (call.chainId !== undefined && call.chainId !== BigInt(config.l2ChainId)) {
    throw invalidParams(`transaction.chainId: expected ${config.l2ChainId}, got ${call.chainId}`);
  }
  const { header: at, transactions } = chain.head;
  const request = toCallRequest(call, at, limits.callGasMax);
  const context = {
    executor,
    config,
    at,
    l1FeeParameters: l1FeeParameters(transactions[0]),
    state: chain.stateAt(at.number),
    overrides: undefined,
    callGasMax: limits.callGasMax,
  };
  const data = callData(call);
  const common = {
    chainId: config.l2ChainId,
    nonce: Number(call.nonce ?? mempool.pendingNonce(from)),
    gas: call.gas ?? (await estimateGas(request, undefined, context)),
    ...(call.to ? { to: toHex(call.to) } : {}),
    value: call.value ?? 0n,
    data: toHex(data),
  };
  const accessList = call.accessList?.map((entry) => ({
    address: toHex(entry.address),
    storageKeys: entry.storageKeys.map(toHex),
  }));
  if (call.gasPrice !== undefined) {
    return accessList
      ? { ...common, type: 'eip2930', gasPrice: call.gasPrice, accessList }
      : { ...common, type: 'legacy', gasPrice: call.gasPrice };
  }
  const tip = call.maxPriorityFeePerGas ?? suggestedTip(chain);
  const baseFee = nextBaseFee({ chain, config, rules });
  const fees = {
    maxPriorityFeePerGas: call.maxFeePerGas !== undefined && tip > call.maxFeePerGas ? call.maxFeePerGas : tip,
    maxFeePerGas: call.maxFeePerGas ?? 2n * baseFee + tip,
  };
  if (!call.authorizationList?.length) return { ...common, ...fees, type: 'eip1559', accessList };
  const authorizationList = call.authorizationList.map((entry) => ({
    chainId: Number(entry.chainId),
    address: toHex(entry.address),
    nonce: Number(entry.nonce),
    yParity: entry.yParity,
    r: toHex32(entry.r),
    s: toHex32(entry.s),
  }));
  return { ...common, ...fees, type: 'eip7702', accessList, authorizationList };
}

function toHex32(value: bigint): `0x${string}` {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
