import { loadFixture, setCode } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { concat, id, toBeHex } from 'ethers';
import { ethers } from 'hardhat';
import { impersonated } from '../deploySystem';
import { deployed } from '../testContract';

const DEPOSITOR = '0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001';
const SELECTOR = id('setL1BlockValuesEcotone()').slice(0, 10);

describe('GasPriceOracle', () => {
  const L1_BLOCK = '0x4200000000000000000000000000000000000015';
  const data = '0x00ff00ff';
  // 68 bytes of signature and two non-zero bytes at 16, two zero bytes at 4.
  const dataGas = 16n * 68n + 2n * 16n + 2n * 4n;

  async function deployOracle() {
    const source = await deployed('L1Block');
    await setCode(L1_BLOCK, await ethers.provider.getCode(source));
    const depositor = await impersonated(DEPOSITOR);
    const setValues = (baseFeeScalar: number, blobBaseFeeScalar: number, baseFee: bigint, blobBaseFee: bigint) =>
      depositor.sendTransaction({
        to: L1_BLOCK,
        data: concat([
          SELECTOR,
          toBeHex(baseFeeScalar, 4),
          toBeHex(blobBaseFeeScalar, 4),
          new Uint8Array(24),
          toBeHex(baseFee, 32),
          toBeHex(blobBaseFee, 32),
          new Uint8Array(64),
        ]),
      });
    return { oracle: await deployed('GasPriceOracle'), setValues };
  }

  it('charges nothing for L1 data while the scalars are zero', async () => {
    const { oracle, setValues } = await loadFixture(deployOracle);
    await setValues(0, 0, 30n * 10n ** 9n, 10n ** 9n);
    expect(await oracle.getL1Fee(data)).to.equal(0n);
    expect(await oracle.getL1FeeUpperBound(1000)).to.equal(0n);
    expect(await oracle.l1BaseFee()).to.equal(30n * 10n ** 9n);
    expect(await oracle.blobBaseFee()).to.equal(10n ** 9n);
  });

  it("charges by Ecotone's formula", async () => {
    const { oracle, setValues } = await loadFixture(deployOracle);
    const [baseFee, blobBaseFee] = [30n * 10n ** 9n, 7n * 10n ** 9n];
    await setValues(1_368, 810_949, baseFee, blobBaseFee);
    const price = 16n * 1_368n * baseFee + 810_949n * blobBaseFee;
    expect(await oracle.getL1GasUsed(data)).to.equal(dataGas);
    expect(await oracle.getL1Fee(data)).to.equal((dataGas * price) / 16_000_000n);
    expect(await oracle.getL1FeeUpperBound(4)).to.equal(((68n + 4n) * 16n * price) / 16_000_000n);
    expect(await oracle.baseFeeScalar()).to.equal(1_368n);
    expect(await oracle.blobBaseFeeScalar()).to.equal(810_949n);
  });

  it('names the decimals, the L2 base fee and no operator fee', async () => {
    const { oracle } = await loadFixture(deployOracle);
    expect(await oracle.decimals()).to.equal(6n);
    expect(await oracle.DECIMALS()).to.equal(6n);
    for (const name of ['gasPrice', 'baseFee']) {
      // A call sees no base fee in Hardhat: only a transaction's trace tells.
      const [sender] = await ethers.getSigners();
      const response = await sender.sendTransaction({ to: oracle, data: id(`${name}()`).slice(0, 10) });
      const trace = await ethers.provider.send('debug_traceTransaction', [response.hash, {}]);
      const block = await response.getBlock();
      expect(BigInt(`0x${trace.returnValue.replace('0x', '')}`), name).to.equal(block?.baseFeePerGas);
    }
    expect(await oracle.getOperatorFee(10n ** 9n)).to.equal(0n);
    expect(await oracle.isJovian()).to.equal(false);
  });
});
