import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Hash } from '../../core/bytes';
import { TributaryError } from '../../core/errors';

/** What shows that a blob belongs to its versioned hash without computing the commitment again. */
export interface BlobEvidence {
  /** 48 bytes. */
  commitment: Uint8Array;
  /** 48 bytes: the blob proof of EIP-4844. */
  proof: Uint8Array;
}

export type KzgRequest =
  | { kind: 'seal'; blob: Uint8Array }
  | { kind: 'check'; blob: Uint8Array; evidence: BlobEvidence }
  | { kind: 'identify'; blob: Uint8Array }
  | { kind: 'cellProofs'; blob: Uint8Array };

export interface KzgAnswer {
  id: number;
  result?: unknown;
  failure?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: TributaryError): void;
}

/** A worker's entry is compiled JavaScript. `src/l1/blobs` and `dist/l1/blobs` both lie three levels below the package's root. */
const WORKER_FILE = join(__dirname, '..', '..', '..', 'dist', 'l1', 'blobs', 'kzgWorker.js');

/**
 * KZG in worker threads, started with the first request: a commitment or a proof takes 0.4 s of a core, a check by evidence 11 ms, cell
 * proofs 2.3 s and once 14 s before. The blobs given are copied.
 */
export class BlobKzg {
  readonly #workerCount: number;
  readonly #workers: Worker[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #isClosed = false;

  /** @param workerCount threads; default 1 */
  constructor(workerCount = 1) {
    this.#workerCount = workerCount;
  }

  /** Commitment and proof of a blob of ours. */
  seal(blob: Uint8Array): Promise<BlobEvidence> {
    return this.#ask({ kind: 'seal', blob }) as Promise<BlobEvidence>;
  }

  /** Whether the evidence holds for the blob; total. 11 ms. */
  check(blob: Uint8Array, evidence: BlobEvidence): Promise<boolean> {
    return this.#ask({ kind: 'check', blob, evidence }) as Promise<boolean>;
  }

  /** The versioned hash of a blob, undefined where it is none; total. 0.4 s. */
  identify(blob: Uint8Array): Promise<Hash | undefined> {
    return this.#ask({ kind: 'identify', blob }) as Promise<Hash | undefined>;
  }

  /** EIP-7594: 128 proofs of 48 bytes, one after the other. */
  cellProofs(blob: Uint8Array): Promise<Uint8Array> {
    return this.#ask({ kind: 'cellProofs', blob }) as Promise<Uint8Array>;
  }

  /** Ends the threads; what they were asked is rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
    this.#rejectAll('the KZG threads were stopped');
  }

  /** @throws L1.KzgStopped */
  #ask(request: KzgRequest): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(kzgStopped('the KZG threads were stopped'));
    const id = this.#nextId++;
    const worker = this.#worker(id % this.#workerCount);
    worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, request });
    });
  }

  #worker(index: number): Worker {
    const started = this.#workers[index];
    if (started) return started;
    const worker = new Worker(WORKER_FILE);
    worker.on('message', ({ id, result, failure }: KzgAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      // An idle thread must not keep the process.
      if (this.#waiting.size === 0) for (const each of this.#workers) each.unref();
      if (failure === undefined) waiting?.resolve(result);
      else waiting?.reject(kzgStopped(failure));
    });
    worker.on('error', (error) => this.#drop(worker, error.message));
    worker.on('exit', (code) => this.#drop(worker, `its thread ended with ${code}`));
    this.#workers[index] = worker;
    return worker;
  }

  /** The next request starts threads anew. */
  #drop(worker: Worker, reason: string): void {
    if (!this.#workers.includes(worker)) return;
    for (const each of this.#workers.splice(0)) void each.terminate();
    this.#rejectAll(reason);
  }

  #rejectAll(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(kzgStopped(reason));
    this.#waiting.clear();
  }
}

function kzgStopped(reason: string): TributaryError {
  return new TributaryError('L1.KzgStopped', `a blob could not be worked on: ${reason}`, { recovery: 'retry' });
}
