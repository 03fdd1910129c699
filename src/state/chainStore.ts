import type { ChainConfig } from '../chain/chainConfig';
import type { Genesis } from '../chain/genesis';
import { type Block, decodeBlock, encodeBlock } from '../codec/block';
import { type BlockHeader, decodeHeader, encodeHeader } from '../codec/header';
import { StoredReceipts } from '../codec/storedReceipts';
import { assert } from '../core/assert';
import { type Address, concatBytes, equalBytes, type Hash, toHex } from '../core/bytes';
import { Emitter } from '../core/emitter';
import { TributaryError } from '../core/errors';
import type { KeyValueOperation, KeyValueStore } from '../core/ports';
import { type AccountProof, proveAccount } from './accountProof';
import { BlockCache } from './blockCache';
import { genesisBlock } from './genesisBlock';
import { bytesKey, encodeNumber, keyPrefix, nameKey, numberKey, readNumber, SCHEMA_VERSION } from './keyspace';
import { HISTORY_BLOCKS, type HistoryLimits, StateHistory } from './stateHistory';
import type { StateOperation } from './stateOperation';
import type { StateSnapshot } from './stateReader';

/** A block with all that is persisted of it. What an executor returns fits. */
export interface CommittableBlock {
  block: Block;
  receipts: StoredReceipts;
  stateOperations: Iterable<StateOperation>;
  /** The block's access list, encoded (`codec/accessList`), where the executor collects them. */
  accessList?: Uint8Array;
}

export type ChainLabel = 'safe' | 'finalized';

/** Prefix and hash. */
const LOCATION_KEY_SIZE_BYTES = 33;
/** Block number (8) and index (4). */
const LOCATION_SIZE_BYTES = 12;

/**
 * The chain on disk: blocks, receipts, indexes, state with the history of the last 256 blocks, and pointers into it.
 *
 * Every block is one atomic batch, so a killed process finds the chain at a block's end. Reads are synchronous. One owner commits and
 * rewinds, one call at a time; readers may be many and keep their view while blocks are committed.
 */
export class ChainStore {
  /** After the block is on disk and `head` is it. */
  readonly committed = new Emitter<{ block: Block; receipts: StoredReceipts }>();
  /** After the chain was cut back; `block` is the new head. */
  readonly rewound = new Emitter<{ block: Block }>();
  readonly #store: KeyValueStore;
  readonly #history: StateHistory;
  readonly #cache = new BlockCache();
  #head: Block;
  #busy = false;

  private constructor(store: KeyValueStore, head: Block, history: StateHistory) {
    this.#store = store;
    this.#head = head;
    this.#history = history;
  }

  /**
   * Opens the chain in `store`, writing genesis when it is empty. Takes over the store: `close` closes it.
   * @throws State.WrongChain when it holds another chain or another version of the key space
   */
  static async open(
    store: KeyValueStore,
    config: ChainConfig,
    genesis: Genesis,
    limits: HistoryLimits = {},
  ): Promise<ChainStore> {
    const { block, stateOperations } = genesisBlock(genesis);
    if (config.genesis.l2Hash !== undefined && toHex(block.hash) !== config.genesis.l2Hash.toLowerCase()) {
      throw new TributaryError('State.WrongChain', 'the genesis built from the config is not the one it names', {
        recovery: 'halt',
        metaMessages: [`rollup.genesis.l2Hash: ${config.genesis.l2Hash}`, `built: ${toHex(block.hash)}`],
      });
    }
    const head = readPointer(store, 'head');
    if (head === undefined) {
      await store.batch([
        ...stateOperations,
        ...blockOperations(block, StoredReceipts.of([])),
        pointerOperation('schema', SCHEMA_VERSION),
        pointerOperation('head', 0),
        pointerOperation('nodes', 0),
      ]);
      return new ChainStore(store, block, await StateHistory.open(store, 0, limits));
    }
    const schema = readPointer(store, 'schema');
    if (schema !== SCHEMA_VERSION) {
      throw new TributaryError('State.WrongChain', `the database has format ${schema}, expected ${SCHEMA_VERSION}`, {
        recovery: 'halt',
      });
    }
    const stored = readHeader(store, 0);
    if (!stored || !equalBytes(stored.hash, block.hash)) {
      throw new TributaryError('State.WrongChain', 'the database belongs to another chain', {
        recovery: 'halt',
        metaMessages: [`genesis expected: ${toHex(block.hash)}`, `found: ${stored ? toHex(stored.hash) : 'none'}`],
      });
    }
    const bytes = store.get(numberKey(keyPrefix.block, head));
    assert(bytes, `the head block ${head} is in the database`);
    return new ChainStore(store, decodeBlock(bytes), await StateHistory.open(store, head, limits));
  }

  get head(): Block {
    return this.#head;
  }

  blockByNumber(blockNumber: number): Block | undefined {
    if (blockNumber === this.#head.header.number) return this.#head;
    if (!this.#has(blockNumber)) return undefined;
    return this.#cache.block(blockNumber, () => {
      const bytes = this.#store.get(numberKey(keyPrefix.block, blockNumber));
      return bytes && decodeBlock(bytes);
    });
  }

  blockByHash(hash: Hash): Block | undefined {
    const blockNumber = this.blockNumberByHash(hash);
    return blockNumber === undefined ? undefined : this.blockByNumber(blockNumber);
  }

  blockNumberByHash(hash: Hash): number | undefined {
    const bytes = this.#store.get(bytesKey(keyPrefix.blockNumber, hash));
    return bytes && readNumber(bytes);
  }

  /** Without the transactions: what a scan over many blocks should use. */
  headerByNumber(blockNumber: number): BlockHeader | undefined {
    if (!this.#has(blockNumber)) return undefined;
    return readHeader(this.#store, blockNumber)?.header;
  }

  blockHashByNumber(blockNumber: number): Hash | undefined {
    if (!this.#has(blockNumber)) return undefined;
    return readHeader(this.#store, blockNumber)?.hash;
  }

  receipts(blockNumber: number): StoredReceipts | undefined {
    if (!this.#has(blockNumber)) return undefined;
    return this.#cache.receipts(blockNumber, () => {
      const bytes = this.#store.get(numberKey(keyPrefix.receipts, blockNumber));
      return bytes && new StoredReceipts(bytes);
    });
  }

  /**
   * The access list of one of the last 256 blocks, encoded (EIP-7928); undefined where the executor that made the block collected none.
   * @throws State.HistoryPruned, State.UnknownBlock
   */
  accessList(blockNumber: number): Uint8Array | undefined {
    const head = this.#head.header.number;
    if (!this.#has(blockNumber)) throw unknownBlock(blockNumber, head);
    if (blockNumber <= head - HISTORY_BLOCKS) {
      const message = `the access list of block ${blockNumber} is not kept (the last ${HISTORY_BLOCKS} blocks' are, the head is ${head})`;
      throw new TributaryError('State.HistoryPruned', message);
    }
    return this.#store.get(numberKey(keyPrefix.accessList, blockNumber));
  }

  transactionLocation(hash: Hash): { blockNumber: number; index: number } | undefined {
    const bytes = this.#store.get(bytesKey(keyPrefix.transactionLocation, hash));
    if (!bytes) return undefined;
    return {
      blockNumber: readNumber(bytes),
      index: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(8),
    };
  }

  /** The state after a block that is at most 256 behind the head. Throws State.HistoryPruned, State.UnknownBlock; see `StateHistory.at`. */
  stateAt(blockNumber: number): StateSnapshot {
    return this.#history.at(blockNumber);
  }

  /** EIP-1186 proof against that block's state root; errors as `stateAt`. */
  async proof(blockNumber: number, address: Address, slots: Hash[]): Promise<AccountProof> {
    return proveAccount(this.stateAt(blockNumber), address, slots);
  }

  /** Genesis until set. */
  label(name: ChainLabel): Block {
    const block = this.blockByNumber(Math.min(readPointer(this.#store, name) ?? 0, this.#head.header.number));
    assert(block, `the ${name} block is in the database`);
    return block;
  }

  /** @throws State.UnknownBlock */
  async setLabel(name: ChainLabel, blockNumber: number): Promise<void> {
    if (!this.#has(blockNumber)) throw unknownBlock(blockNumber, this.#head.header.number);
    await this.#store.batch([pointerOperation(name, blockNumber)]);
  }

  /** A record of another room, by a name of its own (`batcher.cursor`). */
  metadata(name: string): Uint8Array | undefined {
    return this.#store.get(nameKey(keyPrefix.metadata, name));
  }

  async setMetadata(name: string, value: Uint8Array): Promise<void> {
    await this.#store.batch([metadataOperation(name, value)]);
  }

  /**
   * Persists the block on the head and makes it the head, all in one batch. When it rejects, nothing has changed.
   * @param extraOperations what another room wants in the same batch (its keys must be outside this room's prefixes, or `metadataOperation`)
   * @param isFinal whether the block is known to be final already
   */
  async commit(executed: CommittableBlock, extraOperations: KeyValueOperation[] = [], isFinal = false): Promise<void> {
    const { block, receipts, stateOperations, accessList } = executed;
    const blockNumber = block.header.number;
    assert(!this.#busy, 'one commit or rewind at a time');
    assert(
      blockNumber === this.#head.header.number + 1 && equalBytes(block.header.parentHash, this.#head.hash),
      'a block is committed on its parent',
    );
    assert(receipts.length === block.transactions.length, 'each transaction has a receipt');
    this.#busy = true;
    try {
      // Added to one list: a block has thousands.
      const finalNumber = isFinal ? blockNumber : (readPointer(this.#store, 'finalized') ?? 0);
      const operations = this.#history.begin(blockNumber, stateOperations, finalNumber);
      for (const operation of blockOperations(block, receipts)) operations.push(operation);
      for (const operation of accessListOperations(blockNumber, accessList)) operations.push(operation);
      operations.push(pointerOperation('head', blockNumber));
      for (const operation of extraOperations) operations.push(operation);
      await this.#store.batch(operations);
    } catch (error) {
      this.#history.abandon(blockNumber);
      throw error;
    } finally {
      this.#busy = false;
    }
    this.#history.written();
    this.#head = block;
    this.#cache.put(block, receipts);
    this.committed.emit({ block, receipts });
  }

  /**
   * Makes `blockNumber` the head again and undoes the state of the blocks after it, one atomic batch per block: a killed process finds the
   * chain at one of them. Labels above the new head come down to it.
   * @throws State.UnknownBlock, State.RewindTooDeep before anything changed: blocks that are final and more than 256 behind the head stay
   */
  async rewindTo(blockNumber: number): Promise<void> {
    assert(!this.#busy, 'one commit or rewind at a time');
    if (!this.#has(blockNumber)) throw unknownBlock(blockNumber, this.#head.header.number);
    this.#history.assertRewindable(blockNumber);
    if (blockNumber === this.#head.header.number) return;
    this.#busy = true;
    try {
      while (this.#head.header.number > blockNumber) await this.#undoHead();
    } finally {
      this.#busy = false;
    }
    this.rewound.emit({ block: this.#head });
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  async #undoHead(): Promise<void> {
    const undone = this.#head;
    const undoneNumber = undone.header.number;
    const parent = this.blockByNumber(undoneNumber - 1);
    assert(parent, 'the parent of the head is in the database');
    const labels: ChainLabel[] = ['safe', 'finalized'];
    await this.#store.batch([
      ...this.#history.undoOperations(undoneNumber),
      { type: 'del', key: numberKey(keyPrefix.block, undoneNumber) },
      { type: 'del', key: numberKey(keyPrefix.header, undoneNumber) },
      { type: 'del', key: numberKey(keyPrefix.receipts, undoneNumber) },
      { type: 'del', key: numberKey(keyPrefix.accessList, undoneNumber) },
      { type: 'del', key: bytesKey(keyPrefix.blockNumber, undone.hash) },
      ...undone.transactions.map(
        ({ hash }): KeyValueOperation => ({ type: 'del', key: bytesKey(keyPrefix.transactionLocation, hash) }),
      ),
      ...labels
        .filter((name) => (readPointer(this.#store, name) ?? 0) >= undoneNumber)
        .map((name) => pointerOperation(name, undoneNumber - 1)),
      pointerOperation('head', undoneNumber - 1),
    ]);
    this.#history.undone(undoneNumber);
    this.#cache.delete(undoneNumber);
    this.#head = parent;
  }

  #has(blockNumber: number): boolean {
    return Number.isSafeInteger(blockNumber) && blockNumber >= 0 && blockNumber <= this.#head.header.number;
  }
}

/** For `commit`'s extra operations. */
export function metadataOperation(name: string, value: Uint8Array): KeyValueOperation {
  return { type: 'put', key: nameKey(keyPrefix.metadata, name), value };
}

function blockOperations(block: Block, receipts: StoredReceipts): KeyValueOperation[] {
  const blockNumber = block.header.number;
  const operations: KeyValueOperation[] = [
    {
      type: 'put',
      key: numberKey(keyPrefix.header, blockNumber),
      value: concatBytes(block.hash, encodeHeader(block.header)),
    },
    { type: 'put', key: numberKey(keyPrefix.block, blockNumber), value: encodeBlock(block) },
    { type: 'put', key: bytesKey(keyPrefix.blockNumber, block.hash), value: encodeNumber(blockNumber) },
    { type: 'put', key: numberKey(keyPrefix.receipts, blockNumber), value: receipts.bytes },
  ];
  for (const operation of locationOperations(block)) operations.push(operation);
  return operations;
}

/** One goes out of the history as one comes in. */
function accessListOperations(blockNumber: number, accessList: Uint8Array | undefined): KeyValueOperation[] {
  const operations: KeyValueOperation[] = [];
  if (accessList)
    operations.push({ type: 'put', key: numberKey(keyPrefix.accessList, blockNumber), value: accessList });
  const expired = blockNumber - HISTORY_BLOCKS;
  if (expired > 0) operations.push({ type: 'del', key: numberKey(keyPrefix.accessList, expired) });
  return operations;
}

/** Keys and values of all of them are views of two buffers: a block has thousands. */
function locationOperations({ header, transactions }: Block): KeyValueOperation[] {
  const keys = new Uint8Array(LOCATION_KEY_SIZE_BYTES * transactions.length);
  const values = new Uint8Array(LOCATION_SIZE_BYTES * transactions.length);
  const view = new DataView(values.buffer);
  const [high, low] = [Math.floor(header.number / 2 ** 32), header.number % 2 ** 32];
  return transactions.map(({ hash }, index): KeyValueOperation => {
    const keyAt = LOCATION_KEY_SIZE_BYTES * index;
    const valueAt = LOCATION_SIZE_BYTES * index;
    keys[keyAt] = keyPrefix.transactionLocation;
    keys.set(hash, keyAt + 1);
    view.setUint32(valueAt, high);
    view.setUint32(valueAt + 4, low);
    view.setUint32(valueAt + 8, index);
    return {
      type: 'put',
      key: keys.subarray(keyAt, keyAt + LOCATION_KEY_SIZE_BYTES),
      value: values.subarray(valueAt, valueAt + LOCATION_SIZE_BYTES),
    };
  });
}

function readHeader(store: KeyValueStore, blockNumber: number): { hash: Hash; header: BlockHeader } | undefined {
  const bytes = store.get(numberKey(keyPrefix.header, blockNumber));
  return bytes && { hash: bytes.subarray(0, 32), header: decodeHeader(bytes.subarray(32)) };
}

function readPointer(store: KeyValueStore, name: string): number | undefined {
  const bytes = store.get(nameKey(keyPrefix.pointer, name));
  return bytes && readNumber(bytes);
}

function pointerOperation(name: string, blockNumber: number): KeyValueOperation {
  return { type: 'put', key: nameKey(keyPrefix.pointer, name), value: encodeNumber(blockNumber) };
}

function unknownBlock(blockNumber: number, head: number): TributaryError {
  return new TributaryError('State.UnknownBlock', `there is no block ${blockNumber}; the head is ${head}`);
}
