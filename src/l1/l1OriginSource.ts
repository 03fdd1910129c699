import type { L1BlockRef } from '../chain/l1Block';
import { assert } from '../core/assert';
import { equalBytes } from '../core/bytes';
import { Emitter } from '../core/emitter';
import { errorMessage, hasErrorCode, type TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { Backoff, sleep } from './backoff';
import type { L1BlockReader, L1Origin } from './l1BlockReader';
import { type L1Position, type L1Watcher, reorgAncestor } from './l1Watcher';

export interface L1OriginSourceOptions {
  watcher: L1Watcher;
  reader: L1BlockReader;
  clock: Clock;
  logger: Logger;
  /** L1 blocks kept in memory; default 2048. */
  cachedBlocksMax?: number;
}

const RETRY_DELAY_MS_MIN = 200;
const RETRY_DELAY_MS_MAX = 15_000;
/** Most blocks that one refetch of what fell out of the cache asks for. */
const REFETCH_BLOCKS_MAX = 256;

/**
 * What L1 offers the sequencer: the blocks that its next block may take for origin, with their deposits. Follows the L1 by itself, so that
 * sealing a block waits for no request; only what is older than the cache is fetched again.
 */
export class L1OriginSource {
  /** A new newest block. */
  readonly advanced = new Emitter<L1BlockRef>();
  /** The L1 was reorganized; `ancestor` is the last block that stayed, undefined when it is older than the cache. */
  readonly reorged = new Emitter<{ ancestor: L1Position | undefined }>();
  readonly #options: L1OriginSourceOptions;
  readonly #cachedBlocksMax: number;
  /** Consecutive L1 blocks, ascending; never empty once started. */
  #cache: L1Origin[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: L1OriginSourceOptions) {
    this.#options = options;
    this.#cachedBlocksMax = options.cachedBlocksMax ?? 2_048;
  }

  /** Reads the newest L1 block and begins to follow. @throws L1.Unreachable */
  static async start(options: L1OriginSourceOptions): Promise<L1OriginSource> {
    const source = new L1OriginSource(options);
    const { number } = await options.watcher.latest();
    source.#cache = await options.reader.origins(number, number);
    source.#running = source.#follow();
    return source;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** The newest block known here; at most one poll interval behind the L1 while that can be reached. */
  get head(): L1BlockRef {
    return newest(this.#cache).block;
  }

  /**
   * Up to `limit` L1 blocks that come after number `parentOriginNumber`, in order, each linking to the one before. The caller checks that
   * the first links to its parent's origin: if not, that origin was reorganized away.
   * @throws L1.Unreachable, L1.Inconsistent (`retry`): only when the blocks are older than the cache
   */
  async following(parentOriginNumber: number, limit: number): Promise<L1Origin[]> {
    const first = parentOriginNumber + 1;
    if (first > this.head.number || limit <= 0) return [];
    const cached = this.#cachedFrom(first);
    if (cached >= 0) return this.#cache.slice(cached, cached + limit);
    const last = Math.min(parentOriginNumber + limit, this.head.number, parentOriginNumber + REFETCH_BLOCKS_MAX);
    return this.#options.reader.origins(first, last);
  }

  /** The L1 block of this number. @returns undefined when there is none (yet). @throws L1.Unreachable when it must be fetched */
  async origin(number: number): Promise<L1BlockRef | undefined> {
    if (number > this.head.number) return undefined;
    const cached = this.#cachedFrom(number);
    return cached >= 0 ? this.#cache[cached].block : this.#options.reader.block(number);
  }

  /** Index of L1 block `number` in the cache; negative when it is older. */
  #cachedFrom(number: number): number {
    return number - this.#cache[0].block.number;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const backoff = new Backoff(RETRY_DELAY_MS_MIN, RETRY_DELAY_MS_MAX);
    /** A reorganization not yet acted on. */
    let reorg: TributaryError | undefined;
    while (!signal.aborted) {
      try {
        if (reorg) await this.#rewind(reorg);
        reorg = undefined;
        const known = this.#cache.map(({ block }) => ({ number: block.number, hash: block.hash }));
        for await (const origin of this.#options.watcher.origins(this.head.number + 1, { known, signal })) {
          backoff.reset();
          this.#append(origin);
        }
      } catch (error) {
        if (hasErrorCode(error, 'L1.Reorg')) {
          reorg = error;
          continue;
        }
        this.#options.logger.error({ error: errorMessage(error) }, 'following the L1 failed: trying again');
        await sleep(this.#options.clock, backoff.next(), signal);
      }
    }
  }

  #append(origin: L1Origin): void {
    assert(equalBytes(origin.block.parentHash, this.head.hash), 'cached L1 blocks link');
    this.#cache.push(origin);
    if (this.#cache.length > this.#cachedBlocksMax) this.#cache.shift();
    this.advanced.emit(origin.block);
  }

  async #rewind(reorg: TributaryError): Promise<void> {
    const ancestor = reorgAncestor(reorg);
    this.#options.logger.warn({ ancestor: ancestor?.number }, reorg.shortMessage);
    if (ancestor) {
      this.#cache = this.#cache.filter(({ block }) => block.number <= ancestor.number);
    } else {
      const { number } = await this.#options.watcher.latest();
      this.#cache = await this.#options.reader.origins(number, number);
    }
    this.reorged.emit({ ancestor });
  }
}

function newest(cache: L1Origin[]): L1Origin {
  const last = cache.at(-1);
  assert(last, 'the L1 origin cache holds at least one block');
  return last;
}
