import { join } from 'node:path';
import { ChildProcess, PACKAGE_ROOT } from '../childProcess';
import { answersRpc } from './answersRpc';
import { requirePortFree } from './requirePortFree';

const START_TIMEOUT_MS = 30_000;

/** A Hardhat node as the dev L1. It starts empty every time: Hardhat keeps no state on disk. */
export async function startBuiltInL1(port: number): Promise<{ url: string; process: ChildProcess }> {
  await requirePortFree(port, '--l1-port');
  const url = `http://127.0.0.1:${port}`;
  const process = ChildProcess.start(
    'the built-in L1 (hardhat node)',
    [
      require.resolve('hardhat/internal/cli/bootstrap'),
      '--config',
      join(PACKAGE_ROOT, 'dist', 'node', 'dev', 'hardhatL1.config.js'),
      'node',
      '--hostname',
      '127.0.0.1',
      '--port',
      String(port),
    ],
    { HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
  );
  await process.waitUntil(() => answersRpc(url), START_TIMEOUT_MS);
  return { url, process };
}
