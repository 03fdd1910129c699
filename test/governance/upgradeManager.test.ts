import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Hex } from 'viem';
import { fromHex, toHex, ZERO_HASH } from '../../src/core/bytes';
import { type LevelStore, openLevelStore } from '../../src/core/levelStore';
import { systemClock } from '../../src/core/systemClock';
import type { VersionFault } from '../../src/execution/versions/versionedExecutor';
import { ArtifactStore } from '../../src/governance/artifact/artifactStore';
import { type RegisteredVersion, Stage } from '../../src/governance/registryReader';
import type { ShadowRange } from '../../src/governance/shadow/shadowResult';
import { UpgradeManager, type UpgradeStatus } from '../../src/governance/upgradeManager';
import { testConfig } from '../execution/testChain';
import { FixedArtifacts, kernelVariant } from '../execution/versions/kernelVariant';
import { VersionedChainHarness } from '../execution/versions/versionedChain';
import { RecordingLogger } from '../verifier/testNode';

const versionId: Hex = `0x${'a7'.repeat(32)}`;

describe('UpgradeManager', function () {
  this.timeout(120_000);
  const v3 = kernelVariant('v3');
  let folder: string;
  let store: LevelStore;
  let node: VersionedChainHarness;
  let artifacts: ArtifactStore;
  let manager: UpgradeManager;
  let running: Promise<void> | undefined;
  let stop: AbortController;
  /** What the registry says. */
  let version: RegisteredVersion;
  const said: { range: ShadowRange; versionId: Hex }[] = [];
  const faults: VersionFault[] = [];
  const prepared: string[] = [];
  let steps = 0;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tributary-upgrades-'));
    store = await openLevelStore(join(folder, 'db'));
    node = await VersionedChainHarness.open(new FixedArtifacts(), { store });
    artifacts = new ArtifactStore({
      ...{ folder: join(folder, 'artifacts'), places: [], clock: systemClock, logger: new RecordingLogger() },
    });
    version = { versionId, kind: 0, stage: Stage.voted, artifactHash: v3.hash, differencesHash: ZERO_HASH };
    for (const list of [said, faults, prepared]) list.length = 0;
    steps = 0;
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await artifacts.close();
    await node.executor.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  function start(isAttester: boolean): void {
    const attester = {
      attest: async (of: RegisteredVersion, range: ShadowRange) => {
        said.push({ versionId: of.versionId, range });
      },
      keepFault: async (fault: VersionFault) => {
        faults.push(fault);
      },
      step: async () => {
        steps++;
      },
    };
    manager = new UpgradeManager({
      registry: { versions: async () => [version], shadowRule: async () => ({ rangeBlocks: 2, rangeCount: 1 }) },
      artifacts,
      executor: {
        faulted: node.executor.faulted,
        prepare: (hash) => {
          const isThere = artifacts.module(hash) !== undefined;
          if (isThere) prepared.push(toHex(hash));
          return isThere;
        },
      },
      chain: node.chain,
      config: testConfig,
      databaseFolder: join(folder, 'db'),
      attester: isAttester ? attester : undefined,
      clock: systemClock,
      logger: new RecordingLogger(),
      pollIntervalMs: 10,
    });
    running = manager.run(stop.signal);
  }

  /** Until a look at the registry left this behind. */
  function until(isSo: (status: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
    return new Promise((resolve) => {
      const unsubscribe = manager.looked.on(([status]) => {
        if (!isSo(status)) return;
        unsubscribe();
        resolve(status);
      });
    });
  }
  const bringArtifact = () => writeFileSync(join(folder, 'artifacts', `${toHex(v3.hash)}.wasm`), v3.bytes);

  it('has a ratified kernel fetched, runs it in shadow beside the chain, says what it saw, and ends with the stage', async () => {
    start(true);
    const voted = await until(() => true);
    expect(voted).to.deep.equal({
      ...{ versionId, stage: Stage.voted, artifactHash: toHex(v3.hash) },
      ...{ hasArtifact: false, refusal: undefined, shadow: undefined },
    });
    // Without it there is no shadow, and no error.
    version = { ...version, stage: Stage.shadow };
    expect((await until(({ stage }) => stage === Stage.shadow)).shadow).to.equal(undefined);
    bringArtifact();
    await until(({ shadow }) => shadow !== undefined);
    while (node.chain.head.header.number < 3) await node.seal([]);
    await node.chain.setLabel('safe', 3);
    await until(({ shadow }) => shadow?.rangesDone === 1);
    expect(said.map(({ range, versionId: of }) => [of, range.from, range.to, range.kinds])).to.deep.equal([
      [versionId, 2, 3, []],
    ]);
    expect(prepared).to.deep.equal([]);
    version = { ...version, stage: Stage.queued };
    const queued = await until(({ stage }) => stage === Stage.queued);
    expect([queued.hasArtifact, queued.shadow, steps > 0]).to.deep.equal([true, undefined, true]);
  });

  it('makes a queued kernel ready once, as soon as it is there', async () => {
    version = { ...version, stage: Stage.queued };
    start(true);
    await until(() => true);
    expect(prepared).to.deep.equal([]);
    bringArtifact();
    await until(({ hasArtifact }) => hasArtifact);
    for (let looks = 0; looks < 3; looks++) await until(() => true);
    expect(prepared).to.deep.equal([toHex(v3.hash)]);
  });

  it('runs no shadow and says nothing where no attester is, but has the kernel', async () => {
    bringArtifact();
    version = { ...version, stage: Stage.shadow };
    start(false);
    const status = await until(({ hasArtifact }) => hasArtifact);
    expect([status.shadow, said, steps]).to.deep.equal([undefined, [], 0]);
  });

  it('hands faults of a ruling version to the attester while it runs, and not after', async () => {
    start(true);
    await until(() => true);
    const fault = { versionId: fromHex(versionId), artifactHash: v3.hash, blockNumber: 5, reason: 'unreachable' };
    node.executor.faulted.emit(fault);
    expect(faults).to.deep.equal([fault]);
    stop.abort();
    await running;
    node.executor.faulted.emit(fault);
    expect(faults).to.have.length(1);
  });

  it('leaves modules on L1 to the attester’s steps', async () => {
    version = { ...version, kind: 3, stage: Stage.shadow, artifactHash: ZERO_HASH };
    start(true);
    for (let looks = 0; looks < 2; looks++) await new Promise<void>((resolve) => manager.looked.on(() => resolve()));
    expect([manager.status(), said, prepared]).to.deep.equal([[], [], []]);
    expect(steps).to.be.greaterThan(0);
  });
});
