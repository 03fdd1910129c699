/**
 * State root after random account updates, beside hashing the same nodes alone: how near the trie comes to the floor that
 * its hashes set. One thread, everything in memory; the updates themselves, RLP and hashing are in the time.
 */
import { createHash } from 'node:crypto';
import {
  ACCOUNT_RECORD_SIZE_BYTES,
  KernelTrie,
  readChanges,
  type TrieAccountUpdate,
  type TrieExports,
  writeAccountRecords,
} from '../../src/kernel/trie';

export interface StateRootResult {
  accountCount: number;
  updateCount: number;
  /** Median over the rounds, as are all times. */
  rootMs: number;
  /** keccak256 of the nodes that changed, and nothing else. */
  hashOnlyMs: number;
  /** `rootMs / hashOnlyMs`. */
  ratio: number;
  nodeCount: number;
  /** Encoding what changed for the store. */
  exportMs: number;
  exportedBytes: number;
  /** Of the arena, per account, with the whole trie in memory. */
  bytesPerAccount: number;
}

type Exports = TrieExports & { keccak256(at: number, length: number, out: number): void };

const PAGE_BYTES = 65_536;
const SCRATCH_AT = 64 * 1024;
const EXCHANGE = { base: 1 << 20, sizeBytes: 64 << 20 };
const ARENA_AT = EXCHANGE.base + EXCHANGE.sizeBytes;
/** About twice what an account takes. */
const ARENA_BYTES_PER_ACCOUNT = 256;
const ARENA_BYTES_MIN = 64 << 20;
const EMPTY_CODE_HASH = Buffer.from('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470', 'hex');
const BUILD_BATCH = 50_000;
const WARM_UP_ROUNDS = 3;

/** @param module a kernel, or the tries alone (`src/kernel/assembly/trie/entry.ts`) */
export function measureStateRoot(
  module: WebAssembly.Module,
  { accountCount = 1_000_000, updateCount = 10_000, rounds = 15 } = {},
): StateRootResult {
  const arenaBytes = Math.max(ARENA_BYTES_MIN, accountCount * ARENA_BYTES_PER_ACCOUNT);
  const pages = Math.ceil((ARENA_AT + arenaBytes) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const exports = new WebAssembly.Instance(module, importsOf(module, memory)).exports as unknown as Exports;
  const arena = { base: ARENA_AT, sizeBytes: arenaBytes };
  const trie = new KernelTrie({ memory, exports, arena, scratch: SCRATCH_AT, exchange: EXCHANGE });
  const bytes = Buffer.from(memory.buffer);
  const apply = (updates: TrieAccountUpdate[]): number => {
    writeAccountRecords(bytes.subarray(EXCHANGE.base), updates);
    const slots = EXCHANGE.base + updates.length * ACCOUNT_RECORD_SIZE_BYTES;
    return elapsedMs(() => trie.applyRecords(EXCHANGE.base, updates.length, slots, 0, slots));
  };

  for (let start = 0; start < accountCount; start += BUILD_BATCH) {
    const count = Math.min(BUILD_BATCH, accountCount - start);
    apply(Array.from({ length: count }, (_, i) => update(start + i, start + i)));
    exportAll(exports, () => undefined);
  }
  const bytesPerAccount = trie.memoryUse().usedBytes / accountCount;

  const samples = { root: [] as number[], hash: [] as number[], export: [] as number[] };
  let nodeCount = 0;
  let exportedBytes = 0;
  const random = createRandom();
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(updateCount, accountCount)) chosen.add(random() % accountCount);
    const rootMs = apply([...chosen].map((index) => update(index, round * accountCount + index + 1)));
    nodeCount = 0;
    exportedBytes = 0;
    let hashMs = 0;
    const exportMs = exportAll(exports, (length) => {
      exportedBytes += length;
      const nodes: [at: number, length: number][] = [];
      for (const change of readChanges(bytes.subarray(EXCHANGE.base, EXCHANGE.base + length))) {
        if (change.type === 'put') nodes.push([change.value.byteOffset, change.value.length]);
      }
      nodeCount += nodes.length;
      hashMs += elapsedMs(() => {
        for (const [at, size] of nodes) exports.keccak256(at, size, SCRATCH_AT);
      });
    });
    if (round < WARM_UP_ROUNDS) continue;
    samples.root.push(rootMs);
    samples.hash.push(hashMs);
    samples.export.push(exportMs);
  }
  const rootMs = median(samples.root);
  const hashOnlyMs = median(samples.hash);
  return {
    accountCount,
    updateCount,
    rootMs,
    hashOnlyMs,
    ratio: rootMs / hashOnlyMs,
    nodeCount,
    exportMs: median(samples.export),
    exportedBytes,
    bytesPerAccount,
  };
}

/** Every import of the module as a function that does nothing: everything is in memory, the store has no node. */
function importsOf(module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Imports {
  const host: WebAssembly.ModuleImports = {};
  for (const { name, kind } of WebAssembly.Module.imports(module)) if (kind === 'function') host[name] = () => 0;
  return { env: { memory }, host };
}

/** Exports all changes, buffer by buffer; the time without `onBuffer`. */
function exportAll(exports: Exports, onBuffer: (length: number) => void): number {
  let totalMs = 0;
  for (;;) {
    let length = 0;
    totalMs += elapsedMs(() => {
      length = exports.trieExportChanges(EXCHANGE.base, EXCHANGE.sizeBytes);
    });
    if (length === 0) return totalMs;
    onBuffer(length);
  }
}

function update(index: number, salt: number): TrieAccountUpdate {
  // Any hash will do for keccak256(address): what matters is that keys are spread evenly.
  const hashedAddress = createHash('sha256').update(String(index)).digest();
  const balance = 10n ** 18n + BigInt(salt);
  return { hashedAddress, action: 'write', nonce: BigInt(salt % 100), balance, codeHash: EMPTY_CODE_HASH };
}

/** xorshift32 from a fixed seed. */
function createRandom(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function elapsedMs(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
