import { sha256 } from '@noble/hashes/sha2.js';
import { type Address, concatBytes, EMPTY_BYTES, fromHex, type Hash, toMinimalBytes, ZERO_HASH } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import { RlpReader, readAddress, readFixed, readHash, readUint } from './rlpReader';
import { encodeRlp } from './rlpWriter';

/** keccak(rlp("")): the root of an empty trie. */
export const EMPTY_ROOT: Hash = fromHex('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
/** keccak(""): the code hash of an account without code. */
export const EMPTY_CODE_HASH: Hash = fromHex('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
const EMPTY_OMMERS_HASH: Hash = fromHex('0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347');
/** Hash of no execution requests (EIP-7685). */
const EMPTY_REQUESTS_HASH: Hash = sha256(EMPTY_BYTES);

/**
 * The fields of an L2 header that vary. The rest of the 21 (ommers, difficulty, extraData, nonce, blobGasUsed, excessBlobGas,
 * requestsHash) is constant here.
 */
export interface BlockHeader {
  parentHash: Hash;
  /** Fee recipient. */
  coinbase: Address;
  stateRoot: Hash;
  transactionsRoot: Hash;
  receiptsRoot: Hash;
  /** 256 bytes. */
  logsBloom: Uint8Array;
  number: number;
  gasLimit: bigint;
  gasUsed: bigint;
  /** Seconds. */
  timestamp: number;
  prevRandao: Hash;
  baseFeePerGas: bigint;
  /** Storage root of L2ToL1MessagePasser, so that an output root follows from the header alone (as in OP Stack's Isthmus). */
  withdrawalsRoot: Hash;
  parentBeaconBlockRoot: Hash;
}

/** RLP of Ethereum's 21 header fields (Prague). */
export function encodeHeader(header: BlockHeader): Uint8Array {
  return encodeRlp([
    header.parentHash,
    EMPTY_OMMERS_HASH,
    header.coinbase,
    header.stateRoot,
    header.transactionsRoot,
    header.receiptsRoot,
    header.logsBloom,
    EMPTY_BYTES,
    toMinimalBytes(header.number),
    toMinimalBytes(header.gasLimit),
    toMinimalBytes(header.gasUsed),
    toMinimalBytes(header.timestamp),
    EMPTY_BYTES,
    header.prevRandao,
    new Uint8Array(8),
    toMinimalBytes(header.baseFeePerGas),
    header.withdrawalsRoot,
    EMPTY_BYTES,
    EMPTY_BYTES,
    header.parentBeaconBlockRoot,
    EMPTY_REQUESTS_HASH,
  ]);
}

/** @throws Codec.InvalidRlp when it is not what `encodeHeader` writes */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  const fields = RlpReader.decodeList(bytes, 'header', 21);
  return {
    parentHash: readHash(fields[0], 'parentHash'),
    coinbase: readAddress(fields[2], 'miner'),
    stateRoot: readHash(fields[3], 'stateRoot'),
    transactionsRoot: readHash(fields[4], 'transactionsRoot'),
    receiptsRoot: readHash(fields[5], 'receiptsRoot'),
    logsBloom: readFixed(fields[6], 'logsBloom', 256),
    number: Number(readUint(fields[8], 'number', 6)),
    gasLimit: readUint(fields[9], 'gasLimit', 8),
    gasUsed: readUint(fields[10], 'gasUsed', 8),
    timestamp: Number(readUint(fields[11], 'timestamp', 6)),
    prevRandao: readHash(fields[13], 'mixHash'),
    baseFeePerGas: readUint(fields[15], 'baseFeePerGas', 32),
    withdrawalsRoot: readHash(fields[16], 'withdrawalsRoot'),
    parentBeaconBlockRoot: readHash(fields[19], 'parentBeaconBlockRoot'),
  };
}

export function headerHash(header: BlockHeader): Hash {
  return keccak256(encodeHeader(header));
}

/** keccak(version 0 ‖ stateRoot ‖ messagePasserStorageRoot ‖ blockHash): what the proposer claims on L1. */
export function outputRoot(header: BlockHeader): Hash {
  return keccak256(concatBytes(ZERO_HASH, header.stateRoot, header.withdrawalsRoot, headerHash(header)));
}

/** Base fee of the block after `parent` (EIP-1559). */
export function nextBaseFee(
  parent: Pick<BlockHeader, 'gasLimit' | 'gasUsed' | 'baseFeePerGas'>,
  elasticity: number,
  changeDenominator: number,
): bigint {
  const target = parent.gasLimit / BigInt(elasticity);
  if (parent.gasUsed === target) return parent.baseFeePerGas;
  const denominator = target * BigInt(changeDenominator);
  if (parent.gasUsed > target) {
    const rise = (parent.baseFeePerGas * (parent.gasUsed - target)) / denominator;
    return parent.baseFeePerGas + (rise > 1n ? rise : 1n);
  }
  return parent.baseFeePerGas - (parent.baseFeePerGas * (target - parent.gasUsed)) / denominator;
}
