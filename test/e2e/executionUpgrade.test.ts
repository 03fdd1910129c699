import { join } from 'node:path';
import { expect } from 'chai';
import { type Hex, zeroHash } from 'viem';
import { toHex } from '../../src/core/bytes';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { kernelVariant } from '../execution/versions/kernelVariant';
import { BlockClock, Kind, UpgradeChain } from './executionUpgradeChain';
import { UpgradeLoad } from './executionUpgradeLoad';
import { rpc, runTributary, until } from './tributaryProcess';

const BLOCK_TIME_SECONDS = 0.5;
const L2_CHAIN_ID = 31338;
/** What a shared machine with two cores carries beside five processes; 1,000 where there is room. */
const TRANSFERS_PER_SECOND = Number(process.env.UPGRADE_TRANSFERS_PER_SECOND ?? 200);
const SENDER_COUNT = 4;
/** Accounts that vote are left alone. */
const FIRST_SENDER = 10;
const MAGIC_SENDER = 15;
const V2_DIFFERENCES = ['baseFee', 'gasUsed', 'state'] as const;

describe('Kernels by vote under load, end to end', function () {
  this.timeout(180_000);
  const chain = new UpgradeChain();
  const v2 = kernelVariant('v2');
  /** v2's rules, and traps on calldata that begins with 0xdeadc0de. */
  const v3 = kernelVariant('v2+v3');
  const v4 = kernelVariant('v4');
  const v5 = kernelVariant('v5');
  const activationOffset = 60;
  let load: UpgradeLoad;
  let clock: BlockClock;
  let genesis: Hex;
  let versions: Record<'v2' | 'v4' | 'v5' | 'lost', Hex>;
  let trapping: Hex;
  let activationL2Block: number;

  before(async () => {
    await chain.start(BLOCK_TIME_SECONDS);
    genesis = await chain.activeVersion(Kind.execution);
    clock = new BlockClock(chain.deployment.l2.wsUrl);
    load = new UpgradeLoad(chain.url, L2_CHAIN_ID, TRANSFERS_PER_SECOND, SENDER_COUNT, FIRST_SENDER).start();
    await Promise.all([v2, v3, v4, v5].map(({ bytes, hash }, index) => chain.publish(bytes, hash, index)));
    activationL2Block = (await chain.head()) + activationOffset;
  });
  after(async () => {
    clock?.close();
    await load?.stop();
    await chain.stop();
  });

  /** A transaction with the calldata on which v3 traps and v5 hangs; its block. */
  async function sendMagic(): Promise<{ blockNumber: number; hash: Hex }> {
    const { account } = devAccounts(1, MAGIC_SENDER)[0];
    const nonce = Number(await rpc<Hex>(chain.url, 'eth_getTransactionCount', [account.address, 'pending']));
    const raw = await account.signTransaction({
      ...{ type: 'eip1559', chainId: L2_CHAIN_ID, nonce, to: account.address, data: '0xdeadc0de', gas: 100_000n },
      ...{ maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n },
    });
    const hash = await rpc<Hex>(chain.url, 'eth_sendRawTransaction', [raw]);
    let receipt: { blockNumber: Hex; status: Hex } | null = null;
    await until('the transaction is included', async () => {
      receipt = await rpc(chain.url, 'eth_getTransactionReceipt', [hash]);
      return receipt !== null;
    });
    const { blockNumber, status } = receipt as unknown as { blockNumber: Hex; status: Hex };
    expect(status).to.equal('0x1');
    return { blockNumber: Number(blockNumber), hash };
  }

  it('votes on four kernels at once, and the fifth while they are in shadow', async () => {
    const propose = (
      predecessor: Hex,
      artifactHash: Hex,
      differences: readonly ('baseFee' | 'gasUsed' | 'state')[] = [],
    ) => chain.propose({ predecessor, artifactHash, activationL2Block, differences: [...differences] });
    versions = {
      v2: await propose(genesis, toHex(v2.hash), V2_DIFFERENCES),
      v4: await propose(genesis, toHex(v4.hash)),
      v5: await propose(genesis, toHex(v5.hash)),
      lost: await propose(genesis, `0x${'42'.repeat(32)}`),
    };
    trapping = await propose(versions.v2, toHex(v3.hash), V2_DIFFERENCES);
    const calls = await Promise.all(Object.values(versions).map((id) => chain.ratification(id)));
    const first = chain.vote(calls, 'four kernels');
    await chain.l1Time((await chain.l1.getBlock()).timestamp + 8n);
    const second = chain.ratification(trapping).then((call) => chain.vote([call], 'a kernel after the first'));
    await first;
    await Promise.all(Object.values(versions).map((id) => chain.untilStage(id, 'shadow')));
    await sendMagic();
    await second;
  });

  it('brings the good one to rule by itself, at its block, without a pause', async () => {
    await chain.untilStage(versions.v2, 'canary', 60_000);
    await until('its first block is there', async () => (await chain.head()) > activationL2Block + 4, 60_000);
    await chain.untilStage(versions.v2, 'active', 40_000);
    expect(await chain.stage(versions.v2)).to.be.oneOf(['active', 'final']);
  });

  it('contains the one that traps, rolls it back by itself, and holds its withdrawals meanwhile', async () => {
    await chain.untilStage(trapping, 'canary', 60_000);
    const { activationL2Block: heldFrom, activatedAt } = await chain.version(trapping);
    await until('its blocks are there', async () => {
      const { number } = await chain.l1.getBlock();
      await new Promise((resolve) => setTimeout(resolve, 300));
      const origin = await rpc<{ l1Origin?: unknown; number: Hex }>(chain.url, 'eth_getBlockByNumber', [
        'latest',
        false,
      ]);
      return number > 0n && Number(origin.number) > Number(heldFrom);
    });
    const finalized = await rpc<{ number: Hex; hash: Hex }>(chain.url, 'eth_getBlockByNumber', ['safe', false]);
    const magic = await sendMagic();
    const isHeld = () =>
      chain.l1.readContract({
        ...chain.registry,
        functionName: 'isWithdrawalHeld',
        args: [BigInt(magic.blockNumber), activatedAt + 1n],
      });
    expect(await isHeld()).to.equal(true);
    await until('it is rolled back', async () => (await chain.stage(trapping)) === 'rolledBack', 40_000);
    console.log('rolled back', await chain.head(), magic);
    expect(await isHeld()).to.equal(true);
    expect(await chain.activeVersion(Kind.execution)).to.equal(versions.v2);
    const after = await chain.head();
    await until('the chain goes on', async () => (await chain.head()) > after + 4);
    const again = await sendMagic();
    expect(again.blockNumber).to.be.greaterThan(magic.blockNumber);
    const same = await rpc<{ hash: Hex }>(chain.url, 'eth_getBlockByNumber', [finalized.number, false]);
    expect(same.hash).to.equal(finalized.hash);
  });

  it('ends the others where they belong', async () => {
    expect(await chain.stage(versions.v4)).to.equal('rejected');
    expect(await chain.stage(versions.v5)).to.equal('rejected');
    expect(await chain.stage(versions.lost)).to.equal('shadow');
    for (const id of [versions.v4, versions.v5, versions.lost])
      expect((await chain.version(id)).exitEndsAt).to.equal(0n);
    void zeroHash;
  });

  it('failed no request and left out no block meanwhile', async () => {
    await load.stop();
    const intervals = clock.intervalsMs();
    console.log(
      clock.range(),
      intervals.slice(-10),
      clock.intervalMs(activationL2Block),
      activationL2Block,
      load.transactionsPerSecond(),
      load.hashes.length,
    );
    expect(load.failures).to.deep.equal([]);
    expect(clock.range().missing).to.deep.equal([]);
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
    console.log(chain.dev.output.slice(-6000));
    expect(code).to.equal(0);
    const { wrongBatchClaims, wrongOutputClaims, blockNumber } = JSON.parse(output);
    expect(blockNumber).to.be.at.least(head);
    expect([wrongBatchClaims, wrongOutputClaims]).to.deep.equal([[], []]);
  });
});
