import type { PortalDeposit } from '../../src/chain/l1Block';
import type { ExecuteBlockRequest, ExecutedBlock } from '../../src/execution/executor';
import { type SealedBlock, Sequencer, type SequencerOptions } from '../../src/sequencer/sequencer';
import { addressOf, ETHER, hashes, l1Block, PoolWorld, silentLogger } from '../mempool/poolFixture';
import { OriginWindow } from './originWindow';

export type Execute = (request: ExecuteBlockRequest) => Promise<ExecutedBlock>;

/** A running sequencer over the real chain store, pool and executor; the L1 is a window that tests push blocks into. */
export class SequencerWorld {
  readonly sealed: SealedBlock[] = [];
  readonly failures: string[] = [];
  readonly requests: ExecuteBlockRequest[] = [];
  /** Tests may put another function in front of the real executor. */
  execute: Execute;

  private constructor(
    readonly pool: PoolWorld,
    readonly origins: OriginWindow,
    readonly sequencer: Sequencer,
    holder: { execute: Execute },
  ) {
    this.execute = (request) => pool.executor.executeBlock(request);
    holder.execute = (request) => {
      this.requests.push(request);
      return this.execute(request);
    };
    sequencer.sealed.on((sealed) => this.sealed.push(sealed));
    sequencer.failed.on((error) => this.failures.push(error.code));
  }

  static async start(
    options: Partial<SequencerOptions> & { pool?: PoolWorld; start?: boolean } = {},
  ): Promise<SequencerWorld> {
    const pool = options.pool ?? (await PoolWorld.open());
    const origins = new OriginWindow(l1Block(100));
    const holder: { execute: Execute } = { execute: (request) => pool.executor.executeBlock(request) };
    const sequencer = new Sequencer({
      config: pool.config,
      chain: pool.chain,
      mempool: pool.mempool,
      executor: { executeBlock: (request) => holder.execute(request) },
      origins,
      clock: pool.clock,
      logger: silentLogger,
      ...options,
    });
    const world = new SequencerWorld(pool, origins, sequencer, holder);
    if (options.start ?? true) sequencer.start();
    return world;
  }

  get head() {
    return this.pool.chain.head;
  }

  /** The hashes of the user transactions in each block, oldest first. */
  blocks(): string[][] {
    return this.sealed.map(({ block }) => hashes(block.transactions.filter(({ type }) => type !== 0x7e)));
  }

  /** Resolves when `condition` holds; polls on the event loop's turns, bounded. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 20_000; turn++) {
      if (condition()) return;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    throw new Error('the condition did not come true');
  }

  /** Enough turns of the event loop for anything that is due to have begun. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

export function deposit(logIndex: number, changes: Partial<PortalDeposit> = {}): PortalDeposit {
  return {
    logIndex,
    from: addressOf(0xd0),
    to: addressOf(0xd1),
    mint: ETHER,
    value: ETHER,
    gasLimit: 100_000n,
    data: new Uint8Array(),
    ...changes,
  };
}

/** Lets a test decide when a block's execution goes on. */
export class Gate {
  #open: () => void = () => undefined;
  readonly passed: Promise<void>;

  constructor() {
    this.passed = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}
