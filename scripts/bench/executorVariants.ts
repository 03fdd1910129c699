import { EXECUTOR_KINDS, type ExecutorChoice } from '../../src/execution/createExecutor';

/** An executor with a number of workers, under the name that the tables show. */
export interface ExecutorVariant {
  name: string;
  workerCount: number;
  choice: ExecutorChoice;
}

export const sequential: ExecutorVariant = {
  name: 'sequential',
  workerCount: 1,
  choice: { executor: 'sequential' },
};

/** The parallel executor with that many workers; none where this build has no parallel executor. */
export function parallelVariants(workerCounts: number[]): ExecutorVariant[] {
  const executor = EXECUTOR_KINDS.find((kind: string) => kind === 'parallel');
  if (!executor) return [];
  return workerCounts.map((workers) => {
    const choice: ExecutorChoice & { workers: number } = { executor, workers };
    return { name: `parallel, ${workers} worker${workers === 1 ? '' : 's'}`, workerCount: workers, choice };
  });
}
