import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { id, keccak256, ZeroHash } from 'ethers';
import { ethers } from 'hardhat';
import {
  ATTESTER_BOND_WEI,
  CHALLENGE_WINDOW_SECONDS,
  GAME_FINALITY_SECONDS,
  SHADOW,
  UNBOND_SECONDS,
} from '../deploySystem';
import { contractAt } from '../testContract';
import { claim, hashOutputRootProof } from '../withdrawals';
import { deployModules, executionManifest, genesisId, Kind } from './moduleVersions';

const L2_BLOCK = 105;
const kernel = () => executionManifest(genesisId(Kind.execution));
/** An output root whose block has this hash. */
const outputOf = (latestBlockhash: string) => ({
  version: ZeroHash,
  stateRoot: id('state'),
  messagePasserStorageRoot: id('storage'),
  latestBlockhash,
});
const RIGHT = outputOf(id('the chain’s block'));

/** A canary in which one attester reported a block that the chain does not have, and a claim about that block that counts. */
async function deployReported() {
  const system = await deployModules();
  const { attesterSet, attesters, factory, toCanary } = system;
  const [liar] = attesters;
  const versionId = await toCanary(kernel());
  await attesterSet.connect(liar).reportFault(versionId, L2_BLOCK, id('another block'));
  const gameIndex = await claim({ factory }, hashOutputRootProof(RIGHT), L2_BLOCK);
  const game = await contractAt('OutputClaimGame', (await factory.gameAtIndex(gameIndex)).proxy);
  const win = async () => {
    await time.increase(CHALLENGE_WINDOW_SECONDS);
    await game.resolve();
    await time.increase(GAME_FINALITY_SECONDS + 1);
  };
  const refute = (index = gameIndex, proof = RIGHT) => attesterSet.refute(liar, versionId, index, proof);
  const notRefuted = (sent: Promise<unknown>) =>
    expect(sent).to.be.revertedWithCustomError(attesterSet, 'AttesterSetNotRefuted').withArgs(liar.address, versionId);
  return { ...system, liar, versionId, gameIndex, game, win, refute, notRefuted };
}

describe('AttesterSet.refute', () => {
  it('takes the bond and the voice of who reported a block that the chain does not have, whoever shows it', async () => {
    const { attesterSet, timelock, win, refute, liar, versionId } = await loadFixture(deployReported);
    await win();
    const refuted = refute();
    await expect(refuted).to.emit(attesterSet, 'Slashed').withArgs(liar.address, versionId, ATTESTER_BOND_WEI);
    await expect(refuted).to.changeEtherBalances([attesterSet, timelock], [-ATTESTER_BOND_WEI, ATTESTER_BOND_WEI]);
    expect(await attesterSet.isActive(liar)).to.equal(false);
    expect(await attesterSet.attesters()).not.to.include(liar.address);
    await expect(refute()).to.be.revertedWithCustomError(attesterSet, 'AttesterSetNoBond').withArgs(liar.address);
  });

  it('waits until the claim is won and final, to the second', async () => {
    const { game, attesterSet, refute, notRefuted } = await loadFixture(deployReported);
    await notRefuted(refute());
    await time.increase(CHALLENGE_WINDOW_SECONDS);
    await notRefuted(refute());
    await game.resolve();
    const resolvedAt = Number(await game.resolvedAt());
    await time.setNextBlockTimestamp(resolvedAt + GAME_FINALITY_SECONDS);
    await notRefuted(refute());
    await time.setNextBlockTimestamp(resolvedAt + GAME_FINALITY_SECONDS + 1);
    await expect(refute()).to.emit(attesterSet, 'Slashed');
  });

  it('rests on no claim that was disputed, blacklisted or retired, and on none during a pause', async () => {
    const { game, registry, systemConfig, guardian, timelockSigner, win, refute, notRefuted } =
      await loadFixture(deployReported);
    const snapshot = await ethers.provider.send('evm_snapshot', []);
    await game.connect(guardian).dispute();
    await time.increase(CHALLENGE_WINDOW_SECONDS + GAME_FINALITY_SECONDS + 1);
    await notRefuted(refute());
    await ethers.provider.send('evm_revert', [snapshot]);

    await win();
    for (const spoil of [
      () => registry.connect(timelockSigner).blacklistDisputeGame(game),
      () => registry.connect(timelockSigner).updateRetirementTimestamp(),
      () => systemConfig.connect(guardian).pause(),
    ]) {
      const before = await ethers.provider.send('evm_snapshot', []);
      await spoil();
      await notRefuted(refute());
      await ethers.provider.send('evm_revert', [before]);
    }
  });

  it('rests on no claim about another block, with another root, or that agrees with the report', async () => {
    const { factory, liar, attesterSet, versionId, win, refute, notRefuted } = await loadFixture(deployReported);
    const reported = outputOf(id('another block'));
    const agreeing = await claim({ factory }, hashOutputRootProof(reported), L2_BLOCK);
    const elsewhere = await claim({ factory }, hashOutputRootProof(RIGHT), L2_BLOCK + 1);
    await win();
    for (const index of [agreeing, elsewhere]) {
      await (await contractAt('OutputClaimGame', (await factory.gameAtIndex(index)).proxy)).resolve();
    }
    await time.increase(GAME_FINALITY_SECONDS + 1);
    await notRefuted(refute(agreeing, reported));
    await notRefuted(refute(elsewhere));
    await notRefuted(refute(undefined, outputOf(id('made up'))));
    await notRefuted(refute(undefined, { ...RIGHT, version: keccak256('0x01') }));
    await expect(refute(99n)).to.be.reverted;
    expect((await attesterSet.attesterOf(liar)).bondWei).to.equal(ATTESTER_BOND_WEI);
    expect((await attesterSet.faultOf(versionId, liar)).l2Block).to.equal(L2_BLOCK);
  });

  it('does not touch who reported nothing, or nothing of this version', async () => {
    const { attesterSet, attesters, versionId, gameIndex, liar, win } = await loadFixture(deployReported);
    await win();
    for (const [attester, version] of [
      [attesters[1], versionId],
      [liar, id('another version')],
    ] as const) {
      await expect(attesterSet.refute(attester, version, gameIndex, RIGHT))
        .to.be.revertedWithCustomError(attesterSet, 'AttesterSetNotRefuted')
        .withArgs(attester.address, version);
    }
  });

  it('reaches the bond of who is leaving or was expelled, until it is taken', async () => {
    const { attesterSet, liar, timelockSigner, win, refute, other } = await loadFixture(deployReported);
    await win();
    const snapshot = await ethers.provider.send('evm_snapshot', []);
    await attesterSet.connect(timelockSigner).expel(liar);
    await expect(refute()).to.changeEtherBalance(attesterSet, -ATTESTER_BOND_WEI);
    await expect(attesterSet.connect(liar).withdraw(liar)).to.be.revertedWithCustomError(
      attesterSet,
      'AttesterSetNotLeaving',
    );
    await ethers.provider.send('evm_revert', [snapshot]);

    await attesterSet.connect(liar).beginUnbond();
    await time.increase(UNBOND_SECONDS);
    await attesterSet.connect(liar).withdraw(other);
    await expect(refute()).to.be.revertedWithCustomError(attesterSet, 'AttesterSetNoBond').withArgs(liar.address);
  });

  it('slashes once: who is admitted again does not pay, nor is heard, for the old report', async () => {
    const { attesterSet, attesters, liar, versionId, timelockSigner, win, refute, notRefuted } =
      await loadFixture(deployReported);
    await win();
    await refute();
    await attesterSet.connect(timelockSigner).admit(liar);
    await attesterSet.bond(liar, { value: ATTESTER_BOND_WEI });
    expect(await attesterSet.isActive(liar)).to.equal(true);
    await notRefuted(refute());
    await attesterSet.connect(attesters[1]).reportFault(versionId, L2_BLOCK, id('another block'));
    expect((await attesterSet.agreedFault(versionId)).l2BlockHash).to.equal(ZeroHash);
  });
});

describe('AttesterSet.reportFault', () => {
  it('takes the bond of who reports two faults of one canary, and neither report is heard later', async () => {
    const { attesterSet, attesters, liar, versionId, timelockSigner } = await loadFixture(deployReported);
    const report = (hash: string) => attesterSet.connect(liar).reportFault(versionId, L2_BLOCK, id(hash));
    await expect(report('another block'))
      .to.be.revertedWithCustomError(attesterSet, 'AttesterSetAlreadySaid')
      .withArgs(versionId, liar.address);
    await expect(report('a third'))
      .to.emit(attesterSet, 'Slashed')
      .withArgs(liar.address, versionId, ATTESTER_BOND_WEI);
    await attesterSet.connect(timelockSigner).admit(liar);
    await attesterSet.bond(liar, { value: ATTESTER_BOND_WEI });
    await attesterSet.connect(attesters[1]).reportFault(versionId, L2_BLOCK, id('another block'));
    expect((await attesterSet.agreedFault(versionId)).l2BlockHash).to.equal(ZeroHash);
  });

  it('takes none of a block before the activation, without a hash, or from who does not count', async () => {
    const { attesterSet, attesters, versionId, stranger } = await loadFixture(deployReported);
    const honest = attesterSet.connect(attesters[1]);
    await expect(honest.reportFault(versionId, 99, id('x')))
      .to.be.revertedWithCustomError(attesterSet, 'AttesterSetInvalidBlock')
      .withArgs(99, 100);
    await expect(honest.reportFault(versionId, 100, ZeroHash)).to.be.revertedWithCustomError(
      attesterSet,
      'AttesterSetZeroResult',
    );
    await expect(attesterSet.connect(stranger).reportFault(versionId, 100, id('x')))
      .to.be.revertedWithCustomError(attesterSet, 'AttesterSetNotActive')
      .withArgs(stranger.address);
    await expect(honest.reportFault(versionId, 100, id('x'))).to.emit(attesterSet, 'FaultReported');
  });
});

describe('AttesterSet.expel', () => {
  it('takes the voice at once and leaves the bond to be taken after its time at stake', async () => {
    const { attesterSet, attesters, timelockSigner, toShadow, other } = await loadFixture(deployReported);
    const [, expelled] = attesters;
    const versionId = await toShadow(executionManifest(genesisId(Kind.execution), { artifactHash: id('another') }));
    const say = () =>
      attesterSet.connect(expelled).attest(versionId, 0, SHADOW.rangeBlocks - 1, id('result'), ZeroHash);
    await say();
    await attesterSet.connect(attesters[2]).attest(versionId, 0, SHADOW.rangeBlocks - 1, id('result'), ZeroHash);
    expect((await attesterSet.agreedStatement(versionId, 0)).resultHash).to.equal(id('result'));
    await attesterSet.connect(timelockSigner).expel(expelled);
    expect((await attesterSet.agreedStatement(versionId, 0)).resultHash).to.equal(ZeroHash);
    await expect(say()).to.be.revertedWithCustomError(attesterSet, 'AttesterSetNotActive');
    await expect(attesterSet.connect(timelockSigner).expel(expelled))
      .to.be.revertedWithCustomError(attesterSet, 'AttesterSetAdmission')
      .withArgs(expelled.address, false);
    await expect(attesterSet.bond(expelled, { value: 1 })).to.be.revertedWithCustomError(
      attesterSet,
      'AttesterSetAdmission',
    );
    const { unbondsAt } = await attesterSet.attesterOf(expelled);
    await time.setNextBlockTimestamp(unbondsAt - 1n);
    await expect(attesterSet.connect(expelled).withdraw(other)).to.be.revertedWithCustomError(
      attesterSet,
      'AttesterSetTooEarly',
    );
    await time.setNextBlockTimestamp(unbondsAt);
    await expect(attesterSet.connect(expelled).withdraw(other)).to.changeEtherBalance(other, ATTESTER_BOND_WEI);
  });
});
