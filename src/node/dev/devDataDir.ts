import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createPublicClient, type Hex, http } from 'viem';
import type { Deployment } from '../../chain/deployment';
import { TributaryError } from '../../core/errors';
import { writeFileAtomically } from '../../l1/deployment/writeFileAtomically';
import { readDeployment } from '../readDeployment';

const DEPLOYMENT_FILE = 'deployment.json';
/** All that `tributary dev` keeps in its data directory; nothing else there is ever removed. */
const OWN_ENTRIES = [DEPLOYMENT_FILE, 'sequencer', 'verifier'];

/** The data directory of `tributary dev`: `deployment.json`, `sequencer/` and `verifier/` (databases). */
export class DevDataDir {
  constructor(readonly path: string) {
    if (existsSync(path) && readdirSync(path).some((name) => !OWN_ENTRIES.includes(name) && name !== 'previous')) {
      throw new TributaryError('Node.ForeignDataDir', `${path} holds other files: give an empty --data-dir`, {
        recovery: 'halt',
      });
    }
    mkdirSync(path, { recursive: true });
  }

  get deploymentFile(): string {
    return join(this.path, DEPLOYMENT_FILE);
  }

  readDeployment(): Deployment | undefined {
    if (!existsSync(this.deploymentFile)) return undefined;
    return readDeployment(this.deploymentFile);
  }

  /** Written whole or not at all. */
  writeDeployment(deployment: Deployment): void {
    writeFileAtomically(this.deploymentFile, `${JSON.stringify(deployment, null, 2)}\n`);
  }

  /** Removes the chain that is here. */
  reset(): void {
    for (const name of OWN_ENTRIES) rmSync(join(this.path, name), { recursive: true, force: true });
  }

  /** Puts the chain that is here into `previous/`, in place of what was there. @returns whether there was one */
  setAside(): boolean {
    if (!existsSync(this.deploymentFile)) {
      this.reset();
      return false;
    }
    const previous = join(this.path, 'previous');
    rmSync(previous, { recursive: true, force: true });
    mkdirSync(previous);
    for (const name of OWN_ENTRIES) {
      if (existsSync(join(this.path, name))) renameSync(join(this.path, name), join(previous, name));
    }
    return true;
  }
}

/**
 * Whether the chain in the data directory is the one on this L1.
 * @throws Node.WrongChain when the L1 has another chain id, Node.L1WasReset when the contracts are gone
 */
export async function requireSameL1(deployment: Deployment, l1Url: string, dataDir: string): Promise<void> {
  const client = createPublicClient({ transport: http(l1Url) });
  const chainId = await client.getChainId();
  if (chainId !== deployment.l1.chainId) {
    throw new TributaryError(
      'Node.WrongChain',
      `${dataDir} holds a chain on L1 ${deployment.l1.chainId}, but the L1 at ${l1Url} is ${chainId}: give another --data-dir, or --reset to start a new chain`,
      { recovery: 'halt' },
    );
  }
  const { inbox } = deployment.rollup.contracts;
  const code = await client.getCode({ address: inbox as Hex });
  const origin = await client
    .getBlock({ blockNumber: BigInt(deployment.rollup.genesis.l1Number) })
    .catch(() => undefined);
  if (!code || origin?.hash !== deployment.rollup.genesis.l1Hash) {
    throw new TributaryError(
      'Node.L1WasReset',
      `the L1 at ${l1Url} was reset since ${dataDir} was made (no contract code at ${inbox}): --reset starts a new chain`,
      { recovery: 'halt' },
    );
  }
}
