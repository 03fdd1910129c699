import { loadFixture, mine, setNextBlockBaseFeePerGas } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { type ContractTransactionResponse, parseEther, solidityPacked, toBeHex, ZeroAddress } from 'ethers';
import { ethers } from 'hardhat';
import { deploySystem, MAX_DEPOSIT_GAS } from '../deploySystem';
import { deployed } from '../testContract';

const TO = '0x00000000000000000000000000000000000000A1';
const GWEI = 10n ** 9n;
const ALIAS_OFFSET = 0x1111000000000000000000000000000000001111n;

function opaqueData(mint: bigint, value: bigint, gasLimit: bigint, isCreation: boolean, data: string): string {
  return solidityPacked(['uint256', 'uint256', 'uint64', 'bool', 'bytes'], [mint, value, gasLimit, isCreation, data]);
}

/** Gas that a deposit with this L2 gas limit costs, all deposits else the same. */
async function gasUsed(sent: Promise<ContractTransactionResponse>): Promise<bigint> {
  const receipt = await (await sent).wait();
  if (!receipt) throw new TypeError('not mined');
  return receipt.gasUsed;
}

describe('Portal', () => {
  describe('depositTransaction', () => {
    it("emits OP Stack's event, keeps the ETH and names the sender as it is", async () => {
      const { portal, stranger } = await loadFixture(deploySystem);
      const [mint, value, gasLimit, data] = [parseEther('3'), parseEther('2'), 100_000n, '0xc0ffee'];
      await expect(portal.connect(stranger).depositTransaction(TO, value, gasLimit, false, data, { value: mint }))
        .to.emit(portal, 'TransactionDeposited')
        .withArgs(stranger.address, TO, 0, opaqueData(mint, value, gasLimit, false, data));
      expect(await ethers.provider.getBalance(portal)).to.equal(mint);
    });

    it('takes a creation, with no target only', async () => {
      const { portal, stranger } = await loadFixture(deploySystem);
      await expect(portal.connect(stranger).depositTransaction(ZeroAddress, 0, 200_000, true, '0x5f5ff3'))
        .to.emit(portal, 'TransactionDeposited')
        .withArgs(stranger.address, ZeroAddress, 0, opaqueData(0n, 0n, 200_000n, true, '0x5f5ff3'));
      await expect(portal.connect(stranger).depositTransaction(TO, 0, 200_000, true, '0x'))
        .to.be.revertedWithCustomError(portal, 'PortalBadTarget')
        .withArgs(TO);
    });

    it('takes a call to the zero address, which is not a creation', async () => {
      const { portal } = await loadFixture(deploySystem);
      await expect(portal.depositTransaction(ZeroAddress, 0, 100_000, false, '0x')).to.emit(
        portal,
        'TransactionDeposited',
      );
    });

    it('aliases a contract', async () => {
      const { portal, stranger } = await loadFixture(deploySystem);
      const caller = await deployed('Caller');
      const alias = ethers.getAddress(toBeHex((BigInt(await caller.getAddress()) + ALIAS_OFFSET) % 2n ** 160n, 20));
      const call = portal.interface.encodeFunctionData('depositTransaction', [TO, 1, 100_000, false, '0x']);
      await expect(caller.connect(stranger).relay(portal, call, { value: 7 }))
        .to.emit(portal, 'TransactionDeposited')
        .withArgs(alias, TO, 0, opaqueData(7n, 1n, 100_000n, false, '0x'));
    });

    it('wants at least the gas that the data costs on L2', async () => {
      const { portal } = await loadFixture(deploySystem);
      const data = `0x${'01'.repeat(100)}`;
      const minimum = 21_000n + 40n * 100n;
      expect(await portal.minimumGasLimit(100)).to.equal(minimum);
      await expect(portal.depositTransaction(TO, 0, minimum, false, data)).to.emit(portal, 'TransactionDeposited');
      await expect(portal.depositTransaction(TO, 0, minimum - 1n, false, data))
        .to.be.revertedWithCustomError(portal, 'PortalGasLimitTooLow')
        .withArgs(minimum - 1n, minimum);
    });

    it('takes data up to the limit and no further', async () => {
      const { portal } = await loadFixture(deploySystem);
      const gasLimit = 6_000_000n;
      await expect(portal.depositTransaction(TO, 0, gasLimit, false, new Uint8Array(120_000))).to.emit(
        portal,
        'TransactionDeposited',
      );
      await expect(portal.depositTransaction(TO, 0, gasLimit, false, new Uint8Array(120_001)))
        .to.be.revertedWithCustomError(portal, 'PortalDataTooLarge')
        .withArgs(120_001, 120_000);
    });
  });

  it('turns a plain transfer into a deposit to the same address', async () => {
    const { portal, stranger } = await loadFixture(deploySystem);
    await expect(stranger.sendTransaction({ to: portal, value: 5 }))
      .to.emit(portal, 'TransactionDeposited')
      .withArgs(stranger.address, stranger.address, 0, opaqueData(5n, 5n, 100_000n, false, '0x'));
  });

  it('takes deposits during a pause, for they are the way around the sequencer', async () => {
    const { portal, systemConfig, guardian } = await loadFixture(deploySystem);
    await systemConfig.connect(guardian).pause();
    expect(await portal.paused()).to.equal(true);
    await expect(portal.connect(guardian).depositTransaction(TO, 0, 100_000, false, '0x')).to.emit(
      portal,
      'TransactionDeposited',
    );
  });

  describe('resource metering', () => {
    it('burns L1 gas worth the L2 gas, at no less than 1 gwei a gas', async () => {
      const { portal } = await loadFixture(deploySystem);
      const use = async (l2Gas: bigint, l1BaseFee: bigint) => {
        await setNextBlockBaseFeePerGas(l1BaseFee);
        return gasUsed(portal.depositTransaction(TO, 0, l2Gas, false, '0x', { maxFeePerGas: 10n * GWEI }));
      };
      await use(21_000n, GWEI);
      expect(await use(1_000_000n, GWEI)).to.be.closeTo(1_000_000n + 22_000n, 10_000n);
      // An L1 cheaper than 1 gwei does not make L2 gas dearer in L1 gas.
      expect(await use(1_000_000n, GWEI / 2n)).to.be.closeTo(1_000_000n + 22_000n, 10_000n);
      // On a dearer L1 the same ETH is less gas.
      expect(await use(1_000_000n, 4n * GWEI)).to.be.closeTo(250_000n + 22_000n, 10_000n);
    });

    it('lets the deposits of one L1 block have the limit together and no more', async () => {
      const { portal, stranger, deployer } = await loadFixture(deploySystem);
      const price = 100n * GWEI;
      await setNextBlockBaseFeePerGas(price);
      await ethers.provider.send('evm_setAutomine', [false]);
      const fees = { maxFeePerGas: 2n * price, gasLimit: 2_000_000 };
      const first = await portal
        .connect(stranger)
        .depositTransaction(TO, 0, MAX_DEPOSIT_GAS - 21_000n, false, '0x', { ...fees, maxPriorityFeePerGas: price });
      const fits = await portal
        .connect(deployer)
        .depositTransaction(TO, 0, 21_000n, false, '0x', { ...fees, maxPriorityFeePerGas: price / 2n });
      const exceeds = await portal
        .connect(deployer)
        .depositTransaction(TO, 0, 21_000n, false, '0x', { ...fees, maxPriorityFeePerGas: price / 4n });
      await ethers.provider.send('evm_setAutomine', [true]);
      await mine(1);
      const statuses = await Promise.all(
        [first, fits, exceeds].map(async ({ hash }) => (await ethers.provider.getTransactionReceipt(hash))?.status),
      );
      expect(statuses).to.deep.equal([1, 1, 0]);
      const { prevBoughtGas, prevBlockNum } = await portal.params();
      expect(prevBoughtGas).to.equal(MAX_DEPOSIT_GAS);
      const receipt = await ethers.provider.getTransactionReceipt(first.hash);
      expect(prevBlockNum).to.equal(receipt?.blockNumber);
    });

    it('refuses a single deposit over the limit', async () => {
      const { portal } = await loadFixture(deploySystem);
      await expect(portal.depositTransaction(TO, 0, MAX_DEPOSIT_GAS + 1n, false, '0x'))
        .to.be.revertedWithCustomError(portal, 'ResourceMeteringLimitExceeded')
        .withArgs(MAX_DEPOSIT_GAS + 1n, MAX_DEPOSIT_GAS);
    });

    it('makes L2 gas dearer after full blocks and cheaper with every empty one, down to the least fee', async () => {
      const { portal } = await loadFixture(deploySystem);
      const fill = async () => {
        await setNextBlockBaseFeePerGas(100n * GWEI);
        const fees = { maxFeePerGas: 200n * GWEI, gasLimit: 16_000_000 };
        await portal.depositTransaction(TO, 0, MAX_DEPOSIT_GAS, false, '0x', fees);
        return (await portal.params()).prevBaseFee as bigint;
      };
      expect(await fill()).to.equal(GWEI);
      // A full block buys ten targets: (10 - 1) / 8 more.
      const second = await fill();
      expect(second).to.equal(GWEI + (GWEI * 9n) / 8n);
      const third = await fill();
      expect(third).to.equal(second + (second * 9n) / 8n);

      await mine(2);
      await portal.depositTransaction(TO, 0, 21_000, false, '0x');
      let expected = third + (third * 9n) / 8n;
      for (let empty = 0; empty < 2; empty++) expected -= expected / 8n;
      expect((await portal.params()).prevBaseFee).to.equal(expected);

      await mine(10_000);
      await portal.depositTransaction(TO, 0, 21_000, false, '0x');
      expect((await portal.params()).prevBaseFee).to.equal(GWEI);
    });

    it('goes by the limit that the timelock set last', async () => {
      const { portal, systemConfig, timelockSigner } = await loadFixture(deploySystem);
      await systemConfig.connect(timelockSigner).setMaxDepositGasPerL1Block(1_000_000);
      await expect(portal.depositTransaction(TO, 0, 1_000_001, false, '0x'))
        .to.be.revertedWithCustomError(portal, 'ResourceMeteringLimitExceeded')
        .withArgs(1_000_001, 1_000_000);
      await expect(portal.depositTransaction(TO, 0, 1_000_000, false, '0x')).to.emit(portal, 'TransactionDeposited');
    });
  });
});
