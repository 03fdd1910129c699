import { loadFixture } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { AbiCoder, keccak256, toBeHex } from 'ethers';
import { ethers } from 'hardhat';
import { deployed } from '../testContract';

const TARGET = '0x00000000000000000000000000000000000000A1';
const VERSION = 1n << 240n;

function withdrawalHash(nonce: bigint, sender: string, target: string, value: bigint, gasLimit: bigint, data: string) {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ['uint256', 'address', 'address', 'uint256', 'uint256', 'bytes'],
      [nonce, sender, target, value, gasLimit, data],
    ),
  );
}

describe('L2ToL1MessagePasser', () => {
  const deployPasser = () => deployed('L2ToL1MessagePasser');

  it('records a withdrawal in the slot that L1 proves', async () => {
    const passer = await loadFixture(deployPasser);
    const [sender] = await ethers.getSigners();
    const hash = withdrawalHash(VERSION, sender.address, TARGET, 5n, 90_000n, '0xc0ffee');
    expect(await passer.sentMessages(hash)).to.equal(false);
    await expect(passer.initiateWithdrawal(TARGET, 90_000, '0xc0ffee', { value: 5 }))
      .to.emit(passer, 'MessagePassed')
      .withArgs(VERSION, sender.address, TARGET, 5, 90_000, '0xc0ffee', hash);
    expect(await passer.sentMessages(hash)).to.equal(true);
    const slot = keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [hash, 0]));
    expect(await ethers.provider.getStorage(passer, slot)).to.equal(toBeHex(1, 32));
    expect(await ethers.provider.getBalance(passer)).to.equal(5n);
  });

  it('counts messages, so that two alike are two', async () => {
    const passer = await loadFixture(deployPasser);
    const [sender] = await ethers.getSigners();
    await passer.initiateWithdrawal(TARGET, 1, '0x');
    await passer.initiateWithdrawal(TARGET, 1, '0x');
    expect(await passer.messageNonce()).to.equal(VERSION + 2n);
    for (const nonce of [VERSION, VERSION + 1n]) {
      expect(await passer.sentMessages(withdrawalHash(nonce, sender.address, TARGET, 0n, 1n, '0x'))).to.equal(true);
    }
    expect(await passer.MESSAGE_VERSION()).to.equal(1n);
  });

  it('turns a plain transfer into a withdrawal to the same address', async () => {
    const passer = await loadFixture(deployPasser);
    const [sender] = await ethers.getSigners();
    const hash = withdrawalHash(VERSION, sender.address, sender.address, 3n, 100_000n, '0x');
    await expect(sender.sendTransaction({ to: passer, value: 3 }))
      .to.emit(passer, 'MessagePassed')
      .withArgs(VERSION, sender.address, sender.address, 3, 100_000, '0x', hash);
  });
});
