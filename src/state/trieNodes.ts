import { decodeHeader } from '../codec/header';
import { assert } from '../core/assert';
import { concatBytes, equalBytes, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { KeyValueOperation, KeyValueStore } from '../core/ports';
import { ByteMap } from './byteMap';
import { bytesKey, encodeNumber, keyPrefix, nameKey, numberKey, readNumber } from './keyspace';
import { RecentValues } from './recentValues';
import type { StateOperation } from './stateOperation';
import { type NodeMap, trieOverlay } from './trieOverlay';
import { UndoRecord } from './undoRecord';

/** Nodes that wait in memory; one more block than fills this up is what a pause to write them, and a start after a crash, take. */
const WAITING_NODES_MAX = 4_096;
/** Blocks whose nodes wait in memory, where they change few. */
export const WAITING_BLOCKS_MAX = 64;
/** Overlays of earlier blocks kept: proofs of one block come one after the other. */
const OVERLAY_COUNT_MAX = 4;
const SAVE_CACHE_SIZE_BYTES_MAX = 64 * 2 ** 20;
const HASH_SIZE_BYTES = 32;
const NUMBER_SIZE_BYTES = 8;

/** What may wait in memory. More of it is fewer writes; and longer pauses, first proofs at an old block and starts after a crash. */
export interface WaitingLimits {
  /** How many blocks' trie nodes; 1: none. Default `WAITING_BLOCKS_MAX`. */
  waitingBlocksMax?: number;
  /** How many nodes, not counting those of the block that fills it up. Default `WAITING_NODES_MAX`. */
  waitingNodesMax?: number;
}

/** The history of accounts and slots that the nodes follow from. */
export interface FlatHistory {
  /** The newest block. */
  readonly newest: number;
  /** What a flat key holds after a block. */
  read(key: Uint8Array, blockNumber: number): Uint8Array | undefined;
  /** The flat keys that a block changed. @throws State.HistoryPruned */
  changedKeys(blockNumber: number): Iterable<Uint8Array>;
}

/** What one save overwrote. */
interface Save {
  /** The block of the save before. */
  previousNumber: number;
  record: UndoRecord;
}

/**
 * The tries' nodes, at the newest block and at earlier ones.
 *
 * On disk are the nodes as some block left them, the *saved* one; what newer blocks changed waits in memory and is written together,
 * every few thousand nodes: blocks change the same upper nodes again and again. A save keeps what it overwrote, as a block does for the
 * flat state. So the nodes of block B are those of the last save at or before B, and an overlay that follows from the flat state: after
 * a crash, after a rewind and for proofs alike. Its root must be the header's.
 */
export class TrieNodes {
  readonly #store: KeyValueStore;
  readonly #flat: FlatHistory;
  readonly #waitingBlocksMax: number;
  readonly #waitingNodesMax: number;
  #savedNumber: number;
  /** The save before that one, while one is written or undone. */
  #savedBefore = 0;
  /** What the last save wrote. */
  #saved: NodeMap = new ByteMap();
  /** Values of other saved nodes: that earlier saves wrote, or that were read. */
  readonly #known = new RecentValues();
  /** Keys of waiting nodes under which there is no saved one. */
  #absent = new ByteMap<true>();
  /** Nodes of the newest block that differ from the saved ones; undefined: to be made. */
  #waiting: NodeMap | undefined;
  /** By the block of the save. */
  readonly #saves = new Map<number, Save>();
  #savesSizeBytes = 0;
  /** By block; as of the save at or before it. */
  readonly #overlays = new Map<number, NodeMap>();

  constructor(
    store: KeyValueStore,
    flat: FlatHistory,
    { waitingBlocksMax = WAITING_BLOCKS_MAX, waitingNodesMax = WAITING_NODES_MAX }: WaitingLimits = {},
  ) {
    this.#store = store;
    this.#flat = flat;
    this.#waitingBlocksMax = waitingBlocksMax;
    this.#waitingNodesMax = waitingNodesMax;
    const saved = store.get(savedKey());
    this.#savedNumber = saved ? readNumber(saved) : 0;
  }

  /** @param key the store's @throws State.HistoryPruned, State.TrieMismatch */
  read(key: Uint8Array, blockNumber: number): Uint8Array | undefined {
    if (blockNumber === this.#flat.newest) {
      const waiting = this.#nodesWaiting();
      const index = waiting.indexOf(key);
      return index >= 0 ? waiting.valueAt(index) : this.#readSaved(key);
    }
    const { number, nodes } = this.#overlayAt(blockNumber);
    const index = nodes.indexOf(key);
    return index >= 0 ? nodes.valueAt(index) : this.#readSave(key, number);
  }

  /** The newest save at or before the block; undefined: what leads back to it is not kept any more. */
  saveBefore(blockNumber: number): number | undefined {
    let number = this.#savedNumber;
    while (number > blockNumber) {
      const save = this.#findSave(number);
      if (!save) return undefined;
      number = save.previousNumber;
    }
    return number;
  }

  /** Before anything of a block is noted. */
  prepare(): void {
    this.#nodesWaiting();
  }

  /**
   * Takes the nodes that the newest block changed.
   * @param keepsWayBack false: where this block saves, nodes before it can't be read, nor can the chain be rewound to them
   * @returns the operations that belong into the block's batch, if it is time to save
   */
  add(blockNumber: number, operations: StateOperation[], keepsWayBack: boolean): KeyValueOperation[] {
    const waiting = this.#waiting;
    assert(waiting, 'nodes are added to those of the block before');
    for (const operation of operations) {
      const waitingCount = waiting.size;
      waiting.set(operation.key, operation.type === 'put' ? operation.value : undefined);
      // What no block since the save has touched is in the store as it was for this one.
      if (operation.isNew && waiting.size > waitingCount) this.#absent.set(operation.key, true);
    }
    if (waiting.size < this.#waitingNodesMax && blockNumber - this.#savedNumber < this.#waitingBlocksMax) return [];
    return this.#saveAll(blockNumber, waiting, keepsWayBack);
  }

  #saveAll(blockNumber: number, waiting: NodeMap, keepsWayBack: boolean): KeyValueOperation[] {
    const operations: KeyValueOperation[] = [];
    for (const [key, value] of waiting.entries()) {
      if (value) operations.push({ type: 'put', key, value });
      else if (this.#absent.indexOf(key) < 0) operations.push({ type: 'del', key });
    }
    if (keepsWayBack) {
      const previous = waiting.map((key) => (this.#absent.indexOf(key) < 0 ? this.#readSaved(key) : undefined));
      const record = UndoRecord.of(previous);
      this.#remember(blockNumber, { previousNumber: this.#savedNumber, record });
      operations.push({
        type: 'put',
        key: numberKey(keyPrefix.nodeUndo, blockNumber),
        value: concatBytes(encodeNumber(this.#savedNumber), record.bytes),
      });
    }
    operations.push({ type: 'put', key: savedKey(), value: encodeNumber(blockNumber) });
    // Readers see it done from here on, whether LevelDB shows the batch yet or not.
    for (const [key, value] of this.#saved.entries()) this.#known.set(key, value);
    this.#saved = waiting;
    this.#waiting = new ByteMap();
    this.#absent = new ByteMap();
    this.#savedBefore = this.#savedNumber;
    this.#savedNumber = blockNumber;
    return operations;
  }

  /** What takes the saved nodes back, if the newest block saved them. */
  undoOperations(blockNumber: number): KeyValueOperation[] {
    if (this.#savedNumber !== blockNumber) return [];
    const { previousNumber, record } = this.#save(blockNumber);
    this.#savedBefore = previousNumber;
    const operations: KeyValueOperation[] = [
      { type: 'del', key: numberKey(keyPrefix.nodeUndo, blockNumber) },
      { type: 'put', key: savedKey(), value: encodeNumber(previousNumber) },
    ];
    for (const [key, value] of record.entries()) {
      operations.push(value ? { type: 'put', key, value } : { type: 'del', key });
    }
    return operations;
  }

  /** The block is gone: its batch was not written, or has been undone. */
  undone(blockNumber: number): void {
    if (this.#savedNumber === blockNumber) {
      this.#savedNumber = this.#savedBefore;
      this.#forget(blockNumber);
      this.#saved = new ByteMap();
      this.#known.clear();
    }
    this.#waiting = undefined;
    this.#absent = new ByteMap();
    this.#overlays.delete(blockNumber);
    this.#overlays.delete(blockNumber - 1);
  }

  #nodesWaiting(): NodeMap {
    this.#waiting ??= this.#makeOverlay(this.#flat.newest, this.#savedNumber);
    return this.#waiting;
  }

  #overlayAt(blockNumber: number): { number: number; nodes: NodeMap } {
    const number = this.saveBefore(blockNumber);
    if (number === undefined) throw nodesPruned(blockNumber);
    let nodes = this.#overlays.get(blockNumber);
    if (!nodes) {
      nodes = this.#makeOverlay(blockNumber, number);
      this.#overlays.set(blockNumber, nodes);
      const [oldest] = this.#overlays.keys();
      if (this.#overlays.size > OVERLAY_COUNT_MAX) this.#overlays.delete(oldest);
    }
    return { number, nodes };
  }

  #makeOverlay(blockNumber: number, savedNumber: number): NodeMap {
    if (blockNumber === savedNumber) return new ByteMap();
    const changed = new ByteMap<undefined>();
    for (let number = savedNumber + 1; number <= blockNumber; number++) {
      for (const key of this.#flat.changedKeys(number)) changed.set(key, undefined);
    }
    const { stateRoot, nodes } = trieOverlay(
      changed.keys(),
      (key) => this.#flat.read(key, blockNumber),
      (path) => this.#readSave(bytesKey(keyPrefix.trieNode, path), savedNumber),
    );
    this.#assertRoot(blockNumber, stateRoot);
    return nodes;
  }

  #assertRoot(blockNumber: number, stateRoot: Uint8Array): void {
    const bytes = this.#store.get(numberKey(keyPrefix.header, blockNumber));
    assert(bytes, 'a block whose nodes are asked for has a header');
    const expected = decodeHeader(bytes.subarray(HASH_SIZE_BYTES)).stateRoot;
    if (equalBytes(stateRoot, expected)) return;
    throw new TributaryError('State.TrieMismatch', `the state of block ${blockNumber} on disk has another root`, {
      recovery: 'halt',
      metaMessages: [`header: ${toHex(expected)}`, `computed: ${toHex(stateRoot)}`],
    });
  }

  /** A node as the save of block `number` left it. */
  #readSave(key: Uint8Array, number: number): Uint8Array | undefined {
    let found: { previous: Uint8Array | undefined } | undefined;
    for (let later = this.#savedNumber; later > number; ) {
      const save = this.#save(later);
      found = save.record.lookup(key) ?? found;
      later = save.previousNumber;
    }
    return found ? found.previous : this.#readSaved(key);
  }

  #readSaved(key: Uint8Array): Uint8Array | undefined {
    const index = this.#saved.indexOf(key);
    if (index >= 0) return this.#saved.valueAt(index);
    const known = this.#known.get(key);
    if (known) return known.value;
    const value = this.#store.get(key);
    this.#known.set(key, value);
    return value;
  }

  #save(blockNumber: number): Save {
    const save = this.#findSave(blockNumber);
    if (!save) throw nodesPruned(blockNumber - 1);
    return save;
  }

  #findSave(blockNumber: number): Save | undefined {
    const known = this.#saves.get(blockNumber);
    if (known) return known;
    const bytes = this.#store.get(numberKey(keyPrefix.nodeUndo, blockNumber));
    if (!bytes) return undefined;
    const save = { previousNumber: readNumber(bytes), record: new UndoRecord(bytes.subarray(NUMBER_SIZE_BYTES)) };
    this.#remember(blockNumber, save);
    return save;
  }

  #remember(blockNumber: number, save: Save): void {
    this.#forget(blockNumber);
    this.#saves.set(blockNumber, save);
    this.#savesSizeBytes += save.record.bytes.length;
    for (const oldest of this.#saves.keys()) {
      if (this.#savesSizeBytes <= SAVE_CACHE_SIZE_BYTES_MAX) break;
      // The last one's batch may not be written yet.
      if (oldest !== blockNumber && oldest !== this.#savedNumber) this.#forget(oldest);
    }
  }

  #forget(blockNumber: number): void {
    this.#savesSizeBytes -= this.#saves.get(blockNumber)?.record.bytes.length ?? 0;
    this.#saves.delete(blockNumber);
  }
}

function nodesPruned(blockNumber: number): TributaryError {
  return new TributaryError('State.HistoryPruned', `the trie nodes of block ${blockNumber} are not kept any more`);
}

function savedKey(): Uint8Array {
  return nameKey(keyPrefix.pointer, 'nodes');
}
