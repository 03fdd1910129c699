import {
  type LocalAccount,
  parseSignature,
  serializeTransaction,
  type TransactionSerializableEIP1559,
  type TransactionSerializableEIP4844,
  type TransactionSerializedEIP1559,
  type TransactionSerializedEIP4844,
} from 'viem';
import { fromHex, type Hash, toHex } from '../core/bytes';
import { keccak256 } from '../core/keccak';

/** As blocks hold it: what carries blobs is without its sidecar. */
export type SignedL1Transaction = TransactionSerializedEIP1559 | TransactionSerializedEIP4844;
/** A viem account that signs hashes, as those of private keys and of mnemonics do. */
export type SigningAccount = LocalAccount & Required<Pick<LocalAccount, 'sign'>>;

/** As viem's accounts sign it, but hashed by the kernel's keccak: a batch of 100 KB is hashed in a twentieth of the time. */
export async function signTransaction(
  account: SigningAccount,
  transaction: TransactionSerializableEIP1559 | TransactionSerializableEIP4844,
): Promise<SignedL1Transaction> {
  const hash = toHex(keccak256(fromHex(serializeTransaction(transaction))));
  const signature = parseSignature(await account.sign({ hash }));
  return serializeTransaction(transaction, signature) as SignedL1Transaction;
}

/** Hash of a signed transaction. */
export function transactionHash(raw: SignedL1Transaction): Hash {
  return keccak256(fromHex(raw));
}
