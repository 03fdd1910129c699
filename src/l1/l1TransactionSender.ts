import type { Hex, TransactionReceipt } from 'viem';
import { assert } from '../core/assert';
import { fromHex, toHex } from '../core/bytes';
import { errorMessage, TributaryError } from '../core/errors';
import type { Clock, KeyValueStore, Logger } from '../core/ports';
import { Backoff, sleep, unlessAborted } from './backoff';
import {
  type BlobPosting,
  type BlobSidecar,
  inVersion,
  isSidecarRefusal,
  sealBlobs,
  sidecarVersionOf,
  versionedHashesOf,
  withSidecar,
} from './blobs/blobSidecar';
import { CallGas } from './callGas';
import { Deferred } from './deferred';
import type { L1Call } from './l1Call';
import type { L1Client } from './l1Client';
import { type L1FeeCaps, type L1Fees, replacementFees } from './l1Fees';
import { hashOf, type PendingTransaction, pendingFor, pendingOf } from './pendingTransaction';
import { PendingTransactionStore } from './pendingTransactionStore';
import { detailsOf } from './revertReason';
import { SenderQueries } from './senderQueries';
import { type SigningAccount, signTransaction, transactionHash } from './signTransaction';

export interface L1TransactionSenderOptions {
  l1: L1Client;
  /** The key that signs. No other sender may use it: two would take each other's nonces. */
  account: SigningAccount;
  /** Where unsettled transactions are kept; what is in it from before is driven to its end first. */
  store: KeyValueStore;
  clock: Clock;
  logger: Logger;
  /** How often unsettled transactions are looked after; default 1 s. */
  pollIntervalMs?: number;
  /** After this long without inclusion a transaction is sent again, with higher fees if L1 went on; default 60 s. */
  resubmitAfterMs?: number;
  /**
   * What the L1 does not know for so long, although it was sent, is sent again; default 5 s. Time for those who made it to see what an L1
   * reorganization means to them: a batch on an L1 block that was replaced would only be ignored.
   */
  lostAfterMs?: number;
  /** Blocks, its own included, after which a transaction is settled; default 1. */
  confirmations?: number;
  /** Most that is offered per gas, whatever L1 asks; default 500 gwei. */
  feeCapWei?: bigint;
  /** Most that is offered per blob gas (a blob is 131,072 of it); default 200 gwei. */
  blobFeeCapWei?: bigint;
  /** Least tip per gas; default 1 gwei. */
  tipMinWei?: bigint;
  /** Most of a tip that the L1 may suggest, per gas; raising the fees of a stuck transaction may go beyond. Default 20 gwei. */
  tipCapWei?: bigint;
  /** Transactions on their way at once; default 4. */
  inFlightMax?: number;
  /** For calls with blobs. */
  blobs?: BlobPosting;
}

const GWEI = 1_000_000_000n;
const EMPTY_TRANSFER_GAS = 21_000n;
/** Looks after which a used-up nonce without receipt is another transaction's. */
const LOOKS_WITHOUT_RECEIPT_MAX = 12;
/** Settled transactions that are remembered, in case that an L1 reorganization takes them back. */
const SETTLED_MEMORY_MAX = 16;
/** Between looks at nothing. */
const IDLE_MS = 3_600_000;
/** What is waited out, until `stop`. */
const PASSING_FAULTS = new Set(['L1.Unreachable', 'L1.KzgStopped', 'L1.BlobArchiveFault']);
const RETRY_DELAY_MS_MIN = 250;
const RETRY_DELAY_MS_MAX = 5_000;

/**
 * Sends contract calls from one key and sees them through: nonces without gaps, fees raised until included, outages waited out.
 *
 * A transaction is on disk before it leaves, and stays there until it is settled. After a restart the same signed bytes are sent again:
 * their nonce makes sure that they count once, whatever had become of the first sending. Whoever must know what happened waits for
 * `settled()` and looks at the L1.
 *
 * An L1 reorganization may take back what was settled. Nonces make the order: what came later waits on the L1 until the nonces before it
 * are used again. So what was taken back is pending again before anything new goes out: the same signed bytes, or, where nobody wants them
 * any more (`isObsolete`), an empty transfer under the same nonce. A nonce is never given to another call while the L1 may still have what
 * was signed with it.
 */
export class L1TransactionSender {
  readonly #l1: L1Client;
  readonly #account: SigningAccount;
  readonly #store: PendingTransactionStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pollIntervalMs: number;
  readonly #resubmitAfterMs: number;
  readonly #confirmations: number;
  readonly #lostAfterMs: number;
  readonly #feeCaps: L1FeeCaps;
  readonly #queries: SenderQueries;
  readonly #gas: CallGas;
  readonly #inFlightMax: number;
  readonly #blobs: BlobPosting | undefined;
  /** Unsettled, by nonce ascending. */
  #pending: PendingTransaction[] = [];
  /** The last ones that were settled, by nonce ascending. */
  #settled: PendingTransaction[] = [];
  /** Looks in a row at which a nonce below all pending ones was free. */
  #looksAtGap = 0;
  /** Calls of `send` that wait until fewer than `inFlightMax` are under way, in order. */
  #admission: Promise<unknown> = Promise.resolve();
  /** Admitted calls that are not pending yet. */
  #launching = 0;
  #slotFreed = new Deferred<void>();
  /** What hands out nonces, one at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Aborted to have the pending looked after now. */
  #wake = new AbortController();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: L1TransactionSenderOptions) {
    this.#l1 = options.l1;
    this.#account = options.account;
    this.#store = new PendingTransactionStore(options.store, fromHex(options.account.address));
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#pollIntervalMs = options.pollIntervalMs ?? 1_000;
    this.#resubmitAfterMs = options.resubmitAfterMs ?? 60_000;
    this.#confirmations = options.confirmations ?? 1;
    this.#lostAfterMs = options.lostAfterMs ?? 5_000;
    this.#feeCaps = {
      feeCapWei: options.feeCapWei ?? 500n * GWEI,
      blobFeeCapWei: options.blobFeeCapWei ?? 200n * GWEI,
    };
    const { l1, logger } = options;
    this.#queries = new SenderQueries({
      l1,
      logger,
      address: this.address,
      feeCaps: this.#feeCaps,
      tipMinWei: options.tipMinWei ?? GWEI,
      tipCapWei: options.tipCapWei ?? 20n * GWEI,
    });
    this.#gas = new CallGas({ l1, logger, from: this.address, blobFeeCapWei: this.#feeCaps.blobFeeCapWei });
    this.#inFlightMax = options.inFlightMax ?? 4;
    this.#blobs = options.blobs;
  }

  /** Opens the sender and takes up what an earlier run left. */
  static async open(options: L1TransactionSenderOptions): Promise<L1TransactionSender> {
    const sender = new L1TransactionSender(options);
    for (const record of await sender.#store.load()) sender.#pending.push(pendingOf(record));
    if (sender.#pending.length > 0) {
      options.logger.info({ nonces: sender.#pending.map(({ nonce }) => nonce) }, 'taking up unsettled L1 transactions');
    }
    sender.#running = sender.#lookAfter();
    return sender;
  }

  get address(): Hex {
    return this.#account.address;
  }

  /** Transactions on their way. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /**
   * Makes the call; resolves once it is included and confirmed. Calls go out in the order in which they are asked for.
   * @throws L1.TransactionReverted when it would revert (nothing was sent then) or did (details: `reason`, `transactionHash?`)
   * @throws L1.TransactionRefused when the L1 would not take it, e.g. for lack of funds; nothing is under way then
   * @throws L1.CallObsolete when an empty transfer was included in its place because `isObsolete` said so
   * @throws L1.TakenBack (`retry`) when L1 took back what was settled before; nothing was sent: look at the L1 again
   * @throws L1.SenderStopped when `stop` came first; it may be under way still, and the next run takes it up
   */
  async send(call: L1Call): Promise<TransactionReceipt> {
    // Begins at once: commitments take longer than all else.
    const sealing = call.blobs && this.#seal(call.blobs);
    sealing?.catch(() => undefined);
    const admitted = this.#admission.then(() => this.#admit());
    this.#admission = admitted.catch(() => undefined);
    await admitted;
    let pending: PendingTransaction;
    try {
      pending = await this.#exclusively(async () => {
        const sidecar = sealing && (await unlessAborted(sealing, this.#stop.signal));
        this.#checkRunning();
        return this.#launch(call, sidecar);
      });
    } finally {
      this.#launching--;
      this.#freeSlot();
    }
    return pending.settle.promise;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#pending.length > 0) {
      await Promise.allSettled(this.#pending.map(({ settle }) => settle.promise));
      this.#checkRunning();
    }
  }

  /** Ends the work; what is under way stays on disk. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    this.#freeSlot();
    await this.#running;
    await this.#turn.catch(() => undefined);
    for (const { settle } of this.#pending) settle.reject(senderStopped());
  }

  // --- sending ---

  async #launch(call: L1Call, sidecar: BlobSidecar | undefined): Promise<PendingTransaction> {
    const gasLimit = await this.#patiently(() => this.#gas.limitFor(call, sidecar));
    const [nonce, fees, sentAtBlock] = await this.#patiently(() =>
      Promise.all([this.#nextNonce(), this.#queries.currentFees(sidecar !== undefined), this.#queries.headNumber()]),
    );
    const sentAtMs = this.#clock.nowMs();
    const pending = pendingFor({ call, sidecar, nonce, gasLimit, fees, sentAtMs, sentAtBlock });
    if (call.isObsolete?.()) throw obsolete(pending);
    await this.#sign(pending, fees);
    await this.#store.put(pending);
    this.#pending.push(pending);
    const refusal = await this.#broadcast(pending);
    if (refusal && !(await this.#patiently(() => this.#queries.receipt(pending)))) {
      await this.#forget(pending);
      throw new TributaryError('L1.TransactionRefused', `the L1 refuses ${call.label}: ${refusal}`, {
        recovery: 'retry',
        details: { reason: refusal },
      });
    }
    this.#wake.abort();
    return pending;
  }

  /** In the form that the L1 takes now. */
  #seal(blobs: Uint8Array[]): Promise<BlobSidecar> {
    const posting = this.#blobs;
    assert(posting, 'a sender of blobs is given what makes sidecars');
    return this.#patiently(async () => sealBlobs(posting, blobs, await sidecarVersionOf(this.#l1)));
  }

  async #sign(pending: PendingTransaction, fees: L1Fees): Promise<void> {
    const { call, nonce, gasLimit, sidecar } = pending;
    pending.fees = fees;
    const { maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas = 0n } = fees;
    pending.raw = await signTransaction(this.#account, {
      chainId: this.#l1.chainId,
      nonce,
      gas: gasLimit,
      maxFeePerGas,
      maxPriorityFeePerGas,
      to: call.to,
      data: call.data,
      value: call.value ?? 0n,
      blobs: sidecar && { maxFeePerBlobGas, versionedHashes: versionedHashesOf(sidecar) },
    });
    pending.hashes.push(transactionHash(pending.raw));
  }

  /** @returns why the L1 will never take it, or undefined when it did, has it, or may take it yet */
  async #broadcast(pending: PendingTransaction): Promise<string | undefined> {
    const { sidecar } = pending;
    const raw = sidecar ? withSidecar(pending.raw, sidecar) : pending.raw;
    try {
      await this.#l1.read((viem) => viem.request({ method: 'eth_sendRawTransaction', params: [raw] }));
      this.#logger.debug({ label: pending.label, nonce: pending.nonce, hash: hashOf(pending) }, 'sent to L1');
    } catch (error) {
      // Out of reach, perhaps after it arrived: it stays pending and is sent again.
      if (error instanceof TributaryError) {
        if (error.recovery !== 'retry') throw error;
        this.#logger.warn({ label: pending.label, nonce: pending.nonce }, error.shortMessage);
        return undefined;
      }
      const words = detailsOf(error);
      // It arrived before, or something else used its nonce: the receipts will tell.
      if (/already known|already imported|known transaction|nonce too low|nonce.*already been used/i.test(words))
        return undefined;
      if (
        /underpriced|fee cap.*less than block base fee|max fee per gas less than block base fee|maxFeePerGas.*too low|blob.?gas.*(less|lower|not greater|too low)/i.test(
          words,
        )
      ) {
        pending.underpriced = true;
        return undefined;
      }
      // geth keeps transactions with and without blobs apart, and takes none of the one kind before those of the other are included.
      if (/already reserved/i.test(words)) return undefined;
      if (sidecar && this.#blobs && !pending.isSidecarSwitched && isSidecarRefusal(words)) {
        this.#logger.warn({ label: pending.label, version: sidecar.version }, `trying the other sidecar: ${words}`);
        pending.isSidecarSwitched = true;
        pending.sidecar = await inVersion(this.#blobs, sidecar, sidecar.version === 0 ? 1 : 0);
        await this.#store.put(pending);
        return this.#broadcast(pending);
      }
      return words;
    }
    return undefined;
  }

  async #nextNonce(): Promise<number> {
    const usedNonces = await this.#queries.transactionCount();
    const takenBackCount = await this.#takeBack(usedNonces);
    if (takenBackCount > 0) {
      const message = `L1 took back ${takenBackCount} transactions that were settled`;
      throw new TributaryError('L1.TakenBack', message, { recovery: 'retry' });
    }
    const last = this.#pending.at(-1);
    return last ? last.nonce + 1 : usedNonces;
  }

  /**
   * What was settled under a nonce that is free again is pending again. A look at an endpoint that lags does no harm: it is settled again.
   * @returns how many
   */
  async #takeBack(usedNonces: number): Promise<number> {
    const takenBack = this.#settled.filter(({ nonce }) => nonce >= usedNonces);
    this.#settled = this.#settled.filter(({ nonce }) => nonce < usedNonces);
    for (const pending of takenBack) {
      this.#logger.warn({ label: pending.label, nonce: pending.nonce }, 'L1 took back a transaction');
      await this.#store.put(pending);
      pending.unknownSinceMs = undefined;
      pending.looksWithoutReceipt = 0;
      // Who waited for it was told; `settled` waits again.
      pending.settle = new Deferred();
    }
    if (takenBack.length > 0) {
      this.#pending = [...takenBack, ...this.#pending].sort((a, b) => a.nonce - b.nonce);
      this.#wake.abort();
    }
    return takenBack.length;
  }

  // --- looking after what is under way ---

  async #lookAfter(): Promise<void> {
    const { signal } = this.#stop;
    const backoff = new Backoff(RETRY_DELAY_MS_MIN, RETRY_DELAY_MS_MAX);
    while (!signal.aborted) {
      this.#wake = new AbortController();
      let delayMs = this.#pollIntervalMs;
      try {
        if (this.#pending.length > 0) await this.#look();
        backoff.reset();
      } catch (error) {
        delayMs = backoff.next();
        this.#logger.warn({ error: errorMessage(error) }, 'looking after L1 transactions failed: trying again');
      }
      if (!signal.aborted) await sleep(this.#clock, this.#pending.length > 0 ? delayMs : IDLE_MS, this.#wake.signal);
    }
  }

  async #look(): Promise<void> {
    const [usedNonces, headNumber] = await Promise.all([this.#queries.transactionCount(), this.#queries.headNumber()]);
    await this.#exclusively(() => this.#takeBack(usedNonces));
    for (const pending of [...this.#pending]) {
      if (this.#stop.signal.aborted) return;
      if (pending.nonce < usedNonces) await this.#lookForReceipt(pending, headNumber);
      else {
        if (pending.call.isObsolete?.()) await this.#cancel(pending);
        await this.#resubmit(pending, headNumber);
      }
    }
    await this.#closeGap(usedNonces);
  }

  async #isUnknown(pending: PendingTransaction): Promise<boolean> {
    for (const hash of pending.hashes.toReversed()) {
      const params: [Hex] = [toHex(hash)];
      if (await this.#l1.read((viem) => viem.request({ method: 'eth_getTransactionByHash', params }))) {
        pending.unknownSinceMs = undefined;
        return false;
      }
    }
    pending.unknownSinceMs ??= this.#clock.nowMs();
    return this.#clock.nowMs() - pending.unknownSinceMs >= this.#lostAfterMs;
  }

  /** An empty transfer takes the call's place. */
  async #cancel(pending: PendingTransaction): Promise<void> {
    const { label, nonce } = pending;
    // Nodes keep blob transactions apart: another kind cannot replace one that they know.
    if (pending.sidecar && !(await this.#isUnknown(pending))) return;
    this.#logger.warn({ label, nonce }, 'nobody wants this transaction any more: an empty transfer takes its place');
    pending.cancelledLabel = label;
    pending.call = this.#emptyTransfer(`instead of ${label}`);
    pending.label = pending.call.label;
    pending.gasLimit = EMPTY_TRANSFER_GAS;
    pending.sidecar = undefined;
    const { maxFeePerGas, maxPriorityFeePerGas } = pending.fees;
    const current = await this.#queries.currentFees(false);
    const fees = replacementFees({ maxFeePerGas, maxPriorityFeePerGas }, current, this.#feeCaps) ?? current;
    await this.#sign(pending, fees);
    pending.cancelHash = pending.hashes.at(-1);
    await this.#store.put(pending);
    await this.#broadcast(pending);
  }

  #emptyTransfer(label: string): L1Call {
    return { label, to: this.address, data: '0x' };
  }

  /** Nonces below all pending ones that nothing is known for keep them from ever being included: empty transfers use them up. */
  async #closeGap(usedNonces: number): Promise<void> {
    const first = this.#pending[0];
    if (!first || first.nonce <= usedNonces) {
      this.#looksAtGap = 0;
      return;
    }
    if (++this.#looksAtGap < LOOKS_WITHOUT_RECEIPT_MAX) return;
    this.#looksAtGap = 0;
    this.#logger.warn(
      { from: usedNonces, to: first.nonce - 1 },
      'nonces before the pending transactions are free: using them up',
    );
    const fees = await this.#queries.currentFees(false);
    for (let nonce = usedNonces; nonce < first.nonce; nonce++) {
      const call = this.#emptyTransfer('empty transfer');
      const times = { sentAtMs: 0, sentAtBlock: 0 };
      const filler = pendingFor({ call, sidecar: undefined, nonce, gasLimit: EMPTY_TRANSFER_GAS, fees, ...times });
      await this.#sign(filler, fees);
      await this.#broadcast(filler);
    }
  }

  async #lookForReceipt(pending: PendingTransaction, headNumber: number): Promise<void> {
    const receipt = await this.#queries.receipt(pending);
    if (!receipt) {
      if (++pending.looksWithoutReceipt < LOOKS_WITHOUT_RECEIPT_MAX) return;
      if (pending.cancelledLabel === undefined && !pending.call.isObsolete?.()) return this.#renumber(pending);
      await this.#forget(pending);
      pending.settle.reject(obsolete(pending));
      return;
    }
    pending.looksWithoutReceipt = 0;
    if (headNumber - Number(receipt.blockNumber) + 1 < this.#confirmations) return;
    const failure = receipt.status === 'reverted' ? await this.#gas.failureOf(pending, receipt) : undefined;
    if (!failure) this.#gas.learn(pending, receipt.gasUsed);
    await this.#forget(pending);
    this.#settled = [...this.#settled.filter(({ nonce }) => nonce !== pending.nonce), pending].slice(
      -SETTLED_MEMORY_MAX,
    );
    const { label, nonce } = pending;
    this.#logger.debug(
      { label, nonce, l1Block: Number(receipt.blockNumber), gasUsed: receipt.gasUsed },
      'settled on L1',
    );
    const isCancelled = pending.cancelHash && receipt.transactionHash === toHex(pending.cancelHash);
    if (isCancelled) pending.settle.reject(obsolete(pending));
    else if (failure) pending.settle.reject(failure);
    else pending.settle.resolve(receipt);
  }

  async #resubmit(pending: PendingTransaction, headNumber: number): Promise<void> {
    const overdue = this.#clock.nowMs() - pending.sentAtMs >= this.#resubmitAfterMs;
    const isLost = !overdue && !pending.underpriced && (await this.#isUnknown(pending));
    if (!overdue && !pending.underpriced && !isLost) return;
    // Higher fees help only if L1 made blocks and left it out, not while L1 stands still.
    const passedOver = overdue && headNumber > pending.sentAtBlock;
    if (pending.underpriced || passedOver) await this.#raiseFees(pending);
    pending.underpriced = false;
    pending.unknownSinceMs = undefined;
    pending.sentAtMs = this.#clock.nowMs();
    pending.sentAtBlock = headNumber;
    const refusal = await this.#broadcast(pending);
    if (refusal)
      this.#logger.error(
        { label: pending.label, nonce: pending.nonce, refusal },
        'the L1 refuses a pending transaction',
      );
  }

  async #raiseFees(pending: PendingTransaction): Promise<void> {
    const fees = replacementFees(
      pending.fees,
      await this.#queries.currentFees(pending.sidecar !== undefined),
      this.#feeCaps,
    );
    const { label, nonce } = pending;
    if (!fees) {
      this.#logger.warn({ label, nonce, ...this.#feeCaps }, 'a stuck L1 transaction is at the fee cap: waiting');
      return;
    }
    this.#logger.info({ label, nonce, maxFeePerGas: fees.maxFeePerGas }, 'raising the fees of a stuck L1 transaction');
    await this.#sign(pending, fees);
    await this.#store.put(pending);
  }

  /** Another transaction took its nonce (the key was used elsewhere): the call is made again under the next one. */
  async #renumber(pending: PendingTransaction): Promise<void> {
    await this.#exclusively(async () => {
      this.#logger.warn({ label: pending.label, nonce: pending.nonce }, 'the nonce was used by a foreign transaction');
      await this.#forget(pending);
      pending.nonce = Math.max(await this.#queries.transactionCount(), await this.#nextNonce());
      pending.hashes = [];
      pending.looksWithoutReceipt = 0;
      await this.#sign(pending, await this.#queries.currentFees(pending.sidecar !== undefined));
      await this.#store.put(pending);
      this.#pending.push(pending);
      pending.sentAtMs = this.#clock.nowMs();
      await this.#broadcast(pending);
    });
  }

  async #forget(pending: PendingTransaction): Promise<void> {
    await this.#store.delete(pending.nonce);
    this.#pending = this.#pending.filter((other) => other !== pending);
    this.#freeSlot();
  }

  // --- order ---

  async #admit(): Promise<void> {
    while (this.#pending.length + this.#launching >= this.#inFlightMax) {
      this.#checkRunning();
      await this.#slotFreed.promise;
    }
    this.#launching++;
  }

  #freeSlot(): void {
    this.#slotFreed.resolve();
    this.#slotFreed = new Deferred();
  }

  /** One at a time, in the order of the calls. */
  #exclusively<Result>(action: () => Promise<Result>): Promise<Result> {
    const run = this.#turn.then(() => {
      this.#checkRunning();
      return action();
    });
    this.#turn = run.catch(() => undefined);
    return run;
  }

  /** Repeats what fails for a passing reason, until `stop`. */
  async #patiently<Result>(action: () => Promise<Result>): Promise<Result> {
    const backoff = new Backoff(RETRY_DELAY_MS_MIN, RETRY_DELAY_MS_MAX);
    for (;;) {
      this.#checkRunning();
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof TributaryError) || !PASSING_FAULTS.has(error.code)) throw error;
        this.#logger.warn({}, error.shortMessage);
        await sleep(this.#clock, backoff.next(), this.#stop.signal);
      }
    }
  }

  #checkRunning(): void {
    if (this.#stop.signal.aborted) throw senderStopped();
  }
}

function obsolete({ label, cancelledLabel }: PendingTransaction): TributaryError {
  return new TributaryError('L1.CallObsolete', `${cancelledLabel ?? label} was given up: nobody wants it any more`);
}

function senderStopped(): TributaryError {
  return new TributaryError('L1.SenderStopped', 'the L1 transaction sender was stopped', { recovery: 'retry' });
}
