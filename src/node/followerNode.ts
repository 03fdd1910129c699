import { TransactionDecoder } from '../codec/transactionDecoder';
import { assert } from '../core/assert';
import { L1OriginSource } from '../l1/l1OriginSource';
import { RpcServer } from '../rpc/rpcServer';
import { Verifier } from '../verifier/verifier';
import { BlockFollower } from './follower/blockFollower';
import { RpcSequencerFeed } from './follower/sequencerFeed';
import { healthRoutes } from './health';
import { openL1Access } from './l1Access';
import { startBatcher, startProposer } from './l1Posting';
import { createMetrics, type MetricSource, rpcObserver } from './metrics';
import { openChain } from './openChain';
import { RoleBoard } from './roleBoard';
import { type RunningNode, type StartNodeOptions, Teardown } from './runningNode';
import { Turns } from './turns';
import { artifactPlaces, startUpgrades, waitingForArtifacts } from './upgrades';

/**
 * A batcher on a machine of its own, and beside it, as configured, a proposer. Follows the sequencer's unposted blocks, each executed again on
 * a chain of its own, and L1, which has precedence. The sequencer may go away and come back: what it sealed and this node has is posted.
 */
export async function startFollowerNode(options: StartNodeOptions): Promise<RunningNode> {
  const { config, clock, logger, keys } = options;
  const { rollup } = options.deployment;
  assert(config.sequencer && keys.batcher, 'the configuration of a batcher names a sequencer');
  const teardown = new Teardown(logger);
  try {
    const l1 = await openL1Access({
      config: rollup,
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
    const open = await openChain(rollup, config.dataDir, {
      ...config,
      clock,
      logger,
      artifactPlaces: artifactPlaces(options, l1),
    });
    const { store, chain, executor } = open;
    teardown.add(() => open.close());
    const decoder = TransactionDecoder.forThisMachine(logger);
    teardown.add(() => decoder.close());

    // Verifier and follower commit to one chain, one at a time.
    const turns = new Turns();
    const verifier = new Verifier({
      config: rollup,
      source: l1.watcher,
      chain,
      executor,
      rules: executor,
      clock,
      logger: logger.child({ room: 'verifier' }),
      decoder,
      takeOver: (_divergence, work) => turns.take(work),
    });
    await waitingForArtifacts(() => verifier.syncToL1Head(), clock, logger);
    const origins = await L1OriginSource.start({
      watcher: l1.watcher,
      reader: l1.reader,
      clock,
      logger,
      neededFrom: () => chain.head.l1Origin.number,
    });
    teardown.add(() => origins.stop());
    const follower = new BlockFollower({
      config: rollup,
      feed: new RpcSequencerFeed(config.sequencer),
      chain,
      executor,
      rules: executor,
      origins,
      exclusively: (work) => turns.take(work),
      clock,
      logger: logger.child({ room: 'follower' }),
    });

    let reportFailure: (error: Error) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => {
      reportFailure = reject;
    });
    failed.catch(() => undefined);
    // A sequencer that executes otherwise than this node is the sequencer's trouble or ours: nothing more is followed, L1 still is.
    const roles = new RoleBoard(logger, clock, (role, error) => {
      if (role === 'safe-head') reportFailure(error);
    });
    await startUpgrades({ options, l1, open, teardown }, roles);
    roles.run('safe-head', (signal) => verifier.follow({ signal }));
    roles.run('follower', (signal) => follower.follow(signal));
    teardown.add(() => roles.stop());

    const posting = { options, l1, chain, store, teardown };
    const derived = { progress: () => verifier.progress(), progressed: verifier.progressed };
    const metrics: MetricSource[] = [
      { name: 'block_number', help: 'Number of the newest block', read: () => chain.head.header.number },
      { name: 'safe_block_number', help: 'Newest derived block', read: () => chain.label('safe').header.number },
      { name: 'l1_block_number', help: 'Newest L1 block seen', read: () => origins.latest().number },
      { name: 'sequencer_block_number', help: "The sequencer's newest block", read: () => follower.sequencerHead },
      ...(await startBatcher(posting, keys.batcher, derived)),
      ...(keys.proposer ? await startProposer(posting, keys.proposer) : []),
    ];
    const registry = createMetrics(metrics);
    const rpc = await RpcServer.start({
      host: config.host,
      port: config.port,
      dependencies: {
        config: rollup,
        chain,
        executor,
        clock,
        logger,
        version: options.version,
        l1: { head: () => origins.latest() },
        observeRequest: rpcObserver(registry),
      },
      extraRoutes: healthRoutes(roles, [], registry),
    });
    teardown.add(() => rpc.close());
    return { port: rpc.port, chain, failed, stop: () => teardown.run() };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
