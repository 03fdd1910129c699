import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockAttributes } from '../../src/chain/blockAttributes';
import type { ChainConfig } from '../../src/chain/chainConfig';
import { buildGenesis } from '../../src/chain/genesis';
import type { L1BlockRef } from '../../src/chain/l1Block';
import { predeploys } from '../../src/chain/predeploys/predeploys';
import type { SignedTransaction } from '../../src/codec/transaction';
import { type Address, type Hash, toFixedBytes, toHex } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { openLevelStore } from '../../src/core/levelStore';
import { MemoryStore } from '../../src/core/memoryStore';
import { createExecutor, type ExecutorChoice } from '../../src/execution/createExecutor';
import type { ExecutedBlock, Executor } from '../../src/execution/executor';
import { ParallelExecutor } from '../../src/execution/parallel/parallelExecutor';
import { ChainStore } from '../../src/state/chainStore';
import { otherThreadsRest, ownProcessorMs } from './measure';

/** As anvil's: the same signed transactions run on both. */
export const CHAIN_ID = 31337;
const RICH_WEI = 10n ** 24n;
const L1_BLOCK_NUMBER = 1;

export interface BenchContract {
  address: Address;
  code: Uint8Array;
  storage: { slot: Hash; value: Hash }[];
}

export interface BenchChainOptions {
  executor: ExecutorChoice;
  rich: Address[];
  gasLimit: number;
  /** In genesis, beside the predeploys. */
  contracts?: BenchContract[];
  /** `disk`: LevelDB in a temporary folder. */
  store: 'disk' | 'memory';
}

export interface SealTimes {
  /** Execute, state root, seal. */
  executeMs: number;
  /** Undo record, encoding and LevelDB's batch. */
  commitMs: number;
  /** Of all threads. */
  executeProcessorMs: number;
  commitProcessorMs: number;
  /** The block's, encoded, where the executor collects them. */
  accessList?: Uint8Array;
}

/** A chain in this process: an executor, and a store under it. */
export class BenchChain {
  private constructor(
    readonly config: ChainConfig,
    readonly chain: ChainStore,
    readonly executor: Executor,
    readonly removeFolder: () => void,
  ) {}

  static async open(options: BenchChainOptions): Promise<BenchChain> {
    const config = benchConfig(options);
    const folder = options.store === 'disk' ? mkdtempSync(join(tmpdir(), 'tributary-bench-')) : undefined;
    const store = folder ? await openLevelStore(folder) : new MemoryStore();
    const genesis = buildGenesis(config, [...predeploys(), ...(options.contracts ?? [])]);
    const chain = await ChainStore.open(store, config, genesis);
    const removeFolder = () => {
      if (folder) rmSync(folder, { recursive: true, force: true });
    };
    // As a node does: the parallel executor's workers read the database themselves.
    const executor = createExecutor({ ...options.executor, databaseFolder: folder }, config, chain);
    return new BenchChain(config, chain, executor, removeFolder);
  }

  /** Resolves when all of the executor's threads are up. */
  async started(): Promise<void> {
    if (this.executor instanceof ParallelExecutor) await this.executor.started();
  }

  /** Executes, seals and commits a block of transactions that must all succeed, once LevelDB is done with those before. `accessList`: with it as help, as a replica does. */
  async seal(transactions: SignedTransaction[], accessList?: Uint8Array): Promise<SealTimes> {
    const { executed, executeMs, executeProcessorMs } = await this.execute(transactions, accessList);
    const startedMs = performance.now();
    const processorMs = ownProcessorMs();
    await this.chain.commit(executed);
    return {
      executeMs,
      executeProcessorMs,
      commitMs: performance.now() - startedMs,
      commitProcessorMs: ownProcessorMs() - processorMs,
      accessList: executed.accessList,
    };
  }

  /** As `seal`, but nothing is committed: may be repeated. */
  async execute(
    transactions: SignedTransaction[],
    accessList?: Uint8Array,
  ): Promise<Pick<SealTimes, 'executeMs' | 'executeProcessorMs'> & { executed: ExecutedBlock }> {
    const parent = this.chain.head;
    const origin = l1Block();
    const attributes = blockAttributes(this.config, parent, parent.header.timestamp + 1, origin, []);
    await otherThreadsRest();
    const startedMs = performance.now();
    const processorMs = ownProcessorMs();
    const mode = accessList ? 'strict' : 'build';
    const executed = await this.executor.executeBlock({ attributes, transactions, mode, accessList });
    const executeMs = performance.now() - startedMs;
    const executeProcessorMs = ownProcessorMs() - processorMs;
    const [rejected] = executed.rejected;
    if (rejected) throw new Error(`${executed.rejected.length} transactions were refused: ${rejected.error.message}`);
    const failed = executed.receipts.map(({ succeeded }) => succeeded).indexOf(false);
    if (failed >= 0) throw new Error(`transaction ${failed} of the block failed`);
    return { executed, executeMs, executeProcessorMs };
  }

  async close(): Promise<void> {
    await this.executor.close();
    await this.chain.close();
    this.removeFolder();
  }
}

function l1Block(): L1BlockRef {
  const hash = keccak256(Uint8Array.of(L1_BLOCK_NUMBER));
  return {
    number: L1_BLOCK_NUMBER,
    hash,
    parentHash: keccak256(Uint8Array.of(0)),
    timestamp: 1_700_000_000,
    baseFeePerGas: 7n,
    blobBaseFee: 1n,
    prevRandao: hash,
    parentBeaconBlockRoot: hash,
  };
}

export function benchConfig({ rich, gasLimit }: Pick<BenchChainOptions, 'rich' | 'gasLimit'>): ChainConfig {
  return {
    l1ChainId: 1,
    l2ChainId: CHAIN_ID,
    genesis: {
      l1Number: L1_BLOCK_NUMBER,
      l1Hash: toHex(keccak256(Uint8Array.of(L1_BLOCK_NUMBER))),
      l2TimestampSeconds: 1_700_000_000,
      allocations: rich.map((address) => ({ address: toHex(address), balanceWei: String(RICH_WEI) })),
    },
    forks: { pragueTimeSeconds: 0, osakaTimeSeconds: 0 },
    gasLimit,
    baseFee: { initialWei: '1000000000', elasticity: 2, changeDenominator: 8 },
    sequencingWindowL1Blocks: 100,
    l1OriginAdvanceMax: 256,
    timestampDriftSecondsMax: 600,
    batchDecompressedSizeBytesMax: 10 * 2 ** 20,
    contracts: {
      inbox: toHex(toFixedBytes(1, 20)),
      portal: toHex(toFixedBytes(2, 20)),
      disputeGameFactory: toHex(toFixedBytes(3, 20)),
    },
  };
}
