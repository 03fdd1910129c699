import type { Transaction } from '../codec/transaction';
import { type Hash, toHex } from '../core/bytes';
import type { TributaryError } from '../core/errors';

interface Submission {
  hash: Hash;
  sinceMs: number;
  resolve(hash: Hash): void;
  reject(error: unknown): void;
}

interface Drop {
  hash: Hash;
  error: TributaryError;
}

/** What the answers need of the mempool. */
export interface SubmissionJournal {
  isIncludable(hash: Hash): boolean;
  persist(hash: Hash): Promise<void>;
}

/**
 * Requests whose answer waits for the block with their transaction. Each is answered once: with the hash when the transaction is in a block
 * or in the journal, with an error when it has been dropped.
 */
export class Submissions {
  readonly #journal: SubmissionJournal;
  readonly #waiting = new Map<string, Submission>();
  /** Transactions of the block being built: whether they are in it decides, not what the pool does meanwhile. */
  #building: Set<string> | undefined;
  #dropsWhileBuilding: Drop[] = [];

  constructor(journal: SubmissionJournal) {
    this.#journal = journal;
  }

  get size(): number {
    return this.#waiting.size;
  }

  wait(hash: Hash, sinceMs: number): Promise<Hash> {
    return new Promise((resolve, reject) => this.#waiting.set(toHex(hash), { hash, sinceMs, resolve, reject }));
  }

  buildingStarts(candidates: Transaction[]): void {
    this.#building = new Set(candidates.map((candidate) => toHex(candidate.hash)));
  }

  /** @param included the committed block's transactions, none when no block came of it */
  buildingEnds(included: Transaction[]): void {
    for (const { hash } of included) this.#take(hash)?.resolve(hash);
    this.#building = undefined;
    for (const { hash, error } of this.#dropsWhileBuilding.splice(0)) this.dropped(hash, error);
  }

  /** The pool gave the transaction up. Of a replaced one, the successor's entry in the journal is waited for: it stands for both. */
  dropped(hash: Hash, error: TributaryError): void {
    if (this.#waiting.size === 0) return;
    const key = toHex(hash);
    if (this.#building?.has(key)) {
      this.#dropsWhileBuilding.push({ hash, error });
      return;
    }
    const submission = this.#take(hash);
    if (!submission) return;
    const successor = error.details.by;
    if (error.code === 'Mempool.Replaced' && successor instanceof Uint8Array) this.#persist(submission, successor);
    else submission.reject(error);
  }

  /** Answers from the journal what no block takes in soon: not includable now, or waiting since before `beforeMs`. */
  settle(beforeMs: number): void {
    for (const [key, submission] of this.#waiting) {
      if (submission.sinceMs >= beforeMs && this.#journal.isIncludable(submission.hash)) continue;
      this.#waiting.delete(key);
      this.#persist(submission, submission.hash);
    }
  }

  rejectAll(error: TributaryError): void {
    for (const submission of this.#waiting.values()) submission.reject(error);
    this.#waiting.clear();
  }

  #persist(submission: Submission, hash: Hash): void {
    this.#journal.persist(hash).then(() => submission.resolve(submission.hash), submission.reject);
  }

  #take(hash: Hash): Submission | undefined {
    const key = toHex(hash);
    const submission = this.#waiting.get(key);
    this.#waiting.delete(key);
    return submission;
  }
}
