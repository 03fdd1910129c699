import { equalBytes } from '../core/bytes';
import { errorMessage, hasErrorCode, TributaryError } from '../core/errors';
import type { L1OriginSource } from '../l1/l1OriginSource';
import { Mempool } from '../mempool/mempool';
import { DevAccounts } from '../rpc/devAccounts';
import { RpcServer } from '../rpc/rpcServer';
import { replaceBlocksAfter } from '../sequencer/replaceBlocks';
import { Sequencer } from '../sequencer/sequencer';
import type { ChainStore } from '../state/chainStore';
import { blobRoutes } from './blobRoutes';
import { devAccounts } from './dev/devAccounts';
import { healthRoutes } from './health';
import { startBatcher, startProposer } from './l1Posting';
import { createMetrics, type MetricSource, rpcObserver } from './metrics';
import { createVerifier, openFoundation, startOrigins } from './nodeFoundation';
import { type ParallelSource, parallelMetrics } from './parallelMetrics';
import { startRelayer } from './relayerStart';
import { RoleBoard } from './roleBoard';
import { type RunningNode, type StartNodeOptions, startOrTearDown } from './runningNode';
import { upgradeMetrics } from './upgradeMetrics';
import { startUpgrades, waitingForArtifacts } from './upgrades';
import { upgradesView } from './upgradesView';

/** Older than this, the last look at L1 makes the node not ready. */
const L1_SILENCE_MS_MAX = 60_000;

/** The node that makes the chain: sequencer and JSON-RPC, and beside them, as configured, batcher and proposer. */
export async function startSequencerNode(options: StartNodeOptions): Promise<RunningNode> {
  const { config, clock, logger, keys } = options;
  const { rollup } = options.deployment;
  return startOrTearDown(logger, async (teardown) => {
    const parallel: ParallelSource[] = [];
    const foundation = await openFoundation(options, teardown, (executor) => parallel.push(executor));
    const { l1, open, decoder } = foundation;
    const { store, chain, executor } = open;
    const mempool = await Mempool.open({ store, chain, config: rollup, clock, logger });
    teardown.add(() => mempool.close());

    // What L1 holds comes first: a sequencer that lost blocks takes them from there before it makes new ones.
    let sequencer: Sequencer | undefined;
    const verifier = createVerifier(foundation, {
      takeOver(divergence, work) {
        if (divergence.agreedBlockNumber < divergence.localHeadNumber) {
          logger.error({ ...divergence }, 'L1 gives another chain than ours: ours gives way');
        }
        const { agreedBlockNumber } = divergence;
        if (sequencer) return sequencer.giveWay(agreedBlockNumber, work);
        return replaceBlocksAfter(chain, mempool, agreedBlockNumber, work);
      },
    });
    let l1SeenMs = clock.nowMs();
    verifier.progressed.on(() => {
      l1SeenMs = clock.nowMs();
    });
    await waitingForArtifacts(() => verifier.syncToL1Head(), clock, logger);

    const origins = await startOrigins(foundation);
    const running = new Sequencer({
      config: rollup,
      chain,
      mempool,
      executor,
      rules: executor,
      origins,
      decoder,
      clock,
      logger,
      blockTimeSeconds: config.blockTimeSeconds,
      l1MinesOnDemand: config.dev,
    });
    sequencer = running;
    const failed = new Promise<never>((_, reject) => {
      running.failed.on((error) => {
        if (error.recovery === 'halt') reject(error);
        if (hasErrorCode(error, 'Sequencer.OriginReorged')) {
          takeBackReorged(running, chain, origins).catch((cause) => {
            logger.error({ error: errorMessage(cause) }, 'blocks on a replaced L1 block could not be taken back');
            if (cause instanceof TributaryError && cause.recovery === 'halt') reject(cause);
          });
        }
      });
    });
    failed.catch(() => undefined);
    running.start();
    teardown.add(() => running.stop());

    const roles = new RoleBoard(logger, clock, () => undefined);
    roles.run('safe-head', (signal) => verifier.follow({ signal }));
    const upgrades = await startUpgrades(foundation, roles);
    teardown.add(() => roles.stop());

    const metrics = [
      ...chainMetrics(chain, origins, mempool, running),
      ...parallelMetrics(parallel),
      ...upgradeMetrics(upgrades, executor, chain),
    ];
    if (keys.batcher) {
      const derived = { progress: () => verifier.progress(), progressed: verifier.progressed };
      metrics.push(...(await startBatcher(foundation, keys.batcher, derived)));
    }
    const relay = await startRelayer(foundation);
    if (keys.proposer) metrics.push(...(await startProposer(foundation, keys.proposer)));

    const l1Silence = () =>
      clock.nowMs() - l1SeenMs > L1_SILENCE_MS_MAX ? `no L1 block for ${L1_SILENCE_MS_MAX / 1000} s` : undefined;
    const sequencerState = () => {
      const { state, lastError } = running.status();
      return state === 'halted' || state === 'stopped' ? `sequencer is ${state}: ${lastError?.message}` : undefined;
    };
    const devParts = {
      devAccounts: new DevAccounts(devAccounts(config.accounts).map(({ account }) => account)),
      dev: running,
    };
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
        mempool,
        submitter: running,
        l1: { head: () => origins.latest() },
        upgrades: upgradesView(options, l1, upgrades),
        relay,
        observeRequest: rpcObserver(registry),
        ...(config.dev ? devParts : undefined),
      },
      extraRoutes: [...healthRoutes(roles, [l1Silence, sequencerState], registry), ...blobRoutes(l1.archive)],
    });
    teardown.add(() => rpc.close());
    return { port: rpc.port, chain, failed, stop: () => teardown.run() };
  });
}

/** After an L1 reorganization: back to the newest block whose origin is still on L1. */
async function takeBackReorged(sequencer: Sequencer, chain: ChainStore, origins: L1OriginSource): Promise<void> {
  let { l1Origin, header } = chain.head;
  for (;;) {
    const canonical = origins.origin(l1Origin.number);
    // Not known yet: the next attempt to build a block reports it again.
    if (!canonical) return;
    if (equalBytes(canonical.hash, l1Origin.hash) || header.number === 0) break;
    const parent = chain.blockByNumber(header.number - 1);
    if (!parent) return;
    ({ l1Origin, header } = parent);
  }
  await sequencer.rewindTo(header.number);
}

function chainMetrics(
  chain: ChainStore,
  origins: L1OriginSource,
  mempool: Mempool,
  sequencer: Sequencer,
): MetricSource[] {
  const status = () => sequencer.status();
  return [
    { name: 'block_number', help: 'Number of the newest block', read: () => chain.head.header.number },
    { name: 'safe_block_number', help: 'Newest block derived from L1', read: () => chain.label('safe').header.number },
    {
      name: 'finalized_block_number',
      help: 'Newest block derived from finalized L1 blocks',
      read: () => chain.label('finalized').header.number,
    },
    { name: 'l1_block_number', help: 'Newest L1 block seen', read: () => origins.latest().number },
    { name: 'l1_origin_number', help: 'L1 origin of the newest block', read: () => chain.head.l1Origin.number },
    { name: 'mempool_transactions', help: 'Transactions that wait', read: () => mempool.size().count },
    { name: 'mempool_bytes', help: 'Size of the transactions that wait', read: () => mempool.size().sizeBytes },
    { name: 'sequencer_blocks_total', help: 'Blocks sealed since start', read: () => status().blocksSealedCount },
    {
      name: 'sequencer_transactions_total',
      help: 'Transactions included since start',
      read: () => status().transactionsIncludedCount,
    },
    {
      name: 'sequencer_rejected_transactions_total',
      help: 'Transactions dropped as invalid while building, since start',
      read: () => status().transactionsRejectedCount,
    },
    {
      name: 'sequencer_failures_total',
      help: 'Failed attempts to build since start',
      read: () => status().failuresCount,
    },
  ];
}
