/**
 * The collected list as EIP-7928 encodes it. RLP is written from its end to its start: a list's length is then known when its header is due, and lists of changes,
 * newest first, come in the right order.
 */
import { A_ADDRESS } from '../state/flatCache';
import { C_BYTES, C_SIZE, codeByHash } from '../state/codeCache';
import { S_KEY } from '../state/flatCache';
import { toBigEndian } from '../u256';
import {
  E_BALANCES,
  E_CHANGES,
  E_CODES,
  E_FLAT,
  E_NEXT_SLOT,
  E_NONCES,
  E_SLOTS,
  encodingEnd,
  encodingRoom,
  H_INDEX,
  H_VALUE,
  isCollecting,
  isListFull,
  markListFull,
  recordedAccount,
  recordedAccounts,
  sortingRoom,
} from './collect';

/** What is sorted: the key's first 8 bytes u64, a record u32, 4 free. */
const ITEM_SIZE: usize = 16;
/** As many items as these and more are first distributed by their key's highest bits: addresses and slots of mappings are hashes. */
const BUCKETED_MIN: u32 = 512;
const BUCKET_BITS: u64 = 12;
const BUCKET_COUNT: u32 = 1 << 12;
/** Buckets longer than this are merged. */
const INSERTED_MAX: u32 = 12;
/** More than a change or a key takes, with its headers. */
const ROOM_OF_ITEM: usize = 128;

/** First byte of what is written so far. */
let out: usize = 0;
/** Behind the items of the accounts. */
let slotItemsAt: usize = 0;

/** Encodes the block's list; returns where it lies, up to `accessListEnd`; 0 where there is none. */
export function accessListEncode(): usize {
  if (!isCollecting()) return 0;
  out = encodingEnd();
  const count = recordedAccounts();
  const items = sortingRoom();
  slotItemsAt = items + sortSize(count);
  if (slotItemsAt > encodingRoom()) markListFull();
  if (isListFull()) return 0;
  for (let i: u32 = 0; i < count; i++) {
    const record = recordedAccount(i);
    putItem(items, i, load<u64>(<usize>load<u32>(record, E_FLAT), A_ADDRESS), record);
  }
  const sorted = sort(items, count, false);
  const end = out;
  for (let i = count; i > 0 && !isListFull(); i--) writeAccount(<usize>load<u32>(sorted + <usize>(i - 1) * ITEM_SIZE, 8));
  writeHeader(end);
  return isListFull() ? 0 : out;
}

/** Where a list of `size` bytes may lie while the block is executed; 0: there is no room. */
export function accessListRoom(size: usize): usize {
  return isCollecting() && encodingEnd() - encodingRoom() >= size ? encodingEnd() - size : 0;
}

/** The first byte behind the encoded list. */
export function accessListEnd(): usize {
  return encodingEnd();
}

@inline
function putItem(items: usize, at: u32, bigEndian: u64, record: usize): void {
  store<u64>(items + <usize>at * ITEM_SIZE, bswap(bigEndian));
  store<u32>(items + <usize>at * ITEM_SIZE, <u32>record, 8);
}

function writeAccount(record: usize): void {
  const end = out;
  writeCodes(<usize>load<u32>(record, E_CODES));
  const nonceEnd = out;
  for (let change = <usize>load<u32>(record, E_NONCES); change != 0; change = <usize>load<u32>(change)) {
    if (!hasRoom(ROOM_OF_ITEM)) return;
    const changeEnd = out;
    writeNumber(load<u64>(change, H_VALUE));
    endChange(change, changeEnd);
  }
  writeHeader(nonceEnd);
  writeWords(<usize>load<u32>(record, E_BALANCES));
  writeSlots(<usize>load<u32>(record, E_SLOTS));
  writeString(<usize>load<u32>(record, E_FLAT) + A_ADDRESS, 20);
  writeHeader(end);
}

function writeCodes(first: usize): void {
  const end = out;
  for (let change = first; change != 0; change = <usize>load<u32>(change)) {
    const changeEnd = out;
    const code = codeByHash(change + H_VALUE);
    writeString(<usize>load<u32>(code, C_BYTES), load<u32>(code, C_SIZE));
    endChange(change, changeEnd);
  }
  writeHeader(end);
}

/** A list of [index, 32-byte number]. */
function writeWords(first: usize): void {
  const end = out;
  for (let change = first; change != 0; change = <usize>load<u32>(change)) {
    if (!hasRoom(ROOM_OF_ITEM)) return;
    const changeEnd = out;
    writeWord(change + H_VALUE);
    endChange(change, changeEnd);
  }
  writeHeader(end);
}

@inline
function endChange(change: usize, end: usize): void {
  if (!hasRoom(ROOM_OF_ITEM)) return;
  writeNumber(<u64>load<u32>(change, H_INDEX));
  writePrefix(0xc0, <u32>(end - out));
}

/** storage_reads, and in front of them storage_changes. */
function writeSlots(first: usize): void {
  let count: u32 = 0;
  for (let slot = first; slot != 0; slot = <usize>load<u32>(slot, E_NEXT_SLOT)) count++;
  if (slotItemsAt + sortSize(count) > encodingRoom()) {
    markListFull();
    return;
  }
  let at: u32 = 0;
  for (let slot = first; slot != 0; slot = <usize>load<u32>(slot, E_NEXT_SLOT)) {
    store<u64>(slotItemsAt + <usize>at * ITEM_SIZE, load<u64>(<usize>load<u32>(slot, E_FLAT), S_KEY + 24));
    store<u32>(slotItemsAt + <usize>at * ITEM_SIZE, <u32>slot, 8);
    at++;
  }
  const sorted = sort(slotItemsAt, count, true);
  const readsEnd = out;
  for (let i = count; i > 0; i--) {
    const slot = <usize>load<u32>(sorted + <usize>(i - 1) * ITEM_SIZE, 8);
    if (load<u32>(slot, E_CHANGES) == 0 && hasRoom(ROOM_OF_ITEM)) writeWord(<usize>load<u32>(slot, E_FLAT) + S_KEY);
  }
  writeHeader(readsEnd);
  const changesEnd = out;
  for (let i = count; i > 0; i--) {
    const slot = <usize>load<u32>(sorted + <usize>(i - 1) * ITEM_SIZE, 8);
    if (load<u32>(slot, E_CHANGES) == 0) continue;
    const slotEnd = out;
    writeWords(<usize>load<u32>(slot, E_CHANGES));
    if (!hasRoom(ROOM_OF_ITEM)) return;
    writeWord(<usize>load<u32>(slot, E_FLAT) + S_KEY);
    writeHeader(slotEnd);
  }
  writeHeader(changesEnd);
}

/** Bytes that sorting `count` items takes, with the items. */
function sortSize(count: u32): usize {
  return <usize>count * 2 * ITEM_SIZE + (count < BUCKETED_MIN ? 0 : <usize>BUCKET_COUNT << 2);
}

/** Sorts `count` items, behind which there is room (`sortSize`); returns where the sorted ones lie. */
function sort(items: usize, count: u32, areSlots: bool): usize {
  const others = items + <usize>count * ITEM_SIZE;
  if (count < BUCKETED_MIN) return mergeSort(items, others, count, areSlots);
  // Where each bucket begins, and once all items are in theirs, where it ends.
  const bounds = others + <usize>count * ITEM_SIZE;
  memory.fill(bounds, 0, <usize>BUCKET_COUNT << 2);
  for (let item = items; item < others; item += ITEM_SIZE) {
    const bound = bounds + bucketOf(item);
    store<u32>(bound, load<u32>(bound) + 1);
  }
  let before: u32 = 0;
  for (let bucket: u32 = 0; bucket < BUCKET_COUNT; bucket++) {
    const bound = bounds + (<usize>bucket << 2);
    const size = load<u32>(bound);
    store<u32>(bound, before);
    before += size;
  }
  for (let item = items; item < others; item += ITEM_SIZE) {
    const bound = bounds + bucketOf(item);
    const at = load<u32>(bound);
    moveItem(item, others + <usize>at * ITEM_SIZE);
    store<u32>(bound, at + 1);
  }
  let start: u32 = 0;
  for (let bucket: u32 = 0; bucket < BUCKET_COUNT; bucket++) {
    const end = load<u32>(bounds + (<usize>bucket << 2));
    if (end - start > 1) sortBucket(others + <usize>start * ITEM_SIZE, items, end - start, areSlots);
    start = end;
  }
  return others;
}

@inline
function bucketOf(item: usize): usize {
  return <usize>(load<u64>(item) >> (64 - BUCKET_BITS)) << 2;
}

@inline
function moveItem(from: usize, to: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
}

/** In place; `room` for as many items. */
function sortBucket(items: usize, room: usize, count: u32, areSlots: bool): void {
  const end = items + <usize>count * ITEM_SIZE;
  if (count > INSERTED_MAX) {
    const sorted = mergeSort(items, room, count, areSlots);
    if (sorted != items) memory.copy(items, sorted, <usize>count * ITEM_SIZE);
    return;
  }
  for (let next = items + ITEM_SIZE; next < end; next += ITEM_SIZE) {
    if (!isBefore(next, next - ITEM_SIZE, areSlots)) continue;
    moveItem(next, room);
    let at = next;
    while (at > items && isBefore(room, at - ITEM_SIZE, areSlots)) {
      moveItem(at - ITEM_SIZE, at);
      at -= ITEM_SIZE;
    }
    moveItem(room, at);
  }
}

/** Returns where the sorted items lie, `items` or `room`. */
function mergeSort(items: usize, room: usize, count: u32, areSlots: bool): usize {
  let from = items;
  let to = room;
  for (let width: u32 = 1; width < count; width <<= 1) {
    for (let start: u32 = 0; start < count; start += 2 * width) {
      const middle = min<u32>(start + width, count);
      merge(from, to, start, middle, min<u32>(middle + width, count), areSlots);
    }
    const swapped = from;
    from = to;
    to = swapped;
  }
  return from;
}

function merge(from: usize, to: usize, start: u32, middle: u32, end: u32, areSlots: bool): void {
  let a = from + <usize>start * ITEM_SIZE;
  let b = from + <usize>middle * ITEM_SIZE;
  const aEnd = b;
  const bEnd = from + <usize>end * ITEM_SIZE;
  let at = to + <usize>start * ITEM_SIZE;
  while (a < aEnd || b < bEnd) {
    const takesA = b == bEnd || (a < aEnd && isBefore(a, b, areSlots));
    moveItem(takesA ? a : b, at);
    at += ITEM_SIZE;
    if (takesA) a += ITEM_SIZE;
    else b += ITEM_SIZE;
  }
}

@inline
function isBefore(a: usize, b: usize, areSlots: bool): bool {
  if (load<u64>(a) != load<u64>(b)) return load<u64>(a) < load<u64>(b);
  const one = <usize>load<u32>(<usize>load<u32>(a, 8), E_FLAT);
  const other = <usize>load<u32>(<usize>load<u32>(b, 8), E_FLAT);
  return areSlots ? isKeyBefore(one + S_KEY, other + S_KEY) : isAddressBefore(one + A_ADDRESS, other + A_ADDRESS);
}

function isKeyBefore(a: usize, b: usize): bool {
  for (let limb: usize = 24; limb > 0; limb -= 8) {
    const x = load<u64>(a + limb - 8);
    const y = load<u64>(b + limb - 8);
    if (x != y) return x < y;
  }
  return false;
}

function isAddressBefore(a: usize, b: usize): bool {
  const x = bswap(load<u64>(a, 8));
  const y = bswap(load<u64>(b, 8));
  return x != y ? x < y : bswap(load<u32>(a, 16)) < bswap(load<u32>(b, 16));
}

/** Whether there is room for `size` bytes in front of what is written; where there is not, what is written means nothing any more. */
@inline
function hasRoom(size: usize): bool {
  if (out - encodingRoom() >= size) return true;
  markListFull();
  out = encodingEnd();
  return false;
}

/** A list's header in front of its items, which end at `end`. */
function writeHeader(end: usize): void {
  // Where the room ran out what is written means nothing.
  if (hasRoom(ROOM_OF_ITEM)) writePrefix(0xc0, end >= out ? <u32>(end - out) : 0);
}

/** There is room for it. */
function writePrefix(base: u32, size: u32): void {
  if (size < 56) {
    store<u8>(--out, <u8>(base + size));
    return;
  }
  const lengthSize: u32 = 4 - (clz<u32>(size) >> 3);
  store<u32>(out - 4, bswap(size));
  out -= <usize>lengthSize;
  store<u8>(--out, <u8>(base + 55 + lengthSize));
}

function writeString(at: usize, size: u32): void {
  if (!hasRoom(<usize>size + ROOM_OF_ITEM)) return;
  out -= <usize>size;
  memory.copy(out, at, <usize>size);
  if (size != 1 || load<u8>(out) >= 0x80) writePrefix(0x80, size);
}

// Numbers are written as they are and then made shorter: what is in front of `out` is free.

/** There is room for it. */
@inline
function writeNumber(value: u64): void {
  store<u64>(out - 8, bswap(value));
  writeDigits(8 - (<u32>clz<u64>(value) >> 3));
}

/** A 32-byte number (limbs). There is room for it. */
function writeWord(word: usize): void {
  toBigEndian(word, out - 32);
  let limb: u32 = 3;
  while (limb > 0 && load<u64>(word + (<usize>limb << 3)) == 0) limb--;
  writeDigits(8 * limb + 8 - (<u32>clz<u64>(load<u64>(word + (<usize>limb << 3))) >> 3));
}

/** Makes the last `size` bytes in front of `out` an item. */
@inline
function writeDigits(size: u32): void {
  if (size == 1 && load<u8>(out - 1) < 0x80) {
    out--;
    return;
  }
  out -= <usize>size;
  store<u8>(--out, <u8>(0x80 + size));
}
