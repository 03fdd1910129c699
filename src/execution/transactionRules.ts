import type { Fork } from '../chain/forks';
import type { L1FeeParameters } from '../chain/l1Attributes';
import { l1Fee } from '../chain/l1Fee';
import { EMPTY_CODE_HASH } from '../codec/header';
import { type SignedTransaction, transactionCost } from '../codec/transaction';
import { type Address, equalBytes, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { StateReader } from '../state/stateReader';
import type { CallRequest } from './executor';
import { floorGas, INIT_CODE_SIZE_BYTES_MAX, intrinsicGas, TRANSACTION_GAS_LIMIT_MAX } from './transactionGas';

/** EIP-7702: an account whose code begins with this points to another account's code and still signs for itself. */
const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00);
const DELEGATION_LENGTH = 23;

/** What the rules read of the block. */
export interface BlockFees {
  /** Wei. */
  baseFeePerGas: bigint;
  l1FeeParameters: L1FeeParameters;
}

/** What the rules read of the state. */
export type RuleState = Pick<StateReader, 'account' | 'code'>;

/**
 * What can be said of a transaction without the state: the mempool and every executor ask here, so that they agree.
 * Messages are geth's.
 * @throws Execution.InvalidChainId, Execution.UnsupportedTransactionType, Execution.GasLimitAboveCap, Execution.TipAboveFeeCap,
 * Execution.InitCodeTooLarge, Execution.IntrinsicGasTooLow
 */
export function checkTransaction(transaction: SignedTransaction, chainId: number, fork: Fork): void {
  if (transaction.chainId !== undefined && transaction.chainId !== BigInt(chainId)) {
    throw new TributaryError(
      'Execution.InvalidChainId',
      `invalid chain id for signer: have ${transaction.chainId} want ${chainId}`,
    );
  }
  if (transaction.type === 4 && fork === 'cancun') {
    throw new TributaryError('Execution.UnsupportedTransactionType', 'transaction type not supported: 4 before Prague');
  }
  if (fork === 'osaka' && transaction.gasLimit > TRANSACTION_GAS_LIMIT_MAX) {
    throw new TributaryError(
      'Execution.GasLimitAboveCap',
      `transaction gas limit too high (cap: ${TRANSACTION_GAS_LIMIT_MAX}, tx: ${transaction.gasLimit})`,
    );
  }
  if (transaction.maxPriorityFeePerGas > transaction.maxFeePerGas) {
    throw new TributaryError(
      'Execution.TipAboveFeeCap',
      `max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: ${transaction.maxPriorityFeePerGas}, maxFeePerGas: ${transaction.maxFeePerGas}`,
    );
  }
  if (!transaction.to && transaction.data.length > INIT_CODE_SIZE_BYTES_MAX) {
    throw new TributaryError(
      'Execution.InitCodeTooLarge',
      `max initcode size exceeded: code size ${transaction.data.length}, limit ${INIT_CODE_SIZE_BYTES_MAX}`,
    );
  }
  const intrinsic = intrinsicGas(transaction);
  if (transaction.gasLimit < intrinsic) throw intrinsicGasTooLow(transaction.gasLimit, intrinsic);
  const floor = floorGas(transaction, fork);
  if (transaction.gasLimit < floor) {
    throw new TributaryError(
      'Execution.IntrinsicGasTooLow',
      `insufficient gas for floor data gas cost: gas ${transaction.gasLimit}, minimum needed ${floor}`,
    );
  }
}

/**
 * What the state and the block say of a transaction that passed `checkTransaction`.
 * @param block that it is to enter
 * @throws Execution.NonceTooLow, Execution.NonceTooHigh, Execution.SenderNotEoa, Execution.FeeCapTooLow, Execution.InsufficientFunds
 */
export function checkSender(
  transaction: SignedTransaction,
  state: RuleState,
  { baseFeePerGas, l1FeeParameters }: BlockFees,
): void {
  const sender = state.account(transaction.from);
  const nonce = sender?.nonce ?? 0n;
  if (transaction.nonce < nonce) {
    throw new TributaryError(
      'Execution.NonceTooLow',
      `nonce too low: next nonce ${nonce}, tx nonce ${transaction.nonce}`,
    );
  }
  if (transaction.nonce > nonce) {
    throw new TributaryError(
      'Execution.NonceTooHigh',
      `nonce too high: next nonce ${nonce}, tx nonce ${transaction.nonce}`,
    );
  }
  if (sender && !maySign(sender.codeHash, state)) {
    throw new TributaryError(
      'Execution.SenderNotEoa',
      `sender not an eoa: address ${toHex(transaction.from)}, codehash: ${toHex(sender.codeHash)}`,
    );
  }
  if (transaction.maxFeePerGas < baseFeePerGas) {
    throw new TributaryError(
      'Execution.FeeCapTooLow',
      `max fee per gas less than block base fee: address ${toHex(transaction.from)}, maxFeePerGas: ${transaction.maxFeePerGas}, baseFee: ${baseFeePerGas}`,
    );
  }
  const cost = transactionCost(transaction) + l1Fee(transaction.raw, l1FeeParameters);
  const balance = sender?.balance ?? 0n;
  if (balance < cost) throw insufficientFunds(balance, cost);
}

/**
 * Whether a call without signature and nonce can run.
 * @throws Execution.IntrinsicGasTooLow, Execution.InsufficientFunds
 */
export function checkCall(request: CallRequest, state: RuleState, fork: Fork): void {
  for (const needed of [intrinsicGas(request), floorGas(request, fork)]) {
    if (request.gasLimit < needed) throw intrinsicGasTooLow(request.gasLimit, needed);
  }
  const balance = state.account(request.from)?.balance ?? 0n;
  const cost = request.gasLimit * request.gasPrice + request.value;
  if (balance < cost) throw insufficientFunds(balance, cost);
}

export function intrinsicGasTooLow(gasLimit: bigint, needed: bigint): TributaryError {
  return new TributaryError(
    'Execution.IntrinsicGasTooLow',
    `intrinsic gas too low: gas ${gasLimit}, minimum needed ${needed}`,
  );
}

export function insufficientFunds(balance: bigint, cost: bigint): TributaryError {
  return new TributaryError(
    'Execution.InsufficientFunds',
    `insufficient funds for gas * price + value: balance ${balance}, tx cost ${cost}, overshot ${cost - balance}`,
  );
}

/** @param available gas left in the block */
export function blockGasLimitReached(gasLimit: bigint, available: bigint): TributaryError {
  return new TributaryError('Execution.BlockGasLimitReached', 'gas limit reached', {
    metaMessages: [`tx gas limit: ${gasLimit}`, `left in the block: ${available}`],
  });
}

/** The account that `code` delegates to (EIP-7702), or undefined. */
export function delegationTarget(code: Uint8Array): Address | undefined {
  if (code.length !== DELEGATION_LENGTH || !equalBytes(code.subarray(0, 3), DELEGATION_PREFIX)) return undefined;
  return code.subarray(3);
}

/** EIP-3607: accounts with code do not sign, but for delegations. */
function maySign(codeHash: Uint8Array, state: RuleState): boolean {
  return equalBytes(codeHash, EMPTY_CODE_HASH) || delegationTarget(state.code(codeHash)) !== undefined;
}
