/** What the main thread and its workers say to each other, in a shared array of 32-bit words. */
import type { SharedMemory } from '../kernel';
import type { StateBackend } from '../stateBackend';

/** Word 0: the number of the run, shifted by two, and these flags. Workers wait on it between runs. */
export const START = 0;
export const RUN_IS_OPEN = 1;
export const SHUT_DOWN = 2;
/** Word 1: rises when the main thread should look. */
export const MAIN_WAKE = 1;
/** Word 2: never changes: to sleep on. */
export const SLEEP = 2;
/** Word 3: how often a worker found that what it had read in a run was not the state that the run is on. */
export const STATE_MOVED = 3;
/** Words from here on: each worker's state. */
export const STATES = 8;
export const SYNC_SIZE_BYTES = 4 * 64;

export const WorkerState = {
  starting: 0,
  /** Between runs. */
  waiting: 1,
  inRun: 2,
  /** It threw; why is in its error text. */
  failed: 3,
} as const;

/** Until there is something to do; shorter than what a wake-up costs would be in vain. */
export const IDLE_WAIT_MS = 0.05;
export const ERROR_TEXT_SIZE_BYTES = 1024;

export const STATE_ID_SIZE_BYTES = 32;

/** What a worker's module makes. A worker reads by itself, so that others may write meanwhile: whoever reads what can change says what it is reading. */
export interface OwnStateBackend extends StateBackend {
  /** Whether what would be read now is the state with this id (`WorkerPool.setState`). */
  isAt?(stateId: Uint8Array): boolean;
  close?(): Promise<void>;
}

/** Where a worker reads state that the cache lacks: a module that exports `createBackend(options)`; without one it asks the main thread. */
export interface WorkerBackend {
  /** Absolute path of compiled JavaScript. */
  module: string;
  /** Structured-cloneable. */
  options: unknown;
}

export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  shared: SharedMemory['shared'];
  /** Base and size of its private region. */
  privateRegion: [base: number, sizeBytes: number];
  /** Arguments of `trieAttach`. */
  trie: [arena: number, scratch: number];
  /** Arguments of `attachRun`; the last is the worker's number. */
  run: [base: number, sizeBytes: number, transactionCountMax: number, workerCount: number, worker: number];
  sync: SharedArrayBuffer;
  mailbox: SharedArrayBuffer;
  /** Of the state that runs are on, `STATE_ID_SIZE_BYTES`. */
  stateId: SharedArrayBuffer;
  /** 32-bit length, then UTF-8. */
  errorText: SharedArrayBuffer;
  /** One 64-bit float for each worker: milliseconds without a task, in all. */
  idleMs: SharedArrayBuffer;
  backend: WorkerBackend | undefined;
}
