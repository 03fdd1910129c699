import { expect } from 'chai';
import { type Hex, parseEther, toHex } from 'viem';
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { disputeGameFactoryAbi } from '../../src/l1/bindings/DisputeGameFactory';
import { DEV_MNEMONIC } from '../../src/node/dev/devAccounts';
import { ApartChain } from './apartChain';
import { rpc, runTributary, temporaryFolder, until } from './tributaryProcess';

/** Seconds. */
const SILENCE = 6;

describe('roles on machines of their own', function () {
  this.timeout(240_000);
  const folder = temporaryFolder();
  let chain: ApartChain;

  before(async () => {
    chain = await ApartChain.start(folder.path, { contracts: { silencePeriodSeconds: SILENCE } });
    await chain.run('sequencer', ['--roles', 'sequencer', '--dev']);
  });
  after(async () => {
    await chain.stop();
    folder.remove();
  });

  const sequencer = () => chain.url('sequencer');

  it('posts what a batcher read from the sequencer and executed again', async () => {
    const last = await transfers(5);
    expect(await safeNumber()).to.equal(0);
    await chain.run('batcher', ['--roles', 'batcher', '--dev', '--sequencer', sequencer()]);
    await untilSafe(last);
    expect(await hashAt('batcher', last)).to.equal(await hashAt('sequencer', last));
  });

  it('proposes what a proposer derived from L1 alone', async () => {
    await chain.run('proposer', ['--roles', 'proposer', '--dev', '--proposal-interval-ms', '500']);
    const last = await transfers(1);
    await untilSafe(last);
    const factory = chain.deployment.rollup.contracts.disputeGameFactory as Hex;
    await until('a claim on L1', async () => {
      const count = await chain.publicL1.readContract({
        address: factory,
        abi: disputeGameFactoryAbi,
        functionName: 'gameCount',
      });
      return count > 0n;
    });
    expect(await hashAt('proposer', last)).to.equal(await hashAt('sequencer', last));
  });

  it('goes on after the batcher was killed, and after the sequencer was', async () => {
    chain.kill('batcher');
    await transfers(3);
    await chain.run('batcher', ['--roles', 'batcher', '--dev', '--sequencer', sequencer()]);
    await untilSafe(await transfers(1));

    chain.kill('sequencer');
    await chain.run('sequencer', ['--roles', 'sequencer', '--dev']);
    const last = await transfers(2);
    await untilSafe(last, 90_000);
    expect(await hashAt('batcher', last)).to.equal(await hashAt('sequencer', last));
  });

  it('lets anyone post for the sequencer once it is silent, and no sooner; its own batcher takes over again', async () => {
    chain.kill('batcher');
    const last = await transfers(3);
    const key = generatePrivateKey();
    const { address } = privateKeyToAccount(key);
    await rpc(chain.l1.url, 'anvil_setBalance', [address, toHex(parseEther('10'))]);
    const options = ['--roles', 'batcher', '--sequencer', sequencer(), '--data-availability', 'calldata'];
    await chain.run('stranger', options, { TRIBUTARY_BATCHER_KEY: key });
    await untilSafe(last, 60_000);
    const posts = await chain.batchPosts();
    const first = posts.find(({ poster }) => poster === address);
    const before = posts.filter(({ index }) => index < (first?.index ?? 0n)).at(-1);
    expect(Number(first?.timestamp) - Number(before?.timestamp)).to.be.greaterThan(SILENCE);

    await chain.run('batcher', ['--roles', 'batcher', '--dev', '--sequencer', sequencer()]);
    await untilSafe(await transfers(2), 60_000);
    await until('the sequencer’s own batcher posts again', async () => {
      await transfers(1);
      return (await chain.batchPosts()).at(-1)?.poster !== address;
    });
  });

  it('has a chain that a verifier from an empty disk agrees with', async () => {
    const last = await transfers(1);
    await untilSafe(last);
    const { code, output } = await runTributary([
      'verify',
      ...['--l1', chain.l1.url, '--deployment', chain.deploymentFile, '--json'],
    ]);
    expect(code, output).to.equal(0);
    const { blockNumber, blockHash } = JSON.parse(output);
    expect(blockNumber).to.be.at.least(last);
    expect(blockHash).to.equal(await hashAt('sequencer', blockNumber));
  });

  /** @returns the number of the newest block */
  async function transfers(count: number): Promise<number> {
    const { address } = mnemonicToAccount(DEV_MNEMONIC);
    for (let i = 0; i < count; i++) {
      const transaction = { from: address, to: '0x00000000000000000000000000000000000000aa', value: '0x1' };
      await rpc(sequencer(), 'eth_sendTransaction', [transaction]);
    }
    return Number(await rpc<Hex>(sequencer(), 'eth_blockNumber'));
  }

  async function safeNumber(): Promise<number> {
    return Number((await rpc<{ number: Hex }>(sequencer(), 'eth_getBlockByNumber', ['safe', false])).number);
  }

  function untilSafe(number: number, timeoutMs?: number): Promise<void> {
    return until(`block ${number} is safe`, async () => (await safeNumber()) >= number, timeoutMs);
  }

  async function hashAt(node: string, number: number): Promise<Hex | undefined> {
    const read = () => rpc<{ hash: Hex } | null>(chain.url(node), 'eth_getBlockByNumber', [toHex(number), false]);
    await until(`${node} has block ${number}`, async () => (await read()) !== null);
    return (await read())?.hash;
  }
});
