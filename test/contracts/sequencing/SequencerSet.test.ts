import { loadFixture } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { ethers } from 'hardhat';
import { deploySystem, SILENCE_SECONDS } from '../deploySystem';
import { contractAt, deployed } from '../testContract';

/** `HostileModule.Behaviour`, but for the honest one. */
const HOSTILE = {
  reverts: 1,
  'burns its gas': 2,
  'names nobody': 3,
  'answers too long': 4,
  'answers no account': 5,
  'reverts with a lot of data': 6,
  'asks the inbox in turn': 7,
};
/** What a question costs at most: its bound, its calls through a proxy, and what the inbox does around it. */
const ASKING_GAS_MAX = 36_000n;

async function deploySequencing() {
  const system = await deploySystem();
  /** Other code behind the set, as only a swap could put it there. */
  const replaceSet = async (behaviour: number) => {
    const { moduleExecutor, sequencerSet, sequencerSetProxyAdmin } = system.deployment.contracts;
    const admin = await contractAt('ProxyAdmin', sequencerSetProxyAdmin);
    await ethers.provider.send('hardhat_impersonateAccount', [moduleExecutor]);
    await ethers.provider.send('hardhat_setBalance', [moduleExecutor, '0x56bc75e2d63100000']);
    const executor = await ethers.getSigner(moduleExecutor);
    await admin.connect(executor).upgradeAndCall(sequencerSet, await deployed('HostileModule', [behaviour]), '0x');
  };
  return { ...system, replaceSet };
}

describe('SequencerSet', () => {
  it('replaces the sequencer at once, as the timelock says, and the inbox follows when it is asked', async () => {
    const { inbox, sequencerSet, timelockSigner, sequencer, other, stranger } = await loadFixture(deploySequencing);
    await expect(sequencerSet.connect(timelockSigner).setSequencer(other))
      .to.emit(sequencerSet, 'SequencerUpdated')
      .withArgs(sequencer.address, other.address);
    await expect(inbox.connect(sequencer).postBatch('0x01'))
      .to.be.revertedWithCustomError(inbox, 'InboxUnauthorizedPoster')
      .withArgs(sequencer.address, other.address);
    expect(await inbox.lastKnownSequencer()).to.equal(sequencer.address);
    await expect(inbox.connect(other).postBatch('0x01'))
      .to.emit(inbox, 'BatchPosted')
      .and.to.emit(inbox, 'SequencerRecorded')
      .withArgs(sequencer.address, other.address);
    expect(await inbox.lastKnownSequencer()).to.equal(other.address);
    await expect(inbox.connect(stranger).recordSequencer()).not.to.emit(inbox, 'SequencerRecorded');
  });

  it('refuses the zero address, and everybody but the timelock', async () => {
    const { sequencerSet, timelockSigner, sequencer, guardian, deployer } = await loadFixture(deploySequencing);
    await expect(sequencerSet.connect(timelockSigner).setSequencer(ZeroAddress))
      .to.be.revertedWithCustomError(sequencerSet, 'SequencerSetInvalidSequencer')
      .withArgs(ZeroAddress);
    for (const signer of [sequencer, guardian, deployer]) {
      await expect(sequencerSet.connect(signer).setSequencer(signer))
        .to.be.revertedWithCustomError(sequencerSet, 'OwnableUnauthorizedAccount')
        .withArgs(signer.address);
    }
  });

  for (const [behaviour, index] of Object.entries(HOSTILE)) {
    it(`leaves the inbox to the sequencer known last when it ${behaviour}, and to anyone after its silence`, async () => {
      const { inbox, replaceSet, sequencerSet, timelockSigner, sequencer, other, stranger } =
        await loadFixture(deploySequencing);
      await sequencerSet.connect(timelockSigner).setSequencer(other);
      await inbox.connect(stranger).recordSequencer();
      await replaceSet(index);

      expect(await inbox.sequencer()).to.equal(other.address);
      const receipt = await (await inbox.connect(other).postBatch('0x01')).wait();
      expect(receipt?.gasUsed).to.be.lessThan(64_000n + ASKING_GAS_MAX);
      for (const poster of [sequencer, stranger]) {
        await expect(inbox.connect(poster).postBatch('0x01'))
          .to.be.revertedWithCustomError(inbox, 'InboxUnauthorizedPoster')
          .withArgs(poster.address, other.address);
      }
      await expect(inbox.connect(stranger).recordSequencer()).not.to.emit(inbox, 'SequencerRecorded');
      expect(await inbox.healthCheck(), 'a sick set is no illness of the inbox').to.equal(true);

      const silentFrom = (await inbox.sequencerPostedAt()) + BigInt(SILENCE_SECONDS) + 1n;
      await ethers.provider.send('evm_setNextBlockTimestamp', [Number(silentFrom)]);
      await expect(inbox.connect(stranger).postBatch('0x01')).to.emit(inbox, 'BatchPosted');
    });
  }

  it('asks for no more gas than posting uses: a limit that is just enough does', async () => {
    const { inbox, sequencer } = await loadFixture(deploySequencing);
    await inbox.connect(sequencer).postBatch('0x01');
    const snapshotId = await ethers.provider.send('evm_snapshot', []);
    const used = (await (await inbox.connect(sequencer).postBatch('0x01')).wait())?.gasUsed ?? 0n;
    await ethers.provider.send('evm_revert', [snapshotId]);
    // What EIP-150 keeps back from the proxy's call, at two depths.
    const gasLimit = used + used / 32n;
    await expect(inbox.connect(sequencer).postBatch('0x01', { gasLimit })).to.emit(inbox, 'BatchPosted');
  });

  it('can’t be starved into the fallback by whoever posts: too little gas is no answer', async () => {
    const { inbox, sequencerSet, timelockSigner, sequencer, other } = await loadFixture(deploySequencing);
    await sequencerSet.connect(timelockSigner).setSequencer(other);
    // The sequencer that was dismissed is still the one known last.
    expect(await inbox.lastKnownSequencer()).to.equal(sequencer.address);
    for (let gasLimit = 30_000; gasLimit <= 150_000; gasLimit += 2_500) {
      const end = await inbox
        .connect(sequencer)
        .postBatch.staticCall('0x01', { gasLimit })
        .then(
          () => 'posted',
          () => 'refused',
        );
      expect(end, `${gasLimit} gas`).to.equal('refused');
    }
  });
});

describe('Inbox and a set that does not answer', () => {
  it('do not begin together: nobody is known yet', async () => {
    const { deployment, timelock } = await loadFixture(deploySequencing);
    const { interface: inboxInterface } = await ethers.getContractFactory('Inbox');
    for (const set of [ZeroAddress, (await deployed('HostileModule', [1])).target as string]) {
      const data = inboxInterface.encodeFunctionData('initialize', [timelock.target, set, 60]);
      const proxy = ethers.deployContract('UpgradeableProxy', [
        deployment.contracts.inboxImplementation,
        timelock.target,
        data,
      ]);
      await expect(proxy)
        .to.be.revertedWithCustomError({ interface: inboxInterface }, 'InboxInvalidSequencerSet')
        .withArgs(set);
    }
  });
});
