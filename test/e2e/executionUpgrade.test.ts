import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Hex } from 'viem';
import { toHex } from '../../src/core/bytes';
import { attesterSetAbi } from '../../src/l1/bindings/AttesterSet';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { kernelVariant } from '../execution/versions/kernelVariant';
import { BlockClock } from './blockClock';
import { Kind, UpgradeChain } from './executionUpgradeChain';
import { UpgradeLoad } from './executionUpgradeLoad';
import { MagicCalls } from './magicCalls';
import { rpc, TributaryProcess, until } from './tributaryProcess';

const BLOCK_TIME_SECONDS = 1;
/** More than the dev chain's own: a fault has to be seen, said on L1 and acted on within it, on a busy machine too. */
const CANARY_SECONDS = Number(process.env.UPGRADE_CANARY_SECONDS ?? 20);
/** Each transaction on this L1 is a second of its time, so that many votes at once run it ahead of the clock. */
const VOTING_SECONDS = 20;
const L2_CHAIN_ID = 31338;
/** What a shared machine with two cores carries beside six processes; 1,000 where there is room. */
const TRANSFERS_PER_SECOND = Number(process.env.UPGRADE_TRANSFERS_PER_SECOND ?? 200);
const SENDER_COUNT = 4;
/** Accounts that vote are left alone. */
const FIRST_SENDER = 10;
const MAGIC_SENDER = 15;
/** From the proposal to the block from which on v2 may rule. */
const ACTIVATION_OFFSET_BLOCKS = 40;
const V2_DIFFERENCES = ['baseFee', 'gasUsed', 'state'] as const;

describe('Kernels by vote under load, end to end', function () {
  this.timeout(240_000);
  const chain = new UpgradeChain();
  const v2 = kernelVariant('v2');
  /** v2's rules, and traps on calldata that begins with 0xdeadc0de. */
  const v3 = kernelVariant('v2+v3');
  const v4 = kernelVariant('v4');
  /** Never comes back from that calldata. */
  const v5 = kernelVariant('v5');
  let load: UpgradeLoad;
  let clock: BlockClock;
  let magic: MagicCalls;
  let versions: Record<'v2' | 'v4' | 'v5' | 'lost', Hex>;
  let trapping: Hex;
  let trappingFirstBlock: number;
  let activationL2Block: number;

  before(async () => {
    await chain.start(BLOCK_TIME_SECONDS, [
      ...['--canary-seconds', String(CANARY_SECONDS)],
      ...['--voting-seconds', String(VOTING_SECONDS)],
    ]);
    const genesis = await chain.activeVersion(Kind.execution);
    clock = new BlockClock(chain.deployment.l2.wsUrl);
    magic = new MagicCalls(chain.url, L2_CHAIN_ID, MAGIC_SENDER);
    await Promise.all([v2, v4, v5].map(({ bytes, hash }, index) => chain.publish(bytes, hash, index)));
    // Never on L1: a node has what its operator gives it.
    for (const node of ['sequencer', 'verifier']) giveTrapping(join(chain.dataDir, node));
    load = await new UpgradeLoad(chain.url, L2_CHAIN_ID, TRANSFERS_PER_SECOND, SENDER_COUNT, FIRST_SENDER).start();
    activationL2Block = (await chain.head()) + ACTIVATION_OFFSET_BLOCKS;
    const propose = (
      predecessor: Hex,
      artifactHash: Hex,
      differences: readonly (typeof V2_DIFFERENCES)[number][] = [],
    ) => chain.propose({ predecessor, artifactHash, activationL2Block, differences: [...differences] });
    versions = {
      v2: await propose(genesis, toHex(v2.hash), V2_DIFFERENCES),
      v4: await propose(genesis, toHex(v4.hash)),
      v5: await propose(genesis, toHex(v5.hash)),
      lost: await propose(genesis, `0x${'42'.repeat(32)}`),
    };
    trapping = await propose(versions.v2, toHex(v3.hash), V2_DIFFERENCES);
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') process.stdout.write(chain.dev.output.slice(-4_000));
  });
  after(async () => {
    clock?.close();
    await magic?.stop().catch(() => undefined);
    await load?.stop();
    await chain.stop();
  });

  function giveTrapping(dataDir: string): void {
    mkdirSync(join(dataDir, 'artifacts'), { recursive: true });
    copyFileSync(v3.path, join(dataDir, 'artifacts', `${toHex(v3.hash)}.wasm`));
  }

  /** Asserts that no two blocks around a switch are two block times apart. @returns the longest time between two of them */
  function pauseMs(firstBlock: number): string {
    const longestMs = clock.longestIntervalMs(firstBlock - 1, firstBlock + 2);
    expect(longestMs).to.be.lessThan(2_000 * BLOCK_TIME_SECONDS);
    return `${longestMs.toFixed(0)} ms`;
  }

  function figure(text: string): void {
    process.stdout.write(`      ${text}\n`);
  }

  it('rejects in shadow the one that overcharges and the one that never comes back; the one that nobody has waits', async () => {
    const calls = await Promise.all(Object.values(versions).map((id) => chain.ratification(id)));
    const call = await chain.ratification(trapping);
    // In each block, so that there is no range of blocks in which the fifth would do well.
    magic.start();
    await Promise.all([
      chain.vote(calls, 'four kernels'),
      // That would stop the one that traps in shadow too.
      chain.vote([call], 'a kernel after the first', async () => {
        await chain.untilStage(versions.v4, 'rejected');
        await chain.untilStage(versions.v5, 'rejected');
        await chain.untilSafe(await magic.stop());
      }),
    ]);
    for (const id of [versions.v4, versions.v5]) expect((await chain.version(id)).exitEndsAt).to.equal(0n);
    expect(await chain.stage(versions.lost)).to.equal('shadow');
  });

  it('brings the good one to rule by itself, at its block, without a pause', async () => {
    await chain.untilStage(versions.v2, 'canary');
    const firstBlock = await chain.firstBlockFrom(
      activationL2Block,
      await chain.loggedIn('ExecutionActivated', versions.v2),
    );
    await until('blocks after its first are there', async () => (await chain.head()) >= firstBlock + 2, 60_000);
    const { address } = devAccounts(1)[0].account;
    // Its floor for calldata is higher.
    const gasAt = async (number: number) =>
      Number(
        await rpc<Hex>(chain.url, 'eth_estimateGas', [
          { from: address, to: address, data: `0x${'11'.repeat(1_000)}` },
          `0x${number.toString(16)}`,
        ]),
      );
    expect(await gasAt(firstBlock)).to.be.greaterThan(await gasAt(firstBlock - 1));
    figure(`pause at activation: ${pauseMs(firstBlock)}, at ${BLOCK_TIME_SECONDS * 1_000} ms a block`);
    await chain.untilStage(versions.v2, 'active', 120_000);
  });

  it('contains the one that traps and rolls it back by itself', async () => {
    await chain.untilStage(trapping, 'queued', 120_000);
    magic.start();
    await chain.untilStage(trapping, 'rolledBack', 120_000);
    await magic.stop();
    expect(await chain.activeVersion(Kind.execution)).to.equal(versions.v2);
    const [begun, ended] = await Promise.all([
      chain.loggedIn('ExecutionActivated', trapping),
      chain.loggedIn('ExecutionRolledBack', trapping),
    ]);
    trappingFirstBlock = await chain.firstBlockFrom(activationL2Block, begun);
    const restoredBlock = await chain.firstBlockFrom(trappingFirstBlock, ended);
    const { l2Block } = await chain.l1.readContract({
      address: chain.contract('attesterSet'),
      abi: attesterSetAbi,
      functionName: 'agreedFault',
      args: [trapping],
    });
    expect(Number(l2Block)).to.be.within(trappingFirstBlock, restoredBlock - 1);
    expect(await magic.send()).to.be.greaterThan(restoredBlock - 1);
    await until('blocks after the roll-back are there', async () => (await chain.head()) >= restoredBlock + 2, 60_000);
    figure(`pause at the trap: ${pauseMs(Number(l2Block))}, at the roll-back: ${pauseMs(restoredBlock)}`);
  });

  it('holds withdrawals of its blocks through the canary and, once it is rolled back, until the window closes', async () => {
    const { activationL2Block: heldFrom, activatedAt, canaryEndsAt, holdEndsAt } = await chain.version(trapping);
    await chain.l1Time(holdEndsAt);
    const begun = await chain.loggedIn('ExecutionActivated', trapping);
    const ended = await chain.loggedIn('ExecutionRolledBack', trapping);
    const seen: boolean[] = [];
    for (let number = begun; seen[seen.length - 1] !== false || number <= ended; number++) {
      const { timestamp } = await chain.l1.getBlock({ blockNumber: BigInt(number) });
      const isHeld = await chain.l1.readContract({
        ...chain.registry,
        functionName: 'isWithdrawalHeld',
        args: [heldFrom, activatedAt],
        blockNumber: BigInt(number),
      });
      expect(isHeld, `L1 block ${number}`).to.equal(timestamp < (number < ended ? canaryEndsAt : holdEndsAt));
      seen.push(isHeld);
    }
    expect(seen.filter(Boolean)).not.to.be.empty;
  });

  it('failed no request, left out no block and rewrote none meanwhile', async () => {
    await load.stop();
    await until('what the node took is in blocks', async () => (await load.included()) === load.accepted, 60_000);
    const all = [...clock.hashes.keys()];
    const longestMs = clock.longestIntervalMs(Math.min(...all), Math.max(...all));
    figure(
      `${load.transactionsPerSecond().toFixed(0)} transfers/s throughout (${load.accepted}); ${all.length} blocks, ` +
        `${clock.medianIntervalMs().toFixed(0)} ms apart, ${longestMs.toFixed(0)} ms at most`,
    );
    expect(load.failures).to.deep.equal([]);
    expect(clock.irregular()).to.deep.equal({ missing: [], rewritten: [] });
    for (const [number, hash] of clock.hashes) expect((await chain.block(number)).hash).to.equal(hash);
  });

  it('is followed from an empty disk: stops before the block whose kernel is missing, says which, then agrees on every block', async () => {
    const head = await chain.head();
    await chain.untilSafe(head);
    const dataDir = join(chain.folder.path, 'empty');
    const verify = new TributaryProcess([
      'verify',
      ...['--deployment', join(chain.dataDir, 'deployment.json'), '--l1', chain.deployment.l1.rpcUrl],
      ...['--data-dir', dataDir, '--json'],
    ]);
    const missing = `the kernel that rules block ${trappingFirstBlock} is not here: stopping before it until it is`;
    await until('it says what is missing', () => verify.output.includes(missing), 60_000);
    expect(verify.output).to.contain(toHex(v3.hash)).and.contain(trapping).and.contain('looked in: ');
    giveTrapping(dataDir);
    expect(await verify.exitCode(), verify.output).to.equal(0);
    const result = JSON.parse(verify.output.split('\n').find((line) => line.startsWith('{"blockNumber"')) ?? '{}');
    expect(result).to.deep.include({ wrongBatchClaims: [], wrongOutputClaims: [] });
    expect(result.blockNumber).to.be.at.least(head);
    expect((await chain.block(result.blockNumber)).hash).to.equal(result.blockHash);
  });
});
