import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeAbiParameters, encodeFunctionData, type Hex, pad, toHex as viemToHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { TributaryError } from '../../src/core/errors';
import { MemoryStore } from '../../src/core/memoryStore';
import { systemClock } from '../../src/core/systemClock';
import { disputeGameFactoryAbi } from '../../src/l1/bindings/DisputeGameFactory';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { OUTPUT_CLAIM_GAME_TYPE } from '../../src/l1/deployment/contractsConfig';
import type { DeployedContracts } from '../../src/l1/deployment/deployContracts';
import type { L1Call } from '../../src/l1/l1Call';
import { L1TransactionSender, type L1TransactionSenderOptions } from '../../src/l1/l1TransactionSender';
import { encodePostBatch } from '../../src/l1/postedBatch';
import { freePort } from '../../src/node/freePort';
import { FaultProxy } from './faultProxy';
import { accounts, BOND_WEI, connect, deployOn, silentLogger, until, viemClients } from './l1Fixture';
import { rpc, startAnvil, startHardhatNode, type TestL1 } from './startL1';

const GWEI = 1_000_000_000n;

for (const [name, start] of [
  ['anvil', startAnvil],
  ['hardhat node', startHardhatNode],
] as const) {
  describe(`L1TransactionSender on ${name}`, () => {
    let l1: TestL1;
    let contracts: DeployedContracts;
    let sender: L1TransactionSender;

    before(async () => {
      l1 = await start();
      contracts = await deployOn(l1.url);
      sender = await openSender([l1.url]);
    });
    after(async () => {
      await sender.stop();
      await l1.stop();
    });

    it('makes calls in the order they are asked for, each once', async () => {
      const receipts = await Promise.all([1, 2, 3, 4, 5, 6].map((byte) => sender.send(batchCall(contracts, byte))));
      expect(receipts.map(({ status }) => status)).to.deep.equal(Array(6).fill('success'));
      expect(await postedBytes(l1, contracts)).to.deep.equal([1, 2, 3, 4, 5, 6]);
      expect(sender.pendingCount).to.equal(0);
    });

    it('says why a call would revert, sends nothing, and goes on', async () => {
      const stranger = await openSender([l1.url], { account: accounts.other });
      const error = await rejection(stranger.send(batchCall(contracts, 1)));
      expect(error.code).to.equal('L1.TransactionReverted');
      expect(error.shortMessage).to.match(/^Inbox\.postBatch reverts on L1: InboxUnauthorizedPoster\(0x/);
      expect(stranger.pendingCount).to.equal(0);
      const receipt = await stranger.send(gameCall(contracts, 1n));
      expect(receipt.status).to.equal('success');
      await stranger.stop();
    });

    it('reports an L1 that refuses it for lack of funds', async () => {
      const poor = await openSender([l1.url], { account: privateKeyToAccount(generatePrivateKey()) });
      const error = await rejection(poor.send(gameCall(contracts, 2n)));
      expect(error).to.include({ code: 'L1.TransactionRefused', recovery: 'retry' });
      expect(poor.pendingCount).to.equal(0);
      await poor.stop();
    });

    it('waits for its confirmations', async () => {
      const patient = await openSender([l1.url], { account: accounts.user, confirmations: 3 });
      let settled = false;
      const sending = patient.send(gameCall(contracts, 3n)).then((receipt) => {
        settled = true;
        return receipt;
      });
      await until('included', async () => (await gameCount(l1, contracts)) === 2n);
      await rpc(l1.url, 'evm_mine');
      expect(settled).to.equal(false);
      await rpc(l1.url, 'evm_mine');
      expect((await sending).status).to.equal('success');
      await patient.stop();
    });
  });
}

describe('L1TransactionSender', () => {
  let l1: TestL1;
  let proxy: FaultProxy;
  let contracts: DeployedContracts;
  let store: MemoryStore;
  let open: L1TransactionSender[] = [];

  beforeEach(async () => {
    l1 = await startAnvil();
    proxy = await FaultProxy.start(l1.url);
    contracts = await deployOn(l1.url);
    store = new MemoryStore();
  });
  afterEach(async () => {
    for (const sender of open) await sender.stop();
    open = [];
    await proxy.stop();
    await l1.stop();
  });

  async function sender(options: Partial<L1TransactionSenderOptions> = {}): Promise<L1TransactionSender> {
    const opened = await openSender([proxy.url], { store, ...options });
    open.push(opened);
    return opened;
  }

  it('has a transaction on disk before it leaves, and off it once it is settled', async () => {
    let storedBefore = 0;
    proxy.fault = (method) => {
      if (method === 'eth_sendRawTransaction') void count(store).then((records) => (storedBefore = records));
      return 'none';
    };
    await (await sender()).send(batchCall(contracts, 1));
    expect(storedBefore).to.equal(1);
    expect(await count(store)).to.equal(0);
  });

  it('raises the fees of a transaction that L1 passes over, until it is included', async () => {
    await rpc(l1.url, 'evm_setAutomine', [false]);
    const stuck = await sender({ resubmitAfterMs: 50 });
    const sending = stuck.send(batchCall(contracts, 1));
    await until('it waits', async () => (await poolSize(l1)) === 1);
    const first = await poolTransaction(l1);
    // Five times what the transaction offers at most: takes several raises of 12.5 %, or one to what is usual now.
    await rpc(l1.url, 'anvil_setNextBlockBaseFeePerGas', [viemToHex(BigInt(first.maxFeePerGas) * 5n)]);
    await rpc(l1.url, 'evm_mine');
    expect(await postedBytes(l1, contracts)).to.deep.equal([]);
    // anvil drops what no longer pays and refuses it when it is sent again.
    const paysNow = ({ maxFeePerGas }: PoolTransaction) => BigInt(maxFeePerGas) > BigInt(first.maxFeePerGas) * 5n;
    await until('it was replaced', async () => (await poolTransactions(l1)).some(paysNow));
    await rpc(l1.url, 'evm_mine');
    const receipt = await sending;
    expect(receipt.transactionHash).to.not.equal(first.hash);
    expect(await postedBytes(l1, contracts)).to.deep.equal([1]);
  });

  it('does not raise fees while L1 stands still, and not over the cap', async () => {
    await rpc(l1.url, 'evm_setAutomine', [false]);
    const capped = await sender({ resubmitAfterMs: 20, feeCapWei: 3n * GWEI });
    const sending = capped.send(batchCall(contracts, 1));
    await until('it waits', async () => (await poolSize(l1)) === 1);
    const first = await poolTransaction(l1);
    const sent = () => proxy.seen.filter((method) => method === 'eth_sendRawTransaction').length;
    await until('it was sent again', () => sent() > 3);
    expect((await poolTransaction(l1)).hash).to.equal(first.hash);

    await rpc(l1.url, 'anvil_setNextBlockBaseFeePerGas', [viemToHex(20n * GWEI)]);
    await rpc(l1.url, 'evm_mine');
    const before = sent();
    await until('it was sent again', () => sent() > before + 2);
    for (const { maxFeePerGas } of await poolTransactions(l1)) expect(BigInt(maxFeePerGas) <= 3n * GWEI).to.equal(true);
    await rpc(l1.url, 'anvil_setNextBlockBaseFeePerGas', [viemToHex(GWEI)]);
    await rpc(l1.url, 'evm_mine');
    await until('it waits again', async () => (await poolSize(l1)) === 1);
    await rpc(l1.url, 'evm_mine');
    expect((await sending).status).to.equal('success');
  });

  it('keeps no more on their way than it may', async () => {
    await rpc(l1.url, 'evm_setAutomine', [false]);
    const bounded = await sender({ inFlightMax: 2 });
    const sending = Promise.all([1, 2, 3, 4, 5].map((byte) => bounded.send(batchCall(contracts, byte))));
    for (const posted of [2, 4, 5]) {
      await until('two wait', async () => (await poolSize(l1)) === (posted === 5 ? 1 : 2));
      await rpc(l1.url, 'evm_mine');
      await until('they are included', async () => (await postedBytes(l1, contracts)).length === posted);
    }
    await sending;
    expect(await postedBytes(l1, contracts)).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('reports a call that reverts only once it is included', async () => {
    await rpc(l1.url, 'evm_setAutomine', [false]);
    const error = rejection((await sender()).send(batchCall(contracts, 1)));
    await until('it waits', async () => (await poolSize(l1)) === 1);
    await rpc(l1.url, 'anvil_setCode', [contracts.inboxImplementation, '0x60006000fd']);
    await rpc(l1.url, 'evm_mine');
    expect(await error).to.include({ code: 'L1.TransactionReverted' });
    expect((await error).shortMessage).to.equal('Inbox.postBatch reverts on L1: reverted without a reason');
    expect((await error).details.transactionHash).to.match(/^0x[0-9a-f]{64}$/);
  });

  for (const [what, fault] of [
    ['before it left', 'cut'],
    ['after it arrived', 'loseAnswer'],
  ] as const) {
    it(`counts a transaction once when the process dies ${what}`, async () => {
      proxy.fault = (method) => (method === 'eth_sendRawTransaction' ? fault : 'none');
      const dying = await sender();
      const lost = rejection(dying.send(batchCall(contracts, 1)));
      await until('it tried to send', () => proxy.seen.includes('eth_sendRawTransaction'));
      proxy.fault = () => 'cut';
      await dying.stop();
      expect((await lost).code).to.equal('L1.SenderStopped');
      expect(await count(store)).to.equal(1);

      proxy.fault = () => 'none';
      const reborn = await sender();
      await reborn.settled();
      expect(await postedBytes(l1, contracts)).to.deep.equal([1]);
      expect(await count(store)).to.equal(0);
      await reborn.send(batchCall(contracts, 2));
      expect(await postedBytes(l1, contracts)).to.deep.equal([1, 2]);
    });
  }

  it('makes the call under another nonce when a foreign transaction took its own', async () => {
    proxy.fault = (method) => (method === 'eth_sendRawTransaction' ? 'cut' : 'none');
    const robbed = await sender();
    const sending = robbed.send(batchCall(contracts, 1));
    await until('it tried to send', () => proxy.seen.includes('eth_sendRawTransaction'));
    const { walletClient } = viemClients(l1.url, accounts.sequencer);
    await walletClient.sendTransaction({ to: accounts.other.address, value: 1n });
    proxy.fault = () => 'none';
    expect((await sending).status).to.equal('success');
    expect(await postedBytes(l1, contracts)).to.deep.equal([1]);
  });

  it('waits out an L1 that is down when it is asked to send', async () => {
    const patient = await sender();
    proxy.fault = () => 'cut';
    const sending = patient.send(batchCall(contracts, 1));
    const asked = proxy.seen.length;
    await until('it tried several times', () => proxy.seen.length > asked + 5);
    proxy.fault = () => 'none';
    expect((await sending).status).to.equal('success');
  });

  it('sends again what an L1 lost when it was restarted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-anvil-'));
    const port = await freePort();
    const statePath = join(folder, 'state.json');
    let restarted = await startAnvil({ port, statePath });
    try {
      const inbox = await deployOn(restarted.url);
      await restarted.stop();
      restarted = await startAnvil({ port, statePath, args: ['--no-mining'] });
      const persistent = await openSender([restarted.url], { resubmitAfterMs: 100 });
      open.push(persistent);
      const sending = persistent.send(batchCall(inbox, 1));
      await until('it waits', async () => (await poolSize(restarted)) === 1);
      await restarted.stop(); // its pool is not kept
      restarted = await startAnvil({ port, statePath });
      expect((await sending).status).to.equal('success');
      expect(await postedBytes(restarted, inbox)).to.deep.equal([1]);
    } finally {
      for (const opened of open.splice(0)) await opened.stop();
      await restarted.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('ends what waits when it is stopped, and takes no more', async () => {
    await rpc(l1.url, 'evm_setAutomine', [false]);
    const stopped = await sender({ inFlightMax: 1 });
    const waiting = [1, 2].map((byte) => rejection(stopped.send(batchCall(contracts, byte))));
    await until('one waits', async () => (await poolSize(l1)) === 1);
    await stopped.stop();
    for (const error of await Promise.all(waiting)) expect(error.code).to.equal('L1.SenderStopped');
    expect((await rejection(stopped.send(batchCall(contracts, 3)))).code).to.equal('L1.SenderStopped');
  });
});

async function openSender(
  urls: string[],
  overrides: Partial<L1TransactionSenderOptions> = {},
): Promise<L1TransactionSender> {
  return L1TransactionSender.open({
    l1: await connect(urls),
    account: accounts.sequencer,
    store: new MemoryStore(),
    clock: systemClock,
    logger: silentLogger,
    pollIntervalMs: 20,
    ...overrides,
  });
}

function batchCall(contracts: DeployedContracts, byte: number): L1Call {
  return { label: 'Inbox.postBatch', to: contracts.inbox, data: encodePostBatch(Uint8Array.of(byte)), abi: inboxAbi };
}

function gameCall(contracts: DeployedContracts, l2BlockNumber: bigint): L1Call {
  const extraData = encodeAbiParameters([{ type: 'uint256' }], [l2BlockNumber]);
  return {
    label: 'DisputeGameFactory.create',
    to: contracts.disputeGameFactory,
    data: encodeFunctionData({
      abi: disputeGameFactoryAbi,
      functionName: 'create',
      args: [OUTPUT_CLAIM_GAME_TYPE, pad('0x01'), extraData],
    }),
    value: BOND_WEI,
    abi: disputeGameFactoryAbi,
  };
}

/** First data byte of each batch in the Inbox, in order. */
async function postedBytes(l1: TestL1, contracts: DeployedContracts): Promise<number[]> {
  const { publicClient } = viemClients(l1.url, accounts.deployer);
  const events = await publicClient.getContractEvents({
    address: contracts.inbox,
    abi: inboxAbi,
    eventName: 'BatchPosted',
    fromBlock: 0n,
  });
  const inputs = await Promise.all(
    events.map(({ transactionHash }) => publicClient.getTransaction({ hash: transactionHash })),
  );
  return inputs.map(({ input }) => Number(`0x${input.slice(138, 140)}`));
}

function gameCount(l1: TestL1, contracts: DeployedContracts): Promise<bigint> {
  const { publicClient } = viemClients(l1.url, accounts.deployer);
  return publicClient.readContract({
    address: contracts.disputeGameFactory,
    abi: disputeGameFactoryAbi,
    functionName: 'gameCount',
  });
}

interface PoolTransaction {
  hash: Hex;
  maxFeePerGas: Hex;
}

async function poolSize(l1: TestL1): Promise<number> {
  return Number((await rpc<{ pending: Hex }>(l1.url, 'txpool_status')).pending);
}

async function poolTransactions(l1: TestL1): Promise<PoolTransaction[]> {
  const { pending } = await rpc<{ pending: Record<string, Record<string, PoolTransaction>> }>(l1.url, 'txpool_content');
  return Object.values(pending).flatMap((byNonce) => Object.values(byNonce));
}

/** The one transaction in the pool. */
async function poolTransaction(l1: TestL1): Promise<PoolTransaction> {
  const transactions = await poolTransactions(l1);
  expect(transactions.length).to.equal(1);
  return transactions[0];
}

async function count(store: MemoryStore): Promise<number> {
  let records = 0;
  for await (const _ of store.entries({})) records++;
  return records;
}

async function rejection(promise: Promise<unknown>): Promise<TributaryError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TributaryError) return error;
    throw error;
  }
  throw new Error('expected a rejection');
}
