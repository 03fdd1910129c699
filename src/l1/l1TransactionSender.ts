import {
  type Abi,
  formatTransactionReceipt,
  type Hex,
  type LocalAccount,
  parseTransaction,
  type TransactionReceipt,
} from 'viem';
import { assert } from '../core/assert';
import { fromHex, type Hash, toHex } from '../core/bytes';
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
import { Deferred } from './deferred';
import { executionGas, GAS_LIMIT_MAX, type GasExperience, gasLimitFor, gasOfBytes } from './gasLimit';
import { type L1Client, toQuantity } from './l1Client';
import { currentFees, type L1FeeCaps, type L1Fees, replacementFees } from './l1Fees';
import { readL1Prices } from './l1Prices';
import {
  type PendingRecord,
  PendingTransactionStore,
  type SignedL1Transaction,
  transactionHash,
} from './pendingTransactionStore';
import { detailsOf, revertReason } from './revertReason';

export interface L1TransactionSenderOptions {
  l1: L1Client;
  /** The key that signs. No other sender may use it: two would take each other's nonces. */
  account: LocalAccount;
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

/** A contract call to be made. */
export interface L1Call {
  /** What it is for, in logs and errors, e.g. `Inbox.postBatch`. */
  label: string;
  to: Hex;
  data: Hex;
  /** Wei; default 0. */
  value?: bigint;
  /** Names the errors it may revert with. */
  abi?: Abi;
  /** What the transaction carries beside the call (type 3), `BLOB_SIZE_BYTES` each. */
  blobs?: Uint8Array[];
  /**
   * True when whoever made the call wants it no more, e.g. a batch on blocks that an L1 reorganization took back. While it is not included,
   * an empty transfer is sent in its place then.
   */
  isObsolete?: () => boolean;
}

interface Pending extends PendingRecord {
  call: L1Call;
  gasLimit: bigint;
  fees: L1Fees;
  sentAtMs: number;
  /** L1's head when it was last sent. */
  sentAtBlock: number;
  /** The L1 refused it as too cheap: replace it at the next look. */
  underpriced: boolean;
  /** Looks in a row at which its nonce was used up but none of its attempts had a receipt. */
  looksWithoutReceipt: number;
  /** The L1 refused the form of its sidecar once. */
  isSidecarSwitched?: boolean;
  /** Of the empty transfer that took its place. */
  cancelHash?: Hash;
  /** What it was before an empty transfer took its place. */
  cancelledLabel?: string;
  /** Since when its nonce is free and the L1 does not know it; undefined when it does. */
  unknownSinceMs: number | undefined;
  settle: Deferred<TransactionReceipt>;
}

const GWEI = 1_000_000_000n;
const EMPTY_TRANSFER_GAS = 21_000n;
/** How much more than the L1 estimates is asked for at most, after calls that ran out of gas. */
const GAS_FACTOR_MAX = 64n;
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
  readonly #account: LocalAccount;
  readonly #store: PendingTransactionStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pollIntervalMs: number;
  readonly #resubmitAfterMs: number;
  readonly #confirmations: number;
  readonly #lostAfterMs: number;
  readonly #feeCaps: L1FeeCaps;
  readonly #tipMinWei: bigint;
  readonly #tipCapWei: bigint;
  readonly #inFlightMax: number;
  readonly #blobs: BlobPosting | undefined;
  /** Unsettled, by nonce ascending. */
  #pending: Pending[] = [];
  /** The last ones that were settled, by nonce ascending. */
  #settled: Pending[] = [];
  /** By label: what such calls came to. */
  readonly #gasExperience = new Map<string, GasExperience>();
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
    this.#tipMinWei = options.tipMinWei ?? GWEI;
    this.#tipCapWei = options.tipCapWei ?? 20n * GWEI;
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
    let pending: Pending;
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

  async #launch(call: L1Call, sidecar: BlobSidecar | undefined): Promise<Pending> {
    const gasLimit = await this.#patiently(() => this.#estimateGas(call, sidecar));
    const [nonce, fees, sentAtBlock] = await this.#patiently(() =>
      Promise.all([this.#nextNonce(), this.#currentFees(sidecar !== undefined), this.#headNumber()]),
    );
    const sentAtMs = this.#clock.nowMs();
    const pending = pendingFor({ call, sidecar, nonce, gasLimit, fees, sentAtMs, sentAtBlock });
    if (call.isObsolete?.()) throw obsolete(pending);
    await this.#sign(pending, fees);
    await this.#store.put(pending);
    this.#pending.push(pending);
    const refusal = await this.#broadcast(pending);
    if (refusal && !(await this.#patiently(() => this.#receipt(pending)))) {
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

  async #sign(pending: Pending, fees: L1Fees): Promise<void> {
    const { call, nonce, gasLimit, sidecar } = pending;
    pending.fees = fees;
    const { maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas } = fees;
    const common = {
      chainId: this.#l1.chainId,
      nonce,
      gas: gasLimit,
      maxFeePerGas,
      maxPriorityFeePerGas,
      to: call.to,
      data: call.data,
      value: call.value ?? 0n,
    };
    const blobVersionedHashes = sidecar && versionedHashesOf(sidecar).map(toHex);
    pending.raw = (await this.#account.signTransaction(
      blobVersionedHashes
        ? { type: 'eip4844', ...common, maxFeePerBlobGas: maxFeePerBlobGas ?? 0n, blobVersionedHashes }
        : { type: 'eip1559', ...common },
    )) as SignedL1Transaction;
    pending.hashes.push(transactionHash(pending.raw));
  }

  /** @returns why the L1 will never take it, or undefined when it did, has it, or may take it yet */
  async #broadcast(pending: Pending): Promise<string | undefined> {
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

  async #estimateGas(call: L1Call, sidecar: BlobSidecar | undefined): Promise<bigint> {
    const request = this.#request(call, sidecar);
    try {
      const gas = await this.#l1.read((viem) => viem.request({ method: 'eth_estimateGas', params: [request] }));
      const estimate = BigInt(gas);
      const isPossible = estimate >= gasOfBytes(call.data) / 4n && estimate <= GAS_LIMIT_MAX;
      if (!isPossible) {
        const fields = { label: call.label, estimate, gasOfBytes: gasOfBytes(call.data), gasLimitMax: GAS_LIMIT_MAX };
        this.#logger.warn(fields, 'the L1 gives a gas estimate that cannot be: bounding it');
      }
      return gasLimitFor(estimate, call.data, this.#gasOf(call.label));
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      const reason = revertReason(error, call.abi);
      if (reason) throw reverted(call, reason.sentence);
      throw new TributaryError('L1.TransactionRefused', `the L1 refuses ${call.label}: ${detailsOf(error)}`, {
        recovery: 'retry',
        details: { reason: detailsOf(error) },
      });
    }
  }

  #request(call: L1Call, sidecar: BlobSidecar | undefined) {
    const request = { from: this.address, to: call.to, data: call.data, value: toBigQuantity(call.value ?? 0n) };
    if (!sidecar) return request;
    const maxFeePerBlobGas = toBigQuantity(this.#feeCaps.blobFeeCapWei);
    return { ...request, blobVersionedHashes: versionedHashesOf(sidecar).map(toHex), maxFeePerBlobGas };
  }

  async #nextNonce(): Promise<number> {
    const usedNonces = await this.#transactionCount();
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
    const [usedNonces, headNumber] = await Promise.all([this.#transactionCount(), this.#headNumber()]);
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

  async #isUnknown(pending: Pending): Promise<boolean> {
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
  async #cancel(pending: Pending): Promise<void> {
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
    const current = await this.#currentFees(false);
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
    const fees = await this.#currentFees(false);
    for (let nonce = usedNonces; nonce < first.nonce; nonce++) {
      const call = this.#emptyTransfer('empty transfer');
      const times = { sentAtMs: 0, sentAtBlock: 0 };
      const filler = pendingFor({ call, sidecar: undefined, nonce, gasLimit: EMPTY_TRANSFER_GAS, fees, ...times });
      await this.#sign(filler, fees);
      await this.#broadcast(filler);
    }
  }

  async #lookForReceipt(pending: Pending, headNumber: number): Promise<void> {
    const receipt = await this.#receipt(pending);
    if (!receipt) {
      if (++pending.looksWithoutReceipt < LOOKS_WITHOUT_RECEIPT_MAX) return;
      if (pending.cancelledLabel === undefined && !pending.call.isObsolete?.()) return this.#renumber(pending);
      await this.#forget(pending);
      pending.settle.reject(obsolete(pending));
      return;
    }
    pending.looksWithoutReceipt = 0;
    if (headNumber - Number(receipt.blockNumber) + 1 < this.#confirmations) return;
    const failure = receipt.status === 'reverted' ? await this.#failureOf(pending, receipt) : undefined;
    if (!failure) this.#learnGas(pending, receipt.gasUsed);
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

  async #resubmit(pending: Pending, headNumber: number): Promise<void> {
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

  async #raiseFees(pending: Pending): Promise<void> {
    const fees = replacementFees(pending.fees, await this.#currentFees(pending.sidecar !== undefined), this.#feeCaps);
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
  async #renumber(pending: Pending): Promise<void> {
    await this.#exclusively(async () => {
      this.#logger.warn({ label: pending.label, nonce: pending.nonce }, 'the nonce was used by a foreign transaction');
      await this.#forget(pending);
      pending.nonce = Math.max(await this.#transactionCount(), await this.#nextNonce());
      pending.hashes = [];
      pending.looksWithoutReceipt = 0;
      await this.#sign(pending, await this.#currentFees(pending.sidecar !== undefined));
      await this.#store.put(pending);
      this.#pending.push(pending);
      pending.sentAtMs = this.#clock.nowMs();
      await this.#broadcast(pending);
    });
  }

  async #failureOf(pending: Pending, receipt: TransactionReceipt): Promise<TributaryError> {
    const { call, gasLimit } = pending;
    // A call within the call leaves a 64th of what it had (EIP-150).
    if (receipt.gasUsed * 64n >= gasLimit * 61n) {
      const { executionGas, factor } = this.#gasOf(call.label);
      const doubled = 2n * factor < GAS_FACTOR_MAX ? 2n * factor : GAS_FACTOR_MAX;
      this.#gasExperience.set(call.label, { executionGas, factor: doubled });
      const reason = `out of gas: of ${gasLimit}, made of the L1's estimate, it used ${receipt.gasUsed}`;
      return reverted(call, reason, receipt.transactionHash);
    }
    const request = this.#request(call, pending.sidecar);
    try {
      // Best effort: asked again after the block, which mostly shows what had changed since the gas was estimated.
      const at = toQuantity(Number(receipt.blockNumber));
      await this.#l1.read((viem) => viem.request({ method: 'eth_call', params: [request, at] }));
    } catch (error) {
      const reason = revertReason(error, call.abi);
      if (reason) return reverted(call, reason.sentence, receipt.transactionHash);
    }
    return reverted(call, 'for a reason that L1 does not tell', receipt.transactionHash);
  }

  #gasOf(label: string): GasExperience {
    return this.#gasExperience.get(label) ?? { executionGas: 0n, factor: 1n };
  }

  #learnGas({ label, call }: Pending, gasUsed: bigint): void {
    const known = this.#gasOf(label).executionGas;
    const used = executionGas(gasUsed, call.data);
    this.#gasExperience.set(label, { executionGas: used > known ? used : known, factor: 1n });
  }

  async #forget(pending: Pending): Promise<void> {
    await this.#store.delete(pending.nonce);
    this.#pending = this.#pending.filter((other) => other !== pending);
    this.#freeSlot();
  }

  // --- asking the L1 ---

  /** The receipt of whichever attempt was included. */
  async #receipt(pending: Pending): Promise<TransactionReceipt | undefined> {
    for (const hash of pending.hashes.toReversed()) {
      const receipt = await this.#l1.read((viem) =>
        viem.request({ method: 'eth_getTransactionReceipt', params: [toHex(hash)] }),
      );
      if (receipt) return formatTransactionReceipt(receipt);
    }
    return undefined;
  }

  async #transactionCount(): Promise<number> {
    return Number(
      await this.#l1.read((viem) =>
        viem.request({ method: 'eth_getTransactionCount', params: [this.address, 'latest'] }),
      ),
    );
  }

  async #headNumber(): Promise<number> {
    return Number(await this.#l1.read((viem) => viem.request({ method: 'eth_blockNumber' })));
  }

  async #currentFees(withBlobs = false): Promise<L1Fees> {
    const [block, tip, blobBaseFee] = await Promise.all([
      this.#l1.read((viem) => viem.request({ method: 'eth_getBlockByNumber', params: ['latest', false] })),
      this.#suggestedTip(),
      withBlobs ? readL1Prices(this.#l1).then((prices) => prices.blobBaseFee ?? 1n) : undefined,
    ]);
    return currentFees(BigInt(block?.baseFeePerGas ?? 0), tip, this.#feeCaps, blobBaseFee);
  }

  async #suggestedTip(): Promise<bigint> {
    try {
      const tip = BigInt(await this.#l1.read((viem) => viem.request({ method: 'eth_maxPriorityFeePerGas' })));
      if (tip > this.#tipCapWei) {
        this.#logger.warn(
          { suggestedTipWei: tip, tipCapWei: this.#tipCapWei },
          'the L1 suggests an absurd tip: capped',
        );
        return this.#tipCapWei;
      }
      return tip > this.#tipMinWei ? tip : this.#tipMinWei;
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      return this.#tipMinWei; // an L1 that does not know the method
    }
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

/** Not signed yet. */
function pendingFor(
  fields: Pick<Pending, 'call' | 'sidecar' | 'nonce' | 'gasLimit' | 'fees' | 'sentAtMs' | 'sentAtBlock'>,
): Pending {
  return {
    ...fields,
    label: fields.call.label,
    raw: '0x02',
    hashes: [],
    underpriced: false,
    looksWithoutReceipt: 0,
    unknownSinceMs: undefined,
    settle: new Deferred(),
  };
}

function pendingOf(record: PendingRecord): Pending {
  const { to, data, value, gas, ...fees } = parseTransaction(record.raw);
  return {
    ...record,
    call: { label: record.label, to: to ?? '0x', data: data ?? '0x', value: value ?? 0n },
    gasLimit: gas ?? 0n,
    fees: {
      maxFeePerGas: fees.maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas ?? 0n,
      ...(record.sidecar && { maxFeePerBlobGas: fees.maxFeePerBlobGas ?? 0n }),
    },
    // Overdue, but not passed over: it is sent again as it is.
    sentAtMs: 0,
    sentAtBlock: Number.MAX_SAFE_INTEGER,
    underpriced: false,
    looksWithoutReceipt: 0,
    unknownSinceMs: undefined,
    settle: new Deferred(),
  };
}

function hashOf(pending: Pending): string {
  const hash = pending.hashes.at(-1);
  return hash ? toHex(hash) : '(unsigned)';
}

function toBigQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

function reverted(call: L1Call, reason: string, hash?: Hex): TributaryError {
  return new TributaryError('L1.TransactionReverted', `${call.label} reverts on L1: ${reason}`, {
    details: { reason, transactionHash: hash },
  });
}

function obsolete({ label, cancelledLabel }: Pending): TributaryError {
  return new TributaryError('L1.CallObsolete', `${cancelledLabel ?? label} was given up: nobody wants it any more`);
}

function senderStopped(): TributaryError {
  return new TributaryError('L1.SenderStopped', 'the L1 transaction sender was stopped', { recovery: 'retry' });
}
