import type { Clock } from '../core/ports';

/** Resolves after `delayMs`, or at once when `signal` is aborted. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.schedule(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** What `promise` gives, or undefined as soon as `signal` is aborted; the promise is left to itself then. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const abort = () => resolve(undefined);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Delays that double from `delayMsMin` to `delayMsMax` until `reset`. */
export class Backoff {
  #delayMs: number;

  constructor(
    private readonly delayMsMin: number,
    private readonly delayMsMax: number,
  ) {
    this.#delayMs = delayMsMin;
  }

  /** The delay before the next attempt, in milliseconds. */
  next(): number {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, this.delayMsMax);
    return delayMs;
  }

  /** After a success. */
  reset(): void {
    this.#delayMs = this.delayMsMin;
  }
}
