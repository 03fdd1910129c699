import { type Address, concatBytes, EMPTY_BYTES, type Hash, toMinimalBytes } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import { RlpReader, type RlpValue, readAddress, readBytes, readFixed, readHash, readList, readUint } from './rlpReader';
import { encodeRlp } from './rlpWriter';

export interface Log {
  address: Address;
  topics: Hash[];
  data: Uint8Array;
}

export interface Receipt {
  /** 0, 1, 2, 4 or 0x7e. */
  type: number;
  succeeded: boolean;
  /** Of this block up to and with this transaction. */
  cumulativeGasUsed: bigint;
  gasUsed: bigint;
  /** 256 bytes. */
  logsBloom: Uint8Array;
  logs: Log[];
  /** Wei per gas paid; 0 for deposits. */
  effectiveGasPrice: bigint;
  /** Of the contract that a creating transaction made (also when it failed, as clients show it). */
  contractAddress: Address | undefined;
  /** Only deposits: the sender's nonce before it (OP Stack's Regolith). */
  depositNonce: bigint | undefined;
}

const DEPOSIT_RECEIPT_VERSION = Uint8Array.of(1);

/** What the receipts root is made of: type ‖ rlp([status, cumulativeGasUsed, bloom, logs]), deposits with depositNonce and version 1. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const fields: RlpValue[] = [
    receipt.succeeded ? Uint8Array.of(1) : EMPTY_BYTES,
    toMinimalBytes(receipt.cumulativeGasUsed),
    receipt.logsBloom,
    receipt.logs.map(encodeLog),
  ];
  if (receipt.type === 0x7e) fields.push(toMinimalBytes(receipt.depositNonce ?? 0n), DEPOSIT_RECEIPT_VERSION);
  const payload = encodeRlp(fields);
  return receipt.type === 0 ? payload : concatBytes(Uint8Array.of(receipt.type), payload);
}

/** For our own disk: every field, blooms left out since they follow from the logs. */
export function encodeStoredReceipts(receipts: Receipt[]): Uint8Array {
  return encodeRlp(
    receipts.map((receipt) => [
      toMinimalBytes(receipt.type),
      receipt.succeeded ? Uint8Array.of(1) : EMPTY_BYTES,
      toMinimalBytes(receipt.gasUsed),
      receipt.logs.map(encodeLog),
      toMinimalBytes(receipt.effectiveGasPrice),
      receipt.contractAddress ?? EMPTY_BYTES,
      receipt.depositNonce === undefined ? [] : [toMinimalBytes(receipt.depositNonce)],
    ]) as unknown as Uint8Array[],
  );
}

/**
 * One of the list that `encodeStoredReceipts` makes (`StoredReceipts` finds it). Its bloom is computed when it is asked for.
 * @throws Codec.InvalidRlp
 */
export function decodeStoredReceipt(bytes: Uint8Array, cumulativeGasUsed: bigint): Receipt {
  const fields = RlpReader.decodeList(bytes, 'receipt', 7);
  const logs = readList(fields[3], 'logs').map(decodeLog);
  const contract = readBytes(fields[5], 'contractAddress');
  const depositNonce = readList(fields[6], 'depositNonce');
  let bloom: Uint8Array | undefined;
  return {
    type: Number(readUint(fields[0], 'type', 1)),
    succeeded: readBytes(fields[1], 'status').length === 1,
    cumulativeGasUsed,
    gasUsed: readUint(fields[2], 'gasUsed', 8),
    get logsBloom() {
      bloom ??= logsBloom(logs);
      return bloom;
    },
    logs,
    effectiveGasPrice: readUint(fields[4], 'effectiveGasPrice', 32),
    contractAddress: contract.length === 0 ? undefined : contract,
    depositNonce: depositNonce.length === 0 ? undefined : readUint(depositNonce[0], 'depositNonce', 8),
  };
}

function encodeLog(log: Log): RlpValue[] {
  return [log.address, log.topics, log.data];
}

function decodeLog(value: RlpValue): Log {
  const [address, topics, data] = readList(value, 'log', 3);
  return {
    address: readAddress(address, 'log.address'),
    topics: readList(topics, 'log.topics').map((topic) => readHash(topic, 'log.topics')),
    data: readBytes(data, 'log.data'),
  };
}

/** The 2048-bit bloom of addresses and topics (yellow paper 4.3.1): 256 bytes. */
export function logsBloom(logs: Log[]): Uint8Array {
  const bloom = new Uint8Array(256);
  for (const log of logs) {
    addToBloom(bloom, log.address);
    for (const topic of log.topics) addToBloom(bloom, topic);
  }
  return bloom;
}

/** ORs `other` into `bloom`. */
export function mergeBloom(bloom: Uint8Array, other: Uint8Array): void {
  readFixed(other, 'bloom', 256);
  for (let i = 0; i < 256; i++) bloom[i] |= other[i];
}

/** Whether `bloom` may hold `item` (an address or a topic); false is certain. */
export function bloomMayContain(bloom: Uint8Array, item: Uint8Array): boolean {
  return bloomBits(item).every((bit) => (bloom[255 - (bit >> 3)] & (1 << (bit & 7))) !== 0);
}

function addToBloom(bloom: Uint8Array, item: Uint8Array): void {
  for (const bit of bloomBits(item)) bloom[255 - (bit >> 3)] |= 1 << (bit & 7);
}

function bloomBits(item: Uint8Array): number[] {
  const hash = keccak256(item);
  return [0, 2, 4].map((i) => ((hash[i] << 8) | hash[i + 1]) & 2047);
}
