import { expect } from 'chai';
import { concat, type Hex, toHex as viemToHex } from 'viem';
import type { L1Input } from '../../src/chain/l1Block';
import { EMPTY_BYTES, fromHex, toHex } from '../../src/core/bytes';
import { hasErrorCode, TributaryError } from '../../src/core/errors';
import { keccak256 } from '../../src/core/keccak';
import { systemClock } from '../../src/core/systemClock';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { portalAbi } from '../../src/l1/bindings/Portal';
import type { DeployedContracts } from '../../src/l1/deployment/deployContracts';
import type { L1BlockReader } from '../../src/l1/l1BlockReader';
import { L1Watcher, type L1WatcherOptions, reorgAncestor } from '../../src/l1/l1Watcher';
import { batchDataFromInput, encodePostBatch } from '../../src/l1/postedBatch';
import { FaultProxy } from './faultProxy';
import { accounts, connect, deployOn, readerOf, silentLogger, until, viemClients } from './l1Fixture';
import { rpc, startAnvil, startHardhatNode, type TestL1 } from './startL1';

const LARGEST_BATCH_SIZE_BYTES = 120_000;

for (const [name, start] of [
  ['anvil', startAnvil],
  ['hardhat node', startHardhatNode],
] as const) {
  describe(`L1Watcher on ${name}`, () => {
    let l1: TestL1;
    let contracts: DeployedContracts;
    let reader: L1BlockReader;

    before(async () => {
      l1 = await start();
      contracts = await deployOn(l1.url);
      reader = readerOf(await connect([l1.url]), contracts);
    });
    after(() => l1.stop());

    it('gives the header fields that the L2 depends on', async () => {
      const raw = await rpc<Record<string, Hex>>(l1.url, 'eth_getBlockByNumber', ['latest', false]);
      expect(await reader.latest()).to.deep.equal({
        number: Number(raw.number),
        hash: fromHex(raw.hash),
        parentHash: fromHex(raw.parentHash),
        timestamp: Number(raw.timestamp),
        baseFeePerGas: BigInt(raw.baseFeePerGas),
        blobBaseFee: 1n,
        prevRandao: fromHex(raw.mixHash),
        parentBeaconBlockRoot: fromHex(raw.parentBeaconBlockRoot),
      });
    });

    it('gives batches with their data, in the blocks that include them', async () => {
      const from = (await reader.latest()).number + 1;
      const payloads = [
        Uint8Array.of(1),
        new Uint8Array(31).fill(7),
        new Uint8Array(LARGEST_BATCH_SIZE_BYTES).fill(255),
      ];
      const hashes: Hex[] = [];
      for (const payload of payloads) hashes.push(await post(l1, contracts, payload));
      const inputs = await take(watcherOf(reader), from, 3);
      expect(inputs.map(({ block }) => block.number)).to.deep.equal([from, from + 1, from + 2]);
      expect(inputs.flatMap(({ batches }) => batches)).to.deep.equal(
        payloads.map((data, index) => ({ index, transactionHash: fromHex(hashes[index]), data })),
      );
    });

    it('decodes deposits: a call, a creation, and one by a contract-free sender with a mint', async () => {
      const from = (await reader.latest()).number + 1;
      const { publicClient, walletClient } = viemClients(l1.url, accounts.user);
      const portal = { address: contracts.portal, abi: portalAbi, functionName: 'depositTransaction' } as const;
      const to = accounts.other.address;
      const zero = '0x0000000000000000000000000000000000000000';
      for (const call of [
        { args: [to, 5n, 100_000n, false, '0x010203'], value: 7n },
        { args: [zero, 0n, 200_000n, true, '0x6001'], value: 0n },
      ] as const) {
        const hash = await walletClient.writeContract({ ...portal, ...call });
        await publicClient.waitForTransactionReceipt({ hash });
      }
      const inputs = await take(watcherOf(reader), from, 2);
      const sender = fromHex(accounts.user.address);
      expect(inputs.map(({ deposits }) => deposits)).to.deep.equal([
        [
          {
            logIndex: 0,
            from: sender,
            to: fromHex(to),
            mint: 7n,
            value: 5n,
            gasLimit: 100_000n,
            data: Uint8Array.of(1, 2, 3),
          },
        ],
        [
          {
            logIndex: 0,
            from: sender,
            to: undefined,
            mint: 0n,
            value: 0n,
            gasLimit: 200_000n,
            data: Uint8Array.of(0x60, 1),
          },
        ],
      ]);
    });

    it('knows which L1 block is final, by the tag or by depth', async () => {
      const head = (await reader.latest()).number;
      expect(await watcherOf(reader).finalizedNumber()).to.be.within(0, head);
      const tagless = Object.assign(Object.create(reader) as L1BlockReader, { finalizedNumber: async () => undefined });
      tagless.latest = () => reader.latest();
      expect(await watcherOf(tagless, { finalityDepthBlocks: 2 }).finalizedNumber()).to.equal(head - 2);
      expect(await watcherOf(tagless, { finalityDepthBlocks: head + 9 }).finalizedNumber()).to.equal(0);
    });

    it('follows the head as blocks come', async () => {
      const from = (await reader.latest()).number + 1;
      const taking = take(watcherOf(reader), from, 2);
      await rpc(l1.url, 'evm_mine');
      await rpc(l1.url, 'evm_mine');
      expect((await taking).map(({ block }) => block.number)).to.deep.equal([from, from + 1]);
    });

    it('stays below the head by its confirmations', async () => {
      const watcher = watcherOf(reader, { confirmations: 2 });
      const head = (await reader.latest()).number;
      expect((await watcher.latest()).number).to.equal(head - 2);
      const seen: number[] = [];
      const stop = new AbortController();
      const reading = (async () => {
        for await (const { block } of watcher.inputs(head - 2, { signal: stop.signal })) seen.push(block.number);
      })();
      await until('one block', () => seen.length === 1);
      await rpc(l1.url, 'evm_mine');
      await until('another', () => seen.length === 2);
      stop.abort();
      await reading;
      expect(seen).to.deep.equal([head - 2, head - 1]);
    });

    it('reports a reorganization by snapshot and revert, with the common ancestor', async () => {
      const ancestor = await reader.latest();
      const snapshot = await rpc(l1.url, 'evm_snapshot');
      await post(l1, contracts, Uint8Array.of(9));
      await rpc(l1.url, 'evm_mine');
      const watcher = watcherOf(reader);
      const stream = watcher.inputs(ancestor.number - 1);
      const before = [];
      for (let i = 0; i < 4; i++) before.push((await stream.next()).value as L1Input);
      expect(before.flatMap(({ batches }) => batches.map(({ data }) => toHex(data)))).to.deep.equal(['0x09']);

      await rpc(l1.url, 'evm_revert', [snapshot]);
      await post(l1, contracts, Uint8Array.of(10));
      const reorg = await rejection(stream.next());
      expect(reorg).to.include({ code: 'L1.Reorg', recovery: 'reset' });
      expect(reorgAncestor(reorg)).to.deep.equal({ number: ancestor.number, hash: ancestor.hash });
      const [after] = await take(watcher, ancestor.number + 1, 1, [{ number: ancestor.number, hash: ancestor.hash }]);
      expect(after.batches.map(({ data }) => toHex(data))).to.deep.equal(['0x0a']);
    });

    it('notices at the start that the last block it is told of was replaced', async () => {
      const { number, hash } = await reader.latest();
      await rpc(l1.url, 'evm_mine');
      const known = [
        { number: number - 1, hash: await blockHash(reader, number - 1) },
        { number, hash: hash.map((byte) => byte ^ 1) },
      ];
      const reorg = await rejection(
        watcherOf(reader)
          .inputs(number + 1, { known })
          .next(),
      );
      expect(reorgAncestor(reorg)).to.deep.equal(known[0]);
      const older = await rejection(
        watcherOf(reader)
          .inputs(number + 1, { known: known.slice(1) })
          .next(),
      );
      expect(hasErrorCode(older, 'L1.Reorg') && reorgAncestor(older)).to.equal(undefined);
    });
  });
}

describe('L1Watcher', () => {
  let l1: TestL1;
  let contracts: DeployedContracts;
  let reader: L1BlockReader;

  before(async () => {
    l1 = await startAnvil();
    contracts = await deployOn(l1.url);
    reader = readerOf(await connect([l1.url]), contracts);
  });
  after(() => l1.stop());

  it('catches up over many ranges in order, with every batch', async () => {
    const from = (await reader.latest()).number + 1;
    for (let index = 0; index < 5; index++) {
      await post(l1, contracts, Uint8Array.of(index));
      await rpc(l1.url, 'anvil_mine', [viemToHex(40)]);
    }
    const inputs = await take(watcherOf(reader, { rangeBlocksMax: 16 }), from, 5 * 41);
    expect(inputs.map(({ block }) => block.number)).to.deep.equal(Array.from({ length: 205 }, (_, i) => from + i));
    expect(inputs.flatMap(({ batches }) => batches.map(({ data }) => data[0]))).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('reports a reorganization to a branch of the same length', async () => {
    // anvil makes the same empty block again unless the base fee moves.
    await rpc(l1.url, 'anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
    await rpc(l1.url, 'anvil_mine', ['0x3']);
    const head = await reader.latest();
    const stream = watcherOf(reader).inputs(head.number - 2);
    for (let i = 0; i < 3; i++) await stream.next();
    await rpc(l1.url, 'anvil_reorg', [2, []]);
    const reorg = await rejection(stream.next());
    expect(reorgAncestor(reorg)?.number).to.equal(head.number - 2);
  });

  it('waits while the L1 is shorter than it was, as an endpoint that lags behind is', async () => {
    const head = await reader.latest();
    const lagging: L1BlockReader = Object.assign(Object.create(reader) as L1BlockReader, {
      inputs: (from: number, to: number) => reader.inputs(from, to),
      block: (number: number) => reader.block(number),
    });
    let lag = 0;
    lagging.latest = async () => (await reader.block(head.number - lag)) ?? head;
    const stream = watcherOf(lagging).inputs(head.number);
    await stream.next();
    lag = 1;
    const next = stream.next();
    await rpc(l1.url, 'evm_mine');
    lag = -1;
    expect(((await next).value as L1Input).block.number).to.equal(head.number + 1);
  });

  it('misses no batch when the logs come from a node that does not have the block yet', async () => {
    const from = (await reader.latest()).number + 1;
    await post(l1, contracts, Uint8Array.of(42));
    const client = await connect([l1.url]);
    let byHash = 0;
    const read: typeof client.read = (action) =>
      client.read((viem) => {
        const request = (async (call: { method: string; params: [{ blockHash?: Hex }] }) => {
          if (call.method !== 'eth_getLogs') return viem.request(call as never);
          if (!call.params[0].blockHash) return [];
          if (byHash++ === 0) throw new Error('unknown block');
          return viem.request(call as never);
        }) as typeof viem.request;
        return action({ ...viem, request });
      });
    const lagging = readerOf(Object.assign(Object.create(client) as typeof client, { read }), contracts);
    const [input] = await take(watcherOf(lagging), from, 1);
    expect(input.batches.map(({ data }) => toHex(data))).to.deep.equal(['0x2a']);
    expect(byHash).to.equal(2);
  });

  it('goes on after the L1 was down for a while', async () => {
    const proxy = await FaultProxy.start(l1.url);
    try {
      const flaky = readerOf(await connect([proxy.url]), contracts);
      const from = (await reader.latest()).number;
      const stream = watcherOf(flaky).inputs(from);
      await stream.next();
      proxy.fault = () => 'cut';
      const next = stream.next();
      await rpc(l1.url, 'evm_mine');
      const asked = proxy.seen.length;
      await until('it tried again', () => proxy.seen.length > asked + 5);
      proxy.fault = () => 'none';
      expect(((await next).value as L1Input).block.number).to.equal(from + 1);
    } finally {
      await proxy.stop();
    }
  });

  it('ends when it is told to, while waiting and between blocks', async () => {
    const stop = new AbortController();
    const head = await reader.latest();
    const stream = watcherOf(reader, { pollIntervalMs: 60_000 }).inputs(head.number - 3, { signal: stop.signal });
    await stream.next();
    stop.abort();
    expect(await stream.next()).to.deep.equal({ value: undefined, done: true });
    const waiting = new AbortController();
    const idle = watcherOf(reader, { pollIntervalMs: 60_000 })
      .inputs(head.number + 1, { signal: waiting.signal })
      .next();
    waiting.abort();
    expect(await idle).to.deep.equal({ value: undefined, done: true });
  });

  it('gives a batch whose transaction does not hold its data as empty bytes', () => {
    const data = Uint8Array.of(1, 2, 3);
    const input = encodePostBatch(data);
    const announced = { index: 0, dataKind: 0, dataCommitment: keccak256(data), blobHashes: [] };
    expect(batchDataFromInput(announced, input)).to.deep.equal(data);
    for (const wrong of [
      '0x',
      '0x12345678',
      input.slice(0, -64) as Hex,
      concat(['0xdeadbeef', input]),
      encodePostBatch(Uint8Array.of(4)),
    ]) {
      expect(batchDataFromInput(announced, wrong as Hex)).to.deep.equal(EMPTY_BYTES);
    }
    expect(batchDataFromInput({ ...announced, dataKind: 1 }, input)).to.deep.equal(EMPTY_BYTES);
  });
});

function watcherOf(reader: L1BlockReader, options: Partial<L1WatcherOptions> = {}): L1Watcher {
  return new L1Watcher({ reader, clock: systemClock, logger: silentLogger, pollIntervalMs: 20, ...options });
}

async function take(
  watcher: L1Watcher,
  from: number,
  count: number,
  known?: { number: number; hash: Uint8Array }[],
): Promise<L1Input[]> {
  const inputs: L1Input[] = [];
  for await (const input of watcher.inputs(from, { known })) {
    inputs.push(input);
    if (inputs.length === count) break;
  }
  return inputs;
}

async function post(l1: TestL1, contracts: DeployedContracts, data: Uint8Array): Promise<Hex> {
  const { publicClient, walletClient } = viemClients(l1.url, accounts.sequencer);
  const hash = await walletClient.writeContract({
    address: contracts.inbox,
    abi: inboxAbi,
    functionName: 'postBatch',
    args: [toHex(data)],
  });
  await publicClient.waitForTransactionReceipt({ hash });
  return hash;
}

async function blockHash(reader: L1BlockReader, number: number): Promise<Uint8Array> {
  const block = await reader.block(number);
  if (!block) throw new Error(`no L1 block ${number}`);
  return block.hash;
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
