import { createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { toHex } from '../../src/core/bytes';
import {
  createLoadTrieNode,
  type JobsFate,
  KernelTrie,
  readChanges,
  type TrieAccountUpdate,
  type TrieChange,
  type TrieExports,
} from '../../src/kernel/trie';
import { compileAssembly } from './compileAssembly';

export const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
export const EMPTY_CODE_HASH = Buffer.from('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470', 'hex');

const PAGE_BYTES = 65_536;
const SCRATCH_AT = 64 * 1024;
const EXCHANGE_AT = 128 * 1024;

let compiled: WebAssembly.Module | undefined;

/** The host's node store: hex key → RLP. */
export type NodeStore = Map<string, Uint8Array>;

/** A store as lines of `key=value`, sorted: what two stores are compared by. */
export function storeLines(store: NodeStore): string[] {
  return [...store].map(([key, value]) => `${key}=${toHex(value)}`).sort();
}

export interface TrieHarness {
  trie: KernelTrie;
  exports: TrieExports;
  memory: WebAssembly.Memory;
  store: NodeStore;
  /** A place in memory for records: as large as the exchange region. */
  recordsAt: number;
  /** Times the store was asked for a node. */
  loads(): number;
  /** A second instance over the same memory and arena, with its own scratch: a worker. */
  addInstance(index: number): TrieExports;
  /** What a thread needs to be such an instance. */
  workerData(index: number): {
    module: WebAssembly.Module;
    memory: WebAssembly.Memory;
    arenaAt: number;
    scratch: number;
  };
  /** Takes the changes into the store. */
  save(): void;
  /** As `save`, by jobs that `run` has done; its parameters are those of `trieRunExportJobs`, but for the counter. Returns how many jobs there were. */
  saveInJobs(run: (region: number, sizeBytes: number, jobCount: number) => Promise<JobsFate>): Promise<number>;
}

/** A kernel trie over `store`, in an arena of `arenaBytes`. */
export function createTrieHarness(
  options: { arenaBytes?: number; exchangeBytes?: number; store?: NodeStore; bucketCount?: number } = {},
): TrieHarness {
  const { arenaBytes = 2 << 20, exchangeBytes = 1 << 20, store = new Map(), bucketCount = 256 } = options;
  const recordsAt = EXCHANGE_AT + exchangeBytes;
  const arenaAt = recordsAt + exchangeBytes;
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((arenaAt + arenaBytes) / PAGE_BYTES),
    maximum: 65_536,
    shared: true,
  });
  compiled ??= new WebAssembly.Module(compileAssembly('src/kernel/assembly/trie/entry.ts'));
  const kernel = compiled;
  let loads = 0;
  const load = (key: Uint8Array) => {
    loads++;
    return store.get(toHex(key));
  };
  const imports = { env: { memory }, host: { loadTrieNode: createLoadTrieNode(memory, load) } };
  const instantiate = () => new WebAssembly.Instance(kernel, imports).exports as unknown as TrieExports;
  const exports = instantiate();
  const scratchOf = (index: number) => SCRATCH_AT + index * exports.trieScratchSize();
  let exportJobs: [region: number, sizeBytes: number, jobCount: number] = [0, 0, 0];
  const beginExportJobs = (...jobs: typeof exportJobs) => {
    exportJobs = jobs;
  };
  const write = (change: TrieChange) => {
    if (change.type === 'put') {
      expect(change.isNew, 'a node is new where the store has none').to.equal(!store.has(toHex(change.key)));
      store.set(toHex(change.key), change.value);
    } else if (change.type === 'delete') store.delete(toHex(change.key));
    else for (const key of store.keys()) if (key.startsWith(toHex(change.owner))) store.delete(key);
  };
  const trie = new KernelTrie({
    memory,
    exports: { ...exports, beginExportJobs },
    arena: { base: arenaAt, sizeBytes: arenaBytes },
    scratch: SCRATCH_AT,
    exchange: { base: EXCHANGE_AT, sizeBytes: exchangeBytes },
    bucketCount,
  });
  return {
    trie,
    exports,
    memory,
    store,
    recordsAt,
    loads: () => loads,
    addInstance(index) {
      const worker = instantiate();
      worker.trieAttach(arenaAt, scratchOf(index));
      return worker;
    },
    workerData: (index) => ({ module: kernel, memory, arenaAt, scratch: scratchOf(index) }),
    save() {
      for (const change of trie.takeChanges()) write(change);
    },
    async saveInJobs(run) {
      exportJobs = [0, 0, 0];
      const records = await trie.takeRecordsInJobs(
        (begin) => {
          begin();
          return run(...exportJobs);
        },
        () => undefined,
      );
      for (const record of records ?? []) for (const change of readChanges(record)) write(change);
      return exportJobs[2];
    },
  };
}

interface ModelAccount {
  nonce: bigint;
  balance: bigint;
  codeHash: Uint8Array;
}

/** The same state in plain maps, with its roots computed by @ethereumjs/mpt. Keys are hashed keys in hex. */
export class TrieModel {
  readonly accounts = new Map<string, ModelAccount>();
  readonly slots = new Map<string, Map<string, bigint>>();

  set(update: TrieAccountUpdate): void {
    const owner = toHex(update.hashedAddress);
    if (update.action !== 'write') this.slots.delete(owner);
    if (update.action === 'delete') this.accounts.delete(owner);
    else this.accounts.set(owner, { nonce: update.nonce, balance: update.balance, codeHash: update.codeHash });
  }

  setSlot(owner: string, slot: string, value: bigint): void {
    const slots = this.slots.get(owner) ?? new Map<string, bigint>();
    this.slots.set(owner, slots);
    if (value === 0n) slots.delete(slot);
    else slots.set(slot, value);
  }

  async storageTrie(owner: string): Promise<MerklePatriciaTrie> {
    const trie = await createMPT();
    for (const [slot, value] of this.slots.get(owner) ?? []) {
      await trie.put(Buffer.from(slot.slice(2), 'hex'), RLP.encode(value));
    }
    return trie;
  }

  async accountTrie(): Promise<MerklePatriciaTrie> {
    const trie = await createMPT();
    for (const [owner, { nonce, balance, codeHash }] of this.accounts) {
      const storageRoot = (await this.storageTrie(owner)).root();
      const leaf = RLP.encode([nonce, balance, storageRoot, codeHash]);
      await trie.put(Buffer.from(owner.slice(2), 'hex'), leaf);
    }
    return trie;
  }

  async root(): Promise<string> {
    return toHex((await this.accountTrie()).root());
  }

  /** Every account and slot as updates: what a trie built from nothing is given. */
  updates(): Parameters<KernelTrie['apply']> {
    const bytes = (hex: string) => Buffer.from(hex.slice(2), 'hex');
    return [
      [...this.accounts].map(([owner, account]) => ({ hashedAddress: bytes(owner), action: 'write', ...account })),
      [...this.slots].flatMap(([owner, slots]) =>
        [...slots].map(([slot, value]) => ({ hashedAddress: bytes(owner), hashedSlot: bytes(slot), value })),
      ),
    ];
  }
}
