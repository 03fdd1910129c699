import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPublicClient, type Hex, http, type PublicClient } from 'viem';
import type { Deployment } from '../../src/chain/deployment';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { type DeployDevChainOptions, deployDevChain } from '../../src/node/dev/deployDevChain';
import { freePort } from '../../src/node/freePort';
import { startAnvil, type TestL1 } from '../l1/startL1';
import { TributaryProcess } from './tributaryProcess';

/** A deployed chain on an anvil of its own, whose nodes are started, killed and started again one by one, each with a folder of its own. */
export class ApartChain {
  readonly publicL1: PublicClient;
  readonly #nodes = new Map<string, { port: number; process: TributaryProcess }>();
  readonly #ports = new Map<string, number>();

  private constructor(
    readonly l1: TestL1,
    readonly folder: string,
    readonly deployment: Deployment,
    readonly deploymentFile: string,
  ) {
    this.publicL1 = createPublicClient({ transport: http(l1.url), pollingInterval: 50, cacheTime: 0 });
  }

  /** @param rules other than the dev chain's */
  static async start(folder: string, rules: DeployDevChainOptions['chain']): Promise<ApartChain> {
    // Blocks on a clock beside those for transactions, as a real L1 has them.
    const l1 = await startAnvil({ args: ['--block-time', '1', '--mixed-mining'] });
    const deployment = await deployDevChain({
      l1Url: l1.url,
      l2Port: await freePort(),
      accountCount: 20,
      chain: rules,
    });
    mkdirSync(folder, { recursive: true });
    const deploymentFile = join(folder, 'deployment.json');
    writeFileSync(deploymentFile, JSON.stringify(deployment));
    return new ApartChain(l1, folder, deployment, deploymentFile);
  }

  /** Starts a node and waits until it is ready. Same name, same database and port. @param l1Url default: anvil itself */
  async run(name: string, args: string[], environment: NodeJS.ProcessEnv = {}, l1Url = this.l1.url): Promise<void> {
    const port = this.#ports.get(name) ?? (await freePort());
    this.#ports.set(name, port);
    const node = new TributaryProcess(
      [
        'node',
        ...args,
        ...['--l1', l1Url, '--deployment', this.deploymentFile, '--port', String(port)],
        ...['--data-dir', join(this.folder, name), '--l1-poll-interval-ms', '100', '--batch-age-ms-max', '300'],
        ...['--log-level', 'warn'],
      ],
      environment,
    );
    this.#nodes.set(name, { port, process: node });
    await node.ready();
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.#ports.get(name)}`;
  }

  output(name: string): string {
    return this.#nodes.get(name)?.process.output ?? '';
  }

  kill(name: string): void {
    this.#nodes.get(name)?.process.kill('SIGKILL');
    this.#nodes.delete(name);
  }

  /** Every batch that the Inbox took. */
  async batchPosts(): Promise<{ index: bigint; poster: Hex; timestamp: bigint }[]> {
    const logs = await this.publicL1.getContractEvents({
      address: this.deployment.rollup.contracts.inbox as Hex,
      abi: inboxAbi,
      eventName: 'BatchPosted',
      fromBlock: 0n,
      strict: true,
    });
    return logs.map(({ args: { index, header } }) => ({ index, poster: header.poster, timestamp: header.timestamp }));
  }

  async stop(): Promise<void> {
    for (const { process: node } of this.#nodes.values()) await node.stop();
    await this.l1.stop();
  }
}
