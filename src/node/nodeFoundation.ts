import { TransactionDecoder } from '../codec/transactionDecoder';
import { L1OriginSource } from '../l1/l1OriginSource';
import { Verifier, type VerifierOptions } from '../verifier/verifier';
import { artifactPlaces } from './artifactPlaces';
import { type L1Access, openL1Access } from './l1Access';
import { type OpenChain, type OpenChainOptions, openChain } from './openChain';
import type { StartNodeOptions, Teardown } from './runningNode';

/** What every node stands on, whatever its roles: L1, a chain on disk with what executes it, and a decoder of transactions. */
export interface NodeFoundation {
  options: StartNodeOptions;
  l1: L1Access;
  open: OpenChain;
  decoder: TransactionDecoder;
  /** Closes these, and what is added, in reverse order. */
  teardown: Teardown;
}

/** @throws L1.Unreachable, L1.WrongChain, Core.DatabaseLocked, State.WrongChain, Kernel.NotBuilt */
export async function openFoundation(
  options: StartNodeOptions,
  teardown: Teardown,
  onParallel?: OpenChainOptions['onParallel'],
): Promise<NodeFoundation> {
  const { config, deployment, clock, logger } = options;
  const l1 = await openL1Access({
    config: deployment.rollup,
    urls: config.l1,
    dataDir: config.dataDir,
    beaconUrls: config.l1Beacon,
    archiveUrls: config.blobArchive,
    clock,
    logger,
    pollIntervalMs: config.l1PollIntervalMs,
    confirmations: config.l1Confirmations,
  });
  teardown.add(() => l1.close());
  const open = await openChain(deployment.rollup, config.dataDir, {
    ...config,
    onParallel,
    clock,
    logger,
    artifactPlaces: artifactPlaces(deployment, l1, config.artifactMirror),
  });
  teardown.add(() => open.close());
  const decoder = TransactionDecoder.forThisMachine(logger);
  teardown.add(() => decoder.close());
  return { options, l1, open, decoder, teardown };
}

/** The L1 blocks that the next L2 block may build on. */
export async function startOrigins({ options, l1, open, teardown }: NodeFoundation): Promise<L1OriginSource> {
  const { clock, logger } = options;
  const { watcher, reader } = l1;
  const neededFrom = () => open.chain.head.l1Origin.number;
  const origins = await L1OriginSource.start({ watcher, reader, clock, logger, neededFrom });
  teardown.add(() => origins.stop());
  return origins;
}

/** Derives the foundation's chain from L1. @param extra what this node compares, and who gives way */
export function createVerifier(
  { options, l1, open, decoder }: NodeFoundation,
  extra: Pick<VerifierOptions, 'outputClaims' | 'takeOver'>,
): Verifier {
  return new Verifier({
    config: options.deployment.rollup,
    source: l1.watcher,
    chain: open.chain,
    executor: open.executor,
    rules: open.executor,
    clock: options.clock,
    logger: options.logger.child({ room: 'verifier' }),
    decoder,
    ...extra,
  });
}
