import { expect } from 'chai';
import { Batcher, type BatcherOptions } from '../../src/batcher/batcher';
import { packBatch } from '../../src/batcher/packBatch';
import { decodeBatch } from '../../src/codec/batch';
import { BatchBuilder } from '../../src/codec/batch/batchBuilder';
import type { Block } from '../../src/codec/block';
import { TributaryError } from '../../src/core/errors';
import { MemoryStore } from '../../src/core/memoryStore';
import { systemClock } from '../../src/core/systemClock';
import type { DeployedContracts } from '../../src/l1/deployment/deployContracts';
import type { L1BlockReader } from '../../src/l1/l1BlockReader';
import { L1TransactionSender } from '../../src/l1/l1TransactionSender';
import { L1Watcher } from '../../src/l1/l1Watcher';
import { encodePostBatch } from '../../src/l1/postedBatch';
import { CHAIN_ID } from '../codec/batchBlocks';
import { FaultProxy } from '../l1/faultProxy';
import { accounts, connect, deployOn, readerOf, silentLogger, until } from '../l1/l1Fixture';
import { rpc, startAnvil, type TestL1 } from '../l1/startL1';
import { InboxDerivation, isGapless } from './inboxDerivation';
import { TestSealedChain } from './sealedChain';

const LIMITS = { payloadSizeBytesMax: 120_000, decodedSizeBytesMax: 10_000_000 };

describe('Batcher', () => {
  let l1: TestL1;
  let proxy: FaultProxy;
  let contracts: DeployedContracts;
  let reader: L1BlockReader;
  let chain: TestSealedChain;
  let derivation: InboxDerivation;
  let store: MemoryStore;
  let stops: (() => Promise<void>)[];

  beforeEach(async () => {
    stops = [];
    l1 = await startAnvil();
    proxy = await FaultProxy.start(l1.url);
    contracts = await deployOn(l1.url);
    reader = readerOf(await connect([l1.url]), contracts);
    chain = new TestSealedChain();
    store = new MemoryStore();
    const watcher = new L1Watcher({ reader, clock: systemClock, logger: silentLogger, pollIntervalMs: 10 });
    derivation = new InboxDerivation(watcher, chain.head.hash, await reader.latest()).start();
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
    await derivation.stop();
    await proxy.stop();
    await l1.stop();
  });

  /** A batcher and its sender, which reaches L1 through the proxy. */
  async function startBatcher(options: Partial<BatcherOptions> = {}): Promise<Batcher & { kill(): Promise<void> }> {
    const client = await connect([proxy.url]);
    const sender = await L1TransactionSender.open({
      l1: client,
      account: accounts.sequencer,
      store,
      clock: systemClock,
      logger: silentLogger,
      pollIntervalMs: 10,
      resubmitAfterMs: 200,
    });
    const batcher = new Batcher({
      chain,
      derived: derivation,
      sender,
      l1HeadNumber: async () => (await reader.latest()).number,
      inbox: contracts.inbox,
      l2ChainId: CHAIN_ID,
      decodedSizeBytesMax: LIMITS.decodedSizeBytesMax,
      clock: systemClock,
      logger: silentLogger,
      maxAgeMs: 50,
      ...options,
    });
    batcher.start();
    const kill = async () => {
      await sender.stop();
      await batcher.stop();
    };
    stops.push(kill);
    return Object.assign(batcher, { kill });
  }

  const derived = (blockNumber: number) =>
    until(`block ${blockNumber} is derived`, () => derivation.progress().l2Block === blockNumber);

  it('posts blocks once they are old enough, all in one batch', async () => {
    const batcher = await startBatcher({ maxAgeMs: 150 });
    chain.seal(3);
    await derived(3);
    chain.seal(2);
    await derived(5);
    expect(derivation.entries).to.deep.equal(['1–3', '4–5']);
    await until('their receipts are in', () => batcher.status().batchesPosted === 2);
    const { l1GasUsed, bytesPosted, ...status } = batcher.status();
    expect(status).to.deep.equal({
      unpostedBlockCount: 0,
      lastPostedBlock: 5,
      batchesInFlight: 0,
      batchesPosted: 2,
      blobsPosted: 0,
      dataKind: 'calldata',
      restarts: 0,
      fault: undefined,
    });
    expect(l1GasUsed > 50_000n && bytesPosted > 200).to.equal(true);
  });

  it('posts when enough has gathered, without waiting, in batches near the target and under the bound', async () => {
    await startBatcher({ maxAgeMs: 60_000 });
    chain.seal(40, 10_000);
    await until('most are derived', () => derivation.progress().l2Block >= 30);
    const posted = derivation.progress().l2Block;
    expect(isGapless(derivation.entries, posted)).to.equal(true);
    expect(chain.head.header.number - posted).to.be.lessThan(12);
    for (const size of await batchSizesBytes(reader)) expect(size).to.be.within(100_000, 120_000);
  });

  it('flushes what has gathered', async () => {
    const batcher = await startBatcher({ maxAgeMs: 60_000 });
    chain.seal(2);
    await batcher.flush();
    await derived(2);
    await batcher.flush();
    expect(derivation.entries).to.deep.equal(['1–2']);
  });

  it('ends a flush that waits when it is stopped', async () => {
    const batcher = await startBatcher({ maxAgeMs: 60_000 });
    proxy.fault = () => 'cut';
    chain.seal(1);
    const flush = rejection(batcher.flush());
    await batcher.kill();
    expect((await flush).code).to.equal('Batcher.Stopped');
  });

  for (const [what, fault] of [
    ['before a batch left', 'cut'],
    ['after a batch arrived', 'loseAnswer'],
  ] as const) {
    it(`goes on without a gap or a double when the process dies ${what}`, async () => {
      const dying = await startBatcher();
      chain.seal(3);
      await derived(3);
      proxy.fault = (method) => (method === 'eth_sendRawTransaction' ? fault : 'none');
      chain.seal(3);
      const sent = () => proxy.seen.filter((method) => method === 'eth_sendRawTransaction').length;
      const before = sent();
      await until('it tried to send', () => sent() > before);
      await dying.kill();
      proxy.fault = () => 'none';

      chain.seal(2);
      await startBatcher();
      await derived(8);
      expect(isGapless(derivation.entries, 8)).to.equal(true);
    });
  }

  it('goes on without a gap or a double after L1 was out of reach', async () => {
    const batcher = await startBatcher();
    chain.seal(2);
    await derived(2);
    proxy.fault = () => 'cut';
    for (let i = 0; i < 3; i++) {
      chain.seal(2);
      const asked = proxy.seen.length;
      await until('it tries', () => proxy.seen.length > asked);
    }
    expect(batcher.status().unpostedBlockCount + batcher.status().batchesInFlight).to.be.greaterThan(0);
    proxy.fault = () => 'none';
    await derived(8);
    expect(isGapless(derivation.entries, 8)).to.equal(true);
  });

  it('posts again what an L1 reorganization threw out', async () => {
    await startBatcher();
    chain.seal(2);
    await derived(2);
    const snapshot = await rpc(l1.url, 'evm_snapshot');
    chain.seal(2);
    await derived(4);
    await rpc(l1.url, 'evm_revert', [snapshot]);
    await rpc(l1.url, 'anvil_mine', ['0x3']);
    await derived(4);
    expect(isGapless(derivation.entries, 4)).to.equal(true);
    chain.seal(1);
    await derived(5);
    expect(isGapless(derivation.entries, 5)).to.equal(true);
  });

  it('follows an L2 chain that was cut back', async () => {
    await startBatcher({ maxAgeMs: 100 });
    chain.seal(2);
    await derived(2);
    chain.seal(3);
    chain.rewindTo(3);
    chain.seal(4);
    await derived(7);
    expect(isGapless(derivation.entries, 7)).to.equal(true);
  });

  it('posts anew a batch that derivation did not take', async () => {
    const batcher = await startBatcher();
    derivation.deaf = true;
    chain.seal(2);
    await until('it was ignored', () => derivation.entries.length > 0);
    derivation.deaf = false;
    await derived(2);
    expect(batcher.status().restarts).to.be.greaterThan(0);
    expect(derivation.entries[0]).to.equal('1–2?');
  });

  it('begins behind what others posted for it', async () => {
    chain.seal(3);
    const blocks = [1, 2].map((number) => chain.blockByNumber(number) ?? chain.head);
    const { payload } = packBatch(collect(blocks), LIMITS);
    const other = await L1TransactionSender.open({
      l1: await connect([l1.url]),
      account: accounts.sequencer,
      store: new MemoryStore(),
      clock: systemClock,
      logger: silentLogger,
    });
    await other.send({ label: 'Inbox.postBatch', to: contracts.inbox, data: encodePostBatch(payload) });
    await other.stop();
    await startBatcher();
    await derived(3);
    expect(derivation.entries).to.deep.equal(['1–2', '3–3']);
  });

  it('says which block does not fit in a batch, and goes on once it is gone', async () => {
    const batcher = await startBatcher();
    chain.seal(1);
    await derived(1);
    chain.seal(1, 121_000);
    await until('it says so', () => batcher.status().fault?.includes('L2 block 2 does not fit in a batch') ?? false);
    chain.rewindTo(1);
    chain.seal(1);
    await derived(2);
    await until('all is well', () => batcher.status().fault === undefined);
  });
});

function collect(blocks: readonly Block[]): BatchBuilder {
  const builder = new BatchBuilder(CHAIN_ID);
  for (const block of blocks) builder.add(block);
  return builder;
}

describe('packBatch', () => {
  it('takes as many blocks as fit, and no fewer than nearly all of them', () => {
    const chain = new TestSealedChain();
    chain.seal(30, 10_000);
    const blocks = Array.from({ length: 30 }, (_, i) => chain.blockByNumber(i + 1) ?? chain.head);
    const packed = packBatch(collect(blocks), LIMITS);
    expect(packed.payload.length).to.be.within(100_000, 120_000);
    const batch = decodeBatch(packed.payload, { decompressedSizeBytesMax: LIMITS.decodedSizeBytesMax });
    expect(batch.blocks.length).to.equal(packed.blocks.length);
    const one = packBatch(collect(blocks.slice(0, 1)), LIMITS);
    expect(one.blocks).to.deep.equal(blocks.slice(0, 1));
  });

  it('keeps to the bound on the decompressed size', () => {
    const chain = new TestSealedChain();
    chain.seal(10, 1_000);
    const blocks = Array.from({ length: 10 }, (_, i) => chain.blockByNumber(i + 1) ?? chain.head);
    const limits = { ...LIMITS, decodedSizeBytesMax: 5_000 };
    const { payload, blocks: taken } = packBatch(collect(blocks), limits);
    expect(taken.length).to.be.within(1, 5);
    decodeBatch(payload, { decompressedSizeBytesMax: 5_000 });
  });

  it('refuses a block that is too large alone', () => {
    const chain = new TestSealedChain();
    chain.seal(1, 121_000);
    expect(() => packBatch(collect([chain.head]), LIMITS)).to.throw(TributaryError, 'L2 block 1 does not fit');
  });
});

async function batchSizesBytes(reader: L1BlockReader): Promise<number[]> {
  const inputs = await reader.inputs(0, (await reader.latest()).number);
  return inputs.flatMap(({ batches }) => batches.map(({ data }) => data.length));
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
