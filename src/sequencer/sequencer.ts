import type { AttributeRules } from '../chain/blockAttributes';
import type { ChainConfig } from '../chain/chainConfig';
import type { Block } from '../codec/block';
import type { StoredReceipts } from '../codec/storedReceipts';
import { decodeTransaction, type SignedTransaction, type Transaction } from '../codec/transaction';
import { assert } from '../core/assert';
import { type Hash, toHex } from '../core/bytes';
import { Emitter } from '../core/emitter';
import { errorMessage, TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import type { Executor } from '../execution/executor';
import { BlockBuilder, type BuilderChain, type BuilderMempool, type BuiltBlock } from './blockBuilder';
import { type OriginSource, originTrigger } from './originSource';
import { type ReplacedChain, replaceBlocksAfter } from './replaceBlocks';
import { Submissions } from './submissions';

/** What the sequencer needs of the chain; `state/ChainStore` has it. */
export interface SequencerChain extends BuilderChain, ReplacedChain {
  rewindTo(blockNumber: number): Promise<void>;
}

/** What the sequencer needs of the pool; `mempool/Mempool` has it. */
export interface SequencerMempool extends BuilderMempool {
  readonly added: Pick<Emitter<SignedTransaction>, 'on'>;
  readonly dropped: Pick<Emitter<{ transaction: SignedTransaction; error: TributaryError }>, 'on'>;
  insert(transaction: SignedTransaction): void;
  persist(hash: Hash): Promise<void>;
  hasIncludable(): boolean;
  isIncludable(hash: Hash): boolean;
  keepForRewind(transactions: Transaction[]): Promise<void>;
}

export interface SequencerOptions {
  config: ChainConfig;
  chain: SequencerChain;
  mempool: SequencerMempool;
  executor: Pick<Executor, 'executeBlock'>;
  /** Of the versions that execute; default: those that rule from genesis on. */
  rules?: AttributeRules;
  origins: OriginSource;
  /** Decodes off this thread, in order; without it on this one. `codec/TransactionDecoder` fits. */
  decoder?: { decode(raw: Uint8Array): Promise<SignedTransaction> };
  clock: Clock;
  logger: Logger;
  /** Seals on a clock, empty blocks too. Undefined (automatic): as soon as transactions wait. */
  blockTimeSeconds?: number;
  /**
   * Automatic mode: how long a block waits for transactions that have come and are still being decoded. Default 5. One that comes alone is
   * decoded at once and waits for nothing.
   */
  gatherMsMax?: number;
  /** Automatic mode: a request whose transaction still waits after this is answered from the journal. Default 5,000, below clients' usual 10 s. */
  inclusionWaitMsMax?: number;
  /** See `BlockBuilderOptions`. Default false. */
  l1MinesOnDemand?: boolean;
}

export type SealTrigger = 'transactions' | 'deposits' | 'window' | 'reorg' | 'clock' | 'requested';

/** A block that is on disk now. */
export interface SealedBlock {
  block: Block;
  receipts: StoredReceipts;
  trigger: SealTrigger;
  /** User transactions. */
  includedCount: number;
  executeMs: number;
  commitMs: number;
}

export interface SequencerStatus {
  mode: 'automatic' | 'clock';
  state: 'stopped' | 'idle' | 'building' | 'retrying' | 'halted';
  headNumber: number;
  /** Since the start of the process, as the other counts. */
  blocksSealedCount: number;
  transactionsIncludedCount: number;
  transactionsRejectedCount: number;
  failuresCount: number;
  consecutiveFailuresCount: number;
  /** Of the last failed attempt, until one succeeds. */
  lastError: TributaryError | undefined;
  /** Requests that wait for their block. */
  waitingSubmissionsCount: number;
}

const RETRY_DELAY_MS_MIN = 100;
const RETRY_DELAY_MS_MAX = 10_000;
const DEFAULT_GATHER_MS_MAX = 5;
const DEFAULT_INCLUSION_WAIT_MS_MAX = 5_000;

/**
 * Makes blocks, one at a time:
 *
 *     idle ──(transactions wait | L1 asks | clock | request)──▶ building ──▶ committed, published, answered ──▶ idle
 *                                                                  └──(fails)──▶ retrying ──(100 ms … 10 s)──▶ building
 *                                                                  └──(disk fails)──▶ halted
 *
 * Group commit comes by itself: what arrives while a block executes shares the next one, and a block waits a moment for what is being decoded.
 *
 * A hash is answered when EITHER the block with the transaction OR the transaction's journal entry is on disk. In automatic mode the block
 * follows at once, so the journal is written only for what cannot go into it (a nonce gap, a fee cap below the base fee, a full block for too
 * long, a failing executor): a disk write less for each transaction, and the receipt exists when the hash comes back. On a clock all are journaled.
 */
export class Sequencer {
  /** After the block is on disk and before submitters are answered. */
  readonly sealed = new Emitter<SealedBlock>();
  /** An attempt failed; `recovery` says what it takes. `reset` means: the L2 blocks on a replaced L1 block must be rewound (`rewindTo`). */
  readonly failed = new Emitter<TributaryError>();

  readonly #options: SequencerOptions;
  readonly #logger: Logger;
  readonly #submissions: Submissions;
  readonly #builder: BlockBuilder;
  readonly #jobs: (() => Promise<void>)[] = [];
  #state: SequencerStatus['state'] = 'stopped';
  #loop: Promise<void> | undefined;
  #unsubscribe: (() => void)[] = [];
  #stopping = false;
  #signalled = false;
  #resume: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  #originsMayAsk = true;
  #nextTickMs = 0;
  /** Transactions that the decoder has. */
  #decodingCount = 0;
  #isGathering = false;
  #halt: TributaryError | undefined;
  #lastError: TributaryError | undefined;
  #blocksSealedCount = 0;
  #transactionsIncludedCount = 0;
  #transactionsRejectedCount = 0;
  #failuresCount = 0;
  #consecutiveFailuresCount = 0;

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ room: 'sequencer' });
    this.#submissions = new Submissions(options.mempool);
    this.#builder = new BlockBuilder({
      ...options,
      submissions: this.#submissions,
      l1MinesOnDemand: options.l1MinesOnDemand ?? false,
    });
  }

  get #isAutomatic(): boolean {
    return this.#options.blockTimeSeconds === undefined;
  }

  start(): void {
    assert(!this.#loop, 'a sequencer is started once at a time');
    const { mempool, origins, clock } = this.#options;
    this.#stopping = false;
    this.#originsMayAsk = true;
    this.#state = 'idle';
    this.#nextTickMs = clock.nowMs() + this.#blockTimeMs();
    this.#unsubscribe = [
      mempool.added.on(() => this.#wake()),
      mempool.dropped.on(({ transaction, error }) => this.#submissions.dropped(transaction.hash, error)),
      origins.advanced.on(() => {
        this.#originsMayAsk = true;
        this.#wake();
      }),
    ];
    this.#loop = this.#produce();
  }

  /** Finishes the block in flight, answers who still waits from the journal, and seals no more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelPause?.();
    this.#wake();
    await this.#loop;
    this.#loop = undefined;
    if (!this.#halt) this.#state = 'stopped';
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#submissions.settle(Number.POSITIVE_INFINITY);
  }

  /**
   * Takes a raw transaction in. Resolves with its hash when it is in a block on disk, or in the journal where no block takes it in now.
   * @throws Codec.*, Mempool.* when refused or dropped; Execution.* when it turned out invalid while building; Sequencer.Halted
   */
  async submit(raw: Uint8Array): Promise<Hash> {
    if (this.#halt) throw halted(this.#halt);
    const { mempool, clock } = this.#options;
    const { decoder } = this.#options;
    const transaction = decoder ? await this.#decodeWith(decoder, raw) : decodeTransaction(raw);
    mempool.insert(transaction);
    const { hash } = transaction;
    const canSealNow = this.#isAutomatic && this.#loop && !this.#stopping && this.#state !== 'retrying';
    if (canSealNow && mempool.isIncludable(hash)) return this.#submissions.wait(hash, clock.nowMs());
    await mempool.persist(hash);
    return hash;
  }

  /** Seals one block, empty if nothing waits, after those under way. */
  sealNow(): Promise<Block> {
    return this.#enqueue(async () => {
      const { block } = await this.#build('requested');
      assert(block, 'a requested block is sealed even when it is empty');
      return block;
    });
  }

  /** Between two blocks, makes an older block the head again; see `replaceBlocksAfter`. */
  rewindTo(blockNumber: number): Promise<void> {
    return this.#enqueue(() => this.#rewind(blockNumber));
  }

  /** `replaceBlocksAfter`, between two blocks. */
  giveWay<Result>(blockNumber: number, work: () => Promise<Result>): Promise<Result> {
    return this.#enqueue(() => this.#replaceAfter(blockNumber, work));
  }

  status(): SequencerStatus {
    return {
      mode: this.#isAutomatic ? 'automatic' : 'clock',
      state: this.#state,
      headNumber: this.#options.chain.head.header.number,
      blocksSealedCount: this.#blocksSealedCount,
      transactionsIncludedCount: this.#transactionsIncludedCount,
      transactionsRejectedCount: this.#transactionsRejectedCount,
      failuresCount: this.#failuresCount,
      consecutiveFailuresCount: this.#consecutiveFailuresCount,
      lastError: this.#lastError,
      waitingSubmissionsCount: this.#submissions.size,
    };
  }

  async #decodeWith(decoder: NonNullable<SequencerOptions['decoder']>, raw: Uint8Array): Promise<SignedTransaction> {
    this.#decodingCount++;
    try {
      return await decoder.decode(raw);
    } finally {
      this.#decodingCount--;
      if (this.#decodingCount === 0 && this.#isGathering) this.#cancelPause?.();
    }
  }

  #rewind(blockNumber: number): Promise<void> {
    return this.#replaceAfter(blockNumber, () => this.#options.chain.rewindTo(blockNumber));
  }

  async #replaceAfter<Result>(blockNumber: number, work: () => Promise<Result>): Promise<Result> {
    const { chain, mempool } = this.#options;
    const result = await replaceBlocksAfter(chain, mempool, blockNumber, work);
    this.#originsMayAsk = true;
    return result;
  }

  async #produce(): Promise<void> {
    while (!this.#stopping && !this.#halt) {
      const job = this.#jobs.shift();
      if (job) {
        await job();
        continue;
      }
      const trigger = this.#trigger();
      if (!trigger) {
        await this.#sleep();
        continue;
      }
      if (trigger === 'transactions') await this.#gather();
      await this.#attempt(trigger);
    }
    for (const job of this.#jobs.splice(0)) await job();
  }

  /** Why to seal now, if at all. */
  #trigger(): SealTrigger | undefined {
    const { mempool, chain, config, origins, clock } = this.#options;
    if (!this.#isAutomatic) return clock.nowMs() >= this.#nextTickMs ? 'clock' : undefined;
    if (mempool.hasIncludable()) return 'transactions';
    if (!this.#originsMayAsk) return undefined;
    const trigger = originTrigger(config, chain.head, origins);
    this.#originsMayAsk = trigger !== undefined;
    return trigger;
  }

  async #attempt(trigger: SealTrigger): Promise<void> {
    let built: BuiltBlock | undefined;
    try {
      built = await this.#build(trigger);
      const madeProgress = built.block !== undefined || built.rejected.length > 0;
      if (madeProgress) this.#succeeded();
      else throw new TributaryError('Sequencer.NoProgress', 'no waiting transaction fits', { recovery: 'retry' });
    } catch (error) {
      await this.#attemptFailed(error);
    }
    // On a clock, what one block's bytes have no room for follows in further blocks of the same tick.
    if (!(built?.isFull && this.#options.mempool.hasIncludable())) this.#advanceTick();
  }

  async #build(trigger: SealTrigger): Promise<BuiltBlock> {
    const { clock } = this.#options;
    this.#state = 'building';
    const built = await this.#builder.build(trigger !== 'transactions');
    this.#state = 'idle';
    this.#transactionsRejectedCount += built.rejected.length;
    for (const { transaction, error } of built.rejected) {
      this.#logger.info({ hash: toHex(transaction.hash), error: error.shortMessage }, 'dropped an invalid transaction');
    }
    const { block, receipts, includedCount, executeMs, commitMs } = built;
    if (block) {
      this.#originsMayAsk = true;
      this.#blocksSealedCount++;
      this.#transactionsIncludedCount += includedCount;
      this.#logger.debug(
        { number: block.header.number, trigger, includedCount, executeMs, commitMs },
        'sealed a block',
      );
      this.sealed.emit({ block, receipts, trigger, includedCount, executeMs, commitMs });
    }
    this.#submissions.settle(clock.nowMs() - (this.#options.inclusionWaitMsMax ?? DEFAULT_INCLUSION_WAIT_MS_MAX));
    return built;
  }

  #succeeded(): void {
    this.#consecutiveFailuresCount = 0;
    this.#lastError = undefined;
  }

  /** Nothing is lost: the pool is as before. Who waits is answered from the journal, and the same is tried again later and later. */
  async #attemptFailed(cause: unknown): Promise<void> {
    const error = asTributaryError(cause);
    this.#lastError = error;
    this.#failuresCount++;
    this.#consecutiveFailuresCount++;
    if (error.recovery === 'halt') {
      this.#halt = error;
      this.#state = 'halted';
      this.#logger.error({ code: error.code, error: error.message }, 'the sequencer halts');
      this.#submissions.rejectAll(halted(error));
      this.failed.emit(error);
      return;
    }
    this.#state = 'retrying';
    const delayMs = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_MIN * 2 ** (this.#consecutiveFailuresCount - 1));
    this.#logger.warn({ code: error.code, error: error.message, delayMs }, 'no block could be built');
    this.#submissions.settle(Number.POSITIVE_INFINITY);
    this.failed.emit(error);
    await this.#pause(delayMs);
    this.#state = 'idle';
  }

  #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#halt) return Promise.reject(halted(this.#halt));
    if (!this.#loop || this.#stopping) {
      return Promise.reject(
        new TributaryError('Sequencer.Stopped', 'the sequencer is not running', { recovery: 'retry' }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#jobs.push(async () => {
        try {
          if (this.#halt) throw halted(this.#halt);
          resolve(await work());
        } catch (error) {
          if (!this.#halt && asTributaryError(error).recovery === 'halt') await this.#attemptFailed(error);
          if (!this.#halt) this.#state = 'idle';
          reject(error);
        }
      });
      this.#cancelPause?.();
      this.#wake();
    });
  }

  #advanceTick(): void {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs >= this.#nextTickMs) this.#nextTickMs = Math.max(nowMs, this.#nextTickMs + this.#blockTimeMs());
  }

  #blockTimeMs(): number {
    return (this.#options.blockTimeSeconds ?? 0) * 1000;
  }

  /** Lets requests that arrive together share a block: those of this turn of the event loop, and those that are being decoded. */
  async #gather(): Promise<void> {
    await nextTurn();
    if (this.#decodingCount === 0) return;
    this.#isGathering = true;
    await this.#pause(this.#options.gatherMsMax ?? DEFAULT_GATHER_MS_MAX);
    this.#isGathering = false;
    // What was decoded last comes into the pool in this turn.
    await nextTurn();
  }

  #wake(): void {
    this.#signalled = true;
    this.#resume?.();
  }

  /** Until woken, or until the clock's next tick. */
  async #sleep(): Promise<void> {
    if (!this.#signalled) {
      const { clock } = this.#options;
      const cancel = this.#isAutomatic
        ? undefined
        : clock.schedule(Math.max(0, this.#nextTickMs - clock.nowMs()), () => this.#wake());
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
      cancel?.();
    }
    this.#resume = undefined;
    this.#signalled = false;
  }

  /** Until `delayMs` have gone by, the sequencer stops, or a job comes. */
  #pause(delayMs: number): Promise<void> {
    if (this.#stopping || this.#jobs.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        this.#cancelPause = undefined;
        resolve();
      };
      const cancel = this.#options.clock.schedule(delayMs, finish);
      this.#cancelPause = () => {
        cancel();
        finish();
      };
    });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function asTributaryError(error: unknown): TributaryError {
  if (error instanceof TributaryError) return error;
  return new TributaryError('Sequencer.BuildFailed', errorMessage(error), { recovery: 'retry', cause: error });
}

function halted(cause: TributaryError): TributaryError {
  const message = `the sequencer has halted: ${cause.shortMessage}`;
  return new TributaryError('Sequencer.Halted', message, { recovery: 'halt', cause });
}
