import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainConfig } from '../../src/chain/chainConfig';
import type { Deployment } from '../../src/chain/deployment';
import { deployDevChain } from '../../src/node/dev/deployDevChain';
import { freePort } from '../../src/node/freePort';
import { startAnvil, type TestL1 } from '../l1/startL1';
import { TributaryProcess } from './tributaryProcess';

export interface AnvilChainOptions {
  /** More of anvil's flags. */
  l1Args?: string[];
  /** The URLs by which nodes reach the L1, e.g. those of proxies; default: its own. */
  l1Urls?: (l1Url: string) => Promise<string[]>;
  /** Changes to the dev chain's config. */
  rollup?: Partial<ChainConfig>;
}

/** A deployed chain on an anvil of its own, whose node processes a test starts, kills and starts again. */
export interface AnvilChain {
  l1: TestL1;
  deployment: Deployment;
  deploymentFile: string;
  /** Of the sequencer node. */
  url: string;
  /** Starts the sequencer node with these roles; the same database each time. */
  startSequencer(roles: string, args?: string[]): Promise<TributaryProcess>;
  stop(): Promise<void>;
}

export async function startAnvilChain(folder: string, options: AnvilChainOptions = {}): Promise<AnvilChain> {
  // Blocks on a clock beside those for transactions, as a real L1 has them.
  const l1 = await startAnvil({ args: ['--block-time', '1', '--mixed-mining', ...(options.l1Args ?? [])] });
  const port = await freePort();
  const deployed = await deployDevChain({ l1Url: l1.url, l2Port: port, accountCount: 20 });
  const deployment = { ...deployed, rollup: { ...deployed.rollup, ...options.rollup } };
  const urls = (await options.l1Urls?.(l1.url)) ?? [l1.url];
  mkdirSync(folder, { recursive: true });
  const deploymentFile = join(folder, 'deployment.json');
  writeFileSync(deploymentFile, JSON.stringify(deployment));
  return {
    l1,
    deployment,
    deploymentFile,
    url: `http://127.0.0.1:${port}`,
    startSequencer: (roles, args = []) =>
      new TributaryProcess([
        'node',
        ...['--roles', roles, '--dev', '--l1', urls.join(','), '--deployment', deploymentFile, '--port', String(port)],
        ...['--data-dir', join(folder, 'sequencer'), '--l1-poll-interval-ms', '100', '--batch-age-ms-max', '500'],
        ...['--log-level', 'warn'],
        ...args,
      ]).ready(),
    stop: () => l1.stop(),
  };
}
