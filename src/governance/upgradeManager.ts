import type { Hex } from 'viem';
import type { ChainConfig } from '../chain/chainConfig';
import { toHex } from '../core/bytes';
import { Emitter } from '../core/emitter';
import { errorMessage } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import type { VersionedExecutor } from '../execution/versions/versionedExecutor';
import { sleep } from '../l1/backoff';
import type { ArtifactStore } from './artifact/artifactStore';
import type { Attester } from './attester';
import { EXECUTION_KIND, type RegisteredVersion, type RegistryReader, Stage } from './registryReader';
import { type ShadowedChain, ShadowRunner, type ShadowStatus } from './shadow/shadowRunner';

export interface UpgradeManagerOptions {
  registry: Pick<RegistryReader, 'versions' | 'shadowRule'>;
  artifacts: Pick<ArtifactStore, 'want' | 'module' | 'refusal'>;
  executor: Pick<VersionedExecutor, 'prepare' | 'faulted'>;
  chain: ShadowedChain;
  config: ChainConfig;
  databaseFolder: string;
  /** Says on L1 what is seen, and takes the steps that are due. Without it candidates are fetched and made ready, not run in shadow. */
  attester?: Pick<Attester, 'attest' | 'keepFault' | 'step'>;
  clock: Clock;
  logger: Logger;
  /** How often the registry is looked at; default 1,000. */
  pollIntervalMs?: number;
  /** See `ShadowRunnerOptions`. */
  blockTimeoutMs?: number;
}

/** Of one version of the kernel, for people. */
export interface UpgradeStatus {
  versionId: Hex;
  stage: number;
  artifactHash: Hex;
  hasArtifact: boolean;
  /** Why its artifact can never be run. */
  refusal: string | undefined;
  shadow: ShadowStatus | undefined;
}

const COMING: number[] = [Stage.voted, Stage.shadow, Stage.queued, Stage.canary];
const POLL_INTERVAL_MS = 1_000;

/**
 * Follows the module registry: has kernels fetched as soon as a vote ratified them, runs those in shadow beside the ruling one, and makes those
 * that are queued ready, so that the switch costs no wait. It decides nothing about blocks: who executes them follows from the L1 logs that
 * they build on (`executionRuling`).
 */
export class UpgradeManager {
  /** After each look at the registry. */
  readonly looked = new Emitter<UpgradeStatus[]>();
  readonly #options: UpgradeManagerOptions;
  readonly #shadows = new Map<Hex, ShadowRunner>();
  readonly #prepared = new Set<Hex>();
  #versions: RegisteredVersion[] = [];

  constructor(options: UpgradeManagerOptions) {
    this.#options = options;
  }

  /** Until the signal fires. @throws L1.Unreachable (`retry`) */
  async run(signal: AbortSignal): Promise<void> {
    const { executor, attester, clock, logger, pollIntervalMs = POLL_INTERVAL_MS } = this.#options;
    const unsubscribe = executor.faulted.on((fault) => {
      attester?.keepFault(fault).catch((error) => {
        logger.error({ error: errorMessage(error) }, 'a fault could not be written down');
      });
    });
    try {
      while (!signal.aborted) {
        await this.#look();
        await sleep(clock, pollIntervalMs, signal);
      }
    } finally {
      unsubscribe();
      await Promise.all([...this.#shadows.values()].map((shadow) => shadow.stop()));
      this.#shadows.clear();
    }
  }

  status(): UpgradeStatus[] {
    const { artifacts } = this.#options;
    return this.#versions
      .filter(({ kind }) => kind === EXECUTION_KIND)
      .map(({ versionId, stage, artifactHash }) => ({
        versionId,
        stage,
        artifactHash: toHex(artifactHash),
        hasArtifact: artifacts.module(artifactHash) !== undefined,
        refusal: artifacts.refusal(artifactHash)?.shortMessage,
        shadow: this.#shadows.get(versionId)?.status(),
      }));
  }

  async #look(): Promise<void> {
    const { registry, attester } = this.#options;
    this.#versions = await registry.versions();
    for (const version of this.#versions) if (version.kind === EXECUTION_KIND) await this.#follow(version);
    this.looked.emit(this.status());
    await attester?.step(this.#versions);
  }

  async #follow(version: RegisteredVersion): Promise<void> {
    const { artifacts, attester } = this.#options;
    const { versionId, stage, artifactHash } = version;
    if (COMING.includes(stage)) artifacts.want(artifactHash);
    const shadow = this.#shadows.get(versionId);
    if (stage === Stage.shadow && !shadow && attester) await this.#beginShadow(version);
    if (stage !== Stage.shadow && shadow) {
      this.#shadows.delete(versionId);
      await shadow.stop();
    }
    if (stage === Stage.queued && !this.#prepared.has(versionId)) this.#prepare(version);
  }

  #prepare({ versionId, artifactHash }: RegisteredVersion): void {
    const { executor, logger } = this.#options;
    try {
      if (executor.prepare(artifactHash)) this.#prepared.add(versionId);
    } catch (error) {
      // Its first block finds out what is to be done about it.
      this.#prepared.add(versionId);
      logger.error({ versionId, error: errorMessage(error) }, 'a queued kernel could not be made ready');
    }
  }

  async #beginShadow(version: RegisteredVersion): Promise<void> {
    const { artifacts, registry, config, databaseFolder, chain, clock, logger, blockTimeoutMs } = this.#options;
    const { versionId, artifactHash } = version;
    const module = artifacts.module(artifactHash);
    if (!module) return;
    const { rangeBlocks } = await registry.shadowRule();
    const shadow = new ShadowRunner({
      artifactHash,
      module,
      config,
      databaseFolder,
      chain,
      rangeBlocks,
      clock,
      logger,
      blockTimeoutMs,
    });
    // One after the other: a statement that could not be made now is not made later out of turn.
    let saying: Promise<void> = Promise.resolve();
    shadow.rangeDone.on((range) => {
      saying = saying.then(async () => {
        try {
          await this.#options.attester?.attest(version, range);
        } catch (error) {
          logger.error({ versionId, from: range.from, error: errorMessage(error) }, 'a range could not be attested');
        }
      });
    });
    this.#shadows.set(versionId, shadow);
    shadow.start();
  }
}
