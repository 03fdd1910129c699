import type { L1BlockRef } from '../chain/l1Block';
import { assert } from '../core/assert';
import { equalBytes } from '../core/bytes';
import { Emitter } from '../core/emitter';
import { errorMessage, hasErrorCode, type TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { Backoff, sleep } from './backoff';
import type { L1BlockReader, L1Origin } from './l1BlockReader';
import { type L1Watcher, reorgAncestor } from './l1Watcher';

export interface L1OriginSourceOptions {
  watcher: L1Watcher;
  reader: L1BlockReader;
  clock: Clock;
  logger: Logger;
  /** Number of the oldest L1 block that may be asked for now: the origin of the L2 head. */
  neededFrom: () => number;
  /** L1 blocks kept in memory; further ones are read once older ones are no longer needed; default 4096. */
  cachedBlocksMax?: number;
  /** Blocks before `neededFrom` that stay: what an L1 reorganization or an L2 rewind may need again; default 256. */
  cachedBehindMax?: number;
}

const RETRY_DELAY_MS_MIN = 200;
const RETRY_DELAY_MS_MAX = 5_000;
/** Between looks whether a full cache has got room. */
const ROOM_POLL_MS = 200;

/**
 * What L1 offers the sequencer: the blocks that its next block may take for origin, with their deposits, all in memory, so that sealing a
 * block waits for no request. Follows the L1 by itself from the origin of the L2 head on.
 */
export class L1OriginSource {
  /** New L1 blocks can be had, or old ones were replaced. */
  readonly advanced = new Emitter<unknown>();
  readonly #options: L1OriginSourceOptions;
  readonly #cachedBlocksMax: number;
  readonly #cachedBehindMax: number;
  /** Consecutive L1 blocks, ascending; never empty once started. */
  #cache: L1Origin[] = [];
  /** Set while older blocks than the cache's are being read. */
  #backfillTo: number | undefined;
  readonly #stop = new AbortController();
  /** Aborted and replaced to begin following anew. */
  #restart = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: L1OriginSourceOptions) {
    this.#options = options;
    this.#cachedBlocksMax = options.cachedBlocksMax ?? 4_096;
    this.#cachedBehindMax = options.cachedBehindMax ?? 256;
  }

  /** Reads the first L1 block and begins to follow. @throws L1.Unreachable */
  static async start(options: L1OriginSourceOptions): Promise<L1OriginSource> {
    const source = new L1OriginSource(options);
    source.#cache = await source.#readFirst(options.neededFrom());
    source.#running = source.#follow();
    return source;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#restart.abort();
    await this.#running;
  }

  /** The newest block known here; at most one poll interval behind the L1 once it has caught up. */
  latest(): L1BlockRef {
    return newest(this.#cache).block;
  }

  /** Up to `limit` L1 blocks that come after number `parentOriginNumber`, in order, each linking to the one before. */
  following(parentOriginNumber: number, limit: number): L1Origin[] {
    const first = this.#cachedIndex(parentOriginNumber + 1);
    return first < 0 ? [] : this.#cache.slice(first, first + limit);
  }

  /** The L1 block of this number; undefined when there is none (yet), or while it is read again because it had been released. */
  origin(number: number): L1BlockRef | undefined {
    const index = this.#cachedIndex(number);
    if (index >= 0) return this.#cache[index]?.block;
    this.#backfillTo = number;
    this.#restart.abort();
    return undefined;
  }

  /** Index of L1 block `number` in the cache; negative when it is older. */
  #cachedIndex(number: number): number {
    return number - this.#cache[0].block.number;
  }

  async #follow(): Promise<void> {
    const backoff = new Backoff(RETRY_DELAY_MS_MIN, RETRY_DELAY_MS_MAX);
    /** A reorganization not yet acted on. */
    let reorg: TributaryError | undefined;
    while (!this.#stop.signal.aborted) {
      this.#restart = new AbortController();
      const { signal } = this.#restart;
      try {
        if (this.#backfillTo !== undefined) await this.#backfill(this.#backfillTo);
        if (reorg) await this.#rewind(reorg);
        reorg = undefined;
        const known = this.#cache.map(({ block }) => ({ number: block.number, hash: block.hash }));
        for await (const origin of this.#options.watcher.origins(this.latest().number + 1, { known, signal })) {
          backoff.reset();
          this.#append(origin);
          if (!(await this.#waitForRoom(signal))) break;
        }
      } catch (error) {
        if (hasErrorCode(error, 'L1.Reorg')) {
          reorg = error;
          continue;
        }
        this.#options.logger.error({ error: errorMessage(error) }, 'following the L1 failed: trying again');
        await sleep(this.#options.clock, backoff.next(), this.#stop.signal);
      }
    }
  }

  #append(origin: L1Origin): void {
    assert(equalBytes(origin.block.parentHash, this.latest().hash), 'cached L1 blocks link');
    this.#cache.push(origin);
    this.advanced.emit(origin.block);
  }

  /** @returns false when following must begin anew: asked to, or the newest block that we know was replaced meanwhile */
  async #waitForRoom(signal: AbortSignal): Promise<boolean> {
    while (!this.#hasRoom()) {
      await sleep(this.#options.clock, ROOM_POLL_MS, signal);
      if (signal.aborted) return false;
      const { number, hash } = this.latest();
      const block = await this.#options.watcher.block(number);
      if (!block || !equalBytes(block.hash, hash)) return false;
    }
    return !signal.aborted;
  }

  /** Drops what is no longer needed once the cache is full. @returns whether one more block may come */
  #hasRoom(): boolean {
    if (this.#cache.length < this.#cachedBlocksMax) return true;
    const droppable = this.#cachedIndex(this.#options.neededFrom() - this.#cachedBehindMax);
    this.#cache.splice(0, Math.min(Math.max(droppable, 0), this.#cache.length - 1));
    return this.#cache.length < this.#cachedBlocksMax;
  }

  async #backfill(number: number): Promise<void> {
    this.#cache = await this.#readFirst(number);
    this.#backfillTo = undefined;
    this.advanced.emit(this.latest());
  }

  async #rewind(reorg: TributaryError): Promise<void> {
    const ancestor = reorgAncestor(reorg);
    this.#options.logger.warn({ ancestor: ancestor?.number }, reorg.shortMessage);
    const kept = ancestor ? this.#cache.filter(({ block }) => block.number <= ancestor.number) : [];
    this.#cache = kept.length > 0 ? kept : await this.#readFirst(this.#options.neededFrom());
    this.advanced.emit(this.latest());
  }

  /** The L1 block of this number, or the newest one where the L1 is shorter. */
  async #readFirst(number: number): Promise<L1Origin[]> {
    const { watcher, reader } = this.#options;
    const first = Math.min(number, (await watcher.latest()).number);
    return reader.origins(first, first);
  }
}

function newest(cache: L1Origin[]): L1Origin {
  const last = cache.at(-1);
  assert(last, 'the L1 origin cache holds at least one block');
  return last;
}
