import { join } from 'node:path';
import { expect } from 'chai';
import type { Hex } from 'viem';
import { toHex } from '../../src/core/bytes';
import { kernelVariant } from '../execution/versions/kernelVariant';
import { BlockClock, Kind, UpgradeChain } from './executionUpgradeChain';
import { TransferLoad } from './transferLoad';
import { rpc, runTributary, until } from './tributaryProcess';

const BLOCK_TIME_SECONDS = 0.5;
const L2_CHAIN_ID = 31338;
const SENDER_COUNT = 4;
/** Accounts that vote are left alone. */
const FIRST_SENDER = 10;

describe('An upgrade of the kernel by vote, end to end', function () {
  this.timeout(180_000);
  const chain = new UpgradeChain();
  let load: TransferLoad;
  let clock: BlockClock;

  before(async () => {
    await chain.start(BLOCK_TIME_SECONDS);
    clock = new BlockClock(chain.deployment.l2.wsUrl);
    load = new TransferLoad(chain.url, L2_CHAIN_ID, SENDER_COUNT, FIRST_SENDER).start();
  });
  after(async () => {
    clock?.close();
    await load?.stop();
    await chain.stop();
  });

  it('goes from the vote to Active by itself while transfers run: no request fails, no block is missing', async () => {
    const v2 = kernelVariant('v2');
    const genesis = await chain.activeVersion(Kind.execution);
    await chain.publish(v2.bytes, v2.hash);
    const activationL2Block = (await chain.head()) + 70;
    const versionId = await chain.propose({
      predecessor: genesis,
      artifactHash: toHex(v2.hash),
      activationL2Block,
      differences: ['baseFee', 'gasUsed', 'state'],
    });
    await chain.vote([await chain.ratification(versionId)], 'a slower base fee');
    for (const stage of ['shadow', 'queued', 'canary']) {
      await chain.untilStage(versionId, stage, 40_000);
      console.log(stage, await chain.head());
    }
    await until('the activation block is there', async () => (await chain.head()) > activationL2Block + 5, 60_000);
    await chain.untilStage(versionId, 'active', 40_000);
    await load.stop();
    console.log(
      clock.range(),
      clock.intervalsMs().slice(-10),
      clock.intervalMs(activationL2Block),
      load.refusals,
      load.acknowledged.size,
      activationL2Block,
    );
    expect(load.refusals.size).to.equal(0);
  });

  it('is followed by a verifier from an empty disk, which agrees on every block', async () => {
    const head = await chain.head();
    await until('all blocks are safe', async () => {
      const safe = await rpc<{ number: Hex }>(chain.url, 'eth_getBlockByNumber', ['safe', false]);
      return Number(safe.number) >= head;
    });
    const { code, output } = await runTributary([
      'verify',
      ...['--deployment', join(chain.dataDir, 'deployment.json'), '--l1', chain.deployment.l1.rpcUrl, '--json'],
    ]);
    console.log(output.slice(0, 1000));
    expect(code).to.equal(0);
    console.log(chain.dev.output.slice(-3000));
  });
});
