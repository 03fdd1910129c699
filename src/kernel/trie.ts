import { TributaryError } from '../core/errors';

/** What the trie part of a kernel instance exports (`assembly/trie/index.ts`). Addresses are byte offsets into the memory. */
export interface TrieExports {
  trieScratchSize(): number;
  trieFormat(base: number, sizeBytes: number, bucketCount: number): void;
  trieAttach(base: number, scratch: number): void;
  trieServeReads(): void;
  trieBreakLoadLock(): void;
  trieStatus(): number;
  trieFreeBytes(): number;
  trieTotalBytes(): number;
  triePrepare(accounts: number, accountCount: number, slots: number, slotCount: number, openFrom: number): number;
  trieIsOpen(owner: number): number;
  trieSlotJob(slots: number, from: number, to: number, nibble: number): number;
  trieFinishSlots(): number;
  trieAccountJob(accounts: number, from: number, to: number, nibble: number): number;
  trieFinishAccounts(out: number): number;
  triePlanSlotJobs(slots: number, slotCount: number, out: number, capacityBytes: number): number;
  trieRunSlotJobs(slots: number, plan: number, jobCount: number, counter: number): number;
  trieRunAccountJobs(accounts: number, accountCount: number, counter: number): number;
  trieApply(accounts: number, accountCount: number, slots: number, slotCount: number, out: number): number;
  trieCollect(records: number, capacityBytes: number): number;
  trieCollectedAccounts(): number;
  trieCollectedSlots(): number;
  trieWriteStorageRoots(records: number): void;
  trieExportChanges(out: number, capacityBytes: number): number;
  triePlanExport(region: number, sizeBytes: number): number;
  trieRunExportJobs(region: number, sizeBytes: number, jobCount: number, counter: number): number;
  trieFinishExport(region: number, sizeBytes: number, jobCount: number): number;
  beginExportJobs(region: number, sizeBytes: number, jobCount: number): void;
  trieEvict(wantedBytes: number): number;
  trieRoot(owner: number, out: number): number;
  beginSlotJobs(slots: number, plan: number, count: number): void;
  beginAccountJobs(accounts: number, count: number): void;
  trieProof(owner: number, key: number, out: number, capacityBytes: number): number;
}

/** Where a `KernelTrie` works. Regions are in `memory`, do not overlap, and belong to it for as long as it lives. */
export interface KernelTrieOptions {
  memory: WebAssembly.Memory;
  exports: TrieExports;
  /** The node arena, shared by all instances. */
  arena: { base: number; sizeBytes: number };
  /** `trieScratchSize()` bytes, private to the instance. */
  scratch: number;
  /** For records going in and changes and proofs coming out; at least 64 KiB. */
  exchange: { base: number; sizeBytes: number };
  /** Hash buckets for storage tries in memory; a power of two. Default 65,536 (256 KiB). */
  bucketCount?: number;
  /** The tries are always those of the state that the instance reads, but for the block's own changes: what they lack is not asked of the backend. Default false. */
  servesReads?: boolean;
}

export interface TrieAccountUpdate {
  /** keccak256 of the address. */
  hashedAddress: Uint8Array;
  /** `write` keeps the storage; `replace` drops it before the slots are written; `delete` removes account and storage. */
  action: 'write' | 'replace' | 'delete';
  nonce: bigint;
  /** Wei. */
  balance: bigint;
  /** 32 bytes. */
  codeHash: Uint8Array;
}

export interface TrieSlotUpdate {
  /** keccak256 of the account's address. */
  hashedAddress: Uint8Array;
  /** keccak256 of the slot. */
  hashedSlot: Uint8Array;
  /** 256 bits; zero deletes. */
  value: bigint;
}

/**
 * A write to the path-keyed node store. `isNew`: the changes before it leave nothing under the key. `deleteOwner` removes every key that begins with the
 * owner's 32 bytes.
 */
export type TrieChange =
  | { type: 'put'; key: Uint8Array; value: Uint8Array; isNew: boolean }
  | { type: 'delete'; key: Uint8Array }
  | { type: 'deleteOwner'; owner: Uint8Array };

/** `failed`: some job could not be done, and nobody is at work on it any more. `broken`: a worker stopped in the middle of one. */
export type JobsFate = 'done' | 'failed' | 'broken';
/** Has several instances do the jobs that `begin` describes, this one once it has done `meanwhile`, and resolves when none is at it any more. */
export type RunTrieJobs = (begin: () => void, meanwhile: () => void) => Promise<JobsFate>;

interface TrieRecords {
  accounts: number;
  accountCount: number;
  slots: number;
  slotCount: number;
  plan: number;
  planSize: number;
}

/** Blocks that change less are faster done alone. */
const JOB_RECORDS_MIN = 256;
/** A trie with so many changed keys is shared out by nibbles. */
const OPEN_RECORDS_MIN = 128;
const PLAN_SIZE_BYTES_MIN = 65_536;
export const ACCOUNT_RECORD_SIZE_BYTES = 112;
export const SLOT_RECORD_SIZE_BYTES = 96;

/** assembly/trie/exportJobs.ts, assembly/trie/changes.ts. */
const CHUNKS_OFFSET = 2 ** 14;
const CHUNK_HEAD_SIZE_BYTES = 8;

const DEFAULT_BUCKET_COUNT = 65_536;
const EXCHANGE_SIZE_BYTES_MIN = 65_536;
const WORD_BYTES = 32;
const ACTIONS = { write: 0, delete: 1, replace: 2 } as const;
const CHANGE_PUT = 1;
const CHANGE_DELETE = 2;
const CHANGE_PUT_NEW = 4;

/**
 * The state's tries inside one kernel instance: account and slot updates in, state root, store writes and proofs out.
 *
 * Nodes that are not in memory are read through the instance's `loadTrieNode` import (see `createLoadTrieNode`), so
 * `takeChanges` must have reached that store before they are asked for again. Unsaved nodes stay in memory: take the changes
 * often enough that a few blocks of them fit the arena. Every method may throw `Kernel.Trie…`, and after a failed
 * `apply` the instance's tries are to be built anew from the store (`reset`).
 *
 * @example
 * const root = trie.apply([{ hashedAddress, action: 'write', nonce: 1n, balance: 5n, codeHash }], []);
 * for (const change of trie.takeChanges()) …
 */
export class KernelTrie {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: TrieExports;
  readonly #options: KernelTrieOptions;

  /** Lays out an empty arena and attaches the instance to it. */
  constructor(options: KernelTrieOptions) {
    if (options.exchange.sizeBytes < EXCHANGE_SIZE_BYTES_MIN) {
      throw new TributaryError(
        'Kernel.TrieRegion',
        `exchange.sizeBytes is ${options.exchange.sizeBytes}, expected at least ${EXCHANGE_SIZE_BYTES_MIN}`,
        { recovery: 'halt' },
      );
    }
    this.#memory = options.memory;
    this.#exports = options.exports;
    this.#options = options;
    this.reset();
  }

  /** Forgets everything that is in memory: the tries are what the store holds. */
  reset(): void {
    const { arena, scratch, bucketCount, servesReads = false } = this.#options;
    this.#exports.trieFormat(arena.base, arena.sizeBytes, bucketCount ?? DEFAULT_BUCKET_COUNT);
    this.#exports.trieAttach(arena.base, scratch);
    if (servesReads) this.#exports.trieServeReads();
  }

  /**
   * Applies a block's updates and returns the state root (32 bytes).
   * An account whose slots change must exist after the account updates.
   * @throws Kernel.TrieOutOfMemory, Kernel.TrieMissingNode, Kernel.TrieCorruptNode, Kernel.TrieMissingAccount
   */
  apply(accounts: TrieAccountUpdate[], slots: TrieSlotUpdate[]): Uint8Array {
    const accountsAt = this.#options.exchange.base;
    const slotsAt = accountsAt + accounts.length * ACCOUNT_RECORD_SIZE_BYTES;
    const out = slotsAt + slots.length * SLOT_RECORD_SIZE_BYTES;
    this.#assertFits(out + WORD_BYTES);
    const view = Buffer.from(this.#memory.buffer, accountsAt, out - accountsAt);
    writeAccountRecords(view, accounts);
    writeSlotRecords(view.subarray(slotsAt - accountsAt), slots);
    return this.applyRecords(accountsAt, accounts.length, slotsAt, slots.length, out);
  }

  /** `apply` for records that lie in the memory already (layout: `assembly/trie/commit.ts`); `out` takes the root. */
  applyRecords(accounts: number, accountCount: number, slots: number, slotCount: number, out: number): Uint8Array {
    this.#check(this.#exports.trieApply(accounts, accountCount, slots, slotCount, out));
    return this.#copy(out, WORD_BYTES);
  }

  /**
   * Applies what the instance's flat-state cache says the block has changed, and returns the state root. The cache's
   * changed accounts get their new storage roots.
   * @throws as `apply`
   */
  applyCachedBlock(): Uint8Array {
    const { base, sizeBytes } = this.#options.exchange;
    const records = base + WORD_BYTES;
    this.#check(this.#exports.trieCollect(records, sizeBytes - WORD_BYTES));
    const accountCount = this.#exports.trieCollectedAccounts();
    const slots = records + accountCount * ACCOUNT_RECORD_SIZE_BYTES;
    const root = this.applyRecords(records, accountCount, slots, this.#exports.trieCollectedSlots(), base);
    this.#exports.trieWriteStorageRoots(records);
    return root;
  }

  /**
   * As `applyCachedBlock`, the work shared out as jobs. Where a job fails, for a worker reads a store that lags behind or memory runs out, all is applied
   * again on this instance; where a worker breaks down in the middle of one the tries are read anew before.
   * @param meanwhile called once, while others are at the larger part of the jobs where there are any; what it throws is thrown
   */
  async applyCachedBlockInJobs(runJobs: RunTrieJobs, meanwhile: () => void): Promise<Uint8Array> {
    const { base, sizeBytes } = this.#options.exchange;
    const instance = this.#exports;
    const accounts = base + WORD_BYTES;
    this.#check(instance.trieCollect(accounts, sizeBytes - WORD_BYTES));
    const accountCount = instance.trieCollectedAccounts();
    const slotCount = instance.trieCollectedSlots();
    const slots = accounts + accountCount * ACCOUNT_RECORD_SIZE_BYTES;
    const plan = slots + slotCount * SLOT_RECORD_SIZE_BYTES;
    const planSize = base + sizeBytes - plan;
    let fate: JobsFate = 'failed';
    let isMeanwhileDone = false;
    const doMeanwhile = () => {
      if (isMeanwhileDone) return;
      isMeanwhileDone = true;
      meanwhile();
    };
    if (accountCount + slotCount >= JOB_RECORDS_MIN && planSize >= PLAN_SIZE_BYTES_MIN) {
      const records = { accounts, accountCount, slots, slotCount, plan, planSize };
      fate = await this.#applyInJobs(records, runJobs, doMeanwhile);
    }
    doMeanwhile();
    if (fate === 'broken') this.reset();
    const root =
      fate === 'done'
        ? this.#copy(base, WORD_BYTES)
        : this.applyRecords(accounts, accountCount, slots, slotCount, base);
    instance.trieWriteStorageRoots(accounts);
    return root;
  }

  async #applyInJobs(records: TrieRecords, runJobs: RunTrieJobs, meanwhile: () => void): Promise<JobsFate> {
    const { accounts, accountCount, slots, slotCount, plan, planSize } = records;
    const instance = this.#exports;
    if (instance.triePrepare(accounts, accountCount, slots, slotCount, OPEN_RECORDS_MIN) !== 0) return 'failed';
    if (slotCount > 0) {
      const jobCount = instance.triePlanSlotJobs(slots, slotCount, plan, planSize);
      if (instance.trieStatus() !== 0) return 'failed';
      const isLarger = slotCount >= accountCount;
      const fate = await runJobs(
        () => instance.beginSlotJobs(slots, plan, jobCount),
        isLarger ? meanwhile : () => undefined,
      );
      if (fate !== 'done') return fate;
      if (instance.trieFinishSlots() !== 0) return 'failed';
    }
    const fate = await runJobs(() => instance.beginAccountJobs(accounts, accountCount), meanwhile);
    if (fate !== 'done') return fate;
    return instance.trieFinishAccounts(this.#options.exchange.base) === 0 ? 'done' : 'failed';
  }

  /** Root of the account trie, or of the storage trie of an account (by keccak256 of its address). */
  root(hashedAddress?: Uint8Array): Uint8Array {
    const { base } = this.#options.exchange;
    const owner = this.#writeKey(base, hashedAddress);
    this.#check(this.#exports.trieRoot(owner, base + 64));
    return this.#copy(base + 64, WORD_BYTES);
  }

  /**
   * What the store must write, in order and atomically, to hold the tries as they are, as buffers for `readChanges`. Counts as written from here
   * on.
   */
  takeRecords(): Uint8Array[] {
    const { base, sizeBytes } = this.#options.exchange;
    const records: Uint8Array[] = [];
    for (;;) {
      const length = this.#exports.trieExportChanges(base, sizeBytes);
      this.#check(this.#exports.trieStatus());
      if (length === 0) return records;
      records.push(this.#copy(base, length));
    }
  }

  /**
   * As `takeRecords`, the work shared out as jobs. Undefined where a worker broke down in the middle of one: the tries are then those of the store, and the
   * block is to be applied again.
   * @param meanwhile called once, while others are at it; what it throws is thrown
   */
  async takeRecordsInJobs(runJobs: RunTrieJobs, meanwhile: () => void): Promise<Uint8Array[] | undefined> {
    const { base, sizeBytes } = this.#options.exchange;
    const instance = this.#exports;
    const jobCount = instance.triePlanExport(base, sizeBytes);
    this.#check(instance.trieStatus());
    if (jobCount === 0) meanwhile();
    else if ((await runJobs(() => instance.beginExportJobs(base, sizeBytes, jobCount), meanwhile)) === 'broken') {
      this.reset();
      return undefined;
    }
    this.#check(instance.trieFinishExport(base, sizeBytes, jobCount));
    const records = this.#takeChunks();
    records.push(...this.takeRecords());
    return records;
  }

  /** The chunks of records (`assembly/trie/exportJobs.ts`), as views of one copy. */
  #takeChunks(): Uint8Array[] {
    const { base, sizeBytes } = this.#options.exchange;
    const view = new DataView(this.#memory.buffer);
    const size = view.getUint32(base + 4, true);
    const first = base + CHUNKS_OFFSET;
    // More may have been asked for than there is room for.
    const next = Math.min(view.getUint32(base, true), base + sizeBytes - size + 1);
    const count = Math.ceil((next - first) / size);
    const bytes = this.#copy(first, count * size);
    return Array.from({ length: count }, (_, index) => {
      const at = index * size + CHUNK_HEAD_SIZE_BYTES;
      return bytes.subarray(at, at + view.getUint32(first + index * size, true));
    });
  }

  /** `takeRecords`, decoded. */
  *takeChanges(): Iterable<TrieChange> {
    for (const records of this.takeRecords()) yield* readChanges(records);
  }

  /** Keeps at least `freeBytes` of the arena free, if clean nodes can be evicted. Returns the bytes free. */
  evict(freeBytes: number): number {
    return this.#exports.trieEvict(freeBytes) >>> 0;
  }

  /** Bytes of the arena that nodes take, and what it has in all. */
  memoryUse(): { usedBytes: number; totalBytes: number } {
    const totalBytes = this.#exports.trieTotalBytes() >>> 0;
    return { usedBytes: totalBytes - (this.#exports.trieFreeBytes() >>> 0), totalBytes };
  }

  /**
   * Merkle proof (EIP-1186: RLP of the nodes from the root on, embedded ones left out) of an account, or of a slot of it.
   * Empty for an empty trie.
   */
  prove(hashedAddress: Uint8Array, hashedSlot?: Uint8Array): Uint8Array[] {
    const { base, sizeBytes } = this.#options.exchange;
    const owner = hashedSlot ? this.#writeKey(base, hashedAddress) : 0;
    const key = this.#writeKey(base + WORD_BYTES, hashedSlot ?? hashedAddress);
    const out = base + 2 * WORD_BYTES;
    const length = this.#exports.trieProof(owner, key, out, sizeBytes - 2 * WORD_BYTES);
    this.#check(this.#exports.trieStatus());
    const bytes = Buffer.from(this.#copy(out, length));
    const nodes: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 2 + bytes.readUInt16LE(at);
      nodes.push(new Uint8Array(bytes.subarray(at + 2, end)));
      at = end;
    }
    return nodes;
  }

  #writeKey(at: number, key: Uint8Array | undefined): number {
    if (!key) return 0;
    if (key.length !== WORD_BYTES) {
      throw new TributaryError('Kernel.TrieKey', `key has ${key.length} bytes, expected ${WORD_BYTES}`);
    }
    new Uint8Array(this.#memory.buffer).set(key, at);
    return at;
  }

  #copy(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer).slice(at, at + length);
  }

  #assertFits(end: number): void {
    const { base, sizeBytes } = this.#options.exchange;
    if (end <= base + sizeBytes) return;
    throw new TributaryError(
      'Kernel.TrieExchangeFull',
      `the updates take ${end - base} bytes, the exchange region has ${sizeBytes}`,
      { recovery: 'halt' },
    );
  }

  #check(status: number): void {
    if (status === 0) return;
    const [code, message] = FAILURES[status] ?? ['Kernel.TrieFailed', `the trie failed with status ${status}`];
    throw new TributaryError(code, message, { recovery: 'halt' });
  }
}

const FAILURES: Record<number, [code: string, message: string]> = {
  1: ['Kernel.TrieOutOfMemory', 'the trie arena is full of nodes that are not saved: take the changes, or enlarge it'],
  2: ['Kernel.TrieMissingNode', 'the node store lacks a node that its parent names'],
  3: ['Kernel.TrieCorruptNode', 'the node store holds a node that does not decode or hash to what its parent names'],
  4: ['Kernel.TrieMissingAccount', 'storage changed under an account that does not exist'],
  5: ['Kernel.TrieNotHashed', 'the tries have changes that are not hashed yet'],
  6: ['Kernel.TrieBufferTooSmall', 'a record does not fit the exchange region'],
};

/** Account records as `assembly/trie/commit.ts` lays them out, from the start of `out`. */
export function writeAccountRecords(out: Buffer, accounts: TrieAccountUpdate[]): void {
  accounts.forEach(({ hashedAddress, action, nonce, balance, codeHash }, index) => {
    const at = index * ACCOUNT_RECORD_SIZE_BYTES;
    out.set(hashedAddress, at);
    out.set(codeHash, at + 32);
    writeWord(out, at + 64, balance);
    out.writeBigUInt64LE(nonce, at + 96);
    out.writeUInt32LE(ACTIONS[action], at + 104);
  });
}

/** Slot records as `assembly/trie/commit.ts` lays them out, from the start of `out`. Slots of one account adjoin. */
export function writeSlotRecords(out: Buffer, slots: TrieSlotUpdate[]): void {
  slots.forEach(({ hashedAddress, hashedSlot, value }, index) => {
    const at = index * SLOT_RECORD_SIZE_BYTES;
    out.set(hashedAddress, at);
    out.set(hashedSlot, at + 32);
    writeWord(out, at + 64, value);
  });
}

/** Decodes a buffer of change records (`assembly/trie/changes.ts`). Keys and values are views into it. */
export function* readChanges(bytes: Uint8Array): Iterable<TrieChange> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const keyEnd = at + 4 + view.getUint8(at + 1);
    const valueEnd = keyEnd + view.getUint16(at + 2, true);
    const key = bytes.subarray(at + 4, keyEnd);
    const operation = view.getUint8(at);
    if (operation === CHANGE_PUT || operation === CHANGE_PUT_NEW) {
      yield { type: 'put', key, value: bytes.subarray(keyEnd, valueEnd), isNew: operation === CHANGE_PUT_NEW };
    } else if (operation === CHANGE_DELETE) yield { type: 'delete', key };
    else yield { type: 'deleteOwner', owner: key };
    at = valueEnd;
  }
}

/**
 * The `host.loadTrieNode` import over a path-keyed store: `get` returns a node's RLP (at most 1,024 bytes are of use) or
 * undefined. When it throws, the exception passes through the kernel and the tries are to be `reset`.
 */
export function createLoadTrieNode(
  memory: WebAssembly.Memory,
  get: (key: Uint8Array) => Uint8Array | undefined,
): (keyAt: number, keyLength: number, out: number, capacityBytes: number) => number {
  return (keyAt, keyLength, out, capacityBytes) => {
    const bytes = new Uint8Array(memory.buffer);
    // Addresses above 2 GiB arrive negative.
    const from = keyAt >>> 0;
    const value = get(bytes.slice(from, from + keyLength));
    if (!value || value.length > capacityBytes) return 0;
    bytes.set(value, out >>> 0);
    return value.length;
  };
}

function writeWord(out: Buffer, at: number, value: bigint): void {
  for (let limb = 0; limb < 4; limb++) {
    out.writeBigUInt64LE(BigInt.asUintN(64, value >> BigInt(64 * limb)), at + 8 * limb);
  }
}
