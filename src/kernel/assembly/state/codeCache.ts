/**
 * Contract code by hash in the shared region: the bytes and, once executed, their predecoded form.
 *
 * An entry's header is 64 bytes; code bytes follow it. The predecoded form (evm/predecode) is appended to the same arena on
 * first execution. When the arena is full it is emptied, whatever runs: who holds an entry across a call that may load code keeps the
 * generation with it and asks again by hash when that has changed. (In a parallel run it is not emptied: its region counts as full.) Code that the block deployed, which the host does not know
 * yet, is carried over.
 */
import { SHARED_HEAD, sharedBase, workBase } from '../memory';
import { loadCode } from '../host';
import { markRegionFull } from '../evm/gas';
import { CODE_BUFFER_SIZE, codeBuffer, stopReason } from '../scheduler/region';
import { predecode, predecodedSizeMax, decodedEnd, decodedJumps, decodedOps } from '../evm/predecode';
import { copy, equals } from '../u256';
import { isParallel } from './multiVersion';

export const C_HASH: usize = 0;
export const C_SIZE: usize = 32;
export const C_BYTES: usize = 36;
/** 0 until executed for the first time. */
export const C_OPS: usize = 40;
export const C_JUMPS: usize = 44;
/** Next of the block's deployed codes, in the order of their addresses. */
const C_NEXT_NEW: usize = 48;
/** u32: who has the code besides this cache. */
const C_ORIGIN: usize = 52;
const ORIGIN_HOST: u32 = 0;
/** It is on the list of what this block deployed. */
const ORIGIN_BLOCK: u32 = 1;
/** It was on such a list, and what deployed it may have been undone or dropped: perhaps nobody. */
const ORIGIN_UNKNOWN: u32 = 2;
const HEADER_SIZE: usize = 64;

const CODE_BITS: usize = 16;
const BUCKETS: usize = 1 << (CODE_BITS + 1);
const CODES_MAX: u32 = 1 << 16;

// Behind flatCache's counters in the shared head.
const H_GENERATION: usize = 64;
const H_COUNT: usize = 68;
const H_CURSOR: usize = 72;
const H_FORK: usize = 76;
const H_FIRST_NEW: usize = 80;
const H_LAST_NEW: usize = 84;
/** u32: 1 while an instance changes the cache. */
const H_LOCK: usize = 88;
/** Polls of the lock: several seconds. Whoever holds it for longer is gone. */
const LOCK_POLLS_MAX: u32 = 1 << 30;

let buckets: usize = 0;
let arena: usize = 0;
let arenaEnd: usize = 0;

/** keccak256 of nothing. */
export const EMPTY_CODE_HASH: usize = memory.data<u8>([
  0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6,
  0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70,
]);

@inline
function head(): usize {
  return sharedBase() + SHARED_HEAD;
}

export function layOutCodeCache(from: usize, end: usize): void {
  buckets = (from + 63) & ~63;
  arena = (buckets + (BUCKETS << 3) + 63) & ~63;
  arenaEnd = end;
}

/** Changes whenever entries cease to be where they were. */
@inline
export function codeGeneration(): u32 {
  return load<u32>(head(), H_GENERATION);
}

/** The host holds what was deployed, or nobody needs it any more. */
export function forgetNewCode(): void {
  for (let entry = <usize>load<u32>(head(), H_FIRST_NEW); entry != 0; entry = load<u32>(entry, C_NEXT_NEW)) {
    store<u32>(entry, ORIGIN_UNKNOWN, C_ORIGIN);
  }
  store<u32>(head(), 0, H_FIRST_NEW);
  store<u32>(head(), 0, H_LAST_NEW);
}

/** Empties the arena but for deployed code, which moves to its start. */
function emptyArena(): void {
  if (isParallel()) {
    // Others may be executing what it holds.
    markRegionFull();
    return;
  }
  let from = <usize>load<u32>(head(), H_FIRST_NEW);
  clearCodeCache(codeCacheFork());
  while (from != 0) {
    const next = <usize>load<u32>(from, C_NEXT_NEW);
    const size = load<u32>(from, C_SIZE);
    const to = <usize>load<u32>(head(), H_CURSOR);
    // Downwards, in the order of addresses: nothing that is still to be moved is overwritten.
    memory.copy(to, from, HEADER_SIZE + <usize>size);
    linkNew(insert(bucketOf(to + C_HASH), to + C_HASH, size));
    from = next;
  }
}

function linkNew(entry: usize): void {
  store<u32>(entry, 0, C_NEXT_NEW);
  store<u32>(entry, ORIGIN_BLOCK, C_ORIGIN);
  const last = <usize>load<u32>(head(), H_LAST_NEW);
  if (last == 0) store<u32>(head(), <u32>entry, H_FIRST_NEW);
  else store<u32>(last, <u32>entry, C_NEXT_NEW);
  store<u32>(head(), <u32>entry, H_LAST_NEW);
}

/** Forgets all code. No frame may be running. */
export function clearCodeCache(fork: u32): void {
  store<u32>(head(), load<u32>(head(), H_GENERATION) + 1, H_GENERATION);
  store<u32>(head(), 0, H_COUNT);
  store<u32>(head(), <u32>arena, H_CURSOR);
  store<u32>(head(), fork, H_FORK);
  forgetNewCode();
  // Always the first entry, so that there is one to fall back on when the arena is full.
  codeByHash(EMPTY_CODE_HASH);
  predecodeEntry(arena);
}

/** The entry of the empty code. */
@inline
export function emptyCode(): usize {
  return arena;
}

/** The fork whose instructions the predecoded code knows. */
export function codeCacheFork(): u32 {
  return load<u32>(head(), H_FORK);
}

export function codeCacheFree(): usize {
  return arenaEnd - <usize>load<u32>(head(), H_CURSOR);
}

/** The bucket that holds `hash`, or the free one where it goes. */
function bucketOf(hash: usize): usize {
  const generation = load<u32>(head(), H_GENERATION);
  let at = <usize>load<u64>(hash) & (BUCKETS - 1);
  while (true) {
    const bucket = buckets + (at << 3);
    const word = atomic.load<u64>(bucket);
    if (<u32>(word >> 32) != generation) return bucket;
    if (equals(<usize>(<u32>word) + C_HASH, hash)) return bucket;
    at = (at + 1) & (BUCKETS - 1);
  }
}

/** The entry that the bucket holds, 0 where it is free. */
@inline
function entryIn(bucket: usize): usize {
  const word = atomic.load<u64>(bucket);
  return <u32>(word >> 32) == load<u32>(head(), H_GENERATION) ? <usize>(<u32>word) : 0;
}

/** Keeps other instances from changing the cache. Nobody who holds it calls the host, which might be busy executing. False: give up. */
function lock(): bool {
  for (let polls: u32 = 0; polls < LOCK_POLLS_MAX; polls++) {
    if (atomic.load<u32>(head(), H_LOCK) == 0 && atomic.cmpxchg<u32>(head(), 0, 1, H_LOCK) == 0) return true;
    if ((polls & 1023) == 1023 && isParallel() && stopReason() != 0) break;
  }
  markRegionFull();
  return false;
}

@inline
function unlock(): void {
  atomic.store<u32>(head(), 0, H_LOCK);
}

/** Whoever held the lock is gone. */
export function breakCodeLock(): void {
  unlock();
}

/** Makes the entry whose `size` bytes already lie behind the arena's cursor and header. */
function insert(bucket: usize, hash: usize, size: u32): usize {
  const entry = <usize>load<u32>(head(), H_CURSOR);
  store<u32>(head(), <u32>((entry + HEADER_SIZE + <usize>size + 63) & ~63), H_CURSOR);
  store<u32>(head(), load<u32>(head(), H_COUNT) + 1, H_COUNT);
  copy(hash, entry + C_HASH);
  store<u32>(entry, size, C_SIZE);
  store<u32>(entry, <u32>(entry + HEADER_SIZE), C_BYTES);
  store<u32>(entry, 0, C_OPS);
  store<u32>(entry, ORIGIN_HOST, C_ORIGIN);
  atomic.store<u64>(bucket, (<u64>load<u32>(head(), H_GENERATION) << 32) | <u64>entry);
  return entry;
}

@inline
function hasRoom(size: usize): bool {
  return load<u32>(head(), H_COUNT) < CODES_MAX && size + HEADER_SIZE + 64 <= codeCacheFree();
}

/**
 * The code with this hash, asked of the host where it is not cached. The hash must not lie in the arena. Code larger than the whole arena:
 * the empty code, and the region marked full.
 */
export function codeByHash(hash: usize): usize {
  const known = entryIn(bucketOf(hash));
  if (known != 0) return known;
  if (isParallel()) return loadShared(hash);
  if (!hasRoom(0)) emptyArena();
  let size = loadAtCursor(hash);
  if (size < 0) {
    emptyArena();
    size = loadAtCursor(hash);
  }
  if (size < 0) {
    markRegionFull();
    return emptyCode();
  }
  return insert(bucketOf(hash), hash, <u32>size);
}

/** `codeByHash` where others may do the same. */
function loadShared(hash: usize): usize {
  const size = loadCode(hash, codeBuffer(), <i32>CODE_BUFFER_SIZE);
  if (size < 0 || <usize>size > CODE_BUFFER_SIZE || !lock()) {
    markRegionFull();
    return emptyCode();
  }
  let entry = entryIn(bucketOf(hash));
  if (entry == 0) entry = insertCopy(hash, codeBuffer(), <u32>size);
  unlock();
  return entry == 0 ? emptyCode() : entry;
}

/** A new entry with a copy of the bytes; 0, and the region marked full, where there is no room. */
function insertCopy(hash: usize, bytes: usize, size: u32): usize {
  if (!hasRoom(<usize>size)) emptyArena();
  if (!hasRoom(<usize>size)) {
    markRegionFull();
    return 0;
  }
  memory.copy(<usize>load<u32>(head(), H_CURSOR) + HEADER_SIZE, bytes, <usize>size);
  return insert(bucketOf(hash), hash, size);
}

/** Has the host write the code where the next entry's bytes go; its size, or -1 where it does not fit. */
function loadAtCursor(hash: usize): i32 {
  if (equals(hash, EMPTY_CODE_HASH)) return 0;
  const capacity = <i32>(codeCacheFree() - HEADER_SIZE - 64);
  const size = loadCode(hash, <usize>load<u32>(head(), H_CURSOR) + HEADER_SIZE, capacity);
  return size > capacity ? -1 : size;
}

/** Adds code that the host may not know yet. The bytes must not lie in the arena. */
export function putCode(hash: usize, bytes: usize, size: u32): usize {
  if (!lock()) return emptyCode();
  const known = entryIn(bucketOf(hash));
  // The list is in the order of addresses, so that an older entry can't go on it: the code is added once more.
  const isKnown = known != 0 && load<u32>(known, C_ORIGIN) != ORIGIN_UNKNOWN;
  const entry = isKnown ? known : insertCopy(hash, bytes, size);
  if (!isKnown && entry != 0) linkNew(entry);
  unlock();
  return entry == 0 ? emptyCode() : entry;
}

/** The entry, or one for the same code elsewhere, with its predecoded form. */
export function predecoded(entry: usize): usize {
  if (atomic.load<u32>(entry, C_OPS) != 0) return entry;
  if (!lock()) return emptyCode();
  entry = predecodeEntry(entry);
  unlock();
  return entry;
}

function predecodeEntry(entry: usize): usize {
  if (load<u32>(entry, C_OPS) != 0) return entry;
  if (predecodedSizeMax(load<u32>(entry, C_SIZE)) > codeCacheFree()) {
    const hash = workBase() + 1536;
    copy(entry + C_HASH, hash);
    emptyArena();
    if (!isParallel()) entry = codeByHash(hash);
    if (predecodedSizeMax(load<u32>(entry, C_SIZE)) > codeCacheFree()) {
      markRegionFull();
      return emptyCode();
    }
  }
  const code = <usize>load<u32>(entry, C_BYTES);
  predecode(code, load<u32>(entry, C_SIZE), <usize>load<u32>(head(), H_CURSOR), codeCacheFork());
  store<u32>(head(), <u32>decodedEnd(), H_CURSOR);
  store<u32>(entry, <u32>decodedJumps(), C_JUMPS);
  atomic.store<u32>(entry, <u32>decodedOps(), C_OPS);
  return entry;
}

/** Whether the code is an EIP-7702 delegation: 0xef0100 ‖ address. */
@inline
export function isDelegation(entry: usize): bool {
  return load<u32>(entry, C_SIZE) == 23 && (load<u32>(<usize>load<u32>(entry, C_BYTES)) & 0xffffff) == 0x0001ef;
}

/** Where the delegation's 20-byte address lies. */
@inline
export function delegationTarget(entry: usize): usize {
  return <usize>load<u32>(entry, C_BYTES) + 3;
}
