import { join } from 'node:path';
import type { ChainConfig } from '../chain/chainConfig';
import { buildGenesis } from '../chain/genesis';
import { type LevelStore, openLevelStore } from '../core/levelStore';
import { createExecutor, type ExecutorChoice } from '../execution/createExecutor';
import type { Executor } from '../execution/executor';
import { warmUpKernel } from '../kernel/warmUp';
import { ChainStore } from '../state/chainStore';

/** A chain on this disk with what executes it. */
export interface OpenChain {
  store: LevelStore;
  chain: ChainStore;
  executor: Executor;
  close(): Promise<void>;
}

/**
 * Opens the database `<dataDir>/db`, or makes it with genesis.
 * @throws Core.DatabaseLocked, State.WrongChain, Kernel.NotBuilt
 */
export async function openChain(config: ChainConfig, dataDir: string, choice: ExecutorChoice = {}): Promise<OpenChain> {
  const databaseFolder = join(dataDir, 'db');
  const store = await openLevelStore(databaseFolder);
  try {
    const chain = await ChainStore.open(store, config, buildGenesis(config));
    if (choice.executor !== 'reference') warmUpKernel();
    const executor = createExecutor({ ...choice, databaseFolder }, config, chain);
    return {
      store,
      chain,
      executor,
      async close() {
        await executor.close();
        await chain.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
