import { type Address, concatBytes, EMPTY_BYTES, fromHex, type Hash, toMinimalBytes } from '../core/bytes';
import { TributaryError } from '../core/errors';
import { keccak256 } from '../core/keccak';
import { recoverAddress } from './recoverAddress';
import {
  RlpReader,
  type RlpValue,
  readAddress,
  readBytes,
  readHash,
  readList,
  readOptionalAddress,
  readUint,
} from './rlpReader';
import { encodeRlp } from './rlpWriter';

export interface AccessListEntry {
  address: Address;
  storageKeys: Hash[];
}

/** EIP-7702. */
export interface Authorization {
  chainId: bigint;
  address: Address;
  nonce: bigint;
  yParity: number;
  r: bigint;
  s: bigint;
}

/** A transaction of type 0, 1, 2 or 4 whose signature has been checked. */
export interface SignedTransaction {
  type: 0 | 1 | 2 | 4;
  hash: Hash;
  /** The canonical encoding that the hash is taken of. */
  raw: Uint8Array;
  from: Address;
  /** Undefined for a legacy transaction without replay protection (before EIP-155). */
  chainId: bigint | undefined;
  nonce: bigint;
  gasLimit: bigint;
  /** Types 0 and 1: the gas price. */
  maxFeePerGas: bigint;
  /** Types 0 and 1: the gas price. */
  maxPriorityFeePerGas: bigint;
  /** Undefined = contract creation. */
  to: Address | undefined;
  value: bigint;
  data: Uint8Array;
  accessList: AccessListEntry[];
  authorizationList: Authorization[];
  /** `v` as signed: 27/28 or EIP-155's for legacy, 0/1 otherwise. */
  v: bigint;
  r: bigint;
  s: bigint;
}

/** OP Stack's deposit: made by L1, unsigned, pays no fee, can't be invalid. */
export interface DepositTransaction {
  type: 0x7e;
  hash: Hash;
  raw: Uint8Array;
  sourceHash: Hash;
  from: Address;
  to: Address | undefined;
  /** Wei created on L2 before execution; kept when execution fails. */
  mint: bigint;
  value: bigint;
  gasLimit: bigint;
  data: Uint8Array;
}

export type Transaction = SignedTransaction | DepositTransaction;

/**
 * The raw transactions of one block together: every block then fits into one calldata batch (120,000 bytes), whatever it holds, since the
 * columns of a batch add at most a few bytes to a transaction that does not compress.
 */
export const BLOCK_TRANSACTIONS_SIZE_BYTES_MAX = 110_000;
/** Larger raw transactions are refused before they are parsed. */
export const TRANSACTION_SIZE_BYTES_MAX = BLOCK_TRANSACTIONS_SIZE_BYTES_MAX;
const SECP256K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const SECP256K1_HALF_N = SECP256K1_N / 2n;
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * Decodes a signed transaction (types 0, 1, 2, 4) and recovers its sender (about 50 µs).
 * @param knownSender skips the recovery: only where we recovered it ourselves, before this was written to disk or in another thread
 * @param knownHash the same for the hash
 * @throws Codec.InvalidTransaction or Codec.InvalidRlp naming the field, Codec.UnsupportedTransactionType
 */
export function decodeTransaction(raw: Uint8Array, knownSender?: Address, knownHash?: Hash): SignedTransaction {
  if (raw.length === 0) throw invalid('raw', 'expected bytes, got none');
  if (raw.length > TRANSACTION_SIZE_BYTES_MAX) {
    throw invalid('raw', `oversized data: transaction size ${raw.length}, limit ${TRANSACTION_SIZE_BYTES_MAX}`);
  }
  const type = raw[0];
  const known = { from: knownSender, hash: knownHash };
  if (type >= 0xc0) return decodeLegacy(raw, known);
  if (type === 1 || type === 2 || type === 4) return decodeTyped(type, raw, known);
  throw new TributaryError('Codec.UnsupportedTransactionType', `transaction type not supported: ${type}`);
}

/** What need not be computed again. */
interface Known {
  from: Address | undefined;
  hash: Hash | undefined;
}

/**
 * Both decoders write all properties in one literal, in the same order: objects that are spread into others get hidden classes of their own, each
 * one, and every access to a transaction anywhere is then a lookup.
 */
function decodeLegacy(raw: Uint8Array, known: Known): SignedTransaction {
  const fields = RlpReader.decodeList(raw, 'transaction', 9);
  const v = readUint(fields[6], 'v', 8);
  const chainId = v >= 35n ? (v - 35n) / 2n : undefined;
  if (chainId === undefined && v !== 27n && v !== 28n) throw invalid('v', `expected 27, 28 or EIP-155's, got ${v}`);
  const yParity = Number(chainId === undefined ? v - 27n : (v - 35n) % 2n);
  const gasPrice = readUint(fields[1], 'gasPrice', 32);
  const unsigned = () => {
    const own = fields.slice(0, 6) as Uint8Array[];
    return encodeRlp(chainId === undefined ? own : [...own, toMinimalBytes(chainId), EMPTY_BYTES, EMPTY_BYTES]);
  };
  const nonce = readUint(fields[0], 'nonce', 8);
  const gasLimit = readUint(fields[2], 'gasLimit', 8);
  const to = readOptionalAddress(fields[3], 'to');
  const value = readUint(fields[4], 'value', 32);
  const data = readBytes(fields[5], 'data');
  const r = readUint(fields[7], 'r', 32);
  const s = readUint(fields[8], 's', 32);
  const from = checkedSender(known, unsigned, yParity, nonce, r, s);
  return {
    type: 0,
    chainId,
    nonce,
    maxFeePerGas: gasPrice,
    maxPriorityFeePerGas: gasPrice,
    gasLimit,
    to,
    value,
    data,
    accessList: [],
    authorizationList: [],
    v,
    r,
    s,
    raw,
    hash: known.hash ?? keccak256(raw),
    from,
  };
}

function decodeTyped(type: 1 | 2 | 4, raw: Uint8Array, known: Known): SignedTransaction {
  const fieldCount = type === 1 ? 11 : type === 2 ? 12 : 13;
  const fields = RlpReader.decodeList(raw.subarray(1), 'transaction', fieldCount);
  let next = 0;
  const chainId = readUint(fields[next++], 'chainId', 32);
  const nonce = readUint(fields[next++], 'nonce', 8);
  const maxPriorityFeePerGas = readUint(fields[next++], type === 1 ? 'gasPrice' : 'maxPriorityFeePerGas', 32);
  const maxFeePerGas = type === 1 ? maxPriorityFeePerGas : readUint(fields[next++], 'maxFeePerGas', 32);
  const gasLimit = readUint(fields[next++], 'gasLimit', 8);
  const to = type === 4 ? readAddress(fields[next++], 'to') : readOptionalAddress(fields[next++], 'to');
  const value = readUint(fields[next++], 'value', 32);
  const data = readBytes(fields[next++], 'data');
  const accessList = readAccessList(fields[next++]);
  const authorizationList = type === 4 ? readAuthorizationList(fields[next++]) : [];
  const unsignedCount = next;
  const unsigned = () => concatBytes(Uint8Array.of(type), encodeRlp(fields.slice(0, unsignedCount)));
  const v = readUint(fields[next++], 'yParity', 1);
  if (v > 1n) throw invalid('yParity', `expected 0 or 1, got ${v}`);
  const r = readUint(fields[next++], 'r', 32);
  const s = readUint(fields[next++], 's', 32);
  const from = checkedSender(known, unsigned, Number(v), nonce, r, s);
  return {
    type,
    chainId,
    nonce,
    maxFeePerGas,
    maxPriorityFeePerGas,
    gasLimit,
    to,
    value,
    data,
    accessList,
    authorizationList,
    v,
    r,
    s,
    raw,
    hash: known.hash ?? keccak256(raw),
    from,
  };
}

/** @param unsigned what was signed; only needed where the sender is not known */
function checkedSender(
  known: Known,
  unsigned: () => Uint8Array,
  yParity: number,
  nonce: bigint,
  r: bigint,
  s: bigint,
): Address {
  if (r === 0n || r >= SECP256K1_N) throw invalid('r', 'invalid signature: out of range');
  if (s === 0n || s > SECP256K1_HALF_N) throw invalid('s', 'invalid signature: out of the lower half (EIP-2)');
  if (nonce === UINT64_MAX) throw invalid('nonce', 'has reached 2^64 - 1 (EIP-2681)');
  const from = known.from ?? recoverAddress(keccak256(unsigned()), yParity, r, s);
  if (!from) throw invalid('signature', 'invalid signature: no public key recovers from it');
  return from;
}

function readAccessList(value: RlpValue): AccessListEntry[] {
  return readList(value, 'accessList').map((entry) => {
    const [address, storageKeys] = readList(entry, 'accessList', 2);
    return {
      address: readAddress(address, 'accessList.address'),
      storageKeys: readList(storageKeys, 'accessList.storageKeys').map((key) =>
        readHash(key, 'accessList.storageKeys'),
      ),
    };
  });
}

function readAuthorizationList(value: RlpValue): Authorization[] {
  const list = readList(value, 'authorizationList');
  if (list.length === 0) throw invalid('authorizationList', 'expected at least one authorization (EIP-7702), got none');
  return list.map((entry) => {
    const fields = readList(entry, 'authorizationList', 6);
    return {
      chainId: readUint(fields[0], 'authorizationList.chainId', 32),
      address: readAddress(fields[1], 'authorizationList.address'),
      nonce: readUint(fields[2], 'authorizationList.nonce', 8),
      yParity: Number(readUint(fields[3], 'authorizationList.yParity', 1)),
      r: readUint(fields[4], 'authorizationList.r', 32),
      s: readUint(fields[5], 'authorizationList.s', 32),
    };
  });
}

/** Builds a deposit with its encoding `0x7e ‖ rlp([sourceHash, from, to, mint, value, gas, isSystemTransaction = false, data])` and hash. */
export function createDeposit(fields: Omit<DepositTransaction, 'type' | 'hash' | 'raw'>): DepositTransaction {
  const raw = concatBytes(
    Uint8Array.of(0x7e),
    encodeRlp([
      fields.sourceHash,
      fields.from,
      fields.to ?? EMPTY_BYTES,
      toMinimalBytes(fields.mint),
      toMinimalBytes(fields.value),
      toMinimalBytes(fields.gasLimit),
      EMPTY_BYTES,
      fields.data,
    ]),
  );
  return { ...fields, type: 0x7e, raw, hash: keccak256(raw) };
}

/**
 * Decodes what `createDeposit` encodes. Only for transactions from our own blocks: nobody may send one in.
 * @throws Codec.InvalidTransaction
 */
export function decodeDeposit(raw: Uint8Array): DepositTransaction {
  if (raw[0] !== 0x7e) throw invalid('type', `expected 0x7e, got ${raw[0]}`);
  const fields = RlpReader.decodeList(raw.subarray(1), 'deposit', 8);
  if (readBytes(fields[6], 'isSystemTransaction').length !== 0) throw invalid('isSystemTransaction', 'expected false');
  return {
    type: 0x7e,
    raw,
    hash: keccak256(raw),
    sourceHash: readHash(fields[0], 'sourceHash'),
    from: readAddress(fields[1], 'from'),
    to: readOptionalAddress(fields[2], 'to'),
    mint: readUint(fields[3], 'mint', 32),
    value: readUint(fields[4], 'value', 32),
    gasLimit: readUint(fields[5], 'gas', 8),
    data: readBytes(fields[7], 'data'),
  };
}

/** Any transaction of one of our blocks; `knownSender` as for `decodeTransaction`. */
export function decodeBlockTransaction(raw: Uint8Array, knownSender?: Address): Transaction {
  return raw[0] === 0x7e ? decodeDeposit(raw) : decodeTransaction(raw, knownSender);
}

/** What the sender pays per gas at this base fee; `maxFeePerGas ≥ baseFeePerGas` must hold. */
export function effectiveGasPrice(transaction: SignedTransaction, baseFeePerGas: bigint): bigint {
  const headroom = transaction.maxFeePerGas - baseFeePerGas;
  if (headroom < transaction.maxPriorityFeePerGas) return transaction.maxFeePerGas;
  return baseFeePerGas + transaction.maxPriorityFeePerGas;
}

/** Address of the contract that `from` creates at `nonce`. */
export function contractAddress(from: Address, nonce: bigint): Address {
  return keccak256(encodeRlp([from, toMinimalBytes(nonce)])).subarray(12);
}

/** Source hash of a user deposit (OP Stack's domain 0). */
export function userDepositSourceHash(l1BlockHash: Hash, logIndex: number): Hash {
  return sourceHash(0, l1BlockHash, logIndex);
}

/** Source hash of the L1 attributes deposit (OP Stack's domain 1). `sequenceNumber`: L2 blocks since the origin changed. */
export function l1AttributesSourceHash(l1BlockHash: Hash, sequenceNumber: number): Hash {
  return sourceHash(1, l1BlockHash, sequenceNumber);
}

function sourceHash(domain: number, l1BlockHash: Hash, number: number): Hash {
  const inner = keccak256(concatBytes(l1BlockHash, fromHex(number.toString(16).padStart(64, '0'))));
  return keccak256(concatBytes(fromHex(domain.toString(16).padStart(64, '0')), inner));
}

/** The most that the transaction can take from its sender, wei: gas limit × fee cap + value. */
export function transactionCost(transaction: SignedTransaction): bigint {
  return transaction.gasLimit * transaction.maxFeePerGas + transaction.value;
}

function invalid(field: string, problem: string): TributaryError {
  return new TributaryError('Codec.InvalidTransaction', `${field}: ${problem}`, { details: { field } });
}
