import type { Hex } from 'viem';
import { BatchBuilder } from '../codec/batch/batchBuilder';
import { assert } from '../core/assert';
import { equalBytes } from '../core/bytes';
import { errorMessage, hasErrorCode, TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { Backoff, sleep, unlessAborted } from '../l1/backoff';
import { inboxAbi } from '../l1/bindings/Inbox';
import { Deferred } from '../l1/deferred';
import { encodePostBatch } from '../l1/postedBatch';
import type { BatchSender, DerivedChain, SealedChain } from './batcherPorts';
import { type PackedBatch, packBatch } from './packBatch';

export interface BatcherOptions {
  chain: SealedChain;
  derived: DerivedChain;
  sender: BatchSender;
  /** Number of the L1's newest block, confirmed or not. */
  l1HeadNumber: () => Promise<number>;
  /** Address of the Inbox. */
  inbox: Hex;
  l2ChainId: number;
  /** `batchDecompressedSizeBytesMax` of the chain config. */
  decodedSizeBytesMax: number;
  clock: Clock;
  logger: Logger;
  /** A batch is posted when about this large; default 110,000 bytes. */
  payloadSizeBytesTarget?: number;
  /** Largest payload; default 120,000 bytes, the Inbox's own bound, under the 128 KiB that L1 nodes relay. */
  payloadSizeBytesMax?: number;
  /** Longest that a sealed block waits for others; default 2 s. */
  maxAgeMs?: number;
  /** Batches on their way to L1 at once; default 4. */
  inFlightMax?: number;
}

export interface BatcherStatus {
  /** Sealed blocks that no batch on its way or on L1 holds. */
  unpostedBlockCount: number;
  /** Newest L2 block that a batch on its way or on L1 holds; undefined until L1's state is known. */
  lastPostedBlock: number | undefined;
  batchesInFlight: number;
  /** Since start. */
  batchesPosted: number;
  bytesPosted: number;
  l1GasUsed: bigint;
  /** Batches posted anew, because L1 or derivation lost them, since start. */
  restarts: number;
  /** Why nothing can be posted, if so. */
  fault: string | undefined;
}

/** A batch that derivation has not yet confirmed. */
interface Posted {
  lastBlockNumber: number;
  /** L1 block that includes it; undefined while on its way. */
  includedAt: number | undefined;
}

const RETRY_DELAY_MS_MIN = 250;
const RETRY_DELAY_MS_MAX = 15_000;
const DERIVATION_POLL_MS = 1_000;
const BEGIN_DELAY_MS_MAX = 60_000;
const IDLE_MS = 3_600_000;

/**
 * Carries sealed blocks to L1, each once, without a gap.
 *
 * What has been posted is never remembered, but read from L1: the batcher begins behind the L2 block that derivation has reached, once
 * (1) the sender has nothing under way and (2) derivation has seen the L1 head of that moment. From there it runs ahead, several batches
 * deep, and checks that derivation follows. When it does not (a batch failed or was ignored, L1 was reorganized, the L2 chain was cut
 * back), it begins again in the same way.
 */
export class Batcher {
  readonly #options: Required<BatcherOptions>;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #unsubscribe: (() => void)[] = [];
  /** Number of the newest block that was handed to the sender or is on L1; undefined until L1's state is known. */
  #cursor: number | undefined;
  /** Derivation has been seen at this L2 block since the last beginning. */
  #confirmed = 0;
  /** In order. */
  #posted: Posted[] = [];
  /** The blocks after the cursor, as far as they fit in one batch. */
  #builder: BatchBuilder;
  #builderSinceMs = 0;
  /** Changes with every beginning: results of sends from before are of no interest. */
  #epoch = 0;
  /** Blocks up to this number are posted without waiting for more. */
  #flushTo = 0;
  #flushes: { blockNumber: number; done: Deferred<void> }[] = [];
  #totals = { batchesPosted: 0, bytesPosted: 0, l1GasUsed: 0n, restarts: 0 };
  #fault: string | undefined;
  /** Before a beginning that follows a failed one: a batch that derivation never takes must not burn fees at full speed. */
  readonly #beginBackoff = new Backoff(RETRY_DELAY_MS_MIN, BEGIN_DELAY_MS_MAX);

  constructor(options: BatcherOptions) {
    this.#options = {
      payloadSizeBytesTarget: 110_000,
      payloadSizeBytesMax: 120_000,
      maxAgeMs: 2_000,
      inFlightMax: 4,
      ...options,
    };
    this.#builder = new BatchBuilder(options.l2ChainId);
  }

  start(): void {
    const { chain, derived } = this.#options;
    this.#unsubscribe = [
      chain.committed.on(() => this.#wake.abort()),
      chain.rewound.on(({ block }) => this.#onRewound(block.header.number)),
      derived.progressed.on(() => this.#wake.abort()),
    ];
    this.#running = this.#run();
  }

  /** Ends the work. What is on its way is the sender's. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    await this.#running;
    for (const { done } of this.#flushes.splice(0)) done.reject(stopped());
  }

  /** Posts all blocks sealed by now; resolves when L1 has included them. @throws Batcher.Stopped */
  async flush(): Promise<void> {
    if (this.#stop.signal.aborted) throw stopped();
    const blockNumber = this.#options.chain.head.header.number;
    this.#flushTo = Math.max(this.#flushTo, blockNumber);
    const done = new Deferred<void>();
    this.#flushes.push({ blockNumber, done });
    this.#wake.abort();
    await done.promise;
  }

  status(): BatcherStatus {
    const head = this.#options.chain.head.header.number;
    return {
      unpostedBlockCount: this.#cursor === undefined ? head : Math.max(0, head - this.#cursor),
      lastPostedBlock: this.#cursor,
      batchesInFlight: this.#inFlight(),
      ...this.#totals,
      fault: this.#fault,
    };
  }

  // --- the loop ---

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { clock, logger } = this.#options;
    const backoff = new Backoff(RETRY_DELAY_MS_MIN, RETRY_DELAY_MS_MAX);
    while (!signal.aborted) {
      this.#wake = new AbortController();
      let delayMs: number;
      try {
        if (this.#cursor === undefined) await this.#begin();
        this.#checkDerived();
        delayMs = this.#cursor === undefined ? 0 : this.#postWhatIsDue();
        this.#settleFlushes();
        this.#fault = undefined;
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        this.#fault = errorMessage(error);
        logger.error({ error: this.#fault }, 'posting batches failed: trying again');
        // Nothing but time helps: a wake-up now would make this a busy loop.
        await sleep(clock, backoff.next(), signal);
        delayMs = 0;
      }
      await sleep(clock, delayMs, this.#wake.signal);
    }
  }

  /** Finds out what L1 holds already. */
  async #begin(): Promise<void> {
    const { sender, l1HeadNumber, logger, derived } = this.#options;
    const epoch = this.#epoch;
    if (this.#totals.restarts > 0) await sleep(this.#options.clock, this.#beginBackoff.next(), this.#stop.signal);
    await unlessAborted(sender.settled(), this.#stop.signal);
    const l1Head = await l1HeadNumber();
    let progress = derived.progress();
    while ((!progress || progress.l1Block < l1Head) && !this.#stop.signal.aborted) {
      await this.#derivationProgress();
      progress = derived.progress();
    }
    if (!progress || this.#stop.signal.aborted || epoch !== this.#epoch) return;
    this.#cursor = progress.l2Block;
    this.#confirmed = progress.l2Block;
    this.#posted = [];
    this.#resetBuilder();
    logger.info({ l1Block: progress.l1Block, l2Block: progress.l2Block }, 'batches go on after what L1 holds');
  }

  async #derivationProgress(): Promise<void> {
    const progressed = new AbortController();
    const unsubscribe = this.#options.derived.progressed.on(() => progressed.abort());
    const signal = AbortSignal.any([progressed.signal, this.#stop.signal]);
    await sleep(this.#options.clock, DERIVATION_POLL_MS, signal);
    unsubscribe();
  }

  /** Compares what was posted with what derivation made of it. */
  #checkDerived(): void {
    const progress = this.#options.derived.progress();
    if (!progress || this.#cursor === undefined) return;
    if (progress.l2Block > this.#confirmed) this.#beginBackoff.reset();
    const wentBack = progress.l2Block < this.#confirmed;
    this.#confirmed = progress.l2Block;
    this.#posted = this.#posted.filter(({ lastBlockNumber }) => lastBlockNumber > progress.l2Block);
    const isIgnored = ({ includedAt }: Posted) => includedAt !== undefined && includedAt <= progress.l1Block;
    if (wentBack) {
      this.#beginAgain('L1 was reorganized: derivation went back');
    } else if (this.#posted.some(isIgnored)) {
      this.#beginAgain('derivation did not take a batch');
    } else if (progress.l2Block > this.#cursor) {
      this.#cursor = progress.l2Block;
      this.#resetBuilder();
    }
  }

  #onRewound(headNumber: number): void {
    const last = this.#builder.blocks.at(-1);
    if (last && last.header.number > headNumber) this.#resetBuilder();
    if (this.#cursor !== undefined && this.#cursor > headNumber) this.#beginAgain('the L2 chain was cut back');
    this.#wake.abort();
  }

  #beginAgain(reason: string): void {
    this.#options.logger.warn({ lastPostedBlock: this.#cursor }, `${reason}: looking at L1 again`);
    this.#totals.restarts++;
    this.#epoch++;
    this.#cursor = undefined;
    this.#posted = [];
    this.#resetBuilder();
  }

  // --- posting ---

  /** Hands every batch that is due to the sender. @returns how long to wait for the next at most, in milliseconds */
  #postWhatIsDue(): number {
    const { clock, maxAgeMs, inFlightMax, payloadSizeBytesTarget, decodedSizeBytesMax } = this.#options;
    for (;;) {
      this.#fillBuilder();
      if (this.#builder.blocks.length === 0) return IDLE_MS;
      // An inclusion wakes us.
      if (this.#inFlight() >= inFlightMax) return IDLE_MS;
      const ageMs = clock.nowMs() - this.#builderSinceMs;
      const isLarge =
        this.#builder.estimatedSizeBytes >= payloadSizeBytesTarget ||
        this.#builder.decodedSizeBytes >= decodedSizeBytesMax;
      const isFlushed = this.#builder.blocks[0].header.number <= this.#flushTo;
      if (!isLarge && !isFlushed && ageMs < maxAgeMs) return maxAgeMs - ageMs;
      this.#post(this.#pack());
    }
  }

  /** Adds sealed blocks until the batch is large enough. */
  #fillBuilder(): void {
    const { chain, clock, payloadSizeBytesTarget, decodedSizeBytesMax } = this.#options;
    assert(this.#cursor !== undefined, "L1's state is known before batches are built");
    while (
      this.#builder.estimatedSizeBytes < payloadSizeBytesTarget &&
      this.#builder.decodedSizeBytes < decodedSizeBytesMax
    ) {
      const next = this.#cursor + this.#builder.blocks.length + 1;
      const block = next <= chain.head.header.number ? chain.blockByNumber(next) : undefined;
      if (!block) return;
      if (this.#builder.blocks.length === 0) this.#builderSinceMs = clock.nowMs();
      this.#builder.add(block);
    }
  }

  #pack(): PackedBatch {
    const { l2ChainId, payloadSizeBytesMax, decodedSizeBytesMax } = this.#options;
    return packBatch(l2ChainId, this.#builder.blocks, { payloadSizeBytesMax, decodedSizeBytesMax });
  }

  #post({ blocks, payload }: PackedBatch): void {
    const [first, last] = [blocks[0], blocks[blocks.length - 1]];
    const parent = this.#options.chain.blockByNumber(first.header.number - 1);
    assert(parent && equalBytes(parent.hash, first.header.parentHash), 'a batch builds on the chain');
    const posted: Posted = { lastBlockNumber: last.header.number, includedAt: undefined };
    this.#posted.push(posted);
    this.#cursor = last.header.number;
    const sinceMs = this.#builderSinceMs;
    this.#resetBuilder();
    // What did not fit has waited as long.
    this.#fillBuilder();
    if (this.#builder.blocks.length > 0) this.#builderSinceMs = Math.max(sinceMs, this.#builderSinceMs);
    void this.#send(posted, payload, first.header.number, this.#epoch);
  }

  /** Never rejects. */
  async #send(posted: Posted, payload: Uint8Array, firstBlockNumber: number, epoch: number): Promise<void> {
    const { sender, inbox, logger } = this.#options;
    const blocks = { firstBlock: firstBlockNumber, lastBlock: posted.lastBlockNumber, sizeBytes: payload.length };
    try {
      const call = { label: 'Inbox.postBatch', to: inbox, data: encodePostBatch(payload), abi: inboxAbi };
      const receipt = await sender.send(call);
      posted.includedAt = Number(receipt.blockNumber);
      this.#totals.batchesPosted++;
      this.#totals.bytesPosted += payload.length;
      this.#totals.l1GasUsed += receipt.gasUsed;
      logger.info({ ...blocks, l1Block: posted.includedAt }, 'posted a batch');
    } catch (error) {
      if (hasErrorCode(error, 'L1.SenderStopped')) return;
      logger.error({ ...blocks, error: errorMessage(error) }, 'a batch could not be posted');
      if (epoch === this.#epoch) this.#beginAgain('a batch could not be posted');
    }
    this.#wake.abort();
  }

  #settleFlushes(): void {
    if (this.#cursor === undefined) return;
    const onItsWay = this.#posted.find(({ includedAt }) => includedAt === undefined);
    const firstMissing = onItsWay ? this.#confirmed : this.#cursor;
    const isDone = ({ blockNumber }: { blockNumber: number }) => blockNumber <= firstMissing;
    for (const { done } of this.#flushes.filter(isDone)) done.resolve();
    this.#flushes = this.#flushes.filter((flush) => !isDone(flush));
  }

  #inFlight(): number {
    return this.#posted.filter(({ includedAt }) => includedAt === undefined).length;
  }

  #resetBuilder(): void {
    this.#builder = new BatchBuilder(this.#options.l2ChainId);
  }
}

function stopped(): TributaryError {
  return new TributaryError('Batcher.Stopped', 'the batcher was stopped', { recovery: 'retry' });
}
