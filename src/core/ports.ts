/** What a simulation replaces: time, randomness, logs, storage. */

export interface Clock {
  /** Unix time, milliseconds. */
  nowMs(): number;
  /** Calls `callback` once after `delayMs`; the result cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** pino's shape: fields first, then the sentence. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export type KeyValueOperation = { type: 'put'; key: Uint8Array; value: Uint8Array } | { type: 'del'; key: Uint8Array };

export interface KeyRange {
  /** Inclusive. */
  gte?: Uint8Array;
  /** Exclusive. */
  lt?: Uint8Array;
  reverse?: boolean;
  limit?: number;
}

/** An ordered store of byte keys (bytewise order) and byte values. LevelDB in the node, a map in simulations. */
export interface KeyValueStore {
  /** Synchronous: a LevelDB read costs about 5 µs, less than a turn of the event loop. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** All or nothing; survives a killed process once the promise resolves (with `sync`, a power cut too). */
  batch(operations: KeyValueOperation[], options?: { sync?: boolean }): Promise<void>;
  entries(range: KeyRange): AsyncIterable<[key: Uint8Array, value: Uint8Array]>;
  close(): Promise<void>;
}
