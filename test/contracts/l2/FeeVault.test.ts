import { loadFixture, setCode, setStorageAt } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { concat, toBeHex } from 'ethers';
import { ethers } from 'hardhat';
import { deployed } from '../testContract';

describe('fee vaults', () => {
  const MESSAGE_PASSER = '0x4200000000000000000000000000000000000016';
  const RECIPIENT = '0x00000000000000000000000000000000000A11cE';
  const MINIMUM = 1_000n;

  for (const name of ['BaseFeeVault', 'SequencerFeeVault', 'L1FeeVault']) {
    describe(name, () => {
      async function deployVault() {
        const vault = await deployed(name);
        const configure = async (network: 0 | 1, recipient: string) => {
          const address = await vault.getAddress();
          await setStorageAt(address, 0, concat([new Uint8Array(11), toBeHex(network, 1), recipient]));
          await setStorageAt(address, 1, toBeHex(MINIMUM, 32));
        };
        const passer = await deployed('L2ToL1MessagePasser');
        await setCode(MESSAGE_PASSER, await ethers.provider.getCode(passer));
        const [funder] = await ethers.getSigners();
        const fund = async (value: bigint) => funder.sendTransaction({ to: vault, value });
        return { vault, configure, fund, funder };
      }

      it('pays a recipient on L2 all that gathered', async () => {
        const { vault, configure, fund, funder } = await loadFixture(deployVault);
        await configure(1, RECIPIENT);
        await fund(MINIMUM);
        await expect(vault.withdraw()).to.emit(vault, 'Withdrawal').withArgs(MINIMUM, RECIPIENT, funder.address, 1);
        expect(await ethers.provider.getBalance(RECIPIENT)).to.equal(MINIMUM);
        expect(await vault.totalProcessed()).to.equal(MINIMUM);
      });

      it('pays a recipient on L1 by a withdrawal', async () => {
        const { vault, configure, fund } = await loadFixture(deployVault);
        await configure(0, RECIPIENT);
        await fund(MINIMUM + 1n);
        const passer = await ethers.getContractAt('L2ToL1MessagePasser', MESSAGE_PASSER);
        await expect(vault.withdraw()).to.emit(passer, 'MessagePassed');
        expect(await ethers.provider.getBalance(MESSAGE_PASSER)).to.equal(MINIMUM + 1n);
      });

      it('pays nothing below the least amount', async () => {
        const { vault, configure, fund } = await loadFixture(deployVault);
        await configure(1, RECIPIENT);
        await fund(MINIMUM - 1n);
        await expect(vault.withdraw())
          .to.be.revertedWithCustomError(vault, 'FeeVaultBelowMinimum')
          .withArgs(MINIMUM - 1n, MINIMUM);
      });

      it('keeps the fees while nobody is named or the recipient refuses them', async () => {
        const { vault, configure, fund } = await loadFixture(deployVault);
        await fund(MINIMUM);
        await expect(vault.withdraw()).to.be.revertedWithCustomError(vault, 'FeeVaultNoRecipient');
        const refusing = await (await deployed('Caller')).getAddress();
        await configure(1, refusing);
        await expect(vault.withdraw())
          .to.be.revertedWithCustomError(vault, 'FeeVaultTransferFailed')
          .withArgs(refusing, MINIMUM);
        expect(await ethers.provider.getBalance(vault)).to.equal(MINIMUM);
      });
    });
  }
});
