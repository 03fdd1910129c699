import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyMerkleProof } from '@ethereumjs/mpt';
import { expect } from 'chai';
import { buildGenesis } from '../../src/chain/genesis';
import { EMPTY_CODE_HASH, EMPTY_ROOT, headerHash } from '../../src/codec/header';
import { contractAddress, type SignedTransaction } from '../../src/codec/transaction';
import { concatBytes, EMPTY_BYTES, toFixedBytes, toHex } from '../../src/core/bytes';
import { hasErrorCode, TributaryError } from '../../src/core/errors';
import { keccak256 } from '../../src/core/keccak';
import { openLevelStore } from '../../src/core/levelStore';
import { MemoryStore } from '../../src/core/memoryStore';
import type { KeyValueOperation } from '../../src/core/ports';
import { encodeAccount } from '../../src/state/accountCodec';
import { ChainStore, metadataOperation } from '../../src/state/chainStore';
import { keyPrefix, numberKey, readNumber } from '../../src/state/keyspace';
import { HISTORY_BLOCKS } from '../../src/state/stateHistory';
import { initCode, STORE_CODE } from '../execution/bytecode';
import { word } from '../execution/callRequest';
import { addressOf, ETHER, signTransaction, TestChain, testConfig } from '../execution/testChain';

const RECIPIENT = toFixedBytes(0x7777, 20);
const STORE = contractAddress(addressOf(0), 0n);

/** Block 1 deploys the store; block n > 1 sets slot 1 to n and pays n wei to the recipient. */
async function grow(test: TestChain, to: number): Promise<void> {
  for (let n = test.chain.head.header.number + 1; n <= to; n++) {
    if (n === 1) {
      await test.seal([await signTransaction(0, 0, { data: initCode(STORE_CODE) })]);
    } else {
      const data = toHex(concatBytes(word(1), word(n)));
      await test.seal([
        await signTransaction(0, n - 1, { to: toHex(STORE), data, gas: 100_000n }),
        await signTransaction(1, n - 2, { to: toHex(RECIPIENT), value: BigInt(n), gas: 21_000n }),
      ]);
    }
  }
}

function expectStateOf(chain: ChainStore, n: number): void {
  const state = chain.stateAt(n);
  expect(state.storage(STORE, word(1)), `slot after block ${n}`).to.deep.equal(word(n > 1 ? n : 0));
  const paid = BigInt(n > 1 ? (n * (n + 1)) / 2 - 1 : 0);
  expect(state.account(RECIPIENT)?.balance ?? 0n, `balance after block ${n}`).to.equal(paid);
}

/** Numbers of the blocks whose undo record is on disk. */
async function undoRecords({ store }: TestChain): Promise<number[]> {
  const numbers: number[] = [];
  const range = { gte: Uint8Array.of(keyPrefix.undo), lt: Uint8Array.of(keyPrefix.undo + 1) };
  for await (const [key] of store.entries(range)) numbers.push(readNumber(key, 1));
  return numbers;
}

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof TributaryError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('ChainStore', () => {
  it('writes genesis with balances, predeploys and an empty message passer', async () => {
    const { chain } = await TestChain.open();
    expect(chain.head.header).to.deep.include({ number: 0, timestamp: testConfig.genesis.l2TimestampSeconds });
    expect(chain.head.header.withdrawalsRoot).to.deep.equal(EMPTY_ROOT);
    expect(chain.head.l1Origin).to.deep.include({ number: 10, sequenceNumber: 0 });
    const state = chain.stateAt(0);
    expect(state.account(addressOf(3))).to.deep.equal({
      nonce: 0n,
      balance: 10_000n * ETHER,
      codeHash: EMPTY_CODE_HASH,
      storageRoot: EMPTY_ROOT,
    });
    for (const { address, code } of buildGenesis(testConfig).allocations.filter(({ nonce }) => nonce > 0n)) {
      expect(state.account(address)).to.deep.include({ nonce: 1n, codeHash: keccak256(code) });
      expect(state.code(keccak256(code))).to.deep.equal(code);
    }
  });

  it('finds blocks, receipts and transactions again', async () => {
    const test = await TestChain.open();
    await grow(test, 2);
    const { chain } = test;
    const reopened = await ChainStore.open(test.store, test.config, buildGenesis(test.config));
    for (const store of [chain, reopened]) {
      for (const n of [0, 1, 2]) {
        const block = store.blockByNumber(n);
        expect(block).to.deep.equal(chain.blockByNumber(n));
        if (!block) return expect.fail('no block');
        expect(headerHash(block.header)).to.deep.equal(block.hash);
        expect(store.headerByNumber(n)).to.deep.equal(block.header);
        expect(store.blockHashByNumber(n)).to.deep.equal(block.hash);
        expect(store.blockByHash(block.hash)).to.deep.equal(block);
        expect(store.receipts(n)).to.deep.equal(chain.receipts(n));
        block.transactions.forEach(({ hash }, index) => {
          expect(store.transactionLocation(hash)).to.deep.equal({ blockNumber: n, index });
        });
      }
      expect(store.blockByNumber(3)).to.equal(undefined);
      expect(store.blockByNumber(-1)).to.equal(undefined);
      expect(store.blockByHash(new Uint8Array(32))).to.equal(undefined);
      expect(store.receipts(3)).to.equal(undefined);
      expect(store.transactionLocation(new Uint8Array(32))).to.equal(undefined);
    }
  });

  it(`reads the state of the last ${HISTORY_BLOCKS} blocks, before and after a restart on disk`, async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'tributary-history-'));
    const last = HISTORY_BLOCKS + 6;
    const test = await TestChain.open({}, await openLevelStore(folder));
    await grow(test, last);
    const kept = [last, last - 1, 100, 8, 7, 6];
    for (const n of kept) expectStateOf(test.chain, n);
    await test.chain.close();
    const store = await openLevelStore(folder);
    const chain = await ChainStore.open(store, test.config, buildGenesis(test.config));
    for (const n of kept) expectStateOf(chain, n);
    expect(await codeOf(() => chain.stateAt(5))).to.equal('State.HistoryPruned');
    expect(await codeOf(() => chain.stateAt(last + 1))).to.equal('State.UnknownBlock');
    const proof = await chain.proof(6, STORE, [word(1)]);
    expect(proof.storage[0].value).to.equal(6n);
    await chain.close();
    rmSync(folder, { recursive: true });
  });

  it('gives proofs that an independent verifier accepts, of presence and of absence, now and in history', async () => {
    const test = await TestChain.open();
    await grow(test, 5);
    for (const n of [2, 5]) {
      const root = test.chain.headerByNumber(n)?.stateRoot;
      for (const address of [STORE, addressOf(0), toFixedBytes(0xdead, 20)]) {
        const proof = await test.chain.proof(n, address, [word(1), word(2)]);
        const leaf = await verifyMerkleProof(keccak256(address), proof.nodes, { root });
        const exists = test.chain.stateAt(n).account(address) !== undefined;
        expect(leaf ?? undefined).to.deep.equal(exists ? encodeAccount(proof.account) : undefined);
        if (address !== STORE) {
          expect(proof.account.storageRoot).to.deep.equal(EMPTY_ROOT);
          expect(proof.storage.map(({ value, nodes }) => ({ value, nodes }))).to.deep.equal([
            { value: 0n, nodes: [] },
            { value: 0n, nodes: [] },
          ]);
          continue;
        }
        const slot = await verifyMerkleProof(keccak256(word(1)), proof.storage[0].nodes, {
          root: proof.account.storageRoot,
        });
        expect(slot).to.deep.equal(Uint8Array.of(n));
        expect(proof.storage[0].value).to.equal(BigInt(n));
        const absent = await verifyMerkleProof(keccak256(word(2)), proof.storage[1].nodes, {
          root: proof.account.storageRoot,
        });
        expect(absent).to.equal(null);
      }
    }
  });

  it('rewinds: state, indexes and labels are as they were, and the same blocks give the same hashes again', async () => {
    const test = await TestChain.open();
    await grow(test, 3);
    const before = await dump(test.store);
    await test.chain.setLabel('safe', 2);
    await grow(test, 7);
    await test.chain.setLabel('safe', 7);
    await test.chain.setLabel('finalized', 2);
    const hashes = [4, 5, 6, 7].map((n) => test.chain.blockHashByNumber(n));
    const heads: number[] = [];
    test.chain.rewound.on(({ block }) => heads.push(block.header.number));
    await test.chain.rewindTo(3);
    expect(heads).to.deep.equal([3]);
    expect(test.chain.head.header.number).to.equal(3);
    expect(test.chain.label('safe').header.number).to.equal(3);
    expect(test.chain.label('finalized').header.number).to.equal(2);
    expect(test.chain.blockByNumber(4)).to.equal(undefined);
    expect(test.chain.blockByHash(hashes[0] ?? EMPTY_BYTES)).to.equal(undefined);
    for (const n of [0, 1, 2, 3]) expectStateOf(test.chain, n);
    const after = await dump(test.store);
    for (const map of [before, after]) for (const key of [...map.keys()]) if (key.startsWith('06')) map.delete(key);
    expect(after).to.deep.equal(before);
    await grow(test, 7);
    expect([4, 5, 6, 7].map((n) => test.chain.blockHashByNumber(n))).to.deep.equal(hashes);
  });

  it('lets records of final blocks go once they are out of the history, 16 with each commit, a full history stays', async function () {
    this.timeout(60_000);
    const test = await TestChain.open({}, undefined, 'reference', { waitingBlocksMax: 1 });
    const head = HISTORY_BLOCKS + 40;
    await grow(test, head);
    expect((await undoRecords(test))[0], 'nothing is final').to.equal(1);
    await test.chain.setLabel('finalized', 39);
    await grow(test, head + 1);
    expect((await undoRecords(test))[0]).to.equal(17);
    await grow(test, head + 3);
    expect((await undoRecords(test))[0], 'block 40 is not final').to.equal(40);
    await test.chain.rewindTo(39);
    expectStateOf(test.chain, 39);
    await grow(test, 41);
    expect(await codeOf(() => test.chain.rewindTo(38))).to.equal('State.RewindTooDeep');
  });

  it('keeps no more records than it is told, however far off finality is', async () => {
    const test = await TestChain.open({}, undefined, 'reference', { rewindBlocksMax: 5, waitingBlocksMax: 1 });
    await grow(test, 12);
    expect(await undoRecords(test)).to.deep.equal([8, 9, 10, 11, 12]);
    expect(await codeOf(() => test.chain.rewindTo(6))).to.equal('State.RewindTooDeep');
    // Here the way back from save to save ends before it reaches the block.
    expect(await codeOf(() => test.chain.rewindTo(2))).to.equal('State.RewindTooDeep');
    await test.chain.rewindTo(7);
    expectStateOf(test.chain, 7);
  });

  it('keeps no way back from blocks that were final when they were committed, where it is told so', async () => {
    const limits = { waitingBlocksMax: 2, keepsFinalNodes: false };
    const test = await TestChain.open({}, undefined, 'reference', limits);
    const full = await TestChain.open({}, undefined, 'reference', { waitingBlocksMax: 2 });
    const growUnder = async (finalNumber: number, to: number) => {
      for (let n = test.chain.head.header.number + 1; n <= to; n++) {
        await grow(full, n);
        const block = full.chain.blockByNumber(n);
        const signed = (block?.transactions ?? []).filter((one): one is SignedTransaction => one.type !== 0x7e);
        const executed = await test.executor.executeBlock(test.request(signed));
        expect(executed.block.hash).to.deep.equal(block?.hash);
        await test.chain.commit(executed, [], n <= finalNumber);
      }
    };
    await growUnder(6, 9);
    // Saved with blocks 2, 4, 6 and 8; what the last overwrote is there.
    expect([2, 4, 6, 8].map((n) => test.store.get(numberKey(keyPrefix.nodeUndo, n)) !== undefined)).to.deep.equal([
      false,
      false,
      false,
      true,
    ]);
    for (const n of [1, 3, 6, 9]) expectStateOf(test.chain, n);
    for (const n of [6, 7, 8, 9]) {
      const proof = await test.chain.proof(n, STORE, [word(1)]);
      expect(proof).to.deep.equal(await full.chain.proof(n, STORE, [word(1)]));
    }
    expect(await codeOf(() => test.chain.proof(5, STORE, []))).to.equal('State.HistoryPruned');
    const before = await dump(test.store);
    expect(await codeOf(() => test.chain.rewindTo(5))).to.equal('State.RewindTooDeep');
    expect(await dump(test.store)).to.deep.equal(before);

    for (const one of [test, full]) await one.chain.rewindTo(6);
    await growUnder(6, 11);
    expect(await nodesOf(test)).to.deep.equal(await nodesOf(full));
    const again = await ChainStore.open(test.store, test.config, buildGenesis(test.config), limits);
    for (const n of [6, 11]) {
      expectStateOf(again, n);
      const proof = await again.proof(n, STORE, [word(1)]);
      expect(proof).to.deep.equal(await full.chain.proof(n, STORE, [word(1)]));
    }
  });

  it(`keeps the access lists of the last ${HISTORY_BLOCKS} blocks, and lets them go with a block that is taken back`, async function () {
    this.timeout(60_000);
    const test = await TestChain.open();
    const list = (n: number) => Uint8Array.of(0xc1, n & 0x7f);
    const growWithLists = async (to: number) => {
      for (let n = test.chain.head.header.number + 1; n <= to; n++) {
        const executed = await test.executor.executeBlock(test.request([]));
        await test.chain.commit({ ...executed, accessList: n === 3 ? undefined : list(n) });
      }
    };
    await growWithLists(5);
    expect(test.chain.accessList(3)).to.equal(undefined);
    expect([1, 2, 4, 5].map((n) => test.chain.accessList(n))).to.deep.equal([1, 2, 4, 5].map(list));
    expect(await codeOf(() => test.chain.accessList(6))).to.equal('State.UnknownBlock');
    await test.chain.rewindTo(4);
    expect(await codeOf(() => test.chain.accessList(5))).to.equal('State.UnknownBlock');
    const key = (n: number) => numberKey(keyPrefix.accessList, n);
    expect(test.store.get(key(5))).to.equal(undefined);
    await growWithLists(HISTORY_BLOCKS + 2);
    expect(await codeOf(() => test.chain.accessList(2))).to.equal('State.HistoryPruned');
    expect(test.chain.accessList(4)).to.deep.equal(list(4));
    expect([1, 2].map((n) => test.store.get(key(n)))).to.deep.equal([undefined, undefined]);
  });

  it('refuses to rewind beyond what it knows or keeps', async () => {
    const limits = { waitingBlocksMax: 1 };
    const test = await TestChain.open({}, undefined, 'reference', limits);
    await grow(test, 3);
    expect(await codeOf(() => test.chain.rewindTo(4))).to.equal('State.UnknownBlock');
    expect(await codeOf(() => test.chain.setLabel('safe', 4))).to.equal('State.UnknownBlock');
    await test.store.batch([{ type: 'del', key: Uint8Array.of(keyPrefix.undo, ...toFixedBytes(1, 8)) }]);
    const chain = await ChainStore.open(test.store, test.config, buildGenesis(test.config), limits);
    expect(await codeOf(() => chain.rewindTo(0))).to.equal('State.RewindTooDeep');
    expect(chain.head.header.number).to.equal(3);
    await chain.rewindTo(1);
    expectStateOf(chain, 1);
  });

  it('changes nothing when the batch fails, and a reader sees one state before, during and after a commit', async () => {
    const store = new FailingStore();
    const test = await TestChain.open({}, store);
    await grow(test, 2);
    const reader = test.chain.stateAt(2);
    const executed = await test.executor.executeBlock(
      test.request([await signTransaction(1, 1, { to: toHex(RECIPIENT), value: 3n })]),
    );
    store.failing = true;
    expect(await test.chain.commit(executed).catch((error: Error) => error.message)).to.equal('disk full');
    store.failing = false;
    expect(test.chain.head.header.number).to.equal(2);
    expectStateOf(test.chain, 2);
    const seen: bigint[] = [];
    store.onWritten = () => seen.push(reader.account(RECIPIENT)?.balance ?? 0n);
    const done = test.chain.commit(executed, [metadataOperation('room.cursor', Uint8Array.of(9))]);
    seen.push(reader.account(RECIPIENT)?.balance ?? 0n);
    await done;
    seen.push(reader.account(RECIPIENT)?.balance ?? 0n);
    expect(seen).to.deep.equal([2n, 2n, 2n]);
    expect(test.chain.stateAt(3).account(RECIPIENT)?.balance).to.equal(5n);
    expect(test.chain.metadata('room.cursor')).to.deep.equal(Uint8Array.of(9));
  });

  it('tells listeners after the block is readable', async () => {
    const test = await TestChain.open();
    const seen: (number | undefined)[] = [];
    test.chain.committed.on(({ block, receipts }) => {
      seen.push(test.chain.head.header.number, test.chain.receipts(block.header.number)?.length, receipts.length);
    });
    await grow(test, 1);
    expect(seen).to.deep.equal([1, 2, 2]);
  });

  it('keeps records of other rooms and labels over a restart', async () => {
    const test = await TestChain.open();
    await grow(test, 2);
    await test.chain.setMetadata('batcher.cursor', Uint8Array.of(1, 2));
    await test.chain.setLabel('safe', 1);
    const chain = await ChainStore.open(test.store, test.config, buildGenesis(test.config));
    expect(chain.metadata('batcher.cursor')).to.deep.equal(Uint8Array.of(1, 2));
    expect(chain.metadata('batcher')).to.equal(undefined);
    expect(chain.label('safe').header.number).to.equal(1);
    expect(chain.label('finalized').header.number).to.equal(0);
  });

  it('refuses a database of another chain, another format, and a config that names another genesis', async () => {
    const store = new MemoryStore();
    await TestChain.open({}, store);
    expect(await codeOf(() => TestChain.open({ gasLimit: 31_000_000 }, store))).to.equal('State.WrongChain');
    const named = { ...testConfig.genesis, l2Hash: toHex(new Uint8Array(32)) };
    expect(await codeOf(() => TestChain.open({ genesis: named }))).to.equal('State.WrongChain');
    await store.batch([
      {
        type: 'put',
        key: Buffer.concat([Buffer.of(keyPrefix.pointer), Buffer.from('schema')]),
        value: toFixedBytes(99, 8),
      },
    ]);
    expect(await codeOf(() => TestChain.open({}, store))).to.equal('State.WrongChain');
  });

  it('stops the process on a block that does not follow its head', async () => {
    const test = await TestChain.open();
    const executed = await test.executor.executeBlock(test.request([]));
    await test.chain.commit(executed);
    const error = await test.chain.commit(executed).catch((thrown: unknown) => thrown);
    expect(hasErrorCode(error, 'Core.InvariantBroken')).to.equal(true);
  });
});

class FailingStore extends MemoryStore {
  failing = false;
  onWritten: () => void = () => undefined;

  override async batch(operations: KeyValueOperation[]): Promise<void> {
    if (this.failing) throw new TributaryError('Core.DatabaseUnreadable', 'disk full');
    await super.batch(operations);
    this.onWritten();
  }
}

async function nodesOf({ store }: TestChain): Promise<[string, string][]> {
  return [...(await dump(store))].filter(([key]) => Number.parseInt(key.slice(0, 2), 16) === keyPrefix.trieNode);
}

async function dump(store: TestChain['store']): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  for await (const [key, value] of store.entries({})) entries.set(Buffer.from(key).toString('hex'), toHex(value));
  return entries;
}
