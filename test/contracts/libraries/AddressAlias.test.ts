import { setCode } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { ethers } from 'hardhat';
import { deployed } from '../testContract';

describe('AddressAlias', () => {
  const pairs = [
    ['0x0000000000000000000000000000000000000000', '0x1111000000000000000000000000000000001111'],
    ['0x00000000000000000000000000000000000000A1', '0x11110000000000000000000000000000000011B2'],
    ['0xffffffffffffffffffffffffffffffffffffffff', '0x1111000000000000000000000000000000001110'],
  ].map(([l1, l2]) => [ethers.getAddress(l1.toLowerCase()), ethers.getAddress(l2.toLowerCase())]);

  for (const [l1, l2] of pairs) {
    it(`turns ${l1} into ${l2} and back`, async () => {
      const alias = await deployed('AddressAliasHarness');
      expect(await alias.applyAlias(l1)).to.equal(l2);
      expect(await alias.undoAlias(l2)).to.equal(l1);
    });
  }

  it('leaves the sender of the transaction and delegated accounts as they are, and nobody else', async () => {
    const alias = await deployed('AddressAliasHarness');
    const [sender] = await ethers.getSigners();
    expect(await alias.connect(sender).l2SenderOf(sender)).to.equal(sender.address);

    const account = '0x00000000000000000000000000000000000B0b00';
    const expectAliased = async (code: string, aliased: boolean) => {
      await setCode(account, code);
      const l2Sender = aliased ? await alias.applyAlias(account) : ethers.getAddress(account.toLowerCase());
      expect(await alias.connect(sender).l2SenderOf(account), code).to.equal(l2Sender);
    };
    // Code of 23 bytes that is no delegation; a delegation's prefix with one byte more.
    await expectAliased(`0x5f0100${'ab'.repeat(20)}`, true);
    await expectAliased(`0x60${'00'.repeat(22)}`, true);
  });

  it('takes a delegated account as controlled by its key', async () => {
    const alias = await deployed('AddressAliasHarness');
    const [sender] = await ethers.getSigners();
    const wallet = ethers.Wallet.createRandom(ethers.provider);
    const authorization = await wallet.authorize({ address: await alias.getAddress(), nonce: 0, chainId: 0 });
    await sender.sendTransaction({ to: sender, value: 0 });
    const relayer = ethers.Wallet.createRandom(ethers.provider);
    await sender.sendTransaction({ to: relayer.address, value: ethers.parseEther('1') });
    await relayer.sendTransaction({ type: 4, to: relayer.address, authorizationList: [authorization] });
    expect((await ethers.provider.getCode(wallet)).length).to.equal(2 + 23 * 2);
    expect(await alias.connect(sender).l2SenderOf(wallet)).to.equal(wallet.address);
  });
});
