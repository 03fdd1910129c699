import type { Hex } from 'viem';
import { BatchBuilder } from '../codec/batch/batchBuilder';
import { packBlobs, payloadCapacityBytes } from '../codec/blob/blobPacking';
import { assert } from '../core/assert';
import { equalBytes } from '../core/bytes';
import { errorMessage, hasErrorCode, TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { Backoff, sleep, unlessAborted } from '../l1/backoff';
import { inboxAbi } from '../l1/bindings/Inbox';
import { Deferred } from '../l1/deferred';
import { encodePostBatch, encodePostBlobBatch } from '../l1/postedBatch';
import type { BatchSender, DerivedChain, SealedChain } from './batcherPorts';
import {
  type BatchDataKind,
  batchCosts,
  chooseDataKind,
  type DataAvailabilityMode,
  type DataPrices,
} from './dataAvailability';
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
  /** A calldata batch is posted when about this large; default 110,000 bytes. */
  payloadSizeBytesTarget?: number;
  /** Largest calldata payload; default 120,000 bytes, the Inbox's own bound, under the 128 KiB that L1 nodes relay. */
  payloadSizeBytesMax?: number;
  /** Where batches go; default `calldata`. */
  dataAvailability?: DataAvailabilityMode;
  /** What L1 asks; needed for all but `calldata`. */
  prices?: () => Promise<DataPrices>;
  /** Blobs of one batch at most; default 6, as many as a transaction may carry from Osaka on (EIP-7594). The Inbox takes up to 9. */
  blobsPerBatchMax?: number;
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
  blobsPosted: number;
  /** Of the newest batch. */
  dataKind: BatchDataKind | undefined;
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
  kind: BatchDataKind;
}

const RETRY_DELAY_MS_MIN = 250;
const RETRY_DELAY_MS_MAX = 15_000;
const DERIVATION_POLL_MS = 1_000;
const BEGIN_DELAY_MS_MAX = 60_000;
const IDLE_MS = 3_600_000;
/** A batch in blobs is due when it fills them to this share: the estimate of its size is a few per cent off. */
const BLOB_FILL = 0.97;
/** About an L1 block. */
const PRICE_AGE_MS_MAX = 12_000;
/** In mode `auto`, how long an L1 that refused blobs is not asked to take them again. */
const BLOB_PAUSE_MS = 300_000;

/**
 * Carries sealed blocks to L1, each once, without a gap.
 *
 * What has been posted is never remembered, but read from L1: the batcher begins behind the L2 block that derivation has reached, once
 * (1) the sender has nothing under way and (2) derivation has seen the L1 head of that moment. From there it runs ahead, several batches
 * deep, and checks that derivation follows. When it does not (a batch failed or was ignored, L1 was reorganized, the L2 chain was cut
 * back), it begins again in the same way.
 */
export class Batcher {
  readonly #options: Required<Omit<BatcherOptions, 'prices'>> & Pick<BatcherOptions, 'prices'>;
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
  #totals = { batchesPosted: 0, bytesPosted: 0, blobsPosted: 0, l1GasUsed: 0n, restarts: 0 };
  #fault: string | undefined;
  #prices: { atMs: number; now: DataPrices } | undefined;
  /** Of the newest batch. */
  #kind: BatchDataKind | undefined;
  #blobsPausedUntilMs = 0;
  /** Before a beginning that follows a failed one: a batch that derivation never takes must not burn fees at full speed. */
  readonly #beginBackoff = new Backoff(RETRY_DELAY_MS_MIN, BEGIN_DELAY_MS_MAX);

  constructor(options: BatcherOptions) {
    this.#options = {
      payloadSizeBytesTarget: 110_000,
      payloadSizeBytesMax: 120_000,
      maxAgeMs: 2_000,
      inFlightMax: 4,
      dataAvailability: 'calldata',
      blobsPerBatchMax: 6,
      ...options,
    };
    assert(this.#options.dataAvailability === 'calldata' || options.prices, 'blobs are posted by their price');
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
      dataKind: this.#kind,
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
        await this.#updatePrices();
        this.#checkDerived();
        // While derivation goes back after an L1 reorganization, nobody knows what the next batch stands on.
        if (!this.#options.derived.progress()) delayMs = DERIVATION_POLL_MS;
        else delayMs = this.#cursor === undefined ? 0 : this.#postWhatIsDue();
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

  /** Asks L1 for its prices when the known ones are old. Old ones do until L1 can be reached again. */
  async #updatePrices(): Promise<void> {
    const { prices, clock, logger, dataAvailability } = this.#options;
    if (!prices || dataAvailability === 'calldata') return;
    if (this.#prices && clock.nowMs() - this.#prices.atMs < PRICE_AGE_MS_MAX) return;
    try {
      this.#prices = { atMs: clock.nowMs(), now: await prices() };
    } catch (error) {
      if (!this.#prices) throw error;
      logger.warn({ error: errorMessage(error) }, "L1's prices are not to be had: going by the last ones");
    }
  }

  /** Hands every batch that is due to the sender. @returns how long to wait for the next at most, in milliseconds */
  #postWhatIsDue(): number {
    const { clock, maxAgeMs, inFlightMax, decodedSizeBytesMax } = this.#options;
    for (;;) {
      if (this.#cursor === undefined) return 0;
      this.#fillBuilder();
      if (this.#builder.blocks.length === 0) return IDLE_MS;
      // An inclusion wakes us.
      if (this.#inFlight() >= inFlightMax) return IDLE_MS;
      const ageMs = clock.nowMs() - this.#builderSinceMs;
      const isLarge =
        this.#builder.estimatedSizeBytes >= this.#targetSizeBytes() ||
        this.#builder.decodedSizeBytes >= decodedSizeBytesMax;
      const isFlushed = this.#builder.blocks[0].header.number <= this.#flushTo;
      if (!isLarge && !isFlushed && ageMs < maxAgeMs) return maxAgeMs - ageMs;
      const kind = this.#chooseKind();
      // L1 nodes refuse transactions with blobs behind ones without, and the other way round.
      if (this.#posted.some((posted) => posted.includedAt === undefined && posted.kind !== kind)) return IDLE_MS;
      if (kind !== this.#kind) this.#options.logger.info({ kind, ...this.#prices?.now }, `batches go as ${kind}`);
      this.#kind = kind;
      this.#post(this.#pack());
    }
  }

  /** For the payload that has gathered. @throws Batcher.NoBlobs when blobs are demanded of an L1 that takes none */
  #chooseKind(): BatchDataKind {
    const { dataAvailability, payloadSizeBytesMax, clock } = this.#options;
    const prices = this.#prices?.now;
    if (dataAvailability === 'calldata' || !prices) return 'calldata';
    if (dataAvailability === 'blobs') {
      if (prices.blobBaseFee === undefined) throw noBlobs();
      return 'blobs';
    }
    const offered = clock.nowMs() < this.#blobsPausedUntilMs ? { ...prices, blobBaseFee: undefined } : prices;
    return chooseDataKind(this.#kind, batchCosts(this.#builder.estimatedSizeBytes, offered, payloadSizeBytesMax));
  }

  /** Adds sealed blocks until the batch is large enough. */
  #fillBuilder(): void {
    const { chain, clock, decodedSizeBytesMax } = this.#options;
    assert(this.#cursor !== undefined, "L1's state is known before batches are built");
    while (
      this.#builder.estimatedSizeBytes < this.#targetSizeBytes() &&
      this.#builder.decodedSizeBytes < decodedSizeBytesMax
    ) {
      const next = this.#cursor + this.#builder.blocks.length + 1;
      const block = next <= chain.head.header.number ? chain.blockByNumber(next) : undefined;
      if (!block) return;
      if (this.#builder.blocks.length === 0) this.#builderSinceMs = clock.nowMs();
      this.#builder.add(block);
    }
  }

  /** Size of the payload at which a batch of the kind in use is large enough. */
  #targetSizeBytes(): number {
    const { dataAvailability, payloadSizeBytesTarget, blobsPerBatchMax } = this.#options;
    const isBlobs = (this.#kind ?? dataAvailability) === 'blobs';
    return isBlobs ? BLOB_FILL * payloadCapacityBytes(blobsPerBatchMax) : payloadSizeBytesTarget;
  }

  #pack(): PackedBatch {
    const { decodedSizeBytesMax, blobsPerBatchMax } = this.#options;
    const payloadSizeBytesMax =
      this.#kind === 'blobs' ? payloadCapacityBytes(blobsPerBatchMax) : this.#options.payloadSizeBytesMax;
    return packBatch(this.#builder, { payloadSizeBytesMax, decodedSizeBytesMax });
  }

  #post({ blocks, payload }: PackedBatch): void {
    const [first, last] = [blocks[0], blocks[blocks.length - 1]];
    const parent = this.#options.chain.blockByNumber(first.header.number - 1);
    if (!parent || !equalBytes(parent.hash, first.header.parentHash)) {
      this.#beginAgain('the L2 chain is being cut back');
      return;
    }
    const kind = this.#kind ?? 'calldata';
    const posted: Posted = { lastBlockNumber: last.header.number, includedAt: undefined, kind };
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
    const blobs = posted.kind === 'blobs' ? packBlobs(payload) : undefined;
    const blocks = {
      firstBlock: firstBlockNumber,
      lastBlock: posted.lastBlockNumber,
      sizeBytes: payload.length,
      ...(blobs && { blobs: blobs.length }),
    };
    try {
      // Once L1 is looked at again, what it has not included yet must not come any more.
      const isObsolete = () => epoch !== this.#epoch;
      const target = { to: inbox, abi: inboxAbi, isObsolete };
      const call = blobs
        ? { ...target, label: 'Inbox.postBlobBatch', data: encodePostBlobBatch(blobs.length), blobs }
        : { ...target, label: 'Inbox.postBatch', data: encodePostBatch(payload) };
      const receipt = await sender.send(call);
      posted.includedAt = Number(receipt.blockNumber);
      this.#totals.batchesPosted++;
      this.#totals.bytesPosted += payload.length;
      this.#totals.blobsPosted += blobs?.length ?? 0;
      this.#totals.l1GasUsed += receipt.gasUsed;
      logger.info({ ...blocks, l1Block: posted.includedAt }, 'posted a batch');
    } catch (error) {
      if (hasErrorCode(error, 'L1.SenderStopped')) return;
      if (hasErrorCode(error, 'L1.CallObsolete')) return this.#wake.abort();
      logger.error({ ...blocks, error: errorMessage(error) }, 'a batch could not be posted');
      if (blobs) this.#blobsPausedUntilMs = this.#options.clock.nowMs() + BLOB_PAUSE_MS;
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

function noBlobs(): TributaryError {
  return new TributaryError('Batcher.NoBlobs', 'batches are to go in blobs, but the L1 takes none', {
    recovery: 'retry',
    metaMessages: ['give --data-availability auto or calldata'],
  });
}
