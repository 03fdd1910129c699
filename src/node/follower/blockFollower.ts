import { type AttributeRules, blockAttributes, originAdvanceMax } from '../../chain/blockAttributes';
import type { ChainConfig } from '../../chain/chainConfig';
import type { L1BlockRef, L1OriginInput } from '../../chain/l1Block';
import type { Block } from '../../codec/block';
import { decodeTransaction, type SignedTransaction } from '../../codec/transaction';
import { equalBytes, type Hash, toHex } from '../../core/bytes';
import { errorMessage, TributaryError } from '../../core/errors';
import type { Clock, Logger } from '../../core/ports';
import type { ExecutedBlock, Executor } from '../../execution/executor';
import { sleep } from '../../l1/backoff';
import type { FedBlock, SequencerFeed } from './sequencerFeed';

/** The chain that is built from the sequencer's blocks. `ChainStore` fits. */
export interface FollowedChain {
  readonly head: Block;
  blockHashByNumber(blockNumber: number): Hash | undefined;
  label(name: 'safe'): Block;
  commit(executed: ExecutedBlock): Promise<void>;
  rewindTo(blockNumber: number): Promise<void>;
}

/** This node's own view of L1. `L1OriginSource` fits. */
export interface FollowedOrigins {
  origin(number: number): L1BlockRef | undefined;
  following(parentOriginNumber: number, limit: number): L1OriginInput[];
}

export interface BlockFollowerOptions {
  config: ChainConfig;
  feed: SequencerFeed;
  chain: FollowedChain;
  executor: Pick<Executor, 'executeBlock'>;
  origins: FollowedOrigins;
  /** Runs `work` while nobody else executes, commits to or rewinds the chain. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>;
  clock: Clock;
  logger: Logger;
  /** Between two looks at a sequencer that had nothing new. Default 250 ms. */
  pollIntervalMs?: number;
  /** Default: the rules from genesis on. */
  rules?: AttributeRules;
}

/** Blocks asked for at once. */
const BLOCKS_PER_REQUEST = 64;
/** How far back the sequencer's chain is compared when it does not continue ours: as far as a chain can be rewound. */
const REWIND_BLOCKS_MAX = 256;
const COMPARED_PER_REQUEST = 32;

/**
 * Keeps a copy of the sequencer's chain up to its newest block, which L1 need not hold yet.
 *
 * Trusts the sequencer for nothing but which transactions come next: attributes and deposits are made from this node's own view of L1, each
 * block is executed strictly and must come out with the hash that the sequencer gave. What L1 gives has precedence: the verifier that shares
 * the chain cuts it back where L1 says otherwise, and blocks that L1 holds are never taken back for the sequencer's sake.
 */
export class BlockFollower {
  readonly #options: Required<Omit<BlockFollowerOptions, 'rules'>> & Pick<BlockFollowerOptions, 'rules'>;
  #sequencerHead: number | undefined;

  constructor(options: BlockFollowerOptions) {
    this.#options = { pollIntervalMs: 250, ...options };
  }

  /** Number of the sequencer's newest block when last asked. */
  get sequencerHead(): number | undefined {
    return this.#sequencerHead;
  }

  /**
   * Until the signal is aborted.
   * @throws Follower.SequencerUnreachable, Follower.Waiting, Follower.InvalidBlock (`retry`); Follower.Mismatch (`halt`)
   */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, pollIntervalMs } = this.#options;
    while (!signal.aborted) {
      const hasMore = await this.#takeNext(signal);
      if (!hasMore) await sleep(clock, pollIntervalMs, signal);
    }
  }

  /** @returns whether there may be more at once */
  async #takeNext(signal: AbortSignal): Promise<boolean> {
    const { feed, chain } = this.#options;
    const next = chain.head.header.number + 1;
    const blocks = await feed.blocks(next, BLOCKS_PER_REQUEST);
    if (blocks.length === 0) {
      const head = await feed.head();
      this.#sequencerHead = head.number;
      const ours = chain.blockHashByNumber(head.number);
      // Its head is ours; or it went back; or L1 holds more than it has taken from there yet.
      if (ours && equalBytes(ours, head.hash)) await this.#rewindTo(head.number);
      else await this.#rejoin();
      return false;
    }
    for (const block of blocks) {
      if (signal.aborted) return false;
      this.#sequencerHead = Math.max(this.#sequencerHead ?? 0, block.number);
      if (!(await this.#take(block))) return false;
    }
    return true;
  }

  /** @returns false when the block does not continue our chain (any more), or can't be executed yet */
  async #take(fed: FedBlock): Promise<boolean> {
    const { exclusively, chain, origins, config, logger } = this.#options;
    const outcome = await exclusively(async () => {
      const parent = chain.head;
      if (fed.number !== parent.header.number + 1) return 'moved';
      if (!equalBytes(fed.parentHash, parent.hash)) return 'other-parent';
      const advanceCount = fed.l1Origin.number - parent.l1Origin.number;
      if (advanceCount < 0 || advanceCount > config.l1OriginAdvanceMax) {
        throw invalidBlock(fed, `its L1 origin ${fed.l1Origin.number} does not follow ${parent.l1Origin.number}`);
      }
      const origin = origins.origin(fed.l1Origin.number);
      const advance = origins.following(parent.l1Origin.number, advanceCount);
      // Our L1 is behind the sequencer's, or on another fork for now: both pass.
      if (!origin || advance.length < advanceCount || !equalBytes(origin.hash, fed.l1Origin.hash)) return 'l1-differs';
      await this.#execute(fed, parent, origin, advance);
      return 'taken';
    });
    if (outcome === 'other-parent') await this.#rejoin();
    if (outcome === 'l1-differs') {
      logger.debug({ l2Block: fed.number, l1Block: fed.l1Origin.number }, 'waiting for the L1 block of a block');
    }
    return outcome === 'taken';
  }

  async #execute(fed: FedBlock, parent: Block, origin: L1BlockRef, advance: L1OriginInput[]): Promise<void> {
    const { config, executor, chain, rules } = this.#options;
    if (advance.length > originAdvanceMax(config, advance)) throw invalidBlock(fed, 'its L1 origin advances too far');
    const timestampMin =
      advance.length > 0 ? Math.max(parent.header.timestamp, origin.timestamp) : parent.header.timestamp;
    if (fed.timestamp < timestampMin) {
      throw invalidBlock(fed, `timestamp: expected at least ${timestampMin}, got ${fed.timestamp}`);
    }
    const attributes = blockAttributes(config, parent, fed.timestamp, origin, advance, rules);
    let executed: ExecutedBlock;
    try {
      const transactions: SignedTransaction[] = fed.transactions.map((raw) => decodeTransaction(raw));
      executed = await executor.executeBlock({ attributes, transactions, mode: 'strict', accessList: fed.accessList });
    } catch (error) {
      if (error instanceof TributaryError && /^(Codec|Execution\.InvalidTransaction)/.test(error.code)) {
        throw invalidBlock(fed, errorMessage(error));
      }
      throw error;
    }
    const { hash } = executed.block;
    if (!equalBytes(hash, fed.hash)) {
      throw new TributaryError(
        'Follower.Mismatch',
        `block ${fed.number} executes to another hash than the sequencer's`,
        {
          recovery: 'halt',
          metaMessages: [`the sequencer's: ${toHex(fed.hash)}`, `ours: ${toHex(hash)}`],
        },
      );
    }
    await chain.commit(executed);
  }

  /** The sequencer went back, or has another chain: ours is cut back to the last block in common. */
  async #rejoin(): Promise<void> {
    const { chain, feed } = this.#options;
    const safe = chain.label('safe').header.number;
    const oldest = Math.max(safe, chain.head.header.number - REWIND_BLOCKS_MAX, 0);
    for (let last = chain.head.header.number; last >= oldest; last -= COMPARED_PER_REQUEST) {
      const first = Math.max(oldest, last - COMPARED_PER_REQUEST + 1);
      const theirs = await feed.blocks(first, last - first + 1);
      const common = theirs.findLast(({ number, hash }) => {
        const ours = chain.blockHashByNumber(number);
        return ours !== undefined && equalBytes(ours, hash);
      });
      if (common) return this.#rewindTo(common.number);
    }
    throw new TributaryError(
      'Follower.Waiting',
      `the sequencer's chain does not hold block ${oldest}, which ours has`,
      {
        recovery: 'retry',
        metaMessages: ['L1 decides: the sequencer gives way, or this node does'],
      },
    );
  }

  /** What L1 holds stays. */
  async #rewindTo(number: number): Promise<void> {
    const { exclusively, chain, logger } = this.#options;
    await exclusively(async () => {
      const headNumber = chain.head.header.number;
      const blockNumber = Math.max(number, chain.label('safe').header.number);
      if (blockNumber >= headNumber) return;
      logger.warn({ blockNumber, headNumber }, 'the sequencer went back: following it');
      await chain.rewindTo(blockNumber);
    });
  }
}

function invalidBlock({ number }: FedBlock, problem: string): TributaryError {
  return new TributaryError('Follower.InvalidBlock', `the sequencer's block ${number} breaks a rule: ${problem}`, {
    recovery: 'retry',
  });
}
