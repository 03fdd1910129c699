import type { Block } from '../../codec/block';
import {
  type AccessListEntry,
  type Authorization,
  type DepositTransaction,
  effectiveGasPrice,
  type SignedTransaction,
  type Transaction,
} from '../../codec/transaction';
import { toHex } from '../../core/bytes';
import { quantity } from './quantity';

/** Where a transaction is: undefined block = still waiting. */
export interface TransactionPlace {
  block: Pick<Block, 'hash' | 'header'>;
  index: number;
  /** Of a deposit, from its receipt. */
  depositNonce: bigint | undefined;
}

/** A transaction as geth shows it, deposits as OP Stack's geth; `place` undefined = pending. */
export function transactionJson(transaction: Transaction, place: TransactionPlace | undefined) {
  const common = {
    blockHash: place ? toHex(place.block.hash) : null,
    blockNumber: place ? quantity(place.block.header.number) : null,
    transactionIndex: place ? quantity(place.index) : null,
    hash: toHex(transaction.hash),
    type: quantity(transaction.type),
    from: toHex(transaction.from),
    to: transaction.to ? toHex(transaction.to) : null,
    value: quantity(transaction.value),
    gas: quantity(transaction.gasLimit),
    input: toHex(transaction.data),
  };
  return transaction.type === 0x7e
    ? Object.assign(common, depositFields(transaction, place))
    : Object.assign(common, signedFields(transaction, place));
}

function depositFields(deposit: DepositTransaction, place: TransactionPlace | undefined) {
  return {
    sourceHash: toHex(deposit.sourceHash),
    ...(deposit.mint > 0n ? { mint: quantity(deposit.mint) } : {}),
    isSystemTx: false,
    depositReceiptVersion: '0x1',
    nonce: quantity(place?.depositNonce ?? 0n),
    gasPrice: '0x0',
    v: '0x0',
    r: '0x0',
    s: '0x0',
  };
}

function signedFields(transaction: SignedTransaction, place: TransactionPlace | undefined) {
  const { type } = transaction;
  const gasPrice = place ? effectiveGasPrice(transaction, place.block.header.baseFeePerGas) : transaction.maxFeePerGas;
  return {
    nonce: quantity(transaction.nonce),
    gasPrice: quantity(gasPrice),
    ...(type >= 2
      ? {
          maxFeePerGas: quantity(transaction.maxFeePerGas),
          maxPriorityFeePerGas: quantity(transaction.maxPriorityFeePerGas),
        }
      : {}),
    ...(transaction.chainId === undefined ? {} : { chainId: quantity(transaction.chainId) }),
    ...(type >= 1
      ? { accessList: transaction.accessList.map(accessListEntryJson), yParity: quantity(transaction.v) }
      : {}),
    ...(type === 4 ? { authorizationList: transaction.authorizationList.map(authorizationJson) } : {}),
    v: quantity(transaction.v),
    r: quantity(transaction.r),
    s: quantity(transaction.s),
  };
}

function accessListEntryJson(entry: AccessListEntry) {
  return { address: toHex(entry.address), storageKeys: entry.storageKeys.map(toHex) };
}

function authorizationJson(authorization: Authorization) {
  return {
    chainId: quantity(authorization.chainId),
    address: toHex(authorization.address),
    nonce: quantity(authorization.nonce),
    yParity: quantity(authorization.yParity),
    r: quantity(authorization.r),
    s: quantity(authorization.s),
  };
}
