import type { Hex, LocalAccount, TransactionSerializedEIP1559, TransactionSerializedEIP4844 } from 'viem';
import { encodeRlp } from '../codec/rlpWriter';
import { concatBytes, fromHex, type Hash, toBigInt, toHex, toMinimalBytes } from '../core/bytes';
import { keccak256 } from '../core/keccak';

/** As blocks hold it: what carries blobs is without its sidecar. */
export type SignedL1Transaction = TransactionSerializedEIP1559 | TransactionSerializedEIP4844;
/** A viem account that signs hashes, as those of private keys and of mnemonics do. */
export type SigningAccount = LocalAccount & Required<Pick<LocalAccount, 'sign'>>;

export interface UnsignedL1Transaction {
  chainId: number;
  nonce: number;
  gas: bigint;
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
  to: Hex;
  data: Hex;
  value: bigint;
  /** Makes it one that carries blobs. */
  blobs?: { maxFeePerBlobGas: bigint; versionedHashes: Hash[] };
}

/** EIP-1559 and EIP-4844. */
const TYPE = 2;
const BLOB_TYPE = 3;

/** Gives what viem's accounts give, in a tenth of the time that they take for a batch of 100 KB. */
export async function signTransaction(
  account: SigningAccount,
  transaction: UnsignedL1Transaction,
): Promise<SignedL1Transaction> {
  const { blobs } = transaction;
  const type = Uint8Array.of(blobs ? BLOB_TYPE : TYPE);
  const fields = [
    toMinimalBytes(transaction.chainId),
    toMinimalBytes(transaction.nonce),
    toMinimalBytes(transaction.maxPriorityFeePerGas),
    toMinimalBytes(transaction.maxFeePerGas),
    toMinimalBytes(transaction.gas),
    fromHex(transaction.to),
    toMinimalBytes(transaction.value),
    fromHex(transaction.data),
    [],
    ...(blobs ? [toMinimalBytes(blobs.maxFeePerBlobGas), blobs.versionedHashes] : []),
  ];
  const hash = keccak256(concatBytes(type, encodeRlp(fields)));
  // r, s, v: 32, 32 and 1 bytes.
  const signature = fromHex(await account.sign({ hash: toHex(hash) }));
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32, 64)].map((word) => toMinimalBytes(toBigInt(word)));
  const yParity = toMinimalBytes(signature[64] - 27);
  return toHex(concatBytes(type, encodeRlp([...fields, yParity, r, s]))) as SignedL1Transaction;
}

/** Hash of a signed transaction. */
export function transactionHash(raw: SignedL1Transaction): Hash {
  return keccak256(fromHex(raw));
}
