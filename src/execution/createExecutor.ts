import type { ChainConfig } from '../chain/chainConfig';
import type { Logger } from '../core/ports';
import { CrossCheckedExecutor } from './crossCheckedExecutor';
import type { Executor } from './executor';
import { KernelExecutor } from './kernel/kernelExecutor';
import { ParallelExecutor } from './parallel/parallelExecutor';
import { type ExecutionChain, ReferenceExecutor } from './reference/referenceExecutor';

/**
 * `parallel`: the kernel on several threads. `sequential`: the kernel, one transaction after the other. `reference`: `@ethereumjs/evm`, to check
 * them by. All give the same blocks.
 */
export const EXECUTOR_KINDS = ['parallel', 'sequential', 'reference'] as const;
export type ExecutorKind = (typeof EXECUTOR_KINDS)[number];

export interface ExecutorChoice {
  /** Default `sequential`. */
  executor?: ExecutorKind;
  /** Threads of the parallel executor; default: cores, 8 at most. */
  workers?: number;
  /** The chain's LevelDB, for the parallel executor's workers to read. */
  databaseFolder?: string;
  logger?: Logger;
  /** Execute every block by the reference too, and refuse it where they differ; default false. */
  crossCheck?: boolean;
}

/** @throws Kernel.NotBuilt */
export function createExecutor(choice: ExecutorChoice, config: ChainConfig, chain: ExecutionChain): Executor {
  const { executor: kind = 'sequential', crossCheck = false } = choice;
  const reference = () => new ReferenceExecutor(config, chain);
  if (kind === 'reference') return reference();
  const { workers: workerCount, databaseFolder, logger } = choice;
  const executor =
    kind === 'parallel'
      ? new ParallelExecutor(config, chain, { workerCount, databaseFolder, logger })
      : new KernelExecutor(config, chain);
  return crossCheck ? new CrossCheckedExecutor(executor, reference()) : executor;
}
