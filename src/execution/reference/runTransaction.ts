import { Address as EvmAddress } from '@ethereumjs/util';
import { addresses } from '../../chain/addresses';
import type { L1FeeParameters } from '../../chain/l1Attributes';
import { l1Fee, l1Price } from '../../chain/l1Fee';
import { EMPTY_CODE_HASH } from '../../codec/header';
import { logsBloom, type Receipt } from '../../codec/receipt';
import {
  contractAddress,
  type DepositTransaction,
  effectiveGasPrice,
  type SignedTransaction,
} from '../../codec/transaction';
import type { Address, Hash } from '../../core/bytes';
import { floorGas, INIT_CODE_SIZE_BYTES_MAX, intrinsicGas } from '../transactionGas';
import { blockGasLimitReached, checkSender, checkTransaction } from '../transactionRules';
import type { EvmBlock, EvmInstance } from './evmPool';
import { credit, finishTransaction, type MessageResult, runMessage } from './runMessage';

/** Gas of the calls that begin a block (EIP-4788, EIP-2935); counts nowhere. */
const SYSTEM_CALL_GAS_LIMIT = 30_000_000n;

/** Where a block stands. */
export interface BlockProgress {
  block: EvmBlock;
  baseFeePerGas: bigint;
  coinbase: Address;
  /** Who gets the base fee; undefined: nobody, as on Ethereum. */
  baseFeeRecipient: Address | undefined;
  l1FeeParameters: L1FeeParameters;
  gasLimit: bigint;
  /** So far. */
  gasUsed: bigint;
}

/**
 * Executes a signed transaction: the base fee goes to its recipient, the tip to the coinbase, the L1 data fee to its vault.
 * @param blobVersionedHashes for state tests only: the L2 has no blob transactions
 * @throws Execution.* when it is invalid here; then nothing has changed
 */
export async function runSignedTransaction(
  instance: EvmInstance,
  progress: BlockProgress,
  transaction: SignedTransaction,
  blobVersionedHashes: Hash[] = [],
): Promise<Receipt> {
  const { state } = instance;
  checkTransaction(transaction, instance.chainId, instance.fork);
  const available = progress.gasLimit - progress.gasUsed;
  if (transaction.gasLimit > available) throw blockGasLimitReached(transaction.gasLimit, available);
  checkSender(transaction, state, progress);

  const gasPrice = effectiveGasPrice(transaction, progress.baseFeePerGas);
  const dataFee = l1Fee(transaction.raw, progress.l1FeeParameters);
  credit(instance, transaction.from, -transaction.gasLimit * gasPrice - dataFee);
  const result = await runMessage(instance, progress.block, { ...transaction, gasPrice, blobVersionedHashes });
  credit(instance, transaction.from, (transaction.gasLimit - result.gasUsed) * gasPrice);
  instance.recorder?.access(progress.coinbase);
  if (progress.baseFeeRecipient) instance.recorder?.access(progress.baseFeeRecipient);
  credit(instance, progress.coinbase, (gasPrice - progress.baseFeePerGas) * result.gasUsed);
  if (progress.baseFeeRecipient) {
    credit(instance, progress.baseFeeRecipient, progress.baseFeePerGas * result.gasUsed);
  }
  if (l1Price(progress.l1FeeParameters) > 0n) {
    instance.recorder?.access(addresses.l1FeeVault);
    credit(instance, addresses.l1FeeVault, dataFee);
  }
  await finishTransaction(instance, result.destroyed);

  return receiptOf(progress, transaction.type, result, {
    effectiveGasPrice: gasPrice,
    contractAddress: transaction.to ? undefined : contractAddress(transaction.from, transaction.nonce),
    depositNonce: undefined,
  });
}

/**
 * Executes a deposit by OP Stack's Regolith rules: pays nothing, can't be invalid; the mint stays and the nonce rises whatever happens.
 * A deposit that can't even start (value above the balance, gas below the intrinsic) uses its whole gas limit.
 */
export async function runDeposit(
  instance: EvmInstance,
  progress: BlockProgress,
  deposit: DepositTransaction,
): Promise<Receipt> {
  const { state } = instance;
  credit(instance, deposit.from, deposit.mint);
  const sender = state.account(deposit.from);
  const nonce = sender?.nonce ?? 0n;
  const message = { ...deposit, gasPrice: 0n, accessList: [], authorizationList: [] };
  const starts =
    deposit.gasLimit >= intrinsicGas(message) &&
    deposit.gasLimit >= floorGas(message, instance.fork) &&
    deposit.value <= (sender?.balance ?? 0n) &&
    (deposit.to !== undefined || deposit.data.length <= INIT_CODE_SIZE_BYTES_MAX);
  let result: Pick<MessageResult, 'outcome' | 'gasUsed' | 'logs' | 'destroyed'>;
  if (starts) {
    result = await runMessage(instance, progress.block, message);
  } else {
    instance.recorder?.access(deposit.from);
    state.setAccount(deposit.from, {
      nonce: nonce + 1n,
      balance: sender?.balance ?? 0n,
      codeHash: sender?.codeHash ?? EMPTY_CODE_HASH,
    });
    result = { outcome: 'halt', gasUsed: deposit.gasLimit, logs: [], destroyed: [] };
  }
  await finishTransaction(instance, result.destroyed);
  return receiptOf(progress, 0x7e, result, {
    effectiveGasPrice: 0n,
    contractAddress: deposit.to ? undefined : contractAddress(deposit.from, nonce),
    depositNonce: nonce,
  });
}

/** A call of the protocol itself at the start of a block; without code at `to` nothing happens. */
export async function runSystemCall(
  instance: EvmInstance,
  block: EvmBlock,
  to: Address,
  data: Uint8Array,
): Promise<void> {
  if (!instance.state.account(to)) return;
  await instance.evm.runCall({
    block,
    caller: new EvmAddress(addresses.systemCaller),
    to: new EvmAddress(to),
    data,
    gasLimit: SYSTEM_CALL_GAS_LIMIT,
    skipNonceIncrement: true,
  });
  await finishTransaction(instance, []);
}

function receiptOf(
  progress: BlockProgress,
  type: number,
  result: Pick<MessageResult, 'outcome' | 'gasUsed' | 'logs'>,
  rest: Pick<Receipt, 'effectiveGasPrice' | 'contractAddress' | 'depositNonce'>,
): Receipt {
  progress.gasUsed += result.gasUsed;
  return {
    type,
    succeeded: result.outcome === 'success',
    cumulativeGasUsed: progress.gasUsed,
    gasUsed: result.gasUsed,
    logsBloom: logsBloom(result.logs),
    logs: result.logs,
    ...rest,
  };
}
