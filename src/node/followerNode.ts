import { assert } from '../core/assert';
import { isParallel } from '../execution/createExecutor';
import { RpcServer } from '../rpc/rpcServer';
import { BlockFollower } from './follower/blockFollower';
import { RpcSequencerFeed } from './follower/sequencerFeed';
import { healthRoutes } from './health';
import { startBatcher, startProposer } from './l1Posting';
import { createMetrics, type MetricSource, rpcObserver } from './metrics';
import { createVerifier, openFoundation, startOrigins } from './nodeFoundation';
import { type ParallelSource, parallelMetrics } from './parallelMetrics';
import { RoleBoard } from './roleBoard';
import { type RunningNode, type StartNodeOptions, startOrTearDown } from './runningNode';
import { Turns } from './turns';
import { startUpgrades, waitingForArtifacts } from './upgrades';

/**
 * A batcher on a machine of its own, and beside it, as configured, a proposer. Follows the sequencer's unposted blocks, each executed again on
 * a chain of its own, and L1, which has precedence. The sequencer may go away and come back: what it sealed and this node has is posted.
 */
export async function startFollowerNode(options: StartNodeOptions): Promise<RunningNode> {
  const { config, clock, logger, keys } = options;
  const { rollup } = options.deployment;
  assert(config.sequencer && keys.batcher, 'the configuration of a batcher names a sequencer');
  const { batcher } = keys;
  const feed = new RpcSequencerFeed(config.sequencer, isParallel(config));
  return startOrTearDown(logger, async (teardown) => {
    const parallel: ParallelSource[] = [];
    const foundation = await openFoundation(options, teardown, (executor) => parallel.push(executor));
    const { chain, executor } = foundation.open;

    // Verifier and follower commit to one chain, one at a time.
    const turns = new Turns();
    const verifier = createVerifier(foundation, { takeOver: (_divergence, work) => turns.take(work) });
    await waitingForArtifacts(() => verifier.syncToL1Head(), clock, logger);
    const origins = await startOrigins(foundation);
    const follower = new BlockFollower({
      config: rollup,
      feed,
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
    await startUpgrades(foundation, roles);
    roles.run('safe-head', (signal) => verifier.follow({ signal }));
    roles.run('follower', (signal) => follower.follow(signal));
    teardown.add(() => roles.stop());

    const derived = { progress: () => verifier.progress(), progressed: verifier.progressed };
    const metrics: MetricSource[] = [
      { name: 'block_number', help: 'Number of the newest block', read: () => chain.head.header.number },
      { name: 'safe_block_number', help: 'Newest derived block', read: () => chain.label('safe').header.number },
      { name: 'l1_block_number', help: 'Newest L1 block seen', read: () => origins.latest().number },
      { name: 'sequencer_block_number', help: "The sequencer's newest block", read: () => follower.sequencerHead },
      ...parallelMetrics(parallel),
      ...(await startBatcher(foundation, batcher, derived)),
      ...(keys.proposer ? await startProposer(foundation, keys.proposer) : []),
    ];
    const registry = createMetrics(metrics);
    const rpc = await RpcServer.start({
      host: config.host,
      port: config.port,
      dependencies: {
        config: rollup,
        chain,
        executor,
        rules: executor,
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
  });
}
