import { loadFixture } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import fc from 'fast-check';
import { deployed } from '../testContract';
import type { Withdrawal } from '../withdrawals';
import { balanceOf, freshAddress, MESSAGE_PASSER, twoSides } from './twoSides';

const SEED = 20_261_121;
const RUNS = 12;
const GAS = 150_000;
const HONEST = 0;
const REFUSE = 3;

type Step =
  | { kind: 'depositToken' | 'withdrawToken' | 'depositEther' | 'withdrawEther'; amount: number }
  | { kind: 'deliverDeposit'; starved: boolean }
  | { kind: 'deliverWithdrawal' | 'replay' | 'toggleRefusal' | 'finalizeAgain' };

const amount = fc.integer({ min: 1, max: 50 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('depositToken', 'withdrawToken', 'depositEther', 'withdrawEther'),
    amount,
  }),
  fc.record({ kind: fc.constant('deliverDeposit' as const), starved: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('deliverWithdrawal', 'replay', 'toggleRefusal', 'finalizeAgain') }),
);

/** A token that can refuse to move, its twin, and plenty of both assets with the user on both sides. */
async function begin() {
  const sides = await twoSides();
  const token = await deployed('HostileToken');
  const twin = await sides.twinOf(await token.getAddress());
  await token.approve(sides.bridge, 1_000_000);
  return { ...sides, token, twin };
}

describe('conservation across the bridge', function () {
  this.timeout(240_000);

  it(`escrow covers the supply on L2 after every step of any sequence (seed ${SEED}, ${RUNS} runs)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
        const world = await loadFixture(begin);
        const { bridge, l2Bridge, token, twin, portal, messenger, l2Messenger, deployer } = world;
        // The fixture's chain goes back to its beginning with every run, its counter does not.
        const mintedBefore = world.mintedOnL2();
        const etherOnL2 = async () => world.mintedOnL2() - mintedBefore - (await balanceOf(MESSAGE_PASSER));
        const deposits: Awaited<ReturnType<typeof bridge.bridgeETHTo>>[] = [];
        const withdrawals: Withdrawal[] = [];
        const done: Withdrawal[] = [];
        const failed: { messenger: typeof messenger; data: string }[] = [];
        let refuses = false;
        let held = 0n;
        let paid = 0n;

        const remember = async (
          side: typeof messenger,
          receipt: Awaited<ReturnType<typeof bridge.wait>>,
          data: string,
        ) => {
          const logs = (receipt?.logs ?? []) as { address: string; topics: string[]; data: string }[];
          const address = await side.getAddress();
          const names = logs.filter((log) => log.address === address).map((log) => side.interface.parseLog(log)?.name);
          if (names.includes('FailedRelayedMessage')) failed.push({ messenger: side, data });
        };

        for (const action of steps) {
          switch (action.kind) {
            case 'depositToken':
              if (!refuses) deposits.push(await bridge.bridgeERC20(token, twin, action.amount, GAS, '0x'));
              break;
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
              const supply = await etherOnL2();
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
              const receipt = await (await world.deliverWithdrawal(next)).wait();
              await remember(messenger, receipt, next.data);
              done.push(next);
              paid += next.value;
              break;
            }
            case 'replay': {
              const next = failed.shift();
              if (!next) break;
              const sent = await deployer.sendTransaction({ to: next.messenger, data: next.data, gasLimit: 2_000_000 });
              await remember(next.messenger, await sent.wait(), next.data);
              break;
            }
            case 'finalizeAgain': {
              const last = done[done.length - 1];
              if (!last) break;
              const again = portal.connect(world.other).finalizeWithdrawalTransaction(last);
              await expect(again).to.be.revertedWithCustomError(portal, 'OptimismPortal_AlreadyFinalized');
              break;
            }
            case 'toggleRefusal':
              refuses = !refuses;
              await token.setMode(refuses ? REFUSE : HONEST);
          }
          const locked = await token.balanceOf(bridge);
          expect(locked, 'escrow is what the books say').to.equal(await bridge.deposits(token, twin));
          expect(locked >= (await twin.totalSupply()), 'token escrow ≥ supply').to.equal(true);
          // All ETH is in the portal, but for what is being kept for failed messages, which was paid out of it.
          expect(await balanceOf(await portal.getAddress())).to.equal(held - paid);
          const supply = await etherOnL2();
          expect(held - paid >= supply, 'ether escrow ≥ supply').to.equal(true);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
