import { expect } from 'chai';
import fc from 'fast-check';
import { buildGenesis } from '../../src/chain/genesis';
import { createBlock } from '../../src/codec/block';
import { EMPTY_CODE_HASH, EMPTY_ROOT } from '../../src/codec/header';
import { StoredReceipts } from '../../src/codec/storedReceipts';
import { EMPTY_BYTES, toFixedBytes, toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { keccak256 } from '../../src/core/keccak';
import { MemoryStore } from '../../src/core/memoryStore';
import type { KeyValueOperation } from '../../src/core/ports';
import { encodeAccount } from '../../src/state/accountCodec';
import { proveAccount } from '../../src/state/accountProof';
import { ChainStore } from '../../src/state/chainStore';
import { emptyState } from '../../src/state/emptyState';
import { applyStateChanges, type StateChanges } from '../../src/state/stateChanges';
import { proveKey } from '../../src/state/trie/proveKey';
import { word } from '../execution/callRequest';
import { testConfig } from '../execution/testChain';
import { withNewKnown } from './withNewKnown';

const SEED = Number(process.env.FUZZ_SEED ?? 20260107);
const ACCOUNT_COUNT = 6;
const SLOT_COUNT = 4;

/** Balance and slots of one account; absent when it does not exist. */
interface ModelAccount {
  balance: number;
  slots: Map<number, number>;
}
type Model = Map<number, ModelAccount>;

const write = fc.record({
  account: fc.nat(ACCOUNT_COUNT - 1),
  /** 0 removes the account when it has no storage. */
  balance: fc.nat(3),
  slots: fc.array(fc.tuple(fc.nat(SLOT_COUNT - 1), fc.nat(2)), { maxLength: 3 }),
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      writes: fc.array(write, { maxLength: 5 }),
      failsFirst: fc.boolean(),
      /** Whether the chain is told which keys are new. */
      knowsNew: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rewind' as const), depth: fc.nat(4), writesMax: fc.option(fc.nat(3)) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

class UnreliableStore extends MemoryStore {
  /** Batches that it takes before it fails. */
  room = Number.POSITIVE_INFINITY;

  override async batch(operations: KeyValueOperation[]): Promise<void> {
    if (this.room-- <= 0) throw new TributaryError('Core.DatabaseUnreadable', 'disk full');
    await super.batch(operations);
  }
}

function addressOf(account: number): Uint8Array {
  return toFixedBytes(0xa000 + account, 20);
}

function apply(model: Model, writes: (typeof write extends fc.Arbitrary<infer Value> ? Value : never)[]): Model {
  const next: Model = new Map([...model].map(([key, { balance, slots }]) => [key, { balance, slots: new Map(slots) }]));
  for (const { account, balance, slots } of writes) {
    const entry = next.get(account) ?? { balance: 0, slots: new Map<number, number>() };
    for (const [slot, value] of slots) {
      if (value === 0) entry.slots.delete(slot);
      else entry.slots.set(slot, value);
    }
    entry.balance = balance;
    // An account that had storage before the block is never removed (EIP-6780), so the model does not either.
    if (balance === 0 && entry.slots.size === 0 && !model.get(account)?.slots.size) next.delete(account);
    else next.set(account, entry);
  }
  return next;
}

/** The changes between two models, as an executor reports them. */
function difference(before: Model, after: Model): StateChanges {
  const changes: StateChanges = { accounts: [], codes: [] };
  for (let account = 0; account < ACCOUNT_COUNT; account++) {
    const old = before.get(account);
    const now = after.get(account);
    if (!old && !now) continue;
    const storage: [Uint8Array, Uint8Array][] = [];
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const value = now?.slots.get(slot) ?? 0;
      if (value !== (old?.slots.get(slot) ?? 0)) storage.push([word(slot), word(value)]);
    }
    const state = now && { nonce: 1n, balance: BigInt(now.balance), codeHash: EMPTY_CODE_HASH };
    changes.accounts.push({ address: addressOf(account), account: state, storage: now ? storage : [] });
  }
  return changes;
}

function expectState(chain: ChainStore, blockNumber: number, model: Model): void {
  const state = chain.stateAt(blockNumber);
  for (let account = 0; account < ACCOUNT_COUNT; account++) {
    const expected = model.get(account);
    expect(state.account(addressOf(account))?.balance).to.equal(expected && BigInt(expected.balance));
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const value = state.storage(addressOf(account), word(slot));
      expect(value).to.deep.equal(word(expected?.slots.get(slot) ?? 0));
    }
  }
}

/** The root that the header names, and proofs of every account and slot from it. */
function expectTries(chain: ChainStore, blockNumber: number, model: Model): void {
  const state = chain.stateAt(blockNumber);
  const stateRoot = chain.headerByNumber(blockNumber)?.stateRoot;
  const root = state.trieNode(EMPTY_BYTES);
  expect(root ? keccak256(root) : EMPTY_ROOT, `root of block ${blockNumber}`).to.deep.equal(stateRoot);
  for (let account = 0; account < ACCOUNT_COUNT; account++) {
    const expected = model.get(account);
    const proof = proveAccount(state, addressOf(account), [0, 1, 2, 3].map(word));
    const leaf = proveKey((key) => state.trieNode(key), keccak256(addressOf(account)));
    expect(leaf.value).to.deep.equal(expected && encodeAccount(proof.account));
    expect(proof.storage.map(({ value }) => Number(value))).to.deep.equal(
      [0, 1, 2, 3].map((slot) => expected?.slots.get(slot) ?? 0),
    );
    for (const { nodes } of proof.storage) {
      const top = nodes.length > 0 ? keccak256(nodes[0]) : EMPTY_ROOT;
      expect(top, 'storage root').to.deep.equal(proof.account.storageRoot);
    }
  }
}

describe('ChainStore against a model', () => {
  for (const waitingBlocksMax of [1, 2, 3, 64]) {
    it(`keeps every block's state and tries through random commits, failures, rewinds and restarts, ${waitingBlocksMax} blocks' nodes waiting (seed ${SEED})`, () =>
      followModel(waitingBlocksMax));
  }

  it(`writes byte for byte the same whether it is told which keys are new or looks (seed ${SEED})`, async () => {
    const config = { ...testConfig, genesis: { ...testConfig.genesis, allocations: [] } };
    const genesis = buildGenesis(config, []);
    const blocks = fc.array(fc.array(write, { maxLength: 5 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(blocks, fc.constantFrom(1, 3), async (writesOfBlocks, waitingBlocksMax) => {
        const stores = { told: new MemoryStore(), looking: new MemoryStore() };
        const told = await ChainStore.open(stores.told, config, genesis, { waitingBlocksMax });
        const looking = await ChainStore.open(stores.looking, config, genesis, { waitingBlocksMax });
        let model: Model = new Map();
        for (const writes of writesOfBlocks) {
          const next = apply(model, writes);
          const { header, l1Origin, hash } = told.head;
          const { number } = header;
          const { stateRoot, operations } = applyStateChanges(told.stateAt(number), difference(model, next));
          const block = createBlock({ ...header, parentHash: hash, number: number + 1, stateRoot }, [], l1Origin);
          const receipts = StoredReceipts.of([]);
          const stateOperations = withNewKnown(told, stores.told, operations);
          await told.commit({ block, receipts, stateOperations });
          await looking.commit({ block, receipts, stateOperations: operations });
          expect(await entriesOf(stores.told)).to.deep.equal(await entriesOf(stores.looking));
          model = next;
        }
      }),
      { seed: SEED, numRuns: 25 },
    );
  });
});

async function entriesOf(store: MemoryStore): Promise<[string, string][]> {
  const entries: [string, string][] = [];
  for await (const [key, value] of store.entries({})) entries.push([toHex(key), toHex(value)]);
  return entries;
}

async function followModel(waitingBlocksMax: number): Promise<void> {
  const config = { ...testConfig, genesis: { ...testConfig.genesis, allocations: [] } };
  const genesis = buildGenesis(config, []);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      const store = new UnreliableStore();
      let chain = await ChainStore.open(store, config, genesis, { waitingBlocksMax });
      const models: Model[] = [new Map()];
      for (const [index, action] of steps.entries()) {
        const head = models.length - 1;
        if (action.kind === 'commit') {
          const model = apply(models[head], action.writes);
          const applied = applyStateChanges(chain.stateAt(head), difference(models[head], model));
          const fresh = applyStateChanges(emptyState, difference(new Map(), model));
          expect(toHex(applied.stateRoot)).to.equal(toHex(fresh.stateRoot));
          const { header, l1Origin, hash } = chain.head;
          const next = { ...header, parentHash: hash, number: head + 1, stateRoot: applied.stateRoot };
          const block = createBlock(next, [], l1Origin);
          const stateOperations = action.knowsNew ? withNewKnown(chain, store, applied.operations) : applied.operations;
          const committable = { block, receipts: StoredReceipts.of([]), stateOperations };
          if (action.failsFirst) {
            store.room = 0;
            expect(await chain.commit(committable).catch((error: Error) => error.message)).to.equal('disk full');
            store.room = Number.POSITIVE_INFINITY;
            expectTries(chain, head, models[head]);
          }
          await chain.commit(committable);
          models.push(model);
        } else if (action.kind === 'rewind') {
          const target = Math.max(0, head - action.depth);
          // A disk that fails on the way leaves the chain at one of the blocks in between.
          store.room = action.writesMax ?? Number.POSITIVE_INFINITY;
          const reached = Math.max(target, head - store.room);
          const rewound = chain.rewindTo(target).catch((error: Error) => error.message);
          expect(await rewound).to.equal(reached === target ? undefined : 'disk full');
          store.room = Number.POSITIVE_INFINITY;
          models.length = reached + 1;
        } else {
          chain = await ChainStore.open(store, config, genesis, { waitingBlocksMax });
        }
        expect(chain.head.header.number).to.equal(models.length - 1);
        for (const [blockNumber, model] of models.entries()) expectState(chain, blockNumber, model);
        for (const blockNumber of [models.length - 1, index % models.length]) {
          expectTries(chain, blockNumber, models[blockNumber]);
        }
      }
      for (const [blockNumber, model] of models.entries()) expectTries(chain, blockNumber, model);
    }),
    { seed: SEED, numRuns: 12 },
  );
}
