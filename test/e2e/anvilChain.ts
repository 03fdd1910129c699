import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from '../../src/chain/deployment';
import { deployDevChain } from '../../src/node/dev/deployDevChain';
import { startAnvil, type TestL1 } from '../l1/startL1';
import { freePort, TributaryProcess } from './tributaryProcess';

/** A deployed chain on an anvil of its own, whose node processes a test starts, kills and starts again. */
export interface AnvilChain {
  l1: TestL1;
  deployment: Deployment;
  deploymentFile: string;
  /** Of the sequencer node. */
  url: string;
  /** Starts the sequencer node with these roles; the same database each time. */
  startSequencer(roles: string): Promise<TributaryProcess>;
  stop(): Promise<void>;
}

export async function startAnvilChain(folder: string): Promise<AnvilChain> {
  // Blocks on a clock beside those for transactions, as a real L1 has them.
  const l1 = await startAnvil({ args: ['--block-time', '1', '--mixed-mining'] });
  const port = await freePort();
  const deployment = await deployDevChain({ l1Url: l1.url, l2Port: port, accountCount: 20 });
  mkdirSync(folder, { recursive: true });
  const deploymentFile = join(folder, 'deployment.json');
  writeFileSync(deploymentFile, JSON.stringify(deployment));
  return {
    l1,
    deployment,
    deploymentFile,
    url: `http://127.0.0.1:${port}`,
    startSequencer: (roles) =>
      new TributaryProcess([
        'node',
        ...['--roles', roles, '--dev', '--l1', l1.url, '--deployment', deploymentFile, '--port', String(port)],
        ...['--data-dir', join(folder, 'sequencer'), '--l1-poll-interval-ms', '100', '--batch-age-ms-max', '500'],
        ...['--log-level', 'warn'],
      ]).ready(),
    stop: () => l1.stop(),
  };
}
