import { loadFixture } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { concat, id, toBeHex } from 'ethers';
import { ethers } from 'hardhat';
import { encodeL1Attributes } from '../../../src/chain/l1Attributes';
import type { L1BlockRef } from '../../../src/chain/l1Block';
import { fromHex, toHex } from '../../../src/core/bytes';
import { impersonated } from '../deploySystem';
import { deployed } from '../testContract';

const DEPOSITOR = '0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001';
const SELECTOR = id('setL1BlockValuesEcotone()').slice(0, 10);

async function deployL1Block() {
  const l1Block = await deployed('L1Block');
  const to = await l1Block.getAddress();
  const depositor = await impersonated(DEPOSITOR);
  return { l1Block, to, depositor };
}

describe('L1Block', () => {
  it('reads every field of the packed calldata', async () => {
    const { l1Block, to, depositor } = await loadFixture(deployL1Block);
    const [hash, batcherHash] = [id('hash'), id('batcher')];
    const data = concat([
      SELECTOR,
      toBeHex(1, 4),
      toBeHex(2, 4),
      toBeHex(3, 8),
      toBeHex(4, 8),
      toBeHex(5, 8),
      toBeHex(6, 32),
      toBeHex(7, 32),
      hash,
      batcherHash,
    ]);
    await depositor.sendTransaction({ to, data });
    expect(await l1Block.baseFeeScalar()).to.equal(1n);
    expect(await l1Block.blobBaseFeeScalar()).to.equal(2n);
    expect(await l1Block.sequenceNumber()).to.equal(3n);
    expect(await l1Block.timestamp()).to.equal(4n);
    expect(await l1Block.number()).to.equal(5n);
    expect(await l1Block.basefee()).to.equal(6n);
    expect(await l1Block.blobBaseFee()).to.equal(7n);
    expect(await l1Block.hash()).to.equal(hash);
    expect(await l1Block.batcherHash()).to.equal(batcherHash);
  });

  it("understands the node's encoding, at the greatest values of the fields", async () => {
    const { l1Block, to, depositor } = await loadFixture(deployL1Block);
    const hash = id('the L1 origin');
    const origin: L1BlockRef = {
      number: Number.MAX_SAFE_INTEGER,
      hash: fromHex(hash),
      parentHash: new Uint8Array(32),
      timestamp: Number.MAX_SAFE_INTEGER - 1,
      baseFeePerGas: 2n ** 256n - 1n,
      blobBaseFee: 2n ** 256n - 2n,
      prevRandao: new Uint8Array(32),
      parentBeaconBlockRoot: new Uint8Array(32),
    };
    await depositor.sendTransaction({ to, data: toHex(encodeL1Attributes(origin, Number.MAX_SAFE_INTEGER - 2)) });
    expect(await l1Block.number()).to.equal(origin.number);
    expect(await l1Block.timestamp()).to.equal(origin.timestamp);
    expect(await l1Block.sequenceNumber()).to.equal(Number.MAX_SAFE_INTEGER - 2);
    expect(await l1Block.basefee()).to.equal(origin.baseFeePerGas);
    expect(await l1Block.blobBaseFee()).to.equal(origin.blobBaseFee);
    expect(await l1Block.hash()).to.equal(hash);
    expect(await l1Block.baseFeeScalar()).to.equal(0n);
    expect(await l1Block.blobBaseFeeScalar()).to.equal(0n);
  });

  it('costs well under the 1,000,000 gas of the attributes deposit, even the first time', async () => {
    const { to, depositor } = await loadFixture(deployL1Block);
    const data = concat([SELECTOR, `0x${'ff'.repeat(160)}`]);
    const receipt = await (await depositor.sendTransaction({ to, data })).wait();
    expect(Number(receipt?.gasUsed)).to.be.lessThan(250_000);
  });

  it('obeys the depositor account only', async () => {
    const { l1Block, to } = await loadFixture(deployL1Block);
    const [stranger] = await ethers.getSigners();
    const data = concat([SELECTOR, new Uint8Array(160)]);
    await expect(stranger.sendTransaction({ to, data }))
      .to.be.revertedWithCustomError(l1Block, 'L1BlockUnauthorized')
      .withArgs(stranger.address);
    expect(await l1Block.DEPOSITOR_ACCOUNT()).to.equal(DEPOSITOR);
  });

  it('refuses calldata of another size', async () => {
    const { l1Block, to, depositor } = await loadFixture(deployL1Block);
    for (const size of [0, 159, 161]) {
      await expect(depositor.sendTransaction({ to, data: concat([SELECTOR, new Uint8Array(size)]) }))
        .to.be.revertedWithCustomError(l1Block, 'L1BlockInvalidCalldataSize')
        .withArgs(size + 4, 164);
    }
  });

  it('charges no operator fee', async () => {
    const { l1Block } = await loadFixture(deployL1Block);
    expect(await l1Block.operatorFeeScalar()).to.equal(0n);
    expect(await l1Block.operatorFeeConstant()).to.equal(0n);
  });
});
