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

/** Derivation asks for no proofs at old blocks and nobody waits for its next block, so that a longer pause for fewer writes is a gain. */
const DERIVING_LIMITS: HistoryLimits = { waitingNodesMax: 16_384 };

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
  /** For derivation alone, which makes anew what a kill loses: blocks are committed before they are on disk, and more trie nodes wait. Default false. */
  derivesOnly?: boolean;
}

/**
 * Opens the database `<dataDir>/db`, or makes it with genesis.
 * @throws Core.DatabaseLocked, State.WrongChain, Kernel.NotBuilt
 */
export async function openChain(config: ChainConfig, dataDir: string, choice: OpenChainOptions): Promise<OpenChain> {
  const databaseFolder = join(dataDir, 'db');
  const level = await openLevelStore(databaseFolder);
  const behind = choice.derivesOnly ? new WriteBehindStore(level) : undefined;
  const store = behind ?? level;
  try {
    const chain = await ChainStore.open(store, config, buildGenesis(config), choice.derivesOnly ? DERIVING_LIMITS : {});
    if (choice.executor !== 'reference') warmUpKernel();
    const { clock, logger, artifactPlaces: places } = choice;
    const artifacts = new ArtifactStore({ folder: join(dataDir, 'artifacts'), places, clock, logger });
    artifacts.keep(readKernel());
    const executor = createVersionedExecutor(
      { ...choice, databaseFolder, settled: () => behind?.flush() },
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
