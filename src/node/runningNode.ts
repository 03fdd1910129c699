import type { Deployment } from '../chain/deployment';
import type { Clock, Logger } from '../core/ports';
import type { ChainStore } from '../state/chainStore';
import type { NodeConfig } from './nodeConfig';
import type { NodeKeys } from './nodeKeys';

export interface StartNodeOptions {
  config: NodeConfig;
  deployment: Deployment;
  keys: NodeKeys;
  clock: Clock;
  logger: Logger;
  /** Program version, for `web3_clientVersion`. */
  version: string;
}

/** A node whose roles run. */
export interface RunningNode {
  /** Port of its JSON-RPC. */
  port: number;
  chain: ChainStore;
  /** Rejects when a role that the node stands or falls with can't go on. */
  failed: Promise<never>;
  /** Ends every role in order, then closes the database. */
  stop(): Promise<void>;
}

/** What was opened is closed again when the start fails. */
export async function startOrTearDown(
  logger: Logger,
  start: (teardown: Teardown) => Promise<RunningNode>,
): Promise<RunningNode> {
  const teardown = new Teardown(logger);
  try {
    return await start(teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

/** Steps of a stop, run in reverse order of their registration; one that fails does not keep the others from running. */
export class Teardown {
  readonly #steps: (() => Promise<void> | void)[] = [];

  constructor(private readonly logger: Logger) {}

  add(step: () => Promise<void> | void): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        this.logger.error({ error }, 'a step of the stop failed');
      }
    }
  }
}
