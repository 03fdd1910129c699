import type { Hex } from 'viem';
import type { ChainConfig } from '../chain/chainConfig';
import type { Clock, Logger } from '../core/ports';
import { L1BlockReader } from '../l1/l1BlockReader';
import { L1Client } from '../l1/l1Client';
import { L1Watcher } from '../l1/l1Watcher';

export interface L1AccessOptions {
  config: ChainConfig;
  urls: string[];
  clock: Clock;
  logger: Logger;
  pollIntervalMs?: number;
  confirmations?: number;
}

/** One connection to the L1 and the readers over it. */
export interface L1Access {
  client: L1Client;
  reader: L1BlockReader;
  watcher: L1Watcher;
}

/** @throws L1.Unreachable, L1.WrongChain */
export async function openL1Access(options: L1AccessOptions): Promise<L1Access> {
  const { config, urls, clock, pollIntervalMs, confirmations } = options;
  const logger = options.logger.child({ room: 'l1' });
  const client = await L1Client.connect({ urls, chainId: config.l1ChainId, clock, logger });
  const reader = new L1BlockReader(client, {
    portal: config.contracts.portal as Hex,
    inbox: config.contracts.inbox as Hex,
  });
  const watcher = new L1Watcher({ reader, clock, logger, pollIntervalMs, confirmations });
  return { client, reader, watcher };
}
