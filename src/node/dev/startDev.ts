import { join } from 'node:path';
import type { Deployment } from '../../chain/deployment';
import { TributaryError } from '../../core/errors';
import { systemClock } from '../../core/systemClock';
import type { ExecutorKind } from '../../execution/createExecutor';
import { redactUrl } from '../../l1/redactUrl';
import { ChildProcess, PACKAGE_ROOT } from '../childProcess';
import { createLogger } from '../createLogger';
import { nodeConfigSchema } from '../nodeConfig';
import { loadNodeKeys } from '../nodeKeys';
import { packageVersion } from '../packageVersion';
import { type RunningNode, Teardown } from '../runningNode';
import { startNode } from '../startNode';
import { answersRpc } from './answersRpc';
import { startBuiltInL1 } from './builtInL1';
import { deployDevChain } from './deployDevChain';
import { devBanner } from './devBanner';
import { DevDataDir, requireSameL1 } from './devDataDir';
import { lowerPriority } from './lowPriority';
import { requirePortFree } from './requirePortFree';

export interface StartDevOptions {
  /** The L2's JSON-RPC. */
  port: number;
  /** The built-in L1's. */
  l1Port: number;
  /** The verifier's JSON-RPC; 0 for a free one. */
  verifierPort: number;
  /** A running dev L1 in place of the built-in one. */
  l1?: string;
  blockTimeSeconds?: number;
  dataDir: string;
  accounts: number;
  /** How long votes last. */
  votingSeconds: number;
  /** How long a new version of a module can be rolled back. */
  canarySeconds: number;
  executor: ExecutorKind;
  /** Threads of the parallel executor; default: cores, 8 at most. */
  workers?: number;
  reset?: boolean;
  /** Where a line for people goes. */
  print(text: string): void;
  /** Fires when a stop is asked for while starting. */
  signal: AbortSignal;
}

const DEV_L1_POLL_MS = 250;
const DEV_PROPOSAL_INTERVAL_MS = 5_000;

/**
 * A whole rollup on this machine: L1 (unless one is given), contracts, the sequencer node in this process, the verifier in another.
 * Everything that it started ends with it.
 */
export async function startDev(options: StartDevOptions): Promise<{ stop(): Promise<void>; failed: Promise<never> }> {
  const { print, signal } = options;
  const logger = createLogger('warn');
  const teardown = new Teardown(logger);
  const stopOnAbort = () => void teardown.run();
  signal.addEventListener('abort', stopOnAbort);
  try {
    await requirePortFree(options.port, '--port');
    const dataDir = new DevDataDir(options.dataDir);
    if (options.reset) dataDir.reset();

    const startedMs = Date.now();
    const l1 = options.l1 ? await runningL1(options.l1) : await startBuiltInL1(options.l1Port);
    teardown.add(() => l1.process?.stop());
    const deployment = await chainOn(l1.url, dataDir, options);

    const node = await startSequencer(deployment, l1.url, options, logger);
    teardown.add(() => node.stop());
    const verifier = await startVerifier(l1.url, dataDir, options);
    teardown.add(() => verifier.stop());

    print(devBanner(deployment, options.accounts, dataDir.deploymentFile));
    print(`ready in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
    return { stop: () => teardown.run(), failed: firstFailure(node, l1.process, verifier) };
  } catch (error) {
    await teardown.run();
    throw error;
  } finally {
    signal.removeEventListener('abort', stopOnAbort);
  }
}

async function runningL1(url: string): Promise<{ url: string; process?: ChildProcess }> {
  if (await answersRpc(url)) return { url };
  throw new TributaryError('L1.Unreachable', `the L1 at ${redactUrl(url)} cannot be reached`, { recovery: 'halt' });
}

/** The chain in the data directory if it is on this L1, else a new one. */
async function chainOn(l1Url: string, dataDir: DevDataDir, options: StartDevOptions): Promise<Deployment> {
  const { print } = options;
  if (options.l1) {
    const existing = dataDir.readDeployment();
    if (existing) {
      await requireSameL1(existing, l1Url, dataDir.path);
      print(`continuing the chain in ${dataDir.path}`);
      return existing;
    }
  } else if (dataDir.setAside()) {
    print(`the built-in L1 starts empty: a new chain begins, the last one is in ${join(dataDir.path, 'previous')}`);
  }
  const deployment = await deployDevChain({
    l1Url,
    l2Port: options.port,
    accountCount: options.accounts,
    votingSeconds: options.votingSeconds,
    canarySeconds: options.canarySeconds,
    onProgress: ({ step, stepCount, name }) => print(`[${step + 1}/${stepCount}] deployed ${name}`),
  });
  dataDir.writeDeployment(deployment);
  return deployment;
}

async function startSequencer(
  deployment: Deployment,
  l1Url: string,
  options: StartDevOptions,
  logger: ReturnType<typeof createLogger>,
): Promise<RunningNode> {
  const config = nodeConfigSchema.parse({
    roles: ['sequencer', 'batcher', 'proposer'],
    l1: [l1Url],
    deployment: join(options.dataDir, 'deployment.json'),
    dataDir: join(options.dataDir, 'sequencer'),
    port: options.port,
    blockTimeSeconds: options.blockTimeSeconds,
    l1PollIntervalMs: DEV_L1_POLL_MS,
    proposalIntervalMs: DEV_PROPOSAL_INTERVAL_MS,
    accounts: options.accounts,
    executor: options.executor,
    workers: options.workers,
    dev: true,
  });
  const keys = await loadNodeKeys(config.roles, true, { environment: {} });
  return startNode({ config, deployment, keys, clock: systemClock, logger, version: packageVersion() });
}

async function startVerifier(
  l1Url: string,
  dataDir: DevDataDir,
  { executor, workers, verifierPort, print }: StartDevOptions,
): Promise<ChildProcess> {
  const child = ChildProcess.start('the verifier', [
    join(PACKAGE_ROOT, 'dist', 'cli', 'main.js'),
    'node',
    ...['--roles', 'verifier,attester', '--dev', '--l1', l1Url, '--deployment', dataDir.deploymentFile],
    ...['--data-dir', join(dataDir.path, 'verifier'), '--port', String(verifierPort), '--executor', executor],
    ...(workers === undefined ? [] : ['--workers', String(workers)]),
    ...['--l1-poll-interval-ms', String(DEV_L1_POLL_MS), '--log-level', 'warn'],
  ]);
  // Checking can wait, serving can't.
  if (child.pid !== undefined) lowerPriority(child.pid);
  child.onLine((line) => {
    if (line.includes('"level":50')) print(`verifier: ${line}`);
  });
  return child;
}

/** Rejects when a part that the whole can't do without has ended by itself. */
function firstFailure(node: RunningNode, l1: ChildProcess | undefined, verifier: ChildProcess): Promise<never> {
  const ended = (name: string, child: ChildProcess) =>
    child.exited.then(({ code, wasStopped }): Promise<never> => {
      if (wasStopped) return new Promise(() => undefined);
      throw new TributaryError('Node.ChildFailed', `${name} ended by itself (exit code ${code})`, {
        recovery: 'halt',
        metaMessages: [child.outputTail.trim()],
      });
    });
  const parts = [node.failed, ended('the verifier', verifier)];
  if (l1) parts.push(ended('the built-in L1', l1));
  const failure = Promise.race(parts);
  failure.catch(() => undefined);
  return failure;
}
