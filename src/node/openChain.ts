import { join } from 'node:path';
import type { ChainConfig } from '../chain/chainConfig';
import { buildGenesis } from '../chain/genesis';
import { type LevelStore, openLevelStore } from '../core/levelStore';
import type { Clock, Logger } from '../core/ports';
import { createVersionedExecutor, type ExecutorChoice } from '../execution/createExecutor';
import type { VersionedExecutor } from '../execution/versions/versionedExecutor';
import { type ArtifactPlace, ArtifactStore } from '../governance/artifact/artifactStore';
import { readKernel } from '../kernel/kernelModule';
import { warmUpKernel } from '../kernel/warmUp';
import { ChainStore } from '../state/chainStore';

/** A chain on this disk with what executes it. */
export interface OpenChain {
  store: LevelStore;
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
}

/**
 * Opens the database `<dataDir>/db`, or makes it with genesis.
 * @throws Core.DatabaseLocked, State.WrongChain, Kernel.NotBuilt
 */
export async function openChain(config: ChainConfig, dataDir: string, choice: OpenChainOptions): Promise<OpenChain> {
  const databaseFolder = join(dataDir, 'db');
  const store = await openLevelStore(databaseFolder);
  try {
    const chain = await ChainStore.open(store, config, buildGenesis(config));
    if (choice.executor !== 'reference') warmUpKernel();
    const { clock, logger, artifactPlaces: places } = choice;
    const artifacts = new ArtifactStore({ folder: join(dataDir, 'artifacts'), places, clock, logger });
    artifacts.keep(readKernel());
    const executor = createVersionedExecutor({ ...choice, databaseFolder }, config, chain, artifacts);
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
