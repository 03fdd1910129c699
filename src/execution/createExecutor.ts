import type { ChainConfig } from '../chain/chainConfig';
import type { Executor } from './executor';
import { KernelExecutor } from './kernel/kernelExecutor';
import { type ExecutionChain, ReferenceExecutor } from './reference/referenceExecutor';

/** `sequential`: the kernel, one transaction after the other. `reference`: `@ethereumjs/evm`, to check it by. Both give the same blocks. */
export const EXECUTOR_KINDS = ['sequential', 'reference'] as const;
export type ExecutorKind = (typeof EXECUTOR_KINDS)[number];

/** @throws Kernel.NotBuilt */
export function createExecutor(kind: ExecutorKind, config: ChainConfig, chain: ExecutionChain): Executor {
  return kind === 'reference' ? new ReferenceExecutor(config, chain) : new KernelExecutor(config, chain);
}
