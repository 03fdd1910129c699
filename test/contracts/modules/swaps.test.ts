import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { ethers } from 'hardhat';
import { ATTESTER_BOND_WEI, SILENCE_SECONDS, WINDOWS } from '../deploySystem';
import { deployed, type TestContract } from '../testContract';
import { deployModules, Evidence, executionManifest, genesisId, Kind, l1Manifest, Stage } from './moduleVersions';

type System = Awaited<ReturnType<typeof deployModules>>;

/** The L1 kinds: the contract behind which code is swapped, a real successor with its migration, and state that must outlive it all. */
const MODULES: Record<
  string,
  {
    kind: number;
    contractOf: (system: System) => TestContract;
    implementation: string;
    successor: string;
    migration: (system: System) => readonly [signature: string, args: unknown[]] | undefined;
    stateOf: (system: System) => Promise<unknown>;
  }
> = {
  'data-availability': {
    kind: Kind.dataAvailability,
    contractOf: ({ inbox }) => inbox,
    implementation: 'inboxImplementation',
    successor: 'InboxV2',
    migration: () => ['migrate()', []],
    stateOf: async ({ inbox }) => [await inbox.batchCount(), await inbox.accumulator(), await inbox.sequencer()],
  },
  sequencing: {
    kind: Kind.sequencing,
    contractOf: ({ sequencerSet }) => sequencerSet,
    implementation: 'sequencerSetImplementation',
    successor: 'SequencersInTurn',
    migration: ({ other }) => ['migrate(address,uint64)', [other.address, 100_000_000]],
    stateOf: async ({ sequencerSet }) => [await sequencerSet.owner()],
  },
  settlement: {
    kind: Kind.settlement,
    contractOf: ({ registry }) => registry,
    implementation: 'anchorStateRegistryImplementation',
    successor: 'AnchorStateRegistryV2',
    migration: () => ['migrate(bool)', [false]],
    stateOf: async ({ registry }) => [
      await registry.disputeGameFactory(),
      await registry.disputeGameFinalityDelaySeconds(),
    ],
  },
  fees: {
    kind: Kind.fees,
    contractOf: ({ rewards }) => rewards,
    implementation: 'votingRewardsImplementation',
    successor: 'VotingRewards',
    migration: () => undefined,
    stateOf: async ({ rewards }) => [await rewards.governor(), await rewards.budget()],
  },
};

/** `HostileModule.Behaviour`, but for the honest one. */
const HOSTILE = {
  reverts: 1,
  'burns its gas': 2,
  'answers wrong': 3,
  'answers too long': 4,
  'answers with dirt': 5,
  'reverts with a lot of data': 6,
  'asks its asker in turn': 7,
};
const HONEST = 0;

function encodeCall(signature: string, args: unknown[]): string {
  return new ethers.Interface([`function ${signature}`]).encodeFunctionData(signature, args);
}

/** A system with a batch in its inbox and money in its treasury. */
async function deployInUse() {
  const system = await deployModules();
  await system.inbox.connect(system.sequencer).postBatch('0xbeef');
  await system.stranger.sendTransaction({ to: system.rewards, value: ATTESTER_BOND_WEI });
  return system;
}

for (const [name, { kind, contractOf, implementation, successor, migration, stateOf }] of Object.entries(MODULES)) {
  describe(`the ${name} module`, () => {
    const genesis = genesisId(kind);

    it('is healthy and passes its own test as it is deployed', async () => {
      const system = await loadFixture(deployInUse);
      const module = contractOf(system);
      expect(await module.healthCheck()).to.equal(true);
      expect(await module.selfTest()).to.equal(ethers.id('selfTest()').slice(0, 10));
      expect((await system.modules.moduleOf(kind)).proxy).to.equal(module.target);
      expect(await system.modules.activeVersion(kind)).to.equal(genesis);
    });

    it('is swapped for a successor, keeps its state, and is confirmed', async () => {
      const system = await loadFixture(deployInUse);
      const { modules, toCanary } = system;
      const before = await stateOf(system);
      const call = migration(system);
      const next = await deployed(successor);
      const versionId = await toCanary(l1Manifest(kind, genesis, next, call && encodeCall(...call)));
      expect(await stateOf(system)).to.deep.equal(before);
      await time.increase(WINDOWS.canarySeconds);
      await modules.confirm(versionId);
      expect((await modules.versionOf(versionId)).stage).to.equal(Stage.active);
      expect(await modules.activeVersion(kind)).to.equal(versionId);
    });

    for (const [behaviour, index] of Object.entries(HOSTILE)) {
      it(`stays as it is when its successor’s selfTest ${behaviour}`, async () => {
        const system = await loadFixture(deployInUse);
        const { modules, executor, toQueued, pastExit } = system;
        const before = await stateOf(system);
        const versionId = await toQueued(l1Manifest(kind, genesis, await deployed('HostileModule', [index])));
        await pastExit(versionId);
        await expect(modules.activate(versionId)).to.be.revertedWithCustomError(
          executor,
          'ModuleExecutorSelfTestFailed',
        );
        expect((await modules.versionOf(versionId)).stage).to.equal(Stage.queued);
        expect(await modules.activeVersion(kind)).to.equal(genesis);
        expect(await stateOf(system)).to.deep.equal(before);
      });

      it(`goes back to the code before, and can’t be confirmed, when its healthCheck ${behaviour}`, async () => {
        const system = await loadFixture(deployInUse);
        const { modules, toCanary, deployment } = system;
        const before = await stateOf(system);
        const versionId = await toCanary(l1Manifest(kind, genesis, await deployed('IllModule', [index])));
        await time.increase(WINDOWS.canarySeconds);
        await expect(modules.confirm(versionId))
          .to.be.revertedWithCustomError(modules, 'ModuleRegistryUnhealthy')
          .withArgs(versionId);
        await expect(modules.rollBack(versionId, Evidence.failedHealthCheck, '0x'))
          .to.emit(modules, 'ModuleSwapped')
          .withArgs(genesis, kind, contractOf(system).target, deployment.contracts[implementation]);
        expect(await modules.activeVersion(kind)).to.equal(genesis);
        expect(await stateOf(system)).to.deep.equal(before);
        expect(await contractOf(system).healthCheck()).to.equal(true);
      });
    }

    it('is not swapped when the migration fails', async () => {
      const { modules, toQueued, pastExit } = await loadFixture(deployInUse);
      const versionId = await toQueued(l1Manifest(kind, genesis, await deployed(successor), '0xdeadbeef'));
      await pastExit(versionId);
      await expect(modules.activate(versionId)).to.be.reverted;
      expect(await modules.activeVersion(kind)).to.equal(genesis);
    });

    it('lets no migration call back into the registry or the executor', async () => {
      const system = await loadFixture(deployInUse);
      const { modules, executor, propose, toQueued, pastExit } = system;
      const module = await deployed('HostileModule', [HONEST]);
      const { proxy, proxyAdmin } = await modules.moduleOf(kind);
      const waiting = await toQueued(
        l1Manifest(Kind.settlement, genesisId(Kind.settlement), await deployed('AnchorStateRegistryV2')),
      );
      await pastExit(waiting);
      // The version's own id would have to be in its manifest, which the id hashes: its predecessor's stands for it.
      const attempts: [TestContract, string, unknown[]][] = [
        [modules, 'activate', [waiting]],
        [modules, 'rollBack', [genesis, Evidence.failedHealthCheck, '0x']],
        [modules, 'confirm', [genesis]],
        [modules, 'lapse', [genesis]],
        [modules, 'ratify', [genesis, genesis]],
        [executor, 'swap', [proxyAdmin, proxy, module.target, '0x', false]],
      ];
      for (const [target, functionName, args] of attempts) {
        const data = target.interface.encodeFunctionData(functionName, args);
        const call = encodeCall('migrate(address,bytes)', [target.target, data]);
        const versionId = await toQueued(l1Manifest(kind, genesis, module, call));
        await pastExit(versionId);
        const end = await modules.activate.staticCall(versionId).then(
          () => 'activated without it',
          (error) => String(error),
        );
        expect(end, functionName).to.equal('activated without it');
      }
      expect(await propose(executionManifest(genesisId(Kind.execution)))).not.to.equal(waiting);
    });
  });
}

describe('what others do while a module is ill', () => {
  const ill = async (system: System, kind: number) =>
    system.toCanary(l1Manifest(kind, genesisId(kind), await deployed('IllModule', [HOSTILE.reverts])));

  it('DATA_AVAILABILITY: no silence can be shown by it, and its roll-back rests on its health alone', async () => {
    const system = await loadFixture(deployInUse);
    const versionId = await ill(system, Kind.dataAvailability);
    await time.increase(WINDOWS.livenessGapSeconds + SILENCE_SECONDS);
    await expect(system.modules.rollBack(versionId, Evidence.livenessGap, '0x')).to.be.revertedWithCustomError(
      system.modules,
      'ModuleRegistryInsufficientEvidence',
    );
    await system.modules.rollBack(versionId, Evidence.failedHealthCheck, '0x');
    await expect(system.inbox.connect(system.sequencer).postBatch('0x01'))
      .to.emit(system.inbox, 'BatchPosted')
      .and.not.to.emit(system.inbox, 'SequencerRecorded');
  });

  it('SEQUENCING: the sequencer known last goes on posting, before and after the roll-back', async () => {
    const system = await loadFixture(deployInUse);
    const versionId = await ill(system, Kind.sequencing);
    const post = () => system.inbox.connect(system.sequencer).postBatch('0x01');
    await expect(post()).to.emit(system.inbox, 'BatchPosted');
    await system.modules.rollBack(versionId, Evidence.failedHealthCheck, '0x');
    await expect(post()).to.emit(system.inbox, 'BatchPosted');
  });

  it('SEQUENCING: a successor that takes turns decides by the clock who posts', async () => {
    const system = await loadFixture(deployInUse);
    const { toCanary, inbox, sequencer, other } = system;
    const call = encodeCall('migrate(address,uint64)', [other.address, 1000]);
    await toCanary(l1Manifest(Kind.sequencing, genesisId(Kind.sequencing), await deployed('SequencersInTurn'), call));
    const turn = Math.ceil((await time.latest()) / 2000) * 2000;
    for (const [at, mine, theirs] of [
      [turn + 10, sequencer, other],
      [turn + 1010, other, sequencer],
    ] as const) {
      await time.setNextBlockTimestamp(at);
      await inbox.connect(mine).postBatch('0x01');
      await time.setNextBlockTimestamp(at + 1);
      await expect(inbox.connect(theirs).postBatch('0x01'))
        .to.be.revertedWithCustomError(inbox, 'InboxUnauthorizedPoster')
        .withArgs(theirs.address, mine.address);
    }
  });

  it('FEES: deposits, batches and votes go on; the treasury keeps its money for the code that comes back', async () => {
    const system = await loadFixture(deployInUse);
    const versionId = await ill(system, Kind.fees);
    const { portal, inbox, sequencer, stranger, rewards, modules } = system;
    await portal.connect(stranger).depositTransaction(stranger, 0, 100_000, false, '0x', { value: 10 });
    await expect(inbox.connect(sequencer).postBatch('0x01')).to.emit(inbox, 'BatchPosted');
    await modules.rollBack(versionId, Evidence.failedHealthCheck, '0x');
    expect(await ethers.provider.getBalance(rewards)).to.equal(ATTESTER_BOND_WEI);
    expect(await rewards.healthCheck()).to.equal(true);
  });
});
