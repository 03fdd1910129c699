import { loadFixture, setBalance, setCode, setStorageAt } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { concat, toBeHex } from 'ethers';
import fc from 'fast-check';
import { readCompilerArtifact } from '../../../scripts/generateBindings';
import { contractAt, deployed } from '../testContract';
import type { Withdrawal } from '../withdrawals';
import { balanceOf, freshAddress, MESSAGE_PASSER, twoSides } from './twoSides';

const SEED = 20_261_121;
const RUNS = 12;
const GAS = 150_000;
const FEE_VAULTS = {
  SequencerFeeVault: '0x4200000000000000000000000000000000000011',
  BaseFeeVault: '0x4200000000000000000000000000000000000019',
  L1FeeVault: '0x420000000000000000000000000000000000001A',
} as const;
type VaultName = keyof typeof FEE_VAULTS;

type Step =
  | { kind: 'depositToken' | 'withdrawToken' | 'depositEther' | 'withdrawEther'; amount: number }
  | { kind: 'deliverDeposit'; starved: boolean }
  /** With this much gas for the call that pays out, which may be too little. */
  | { kind: 'deliverWithdrawal'; gasLimit: number | undefined }
  | { kind: 'payFees'; vault: VaultName; amount: number }
  | { kind: 'payOutVault'; vault: VaultName }
  /** Of the token: honest, keeps a fee, comes back in, refuses. */
  | { kind: 'setMode'; mode: number }
  | { kind: 'replay' | 'finalizeAgain' | 'takeShare' };

const amount = fc.integer({ min: 1, max: 50 });
const vaultName = fc.constantFrom(...(Object.keys(FEE_VAULTS) as VaultName[]));
const always = <Kind extends Step['kind']>(kind: Kind) => fc.constant(kind);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('depositToken', 'withdrawToken', 'depositEther', 'withdrawEther'),
      amount,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: always('deliverDeposit'), starved: fc.constantFrom(false, false, true) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: always('deliverWithdrawal'),
      gasLimit: fc.oneof(
        { weight: 3, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.integer({ min: 100_000, max: 700_000 }) },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: always('payFees'), vault: vaultName, amount }) },
  { weight: 2, arbitrary: fc.record({ kind: always('payOutVault'), vault: vaultName }) },
  { weight: 1, arbitrary: fc.record({ kind: always('setMode'), mode: fc.constantFrom(0, 0, 1, 2, 3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('replay', 'finalizeAgain', 'takeShare') }) },
);

/** A token that misbehaves as it is told, its twin, plenty of both assets with the user on both sides, and fee vaults that pay out to L1. */
async function begin() {
  const sides = await twoSides();
  const token = await deployed('HostileToken');
  const twin = await sides.twinOf(await token.getAddress());
  await token.approve(sides.bridge, 1_000_000);
  const toL1 = concat([new Uint8Array(11), toBeHex(0, 1), await sides.splitter.getAddress()]);
  for (const [name, address] of Object.entries(FEE_VAULTS)) {
    await setCode(address, readCompilerArtifact(name as VaultName).deployedBytecode);
    await setStorageAt(address, 0, toL1);
    // No minimum, whatever other tests have left there.
    await setStorageAt(address, 1, toBeHex(0, 32));
  }
  return { ...sides, token, twin };
}

const isFinalization = (event: { name: string } | null) => event?.name === 'WithdrawalFinalized';

describe('conservation across the bridge', function () {
  this.timeout(240_000);

  it(`escrow covers the supply on L2 after every step of any sequence (seed ${SEED}, ${RUNS} runs)`, async () => {
    const seen = { refused: 0, starved: 0, failed: 0, replayed: 0, finalizedAgain: 0, feesOut: 0, sharesTaken: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 80, size: 'max' }), async (steps) => {
        const world = await loadFixture(begin);
        const { bridge, l2Bridge, token, twin, portal, messenger, l2Messenger, deployer, splitter } = world;
        const portalAddress = await portal.getAddress();
        const splitterAddress = await splitter.getAddress();
        // The fixture's chain goes back to its beginning with every run, its counter does not.
        const mintedBefore = world.mintedOnL2();
        const etherOnL2 = async () => world.mintedOnL2() - mintedBefore - (await balanceOf(MESSAGE_PASSER));
        const deposits: Awaited<ReturnType<typeof bridge.bridgeETHTo>>[] = [];
        const withdrawals: Withdrawal[] = [];
        const done: Withdrawal[] = [];
        const failed: { messenger: typeof messenger; data: string }[] = [];
        let held = 0n;
        let paid = 0n;
        let feesOnL1 = 0n;
        const feesOnL2 = async () => {
          const balances = await Promise.all(Object.values(FEE_VAULTS).map(balanceOf));
          return balances.reduce((sum, balance) => sum + balance);
        };

        const remember = async (
          side: typeof messenger,
          receipt: Awaited<ReturnType<typeof bridge.wait>>,
          data: string,
        ) => {
          const logs = (receipt?.logs ?? []) as { address: string; topics: string[]; data: string }[];
          const address = await side.getAddress();
          const names = logs.filter((log) => log.address === address).map((log) => side.interface.parseLog(log)?.name);
          if (names.includes('FailedRelayedMessage')) {
            failed.push({ messenger: side, data });
            seen.failed++;
          }
        };

        for (const action of steps) {
          switch (action.kind) {
            case 'depositToken': {
              const sent = await bridge.bridgeERC20(token, twin, action.amount, GAS, '0x').catch(() => undefined);
              if (sent) deposits.push(sent);
              else seen.refused++;
              break;
            }
            case 'depositEther':
              deposits.push(await bridge.bridgeETHTo(freshAddress(held ? 3 : 4), GAS, '0x', { value: action.amount }));
              held += BigInt(action.amount);
              break;
            case 'deliverDeposit': {
              const next = deposits.shift();
              if (!next) break;
              // Starved of gas the deposit fails on L2: what it mints stays, the message is lost or kept as failed.
              const [executed] = await world.deliverDeposits(next, action.starved ? 120_000n : undefined);
              if (executed) await remember(l2Messenger, await executed.wait(), executed.data);
              break;
            }
            case 'withdrawToken':
              if ((await twin.balanceOf(deployer)) < BigInt(action.amount)) break;
              withdrawals.push(
                ...(await world.withdrawalsOf(await l2Bridge.bridgeERC20(twin, token, action.amount, GAS, '0x'))),
              );
              break;
            case 'withdrawEther': {
              const supply = (await etherOnL2()) - (await feesOnL2());
              if (supply < BigInt(action.amount)) break;
              const value = { value: action.amount };
              withdrawals.push(
                ...(await world.withdrawalsOf(await l2Bridge.bridgeETHTo(freshAddress(5), GAS, '0x', value))),
              );
              break;
            }
            case 'deliverWithdrawal': {
              const next = withdrawals.shift();
              if (!next) break;
              const sent = await world.deliverWithdrawal(next, { gasLimit: action.gasLimit }).catch(() => undefined);
              if (!sent) {
                // Too little gas leaves no trace, so that it can be finalized with more.
                expect(action.gasLimit, 'what fails had too little gas').to.be.a('number');
                withdrawals.unshift(next);
                seen.starved++;
                break;
              }
              const receipt = await sent.wait();
              await remember(messenger, receipt, next.data);
              const logs = receipt?.logs.filter(({ address }) => address === portalAddress) ?? [];
              const finalized = logs.map((log) => portal.interface.parseLog(log)).find(isFinalization);
              expect(finalized?.args.success, 'the messenger and the splitter take what is theirs').to.equal(true);
              done.push(next);
              paid += next.value;
              if (next.target === splitterAddress) {
                feesOnL1 += next.value;
                seen.feesOut++;
              }
              break;
            }
            case 'payFees': {
              if ((await etherOnL2()) - (await feesOnL2()) < BigInt(action.amount)) break;
              const vault = FEE_VAULTS[action.vault];
              await setBalance(vault, (await balanceOf(vault)) + BigInt(action.amount));
              break;
            }
            case 'payOutVault': {
              const vault = await contractAt(action.vault, FEE_VAULTS[action.vault]);
              if ((await balanceOf(FEE_VAULTS[action.vault])) === 0n) break;
              withdrawals.push(...(await world.withdrawalsOf(await vault.withdraw())));
              break;
            }
            case 'takeShare': {
              const before = await balanceOf(splitterAddress);
              if ((await splitter.dueWei(world.sequencer)) === 0n) break;
              await splitter.withdraw(world.sequencer);
              feesOnL1 -= before - (await balanceOf(splitterAddress));
              seen.sharesTaken++;
              break;
            }
            case 'replay': {
              const next = failed.shift();
              if (!next) break;
              const sent = await deployer.sendTransaction({ to: next.messenger, data: next.data, gasLimit: 2_000_000 });
              await remember(next.messenger, await sent.wait(), next.data);
              seen.replayed++;
              break;
            }
            case 'finalizeAgain': {
              const last = done[done.length - 1];
              if (!last) break;
              const again = portal.connect(world.other).finalizeWithdrawalTransaction(last);
              await expect(again).to.be.revertedWithCustomError(portal, 'OptimismPortal_AlreadyFinalized');
              seen.finalizedAgain++;
              break;
            }
            case 'setMode':
              await token.setMode(action.mode);
          }
          const locked = await token.balanceOf(bridge);
          expect(locked, 'escrow is what the books say').to.equal(await bridge.deposits(token, twin));
          expect(locked >= (await twin.totalSupply()), 'token escrow ≥ supply').to.equal(true);
          // All ETH is in the portal, but for what is being kept for failed messages, which was paid out of it.
          expect(await balanceOf(await portal.getAddress())).to.equal(held - paid);
          const supply = await etherOnL2();
          expect(held - paid >= supply, 'ether escrow ≥ supply').to.equal(true);
          expect(supply >= (await feesOnL2()), 'fees are part of the supply').to.equal(true);
          // What the vaults paid out is in the splitter, and all of it is somebody's.
          expect(await balanceOf(splitterAddress)).to.equal(feesOnL1);
          const dues = await Promise.all([world.sequencer, world.rewards].map((owner) => splitter.dueWei(owner)));
          expect(dues[0] + dues[1], 'every wei of the splitter is due').to.equal(feesOnL1);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.greaterThan(0);
  });
});
