import type { ChainConfig } from '../chain/chainConfig';
import type { Executor } from './executor';
import { KernelExecutor } from './kernel/kernelExecutor';
import { type ExecutionChain, ReferenceExecutor } from './reference/referenceExecutor';

/** `kernel`: WebAssembly, sequential. `reference`: `@ethereumjs/evm`, to check it by. They agree to the last byte. */
export type ExecutorKind = 'kernel' | 'reference';

/** @throws Kernel.NotBuilt */
export function createExecutor(kind: ExecutorKind, config: ChainConfig, chain: ExecutionChain): Executor {
  return kind === 'kernel' ? new KernelExecutor(config, chain) : new ReferenceExecutor(config, chain);
}
