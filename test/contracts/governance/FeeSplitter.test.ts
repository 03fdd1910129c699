import { getStorageAt, loadFixture, setBalance, setCode } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import fc from 'fast-check';
import { ethers } from 'hardhat';
import { deploySystem } from '../deploySystem';
import type { TestContract } from '../testContract';

const SEED = Number(process.env.FUZZ_SEED ?? 20260222);

interface Share {
  recipient: string;
  basisPoints: number;
}

async function deploySplitter() {
  const system = await deploySystem();
  const owned = system.splitter.connect(system.timelockSigner) as TestContract;
  const send = (amount: bigint) => system.deployer.sendTransaction({ to: system.splitter, value: amount });
  return { ...system, owned, send };
}

describe('FeeSplitter', () => {
  it('begins with half for the sequencer and half for those who vote, and pays to the wei', async () => {
    const { splitter, rewards, sequencer, send, deployer } = await loadFixture(deploySplitter);
    const treasury = await rewards.getAddress();
    expect((await splitter.shares()).map((share: Share) => [share.recipient, share.basisPoints])).to.deep.equal([
      [sequencer.address, 5_000n],
      [treasury, 5_000n],
    ]);
    await expect(send(101n)).to.emit(splitter, 'Received').withArgs(deployer.address, 101n);
    expect([await splitter.dueWei(sequencer), await splitter.dueWei(treasury)]).to.deep.equal([50n, 51n]);
    await expect(splitter.withdraw(treasury)).to.changeEtherBalances([splitter, rewards], [-51n, 51n]);
    await expect(splitter.withdraw(sequencer)).to.changeEtherBalances([splitter, sequencer], [-50n, 50n]);
    await expect(splitter.withdraw(sequencer))
      .to.be.revertedWithCustomError(splitter, 'FeeSplitterNothingDue')
      .withArgs(sequencer.address);
  });

  it('divides what came before a change by the old shares', async () => {
    const { splitter, owned, sequencer, other, rewards, send } = await loadFixture(deploySplitter);
    await send(1000n);
    await owned.setShares([{ recipient: other.address, basisPoints: 10_000 }]);
    await send(10n);
    const due = [sequencer, rewards, other].map((account) => splitter.dueWei(account));
    expect(await Promise.all(due)).to.deep.equal([500n, 500n, 10n]);
    await expect(splitter.distribute()).to.emit(splitter, 'Distributed').withArgs(10n);
    expect(await splitter.totalCreditedWei()).to.equal(1010n);
  });

  it('lets nobody wait for a recipient that refuses', async () => {
    const { splitter, owned, systemConfig, other, send } = await loadFixture(deploySplitter);
    const refusing = await systemConfig.getAddress();
    await owned.setShares([
      { recipient: refusing, basisPoints: 1 },
      { recipient: other.address, basisPoints: 9_999 },
    ]);
    await send(10_000n);
    await expect(splitter.withdraw(refusing))
      .to.be.revertedWithCustomError(splitter, 'FeeSplitterTransferFailed')
      .withArgs(refusing, 1n);
    await expect(splitter.withdraw(other)).to.changeEtherBalance(other, 9_999n);
    expect(await splitter.dueWei(refusing)).to.equal(1n);
  });

  it('pays a recipient that comes back in no more than its part', async () => {
    const { splitter, owned, other, send } = await loadFixture(deploySplitter);
    const greedy = ethers.getAddress(ethers.toBeHex(0xa77ac, 20));
    // When it is paid: slot 0 = whether caller.withdraw(this) succeeds once more.
    const selector = splitter.interface.getFunction('withdraw')?.selector.slice(2);
    await setCode(greedy, `0x63${selector}60e01b5f52306004525f5f60245f5f335af15f5500`);
    await owned.setShares([
      { recipient: greedy, basisPoints: 4_000 },
      { recipient: other.address, basisPoints: 6_000 },
    ]);
    await send(1_000n);
    await expect(splitter.withdraw(greedy)).to.changeEtherBalances([splitter, greedy], [-400n, 400n]);
    expect(BigInt(await getStorageAt(greedy, 0))).to.equal(0n);
    await expect(splitter.withdraw(other)).to.changeEtherBalance(other, 600n);
  });

  it('takes no shares that are not a whole, of nobody, of itself or of nothing', async () => {
    const { splitter, owned, other, stranger } = await loadFixture(deploySplitter);
    const itself = await splitter.getAddress();
    const one = { recipient: other.address, basisPoints: 10_000 };
    const refused = (shares: Share[], error: string, args: unknown[]) =>
      expect(owned.setShares(shares))
        .to.be.revertedWithCustomError(splitter, error)
        .withArgs(...args);
    await refused([], 'FeeSplitterInvalidShareCount', [0, 16]);
    await refused(Array(17).fill(one), 'FeeSplitterInvalidShareCount', [17, 16]);
    await refused([{ ...one, recipient: ethers.ZeroAddress }], 'FeeSplitterInvalidShare', [ethers.ZeroAddress, 10_000]);
    await refused([{ ...one, recipient: itself }], 'FeeSplitterInvalidShare', [itself, 10_000]);
    await refused([one, { ...one, basisPoints: 0 }], 'FeeSplitterInvalidShare', [other.address, 0]);
    await refused([{ ...one, basisPoints: 9_999 }], 'FeeSplitterInvalidSum', [9_999, 10_000]);
    await refused([one, { ...one, basisPoints: 1 }], 'FeeSplitterInvalidSum', [10_001, 10_000]);
    await expect((splitter.connect(stranger) as TestContract).setShares([one])).to.be.revertedWithCustomError(
      splitter,
      'OwnableUnauthorizedAccount',
    );
  });

  it(`keeps every wei: what came in is what was paid and what is due (seed ${SEED})`, async () => {
    const { splitter, owned, send } = await loadFixture(deploySplitter);
    const recipients = Array.from({ length: 5 }, (_, i) => ethers.toBeHex(0x5000 + i, 20));
    const step = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), amount: fc.bigInt(1n, 10n ** 6n) }),
      fc.record({ kind: fc.constant('withdraw' as const), to: fc.nat(4) }),
      fc.record({ kind: fc.constant('distribute' as const) }),
      fc.record({
        kind: fc.constant('setShares' as const),
        weights: fc.array(fc.nat(999), { minLength: 1, maxLength: 6 }),
      }),
    );
    await owned.setShares([{ recipient: recipients[0], basisPoints: 10_000 }]);
    let received = 0n;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        for (const { kind, ...rest } of steps) {
          if (kind === 'send') {
            received += (rest as { amount: bigint }).amount;
            await send((rest as { amount: bigint }).amount);
          } else if (kind === 'distribute') {
            await splitter.distribute();
          } else if (kind === 'setShares') {
            await owned.setShares(sharesOf((rest as { weights: number[] }).weights, recipients));
          } else {
            const to = recipients[(rest as { to: number }).to];
            const due = await splitter.dueWei(to);
            const before = await ethers.provider.getBalance(to);
            if (due === 0n) {
              await expect(splitter.withdraw(to)).to.be.revertedWithCustomError(splitter, 'FeeSplitterNothingDue');
            } else {
              await splitter.withdraw(to);
            }
            expect(await ethers.provider.getBalance(to)).to.equal(before + due);
          }
        }
        const balance = await ethers.provider.getBalance(splitter);
        const paid = await sum(recipients.map((recipient) => ethers.provider.getBalance(recipient)));
        const due = await sum(recipients.map((recipient) => splitter.dueWei(recipient)));
        expect(balance + paid).to.equal(received);
        expect(due).to.equal(balance);
        expect(await splitter.totalCreditedWei()).to.be.at.most(balance);
      }),
      { seed: SEED, numRuns: 60 },
    );
    for (const recipient of recipients) await setBalance(recipient, 0n);
  });
});

/** Of five recipients, some twice: the last share makes it a whole. */
function sharesOf(weights: number[], recipients: string[]): Share[] {
  const shares = weights.map((weight, i) => ({ recipient: recipients[(i * 3) % 5], basisPoints: weight + 1 }));
  const rest = 10_000 - shares.reduce((total, { basisPoints }) => total + basisPoints, 0);
  return [...shares, { recipient: recipients[weights.length % 5], basisPoints: rest }];
}

async function sum(amounts: Promise<bigint>[]): Promise<bigint> {
  return (await Promise.all(amounts)).reduce((total, amount) => total + amount, 0n);
}
