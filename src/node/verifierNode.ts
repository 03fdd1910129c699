import type { Hex } from 'viem';
import { RpcServer } from '../rpc/rpcServer';
import { DisputeGameClaims } from '../verifier/disputeGameClaims';
import { blobRoutes } from './blobRoutes';
import { healthRoutes } from './health';
import { startProposer } from './l1Posting';
import { createMetrics, rpcObserver } from './metrics';
import { createVerifier, openFoundation } from './nodeFoundation';
import { RoleBoard } from './roleBoard';
import { type RunningNode, type StartNodeOptions, startOrTearDown } from './runningNode';
import { upgradeMetrics } from './upgradeMetrics';
import { startUpgrades } from './upgrades';
import { upgradesView } from './upgradesView';

/** A node that trusts nothing but L1: derives, executes, compares, serves what it found to readers and, as configured, proposes it. */
export async function startVerifierNode(options: StartNodeOptions): Promise<RunningNode> {
  const { config, deployment, clock, logger } = options;
  const { rollup } = deployment;
  return startOrTearDown(logger, async (teardown) => {
    const foundation = await openFoundation(options, teardown);
    const { l1, open } = foundation;
    const { chain, executor } = open;
    const verifier = createVerifier(foundation, {
      outputClaims: new DisputeGameClaims(l1.client, rollup.contracts.disputeGameFactory as Hex),
    });
    let l1Block: number | undefined;
    let l1Head: number | undefined;
    verifier.progressed.on((progress) => {
      l1Block = progress.l1Block;
      l1Head = progress.l1Head;
    });
    let reportFailure: (error: Error) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => {
      reportFailure = reject;
    });
    failed.catch(() => undefined);
    const roles = new RoleBoard(logger, clock, (_role, error) => reportFailure(error));
    roles.run('verifier', (signal) => verifier.follow({ signal }));
    const upgrades = await startUpgrades(foundation, roles);
    teardown.add(() => roles.stop());

    const proposerMetrics = options.keys.proposer ? await startProposer(foundation, options.keys.proposer) : [];
    const metrics = createMetrics([
      ...proposerMetrics,
      ...upgradeMetrics(upgrades, executor, chain),
      { name: 'block_number', help: 'Number of the newest derived block', read: () => chain.head.header.number },
      {
        name: 'verifier_wrong_batch_claims_total',
        help: 'Batches that claim another hash than was derived, since start',
        read: () => verifier.wrongBatchClaims.length,
      },
      { name: 'verifier_l1_block_number', help: 'Derived from L1 up to this block', read: () => l1Block },
      { name: 'l1_block_number', help: 'Newest L1 block seen', read: () => l1Head },
    ]);
    const isSynced = () => (l1Block === undefined || l1Block < (l1Head ?? 0) ? 'still catching up with L1' : undefined);
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
        upgrades: upgradesView(options, l1, upgrades),
        observeRequest: rpcObserver(metrics),
      },
      extraRoutes: [...healthRoutes(roles, [isSynced], metrics), ...blobRoutes(l1.archive)],
    });
    teardown.add(() => rpc.close());
    return { port: rpc.port, chain, failed, stop: () => teardown.run() };
  });
}
