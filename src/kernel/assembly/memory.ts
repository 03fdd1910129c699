/**
 * Where everything lies in the one linear memory.
 *
 * The host hands out two regions: the *shared* region, the same for every instance over the memory, and one *private*
 * region per instance. Areas inside the private region are at fixed distances from its base, so an address is one
 * global plus a constant. Sizes are virtual: a page that is never touched costs nothing.
 *
 * Why the bounds are what they are: an EVM stack is 1,024 words and there are at most 1,025 frames (33 MiB); EVM memory
 * is paid for by gas, and 1,025 nested frames that share 30 million gas can't hold 92 MiB together; every journal
 * record costs at least 100 gas. Where an area still runs out the transaction ends with STATUS_REGION_FULL, it never
 * writes past it.
 */

const KIB: usize = 1024;
const MIB: usize = 1024 * 1024;

// The private region.
const SCRATCH: usize = 0; // 512 bytes of u256, then 3.5 KiB for whoever holds no other call across it
export const FRAMES: usize = 64 * KIB;
export const FRAME_SIZE: usize = 256;
export const STACK: usize = 512 * KIB;
export const RETURN_DATA: usize = 34 * MIB;
export const RETURN_DATA_SIZE: usize = 24 * MIB;
export const JOURNAL: usize = RETURN_DATA + RETURN_DATA_SIZE;
export const JOURNAL_SIZE: usize = 64 * MIB;
export const LOGS: usize = JOURNAL + JOURNAL_SIZE;
export const LOGS_SIZE: usize = 16 * MIB;
export const INITCODE: usize = LOGS + LOGS_SIZE;
export const INITCODE_SIZE: usize = 16 * MIB;
export const OVERLAY_ACCOUNTS: usize = INITCODE + INITCODE_SIZE;
export const OVERLAY_ACCOUNTS_SIZE: usize = 6 * MIB;
export const OVERLAY_SLOTS: usize = OVERLAY_ACCOUNTS + OVERLAY_ACCOUNTS_SIZE;
export const OVERLAY_SLOTS_SIZE: usize = 10 * MIB;
export const TRANSIENT: usize = OVERLAY_SLOTS + OVERLAY_SLOTS_SIZE;
export const TRANSIENT_SIZE: usize = 104 * MIB;
export const KECCAK_CACHE: usize = TRANSIENT + TRANSIENT_SIZE;
export const KECCAK_CACHE_SIZE: usize = 1 * MIB;
/** The last area: EVM memory takes whatever the host gives beyond this. */
export const EVM_MEMORY: usize = KECCAK_CACHE + KECCAK_CACHE_SIZE;

// The shared region: its head, then what `initShared` lays out behind it.
export const BLOCK_CONTEXT: usize = 0;
export const BLOCK_CONTEXT_SIZE: usize = 16 * KIB;
export const SHARED_HEAD: usize = BLOCK_CONTEXT + BLOCK_CONTEXT_SIZE;
export const SHARED_HEAD_SIZE: usize = 4 * KIB;
export const SHARED_AREAS: usize = SHARED_HEAD + SHARED_HEAD_SIZE;

/** The private region's base. */
let privateAt: usize = 0;
/** Its end. */
let privateEndAt: usize = 0;
/** The shared region's base. */
let sharedAt: usize = 0;

export function setPrivateRegion(base: usize, size: usize): void {
  privateAt = base;
  privateEndAt = base + size;
}

export function setSharedBase(base: usize): void {
  sharedAt = base;
}

@inline
export function privateBase(): usize {
  return privateAt;
}

@inline
export function sharedBase(): usize {
  return sharedAt;
}

/** Where EVM memory ends. */
@inline
export function privateEnd(): usize {
  return privateEndAt;
}

/** 512 bytes that u256 functions may overwrite in any call. */
@inline
export function scratchBase(): usize {
  return privateAt + SCRATCH;
}

/** 3.5 KiB for a function's own use while it calls only u256, keccak and table functions. */
@inline
export function workBase(): usize {
  return privateAt + SCRATCH + 512;
}

@inline
export function blockContext(): usize {
  return sharedAt + BLOCK_CONTEXT;
}
