import { type Address, type Hash, padLeft, toHex, ZERO_HASH } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { KeyValueOperation, KeyValueStore } from '../core/ports';
import { decodeAccount } from './accountCodec';
import { ByteMap } from './byteMap';
import { accountKey, bytesKey, isFlatKey, keyPrefix, numberKey, readNumber, storageKey } from './keyspace';
import { RecentValues } from './recentValues';
import type { StateOperation } from './stateOperation';
import type { Account, StateSnapshot } from './stateReader';
import { TrieNodes, WAITING_BLOCKS_MAX, type WaitingLimits } from './trieNodes';
import { UndoRecord } from './undoRecord';

/** How many blocks behind the head the state can be read. */
export const HISTORY_BLOCKS = 256;
/**
 * How many blocks the chain can be rewound at most. An L1 reorganization takes back every L2 block on the L1 blocks that it replaces, which
 * at 20 blocks a second are 256 within 13 seconds: records are kept until their block is final, and this many however far off finality is.
 */
export const REWIND_BLOCKS_MAX = 65_536;
/** Records that one commit deletes at most: it adds one, so what finality sets free is gone soon without a long pause. */
const EXPIRED_PER_BLOCK_MAX = 16;
/** Undo records kept in memory; older ones are read from disk again when a historic read needs them. */
const UNDO_CACHE_SIZE_BYTES_MAX = 128 * 1024 * 1024;

export interface HistoryLimits extends WaitingLimits {
  /** Default `REWIND_BLOCKS_MAX`. */
  rewindBlocksMax?: number;
  /** Whether blocks that are final when they are committed can be rewound, and proofs be made at those before them. Default true. */
  keepsFinalNodes?: boolean;
}

/**
 * The state at the last 256 blocks, out of the current state and one `UndoRecord` per block; and the way back to any block that is not
 * final yet.
 *
 * A read of a key at block B is what the first block after B that changed the key found there; when none did, the current value.
 * The record of a block that is being written is here before the write begins, so a reader at an earlier block reads the same
 * before, during and after it.
 */
export class StateHistory {
  readonly #store: KeyValueStore;
  readonly #records = new Map<number, UndoRecord>();
  #recordsSizeBytes = 0;
  /** As of the block `#newest`. */
  readonly #recent = new RecentValues();
  readonly #nodes: TrieNodes;
  /** The newest block whose writes may be visible in the store. */
  #newest: number;
  /** The oldest block that may have a record on disk. */
  #oldestRecord: number;
  /** What `#oldestRecord` becomes with the batch under way. */
  #expiring = 0;
  readonly #rewindBlocksMax: number;
  readonly #keepsFinalNodes: boolean;
  /** Records that the nodes of the oldest block follow from. */
  readonly #nodeRecordsMax: number;

  private constructor(store: KeyValueStore, head: number, oldestRecord: number, limits: HistoryLimits) {
    this.#store = store;
    this.#newest = head;
    this.#oldestRecord = oldestRecord;
    this.#rewindBlocksMax = limits.rewindBlocksMax ?? REWIND_BLOCKS_MAX;
    this.#keepsFinalNodes = limits.keepsFinalNodes ?? true;
    this.#nodeRecordsMax = (limits.waitingBlocksMax ?? WAITING_BLOCKS_MAX) - 1;
    this.#nodes = new TrieNodes(store, this, limits);
  }

  static async open(store: KeyValueStore, head: number, limits: HistoryLimits = {}): Promise<StateHistory> {
    let oldestRecord = head + 1;
    const range = { gte: numberKey(keyPrefix.undo, 0), lt: Uint8Array.of(keyPrefix.undo + 1), limit: 1 };
    for await (const [key] of store.entries(range)) oldestRecord = readNumber(key, 1);
    return new StateHistory(store, head, oldestRecord, limits);
  }

  /**
   * The state after a block. The snapshot can be read until the block is more than 256 behind or is rewound.
   * @throws State.UnknownBlock above the head, State.HistoryPruned
   */
  at(blockNumber: number): StateSnapshot {
    this.assertKept(blockNumber);
    return new StoredState(blockNumber, this.#store, {
      flat: (key) => this.read(key, blockNumber),
      node: (key) => {
        this.#assertRecent(blockNumber);
        return this.#nodes.read(key, blockNumber);
      },
    });
  }

  /** @throws State.UnknownBlock, State.HistoryPruned */
  assertKept(blockNumber: number): void {
    this.#assertKnown(blockNumber);
    this.#assertRecent(blockNumber);
    // After a rewind fewer records than 256 may be left; they have no gap, so the one just above the block stands for all.
    if (blockNumber < this.#newest) this.#record(blockNumber + 1);
  }

  /** @throws State.UnknownBlock, State.RewindTooDeep (`halt`) */
  assertRewindable(blockNumber: number): void {
    this.#assertKnown(blockNumber);
    if (blockNumber === this.#newest) return;
    const saved = this.#nodes.saveBefore(blockNumber);
    // Without a gap: the record above the saved nodes stands for all.
    if (saved === undefined || !this.#store.get(numberKey(keyPrefix.undo, saved + 1))) {
      throw rewindTooDeep(blockNumber, this.#newest, this.#oldestRecord);
    }
  }

  #assertKnown(blockNumber: number): void {
    if (!Number.isSafeInteger(blockNumber) || blockNumber < 0 || blockNumber > this.#newest) {
      throw new TributaryError('State.UnknownBlock', `there is no block ${blockNumber}; the head is ${this.#newest}`);
    }
  }

  /**
   * Before the batch of a block is written: the operations on the state that belong into it, which are not all of those handed over.
   * @param finalNumber no rewind goes below this block
   */
  begin(blockNumber: number, stateOperations: Iterable<StateOperation>, finalNumber: number): KeyValueOperation[] {
    this.#nodes.prepare();
    const changes = new ByteMap<Uint8Array | undefined>();
    const operations: KeyValueOperation[] = [];
    const nodeOperations: StateOperation[] = [];
    for (const operation of stateOperations) {
      const { key } = operation;
      if (key[0] === keyPrefix.trieNode) {
        nodeOperations.push(operation);
        continue;
      }
      operations.push(operation);
      if (!isFlatKey(key)) continue;
      changes.setNew(key, () => (operation.isNew ? undefined : this.#newestValue(key)));
      this.#recent.set(key, operation.type === 'put' ? operation.value : undefined);
    }
    const record = UndoRecord.of(changes);
    this.#remember(blockNumber, record);
    this.#newest = blockNumber;
    const keepsWayBack = this.#keepsFinalNodes || blockNumber > finalNumber;
    for (const operation of this.#nodes.add(blockNumber, nodeOperations, keepsWayBack)) operations.push(operation);
    operations.push({ type: 'put', key: numberKey(keyPrefix.undo, blockNumber), value: record.bytes });
    const expiredTo =
      Math.max(Math.min(blockNumber - HISTORY_BLOCKS, finalNumber), blockNumber - this.#rewindBlocksMax) -
      this.#nodeRecordsMax;
    const last = Math.min(expiredTo, this.#oldestRecord + EXPIRED_PER_BLOCK_MAX - 1);
    // Where the batch fails, a record may be asked to go twice, which does no harm: the next commit begins with the same block again.
    for (let expired = this.#oldestRecord; expired <= last; expired++) {
      operations.push({ type: 'del', key: numberKey(keyPrefix.undo, expired) });
      operations.push({ type: 'del', key: numberKey(keyPrefix.nodeUndo, expired) });
    }
    this.#expiring = Math.max(this.#oldestRecord, last + 1);
    return operations;
  }

  /** The batch of `begin` was written. */
  written(): void {
    this.#oldestRecord = this.#expiring;
  }

  /** The batch of `begin` was not written. */
  abandon(blockNumber: number): void {
    this.undone(blockNumber);
  }

  /** What takes the state from after `blockNumber`, the newest block, to before it. */
  undoOperations(blockNumber: number): KeyValueOperation[] {
    const operations: KeyValueOperation[] = [{ type: 'del', key: numberKey(keyPrefix.undo, blockNumber) }];
    for (const [key, previous] of this.#record(blockNumber).entries()) {
      operations.push(previous ? { type: 'put', key, value: previous } : { type: 'del', key });
    }
    for (const operation of this.#nodes.undoOperations(blockNumber)) operations.push(operation);
    return operations;
  }

  /** After `undoOperations` have been written. */
  undone(blockNumber: number): void {
    this.#forget(blockNumber);
    this.#recent.clear();
    this.#nodes.undone(blockNumber);
    this.#newest = blockNumber - 1;
    this.#oldestRecord = Math.min(this.#oldestRecord, blockNumber);
  }

  /** The newest block. */
  get newest(): number {
    return this.#newest;
  }

  /** The flat keys that a block changed. @throws State.HistoryPruned */
  *changedKeys(blockNumber: number): Iterable<Uint8Array> {
    for (const [key] of this.#record(blockNumber).entries()) yield key;
  }

  /** An account's or a slot's value after a block. @throws State.HistoryPruned */
  read(key: Uint8Array, blockNumber: number): Uint8Array | undefined {
    if (blockNumber !== this.#newest) {
      this.#assertRecent(blockNumber);
      for (let later = blockNumber + 1; later <= this.#newest; later++) {
        const change = this.#record(later).lookup(key);
        if (change) return change.previous;
      }
    }
    return this.#newestValue(key);
  }

  #newestValue(key: Uint8Array): Uint8Array | undefined {
    const recent = this.#recent.get(key);
    if (recent) return recent.value;
    const value = this.#store.get(key);
    // What is read is mostly what the next block overwrites.
    this.#recent.set(key, value);
    return value;
  }

  #assertRecent(blockNumber: number): void {
    if (blockNumber > this.#newest) {
      const message = `block ${blockNumber} was taken back: the chain is being rewound`;
      throw new TributaryError('State.UnknownBlock', message, { recovery: 'retry' });
    }
    if (blockNumber < this.#newest - HISTORY_BLOCKS) throw pruned(blockNumber, this.#newest);
  }

  #record(blockNumber: number): UndoRecord {
    const cached = this.#records.get(blockNumber);
    if (cached) return cached;
    const bytes = this.#store.get(numberKey(keyPrefix.undo, blockNumber));
    if (!bytes) throw pruned(blockNumber - 1, this.#newest);
    const record = new UndoRecord(bytes);
    this.#remember(blockNumber, record);
    return record;
  }

  #remember(blockNumber: number, record: UndoRecord): void {
    this.#forget(blockNumber);
    this.#records.set(blockNumber, record);
    this.#recordsSizeBytes += record.bytes.length;
    this.#forget(blockNumber - HISTORY_BLOCKS);
    for (const oldest of this.#records.keys()) {
      if (this.#recordsSizeBytes <= UNDO_CACHE_SIZE_BYTES_MAX || oldest === blockNumber) break;
      this.#forget(oldest);
    }
  }

  #forget(blockNumber: number): void {
    this.#recordsSizeBytes -= this.#records.get(blockNumber)?.bytes.length ?? 0;
    this.#records.delete(blockNumber);
  }
}

type ReadKey = (key: Uint8Array) => Uint8Array | undefined;

class StoredState implements StateSnapshot {
  readonly #read: { flat: ReadKey; node: ReadKey };
  readonly #store: KeyValueStore;

  constructor(
    readonly blockNumber: number,
    store: KeyValueStore,
    read: { flat: ReadKey; node: ReadKey },
  ) {
    this.#store = store;
    this.#read = read;
  }

  account(address: Address): Account | undefined {
    const bytes = this.#read.flat(accountKey(address));
    return bytes && decodeAccount(bytes);
  }

  storage(address: Address, slot: Hash): Hash {
    const bytes = this.#read.flat(storageKey(address, slot));
    return bytes ? padLeft(bytes, 32) : ZERO_HASH;
  }

  code(codeHash: Hash): Uint8Array {
    const code = this.#store.get(bytesKey(keyPrefix.code, codeHash));
    if (code) return code;
    throw new TributaryError('State.CodeMissing', `the database has no code with hash ${toHex(codeHash)}`, {
      recovery: 'halt',
    });
  }

  trieNode(key: Uint8Array): Uint8Array | undefined {
    return this.#read.node(bytesKey(keyPrefix.trieNode, key));
  }
}

function rewindTooDeep(blockNumber: number, head: number, oldest: number): TributaryError {
  const message = `the chain cannot be rewound to block ${blockNumber}: its undo records begin with block ${oldest}, the head is ${head}`;
  return new TributaryError('State.RewindTooDeep', message, {
    recovery: 'halt',
    details: { blockNumber, head, oldest },
  });
}

function pruned(blockNumber: number, head: number): TributaryError {
  return new TributaryError(
    'State.HistoryPruned',
    `the state of block ${blockNumber} is not kept (history reaches ${HISTORY_BLOCKS} blocks back, the head is ${head})`,
  );
}
