import type { ChainConfig } from '../chain/chainConfig';
import { nextBaseFee } from '../codec/header';
import { fromHex } from '../core/bytes';
import type { Logger } from '../core/ports';
import { packagedKernelHash } from '../kernel/kernelModule';
import { defaultWorkerCount } from '../kernel/parallel/workerPool';
import { warmUpKernel } from '../kernel/warmUp';
import { CrossCheckedExecutor } from './crossCheckedExecutor';
import type { Executor } from './executor';
import { KernelExecutor } from './kernel/kernelExecutor';
import { ParallelExecutor } from './parallel/parallelExecutor';
import { LazyReference } from './reference/lazyReference';
import type { ExecutionChain } from './reference/referenceExecutor';
import {
  type ArtifactSource,
  type VersionExecutor,
  type VersionedChain,
  VersionedExecutor,
} from './versions/versionedExecutor';

/**
 * `parallel`: the kernel on several threads, started with the first block that is long enough; on one core it is `sequential`. `sequential`: the kernel, one transaction after the other. `reference`: `@ethereumjs/evm`, to check
 * them by. All give the same blocks.
 */
export const EXECUTOR_KINDS = ['parallel', 'sequential', 'reference'] as const;
export type ExecutorKind = (typeof EXECUTOR_KINDS)[number];
export const DEFAULT_EXECUTOR: ExecutorKind = 'parallel';

export interface ExecutorChoice {
  /** Default `DEFAULT_EXECUTOR`. */
  executor?: ExecutorKind;
  /** Threads of the parallel executor; default: cores, 8 at most. */
  workers?: number;
  /** The chain's LevelDB, for the parallel executor's workers to read. */
  databaseFolder?: string;
  /** See `ParallelRunnerOptions`. */
  settled?: () => Promise<void> | undefined;
  logger?: Logger;
  /** Whether blocks' access lists are collected; default true. */
  accessLists?: boolean;
  /** Told of each parallel executor that is made: whoever shows its figures. */
  onParallel?: (executor: ParallelExecutor) => void;
  /** Execute every block by the reference too, and refuse it where they differ; default false. */
  crossCheck?: boolean;
}

/** Whether blocks are executed on several threads, where their access lists are of use. */
export function isParallel({ executor = DEFAULT_EXECUTOR, workers = defaultWorkerCount() }: ExecutorChoice): boolean {
  return executor === 'parallel' && workers > 1;
}

/** An executor of this package's kernel alone. @throws Kernel.NotBuilt */
export function createExecutor(choice: ExecutorChoice, config: ChainConfig, chain: ExecutionChain): Executor {
  const { executor: kind = DEFAULT_EXECUTOR, crossCheck = false } = choice;
  const reference = () => new LazyReference(config, chain);
  if (kind === 'reference') return reference();
  const executor = createKernelExecutor(choice, config, chain, undefined);
  return crossCheck ? new CrossCheckedExecutor(executor, reference()) : executor;
}

/**
 * An executor of whichever version rules. The reference and the cross-check speak for this package's kernel only: blocks of other versions
 * are executed by their kernel alone.
 * @throws Kernel.NotBuilt
 */
export function createVersionedExecutor(
  choice: ExecutorChoice,
  config: ChainConfig,
  chain: ExecutionChain & VersionedChain,
  artifacts: ArtifactSource,
): VersionedExecutor {
  const packagedHash = packagedKernelHash();
  return new VersionedExecutor({
    genesisHash: config.executionArtifactHash ? fromHex(config.executionArtifactHash) : packagedHash,
    packagedHash,
    chain,
    artifacts,
    logger: choice.logger,
    factory: {
      create(module) {
        if (!module) return withBaseFee(createExecutor(choice, config, chain), config);
        warmUpKernel(module);
        return createKernelExecutor(choice, config, chain, module);
      },
      createFresh: (module) =>
        module || choice.executor !== 'reference'
          ? new KernelExecutor(config, chain, { module })
          : withBaseFee(new LazyReference(config, chain), config),
      lastResort: () => new LazyReference(config, chain),
    },
  });
}

function createKernelExecutor(
  choice: ExecutorChoice,
  config: ChainConfig,
  chain: ExecutionChain,
  module: WebAssembly.Module | undefined,
): VersionExecutor {
  const { workers: workerCount, databaseFolder, settled, logger, onParallel } = choice;
  const memory = { module, ...(choice.accessLists === false ? { accessListSizeBytes: 0 } : {}) };
  if (!isParallel(choice)) return new KernelExecutor(config, chain, memory, undefined, logger);
  const executor = new ParallelExecutor(config, chain, { workerCount, databaseFolder, settled, logger, ...memory });
  onParallel?.(executor);
  return executor;
}

/** For executors without a kernel of their own to ask: what this package's kernel says, in TypeScript. */
function withBaseFee(executor: Executor, { baseFee }: ChainConfig): VersionExecutor {
  return {
    executeBlock: (request) => executor.executeBlock(request),
    call: (request, at, overrides) => executor.call(request, at, overrides),
    close: () => executor.close(),
    nextBaseFee: (parent) => nextBaseFee(parent, baseFee.elasticity, baseFee.changeDenominator),
  };
}
