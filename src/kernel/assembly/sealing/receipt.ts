/**
 * Receipts, out of the last outcome, in two forms: the one that the receipts root is made of, and the one that the host stores (src/codec/receipt.ts).
 *
 *   type ‖ rlp([status, cumulative gas, bloom, logs]), of deposits also their nonce and the version 1
 *   rlp([type, status, gas, logs, gas price, contract, [deposit nonce]])
 */
import { B_GAS_USED } from '../block';
import { createAddress } from '../evm/calls';
import { LOG_DATA_SIZE, LOG_HEADER_SIZE, LOG_TOPIC_COUNT } from '../evm/stateOps';
import { Status } from '../evm/status';
import { keccak256 } from '../keccak';
import { blockContext, workBase } from '../memory';
import {
  rlpHeaderSize,
  rlpWriteAddress,
  rlpWriteBytes,
  rlpWriteHash,
  rlpWriteListHeader,
  rlpWriteU64,
  rlpWriteWord,
} from '../rlp';
import {
  outcome,
  R_CONTRACT,
  R_GAS_PRICE,
  R_GAS_USED,
  R_HAS_CONTRACT,
  R_LOG_COUNT,
  R_LOGS,
  R_NONCE,
  R_STATUS,
} from '../transaction';
import {
  BLOOM_CACHE_ENTRIES,
  BLOOM_CACHE_ENTRY_SIZE,
  blockBloom,
  bloomCache,
  receiptBloom,
  storedBegin,
  storedEnd,
} from './items';
import { addItem } from './orderedRoot';

const TYPE_DEPOSIT: u32 = 0x7e;
const BLOOM_SIZE: u32 = 256;
/** Bytes of `b9 01 00 ‖ bloom`. */
const BLOOM_ITEM_SIZE: u32 = 3 + BLOOM_SIZE;
/** In front of the stored receipts: their list's header. */
const STORED_HEADER_SIZE: usize = 8;
/** Of a stored receipt without its logs, and what the writers of integers spill. */
const STORED_FIXED_SIZE: usize = 128;
/** workBase(): 40 bytes for a price's RLP. */
const PRICE_AT: usize = 3200;

/** Behind the last stored receipt. */
let storedCursor: usize = 0;
/** The outcome that a receipt is made of, and what its block used up to it. */
let result: usize = 0;
let cumulativeGas: u64 = 0;

export function clearReceipts(): void {
  storedCursor = storedBegin() + STORED_HEADER_SIZE;
}

/**
 * Adds the receipt of the last outcome, whose gas is counted in the block's already; ORs its bloom into the block's. `creator`: 0, or of a creation
 * where its sender's 20 bytes lie. False where the stored receipts have no room for it. A full list of the other form says so itself.
 */
export function addReceipt(type: u32, creator: usize): bool {
  result = outcome();
  cumulativeGas = load<u64>(blockContext(), B_GAS_USED);
  const logsSize = logsSizeOf(result);
  if (storedEnd() - storedCursor < <usize>logsSize + STORED_FIXED_SIZE) return false;
  const logsAt = writeStored(type, creator, logsSize, blockBloom());
  const item = addItem(1, consensusSize(type, logsSize));
  if (item != 0) writeConsensus(item, type, logsAt, logsSize);
  return true;
}

/** What the two forms of an outcome's receipt may take, given its `logsSizeOf`. */
export const STORED_RECEIPT_SIZE: usize = STORED_FIXED_SIZE;
export const CONSENSUS_RECEIPT_SIZE: usize = 304;

/** Of its logs' RLP, without the list's header. */
export function logsSizeOf(outcome: usize): u32 {
  return logsPayloadSize(<usize>load<u32>(outcome, R_LOGS), load<u32>(outcome, R_LOG_COUNT));
}

/**
 * Writes the stored form of an outcome's receipt to `stored`, returning where it ends, and the other to `consensus`, where `lastConsensusSize` tells its
 * length; ORs its bloom into `bloom`. `gas`: what the block used up to it.
 */
export function writeReceipt(
  outcome: usize,
  gas: u64,
  type: u32,
  creator: usize,
  stored: usize,
  consensus: usize,
  bloom: usize,
): usize {
  result = outcome;
  cumulativeGas = gas;
  const kept = storedCursor;
  storedCursor = stored;
  const logsSize = logsSizeOf(result);
  const logsAt = writeStored(type, creator, logsSize, bloom);
  writtenSize = consensusSize(type, logsSize);
  writeConsensus(consensus, type, logsAt, logsSize);
  const end = storedCursor;
  storedCursor = kept;
  return end;
}

let writtenSize: u32 = 0;

export function lastConsensusSize(): u32 {
  return writtenSize;
}

export function hasRoomForStored(size: usize): bool {
  return storedEnd() - storedCursor >= size + STORED_FIXED_SIZE;
}

/** Appends receipts that were written elsewhere, for which there is room. */
export function addStored(at: usize, size: usize): void {
  memory.copy(storedCursor, at, size);
  storedCursor += size;
}

/** Returns where the RLP of the logs lies; their bloom is left in `receiptBloom`. */
function writeStored(type: u32, creator: usize, logsSize: u32, bloom: usize): usize {
  const logCount = load<u32>(result, R_LOG_COUNT);
  const logs = <usize>load<u32>(result, R_LOGS);
  if (logCount > 0) memory.fill(receiptBloom(), 0, BLOOM_SIZE);
  const gasUsed = load<u64>(result, R_GAS_USED);
  const price = workBase() + PRICE_AT;
  const priceSize = <u32>(rlpWriteWord(price, result + R_GAS_PRICE) - price);
  const nonceSize = type == TYPE_DEPOSIT ? u64Size(load<u64>(result, R_NONCE)) : 0;
  const payload =
    2 + u64Size(gasUsed) + rlpHeaderSize(logsSize) + logsSize + priceSize + (creator == 0 ? 1 : 21) + 1 + nonceSize;
  let at = rlpWriteListHeader(storedCursor, payload);
  at = rlpWriteU64(at, type);
  store<u8>(at++, status());
  at = rlpWriteU64(at, gasUsed);
  const logsAt = at;
  at = writeLogs(logs, logCount, rlpWriteListHeader(at, logsSize));
  memory.copy(at, price, priceSize);
  at += priceSize;
  if (creator == 0) {
    store<u8>(at++, 0x80);
  } else {
    // A deposit that could not even begin has none: what it would have been.
    if (load<u32>(result, R_HAS_CONTRACT) == 0) createAddress(creator, load<u64>(result, R_NONCE), result + R_CONTRACT);
    at = rlpWriteAddress(at, result + R_CONTRACT);
  }
  at = rlpWriteListHeader(at, nonceSize);
  if (nonceSize > 0) at = rlpWriteU64(at, load<u64>(result, R_NONCE));
  storedCursor = at;
  if (logCount > 0) mergeBloom(bloom);
  return logsAt;
}

@inline
function status(): u8 {
  return load<u32>(result, R_STATUS) == Status.Success ? 1 : 0x80;
}

@inline
function consensusPayload(type: u32, logsSize: u32): u32 {
  const payload = 1 + u64Size(cumulativeGas) + BLOOM_ITEM_SIZE + rlpHeaderSize(logsSize) + logsSize;
  return type == TYPE_DEPOSIT ? payload + u64Size(load<u64>(result, R_NONCE)) + 1 : payload;
}

function consensusSize(type: u32, logsSize: u32): u32 {
  const payload = consensusPayload(type, logsSize);
  return (type == 0 ? 0 : 1) + rlpHeaderSize(payload) + payload;
}

/** Writes the form that the root is made of, with the RLP of logs that lies at `logs`. */
function writeConsensus(at: usize, type: u32, logs: usize, logsSize: u32): void {
  const payload = consensusPayload(type, logsSize);
  const size = rlpHeaderSize(logsSize) + logsSize;
  if (type != 0) store<u8>(at++, <u8>type);
  at = rlpWriteListHeader(at, payload);
  store<u8>(at++, status());
  at = rlpWriteU64(at, cumulativeGas);
  store<u8>(at, 0xb9);
  store<u8>(at, 1, 1);
  store<u8>(at, 0, 2);
  if (load<u32>(result, R_LOG_COUNT) > 0) memory.copy(at + 3, receiptBloom(), BLOOM_SIZE);
  else memory.fill(at + 3, 0, BLOOM_SIZE);
  at += BLOOM_ITEM_SIZE;
  memory.copy(at, logs, size);
  at += size;
  if (type == TYPE_DEPOSIT) {
    at = rlpWriteU64(at, load<u64>(result, R_NONCE));
    store<u8>(at, 1);
  }
}

function mergeBloom(whole: usize): void {
  const bloom = receiptBloom();
  for (let i: usize = 0; i < BLOOM_SIZE; i += 8) {
    store<u64>(whole + i, load<u64>(whole + i) | load<u64>(bloom + i));
  }
}

/** Puts the list's header in front of the stored receipts and returns where it begins; they end at `storedReceiptsEnd`. */
export function storedReceipts(): usize {
  const first = storedBegin() + STORED_HEADER_SIZE;
  const length = <u32>(storedCursor - first);
  const start = first - rlpHeaderSize(length);
  rlpWriteListHeader(start, length);
  return start;
}

export function storedReceiptsEnd(): usize {
  return storedCursor;
}

function logsPayloadSize(log: usize, count: u32): u32 {
  let size: u32 = 0;
  for (; count > 0; count--) {
    const payload = logPayloadSize(log);
    size += rlpHeaderSize(payload) + payload;
    log = nextLog(log);
  }
  return size;
}

function logPayloadSize(log: usize): u32 {
  const topics = 33 * load<u32>(log, LOG_TOPIC_COUNT);
  const dataSize = load<u32>(log, LOG_DATA_SIZE);
  const bare = dataSize == 1 && load<u8>(dataOf(log)) < 0x80;
  return 21 + rlpHeaderSize(topics) + topics + (bare ? 0 : rlpHeaderSize(dataSize)) + dataSize;
}

function writeLogs(log: usize, count: u32, at: usize): usize {
  const bloom = receiptBloom();
  for (; count > 0; count--) {
    at = rlpWriteListHeader(at, logPayloadSize(log));
    addToBloom(log, 20, bloom);
    at = rlpWriteAddress(at, log);
    const topicCount = load<u32>(log, LOG_TOPIC_COUNT);
    at = rlpWriteListHeader(at, 33 * topicCount);
    let topic = log + LOG_HEADER_SIZE;
    for (let i: u32 = 0; i < topicCount; i++) {
      addToBloom(topic, 32, bloom);
      at = rlpWriteHash(at, topic);
      topic += 32;
    }
    at = rlpWriteBytes(at, topic, load<u32>(log, LOG_DATA_SIZE));
    log = nextLog(log);
  }
  return at;
}

@inline
function dataOf(log: usize): usize {
  return log + LOG_HEADER_SIZE + 32 * <usize>load<u32>(log, LOG_TOPIC_COUNT);
}

@inline
function nextLog(log: usize): usize {
  return dataOf(log) + <usize>((load<u32>(log, LOG_DATA_SIZE) + 3) & ~3);
}

function u64Size(value: u64): u32 {
  return value < 0x80 ? 1 : 1 + 8 - <u32>(clz(value) >> 3);
}

/**
 * Yellow paper 4.3.1: three times 11 bits of the item's hash. Token, topic and sender come again and again, so the bits of an item are
 * remembered: 32 bytes of item, u32 length, three u32 bit numbers.
 */
function addToBloom(item: usize, length: i32, bloom: usize): void {
  const key = workBase() + 3072;
  copyItem(item, length, key);
  const mixed = (load<u64>(key) ^ load<u64>(key, 12)) * 0x9e3779b97f4a7c15 ^ load<u64>(key, 24) * 0xc2b2ae3d27d4eb4f;
  const entry = bloomCache() + (<usize>(mixed >> 40) & (BLOOM_CACHE_ENTRIES - 1)) * BLOOM_CACHE_ENTRY_SIZE;
  if (load<u32>(entry, 32) != <u32>length || !sameItem(entry, key)) {
    copyItem(item, length, entry);
    store<u32>(entry, length, 32);
    const hash = key + 32;
    keccak256(item, length, hash);
    for (let i: usize = 0; i < 3; i++) {
      const pair = (<u32>load<u8>(hash + 2 * i) << 8) | <u32>load<u8>(hash + 2 * i, 1);
      store<u32>(entry + 4 * i, pair & 2047, 36);
    }
  }
  for (let i: usize = 0; i < 3; i++) {
    const bit = load<u32>(entry + 4 * i, 36);
    const byte = bloom + 255 - <usize>(bit >> 3);
    store<u8>(byte, load<u8>(byte) | (<u8>1 << <u8>(bit & 7)));
  }
}

/** The item and zeros behind it up to 32 bytes. */
@inline
function copyItem(item: usize, length: i32, out: usize): void {
  store<u64>(out, load<u64>(item));
  store<u64>(out, load<u64>(item, 8), 8);
  store<u64>(out, length == 32 ? load<u64>(item, 16) : <u64>load<u32>(item, 16), 16);
  store<u64>(out, length == 32 ? load<u64>(item, 24) : 0, 24);
}

@inline
function sameItem(a: usize, b: usize): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) ==
    0
  );
}
