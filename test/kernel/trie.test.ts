import { keccak_256 } from '@noble/hashes/sha3.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { toHex } from '../../src/core/bytes';
import type { TrieAccountUpdate, TrieSlotUpdate } from '../../src/kernel/trie';
import { createTrieHarness, EMPTY_CODE_HASH, EMPTY_ROOT, TrieModel } from './trieHarness';

const SEED = 0x74726965;

const hash = (bytes: Uint8Array) => keccak_256(bytes);
const slotKey = (index: number) => hash(Buffer.from(index.toString(16).padStart(64, '0'), 'hex'));

function write(hashedAddress: Uint8Array, balance: bigint, nonce = 0n, codeHash: Uint8Array = EMPTY_CODE_HASH) {
  return { hashedAddress, action: 'write', nonce, balance, codeHash } satisfies TrieAccountUpdate;
}

/**
 * Keys that share long prefixes, so that extensions, splits, collapses at every depth and (with all but the last nibbles
 * equal) embedded nodes come about: equal but for a few nibbles.
 */
const crowdedKey = fc
  .tuple(fc.constantFrom(0, 15), fc.constantFrom(0, 1), fc.nat(1), fc.nat(5))
  .map(([first, middle, nextToLast, last]) => {
    // Bytes above 15, as nearly all hashes have: an owner of nibbles alone would be a path of the account trie's.
    const key = Buffer.alloc(32, 0xab);
    key[0] = (first << 4) | 0xb;
    key[15] = middle;
    key[31] = (nextToLast << 4) | last;
    return key;
  });

/** Few of these keys, so that blocks meet the same accounts again. */
const ownerKey = crowdedKey.map((key) => {
  const owner = Buffer.from(key);
  owner[31] &= 3;
  return owner;
});

const slotValue = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0n) },
  { weight: 3, arbitrary: fc.bigInt(1n, 127n) },
  { weight: 2, arbitrary: fc.bigInt(128n, 2n ** 64n) },
  { weight: 2, arbitrary: fc.bigInt(0n, 2n ** 256n - 1n) },
);

type BlockUpdates = { accounts: TrieAccountUpdate[]; slots: TrieSlotUpdate[] };

const account: fc.Arbitrary<TrieAccountUpdate> = fc.record({
  hashedAddress: fc.oneof(ownerKey, crowdedKey),
  action: fc.constantFrom('write', 'write', 'write', 'delete', 'delete', 'replace'),
  nonce: fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, 2n ** 64n - 1n)),
  balance: fc.oneof(fc.bigInt(0n, 2n ** 80n), fc.bigInt(0n, 2n ** 256n - 1n)),
  codeHash: fc.constantFrom(EMPTY_CODE_HASH, EMPTY_CODE_HASH, Buffer.alloc(32, 0xcd)),
});

/** A block: account updates, each address once, and slots of some accounts, each slot once. */
const block: fc.Arbitrary<BlockUpdates> = fc.record({
  accounts: fc.uniqueArray(account, { maxLength: 12, selector: (update) => toHex(update.hashedAddress) }),
  slots: fc
    .uniqueArray(
      fc.record({
        owner: ownerKey,
        slots: fc.uniqueArray(fc.record({ hashedSlot: crowdedKey, value: slotValue }), {
          maxLength: 12,
          selector: ({ hashedSlot }) => toHex(hashedSlot),
        }),
      }),
      { maxLength: 3, selector: ({ owner }) => toHex(owner) },
    )
    .map((groups) => groups.flatMap(({ owner, slots }) => slots.map((slot) => ({ hashedAddress: owner, ...slot })))),
});

/** What a block may really hold on top of `model`: slots only of accounts that exist after it. Applied to the model too. */
function toValidBlock(model: TrieModel, { accounts, slots }: BlockUpdates): BlockUpdates {
  for (const update of accounts) model.set(update);
  const kept = slots.filter(({ hashedAddress }) => model.accounts.has(toHex(hashedAddress)));
  for (const { hashedAddress, hashedSlot, value } of kept) {
    model.setSlot(toHex(hashedAddress), toHex(hashedSlot), value);
  }
  return { accounts, slots: kept };
}

/** The store must hold exactly the nodes of the state: those of a trie built from nothing. */
function expectExactStore(store: Map<string, Uint8Array>, model: TrieModel): void {
  const fresh = createTrieHarness();
  fresh.trie.apply(...model.updates());
  fresh.save();
  const sorted = (nodes: Map<string, Uint8Array>) => [...nodes].map(([key, value]) => `${key}=${toHex(value)}`).sort();
  expect(sorted(store)).to.deep.equal(sorted(fresh.store));
}

describe('kernel/trie', () => {
  it('gives the known root of nothing', () => {
    const { trie } = createTrieHarness();
    expect(toHex(trie.apply([], []))).to.equal(EMPTY_ROOT);
    expect([...trie.takeChanges()]).to.deep.equal([]);
  });

  it('agrees with ethereumjs on thousands of hashed accounts and a storage trie', async () => {
    const harness = createTrieHarness({ exchangeBytes: 4 << 20 });
    const model = new TrieModel();
    const accounts = Array.from({ length: 3_000 }, (_, i) =>
      write(hash(Buffer.from([i >> 8, i & 255])), BigInt(i) ** 6n, BigInt(i % 300)),
    );
    const owner = accounts[7].hashedAddress;
    const slots = Array.from({ length: 2_000 }, (_, i) => ({
      hashedAddress: owner,
      hashedSlot: slotKey(i),
      value: BigInt(i + 1) ** 20n % 2n ** 256n,
    }));
    toValidBlock(model, { accounts, slots });
    const root = harness.trie.apply(accounts, slots);
    expect(toHex(root)).to.equal(await model.root());
    expect(toHex(harness.trie.root(owner))).to.equal(toHex((await model.storageTrie(toHex(owner))).root()));
  });

  for (const { title, arenaBytes, evict, restart, numRuns } of [
    { title: 'kept in memory', arenaBytes: 8 << 20, evict: false, restart: false, numRuns: 150 },
    { title: 'evicted after every block', arenaBytes: 8 << 20, evict: true, restart: false, numRuns: 100 },
    {
      title: 'started anew from the store before every block',
      arenaBytes: 8 << 20,
      evict: false,
      restart: true,
      numRuns: 100,
    },
  ]) {
    it(`agrees with ethereumjs, and stores exactly its nodes, over random blocks: ${title} (seed ${SEED})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 8 }), async (blocks) => {
          const harness = createTrieHarness({ arenaBytes });
          const model = new TrieModel();
          for (const updates of blocks) {
            const { accounts, slots } = toValidBlock(model, updates);
            if (restart) harness.trie.reset();
            const root = harness.trie.apply(accounts, slots);
            expect(toHex(root)).to.equal(await model.root());
            harness.save();
            if (evict) {
              harness.trie.evict(2 ** 32 - 1);
              harness.trie.evict(2 ** 32 - 1);
            }
          }
          expectExactStore(harness.store, model);
        }),
        { seed: SEED, numRuns },
      );
    }).timeout(240_000);
  }
});
