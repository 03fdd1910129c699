import { join } from 'node:path';
import type { ChainConfig } from '../chain/chainConfig';
import { buildGenesis } from '../chain/genesis';
import { openLevelStore } from '../core/levelStore';
import type { Clock, KeyValueStore, Logger } from '../core/ports';
import { createVersionedExecutor, type ExecutorChoice } from '../execution/createExecutor';
import type { VersionedExecutor } from '../execution/versions/versionedExecutor';
import { type ArtifactPlace, ArtifactStore } from '../governance/artifact/artifactStore';
import { readKernel } from '../kernel/kernelModule';
import { warmUpKernel } from '../kernel/warmUp';
import { ChainStore } from '../state/chainStore';
import type { HistoryLimits } from '../state/stateHistory';
import { WriteBehindStore } from '../state/writeBehindStore';

/** Derivation asks for no proofs at old blocks, never goes back behind what is final, and nobody waits for its next block. */
const DERIVING_LIMITS: HistoryLimits = { waitingNodesMax: 16_384, keepsFinalNodes: false };
const DERIVING_WRITE_BUFFER_SIZE_BYTES = 64 * 2 ** 20;

/** A chain on this disk with what executes it. */
export interface OpenChain {
  store: KeyValueStore;
  chain: ChainStore;
  /** Executes by the version that rules, and gives its rules. */
  executor: VersionedExecutor;
  artifacts: ArtifactStore;
  close(): Promise<void>;
}

export interface OpenChainOptions extends ExecutorChoice {
  clock: Clock;
  logger: Logger;
  /** Where kernels are looked for beside `<dataDir>/artifacts`. */
  artifactPlaces: ArtifactPlace[];
  /**
   * For derivation alone, which makes anew what a kill loses: blocks are committed before they are on disk; of blocks that are final when they are
   * committed neither proofs nor access lists are to be had. Default false.
   */
  derivesOnly?: boolean;
}

/**
 * Opens the database `<dataDir>/db`, or makes it with genesis.
 * @throws Core.DatabaseLocked, State.WrongChain, Kernel.NotBuilt
 */
export async function openChain(config: ChainConfig, dataDir: string, choice: OpenChainOptions): Promise<OpenChain> {
  const databaseFolder = join(dataDir, 'db');
  const level = await openLevelStore(databaseFolder, choice.derivesOnly ? DERIVING_WRITE_BUFFER_SIZE_BYTES : undefined);
  const behind = choice.derivesOnly ? new WriteBehindStore(level) : undefined;
  const store = behind ?? level;
  try {
    const chain = await ChainStore.open(store, config, buildGenesis(config), choice.derivesOnly ? DERIVING_LIMITS : {});
    if (choice.executor !== 'reference') warmUpKernel();
    const { clock, logger, artifactPlaces: places } = choice;
    const artifacts = new ArtifactStore({ folder: join(dataDir, 'artifacts'), places, clock, logger });
    artifacts.keep(readKernel());
    const executor = createVersionedExecutor(
      { ...choice, databaseFolder, accessLists: !choice.derivesOnly, settled: () => behind?.flush() },
      config,
      chain,
      artifacts,
    );
    return {
      store,
      chain,
      executor,
      artifacts,
      async close() {
        await artifacts.close();
        await executor.close();
        await chain.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
