import { expect } from 'chai';
import {
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  parseAbi,
  parseEther,
  type TransactionReceipt,
  toHex,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { getL2TransactionHashes } from 'viem/op-stack';
import { portalAbi } from '../../src/l1/bindings/Portal';
import { DEV_MNEMONIC } from '../../src/node/dev/devAccounts';
import { connectUser } from '../../src/sdk/connectUser';
import { completeWithdrawal } from '../../src/sdk/moveEther';
import { FaultProxy } from '../l1/faultProxy';
import { ApartChain } from './apartChain';
import { rpc, temporaryFolder, until } from './tributaryProcess';

/** Sequencing window, in L1 blocks; the test's L1 makes one a second, and one for each transaction. */
const WINDOW = 10;
const MESSAGE_PASSER: Hex = '0x4200000000000000000000000000000000000016';
/** Somebody without ETH anywhere. */
const RECIPIENT: Hex = '0x00000000000000000000000000000000c0ffee03';
const user = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 3 });

describe('forced inclusion', function () {
  this.timeout(280_000);
  const folder = temporaryFolder();
  let chain: ApartChain;

  beforeEach(async () => {
    chain = await ApartChain.start(`${folder.path}/${Date.now()}`, { chain: { sequencingWindowL1Blocks: WINDOW } });
  });
  afterEach(() => chain.stop());
  after(() => folder.remove());

  it('gets a user’s money out from L1 alone when the sequencer is dead', async () => {
    await chain.run('sequencer', ['--roles', 'sequencer,batcher', '--dev']);
    const deposited = await deposit(user.address, parseEther('2'), '0x', parseEther('2'));
    await until('the deposit is on L2', () => hasReceipt('sequencer', deposited));
    chain.kill('sequencer');

    // From here on the user has L1, and whoever still runs a verifier and proposes what it derives.
    await chain.run('verifier', ['--roles', 'verifier,proposer', '--dev', '--proposal-interval-ms', '1000']);
    const value = parseEther('1');
    const withdrawal = encodeFunctionData({
      abi: parseAbi(['function initiateWithdrawal(address target, uint256 gasLimit, bytes data) payable']),
      args: [RECIPIENT, 100_000n, '0x'],
    });
    const request = await deposit(MESSAGE_PASSER, value, withdrawal);
    const l2Hash = l2HashOf(request);
    await until('the request is derived', () => hasReceipt('verifier', request), 60_000);
    const included = await rpc<{ status: Hex; blockNumber: Hex }>(chain.url('verifier'), 'eth_getTransactionReceipt', [
      l2Hash,
    ]);
    expect(included.status).to.equal('0x1');
    const l1BlockOfInclusion = await originOf('verifier', included.blockNumber);
    expect(l1BlockOfInclusion).to.be.at.least(Number(request.blockNumber));

    const statuses: string[] = [];
    await completeWithdrawal(connectUser(seenThrough('verifier'), user), l2Hash, (status) => statuses.push(status));
    expect(statuses.at(-1)).to.equal('finalized');
    expect(await chain.publicL1.getBalance({ address: RECIPIENT })).to.equal(value);
  });

  it('includes a deposit that the sequencer leaves out, and the sequencer gives way', async () => {
    const l1 = await FaultProxy.start(chain.l1.url);
    try {
      // It never sees another L1 block, while it goes on to seal and to post.
      await chain.run('sequencer', ['--roles', 'sequencer,batcher', '--dev'], {}, l1.url);
      await chain.run('verifier', ['--roles', 'verifier']);
      await transfer();
      const frozenAt = toHex(await chain.publicL1.getBlockNumber());
      l1.rewrite = (asked) =>
        asked.method === 'eth_getBlockByNumber' && asked.params[0] === 'latest'
          ? { ...asked, params: [frozenAt, asked.params[1]] }
          : asked;
      // Requests that were on their way to L1 before have come back when their askers have asked again, a few times.
      const looks = () => l1.seen.filter((method) => method === 'eth_getBlockByNumber').length;
      const looksBefore = looks();
      await until('the sequencer looks at the L1 of then', () => looks() >= looksBefore + 10);
      const censored = await deposit(RECIPIENT, parseEther('1'), '0x', parseEther('1'));
      const postsBefore = (await chain.batchPosts()).length;
      for (let i = 0; i < 3; i++) await transfer();
      await until('the sequencer posts what has no deposit in it', async () => {
        return (await chain.batchPosts()).length > postsBefore;
      });
      expect(await hasReceipt('sequencer', censored)).to.equal(false);

      await until('the deposit is derived', () => hasReceipt('verifier', censored), 60_000);
      const { blockNumber } = await rpc<{ blockNumber: Hex }>(chain.url('verifier'), 'eth_getTransactionReceipt', [
        l2HashOf(censored),
      ]);
      // Derived once L1 block deposit + window - 1 is there: not a block later than promised.
      const head = Number(await chain.publicL1.getBlockNumber());
      expect(head).to.be.within(Number(censored.blockNumber) + WINDOW - 1, Number(censored.blockNumber) + WINDOW + 5);
      expect(await hasReceipt('sequencer', censored)).to.equal(false);

      l1.rewrite = (asked) => asked;
      await until('the sequencer has it too', () => hasReceipt('sequencer', censored), 60_000);
      await until('both have the same block', async () => {
        return (await hashAt('sequencer', blockNumber)) === (await hashAt('verifier', blockNumber));
      });
      // And it goes on from there.
      const after = await transfer();
      await until('a later transfer is derived', () => isDerived('verifier', after), 60_000);
    } finally {
      await l1.stop();
    }
  });

  it('includes a deposit when the sequencer takes it but posts nothing, and the sequencer gives way', async () => {
    await chain.run('sequencer', ['--roles', 'sequencer', '--dev']);
    await chain.run('verifier', ['--roles', 'verifier']);
    const withheld = await deposit(RECIPIENT, parseEther('1'), '0x', parseEther('1'));
    const transferHash = await transfer();
    await until('the sequencer has it', () => hasReceipt('sequencer', withheld));
    await until('the deposit is derived', () => hasReceipt('verifier', withheld), 60_000);
    expect(await rpc(chain.url('verifier'), 'eth_getTransactionReceipt', [transferHash])).to.equal(null);
    const { blockNumber } = await rpc<{ blockNumber: Hex }>(chain.url('verifier'), 'eth_getTransactionReceipt', [
      l2HashOf(withheld),
    ]);
    await until('both have the same block', async () => {
      return (await hashAt('sequencer', blockNumber)) === (await hashAt('verifier', blockNumber));
    });
    // What it had acknowledged is not lost: it is in a later block.
    await until('the transfer is included again', async () => {
      return (await rpc(chain.url('sequencer'), 'eth_getTransactionReceipt', [transferHash])) !== null;
    });
  });

  /** A deposit by the user. @returns its L1 receipt */
  async function deposit(to: Hex, value: bigint, data: Hex, mint = 0n): Promise<TransactionReceipt> {
    const wallet = createWalletClient({ account: user, transport: http(chain.l1.url) });
    const hash = await wallet.writeContract({
      address: chain.deployment.rollup.contracts.portal as Hex,
      abi: portalAbi,
      functionName: 'depositTransaction',
      args: [to, value, 300_000n, false, data],
      value: mint,
      chain: null,
    });
    const receipt = await chain.publicL1.waitForTransactionReceipt({ hash });
    expect(receipt.status).to.equal('success');
    return receipt;
  }

  function l2HashOf(receipt: TransactionReceipt): Hex {
    return getL2TransactionHashes(receipt)[0];
  }

  async function hasReceipt(node: string, depositReceipt: TransactionReceipt): Promise<boolean> {
    return (await rpc(chain.url(node), 'eth_getTransactionReceipt', [l2HashOf(depositReceipt)])) !== null;
  }

  /** Undefined where the node has no such block (now). */
  async function hashAt(node: string, blockNumber: Hex): Promise<Hex | undefined> {
    const block = await rpc<{ hash: Hex } | null>(chain.url(node), 'eth_getBlockByNumber', [blockNumber, false]);
    return block?.hash;
  }

  async function isDerived(node: string, hash: Hex): Promise<boolean> {
    return (await rpc(chain.url(node), 'eth_getTransactionReceipt', [hash])) !== null;
  }

  /** L1 block that an L2 block builds on. */
  async function originOf(node: string, blockNumber: Hex): Promise<number> {
    const [block] = await rpc<{ l1Origin: { number: Hex } }[]>(chain.url(node), 'tributary_sealedBlocks', [
      blockNumber,
      1,
    ]);
    return Number(block.l1Origin.number);
  }

  /** The deployment for somebody who reads L2 at this node. */
  function seenThrough(node: string) {
    const { deployment } = chain;
    return { ...deployment, l2: { ...deployment.l2, rpcUrl: chain.url(node) } };
  }

  function transfer(): Promise<Hex> {
    const { address } = mnemonicToAccount(DEV_MNEMONIC);
    return rpc<Hex>(chain.url('sequencer'), 'eth_sendTransaction', [{ from: address, to: RECIPIENT, value: '0x1' }]);
  }
});
