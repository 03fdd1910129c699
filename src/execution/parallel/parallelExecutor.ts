import { join } from 'node:path';
import type { ChainConfig } from '../../chain/chainConfig';
import type { BlockHeader } from '../../codec/header';
import type { Logger } from '../../core/ports';
import type { Kernel, KernelOptions } from '../../kernel/kernel';
import { ParallelRunner, type ParallelRunnerOptions } from '../../kernel/parallel/parallelRunner';
import type { ParallelStatistics } from '../../kernel/parallel/parallelStatistics';
import { poolSizeBytes, WorkerPool, type WorkerPoolOptions } from '../../kernel/parallel/workerPool';
import type { StateBackend } from '../../kernel/stateBackend';
import type { CallRequest, CallResult, ExecuteBlockRequest, ExecutedBlock, Executor, StateOverride } from '../executor';
import { KernelExecutor } from '../kernel/kernelExecutor';
import type { TransactionRunner } from '../kernel/orderedRunner';
import type { ExecutionChain } from '../reference/referenceExecutor';

export interface ParallelExecutorOptions extends ParallelRunnerOptions {
  /** Threads that execute, this one included; default: cores, 8 at most. */
  workerCount?: number;
  /** The chain's LevelDB, opened with `multithreading`: workers read it themselves. Without it they ask this thread. */
  databaseFolder?: string;
  /** Default 10,000: a run without progress for so long is given up. */
  hangTimeoutMs?: number;
  /** Which kernel runs; default: that of this package. */
  module?: WebAssembly.Module;
  /** See `KernelOptions`. */
  accessListSizeBytes?: number;
  logger?: Logger;
}

/** Compiled JavaScript, also where this file runs from source. */
const BACKEND_PATH = join(__dirname, '..', '..', '..', 'dist', 'execution', 'parallel', 'databaseBackend.js');

/** The state transition in the kernel, on several threads. Gives what `KernelExecutor` gives, to the last byte; a worker's failure costs time, nothing else. */
export class ParallelExecutor implements Executor {
  readonly #executor: KernelExecutor;
  #pool: WorkerPool | undefined;
  #runner: ParallelRunner | undefined;

  /** @throws Kernel.NotBuilt */
  constructor(config: ChainConfig, chain: ExecutionChain, options: ParallelExecutorOptions = {}) {
    const { databaseFolder, logger, workerCount, hangTimeoutMs, accessListSizeBytes } = options;
    const poolOptions: WorkerPoolOptions = {
      ...(workerCount === undefined ? {} : { workerCount }),
      ...(hangTimeoutMs === undefined ? {} : { hangTimeoutMs }),
      ...(databaseFolder === undefined ? {} : { backend: { module: BACKEND_PATH, options: databaseFolder } }),
    };
    const memory: KernelOptions = {
      extraSizeBytes: poolSizeBytes(poolOptions),
      module: options.module,
      ...(accessListSizeBytes === undefined ? {} : { accessListSizeBytes }),
    };
    const createRunner = (kernel: Kernel, backend: StateBackend): TransactionRunner => {
      this.#pool = new WorkerPool(kernel.sharedMemory, poolOptions, logger);
      const runner = new ParallelRunner(kernel, this.#pool, backend, options, logger);
      this.#runner = runner;
      return {
        execute: (...request) => runner.execute(...request),
        stateRoot: (meanwhile) => runner.stateRoot(meanwhile),
        trieRecords: (meanwhile) => runner.trieRecords(meanwhile),
      };
    };
    this.#executor = new KernelExecutor(config, chain, memory, createRunner, logger);
  }

  /** Starts the workers, which otherwise the first long block does. Resolves when all are up; blocks before that are executed by those that are. */
  async started(): Promise<void> {
    await this.#pool?.started();
  }

  /** Threads that it has, up or starting, the calling one included. */
  get threadCount(): number {
    return this.#pool?.threadCount ?? 1;
  }

  statistics(): ParallelStatistics | undefined {
    return this.#runner?.statistics();
  }

  executeBlock(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    this.#pool?.setState(request.attributes.parentHash);
    return this.#executor.executeBlock(request);
  }

  /** See `KernelExecutor.nextBaseFee`. */
  nextBaseFee(header: BlockHeader): bigint {
    return this.#executor.nextBaseFee(header);
  }

  call(request: CallRequest, at: BlockHeader, overrides?: StateOverride[]): Promise<CallResult> {
    return this.#executor.call(request, at, overrides);
  }

  async close(): Promise<void> {
    await this.#pool?.shutDown();
    await this.#executor.close();
  }
}
