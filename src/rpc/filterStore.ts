import { randomBytes } from 'node:crypto';
import { toBigInt, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { Clock } from '../core/ports';
import type { ChainReader, RpcDependencies } from './dependencies';
import { quantity } from './json/quantity';
import { transactionJson } from './json/transactionJson';
import type { RpcLimits } from './limits';
import type { LogQuery } from './logFilter';
import { findLogs } from './logSearch';

export type FilterSpecification =
  | { kind: 'logs'; query: LogQuery }
  | { kind: 'blocks' }
  | { kind: 'pendingTransactions'; full: boolean };

interface Filter {
  specification: FilterSpecification;
  /** Logs and blocks: the first block not yet told. Nothing is stored per block, so an idle filter costs no memory. */
  nextBlock: number;
  /** Pending transactions: what came in since the last poll. */
  arrived: unknown[];
  polledMs: number;
}

/**
 * Polled filters. An id is a secret of who made it: 128 random bits.
 * After the chain went back, blocks that took the place of told ones are told again; logs that went away are not told.
 */
export class FilterStore {
  readonly #filters = new Map<bigint, Filter>();
  readonly #chain: ChainReader;
  readonly #clock: Clock;
  readonly #limits: RpcLimits;
  readonly #unsubscribe: (() => void)[];

  constructor({ chain, mempool, clock }: Pick<RpcDependencies, 'chain' | 'mempool' | 'clock'>, limits: RpcLimits) {
    this.#chain = chain;
    this.#clock = clock;
    this.#limits = limits;
    const onRewound = chain.rewound.on(({ block }) => {
      for (const filter of this.#filters.values()) {
        filter.nextBlock = Math.min(filter.nextBlock, block.header.number + 1);
      }
    });
    const onAdded = mempool?.added.on((transaction) => {
      for (const [id, { specification, arrived }] of this.#filters) {
        if (specification.kind !== 'pendingTransactions') continue;
        arrived.push(specification.full ? transactionJson(transaction, undefined) : toHex(transaction.hash));
        // Better no filter, which its client notices, than one with a gap.
        if (arrived.length > limits.pendingFilterHashCountMax) this.#filters.delete(id);
      }
    });
    this.#unsubscribe = onAdded ? [onRewound, onAdded] : [onRewound];
  }

  /**
   * @returns the id, as a quantity
   * @throws Rpc.LimitExceeded
   */
  add(specification: FilterSpecification): string {
    this.#forgetIdle();
    if (this.#filters.size >= this.#limits.filterCountMax) {
      const problem = `too many filters: limit ${this.#limits.filterCountMax}; one is forgotten when not polled for ${this.#limits.filterIdleMs} ms`;
      throw new TributaryError('Rpc.LimitExceeded', problem);
    }
    const id = toBigInt(randomBytes(16));
    this.#filters.set(id, {
      specification,
      nextBlock: this.#chain.head.header.number + 1,
      arrived: [],
      polledMs: this.#clock.nowMs(),
    });
    return quantity(id);
  }

  /**
   * What is new since the last poll.
   * @throws Rpc.FilterNotFound
   */
  async changes(id: bigint): Promise<unknown[]> {
    const filter = this.#get(id);
    if (filter.specification.kind === 'pendingTransactions') return filter.arrived.splice(0);
    const first = filter.nextBlock;
    const last = Math.min(this.#chain.head.header.number, first + this.#limits.logBlockCountMax - 1);
    if (last < first) return [];
    filter.nextBlock = last + 1;
    if (filter.specification.kind === 'blocks') return this.#blockHashes(first, last);
    return this.#logs(filter, filter.specification.query, first, last);
  }

  /** @throws Rpc.FilterNotFound when there is none or it is not for logs */
  logQuery(id: bigint): LogQuery {
    const { specification } = this.#get(id);
    if (specification.kind !== 'logs') throw filterNotFound();
    return specification.query;
  }

  /** @returns whether it was there */
  remove(id: bigint): boolean {
    return this.#filters.delete(id);
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#filters.clear();
  }

  #blockHashes(first: number, last: number): string[] {
    const hashes: string[] = [];
    for (let number = first; number <= last; number++) {
      const block = this.#chain.blockByNumber(number);
      if (block) hashes.push(toHex(block.hash));
    }
    return hashes;
  }

  async #logs(filter: Filter, query: LogQuery, first: number, last: number): Promise<unknown[]> {
    const from = query.fromBlock && 'number' in query.fromBlock ? query.fromBlock.number : 0;
    const to = query.toBlock && 'number' in query.toBlock ? query.toBlock.number : last;
    try {
      return await findLogs(this.#chain, query.filter, Math.max(first, from), Math.min(last, to), this.#limits);
    } catch (error) {
      // Nothing was told: the client may ask again for the same blocks.
      filter.nextBlock = Math.min(filter.nextBlock, first);
      throw error;
    }
  }

  #get(id: bigint): Filter {
    this.#forgetIdle();
    const filter = this.#filters.get(id);
    if (!filter) throw filterNotFound();
    filter.polledMs = this.#clock.nowMs();
    return filter;
  }

  #forgetIdle(): void {
    const oldestMs = this.#clock.nowMs() - this.#limits.filterIdleMs;
    for (const [id, { polledMs }] of this.#filters) if (polledMs < oldestMs) this.#filters.delete(id);
  }
}

function filterNotFound(): TributaryError {
  return new TributaryError('Rpc.FilterNotFound', 'filter not found');
}
