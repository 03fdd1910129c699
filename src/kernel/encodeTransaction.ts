import { RLP } from '@ethereumjs/rlp';
import { l1GasOf } from '../chain/l1Fee';
import { recoverAddress } from '../codec/recoverAddress';
import type { AccessListEntry, Authorization } from '../codec/transaction';
import { type Address, concatBytes, type Hash, toMinimalBytes } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import {
  AUTHORIZATION_SIZE_BYTES,
  AuthorizationField,
  TRANSACTION_FIXED_SIZE_BYTES,
  TRANSACTION_HAS_TO,
  TransactionField,
} from './layout';
import { putBytes, writeWord } from './words';

/** What the kernel executes: a decoded transaction whose sender is known. `SignedTransaction` and `DepositTransaction` fit. */
export interface KernelTransaction {
  /** 0 to 4, or 0x7e. */
  type: number;
  from: Address;
  /** Undefined: a creation. */
  to: Address | undefined;
  value: bigint;
  /** Below 2^64. */
  gasLimit: bigint;
  data: Uint8Array;
  /** Below 2^64; deposits have none. */
  nonce?: bigint;
  /** Undefined where the transaction names none. */
  chainId?: bigint;
  /** Types 0 and 1: the gas price. */
  maxFeePerGas?: bigint;
  /** Types 0 and 1: the gas price. */
  maxPriorityFeePerGas?: bigint;
  accessList?: AccessListEntry[];
  authorizationList?: Authorization[];
  maxFeePerBlobGas?: bigint;
  blobVersionedHashes?: Hash[];
  /** Of deposits. */
  mint?: bigint;
  /** Its encoding, which pays the L1 data fee; absent: none is paid. Of deposits it counts nothing. */
  raw?: Uint8Array;
}

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const UINT64_MAX = 2n ** 64n - 1n;
const DEPOSIT_TYPE = 0x7e;
const NONE: never[] = [];
/** EIP-7702: authorizations sign keccak256(0x05 ‖ rlp([chain id, address, nonce])). */
const AUTHORIZATION_MAGIC = Uint8Array.of(0x05);

/** Bytes that `encodeTransaction` writes. */
export function encodedSize(transaction: KernelTransaction): number {
  let size = TRANSACTION_FIXED_SIZE_BYTES + aligned(transaction.data.length);
  for (const { storageKeys } of transaction.accessList ?? NONE) size += 24 + 32 * storageKeys.length;
  size += 32 * (transaction.blobVersionedHashes?.length ?? 0);
  return aligned(size + AUTHORIZATION_SIZE_BYTES * (transaction.authorizationList?.length ?? 0));
}

/** The kernel's memory, looked at in two ways. */
export interface MemoryViews {
  bytes: Uint8Array;
  view: DataView;
}

/**
 * Writes the transaction in the kernel's form (assembly/transactionContext.ts) at `at`; `memory` must have `encodedSize` bytes there.
 * Recovers the signers of authorizations (about 50 µs each). Returns the number of bytes written.
 */
export function encodeTransaction(transaction: KernelTransaction, { bytes, view }: MemoryViews, at: number): number {
  const { data, accessList = NONE, authorizationList = NONE, blobVersionedHashes = NONE } = transaction;
  // A fill or a set is a call of the engine's; stores like these are inlined.
  for (let i = 0; i < TRANSACTION_FIXED_SIZE_BYTES; i += 8) view.setFloat64(at + i, 0, true);
  view.setUint32(at + TransactionField.type, transaction.type, true);
  view.setUint32(at + TransactionField.flags, transaction.to ? TRANSACTION_HAS_TO : 0, true);
  view.setBigUint64(at + TransactionField.nonce, transaction.nonce ?? 0n, true);
  view.setBigUint64(at + TransactionField.gasLimit, transaction.gasLimit, true);
  // A chain id that does not fit is no chain's: any value that matches none will do.
  const chainId = transaction.chainId ?? 0n;
  view.setBigUint64(at + TransactionField.chainId, chainId > UINT64_MAX ? UINT64_MAX : chainId, true);
  writeWord(view, at + TransactionField.value, transaction.value);
  writeWord(view, at + TransactionField.maxFee, transaction.maxFeePerGas ?? 0n);
  writeWord(view, at + TransactionField.maxTip, transaction.maxPriorityFeePerGas ?? 0n);
  if (transaction.maxFeePerBlobGas) writeWord(view, at + TransactionField.maxBlobFee, transaction.maxFeePerBlobGas);
  if (transaction.mint) writeWord(view, at + TransactionField.mint, transaction.mint);
  if (transaction.raw && transaction.type !== DEPOSIT_TYPE)
    view.setBigUint64(at + TransactionField.l1Gas, l1GasOf(transaction.raw), true);
  putBytes(bytes, at + TransactionField.sender, transaction.from);
  if (transaction.to) putBytes(bytes, at + TransactionField.to, transaction.to);

  let next = at + TRANSACTION_FIXED_SIZE_BYTES;
  view.setUint32(at + TransactionField.dataSize, data.length, true);
  view.setUint32(at + TransactionField.data, next - at, true);
  if (data.length > 0) putBytes(bytes, next, data);
  next += aligned(data.length);

  view.setUint32(at + TransactionField.accessList, next - at, true);
  view.setUint32(at + TransactionField.accessCount, accessList.length, true);
  for (const { address, storageKeys } of accessList) {
    putBytes(bytes, next, address);
    view.setUint32(next + 20, storageKeys.length, true);
    next += 24;
    for (const key of storageKeys) {
      putBytes(bytes, next, key);
      next += 32;
    }
  }

  view.setUint32(at + TransactionField.blobHashes, next - at, true);
  view.setUint32(at + TransactionField.blobCount, blobVersionedHashes.length, true);
  for (const hash of blobVersionedHashes) {
    putBytes(bytes, next, hash);
    next += 32;
  }

  view.setUint32(at + TransactionField.authorizations, next - at, true);
  view.setUint32(at + TransactionField.authorizationCount, authorizationList.length, true);
  for (const authorization of authorizationList) {
    const authority = recoverAuthority(authorization);
    bytes.fill(0, next, next + AUTHORIZATION_SIZE_BYTES);
    writeWord(view, next + AuthorizationField.chainId, authorization.chainId);
    view.setBigUint64(next + AuthorizationField.nonce, authorization.nonce, true);
    putBytes(bytes, next + AuthorizationField.address, authorization.address);
    if (authority) putBytes(bytes, next + AuthorizationField.authority, authority);
    view.setUint32(next + AuthorizationField.signed, authority ? 1 : 0, true);
    next += AUTHORIZATION_SIZE_BYTES;
  }
  return aligned(next - at);
}

/** Who signed an EIP-7702 authorization; undefined where the signature holds for nobody (its tuple is then passed over). */
export function recoverAuthority({ chainId, address, nonce, yParity, r, s }: Authorization): Address | undefined {
  if (yParity > 1 || r === 0n || r >= SECP256K1_ORDER || s === 0n || s > SECP256K1_ORDER / 2n) return undefined;
  const message = RLP.encode([toMinimalBytes(chainId), address, toMinimalBytes(nonce)]);
  return recoverAddress(keccak256(concatBytes(AUTHORIZATION_MAGIC, message)), yParity, r, s);
}

function aligned(size: number): number {
  return (size + 7) & ~7;
}
