import type { Hex } from 'viem';
import { TransactionDecoder } from '../codec/transactionDecoder';
import { RpcServer } from '../rpc/rpcServer';
import { DisputeGameClaims } from '../verifier/disputeGameClaims';
import { Verifier } from '../verifier/verifier';
import { blobRoutes } from './blobRoutes';
import { healthRoutes } from './health';
import { openL1Access } from './l1Access';
import { startProposer } from './l1Posting';
import { createMetrics, rpcObserver } from './metrics';
import { openChain } from './openChain';
import { RoleBoard } from './roleBoard';
import { type RunningNode, type StartNodeOptions, Teardown } from './runningNode';
import { upgradeMetrics } from './upgradeMetrics';
import { artifactPlaces, startUpgrades } from './upgrades';
import { upgradesView } from './upgradesView';

/** A node that trusts nothing but L1: derives, executes, compares, serves what it found to readers and, as configured, proposes it. */
export async function startVerifierNode(options: StartNodeOptions): Promise<RunningNode> {
  const { config, deployment, clock, logger } = options;
  const { rollup } = deployment;
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
    const verifier = new Verifier({
      config: rollup,
      source: l1.watcher,
      chain,
      executor,
      rules: executor,
      clock,
      logger: logger.child({ room: 'verifier' }),
      decoder,
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
    const upgrades = await startUpgrades({ options, l1, open, teardown }, roles);
    teardown.add(() => roles.stop());

    const posting = { options, l1, chain, store, teardown };
    const proposerMetrics = options.keys.proposer ? await startProposer(posting, options.keys.proposer) : [];
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
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
