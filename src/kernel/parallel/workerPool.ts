import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TributaryError } from '../../core/errors';
import type { Logger } from '../../core/ports';
import { PRIVATE_FIXED_SIZE_BYTES, type SharedMemory, TRIE_SCRATCH_AREA_SIZE_BYTES } from '../kernel';
import type { StateBackend } from '../stateBackend';
import { answerMailbox, MAILBOX_SIZE_BYTES } from './mailbox';
import { RUN_FIXED_SIZE_BYTES, RUN_TRANSACTION_SIZE_BYTES, RunField, WORKER_BUFFERS_SIZE_BYTES } from './runLayout';
import {
  ERROR_TEXT_SIZE_BYTES,
  MAIN_WAKE,
  RUN_IS_OPEN,
  SHUT_DOWN,
  START,
  STATE_ID_SIZE_BYTES,
  STATE_MOVED,
  STATES,
  SYNC_SIZE_BYTES,
  type WorkerBackend,
  type WorkerStart,
  WorkerState,
} from './workerProtocol';

export interface WorkerPoolOptions {
  /** Threads that execute, the calling one included: 1 to 8; default: cores. */
  workerCount?: number;
  /** Transactions in one run; default 32,768. */
  transactionCountMax?: number;
  /** For results and versions of one run; default 96 MiB. */
  arenaSizeBytes?: number;
  /** For the encoded transactions of one run; default 24 MiB. */
  sourceSizeBytes?: number;
  /** EVM memory of each worker; default 64 MiB. */
  workerEvmMemorySizeBytes?: number;
  /** Default: they ask the main thread, which takes 20 to 50 µs each time. */
  backend?: WorkerBackend;
  /** A run without progress for so long is given up; default 10,000. */
  hangTimeoutMs?: number;
}

/** More private regions than these do not fit 32-bit addresses. */
const WORKER_COUNT_MAX = 8;
/** The worker's program is compiled JavaScript, also where this file runs from source. */
const WORKER_PATH = join(__dirname, '..', '..', '..', 'dist', 'kernel', 'parallel', 'workerMain.js');
/** How long workers get to leave a run that was closed, and to end. */
const LEAVE_TIMEOUT_MS = 1000;
const PAGE_SIZE_BYTES = 65_536;
/** A worker that failed is replaced so often; beyond, something is wrong that replacing does not cure. */
const REPLACEMENTS_MAX = 20;

type Resolved = Required<Omit<WorkerPoolOptions, 'backend'>> & Pick<WorkerPoolOptions, 'backend'>;

/** Threads that execute where nobody says how many, the calling one included. */
export function defaultWorkerCount(): number {
  return Math.min(availableParallelism(), WORKER_COUNT_MAX);
}

function resolved(options: WorkerPoolOptions): Resolved {
  const workerCount = Math.min(options.workerCount ?? defaultWorkerCount(), WORKER_COUNT_MAX);
  if (!Number.isInteger(workerCount) || workerCount < 1) {
    throw new TributaryError('Kernel.WorkerCount', `workerCount is ${workerCount}, expected 1 or more`);
  }
  return {
    transactionCountMax: 32_768,
    arenaSizeBytes: 96 * 2 ** 20,
    sourceSizeBytes: 24 * 2 ** 20,
    workerEvmMemorySizeBytes: 64 * 2 ** 20,
    hangTimeoutMs: 10_000,
    ...options,
    backend: options.backend,
    workerCount,
  };
}

function runSize({ transactionCountMax, workerCount, arenaSizeBytes }: Resolved): number {
  const perWorker = workerCount * WORKER_BUFFERS_SIZE_BYTES;
  return pageAligned(
    RUN_FIXED_SIZE_BYTES + transactionCountMax * RUN_TRANSACTION_SIZE_BYTES + perWorker + arenaSizeBytes,
  );
}

function privateSize({ workerEvmMemorySizeBytes }: Resolved): number {
  return pageAligned(PRIVATE_FIXED_SIZE_BYTES + workerEvmMemorySizeBytes);
}

/** What a worker has to itself: its private region, and its scratch for tries. */
function workerSize(options: Resolved): number {
  return privateSize(options) + TRIE_SCRATCH_AREA_SIZE_BYTES;
}

function pageAligned(size: number): number {
  return Math.ceil(size / PAGE_SIZE_BYTES) * PAGE_SIZE_BYTES;
}

/** What `Kernel`'s option `extraSizeBytes` must be for a pool over its memory. */
export function poolSizeBytes(options: WorkerPoolOptions): number {
  const all = resolved(options);
  return runSize(all) + pageAligned(all.sourceSizeBytes) + (all.workerCount - 1) * workerSize(all);
}

/**
 * Worker threads over a kernel's memory. The calling thread is worker 0 and not among them.
 *
 * A worker that has not started yet, or is being replaced, is simply not there: whoever is takes its share.
 */
export class WorkerPool {
  readonly options: Resolved;
  /** Where the runs' control words lie in the memory. */
  readonly runAt: number;
  /** Where encoded transactions go. */
  readonly sourceAt: number;
  readonly #shared: SharedMemory;
  readonly #logger: Logger | undefined;
  readonly #sync = new Int32Array(new SharedArrayBuffer(SYNC_SIZE_BYTES));
  readonly #idleMs: Float64Array;
  readonly #stateId = new Uint8Array(new SharedArrayBuffer(STATE_ID_SIZE_BYTES));
  readonly #control: Int32Array;
  readonly #threads: (Thread | undefined)[] = [];
  #run = 0;
  #replacements = 0;
  #isStarted = false;
  #isClosed = false;

  /** No thread runs before `start`: most executors never see a block that is worth one. */
  constructor(shared: SharedMemory, options: WorkerPoolOptions, logger?: Logger) {
    this.options = resolved(options);
    this.#shared = shared;
    this.#logger = logger;
    this.runAt = shared.extra.base;
    this.sourceAt = this.runAt + runSize(this.options);
    this.#control = new Int32Array(shared.memory.buffer, this.runAt, 1024);
    this.#idleMs = new Float64Array(new SharedArrayBuffer(8 * this.options.workerCount));
  }

  /** Starts the threads, the first time; they join runs once they are up. */
  start(): void {
    if (this.#isStarted || this.#isClosed) return;
    this.#isStarted = true;
    for (let worker = 1; worker < this.options.workerCount; worker++) this.#startThread(worker);
  }

  /** Arguments of `attachRun` for a worker. */
  runArguments(worker: number): WorkerStart['run'] {
    const { transactionCountMax, workerCount } = this.options;
    return [this.runAt, runSize(this.options), transactionCountMax, workerCount, worker];
  }

  /** Threads that would take part in a run now, the calling one included. */
  get readyCount(): number {
    let count = 1;
    for (let worker = 1; worker < this.options.workerCount; worker++) {
      if (this.#stateOf(worker) === WorkerState.waiting) count++;
    }
    return count;
  }

  /** Threads that are up, the calling one included. One that was woken for a run that is over already may not be ready yet, but will join the next. */
  get upCount(): number {
    let count = 1;
    for (let worker = 1; worker < this.options.workerCount; worker++) {
      const state = this.#stateOf(worker);
      if (state === WorkerState.waiting || state === WorkerState.inRun) count++;
    }
    return count;
  }

  /** Threads that were started and have not ended, the calling one included. */
  get threadCount(): number {
    return 1 + this.#threads.filter((thread) => thread !== undefined).length;
  }

  /** Whether a thread has failed. */
  get hasFailed(): boolean {
    return this.#threads.some((thread, worker) => thread && this.#stateOf(worker) === WorkerState.failed);
  }

  /** Milliseconds that a worker has been without a task during runs, since it started. */
  idleMs(worker: number): number {
    return this.#idleMs[worker];
  }

  addIdleMs(ms: number): void {
    this.#idleMs[0] += ms;
  }

  /** Starts the threads where that has not been done. Resolves when every one is up, or has failed. */
  async started(): Promise<void> {
    this.start();
    while (!this.#isClosed && this.#threads.some((thread, worker) => thread && this.#isStarting(worker))) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Names the state (32 bytes) that the following runs are on, for workers that read it themselves. */
  setState(stateId: Uint8Array): void {
    this.#stateId.set(stateId);
  }

  /** How often a worker has found that what it had read in a run was another state. Nothing of the kernel's cache is certain then. */
  get stateMovedCount(): number {
    return Atomics.load(this.#sync, STATE_MOVED);
  }

  /** Wakes the workers for the run that was begun. */
  open(): void {
    this.#run++;
    Atomics.store(this.#sync, START, (this.#run << 2) | RUN_IS_OPEN);
    Atomics.notify(this.#sync, START);
  }

  /** Answers what workers have asked. */
  answer(backend: StateBackend): void {
    for (const thread of this.#threads) {
      if (thread && answerMailbox(thread.mailbox, backend)) Atomics.sub(this.#control, RunField.requests / 4, 1);
    }
  }

  /** Sleeps until a worker has something for the calling thread, at most `timeoutMs`. */
  waitForWorkers(timeoutMs: number): void {
    Atomics.wait(this.#sync, MAIN_WAKE, Atomics.load(this.#sync, MAIN_WAKE), timeoutMs);
  }

  /**
   * Ends the run: on return no worker touches the memory any more. Those that failed, or do not leave, are replaced.
   * @returns why workers failed; empty where none did
   */
  async close(backend: StateBackend): Promise<string[]> {
    Atomics.store(this.#sync, START, this.#run << 2);
    Atomics.notify(this.#sync, START);
    const deadline = performance.now() + LEAVE_TIMEOUT_MS;
    let isTooLate = false;
    while (this.#threads.some((thread, worker) => thread && this.#stateOf(worker) === WorkerState.inRun)) {
      this.answer(backend);
      this.waitForWorkers(0.1);
      isTooLate = performance.now() > deadline;
      if (isTooLate) break;
    }
    const failures: string[] = [];
    for (const [worker, thread] of this.#threads.entries()) {
      if (!thread) continue;
      const state = this.#stateOf(worker);
      if (state === WorkerState.failed) failures.push(`worker ${worker} failed: ${thread.error()}`);
      // One that wakes only now looks in, sees that the run is closed, and goes.
      else if (isTooLate && state === WorkerState.inRun) failures.push(`worker ${worker} does not leave the run`);
      else continue;
      await this.#replace(worker, thread);
    }
    return failures;
  }

  /** Whether a thread has died, or has failed before it was up; it is replaced. For between runs. */
  async replaceFailed(): Promise<void> {
    for (const [worker, thread] of this.#threads.entries()) {
      if (thread && this.#stateOf(worker) === WorkerState.failed) {
        this.#logger?.error({ worker, error: thread.error() }, 'an executing worker failed');
        await this.#replace(worker, thread);
      }
    }
  }

  async shutDown(): Promise<void> {
    this.#isClosed = true;
    Atomics.store(this.#sync, START, (++this.#run << 2) | SHUT_DOWN);
    Atomics.notify(this.#sync, START);
    await Promise.all(this.#threads.map((thread) => thread?.end(LEAVE_TIMEOUT_MS)));
  }

  #stateOf(worker: number): number {
    return Atomics.load(this.#sync, STATES + worker);
  }

  #isStarting(worker: number): boolean {
    return this.#stateOf(worker) === WorkerState.starting;
  }

  async #replace(worker: number, thread: Thread): Promise<void> {
    this.#threads[worker] = undefined;
    await thread.kill();
    if (this.#isClosed) return;
    if (++this.#replacements > REPLACEMENTS_MAX) {
      this.#logger?.error({ worker }, 'workers keep failing: this one is not replaced any more');
      return;
    }
    this.#startThread(worker);
  }

  #startThread(worker: number): void {
    Atomics.store(this.#sync, STATES + worker, WorkerState.starting);
    const size = privateSize(this.options);
    const firstAt = this.sourceAt + pageAligned(this.options.sourceSizeBytes);
    const privateAt = firstAt + (worker - 1) * workerSize(this.options);
    const thread = new Thread(
      {
        module: this.#shared.module,
        memory: this.#shared.memory,
        shared: this.#shared.shared,
        privateRegion: [privateAt, size],
        trie: [this.#shared.trieArena, privateAt + size],
        run: this.runArguments(worker),
        sync: this.#sync.buffer as SharedArrayBuffer,
        idleMs: this.#idleMs.buffer as SharedArrayBuffer,
        stateId: this.#stateId.buffer as SharedArrayBuffer,
        mailbox: new SharedArrayBuffer(MAILBOX_SIZE_BYTES),
        errorText: new SharedArrayBuffer(ERROR_TEXT_SIZE_BYTES),
        backend: this.options.backend,
      },
      () => {
        // It may have died in the middle of a run.
        if (this.#threads[worker] === thread) Atomics.store(this.#sync, STATES + worker, WorkerState.failed);
      },
    );
    this.#threads[worker] = thread;
  }
}

/** One worker thread, as its owner sees it. */
class Thread {
  readonly mailbox: SharedArrayBuffer;
  readonly #errorText: SharedArrayBuffer;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #lastError = '';

  /** @param onExit when it ends, for whatever reason */
  constructor(start: WorkerStart, onExit: () => void) {
    this.mailbox = start.mailbox;
    this.#errorText = start.errorText;
    this.#worker = new Worker(WORKER_PATH, { workerData: start });
    this.#worker.unref();
    this.#worker.on('error', (error) => {
      this.#lastError = error.message;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        if (this.#lastError === '') this.#lastError = `the thread ended with code ${code}`;
        onExit();
        resolve();
      });
    });
  }

  /** Why it failed. */
  error(): string {
    const length = new DataView(this.#errorText).getUint32(0, true);
    if (length > 0) return Buffer.from(this.#errorText, 4, length).toString();
    return this.#lastError;
  }

  async kill(): Promise<void> {
    await this.#worker.terminate();
    await this.#exited;
  }

  /** Waits for it to end by itself, and kills it where it does not. */
  async end(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#exited, late]);
    clearTimeout(timer);
    await this.kill();
  }
}
