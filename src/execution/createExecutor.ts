import type { ChainConfig } from '../chain/chainConfig';
import { CrossCheckedExecutor } from './crossCheckedExecutor';
import type { Executor } from './executor';
import { KernelExecutor } from './kernel/kernelExecutor';
import { type ExecutionChain, ReferenceExecutor } from './reference/referenceExecutor';

/** `sequential`: the kernel, one transaction after the other. `reference`: `@ethereumjs/evm`, to check it by. Both give the same blocks. */
export const EXECUTOR_KINDS = ['sequential', 'reference'] as const;
export type ExecutorKind = (typeof EXECUTOR_KINDS)[number];

export interface ExecutorChoice {
  /** Default `sequential`. */
  executor?: ExecutorKind;
  /** Execute every block by the reference too, and refuse it where they differ; default false. */
  crossCheck?: boolean;
}

/** @throws Kernel.NotBuilt */
export function createExecutor(choice: ExecutorChoice, config: ChainConfig, chain: ExecutionChain): Executor {
  const { executor: kind = 'sequential', crossCheck = false } = choice;
  const reference = () => new ReferenceExecutor(config, chain);
  if (kind === 'reference') return reference();
  const executor = new KernelExecutor(config, chain);
  return crossCheck ? new CrossCheckedExecutor(executor, reference()) : executor;
}
