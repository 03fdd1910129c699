import type { ChainConfig } from '../chain/chainConfig';
import { forkAt } from '../chain/forks';
import { L1_ATTRIBUTES_GAS_LIMIT, type L1FeeParameters, l1FeeParameters } from '../chain/l1Attributes';
import { l1Fee } from '../chain/l1Fee';
import type { Block } from '../codec/block';
import { EMPTY_CODE_HASH, nextBaseFee } from '../codec/header';
import { decodeTransaction, type SignedTransaction, type Transaction, transactionCost } from '../codec/transaction';
import { type Address, equalBytes, type Hash, toHex } from '../core/bytes';
import { Emitter } from '../core/emitter';
import { errorMessage, TributaryError } from '../core/errors';
import type { Clock, KeyValueOperation, KeyValueStore, Logger } from '../core/ports';
import { delegationTarget } from '../execution/transactionRules';
import type { Account, StateReader } from '../state/stateReader';
import {
  type AdmissionRules,
  checkAdmission,
  insufficientFunds,
  insufficientFundsWithQueued,
  isReplacementPriced,
  nonceTooLow,
  refusal,
} from './admission';
import { EvictionOrder, isCheaper } from './evictionOrder';
import { deletion, Journal, type JournalEntry, journalKey } from './journal';
import { effectiveTip, selectTransactions } from './selectTransactions';
import { type PooledTransaction, SenderQueue } from './senderQueue';

export interface MempoolLimits {
  /** Transactions in the pool. */
  countMax: number;
  /** Sum of their encodings. */
  sizeBytesMax: number;
  /** Transactions of one sender. */
  senderCountMax: number;
}

export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = {
  countMax: 65_536,
  sizeBytesMax: 128 * 1024 * 1024,
  senderCountMax: 16_384,
};

/** What the pool needs of the chain; `state/ChainStore` has it. */
export interface MempoolChain {
  readonly head: Block;
  stateAt(blockNumber: number): StateReader;
  /** After a block has become the head. */
  readonly committed: Pick<Emitter<{ block: Block }>, 'on'>;
  /** After older blocks have become the head again. */
  readonly rewound: Pick<Emitter<unknown>, 'on'>;
}

export interface MempoolOptions {
  store: KeyValueStore;
  chain: MempoolChain;
  config: ChainConfig;
  clock: Clock;
  logger: Logger;
  limits?: Partial<MempoolLimits>;
}

/** A transaction left the pool without having been included. */
export interface DroppedTransaction {
  transaction: SignedTransaction;
  /** `Mempool.Replaced` (details.by: the successor's hash), `.Evicted`, `.NonceTooLow`, `.InsufficientFunds`, or what the executor said. */
  error: TributaryError;
}

/** One sender's part of the pool. */
export interface MempoolContent {
  sender: Address;
  /** Can run now, in nonce order. */
  pending: SignedTransaction[];
  /** Wait for a nonce or for a balance, in nonce order. */
  queued: SignedTransaction[];
}

/** In the journal already; comes into the pool when the chain has been cut back. */
interface KeptTransaction {
  arrival: number;
  transaction: SignedTransaction;
}

/** What the pool looks at of an account. */
type AccountHead = Pick<Account, 'nonce' | 'balance' | 'codeHash'>;

/** How many senders that wait for a larger balance are looked at after each block, beside those that the block touched. */
const SHORT_OF_FUNDS_CHECKS_PER_BLOCK = 256;
/** Hashes in one log line. */
const REPORTED_TRANSACTIONS_MAX = 32;
const NO_ACCOUNT: AccountHead = { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH };

/**
 * Transactions that wait for a block.
 *
 * `insert` puts a transaction into memory only; it must not be acknowledged before `persist` has resolved or a block with it is on disk.
 * That choice is the caller's: in automatic mode the sequencer waits for the block, which spares a disk write for each transaction. `add` does both.
 */
export class Mempool {
  readonly added = new Emitter<SignedTransaction>();
  readonly dropped = new Emitter<DroppedTransaction>();

  readonly #chain: MempoolChain;
  readonly #config: ChainConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limits: MempoolLimits;
  readonly #journal: Journal;
  readonly #byHash = new Map<string, { entry: PooledTransaction; queue: SenderQueue }>();
  readonly #queues = new Map<string, SenderQueue>();
  /** Senders whose next transaction waits for a larger balance; looked at in turn. */
  readonly #shortOfFunds = new Set<SenderQueue>();
  readonly #keptForRewind: KeptTransaction[] = [];
  readonly #unsubscribe: (() => void)[];
  #state: StateReader;
  #baseFeePerGas: bigint;
  /** Of the head: the next block's may differ, and then execution decides. */
  #l1FeeParameters: L1FeeParameters;
  #sizeBytes = 0;
  #nextArrival = 0;
  #isStrandedReportDue = false;
  /** Undefined until the pool is full, and again when the base fee has changed. */
  #evictionOrder: EvictionOrder | undefined;

  /** Loads the journal; transactions that are no longer valid are dropped with a log line. */
  static async open(options: MempoolOptions): Promise<Mempool> {
    const mempool = new Mempool(options);
    mempool.#reload(await mempool.#journal.load());
    return mempool;
  }

  private constructor(options: MempoolOptions) {
    this.#chain = options.chain;
    this.#config = options.config;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ room: 'mempool' });
    this.#limits = { ...DEFAULT_MEMPOOL_LIMITS, ...options.limits };
    this.#journal = new Journal(options.store, this.#logger);
    this.#state = this.#chain.stateAt(this.#chain.head.header.number);
    this.#baseFeePerGas = this.#computeBaseFee();
    this.#l1FeeParameters = l1FeeParameters(this.#chain.head.transactions[0]);
    this.#unsubscribe = [
      this.#chain.committed.on(({ block }) => this.#blockCommitted(block)),
      this.#chain.rewound.on(() => this.#chainRewound()),
    ];
  }

  /** Resolves when nothing is being written to the journal. */
  journalIdle(): Promise<void> {
    return this.#journal.idle();
  }

  /** Finishes the journal's writes and lets go of the chain. The store is the caller's. */
  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#journal.idle();
  }

  /**
   * Takes a raw transaction in; resolves with its hash once it is on disk.
   * @throws Mempool.* and Codec.* in geth's words
   */
  async add(raw: Uint8Array): Promise<Hash> {
    const transaction = decodeTransaction(raw);
    this.insert(transaction);
    await this.persist(transaction.hash);
    return transaction.hash;
  }

  /**
   * Takes a transaction into memory; see the class on acknowledging it.
   * @throws Mempool.AlreadyKnown, .NonceTooLow, .InsufficientFunds, .ReplacementUnderpriced, .Underpriced, .PoolFull, .AccountLimitExceeded,
   *   .SenderNotEoa and those of `checkAdmission`
   */
  insert(transaction: SignedTransaction): void {
    this.#insert(transaction, this.#nextArrival++, true);
  }

  /**
   * Resolves once the transaction would survive a killed process. All that is asked for while a write runs shares the next one.
   * Resolves at once when the pool does not have it (any more).
   * @throws Mempool.JournalFailed
   */
  async persist(hash: Hash): Promise<void> {
    const pooled = this.#byHash.get(toHex(hash));
    if (!pooled) return;
    const { entry } = pooled;
    if (!entry.journaled) {
      const ownKey = journalKey(entry.arrival);
      const obsoleteKeys = entry.staleJournalKeys.splice(0);
      entry.staleJournalKeys.push(ownKey);
      entry.journaled = this.#journal.write(entry.arrival, entry.transaction, obsoleteKeys).then(() => {
        entry.isWritten = true;
      });
    }
    await entry.journaled;
  }

  /** Removals of these transactions' journal entries, for the batch that commits the block with them. */
  journalDeletes(transactions: Transaction[]): KeyValueOperation[] {
    const operations: KeyValueOperation[] = [];
    for (const transaction of transactions) {
      const pooled = this.#byHash.get(toHex(transaction.hash));
      if (!pooled) continue;
      // While its own write is under way, a removal here could land before it: the journal removes it afterwards instead.
      if (pooled.entry.journaled && !pooled.entry.isWritten) continue;
      for (const key of pooled.entry.staleJournalKeys.splice(0)) operations.push(deletion(key));
    }
    return operations;
  }

  /** Number of transactions that can run now: no gap before them, their sender can pay. */
  pending(): number {
    let count = 0;
    for (const queue of this.#queues.values()) count += queue.executableCount;
    return count;
  }

  /** All transactions, pending and queued. */
  size(): { count: number; sizeBytes: number } {
    return { count: this.#byHash.size, sizeBytes: this.#sizeBytes };
  }

  /** See `selectTransactions`. They stay in the pool until a block with them is committed. */
  next(baseFeePerGas: bigint, gasLimit: bigint, sizeBytesMax?: number): SignedTransaction[] {
    return selectTransactions(this.#queues.values(), baseFeePerGas, gasLimit, sizeBytesMax);
  }

  /** Whether some transaction could go into the next block. */
  hasIncludable(): boolean {
    return this.#someNextInLine(() => true);
  }

  /** Whether the transaction could go into the next block if there is room; false for one that is not in the pool. */
  isIncludable(hash: Hash): boolean {
    const pooled = this.#byHash.get(toHex(hash));
    if (!pooled?.queue.isExecutable(pooled.entry)) return false;
    // One that offers too little holds up all that follow it.
    for (let index = 0; ; index++) {
      const entry = pooled.queue.at(index);
      if (entry.transaction.maxFeePerGas < this.#baseFeePerGas) return false;
      if (entry === pooled.entry) return true;
    }
  }

  /** The nonce for the sender's next transaction: its account's plus the transactions that can run now. */
  pendingNonce(sender: Address): bigint {
    const queue = this.#queues.get(toHex(sender));
    return queue ? BigInt(queue.pendingNonce) : (this.#state.account(sender)?.nonce ?? 0n);
  }

  get(hash: Hash): SignedTransaction | undefined {
    return this.#byHash.get(toHex(hash))?.entry.transaction;
  }

  /** The transactions that can run now, in order of arrival. */
  pendingTransactions(): SignedTransaction[] {
    const pending: PooledTransaction[] = [];
    for (const queue of this.#queues.values()) {
      for (let i = 0; i < queue.executableCount; i++) pending.push(queue.at(i));
    }
    return pending.sort((a, b) => a.arrival - b.arrival).map((entry) => entry.transaction);
  }

  content(): MempoolContent[] {
    return [...this.#queues.values()].map((queue) => {
      const transactions = queue.entries().map((entry) => entry.transaction);
      return {
        sender: queue.sender,
        pending: transactions.slice(0, queue.executableCount),
        queued: transactions.slice(queue.executableCount),
      };
    });
  }

  /** Takes a transaction out because it turned out invalid; the sender's later ones stay, queued. */
  drop(hash: Hash, error: TributaryError): void {
    const pooled = this.#byHash.get(toHex(hash));
    if (!pooled) return;
    pooled.queue.remove(pooled.entry);
    this.#forget(pooled.entry, error);
    this.#queueChanged(pooled.queue);
  }

  /**
   * To be called before the chain is cut back: writes the transactions of the blocks that go to the journal, so that a killed process
   * finds them, and puts them into the pool once the chain says `rewound`. Those that cannot come back then (their nonce is used), and those
   * that still wait for money when the others have run, are logged. Deposits come back with their L1 block and are left out.
   * @throws Mempool.JournalFailed; nothing has changed then
   */
  async keepForRewind(transactions: Transaction[]): Promise<void> {
    const kept: KeptTransaction[] = [];
    for (const transaction of transactions) {
      if (transaction.type !== 0x7e) kept.push({ arrival: this.#nextArrival++, transaction });
    }
    await Promise.all(kept.map(({ arrival, transaction }) => this.#journal.write(arrival, transaction, [])));
    this.#keptForRewind.push(...kept);
  }

  /**
   * @param isNew false for one that was accepted before: a balance that has gone down since makes it wait, but not leave, and it finds
   *   room in a full pool
   */
  #insert(transaction: SignedTransaction, arrival: number, isNew: boolean): PooledTransaction {
    const key = toHex(transaction.hash);
    if (this.#byHash.has(key)) throw refusal('AlreadyKnown', 'already known');
    checkAdmission(transaction, this.#rules());
    const account = this.#state.account(transaction.from) ?? NO_ACCOUNT;
    this.#checkSender(transaction.from, account);
    const entry: PooledTransaction = {
      transaction,
      key,
      nonce: Number(transaction.nonce),
      cost: transactionCost(transaction) + l1Fee(transaction.raw, this.#l1FeeParameters),
      arrival,
      staleJournalKeys: [],
      journaled: undefined,
      isWritten: false,
      wasRestored: !isNew,
    };
    const accountNonce = Number(account.nonce);
    if (entry.nonce < accountNonce) throw nonceTooLow(accountNonce, entry.nonce);
    const senderKey = toHex(transaction.from);
    const existing = this.#queues.get(senderKey);
    if (existing) this.#refresh(existing, account);
    const queue = this.#queues.get(senderKey) ?? new SenderQueue(transaction.from, accountNonce, account.balance);
    if (isNew && entry.cost > account.balance) throw insufficientFunds(account.balance, entry.cost);
    checkReplacement(queue, entry);
    if (isNew) checkFundsWithQueued(queue, entry, account.balance);
    if (isNew) this.#makeRoom(queue, entry);
    this.#place(queue, entry);
    this.added.emit(transaction);
    return entry;
  }

  #rules(): AdmissionRules {
    const timestamp = Math.max(this.#chain.head.header.timestamp, Math.floor(this.#clock.nowMs() / 1000));
    return {
      chainId: this.#config.l2ChainId,
      fork: forkAt(this.#config, timestamp),
      gasLimitMax: BigInt(this.#config.gasLimit) - L1_ATTRIBUTES_GAS_LIMIT,
    };
  }

  /** EIP-3607: an account with code sends nothing, unless the code is a delegation (EIP-7702). */
  #checkSender(sender: Address, account: AccountHead): void {
    if (equalBytes(account.codeHash, EMPTY_CODE_HASH)) return;
    if (!delegationTarget(this.#state.code(account.codeHash)))
      throw refusal('SenderNotEoa', `sender not an eoa: address ${toHex(sender)}`);
  }

  #place(queue: SenderQueue, entry: PooledTransaction): void {
    this.#queues.set(queue.senderKey, queue);
    const replaced = queue.put(entry);
    this.#byHash.set(entry.key, { entry, queue });
    this.#sizeBytes += entry.transaction.raw.length;
    if (replaced) {
      // The old one stays on disk until the new one is there or in a block: the old one was perhaps acknowledged.
      entry.staleJournalKeys.push(...replaced.staleJournalKeys.splice(0));
      const details = { by: entry.transaction.hash };
      this.#forget(replaced, new TributaryError('Mempool.Replaced', `replaced by ${entry.key}`, { details }));
    }
    this.#queueChanged(queue);
  }

  /** Gives up the cheapest senders' tails until `entry` fits. */
  #makeRoom(queue: SenderQueue, entry: PooledTransaction): void {
    const existing = queue.find(entry.nonce);
    if (!existing && queue.length >= this.#limits.senderCountMax) this.#makeRoomForSender(queue, entry);
    const countAdded = existing ? 0 : 1;
    const sizeBytesAdded = entry.transaction.raw.length - (existing?.transaction.raw.length ?? 0);
    const rank = {
      isExecutable: entry.nonce <= queue.pendingNonce,
      tip: effectiveTip(entry.transaction, this.#baseFeePerGas),
    };
    while (
      this.#byHash.size + countAdded > this.#limits.countMax ||
      (sizeBytesAdded > 0 && this.#sizeBytes + sizeBytesAdded > this.#limits.sizeBytesMax)
    ) {
      this.#evictionOrder ??= new EvictionOrder(this.#queues.values(), this.#baseFeePerGas);
      const cheapest = this.#evictionOrder.cheapest();
      const wouldBreakOwnChain = cheapest?.queue === queue && cheapest.entry.nonce <= entry.nonce;
      if (!cheapest || wouldBreakOwnChain || (cheapest.isExecutable && !rank.isExecutable)) {
        throw refusal('PoolFull', `txpool is full: ${this.#byHash.size} transactions, ${this.#sizeBytes} bytes`);
      }
      if (!isCheaper(cheapest, rank)) {
        throw refusal(
          'Underpriced',
          `transaction underpriced: tip ${rank.tip}, the full pool asks more than ${cheapest.tip}`,
        );
      }
      this.#evict(cheapest.queue, cheapest.entry);
    }
  }

  /** A sender's own limit never keeps an earlier nonce out: its last one gives way. */
  #makeRoomForSender(queue: SenderQueue, entry: PooledTransaction): void {
    const { tail } = queue;
    if (tail && tail.nonce > entry.nonce) this.#evict(queue, tail);
    else
      throw refusal('AccountLimitExceeded', `account limit exceeded: ${queue.length} transactions of the sender wait`);
  }

  #evict(queue: SenderQueue, entry: PooledTransaction): void {
    queue.remove(entry);
    this.#forget(entry, refusal('Evicted', 'txpool is full: evicted for a transaction that pays more'));
    this.#queueChanged(queue);
  }

  /** Brings a sender's queue to its account as it is now. @param included keys of the transactions that went into a block */
  #refresh(queue: SenderQueue, account: AccountHead, included?: Set<string>): void {
    const accountNonce = Number(account.nonce);
    const { used, unaffordable } = queue.refresh(accountNonce, account.balance);
    for (const entry of used) {
      this.#forget(entry, included?.has(entry.key) ? undefined : nonceTooLow(accountNonce, entry.nonce));
    }
    for (const entry of unaffordable) this.#forget(entry, insufficientFunds(account.balance, entry.cost));
    this.#queueChanged(queue);
  }

  #blockCommitted(block: Block): void {
    this.#headChanged();
    const included = new Set<string>();
    const touched = new Set<SenderQueue>();
    for (const transaction of block.transactions) {
      included.add(toHex(transaction.hash));
      for (const address of [transaction.from, transaction.to]) {
        const queue = address && this.#queues.get(toHex(address));
        if (queue) touched.add(queue);
      }
    }
    // Money also moves inside of contracts: those who wait for it are looked at in turn.
    for (const queue of this.#shortOfFunds) {
      if (touched.size >= included.size + SHORT_OF_FUNDS_CHECKS_PER_BLOCK) break;
      touched.add(queue);
    }
    for (const queue of touched) this.#refresh(queue, this.#accountOf(queue), included);
    this.#reportStranded();
  }

  #chainRewound(): void {
    this.#headChanged();
    for (const queue of [...this.#queues.values()]) {
      for (const entry of queue.entries()) entry.wasRestored = true;
      this.#refresh(queue, this.#accountOf(queue));
    }
    for (const { arrival, transaction } of this.#keptForRewind.splice(0)) {
      this.#restore(journalKey(arrival), arrival, () => transaction);
    }
    this.#isStrandedReportDue = true;
    this.#reportStranded();
  }

  /**
   * Once what came back with a rewind and can run has gone into blocks, what still waits for money stood on deposits of the blocks that went:
   * it runs when L1 has them again.
   */
  #reportStranded(): void {
    if (!this.#isStrandedReportDue || this.#someNextInLine(({ wasRestored }) => wasRestored)) return;
    this.#isStrandedReportDue = false;
    const stranded = [...this.#shortOfFunds]
      .flatMap((queue) => queue.entries().slice(queue.executableCount))
      .filter(({ wasRestored }) => wasRestored);
    if (stranded.length === 0) return;
    this.#logger.warn(
      { count: stranded.length, transactions: stranded.slice(0, REPORTED_TRANSACTIONS_MAX).map(({ key }) => key) },
      'the chain was cut back: these transactions wait until their senders have money again',
    );
  }

  /** Whether some sender's first transaction could go into the next block and is such. */
  #someNextInLine(isSuch: (entry: PooledTransaction) => boolean): boolean {
    for (const queue of this.#queues.values()) {
      if (queue.executableCount === 0) continue;
      const first = queue.at(0);
      if (first.transaction.maxFeePerGas >= this.#baseFeePerGas && isSuch(first)) return true;
    }
    return false;
  }

  #headChanged(): void {
    this.#state = this.#chain.stateAt(this.#chain.head.header.number);
    this.#baseFeePerGas = this.#computeBaseFee();
    this.#l1FeeParameters = l1FeeParameters(this.#chain.head.transactions[0]);
    this.#evictionOrder = undefined;
  }

  #accountOf(queue: SenderQueue): AccountHead {
    return this.#state.account(queue.sender) ?? NO_ACCOUNT;
  }

  /** Keeps the pool's own indexes in step with a queue that may have changed. */
  #queueChanged(queue: SenderQueue): void {
    this.#shortOfFunds.delete(queue);
    if (queue.length === 0) {
      this.#queues.delete(queue.senderKey);
      return;
    }
    if (queue.isShortOfFunds) this.#shortOfFunds.add(queue);
    this.#evictionOrder?.note(queue);
    if (this.#evictionOrder && this.#evictionOrder.size > 4 * this.#limits.countMax) this.#evictionOrder = undefined;
  }

  /** The transaction has left its queue. @param error undefined when a block includes it */
  #forget(entry: PooledTransaction, error: TributaryError | undefined): void {
    this.#byHash.delete(entry.key);
    this.#sizeBytes -= entry.transaction.raw.length;
    this.#journal.erase(entry.staleJournalKeys);
    if (error) this.dropped.emit({ transaction: entry.transaction, error });
  }

  #reload(entries: JournalEntry[]): void {
    for (const { key, arrival, sender, raw } of entries) {
      this.#nextArrival = Math.max(this.#nextArrival, arrival + 1);
      this.#restore(key, arrival, () => decodeTransaction(raw, sender));
    }
  }

  /** Takes in a transaction that the journal holds under `key`; what is not valid any more leaves the journal. */
  #restore(key: Uint8Array, arrival: number, decode: () => SignedTransaction): void {
    try {
      const entry = this.#insert(decode(), arrival, false);
      // What this one replaced need not stay on disk: this one is there already.
      this.#journal.erase(entry.staleJournalKeys.splice(0));
      entry.staleJournalKeys.push(key);
      entry.journaled = Promise.resolve();
      entry.isWritten = true;
    } catch (error) {
      this.#logger.warn({ arrival, error: errorMessage(error) }, 'a transaction of the journal is not valid any more');
      this.#journal.erase([key]);
    }
  }

  #computeBaseFee(): bigint {
    const { elasticity, changeDenominator } = this.#config.baseFee;
    return nextBaseFee(this.#chain.head.header, elasticity, changeDenominator);
  }
}

function checkReplacement(queue: SenderQueue, entry: PooledTransaction): void {
  const existing = queue.find(entry.nonce);
  if (existing && !isReplacementPriced(entry.transaction, existing.transaction)) {
    throw refusal('ReplacementUnderpriced', 'replacement transaction underpriced');
  }
}

/** As geth: the balance must pay for it together with the sender's other transactions that can run. */
function checkFundsWithQueued(queue: SenderQueue, entry: PooledTransaction, balance: bigint): void {
  const existing = queue.find(entry.nonce);
  const replacedCost = existing && queue.isExecutable(existing) ? existing.cost : 0n;
  const queuedCost = queue.executableCost - replacedCost;
  if (queuedCost + entry.cost > balance) throw insufficientFundsWithQueued(balance, queuedCost, entry.cost);
}
