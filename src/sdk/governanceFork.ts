import { join } from 'node:path';
import { createPublicClient, http, type PublicClient } from 'viem';
import { ChildProcess, PACKAGE_ROOT } from '../node/childProcess';
import { freePort } from '../node/freePort';
import type { GovernanceUser } from './governance';
import { devMethod } from './governanceEffects';

const START_TIMEOUT_MS = 60_000;
/** A fork reads what it lacks from L1, one slot at a time. */
const REQUEST_TIMEOUT_MS = 60_000;

/** A private copy of the L1 as it is now, in a process of its own, on which anything may be tried. @throws Node.ChildFailed */
export async function forkL1(user: GovernanceUser): Promise<{ client: PublicClient; stop(): Promise<void> }> {
  const [port, blockNumber] = await Promise.all([freePort(), user.l1.getBlockNumber({ cacheTime: 0 })]);
  const child = ChildProcess.start(
    'a fork of L1 (hardhat node)',
    [
      require.resolve('hardhat/internal/cli/bootstrap'),
      ...['--config', join(PACKAGE_ROOT, 'dist', 'sdk', 'governanceFork.config.js')],
      ...['node', '--hostname', '127.0.0.1', '--port', String(port)],
    ],
    {
      HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
      // Not an argument: the URL may hold a key, and arguments are seen by everybody.
      TRIBUTARY_FORK_URL: user.deployment.l1.rpcUrl,
      TRIBUTARY_FORK_BLOCK: String(blockNumber),
      TRIBUTARY_FORK_CHAIN_ID: String(user.deployment.l1.chainId),
    },
  );
  const client = createPublicClient({
    transport: http(`http://127.0.0.1:${port}`, { retryCount: 0, timeout: REQUEST_TIMEOUT_MS }),
    pollingInterval: 50,
    cacheTime: 0,
  });
  try {
    const answers = () =>
      client.getChainId().then(
        () => true,
        () => false,
      );
    await child.waitUntil(answers, START_TIMEOUT_MS);
    // Hardhat executes calls on blocks of its own only: it does not know which rules the L1's had.
    await devMethod(client, 'evm_mine', []);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { client, stop: () => child.stop() };
}
