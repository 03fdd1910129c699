/**
 * Executes a list of transactions on a kernel as if one after the other, in parallel where that pays.
 *
 * The list is cut into stretches. A stretch is run in parallel where enough workers are up, it is long enough, no single sender owns most of it, and earlier
 * ones did not show that the transactions contend; otherwise one after the other. A run shows that within a hundred transactions and is then given up. When
 * a run is given up, nothing of it has reached the state yet: its first transactions, those that are final, are kept, and what follows is executed
 * in order. So is what follows the first transaction that the block's gas does not hold: in a parallel run nobody knows how much gas those before have used.
 *
 * A transaction that turns out not to be includable (nonce, funds) writes nothing; that it is not is part of its result, which stands on what it read as any
 * other does.
 */
import type { SignedTransaction } from '../../codec/transaction';
import { type Address, equalBytes, type Hash, toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import type { Logger } from '../../core/ports';
import type { Kernel, RejectedSender } from '../kernel';
import type { StateBackend } from '../stateBackend';
import { TransactionRecords } from '../transactionRecords';
import type { JobsFate } from '../trie';
import { emptyStatistics, type ParallelStatistics } from './parallelStatistics';
import { RunField, STATISTICS_SIZE_BYTES, StatisticsField, Stop, Work } from './runLayout';
import type { WorkerPool } from './workerPool';
import { IDLE_WAIT_MS } from './workerProtocol';

export interface ParallelRunnerOptions {
  /** Shorter stretches are executed one after the other: counted in plain transfers, of which a transaction with much gas is worth up to ten; default 256. */
  parallelMin?: number;
  /** After contention so many transactions are executed one after the other before the next run, doubled each time; default 2,048; 0: never. */
  backoffMin?: number;
  /** A run in which more than so many of 40 transactions are executed ahead of their turn in vain is given up; default 18; 40: none is. */
  inVainMax?: number;
  /** Called before workers read: resolves when what they read is what the kernel's backend reads. */
  settled?: () => Promise<void> | undefined;
}

/** Told of a transaction that is not included: its index, why, and its sender as it was then where that exists. */
export type RejectTransaction = (index: number, reason: string, sender: RejectedSender | undefined) => void;

/** How many of a run's transactions are in the state, and how many of these in the block's lists. */
interface RunEnd {
  settled: number;
  sealed: number;
}

const NO_RUN: RunEnd = { settled: 0, sealed: 0 };
/** Transactions that are handed over at first, twice as many the next time: workers begin early. */
const FIRST_SHARE = 32;
/** And at most: a run that is given up early has not been handed much in vain. */
const SHARE_MAX = 256;
/** Parallel execution of a stretch in which one sender has a larger share gains too little. */
const SENDER_SHARE_MAX = 0.7;
/** What a transaction costs whatever it does, its receipt and its part of the state root included, in gas that is executed in that time: about. */
const TRANSACTION_COST = 75_000;
const TRANSFER_GAS = 21_000;
/** Gas limits are often far above what is used. */
const TRANSFERS_EACH_MAX = 10;
/** Transactions whose senders are looked at before a run, about. */
const SENDER_SAMPLE = 64;
/** Where the doubling ends. */
const BACKOFF_MAX = 65_536;
/** Without a task for so long the main thread lets its other events have their turn. */
const YIELD_AFTER_MS = 5;

export class ParallelRunner {
  readonly #kernel: Kernel;
  readonly #pool: WorkerPool;
  readonly #backend: StateBackend;
  readonly #logger: Logger | undefined;
  readonly #parallelMin: number;
  readonly #lengthMax: number;
  readonly #records: TransactionRecords;
  readonly #backoffMin: number;
  readonly #inVainMax: number;
  readonly #settled: ParallelRunnerOptions['settled'];
  readonly #statistics: ParallelStatistics;
  /** Transactions to go before the next run. */
  #backoff = 0;
  #nextBackoff: number;
  /** Of the block in hand. */
  #isRootInJobs = false;

  /** @param backend the kernel's, on this thread: workers without one of their own ask here */
  constructor(
    kernel: Kernel,
    pool: WorkerPool,
    backend: StateBackend,
    { parallelMin = 256, backoffMin = 2048, inVainMax = 18, settled }: ParallelRunnerOptions = {},
    logger?: Logger,
  ) {
    this.#kernel = kernel;
    this.#pool = pool;
    this.#backend = backend;
    this.#logger = logger;
    this.#parallelMin = parallelMin;
    this.#lengthMax = pool.options.transactionCountMax;
    this.#records = new TransactionRecords(pool.options.sourceSizeBytes >> 1, pool.options.sourceSizeBytes >> 1);
    this.#backoffMin = backoffMin;
    this.#inVainMax = inVainMax;
    this.#settled = settled;
    this.#nextBackoff = backoffMin;
    this.#statistics = emptyStatistics(pool.options.workerCount);
    kernel.exports.attachRun(...pool.runArguments(0));
  }

  statistics(): ParallelStatistics {
    return {
      ...structuredClone(this.#statistics),
      stateMoved: this.#pool.stateMovedCount,
      idleMs: this.#statistics.idleMs.map((_, worker) => this.#pool.idleMs(worker)),
    };
  }

  /**
   * Executes the transactions on the block that the kernel has begun, and seals them, as `Kernel.executeAll` does: nothing of them becomes an object.
   * @param reject told of each that is not included
   * @param accessList what somebody says is the block's (EIP-7928, encoded): with the right one no transaction waits for another; no result depends on it
   * @returns whether the list is the block's; not known, and false, where it was not used
   * @throws Kernel.StateMoved where workers that read by themselves may have read another state: the kernel's cache is then to be dropped; what
   * `Kernel.executeAll` throws, and what `reject` throws; the kernel's block is then to be taken back
   */
  async execute(
    transactions: SignedTransaction[],
    reject: RejectTransaction,
    accessList?: Uint8Array,
  ): Promise<boolean> {
    await this.#prepare(transactions);
    if (accessList && (await this.#replay(transactions, reject, accessList))) return true;
    for (let from = 0; from < transactions.length; ) {
      let to = Math.min(transactions.length, from + (this.#backoff > 0 ? this.#backoff : this.#lengthMax));
      let run = NO_RUN;
      if (this.#mayRun(transactions, from, to) && !hasMainSender(transactions, from, to)) {
        const hand = () => {
          const handed = this.#hand(transactions, from, to);
          to = from + handed;
          return handed;
        };
        run = await this.#run(to - from, hand);
      }
      const { settled, sealed } = run;
      this.#sealResults(transactions, from, sealed, settled, reject);
      this.#statistics.parallelTransactions += settled;
      // At least one, so that one that can't be handed over gets its turn.
      to = Math.max(to, from + 1);
      this.#sealInOrder(transactions.slice(from + settled, to), from + settled, reject);
      from = to;
    }
    return false;
  }

  /** Threads start with the first list that is long enough for them; it and those that come before they are up are executed in order. */
  async #prepare(transactions: { gasLimit: bigint }[]): Promise<void> {
    if (isLong(transactions, 0, transactions.length, this.#parallelMin)) this.#pool.start();
    await this.#pool.replaceFailed();
    if (this.#pool.threadCount > 1) await this.#settled?.();
  }

  /** Executes and seals all the transactions with their block's access list. False: nothing was done, they are to be executed without. */
  async #replay(
    transactions: SignedTransaction[],
    reject: RejectTransaction,
    accessList: Uint8Array,
  ): Promise<boolean> {
    const { exports } = this.#kernel;
    const count = transactions.length;
    if (!isLong(transactions, 0, count, this.#parallelMin)) return false;
    if (count > this.#lengthMax || this.#pool.upCount < 2) return false;
    const list = this.#kernel.accessList.place(accessList);
    if (!list || exports.beginRun(count, this.#inVainMax) === 0) return false;
    const hand = () => {
      const handed = this.#hand(transactions, 0, count);
      if (handed < count) this.#stop(Stop.regionFull);
      return handed;
    };
    const isDone = exports.beginReplay(list.from, list.to) !== 0 && (await this.#runOnPool(hand, 1));
    if (!isDone || exports.isReplayed() === 0 || exports.fittingCount(count) >>> 0 !== count) {
      const reason = Atomics.load(this.#control(), RunField.stop / 4);
      if (reason === Stop.none || reason === Stop.listDiffers) this.#statistics.wrongAccessLists++;
      this.#logger?.warn({ reason }, 'an access list does not hold: its block is executed without');
      return false;
    }
    const sealed = await this.#settle(count, () => exports.settleReplay());
    this.#sealResults(transactions, 0, sealed, count, reject);
    this.#statistics.parallelTransactions += count;
    this.#statistics.replayedTransactions += count;
    return true;
  }

  /**
   * The state root after the block's changes, as `Kernel.stateRoot`, by all workers where that pays.
   * @param meanwhile what the main thread does while the others compute
   * @throws as `Kernel.stateRoot`, and what `meanwhile` throws
   */
  async stateRoot(meanwhile: () => void): Promise<Hash> {
    this.#isRootInJobs = false;
    if (this.#pool.readyCount < 2) {
      meanwhile();
      return this.#kernel.stateRoot();
    }
    let fate: JobsFate | undefined;
    const root = await this.#kernel.stateRootInJobs(async (begin, besides) => {
      fate = await this.#runJobs(begin, besides);
      return fate;
    }, meanwhile);
    this.#isRootInJobs = fate === 'done';
    if (this.#isRootInJobs) this.#statistics.rootsInJobs++;
    return root;
  }

  /**
   * What the block changed in the tries, as `KernelTrie.takeRecords`, after `stateRoot`; by all workers where they computed that too.
   * @param meanwhile what the main thread does while the others are at it
   * @throws as `stateRoot`
   */
  async trieRecords(meanwhile: () => void): Promise<Uint8Array[]> {
    if (this.#isRootInJobs && this.#pool.upCount > 1) {
      return this.#kernel.trieRecordsInJobs((begin, besides) => this.#runJobs(begin, besides), meanwhile);
    }
    meanwhile();
    return this.#kernel.trie.takeRecords();
  }

  /** All workers do the jobs that `begin` describes; `meanwhile` is the main thread's before it takes part. */
  async #runJobs(begin: () => void, meanwhile?: () => void): Promise<JobsFate> {
    const { exports } = this.#kernel;
    begin();
    this.#pool.open();
    let failures: string[];
    try {
      meanwhile?.();
      exports.work(1);
    } finally {
      failures = await this.#pool.close(this.#backend);
    }
    const isDone = exports.endPhase() === 1;
    if (failures.length === 0) return isDone ? 'done' : 'failed';
    this.#logger?.error({ failures }, 'workers failed: the block goes on without them');
    return 'broken';
  }

  #sealResults(
    transactions: SignedTransaction[],
    from: number,
    sealed: number,
    settled: number,
    reject: RejectTransaction,
  ): void {
    for (let next = sealed; next < settled; next++) {
      next = this.#kernel.exports.sealResults(next, settled) >>> 0;
      if (next === settled) return;
      const outcome = this.#kernel.takeResult(next);
      if (outcome.rejection === undefined) {
        const message = `no room for the receipt of transaction ${toHex(transactions[from + next].hash)}`;
        throw new TributaryError('Kernel.RegionFull', message, { recovery: 'halt' });
      }
      reject(from + next, outcome.rejection, this.#kernel.rejectedSender(next, outcome));
    }
  }

  #sealInOrder(transactions: SignedTransaction[], first: number, reject: RejectTransaction): void {
    for (let next = 0; next < transactions.length; next++) {
      const { end, rejection } = this.#kernel.executeAll(transactions, next);
      if (rejection !== undefined) reject(first + end, rejection, this.#kernel.account(transactions[end].from));
      next = end;
    }
    this.#statistics.sequentialTransactions += transactions.length;
    this.#backoff = Math.max(0, this.#backoff - transactions.length);
  }

  #mayRun(transactions: { gasLimit: bigint }[], from: number, to: number): boolean {
    return this.#backoff === 0 && this.#pool.readyCount > 1 && isLong(transactions, from, to, this.#parallelMin);
  }

  /**
   * A run of at most `countMax` transactions, which `hand` adds, returning how many. Returns how many of them are settled; where the run was given up
   * these are its first ones, perhaps none.
   */
  async #run(countMax: number, hand: () => number): Promise<RunEnd> {
    const { exports } = this.#kernel;
    if (exports.beginRun(countMax, this.#inVainMax) === 0) return NO_RUN;
    const isDone = await this.#runOnPool(hand, SENDER_SHARE_MAX);
    const fitting = exports.fittingCount(exports.finalCount()) >>> 0;
    const sealed = await this.#settle(fitting, () => exports.settle(fitting));
    if (isDone) this.#nextBackoff = Math.max(this.#backoffMin, this.#nextBackoff / 2);
    else this.#abandon();
    return { settled: fitting, sealed };
  }

  /**
   * Has `settle` bring the results of the run's first `count` transactions into the state. Returns how many of them are in the block's lists: all workers
   * write their receipts meanwhile, where that pays.
   */
  async #settle(count: number, settle: () => void): Promise<number> {
    const { exports } = this.#kernel;
    const begunAt = performance.now();
    let sealed = 0;
    if (this.#pool.readyCount > 1 && exports.planSealing(count) > 0) {
      if ((await this.#runJobs(() => exports.beginSealJobs(), settle)) === 'broken') this.#kernel.trie.reset();
      sealed = exports.finishSealing() >>> 0;
      this.#statistics.transactionsSealedInJobs += sealed;
    } else {
      settle();
    }
    this.#statistics.settleMs += performance.now() - begunAt;
    return sealed;
  }

  /**
   * The run that was begun, on all workers, with the transactions that `hand` adds. True: it is done; false: it was given up, as it is where one sender has
   * more than `senderShareMax` of them.
   */
  async #runOnPool(hand: () => number, senderShareMax: number): Promise<boolean> {
    const { exports } = this.#kernel;
    const begunAt = performance.now();
    let handedAt = begunAt;
    let failures: string[];
    let isDone = false;
    const movedBefore = this.#pool.stateMovedCount;
    try {
      this.#pool.open();
      const handed = hand();
      if (exports.sealRun() > handed * senderShareMax) this.#stop(Stop.contended);
      handedAt = performance.now();
      isDone = await this.#takePart();
    } catch (error) {
      // The sequential execution that follows throws it again where it was not speculation's fault.
      this.#stop(Stop.host);
      this.#logger?.warn({ error }, 'parallel execution failed on the main thread');
    } finally {
      exports.leaveRun();
      failures = await this.#pool.close(this.#backend);
    }
    if (failures.length > 0) this.#logger?.error({ failures }, 'workers failed: the block goes on without them');
    if (!isDone) exports.breakCodeLock();
    if (failures.length > 0) this.#kernel.trie.reset();
    if (this.#pool.stateMovedCount !== movedBefore) throw stateMoved();
    this.#count();
    this.#statistics.handMs += handedAt - begunAt;
    this.#statistics.runMs += performance.now() - handedAt;
    return isDone;
  }

  /**
   * Copies the transactions into the memory that all workers see, where the kernel decodes them; workers execute them as they come. Returns how many it
   * took: what the region for encoded transactions holds, up to one that only the kernel's other way takes.
   */
  #hand(transactions: SignedTransaction[], from: number, to: number): number {
    const { exports, bytes } = this.#kernel;
    const control = this.#control();
    const records = this.#records;
    const sourceEnd = this.#pool.sourceAt + this.#pool.options.sourceSizeBytes;
    let at = this.#pool.sourceAt;
    let next = from;
    for (let share = FIRST_SHARE; next < to; share = Math.min(SHARE_MAX, 2 * share)) {
      records.clear();
      let end = next;
      while (end < Math.min(to, next + share) && records.takes(transactions[end]) && records.add(transactions[end]))
        end++;
      const room = at + records.bytes.length;
      if (end === next || room > sourceEnd) break;
      bytes.set(records.bytes, at);
      const added = exports.addRecords(at, end - next, room, sourceEnd) >>> 0;
      at = exports.roomEnd() >>> 0;
      next += added;
      if (next < end || Atomics.load(control, RunField.stop / 4) !== Stop.none) break;
      if (Atomics.load(control, RunField.requests / 4) !== 0) this.#pool.answer(this.#backend);
    }
    return next - from;
  }

  /** The main thread's part. True: the run is done; false: it was given up. */
  async #takePart(): Promise<boolean> {
    const { exports } = this.#kernel;
    let progress = -1;
    let progressAt = performance.now();
    let yieldedAt = progressAt;
    for (;;) {
      const result = exports.work(1);
      if (result === Work.done) return true;
      if (result === Work.stopped) return false;
      if (result === Work.request) {
        this.#pool.answer(this.#backend);
        continue;
      }
      const before = performance.now();
      this.#pool.waitForWorkers(IDLE_WAIT_MS);
      const now = performance.now();
      this.#pool.addIdleMs(now - before);
      const current = this.#taskCount();
      if (current !== progress) {
        progress = current;
        progressAt = now;
      } else if (now - progressAt > this.#pool.options.hangTimeoutMs) {
        this.#stop(Stop.host);
        this.#logger?.error({ withoutProgressMs: Math.round(now - progressAt) }, 'parallel execution hangs');
        return false;
      }
      if (now - yieldedAt > YIELD_AFTER_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#pool.hasFailed) this.#stop(Stop.host);
        yieldedAt = performance.now();
      }
    }
  }

  #stop(reason: number): void {
    Atomics.compareExchange(this.#control(), RunField.stop / 4, Stop.none, reason);
  }

  #control(): Int32Array {
    return new Int32Array(this.#kernel.sharedMemory.memory.buffer, this.#pool.runAt, 1024);
  }

  #statistic(worker: number, field: number): number {
    const at = this.#pool.runAt + RunField.statistics + worker * STATISTICS_SIZE_BYTES + field;
    return this.#kernel.view.getUint32(at, true);
  }

  #taskCount(): number {
    let count = 0;
    for (let worker = 0; worker < this.#pool.options.workerCount; worker++) {
      count +=
        this.#statistic(worker, StatisticsField.executions) + this.#statistic(worker, StatisticsField.validations);
    }
    return count;
  }

  /** Adds the run's figures to the statistics. */
  #count(): void {
    const statistics = this.#statistics;
    const { conflicts, deltas } = statistics;
    statistics.parallelRuns++;
    for (let worker = 0; worker < this.#pool.options.workerCount; worker++) {
      statistics.executions += this.#statistic(worker, StatisticsField.executions);
      statistics.reexecutions += this.#statistic(worker, StatisticsField.aborts);
      statistics.putOff += this.#statistic(worker, StatisticsField.dependencies);
      statistics.validations += this.#statistic(worker, StatisticsField.validations);
      conflicts.account += this.#statistic(worker, StatisticsField.conflicts);
      conflicts.balance += this.#statistic(worker, StatisticsField.conflicts + 4);
      conflicts.slot += this.#statistic(worker, StatisticsField.conflicts + 8);
      deltas.kept += this.#statistic(worker, StatisticsField.deltas);
      deltas.resolved += this.#statistic(worker, StatisticsField.resolved);
    }
  }

  #abandon(): void {
    const { abandonedRuns } = this.#statistics;
    const reason = Atomics.load(this.#control(), RunField.stop / 4);
    if (reason === Stop.contended) abandonedRuns.contended++;
    else if (reason === Stop.exceptional) abandonedRuns.exceptional++;
    else if (reason === Stop.tooManyCredits) abandonedRuns.tooManyCredits++;
    else if (reason === Stop.regionFull) abandonedRuns.regionFull++;
    else abandonedRuns.failed++;
    if (reason !== Stop.contended) {
      this.#logger?.warn({ reason }, 'a parallel run was given up: its transactions are executed in order');
    }
    this.#backOff();
  }

  #backOff(): void {
    this.#backoff = this.#nextBackoff;
    this.#nextBackoff = Math.min(BACKOFF_MAX, 2 * this.#nextBackoff);
  }
}

/** Whether the transactions are worth as many plain transfers as that: what it costs to wake others for them is about what 200 transfers take. */
function isLong(transactions: { gasLimit: bigint }[], from: number, to: number, transfersMin: number): boolean {
  let transfers = 0;
  for (let i = from; i < to && transfers < transfersMin; i++) {
    const cost = TRANSACTION_COST + Number(transactions[i].gasLimit);
    transfers += Math.min(TRANSFERS_EACH_MAX, cost / (TRANSACTION_COST + TRANSFER_GAS));
  }
  return transfers >= transfersMin;
}

/**
 * Whether more of the transactions than `SENDER_SHARE_MAX` come from one sender, going by a sample: that says nothing of the lists that follow, so it is to be
 * seen before a run is begun. Boyer and Moore's majority vote.
 */
function hasMainSender(transactions: { from: Address }[], from: number, to: number): boolean {
  const step = Math.max(1, Math.floor((to - from) / SENDER_SAMPLE));
  let candidate = transactions[from].from;
  let votes = 0;
  let samples = 0;
  for (let i = from; i < to; i += step) {
    const sender = transactions[i].from;
    if (votes === 0) candidate = sender;
    votes += equalBytes(sender, candidate) ? 1 : -1;
    samples++;
  }
  // With a share s of all samples the candidate keeps (2 s - 1) of the votes at least.
  if (votes < (2 * SENDER_SHARE_MAX - 1) * samples) return false;
  let own = 0;
  for (let i = from; i < to; i += step) if (equalBytes(transactions[i].from, candidate)) own++;
  return own > SENDER_SHARE_MAX * samples;
}

function stateMoved(): TributaryError {
  const message = 'the state that a block is executed on was written to meanwhile';
  return new TributaryError('Kernel.StateMoved', message, { recovery: 'retry' });
}
