import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { SILENCE_SECONDS, WINDOWS } from '../deploySystem';
import { deployModules, Evidence, executionManifest, genesisId, Kind, Stage } from './moduleVersions';

/** A kernel in its canary; the sequencer was silent for long before. */
async function deployCanary() {
  const system = await deployModules();
  const { modules, toCanary } = system;
  const versionId = await toCanary(executionManifest(genesisId(Kind.execution)));
  const { activatedAt } = await modules.versionOf(versionId);
  const rollBackAt = async (seconds: bigint) => {
    await time.setNextBlockTimestamp(seconds);
    return modules.rollBack(versionId, Evidence.livenessGap, '0x');
  };
  const noEvidence = (sent: Promise<unknown>) =>
    expect(sent)
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryInsufficientEvidence')
      .withArgs(versionId, Evidence.livenessGap);
  return { ...system, versionId, activatedAt: activatedAt as bigint, rollBackAt, noEvidence };
}

const GAP = BigInt(WINDOWS.livenessGapSeconds);

describe('a liveness gap', () => {
  it('counts from the activation: silence before it is not the canary’s, and the last second is not yet a gap', async () => {
    const { modules, inbox, versionId, activatedAt, rollBackAt, noEvidence } = await loadFixture(deployCanary);
    expect(await inbox.sequencerPostedAt()).to.be.lessThan(activatedAt - GAP);
    await noEvidence(rollBackAt(activatedAt + GAP));
    await rollBackAt(activatedAt + GAP + 1n);
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.rolledBack);
  });

  it('begins anew when the sequencer posts', async () => {
    const { modules, inbox, sequencer, versionId, activatedAt, rollBackAt, noEvidence } =
      await loadFixture(deployCanary);
    await time.setNextBlockTimestamp(activatedAt + GAP);
    await inbox.connect(sequencer).postBatch('0x01');
    await noEvidence(rollBackAt(activatedAt + GAP + GAP));
    await rollBackAt(activatedAt + GAP + GAP + 1n);
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.rolledBack);
  });

  it('is not hidden by others’ batches, nor by naming another sequencer', async () => {
    const { modules, inbox, sequencerSet, timelockSigner, stranger, other, versionId, activatedAt, rollBackAt } =
      await loadFixture(deployCanary);
    await time.setNextBlockTimestamp(activatedAt + BigInt(SILENCE_SECONDS));
    await inbox.connect(stranger).postBatch('0x01');
    await sequencerSet.connect(timelockSigner).setSequencer(other);
    await inbox.connect(stranger).recordSequencer();
    await rollBackAt(activatedAt + BigInt(SILENCE_SECONDS) + 10n);
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.rolledBack);
  });

  it('is no evidence once the version was confirmed', async () => {
    const { modules, versionId, activatedAt, rollBackAt } = await loadFixture(deployCanary);
    await time.increaseTo(activatedAt + BigInt(WINDOWS.canarySeconds));
    await modules.confirm(versionId);
    await expect(rollBackAt(activatedAt + BigInt(WINDOWS.canarySeconds) + GAP))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryWrongStage')
      .withArgs(versionId, Stage.canary, Stage.active);
  });
});
