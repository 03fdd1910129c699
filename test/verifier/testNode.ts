import { blockAttributes } from '../../src/chain/blockAttributes';
import type { ChainConfig } from '../../src/chain/chainConfig';
import { buildGenesis } from '../../src/chain/genesis';
import type { L1BlockRef, L1Input } from '../../src/chain/l1Block';
import { encodeBatch } from '../../src/codec/batch';
import type { Block } from '../../src/codec/block';
import type { SignedTransaction } from '../../src/codec/transaction';
import { toHex } from '../../src/core/bytes';
import { MemoryStore } from '../../src/core/memoryStore';
import type { KeyValueStore, Logger } from '../../src/core/ports';
import { systemClock } from '../../src/core/systemClock';
import type { ExecutedBlock } from '../../src/execution/executor';
import { ReferenceExecutor } from '../../src/execution/reference/referenceExecutor';
import { ChainStore } from '../../src/state/chainStore';
import { Verifier, type VerifierOptions } from '../../src/verifier/verifier';
import { privateKeyOf, signTransaction } from '../codec/signTransaction';
import { testConfig } from '../derivation/l1Builder';

export const ACCOUNT_COUNT = 10;

/** The config of `testConfig` with funded test keys 0 to 9. */
export function fundedConfig(l1Genesis: L1BlockRef, overrides: Partial<ChainConfig> = {}): ChainConfig {
  const config = testConfig(l1Genesis, overrides);
  const allocations = Array.from({ length: ACCOUNT_COUNT }, (_, i) => ({
    address: toHex(signTransaction(privateKeyOf(i), {}).from),
    balanceWei: `${10n ** 22n}`,
  }));
  return { ...config, genesis: { ...config.genesis, allocations } };
}

/** Keeps what was logged at `warn` and above. */
export class RecordingLogger implements Logger {
  readonly messages: string[] = [];
  debug(): void {
    // Not kept.
  }
  info(): void {
    // Not kept.
  }
  warn(_fields: object, message: string): void {
    this.messages.push(message);
  }
  error(_fields: object, message: string): void {
    this.messages.push(message);
  }
  child(): Logger {
    return this;
  }
}

/** What a sealing node sees of L1. `L1Builder` fits. */
export interface L1View {
  readonly inputs: L1Input[];
}

/** A chain on a store in memory, with the reference executor; seals as a sequencer or is verified into. */
export class TestNode {
  readonly logger = new RecordingLogger();
  executions = 0;

  private constructor(
    readonly config: ChainConfig,
    readonly l1: L1View,
    readonly store: KeyValueStore,
    readonly chain: ChainStore,
    readonly executor: ReferenceExecutor,
  ) {}

  static async open(config: ChainConfig, l1: L1View, store: KeyValueStore = new MemoryStore()): Promise<TestNode> {
    const chain = await ChainStore.open(store, config, buildGenesis(config));
    return new TestNode(config, l1, store, chain, new ReferenceExecutor(config, chain));
  }

  /** Builds and commits the next block as a sequencer would. */
  async seal(transactions: SignedTransaction[], options: { timestamp?: number; origin?: number } = {}): Promise<Block> {
    const parent = this.chain.head;
    const originNumber = options.origin ?? parent.l1Origin.number;
    const inputs = this.l1.inputs.filter(
      ({ block }) => block.number > parent.l1Origin.number && block.number <= originNumber,
    );
    const origin = this.l1.inputs.find(({ block }) => block.number === originNumber)?.block;
    if (!origin) throw new RangeError(`no L1 block ${originNumber}`);
    const timestamp = options.timestamp ?? Math.max(parent.header.timestamp, origin.timestamp);
    const executed = await this.executor.executeBlock({
      attributes: blockAttributes(this.config, parent, timestamp, origin, inputs),
      transactions,
      mode: 'build',
    });
    if (executed.rejected.length > 0) throw executed.rejected[0].error;
    await this.chain.commit(executed);
    return executed.block;
  }

  /** Blocks `first` to the head as a batch. */
  batchFrom(first: number): Uint8Array {
    const blocks: Block[] = [];
    for (let number = first; number <= this.chain.head.header.number; number++) {
      const block = this.chain.blockByNumber(number);
      if (block) blocks.push(block);
    }
    const { parentHash } = blocks[0].header;
    return encodeBatch({ firstBlockNumber: first, parentHash, chainId: this.config.l2ChainId, blocks });
  }

  verifier(options: Partial<VerifierOptions> & Pick<VerifierOptions, 'source'>): Verifier {
    return new Verifier({
      config: this.config,
      chain: this.chain,
      executor: {
        executeBlock: (request): Promise<ExecutedBlock> => {
          this.executions++;
          return this.executor.executeBlock(request);
        },
      },
      clock: systemClock,
      logger: this.logger,
      ...options,
    });
  }

  get hashes(): string[] {
    const hashes: string[] = [];
    for (let number = 0; number <= this.chain.head.header.number; number++) {
      const hash = this.chain.blockHashByNumber(number);
      hashes.push(hash ? toHex(hash) : 'missing');
    }
    return hashes;
  }
}
