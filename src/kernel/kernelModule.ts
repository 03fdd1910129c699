import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../core/bytes';
import { TributaryError } from '../core/errors';
import { keccak256 } from '../core/keccak';
import type { AccessListExports } from './accessList';
import type { SealingExports } from './sealing';
import type { TrieExports } from './trie';

/** What assembly/index.ts exports. Addresses and sizes are 32-bit: read them with `>>> 0`. */
export interface KernelExports extends TrieExports, SealingExports, AccessListExports {
  /** A constant; assembly/rules.ts. */
  abiVersion: WebAssembly.Global;
  /** Once per instance, before anything else. */
  initialize(): void;
  nextBaseFee(at: number, gasUsed: bigint, target: bigint, denominator: bigint): void;
  privateFixedSize(): number;
  sharedHeadSize(): number;
  attachShared(base: number, size: number, accountBits: number, slotBits: number, seed: bigint): void;
  initPrivate(base: number, size: number): void;
  blockContext(): number;
  outcome(): number;
  clearState(): void;
  clearAccounts(): void;
  beginBlock(): void;
  execute(at: number, mode: number): number;
  applyTransaction(): void;
  runTransactions(at: number, count: number, room: number): number;
  runEnd(): number;
  haltReason(): number;
  commitBlock(): void;
  rollBackBlock(): void;
  flatAccount(address: number): number;
  firstDirtyAccount(): number;
  cachedAccountCount(): number;
  cachedSlotCount(): number;
  codeCacheFree(): number;
  codeBytes(hash: number): number;
  codeSize(hash: number): number;
  attachRun(base: number, sizeBytes: number, transactionCountMax: number, workerCount: number, worker: number): number;
  beginRun(transactionCountMax: number, inVainMax: number): number;
  addTransaction(source: number): void;
  addRecords(at: number, count: number, room: number, roomEnd: number): number;
  roomEnd(): number;
  sealResults(from: number, to: number): number;
  sealRun(): number;
  planSealing(to: number): number;
  sealedFirst(): number;
  beginSealJobs(): void;
  finishSealing(): number;
  endPhase(): number;
  work(isMain: number): number;
  leaveRun(): void;
  breakCodeLock(): void;
  finalCount(): number;
  fittingCount(count: number): number;
  settle(end: number): void;
  beginReplay(from: number, to: number): number;
  isReplayed(): number;
  settleReplay(): void;
  takeResult(index: number): number;
  rejectedSender(index: number): number;
}

/** What assembly/host.ts and assembly/trie/host.ts import. */
export interface KernelImports {
  loadAccount(address: number, out: number): number;
  loadSlot(address: number, slot: number, out: number): void;
  loadCode(hash: number, out: number, capacity: number): number;
  precompile(id: number, input: number, inputLength: number, out: number, capacity: number): number;
  blockHash(blockNumber: bigint, out: number): void;
  loadTrieNode(key: number, keyLength: number, out: number, capacity: number): number;
}

/** `npm run build:kernel` writes it. */
export const KERNEL_PATH = join(__dirname, '..', '..', 'dist', 'kernel', 'kernel.wasm');

let compiled: WebAssembly.Module | undefined;

/**
 * The compiled kernel, compiled on first use. A `WebAssembly.Module` can be posted to workers.
 * @throws Kernel.NotBuilt
 */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readKernel());
  return compiled;
}

let hash: Hash | undefined;

/**
 * keccak256 of this package's kernel: the name of the version that rules where the chain config names none.
 * @throws Kernel.NotBuilt
 */
export function packagedKernelHash(): Hash {
  hash ??= keccak256(readKernel());
  return hash;
}

/** This package's kernel, as it would be published. @throws Kernel.NotBuilt */
export function readKernel(): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(KERNEL_PATH));
  } catch (cause) {
    const message = `expected the kernel at ${KERNEL_PATH}: run npm run build:kernel`;
    throw new TributaryError('Kernel.NotBuilt', message, { recovery: 'halt', cause });
  }
}
