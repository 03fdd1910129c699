import { type Address, concatBytes, EMPTY_BYTES, type Hash, toFixedBytes, toMinimalBytes } from '../../core/bytes';
import type { RlpValue } from '../rlpReader';
import { encodeRlp } from '../rlpWriter';
import type { SignedTransaction } from '../transaction';

/** A signed transaction as the columns hold it: integers are big-endian without leading zeros. */
export interface TransactionFields {
  type: 0 | 1 | 2 | 4;
  nonce: number;
  gasLimit: number;
  feeCap: Uint8Array;
  /** Types 2 and 4. */
  tip: Uint8Array;
  to: Address | undefined;
  value: Uint8Array;
  data: Uint8Array;
  accessList: [address: Address, storageKeys: Hash[]][];
  authorizationList: AuthorizationFields[];
  yParity: number;
  /** 32 bytes. */
  r: Uint8Array;
  /** 32 bytes. */
  s: Uint8Array;
}

export type AuthorizationFields = [
  chainId: Uint8Array,
  address: Address,
  nonce: Uint8Array,
  yParity: Uint8Array,
  r: Uint8Array,
  s: Uint8Array,
];

/** Undefined where the columns cannot hold it (another chain, no replay protection, a nonce or gas limit from 2^53): it is kept raw then. */
export function transactionFields(transaction: SignedTransaction, chainId: number): TransactionFields | undefined {
  if (transaction.chainId !== BigInt(chainId)) return undefined;
  const nonce = Number(transaction.nonce);
  const gasLimit = Number(transaction.gasLimit);
  if (!Number.isSafeInteger(nonce) || !Number.isSafeInteger(gasLimit)) return undefined;
  return {
    type: transaction.type,
    nonce,
    gasLimit,
    feeCap: toMinimalBytes(transaction.maxFeePerGas),
    tip: toMinimalBytes(transaction.maxPriorityFeePerGas),
    to: transaction.to,
    value: toMinimalBytes(transaction.value),
    data: transaction.data,
    accessList: transaction.accessList.map(({ address, storageKeys }) => [address, storageKeys]),
    authorizationList: transaction.authorizationList.map((entry) => [
      toMinimalBytes(entry.chainId),
      entry.address,
      toMinimalBytes(entry.nonce),
      toMinimalBytes(entry.yParity),
      toMinimalBytes(entry.r),
      toMinimalBytes(entry.s),
    ]),
    yParity: Number(transaction.type === 0 ? (transaction.v - 35n) % 2n : transaction.v),
    r: toFixedBytes(transaction.r, 32),
    s: toFixedBytes(transaction.s, 32),
  };
}

/** The raw transaction (EIP-2718) that these fields make up. */
export function encodeTransactionFields(fields: TransactionFields, chainId: number): Uint8Array {
  const { type } = fields;
  const nonce = toMinimalBytes(fields.nonce);
  const payment = [toMinimalBytes(fields.gasLimit), fields.to ?? EMPTY_BYTES, fields.value, fields.data];
  const r = withoutLeadingZeros(fields.r);
  const s = withoutLeadingZeros(fields.s);
  if (type === 0) {
    const v = toMinimalBytes(35 + 2 * chainId + fields.yParity);
    return encodeRlp([nonce, fields.feeCap, ...payment, v, r, s]);
  }
  const fees = type === 1 ? [fields.feeCap] : [fields.tip, fields.feeCap];
  const yParity = toMinimalBytes(fields.yParity);
  const list: RlpValue[] = [toMinimalBytes(chainId), nonce, ...fees, ...payment, fields.accessList];
  if (type === 4) list.push(fields.authorizationList);
  list.push(yParity, r, s);
  return concatBytes(Uint8Array.of(type), encodeRlp(list));
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return bytes.subarray(start);
}
