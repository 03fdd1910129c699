/** Receipts and blooms, out of the last outcome. */
import { LOG_DATA_SIZE, LOG_HEADER_SIZE, LOG_TOPIC_COUNT } from '../evm/stateOps';
import { keccak256 } from '../keccak';
import { workBase } from '../memory';
import { rlpHeaderSize, rlpWriteAddress, rlpWriteBytes, rlpWriteHash, rlpWriteListHeader, rlpWriteU64 } from '../rlp';
import { outcome, R_LOG_COUNT, R_LOGS, R_STATUS } from '../transaction';
import { Status } from '../evm/status';
import { addItem, BLOOM_CACHE_ENTRIES, BLOOM_CACHE_ENTRY_SIZE, blockBloom, bloomCache } from './items';

const TYPE_DEPOSIT: u32 = 0x7e;
const BLOOM_SIZE: u32 = 256;
/** Bytes of `b9 01 00 ‖ bloom`. */
const BLOOM_ITEM_SIZE: u32 = 3 + BLOOM_SIZE;

/**
 * Adds the receipt of the outcome to list 1: type ‖ rlp([status, cumulative gas, bloom, logs]), of deposits also their nonce and
 * the version 1; and ORs its bloom into the block's. Returns where the receipt's bloom lies, 0 where there is no room.
 */
export function addReceipt(type: u32, cumulativeGas: u64, depositNonce: u64): usize {
  const result = outcome();
  const logCount = load<u32>(result, R_LOG_COUNT);
  const logs = <usize>load<u32>(result, R_LOGS);
  const logsSize = logsPayloadSize(logs, logCount);
  let payload = 1 + u64Size(cumulativeGas) + BLOOM_ITEM_SIZE + rlpHeaderSize(logsSize) + logsSize;
  if (type == TYPE_DEPOSIT) payload += u64Size(depositNonce) + 1;
  const size = (type == 0 ? 0 : 1) + rlpHeaderSize(payload) + payload;
  let at = addItem(1, size);
  if (at == 0) return 0;
  if (type != 0) store<u8>(at++, <u8>type);
  at = rlpWriteListHeader(at, payload);
  store<u8>(at++, load<u32>(result, R_STATUS) == Status.Success ? 1 : 0x80);
  at = rlpWriteU64(at, cumulativeGas);
  store<u8>(at, 0xb9);
  store<u8>(at, 1, 1);
  store<u8>(at, 0, 2);
  const bloom = at + 3;
  memory.fill(bloom, 0, BLOOM_SIZE);
  at = rlpWriteListHeader(bloom + BLOOM_SIZE, logsSize);
  at = writeLogs(logs, logCount, at, bloom);
  if (type == TYPE_DEPOSIT) {
    at = rlpWriteU64(at, depositNonce);
    store<u8>(at, 1);
  }
  if (logCount > 0) {
    const whole = blockBloom();
    for (let i: usize = 0; i < BLOOM_SIZE; i += 8) {
      store<u64>(whole + i, load<u64>(whole + i) | load<u64>(bloom + i));
    }
  }
  return bloom;
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

function writeLogs(log: usize, count: u32, at: usize, bloom: usize): usize {
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
