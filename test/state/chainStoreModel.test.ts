import { expect } from 'chai';
import fc from 'fast-check';
import { buildGenesis } from '../../src/chain/genesis';
import { createBlock } from '../../src/codec/block';
import { EMPTY_CODE_HASH } from '../../src/codec/header';
import { StoredReceipts } from '../../src/codec/storedReceipts';
import { toFixedBytes, toHex } from '../../src/core/bytes';
import { MemoryStore } from '../../src/core/memoryStore';
import { ChainStore } from '../../src/state/chainStore';
import { emptyState } from '../../src/state/emptyState';
import { applyStateChanges, type StateChanges } from '../../src/state/stateChanges';
import { word } from '../execution/callRequest';
import { testConfig } from '../execution/testChain';

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
    arbitrary: fc.record({ kind: fc.constant('commit' as const), writes: fc.array(write, { maxLength: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rewind' as const), depth: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

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

describe('ChainStore against a model', () => {
  it(`keeps every block's state through random commits, rewinds and restarts (seed ${SEED})`, async () => {
    const config = { ...testConfig, genesis: { ...testConfig.genesis, allocations: [] } };
    const genesis = buildGenesis(config, []);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const store = new MemoryStore();
        let chain = await ChainStore.open(store, config, genesis);
        const models: Model[] = [new Map()];
        for (const action of steps) {
          const head = models.length - 1;
          if (action.kind === 'commit') {
            const model = apply(models[head], action.writes);
            const applied = applyStateChanges(chain.stateAt(head), difference(models[head], model));
            const fresh = applyStateChanges(emptyState, difference(new Map(), model));
            expect(toHex(applied.stateRoot)).to.equal(toHex(fresh.stateRoot));
            const { header, l1Origin, hash } = chain.head;
            const next = { ...header, parentHash: hash, number: head + 1, stateRoot: applied.stateRoot };
            const block = createBlock(next, [], l1Origin);
            await chain.commit({ block, receipts: StoredReceipts.of([]), stateOperations: applied.operations });
            models.push(model);
          } else if (action.kind === 'rewind') {
            const target = Math.max(0, head - action.depth);
            await chain.rewindTo(target);
            models.length = target + 1;
          } else {
            chain = await ChainStore.open(store, config, genesis);
          }
          expect(chain.head.header.number).to.equal(models.length - 1);
          for (const [blockNumber, model] of models.entries()) expectState(chain, blockNumber, model);
        }
      }),
      { seed: SEED, numRuns: 20 },
    );
  });
});
