/**
 * The kernel's exports: what the TypeScript face (src/kernel/kernel.ts) calls. Addresses are offsets in the shared memory.
 *
 * Order of use: `initShared` once per memory, `initPrivate` once per instance (with the same shared layout), then per
 * block: the host writes the block context, `beginBlock`, transactions, reads the changes, `commitBlock`.
 */
import { B_GAS_USED, fork } from './block';
import { computeL1Price } from './l1Fee';
import { blockContext, EVM_MEMORY, setPrivateRegion, setSharedBase, SHARED_AREAS, sharedBase } from './memory';
import { C_BYTES, C_SIZE, clearCodeCache, codeByHash, codeCacheFork, codeCacheFree, forgetNewCode, layOutCodeCache } from './state/codeCache';
import {
  cachedAccountCount,
  cachedSlotCount,
  clearFlatCache,
  commitFlatCache,
  firstDirtyAccount,
  layOutFlatCache,
} from './state/flatCache';
import { setHashSeed } from './state/hash';
import { readAccount, rollBackFlatCache } from './state/stateAccess';
import { applyTransaction, executeTransaction, Mode, outcome } from './transaction';

export { accessListAttach, accessListBegin } from './accessList/collect';
export { accessListEncode, accessListEnd, accessListRoom } from './accessList/encode';
export { abiVersion, nextBaseFee } from './rules';
export { haltReason } from './evm/haltReason';
export { runEnd, runTransactions } from './runTransactions';
export * from './scheduler/index';
export * from './sealing/index';
export * from './trie/index';
export { applyTransaction, blockContext, cachedAccountCount, cachedSlotCount, codeCacheFree, firstDirtyAccount, outcome };

/** Bytes of a private region before its last area, which is EVM memory. */
export function privateFixedSize(): usize {
  return EVM_MEMORY;
}

/** Bytes at the start of the shared region before its tables. */
export function sharedHeadSize(): usize {
  return SHARED_AREAS;
}

/** Attaches this instance to a shared region laid out for 2^accountBits accounts and 2^slotBits slots. */
export function attachShared(base: usize, size: usize, accountBits: u32, slotBits: u32, seed: u64): void {
  setSharedBase(base);
  setHashSeed(seed);
  layOutCodeCache(layOutFlatCache(accountBits, slotBits), base + size);
}

/** Gives this instance its private region. */
export function initPrivate(base: usize, size: usize): void {
  setPrivateRegion(base, size);
}

/** Forgets all cached state and code. */
export function clearState(): void {
  clearFlatCache();
  clearCodeCache(fork());
}

/** Forgets cached accounts and slots, but not code, which never changes under its hash. */
export function clearAccounts(): void {
  clearFlatCache();
  forgetNewCode();
}

/** Call after the block context was written. */
export function beginBlock(): void {
  store<u64>(blockContext(), 0, B_GAS_USED);
  computeL1Price();
  if (codeCacheFork() != fork()) clearCodeCache(fork());
}

/** Executes the transaction at `at`; returns its status, the rest is in the outcome. */
export function execute(at: usize, mode: i32): i32 {
  return executeTransaction(at, <Mode>mode);
}

/** The block's changes become the committed state. */
export function commitBlock(): void {
  commitFlatCache();
  forgetNewCode();
}

/** The block's changes are taken back; what is cached stays. */
export function rollBackBlock(): void {
  rollBackFlatCache();
}

/** The flat entry of the 20-byte address at `at`, as after the last applied transaction; 0 where the cache is full. */
export function flatAccount(at: usize): usize {
  return readAccount(at);
}

/** Where the code with the 32-byte hash at `hash` lies. */
export function codeBytes(hash: usize): usize {
  return <usize>load<u32>(codeByHash(hash), C_BYTES);
}

/** Its length. */
export function codeSize(hash: usize): u32 {
  return load<u32>(codeByHash(hash), C_SIZE);
}
