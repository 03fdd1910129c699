import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { equalBytes, ZERO_ADDRESS } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { Logger } from '../core/ports';
import { decodeTransaction, type SignedTransaction, TRANSACTION_SIZE_BYTES_MAX } from './transaction';

/** Raw transactions one after the other, and the length of each. */
export interface DecodeJob {
  id: number;
  raws: Uint8Array;
  lengths: Uint32Array;
}

/** For each transaction of the job: sender (20 bytes) and hash (32 bytes); zeros where it does not decode. */
export interface DecodeResult {
  id: number;
  results: Uint8Array;
}

export const RESULT_SIZE_BYTES = 52;

interface Waiting {
  raw: Uint8Array;
  resolve(transaction: SignedTransaction): void;
  reject(error: unknown): void;
}

/** A job on its way; answered only after all that came before it. */
interface Flight {
  id: number;
  worker: Worker;
  waiting: Waiting[];
  results: Uint8Array | undefined;
  isDone: boolean;
}

/** Fewer than this at once are decoded on the spot: the way to a worker and back would cost more than it saves. */
const WORKER_COUNT_MIN = 4;
/** Of one job: several workers share a large batch, and its first answers don't wait for its last. */
const JOB_COUNT_MAX = 64;
/** A thread recovers about 14,000 signatures a second: more threads than this would starve what uses them. */
const THREAD_COUNT_MAX = 4;
/** A worker's entry is compiled JavaScript. `src/codec` and `dist/codec` both lie two levels below the package's root. */
const WORKER_FILE = join(__dirname, '..', '..', 'dist', 'codec', 'transactionDecoderWorker.js');

/**
 * Decodes raw transactions with the signatures recovered in worker threads, off the thread that serves requests. Answers come in the order
 * of the calls, so that a sender's transactions keep theirs. Everything that arrives in one turn of the event loop goes out together.
 */
export class TransactionDecoder {
  readonly #logger: Logger;
  readonly #workers: Worker[];
  /** In order of the calls. */
  readonly #flights: Flight[] = [];
  #gathering: Waiting[] = [];
  #nextId = 0;

  /** @param workerCount threads; 0 decodes everything on the spot @param workerFile their entry */
  constructor(workerCount: number, logger: Logger, workerFile = WORKER_FILE) {
    this.#logger = logger;
    this.#workers = Array.from({ length: workerCount }, () => this.#startWorker(workerFile));
  }

  /** A decoder with a thread for each core but the one that its owner keeps busy. */
  static forThisMachine(logger: Logger): TransactionDecoder {
    return new TransactionDecoder(Math.min(THREAD_COUNT_MAX, availableParallelism() - 1), logger);
  }

  /** A decoder whose owner waits for it more than it works: a thread for each core. */
  static forWaiting(logger: Logger): TransactionDecoder {
    return new TransactionDecoder(Math.min(THREAD_COUNT_MAX, availableParallelism()), logger);
  }

  /** @throws what `decodeTransaction` throws */
  decode(raw: Uint8Array): Promise<SignedTransaction> {
    return new Promise((resolve, reject) => {
      if (this.#gathering.length === 0) setImmediate(() => this.#flush());
      this.#gathering.push({ raw, resolve, reject });
    });
  }

  /** Each one's transaction or what is wrong with it, in their order; much cheaper than a call for each. */
  decodeAll(raws: readonly Uint8Array[]): Promise<(SignedTransaction | TributaryError)[]> {
    if (raws.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const results = new Array<SignedTransaction | TributaryError>(raws.length);
      let leftCount = raws.length;
      const waiting = raws.map((raw, index): Waiting => {
        const settleOne = (result: SignedTransaction | TributaryError) => {
          results[index] = result;
          if (--leftCount === 0) resolve(results);
        };
        return {
          raw,
          resolve: settleOne,
          reject: (error) => (error instanceof TributaryError ? settleOne(error) : reject(error)),
        };
      });
      this.#flush();
      this.#dispatch(waiting);
    });
  }

  /** Ends the threads. What is on its way is decoded here. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
    for (const flight of this.#flights) flight.isDone = true;
    this.#release();
  }

  #flush(): void {
    const gathered = this.#gathering;
    this.#gathering = [];
    this.#dispatch(gathered);
  }

  #dispatch(waiting: Waiting[]): void {
    const isWorthAWorker = waiting.length >= WORKER_COUNT_MIN || this.#flights.length > 0;
    if (this.#workers.length === 0 || !isWorthAWorker) {
      for (const one of waiting) settle(one);
      return;
    }
    const share = Math.ceil(waiting.length / this.#workers.length);
    const jobCount = Math.min(JOB_COUNT_MAX, Math.max(WORKER_COUNT_MIN, share));
    for (let at = 0; at < waiting.length; at += jobCount) this.#send(waiting.slice(at, at + jobCount));
  }

  #send(waiting: Waiting[]): void {
    const id = this.#nextId++;
    const worker = this.#workers[id % this.#workers.length];
    // One that is too large is refused here without being sent anywhere.
    const lengths = Uint32Array.from(waiting, ({ raw }) => (raw.length > TRANSACTION_SIZE_BYTES_MAX ? 0 : raw.length));
    const raws = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
    let offset = 0;
    for (const [i, { raw }] of waiting.entries()) {
      if (lengths[i] > 0) raws.set(raw, offset);
      offset += lengths[i];
    }
    this.#flights.push({ id, worker, waiting, results: undefined, isDone: false });
    const job: DecodeJob = { id, raws, lengths };
    worker.ref();
    worker.postMessage(job, [raws.buffer, lengths.buffer]);
  }

  /** Answers what is done, up to the first that is not. */
  #release(): void {
    while (this.#flights[0]?.isDone) {
      const flight = this.#flights.shift();
      for (const [i, waiting] of (flight?.waiting ?? []).entries()) {
        const at = i * RESULT_SIZE_BYTES;
        settle(waiting, flight?.results?.subarray(at, at + RESULT_SIZE_BYTES));
      }
    }
  }

  #startWorker(workerFile: string): Worker {
    const worker = new Worker(workerFile);
    worker.on('message', ({ id, results }: DecodeResult) => {
      const flight = this.#flights.find((candidate) => candidate.id === id);
      if (flight) {
        flight.results = results;
        flight.isDone = true;
      }
      if (!this.#flights.some((candidate) => candidate.worker === worker && !candidate.isDone)) worker.unref();
      this.#release();
    });
    let failure: unknown = 'it ended by itself';
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => {
      const index = this.#workers.indexOf(worker);
      // Ended by `close`.
      if (index < 0) return;
      this.#logger.error({ error: failure }, 'a decoder thread failed: its work is done on the main thread');
      this.#workers.splice(index, 1);
      for (const flight of this.#flights) flight.isDone ||= flight.worker === worker;
      this.#release();
    });
    // Keeps the process alive only while it has something to answer.
    worker.unref();
    return worker;
  }
}

/** @param result sender and hash; absent or zero: decoded in full here */
function settle({ raw, resolve, reject }: Waiting, result?: Uint8Array): void {
  try {
    const from = result?.subarray(0, 20);
    const isKnown = from !== undefined && !equalBytes(from, ZERO_ADDRESS);
    resolve(isKnown ? decodeTransaction(raw, from, result?.subarray(20)) : decodeTransaction(raw));
  } catch (error) {
    reject(error);
  }
}
