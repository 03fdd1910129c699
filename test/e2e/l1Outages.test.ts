import { expect } from 'chai';
import {
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  parseEther,
  parseGwei,
  parseTransaction,
  toHex,
} from 'viem';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { portalAbi } from '../../src/l1/bindings/Portal';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { FaultProxy, lag, PASSING_FAULTS, seededRandom } from '../l1/faultProxy';
import { type AnvilChain, startAnvilChain } from './anvilChain';
import { TransferLoad } from './transferLoad';
import { rpc, runTributary, type TributaryProcess, temporaryFolder, until } from './tributaryProcess';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const SENDER_COUNT = 3;
const DEPOSITOR_INDEX = 10;
describe(`an L1 that is reorganized, out of reach or lying (seed ${SEED})`, function () {
  this.timeout(300_000);
  const folder = temporaryFolder();
  const random = seededRandom(SEED);
  let chain: AnvilChain;
  let sequencer: TributaryProcess;
  /** The two ways to the L1 that the node knows, in its order of preference. */
  let proxies: FaultProxy[];
  let load: TransferLoad;
  /**
   * Batches that are on their way before the node notices that the L1 block they name was replaced say what is no longer so, and derivation
   * ignores them. In every other case none is.
   */
  let isIgnoringExpected = false;
  let ignoredBefore = 0;

  before(async () => {
    chain = await startAnvilChain(folder.path, {
      l1Urls: async (l1Url) => {
        proxies = [await FaultProxy.start(l1Url), await FaultProxy.start(l1Url)];
        return proxies.map(({ url }) => url);
      },
    });
    sequencer = await chain.startSequencer('sequencer,batcher');
    load = new TransferLoad(chain.url, chain.deployment.l2.chainId, SENDER_COUNT);
  });
  afterEach(function () {
    for (const proxy of proxies) proxy.heal();
    if (this.currentTest?.state === 'failed') console.error(sequencer.output.split('\n').slice(-80).join('\n'));
    const short = Object.fromEntries(load.refusals);
    console.log(`      ${load.acknowledged.size} acknowledged; refused: ${JSON.stringify(short)}`);
  });
  after(async () => {
    await load.stop();
    await sequencer.stop();
    for (const proxy of proxies) await proxy.stop();
    await chain.stop();
    folder.remove();
  });

  it('a reorganization that removes batches: they are posted anew, nothing is lost or doubled', async () => {
    load.start();
    for (let round = 0; round < 3; round++) {
      const batches = await batchCount();
      await until('two more batches are on L1', async () => (await batchCount()) >= batches + 2);
      await reorganize(2 + Math.floor(random() * 3));
    }
    await load.stop();
    await expectSoundChain();
  });

  it('a reorganization that removes a deposit: the L2 block with it goes, what stood on it waits until the deposit is back', async () => {
    const poor = privateKeyToAccount(generatePrivateKey());
    await deposit(poor.address);
    await until('the deposit is on L2', async () => (await balanceOf(poor.address)) > 0n);
    const spending = await sendFrom(poor);
    expect(await blockOf(spending)).to.be.a('string');
    load.acknowledged.add(spending);
    load.start();
    await reorganize(12);
    await until('the deposit is gone', async () => (await balanceOf(poor.address)) === 0n);
    await until('what stood on it waits', async () => (await blockOf(spending)) === null);
    await until('it is reported', () => sequencer.output.includes(spending));
    await deposit(poor.address);
    await until('it is in a block again', async () => typeof (await blockOf(spending)) === 'string');
    await load.stop();
    await expectSoundChain();
  });

  it('a reorganization deeper than the safe head, to a shorter L1: safe goes back and comes again', async () => {
    const snapshot = await rpc<Hex>(chain.l1.url, 'evm_snapshot');
    const l1Head = await rpc<Hex>(chain.l1.url, 'eth_blockNumber');
    load.start();
    const safeBefore = await labelNumber('safe');
    await until('safe has gone on', async () => (await labelNumber('safe')) > safeBefore + 50);
    await until('L1 has gone on', async () => Number(await rpc(chain.l1.url, 'eth_blockNumber')) > Number(l1Head) + 6);
    const safeThen = await labelNumber('safe');
    isIgnoringExpected = true;
    expect(await rpc(chain.l1.url, 'evm_revert', [snapshot])).to.equal(true);
    await until('safe is back', async () => (await labelNumber('safe')) < safeThen);
    await load.stop();
    await expectSoundChain();
  });

  it('an L1 that is down for several seconds under load: blocks go on, batches follow', async () => {
    load.start();
    const batches = await batchCount();
    await until('batches are posted', async () => (await batchCount()) > batches);
    for (const proxy of proxies) proxy.fault = () => (random() < 0.5 ? 'cut' : 'hang');
    for (const proxy of proxies) proxy.cutConnections();
    const acknowledgedBefore = load.acknowledged.size;
    await pause(6_000);
    expect(load.acknowledged.size, 'L2 goes on').to.be.greaterThan(acknowledgedBefore + 50);
    for (const proxy of proxies) {
      proxy.heal();
      proxy.cutConnections();
    }
    await load.stop();
    await expectSoundChain();
  });

  it('an L1 that is slow', async () => {
    for (const proxy of proxies) proxy.delayMs = () => 100 + random() * 700;
    load.start();
    await pause(6_000);
    await load.stop();
    await expectSoundChain();
  });

  it('two URLs of which one lags and the other one fails now and then', async () => {
    lag(proxies[0], chain.l1.url, 4);
    proxies[1].fault = () => (random() < 0.3 ? pick(PASSING_FAULTS) : 'none');
    load.start();
    const finalizedNumbers: number[] = [];
    for (let look = 0; look < 30; look++) {
      await pause(200);
      finalizedNumbers.push(await labelNumber('finalized'));
    }
    await load.stop();
    expect(finalizedNumbers, 'finality does not go back').to.deep.equal([...finalizedNumbers].sort((a, b) => a - b));
    await expectSoundChain();
  });

  it('gas estimates and tips that lie: bounded, said, and no batch is lost', async () => {
    let lie = (gas: bigint) => gas / 50n;
    let highestTip = 0n;
    for (const proxy of proxies) {
      proxy.alter = ({ method, params }, result) => {
        if (method === 'eth_estimateGas') return toHex(lie(BigInt(result as Hex)));
        if (method === 'eth_maxPriorityFeePerGas') return toHex(parseGwei('1000000'));
        if (method === 'eth_sendRawTransaction') {
          const { maxPriorityFeePerGas = 0n } = parseTransaction(params[0] as Hex);
          if (maxPriorityFeePerGas > highestTip) highestTip = maxPriorityFeePerGas;
        }
        return result;
      };
    }
    load.start();
    for (const [factor, nextLie] of [
      ['too low', (gas: bigint) => gas / 50n],
      ['too high', (gas: bigint) => gas * 1_000_000n],
      ['zero', () => 0n],
    ] as const) {
      lie = nextLie;
      const batches = await batchCount();
      await until(
        `batches are posted though the estimate is ${factor}`,
        async () => (await batchCount()) >= batches + 2,
      );
    }
    await load.stop();
    expect(sequencer.output).to.include('the L1 gives a gas estimate that cannot be: bounding it');
    expect(sequencer.output).to.include('the L1 suggests an absurd tip: capped');
    expect(highestTip <= parseGwei('30'), `tip ${highestTip}`).to.equal(true);
    await expectSoundChain();
  });

  it('a URL that turns up on another chain: the other one is used, and it is said', async () => {
    const turnUpElsewhere = () => {
      proxies[0].alter = ({ method }, result) => (method === 'eth_chainId' ? '0x5' : result);
      proxies[0].cutConnections();
    };
    turnUpElsewhere();
    load.start();
    await pause(3_000);
    await load.stop();
    await expectSoundChain();
    await sequencer.stop();
    turnUpElsewhere();
    sequencer = await chain.startSequencer('sequencer,batcher');
    await until('it is said', () => sequencer.output.includes('is on another chain: expected chain id 31337, got 5'));
    await expectSoundChain();
  });

  it('everything at once, at random', async () => {
    for (const proxy of proxies) {
      proxy.delayMs = () => (random() < 0.1 ? random() * 500 : 0);
      proxy.fault = () => (random() < 0.15 ? pick(PASSING_FAULTS) : 'none');
    }
    load.start();
    for (let round = 0; round < 4; round++) {
      await pause(1_500);
      await reorganize(1 + Math.floor(random() * 6));
      if (round === 2) {
        sequencer.kill('SIGKILL');
        sequencer = await chain.startSequencer('sequencer,batcher');
      }
    }
    await load.stop();
    await expectSoundChain();
  });

  async function deposit(to: Hex): Promise<void> {
    const wallet = createWalletClient({
      account: devAccounts(1, DEPOSITOR_INDEX)[0].account,
      transport: http(chain.l1.url),
    });
    const hash = await wallet.writeContract({
      address: chain.deployment.rollup.contracts.portal as Hex,
      abi: portalAbi,
      functionName: 'depositTransaction',
      args: [to, parseEther('1'), 100_000n, false, '0x'],
      value: parseEther('1'),
      chain: null,
    });
    const { status } = await createPublicClient({
      transport: http(chain.l1.url),
      pollingInterval: 50,
    }).waitForTransactionReceipt({ hash });
    expect(status).to.equal('success');
  }

  async function sendFrom(account: PrivateKeyAccount): Promise<Hex> {
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: chain.deployment.l2.chainId,
      nonce: 0,
      to: account.address,
      gas: 21_000n,
      maxFeePerGas: parseGwei('20'),
      maxPriorityFeePerGas: parseGwei('1'),
    });
    return rpc<Hex>(chain.url, 'eth_sendRawTransaction', [raw]);
  }

  /** Hash of the block with the transaction, null while it waits; undefined when the node does not know it. */
  async function blockOf(hash: Hex): Promise<Hex | null | undefined> {
    return (await rpc<{ blockHash: Hex | null } | null>(chain.url, 'eth_getTransactionByHash', [hash]))?.blockHash;
  }

  async function balanceOf(address: Hex): Promise<bigint> {
    return BigInt(await rpc<Hex>(chain.url, 'eth_getBalance', [address, 'latest']));
  }

  async function labelNumber(label: 'safe' | 'finalized'): Promise<number> {
    return Number((await rpc<{ number: Hex }>(chain.url, 'eth_getBlockByNumber', [label, false])).number);
  }

  function pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(random() * items.length)];
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  async function reorganize(depth: number): Promise<void> {
    isIgnoringExpected = true;
    await rpc(chain.l1.url, 'anvil_reorg', [depth, []]);
  }

  async function batchCount(): Promise<number> {
    const client = createPublicClient({ transport: http(chain.l1.url) });
    const address = chain.deployment.rollup.contracts.inbox as Hex;
    return Number(await client.readContract({ address, abi: inboxAbi, functionName: 'batchCount' }));
  }

  /** All that was acknowledged is in the chain, L1 holds it once, and a verifier from an empty disk agrees. */
  async function expectSoundChain(): Promise<void> {
    for (const proxy of proxies) proxy.heal();
    const missing = new Set(load.acknowledged);
    const haveReceipts = async () => {
      for (const hash of missing) {
        if ((await rpc(chain.url, 'eth_getTransactionReceipt', [hash])) === null) return false;
        missing.delete(hash);
      }
      return true;
    };
    await until('all that was acknowledged has a receipt', haveReceipts, 60_000).catch(async (error) => {
      const [hash] = missing;
      const transaction = await rpc(chain.url, 'eth_getTransactionByHash', [hash]);
      throw new Error(`${missing.size} without, the first ${hash}: ${JSON.stringify(transaction)}`, { cause: error });
    });
    const head = BigInt(await rpc<Hex>(chain.url, 'eth_blockNumber'));
    await until('the head is derived from L1', async () => {
      const safe = await rpc<{ number: Hex }>(chain.url, 'eth_getBlockByNumber', ['safe', false]);
      return BigInt(safe.number) >= head;
    });
    const { code, output } = await runTributary([
      'verify',
      '--l1',
      chain.l1.url,
      '--deployment',
      chain.deploymentFile,
      '--json',
    ]);
    expect(code, output).to.equal(0);
    const result = JSON.parse(output) as { blockNumber: number; blockHash: Hex; batches: { ignored: number } };
    expect(result.blockNumber).to.be.at.least(Number(head));
    const block = await rpc<{ hash: Hex }>(chain.url, 'eth_getBlockByNumber', [
      `0x${result.blockNumber.toString(16)}`,
      false,
    ]);
    expect(result.blockHash).to.equal(block.hash);
    expect(result.batches, 'batches by what became of them').to.have.property('cut', 0);
    if (!isIgnoringExpected) expect(result.batches.ignored, 'ignored batches').to.equal(ignoredBefore);
    ignoredBefore = result.batches.ignored;
    isIgnoringExpected = false;
    console.log(`      batches: ${JSON.stringify(result.batches)}`);
  }
});
