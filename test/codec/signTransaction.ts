import { RLP } from '@ethereumjs/rlp';
import secp256k1 from 'secp256k1';
import { decodeTransaction, type SignedTransaction } from '../../src/codec/transaction';
import { type Address, concatBytes, EMPTY_BYTES, toBigInt, toMinimalBytes } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';

export interface UnsignedTransaction {
  type: 0 | 1 | 2;
  /** Undefined: legacy without replay protection. */
  chainId: number | undefined;
  nonce: bigint;
  gasLimit: bigint;
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
  to: Address | undefined;
  value: bigint;
  data: Uint8Array;
  accessList: [Address, Uint8Array[]][];
}

/** Signs with the native library (about 60 µs): tests with thousands of transactions need that. */
export function signTransaction(
  privateKey: Uint8Array,
  transaction: Partial<UnsignedTransaction>,
  sender?: Address,
): SignedTransaction {
  const fields: UnsignedTransaction = {
    type: 2,
    chainId: 31338,
    nonce: 0n,
    gasLimit: 21_000n,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
    to: new Uint8Array(20).fill(0x11),
    value: 1n,
    data: EMPTY_BYTES,
    accessList: [],
    ...transaction,
  };
  const body = [toMinimalBytes(fields.gasLimit), fields.to ?? EMPTY_BYTES, toMinimalBytes(fields.value), fields.data];
  const nonce = toMinimalBytes(fields.nonce);
  const feeCap = toMinimalBytes(fields.maxFeePerGas);
  const chainId = fields.chainId === undefined ? undefined : toMinimalBytes(fields.chainId);
  if (fields.type === 0 || chainId === undefined) {
    const list = [nonce, feeCap, ...body];
    const signed = sign(privateKey, RLP.encode(chainId ? [...list, chainId, EMPTY_BYTES, EMPTY_BYTES] : list));
    const v = fields.chainId === undefined ? 27 + signed.yParity : 35 + 2 * fields.chainId + signed.yParity;
    return decodeTransaction(RLP.encode([...list, toMinimalBytes(v), signed.r, signed.s]), sender);
  }
  const fees = fields.type === 1 ? [feeCap] : [toMinimalBytes(fields.maxPriorityFeePerGas), feeCap];
  const list = [chainId, nonce, ...fees, ...body, fields.accessList] as unknown as Uint8Array[];
  const type = Uint8Array.of(fields.type);
  const signed = sign(privateKey, concatBytes(type, RLP.encode(list)));
  return decodeTransaction(
    concatBytes(type, RLP.encode([...list, toMinimalBytes(signed.yParity), signed.r, signed.s])),
    sender,
  );
}

/** The n-th test key: keccak of its number. */
export function privateKeyOf(n: number): Uint8Array {
  return keccak256(toMinimalBytes(n + 1));
}

function sign(privateKey: Uint8Array, message: Uint8Array): { yParity: number; r: Uint8Array; s: Uint8Array } {
  const { signature, recid } = secp256k1.ecdsaSign(keccak256(message), privateKey);
  const r = toMinimalBytes(toBigInt(signature.subarray(0, 32)));
  const s = toMinimalBytes(toBigInt(signature.subarray(32)));
  return { yParity: recid, r, s };
}
