import { join } from 'node:path';
import type { Hex } from 'viem';
import { errorMessage, hasErrorCode } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { Attester } from '../governance/attester';
import { RegistryReader } from '../governance/registryReader';
import { UpgradeManager } from '../governance/upgradeManager';
import { sleep } from '../l1/backoff';
import { L1TransactionSender } from '../l1/l1TransactionSender';
import type { SigningAccount } from '../l1/signTransaction';
import type { NodeFoundation } from './nodeFoundation';
import type { RoleBoard } from './roleBoard';

const ARTIFACT_POLL_MS = 1_000;

/**
 * Follows the module registry, if the chain has one, as a role of its own, and attests where there is a key for it.
 * @returns what it knows; undefined where there is no registry
 */
export async function startUpgrades(context: NodeFoundation, roles: RoleBoard): Promise<UpgradeManager | undefined> {
  const { options, l1, open } = context;
  const { rollup } = options.deployment;
  const moduleRegistry = rollup.contracts.moduleRegistry as Hex | undefined;
  if (!moduleRegistry) return undefined;
  const logger = options.logger.child({ room: 'governance' });
  const registry = new RegistryReader(l1.client, moduleRegistry);
  const { attester: account } = options.keys;
  const manager = new UpgradeManager({
    registry,
    artifacts: open.artifacts,
    executor: open.executor,
    chain: open.chain,
    config: rollup,
    databaseFolder: join(options.config.dataDir, 'db'),
    attester: account && (await openAttester(context, registry, moduleRegistry, account, logger)),
    clock: options.clock,
    logger,
    pollIntervalMs: options.config.l1PollIntervalMs,
  });
  roles.run(account ? 'attester' : 'upgrades', (signal) => manager.run(signal));
  return manager;
}

async function openAttester(
  { options, l1, open, teardown }: Parameters<typeof startUpgrades>[0],
  registry: RegistryReader,
  moduleRegistry: Hex,
  account: SigningAccount,
  logger: Logger,
): Promise<Attester> {
  const sender = await L1TransactionSender.open({
    l1: l1.client,
    account,
    store: open.store,
    clock: options.clock,
    logger,
    pollIntervalMs: options.config.l1PollIntervalMs,
  });
  teardown.add(() => sender.stop());
  const attesterSet = await registry.attesterSet();
  return new Attester({ l1: l1.client, moduleRegistry, attesterSet, sender, chain: open.chain, registry, logger });
}

/**
 * What a node does before its roles start, again and again while a kernel is missing: it stops before the block and goes on when the artifact is
 * there.
 */
export async function waitingForArtifacts<Result>(
  work: () => Promise<Result>,
  clock: Clock,
  logger: Logger,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!hasErrorCode(error, 'Execution.ArtifactMissing')) throw error;
      logger.error({ code: error.code }, errorMessage(error));
      await sleep(clock, ARTIFACT_POLL_MS);
    }
  }
}
