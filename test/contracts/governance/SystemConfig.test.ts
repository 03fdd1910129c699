import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';
import { deploySystem, MAX_DEPOSIT_GAS } from '../deploySystem';

describe('SystemConfig', () => {
  it('replaces the guardian and names both', async () => {
    const { systemConfig, timelockSigner, guardian, other } = await loadFixture(deploySystem);
    await expect(systemConfig.connect(timelockSigner).setGuardian(other))
      .to.emit(systemConfig, 'GuardianUpdated')
      .withArgs(guardian.address, other.address);
    expect(await systemConfig.guardian()).to.equal(other.address);
  });

  it('has always a guardian', async () => {
    const { systemConfig, timelockSigner } = await loadFixture(deploySystem);
    await expect(systemConfig.connect(timelockSigner).setGuardian(ZeroAddress))
      .to.be.revertedWithCustomError(systemConfig, 'SystemConfigInvalidGuardian')
      .withArgs(ZeroAddress);
  });

  it('keeps when the respected type of game changed', async () => {
    const { systemConfig, timelockSigner } = await loadFixture(deploySystem);
    const at = (await time.latest()) + 100;
    await time.setNextBlockTimestamp(at);
    await expect(systemConfig.connect(timelockSigner).setRespectedGameType(8))
      .to.emit(systemConfig, 'RespectedGameTypeSet')
      .withArgs(8, at);
    expect(await systemConfig.respectedGameType()).to.equal(8n);
    expect(await systemConfig.respectedGameTypeUpdatedAt()).to.equal(at);
  });

  it('limits deposit gas, but cannot close the forced path with it', async () => {
    const { systemConfig, timelockSigner } = await loadFixture(deploySystem);
    const owned = systemConfig.connect(timelockSigner);
    await expect(owned.setMaxDepositGasPerL1Block(1_000_000))
      .to.emit(systemConfig, 'MaxDepositGasPerL1BlockUpdated')
      .withArgs(MAX_DEPOSIT_GAS, 1_000_000);
    await expect(owned.setMaxDepositGasPerL1Block(999_999))
      .to.be.revertedWithCustomError(systemConfig, 'SystemConfigDepositGasTooLow')
      .withArgs(999_999, 1_000_000);
  });

  it('sets the scalars of the L1 data fee, both at once', async () => {
    const { systemConfig, timelockSigner } = await loadFixture(deploySystem);
    expect([await systemConfig.baseFeeScalar(), await systemConfig.blobBaseFeeScalar()]).to.deep.equal([0n, 0n]);
    await expect(systemConfig.connect(timelockSigner).setFeeScalars(1368, 2 ** 32 - 1))
      .to.emit(systemConfig, 'FeeScalarsUpdated')
      .withArgs(1368, 2 ** 32 - 1);
    expect(await systemConfig.baseFeeScalar()).to.equal(1368n);
    expect(await systemConfig.blobBaseFeeScalar()).to.equal(2n ** 32n - 1n);
  });

  it('changes owner only when the new one accepts', async () => {
    const { systemConfig, timelockSigner, other, stranger } = await loadFixture(deploySystem);
    await systemConfig.connect(timelockSigner).transferOwnership(other);
    expect(await systemConfig.owner()).to.equal(timelockSigner.address);
    await expect(systemConfig.connect(stranger).acceptOwnership()).to.be.revertedWithCustomError(
      systemConfig,
      'OwnableUnauthorizedAccount',
    );
    await systemConfig.connect(other).acceptOwnership();
    expect(await systemConfig.owner()).to.equal(other.address);
  });
});
