import type { L1BlockRef, L1Input } from '../chain/l1Block';
import { equalBytes, type Hash } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { Backoff, sleep } from './backoff';
import type { L1BlockReader, L1Origin } from './l1BlockReader';

export interface L1WatcherOptions {
  reader: L1BlockReader;
  clock: Clock;
  logger: Logger;
  /** How often the L1 is asked for a new block; default 1 s. */
  pollIntervalMs?: number;
  /** Blocks that must lie on top of one before it is read; default 0. */
  confirmations?: number;
  /** Where the L1 knows no `finalized` tag: how far behind its head blocks count as final; default 64 blocks. */
  finalityDepthBlocks?: number;
  /** Blocks fetched at once while catching up, the first time a quarter; two such ranges are held in memory; default 64. */
  rangeBlocksMax?: number;
  /** How many blocks back a reorganization is traced to its common ancestor; default 1024. */
  reorgDepthBlocksMax?: number;
}

/** A block that the caller has seen. */
export type L1Position = Pick<L1BlockRef, 'number' | 'hash'>;

export interface FollowOptions {
  /** Blocks already processed, ascending, the last being the one before `from`: the first block read must build on them. */
  known?: L1Position[];
  /** Ends the iteration. */
  signal?: AbortSignal;
}

const RETRY_DELAY_MS_MAX = 5_000;
const FIRST_RANGE_SHARE = 4;

/**
 * L1 as a stream of blocks: all from a given one on, in order, each linking to the one before, then new ones as they come.
 * Passing faults are waited out. A reorganization ends the stream with L1.Reorg, which names the common ancestor; the caller goes back
 * to it and starts anew behind it.
 */
export class L1Watcher {
  readonly #reader: L1BlockReader;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pollIntervalMs: number;
  readonly #confirmations: number;
  readonly #finalityDepthBlocks: number;
  readonly #rangeBlocksMax: number;
  readonly #reorgDepthBlocksMax: number;

  constructor(options: L1WatcherOptions) {
    this.#reader = options.reader;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#pollIntervalMs = options.pollIntervalMs ?? 1_000;
    this.#confirmations = options.confirmations ?? 0;
    this.#finalityDepthBlocks = options.finalityDepthBlocks ?? 64;
    this.#rangeBlocksMax = options.rangeBlocksMax ?? 64;
    this.#reorgDepthBlocksMax = options.reorgDepthBlocksMax ?? 1_024;
  }

  /** The newest block that the stream would give: the L1's head, or the one `confirmations` below it. @throws L1.Unreachable */
  async latest(): Promise<L1BlockRef> {
    const head = await this.#reader.latest();
    if (this.#confirmations === 0) return head;
    const block = await this.#reader.block(Math.max(0, head.number - this.#confirmations));
    return block ?? head;
  }

  /** The canonical block of this number now, if there is one. @throws L1.Unreachable */
  block(number: number): Promise<L1BlockRef | undefined> {
    return this.#reader.block(number);
  }

  /** Number of the newest L1 block that counts as final. @throws L1.Unreachable */
  async finalizedNumber(): Promise<number> {
    const finalized = await this.#reader.finalizedNumber();
    if (finalized !== undefined) return finalized;
    return Math.max(0, (await this.#reader.latest()).number - this.#finalityDepthBlocks);
  }

  /**
   * Blocks with deposits and batches from number `from` on, without end: pull one when it is wanted.
   * @throws L1.Reorg (`reset`; details `ancestor: L1Position | undefined`, undefined when it lies before all known blocks), L1.WrongChain
   */
  inputs(from: number, options: FollowOptions = {}): AsyncGenerator<L1Input, void, undefined> {
    return this.#follow(from, options, (first, last) => this.#reader.inputs(first, last));
  }

  /** As `inputs`, without batches. */
  origins(from: number, options: FollowOptions = {}): AsyncGenerator<L1Origin, void, undefined> {
    return this.#follow(from, options, (first, last) => this.#reader.origins(first, last));
  }

  async *#follow<Item extends L1Origin>(
    from: number,
    { known = [], signal }: FollowOptions,
    read: (first: number, last: number) => Promise<Item[]>,
  ): AsyncGenerator<Item, void, undefined> {
    const seen: L1Position[] = known.slice(-this.#reorgDepthBlocksMax);
    const backoff = new Backoff(Math.min(this.#pollIntervalMs, RETRY_DELAY_MS_MAX), RETRY_DELAY_MS_MAX);
    let next = from;
    // The first range is short, so that there is something to work on while the next is on its way.
    let rangeBlocks = Math.ceil(this.#rangeBlocksMax / FIRST_RANGE_SHARE);
    let lastReadable = -1;
    /** The range after the one being handed out, already on its way. */
    let ahead: { first: number; items: Promise<Item[]> } | undefined;
    while (!signal?.aborted) {
      let items: Item[] = [];
      try {
        if (next > lastReadable) lastReadable = await this.#lastReadable(seen);
        if (next <= lastReadable) {
          const last = Math.min(lastReadable, next + rangeBlocks - 1);
          items = await (ahead?.first === next ? ahead.items : read(next, last));
          await this.#checkLink(seen, items[0].block);
        }
        backoff.reset();
      } catch (error) {
        ahead = undefined;
        if (!(error instanceof TributaryError) || error.recovery !== 'retry') throw error;
        this.#logger.warn({ code: error.code, nextL1Block: next }, error.shortMessage);
        lastReadable = -1;
        await sleep(this.#clock, backoff.next(), signal);
        continue;
      }
      ahead = undefined;
      next += items.length;
      if (items.length > 0 && next <= lastReadable) {
        rangeBlocks = Math.min(this.#rangeBlocksMax, 2 * rangeBlocks);
        ahead = { first: next, items: read(next, Math.min(lastReadable, next + rangeBlocks - 1)) };
        // Whoever awaits it gets the error; nobody may.
        ahead.items.catch(() => undefined);
      }
      for (const item of items) {
        if (signal?.aborted) return;
        seen.push({ number: item.block.number, hash: item.block.hash });
        if (seen.length > this.#reorgDepthBlocksMax) seen.shift();
        yield item;
      }
      if (next > lastReadable) await sleep(this.#clock, items.length > 0 ? 0 : this.#pollIntervalMs, signal);
    }
  }

  /** Number of the newest block that may be read now; notices when the chain was replaced without growing. */
  async #lastReadable(seen: L1Position[]): Promise<number> {
    const head = await this.#reader.latest();
    const here = seen.findLast((position) => position.number === head.number);
    if (here && !equalBytes(here.hash, head.hash)) throw await this.#reorg(seen);
    return head.number - this.#confirmations;
  }

  async #checkLink(seen: L1Position[], first: L1BlockRef): Promise<void> {
    const last = seen.at(-1);
    if (last && last.number === first.number - 1 && !equalBytes(last.hash, first.parentHash)) {
      throw await this.#reorg(seen);
    }
  }

  async #reorg(seen: L1Position[]): Promise<TributaryError> {
    const last = seen.at(-1);
    let ancestor: L1Position | undefined;
    for (const position of seen.toReversed()) {
      const block = await this.#reader.block(position.number);
      if (block && equalBytes(block.hash, position.hash)) {
        ancestor = position;
        break;
      }
    }
    const depth = ancestor && last ? `${last.number - ancestor.number}` : `more than ${seen.length}`;
    return new TributaryError('L1.Reorg', `the L1 was reorganized: ${depth} blocks were replaced`, {
      recovery: 'reset',
      details: { ancestor },
    });
  }
}

/** The common ancestor that an L1.Reorg names; undefined when it lies before all blocks that were known. */
export function reorgAncestor(error: TributaryError): { number: number; hash: Hash } | undefined {
  return error.details.ancestor as L1Position | undefined;
}
