import type { BatcherStatus } from '../batcher/batcher';
import { errorMessage } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { sleep } from '../l1/backoff';

/** What is behind the gate. `Batcher` fits. */
export interface GatedBatcher {
  start(): void;
  stop(): Promise<void>;
  status(): BatcherStatus;
}

export interface BatcherGateOptions {
  /** A new batcher, not yet started. */
  create(): GatedBatcher;
  /** Whether the Inbox takes batches of this account now. */
  mayPost(): Promise<boolean>;
  clock: Clock;
  logger: Logger;
  /** How often a closed gate asks. */
  closedPollMs: number;
  /** How often an open gate asks; default 15 s. */
  openPollMs?: number;
}

/**
 * Runs a batcher while the Inbox takes batches of its account: at all times when it is the registered sequencer's, else from when that has
 * been silent for the Inbox's silence period until it posts again.
 */
export class BatcherGate {
  readonly #options: Required<BatcherGateOptions>;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The last one, also after the gate closed. */
  #batcher: GatedBatcher | undefined;
  #isOpen = false;

  constructor(options: BatcherGateOptions) {
    this.#options = { openPollMs: 15_000, ...options };
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Of the batcher that runs, or ran last; undefined while none has. */
  status(): BatcherStatus | undefined {
    return this.#batcher?.status();
  }

  async #run(): Promise<void> {
    const { clock, logger, closedPollMs, openPollMs } = this.#options;
    const { signal } = this.#stop;
    let hasToldWait = false;
    while (!signal.aborted) {
      const mayPost = await this.#mayPost();
      if (mayPost && !this.#isOpen) {
        if (hasToldWait) logger.warn({}, 'the sequencer is silent: anyone may post now, and this batcher does');
        this.#batcher = this.#options.create();
        this.#batcher.start();
        this.#isOpen = true;
      } else if (mayPost === false && this.#isOpen) {
        await this.#close();
        logger.warn({}, 'the Inbox no longer takes batches of this account: the sequencer posts again, or is another');
      } else if (mayPost === false && !hasToldWait) {
        logger.info({}, 'this account is not the registered sequencer: waiting for that to be silent');
        hasToldWait = true;
      }
      await sleep(clock, this.#isOpen ? openPollMs : closedPollMs, signal);
    }
    await this.#close();
  }

  /** @returns undefined when L1 does not say: all stays as it is */
  async #mayPost(): Promise<boolean | undefined> {
    try {
      return await this.#options.mayPost();
    } catch (error) {
      this.#options.logger.warn({ error: errorMessage(error) }, 'L1 does not say who may post batches: asking again');
      return undefined;
    }
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#batcher?.stop();
  }
}
