import type { SignedTransaction } from '../codec/transaction';
import { type Address, toHex } from '../core/bytes';

/** A transaction in the pool. */
export interface PooledTransaction {
  readonly transaction: SignedTransaction;
  /** Lower-case hex of the transaction's hash. */
  readonly key: string;
  readonly nonce: number;
  /** The most it can take from its sender, wei; the L1 data fee as it was when it came. */
  readonly cost: bigint;
  /** Counts up by one with each transaction that came in. */
  readonly arrival: number;
  /** What goes from the journal with this one: its own key once a write was asked for, and those of transactions it replaced. */
  readonly staleJournalKeys: Uint8Array[];
  /** Pending or done write to the journal; undefined when none was asked for. */
  journaled: Promise<void> | undefined;
  /** That write is done. */
  isWritten: boolean;
  /** It came back with a restart or a rewind of the chain: it stays though its sender cannot pay now, for what paid comes back too. */
  wasRestored: boolean;
}

/**
 * One sender's transactions in nonce order. The first `executableCount` can run one after the other on the account as it is: no gap
 * from the account's nonce on, and the balance pays for their summed cost. The rest is queued.
 */
export class SenderQueue {
  readonly senderKey: string;
  readonly #entries: PooledTransaction[] = [];
  #accountNonce: number;
  #balance: bigint;
  #executableCount = 0;
  #executableCost = 0n;
  /** Upper bound of the single costs: spares a walk while the balance is above it. */
  #costMax = 0n;

  constructor(
    readonly sender: Address,
    accountNonce: number,
    balance: bigint,
  ) {
    this.senderKey = toHex(sender);
    this.#accountNonce = accountNonce;
    this.#balance = balance;
  }

  get length(): number {
    return this.#entries.length;
  }

  get executableCount(): number {
    return this.#executableCount;
  }

  /** Summed cost of the executable transactions, wei. */
  get executableCost(): bigint {
    return this.#executableCost;
  }

  /** The nonce after the executable transactions. */
  get pendingNonce(): number {
    return this.#accountNonce + this.#executableCount;
  }

  get tail(): PooledTransaction | undefined {
    return this.#entries[this.#entries.length - 1];
  }

  /** Whether the next transaction in line waits only for a larger balance. */
  get isShortOfFunds(): boolean {
    return this.#entries[this.#executableCount]?.nonce === this.pendingNonce;
  }

  at(index: number): PooledTransaction {
    return this.#entries[index];
  }

  entries(): readonly PooledTransaction[] {
    return this.#entries;
  }

  find(nonce: number): PooledTransaction | undefined {
    const index = this.#indexOf(nonce);
    return this.#entries[index]?.nonce === nonce ? this.#entries[index] : undefined;
  }

  isExecutable(entry: PooledTransaction): boolean {
    return entry.nonce < this.pendingNonce;
  }

  /** Puts `entry` in its place; one of the same nonce gives way and is returned. */
  put(entry: PooledTransaction): PooledTransaction | undefined {
    const index = this.#indexOf(entry.nonce);
    const existing = this.#entries[index];
    const replaced = existing?.nonce === entry.nonce ? existing : undefined;
    this.#entries.splice(index, replaced ? 1 : 0, entry);
    if (entry.cost > this.#costMax) this.#costMax = entry.cost;
    if (replaced && index < this.#executableCount) this.#executableCost += entry.cost - replaced.cost;
    this.#settle();
    return replaced;
  }

  /** Takes `entry` out; the executable ones after it become queued. */
  remove(entry: PooledTransaction): void {
    const index = this.#indexOf(entry.nonce);
    if (this.#entries[index] !== entry) return;
    this.#truncateExecutable(index);
    this.#entries.splice(index, 1);
    this.#settle();
  }

  /**
   * Follows the account to a new nonce and balance.
   * @returns transactions that it took out: those whose nonce has been used, and those that the whole balance does not pay for, unless
   *   they were restored
   */
  refresh(accountNonce: number, balance: bigint): { used: PooledTransaction[]; unaffordable: PooledTransaction[] } {
    if (accountNonce === this.#accountNonce && balance === this.#balance) return { used: [], unaffordable: [] };
    const used = this.#moveNonce(accountNonce);
    this.#balance = balance;
    const unaffordable = balance < this.#costMax ? this.#removeUnaffordable() : [];
    this.#settle();
    return { used, unaffordable };
  }

  #moveNonce(accountNonce: number): PooledTransaction[] {
    const used = this.#entries.splice(0, this.#indexOf(accountNonce));
    const usedExecutable = Math.min(this.#executableCount, used.length);
    for (let i = 0; i < usedExecutable; i++) this.#executableCost -= used[i].cost;
    this.#executableCount -= usedExecutable;
    this.#accountNonce = accountNonce;
    if (this.#entries[0]?.nonce !== accountNonce) this.#truncateExecutable(0);
    return used;
  }

  #removeUnaffordable(): PooledTransaction[] {
    const unaffordable: PooledTransaction[] = [];
    this.#costMax = 0n;
    this.#truncateExecutable(0);
    let kept = 0;
    for (const entry of this.#entries) {
      if (entry.cost > this.#balance && !entry.wasRestored) {
        unaffordable.push(entry);
        continue;
      }
      if (entry.cost > this.#costMax) this.#costMax = entry.cost;
      this.#entries[kept++] = entry;
    }
    this.#entries.length = kept;
    return unaffordable;
  }

  /** Makes the executable part as long as nonces and balance allow. */
  #settle(): void {
    if (this.#executableCost > this.#balance) this.#truncateExecutable(0);
    for (;;) {
      const entry = this.#entries[this.#executableCount];
      if (entry?.nonce !== this.pendingNonce || this.#executableCost + entry.cost > this.#balance) return;
      this.#executableCost += entry.cost;
      this.#executableCount++;
    }
  }

  #truncateExecutable(count: number): void {
    if (count >= this.#executableCount) return;
    if (count === 0) this.#executableCost = 0n;
    else for (let i = count; i < this.#executableCount; i++) this.#executableCost -= this.#entries[i].cost;
    this.#executableCount = count;
  }

  /** Where `nonce` stands or would stand. */
  #indexOf(nonce: number): number {
    let low = 0;
    let high = this.#entries.length;
    if (high > 0 && this.#entries[high - 1].nonce < nonce) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle].nonce < nonce) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
