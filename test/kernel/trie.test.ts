import { createMerkleProof, type MerklePatriciaTrie, verifyMerkleProof } from '@ethereumjs/mpt';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { toHex } from '../../src/core/bytes';
import { ACCOUNT_EXISTS, AccountField } from '../../src/kernel/layout';
import type { TrieAccountUpdate } from '../../src/kernel/trie';
import { type BlockUpdates, block, crowdedKey, toValidBlock } from './trieBlocks';
import { createTrieHarness, EMPTY_CODE_HASH, EMPTY_ROOT, storeLines, type TrieHarness, TrieModel } from './trieHarness';

const SEED = 0x74726965;
/** Free memory below everything else. */
const SCRATCH_AT = 32 * 1024;

const bytesOf = (hex: string) => Buffer.from(hex.slice(2), 'hex');
const hash = (bytes: Uint8Array) => keccak_256(bytes);
const slotKey = (index: number) => hash(Buffer.from(index.toString(16).padStart(64, '0'), 'hex'));

function write(hashedAddress: Uint8Array, balance: bigint, nonce = 0n, codeHash: Uint8Array = EMPTY_CODE_HASH) {
  return { hashedAddress, action: 'write', nonce, balance, codeHash } satisfies TrieAccountUpdate;
}

/** The store must hold exactly the nodes of the state: those of a trie built from nothing. */
function expectExactStore(store: Map<string, Uint8Array>, model: TrieModel): void {
  const fresh = createTrieHarness();
  fresh.trie.apply(...model.updates());
  fresh.save();
  expect(storeLines(store)).to.deep.equal(storeLines(fresh.store));
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

  it('gives the state roots that the execution-spec tests name', () => {
    const sender = { address: '0xb871111ec4a0decf4859fdc0ce2f498943e32d66', balance: 10n ** 18n };
    const one = createTrieHarness().trie.apply([write(hash(bytesOf(sender.address)), sender.balance)], []);
    expect(toHex(one)).to.equal('0x10a5c6893be7cd3c05ed3a767c2151c2c1298543e9f9db61bb87fcdae64a1e1a');

    const contract = hash(bytesOf('0x4c8cc3d95c7fcd278f6c3f2080ddcf1ad73436b6'));
    const two = createTrieHarness().trie.apply(
      [
        write(hash(bytesOf('0x75306c0b76b55765863720a3e9ce7ac973c3e5bf')), 10n ** 18n, 1n),
        write(contract, 10n ** 18n, 0n, hash(bytesOf('0x600260005500'))),
      ],
      [{ hashedAddress: contract, hashedSlot: slotKey(0), value: 0x60a7n }],
    );
    expect(toHex(two)).to.equal('0x7c19ff53bbdd83cfa41101e5368fa2a4759079a4b85b6eda415a8cc27c9c524e');
  });

  it('works through nearly ten times as many accounts as its arena holds, reading nodes back from the store', async () => {
    const harness = createTrieHarness({ arenaBytes: 40 * 8192, exchangeBytes: 1 << 17 });
    const model = new TrieModel();
    const keyOf = (index: number) => hash(Buffer.from([index >> 8, index & 255]));
    for (let start = 0; start < 24_000; start += 100) {
      const accounts = Array.from({ length: 100 }, (_, i) => write(keyOf((start + i) % 20_000), BigInt(start + i)));
      toValidBlock(model, { accounts, slots: [] });
      harness.trie.apply(accounts, []);
      harness.save();
    }
    expect(toHex(harness.trie.root())).to.equal(await model.root());
    expect(harness.loads()).to.be.greaterThan(1_000);
    const { usedBytes, totalBytes } = harness.trie.memoryUse();
    expect(usedBytes).to.be.at.most(totalBytes);
  });

  for (const { title, arenaBytes, evict, restart, numRuns } of [
    { title: 'kept in memory', arenaBytes: 2 << 20, evict: false, restart: false, numRuns: 150 },
    { title: 'in an arena that holds a part of it', arenaBytes: 11 * 8192, evict: false, restart: false, numRuns: 150 },
    { title: 'evicted after every block', arenaBytes: 2 << 20, evict: true, restart: false, numRuns: 100 },
    { title: 'started anew before every block', arenaBytes: 2 << 20, evict: false, restart: true, numRuns: 100 },
  ]) {
    it(`agrees with ethereumjs and stores exactly its nodes over random blocks: ${title} (seed ${SEED})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 12 }), async (blocks) => {
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

  it(`proves keys, present or not, as ethereumjs verifies (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 4 }),
        fc.array(crowdedKey, { minLength: 4, maxLength: 4 }),
        async (blocks, probes) => {
          const harness = createTrieHarness();
          const model = new TrieModel();
          for (const updates of blocks) {
            const { accounts, slots } = toValidBlock(model, updates);
            harness.trie.apply(accounts, slots);
            harness.save();
          }
          harness.trie.evict(2 ** 32 - 1);
          harness.trie.evict(2 ** 32 - 1);
          const accountTrie = await model.accountTrie();
          for (const key of [...probes, ...[...model.accounts.keys()].slice(0, 4).map(bytesOf)]) {
            const proof = harness.trie.prove(key);
            expect(proof.map(toHex)).to.deep.equal(await proofNodes(accountTrie, key));
            if (proof.length > 0) {
              expect(await verify(key, proof, harness.trie.root())).to.deep.equal(await accountTrie.get(key));
            }
          }
          for (const [owner, slots] of model.slots) {
            const storageTrie = await model.storageTrie(owner);
            for (const key of [...probes, ...[...slots.keys()].slice(0, 4).map(bytesOf)]) {
              const proof = harness.trie.prove(bytesOf(owner), key);
              expect(proof.map(toHex)).to.deep.equal(await proofNodes(storageTrie, key));
              if (proof.length > 0) {
                const root = harness.trie.root(bytesOf(owner));
                expect(await verify(key, proof, root)).to.deep.equal(await storageTrie.get(key));
              }
            }
          }
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  }).timeout(240_000);

  it('refuses proofs from before the changes are hashed, and of keys that are no hash', () => {
    const { trie, exports, recordsAt } = createTrieHarness();
    trie.apply([write(hash(bytesOf('0x01')), 1n)], []);
    expect(exports.triePrepare(recordsAt, 0, recordsAt, 0, 0)).to.equal(0);
    expect(() => trie.prove(new Uint8Array(20))).to.throw('key has 20 bytes, expected 32');
  });

  it('drops the storage of an account that is destroyed, also when none of it is in memory', async () => {
    const harness = createTrieHarness();
    const model = new TrieModel();
    const [kept, gone, reborn] = [1, 2, 3].map((byte) => hash(Buffer.from([byte])));
    const slots = (owner: Uint8Array, count: number) =>
      Array.from({ length: count }, (_, i) => ({ hashedAddress: owner, hashedSlot: slotKey(i), value: BigInt(i + 1) }));
    const first = {
      accounts: [kept, gone, reborn].map((key) => write(key, 1n)),
      slots: [...slots(kept, 30), ...slots(gone, 30), ...slots(reborn, 30)],
    };
    toValidBlock(model, first);
    harness.trie.apply(first.accounts, first.slots);
    harness.save();
    harness.trie.reset();

    const second: BlockUpdates = {
      accounts: [
        { ...write(gone, 0n), action: 'delete' },
        { ...write(reborn, 7n), action: 'replace' },
      ],
      slots: slots(reborn, 2),
    };
    toValidBlock(model, second);
    expect(toHex(harness.trie.apply(second.accounts, second.slots))).to.equal(await model.root());
    harness.save();
    expectExactStore(harness.store, model);
  });

  it('says what is wrong when the store has lost a node, holds another one, or storage has no account', () => {
    const accounts = Array.from({ length: 64 }, (_, i) => write(hash(Buffer.from([i])), BigInt(i)));
    const spoiled = (spoil: (store: Map<string, Uint8Array>, key: string) => void) => {
      const harness = createTrieHarness();
      harness.trie.apply(accounts, []);
      harness.save();
      harness.trie.reset();
      for (const key of [...harness.store.keys()].filter((path) => path !== '0x')) spoil(harness.store, key);
      return () => harness.trie.apply([write(accounts[5].hashedAddress, 99n)], []);
    };
    expect(spoiled((store, key) => store.delete(key))).to.throw('lacks a node');
    expect(spoiled((store, key) => store.set(key, Uint8Array.of(0xc2, 1, 2)))).to.throw('does not decode or hash');
    const orphan = { hashedAddress: hash(bytesOf('0xff')), hashedSlot: slotKey(1), value: 1n };
    expect(() => createTrieHarness().trie.apply([], [orphan])).to.throw('an account that does not exist');
  });

  it('says when unsaved nodes fill the arena or the updates do not fit the exchange region', () => {
    const accounts = Array.from({ length: 550 }, (_, i) => write(hash(Buffer.from([i >> 8, i & 255])), BigInt(i)));
    const small = createTrieHarness({ arenaBytes: 9 * 8192, exchangeBytes: 65_536 });
    expect(() => small.trie.apply(accounts.slice(0, 150), [])).to.not.throw();
    expect(() =>
      small.trie.apply(
        Array.from({ length: 550 }, (_, i) => write(slotKey(i), 1n)),
        [],
      ),
    ).to.throw('full of nodes that are not saved');
    expect(() => small.trie.apply([...accounts, ...accounts], [])).to.throw('the exchange region has 65536');
  });

  it('takes a block from the flat-state cache and gives the cached accounts their storage roots', async () => {
    const harness = createTrieHarness();
    const cache = createFlatCache(harness);
    const model = new TrieModel();
    const [plain, contract, gone] = [1, 2, 3].map((byte) => Buffer.alloc(20, byte));
    const codeHash = Buffer.alloc(32, 0xcd);

    cache.writeAccount(plain, { nonce: 1n, balance: 10n ** 18n, codeHash: EMPTY_CODE_HASH });
    const entry = cache.writeAccount(contract, { nonce: 1n, balance: 2n ** 200n, codeHash });
    cache.writeAccount(gone, undefined);
    cache.writeSlot(entry, 0n, 5n);
    cache.writeSlot(entry, 2n ** 255n + 1n, 2n ** 256n - 1n);
    cache.writeSlot(entry, 7n, 0n);
    toValidBlock(model, {
      accounts: [write(hash(plain), 10n ** 18n, 1n), write(hash(contract), 2n ** 200n, 1n, codeHash)],
      slots: [
        { hashedAddress: hash(contract), hashedSlot: slotKey(0), value: 5n },
        {
          hashedAddress: hash(contract),
          hashedSlot: hash(bytesOf(`0x8${'0'.repeat(62)}1`)),
          value: 2n ** 256n - 1n,
        },
      ],
    });
    expect(toHex(harness.trie.applyCachedBlock())).to.equal(await model.root());
    expect(toHex(cache.storageRoot(entry))).to.equal(toHex((await model.storageTrie(toHex(hash(contract)))).root()));
    harness.save();
    expectExactStore(harness.store, model);
  });
});

/** ethereumjs lists embedded nodes once more by themselves; EIP-1186's clients do not. */
async function proofNodes(trie: MerklePatriciaTrie, key: Uint8Array): Promise<string[]> {
  const nodes = await createMerkleProof(trie, key);
  return nodes.filter((node, index) => index === 0 || node.length >= 32).map(toHex);
}

async function verify(key: Uint8Array, proof: Uint8Array[], root: Uint8Array): Promise<Uint8Array | null> {
  expect(toHex(hash(proof[0]))).to.equal(toHex(root));
  return verifyMerkleProof(key, proof, { useKeyHashing: false });
}

/** The kernel's flat-state cache as far as the tries read it (`assembly/state/flatCache.ts`), in the records region. */
function createFlatCache({ exports, memory, recordsAt }: TrieHarness) {
  const cache = exports as unknown as FlatCacheExports;
  cache.setSharedBase(recordsAt);
  cache.layOutFlatCache(4, 4);
  cache.clearFlatCache();
  const bytes = Buffer.from(memory.buffer);
  const writeWordAt = (at: number, value: bigint) => {
    for (let limb = 0; limb < 4; limb++) {
      bytes.writeBigUInt64LE(BigInt.asUintN(64, value >> BigInt(64 * limb)), at + 8 * limb);
    }
  };
  return {
    writeAccount(address: Uint8Array, account: { nonce: bigint; balance: bigint; codeHash: Uint8Array } | undefined) {
      bytes.set(address, SCRATCH_AT);
      const entry = cache.accountEntry(SCRATCH_AT);
      cache.markAccountDirty(entry);
      bytes.writeUInt32LE(
        bytes.readUInt32LE(entry + AccountField.flags) | (account ? ACCOUNT_EXISTS : 0),
        entry + AccountField.flags,
      );
      if (account) {
        bytes.writeBigUInt64LE(account.nonce, entry + AccountField.nonce);
        writeWordAt(entry + AccountField.balance, account.balance);
        bytes.set(account.codeHash, entry + AccountField.codeHash);
      }
      return entry;
    },
    writeSlot(account: number, key: bigint, value: bigint) {
      writeWordAt(SCRATCH_AT, key);
      const entry = cache.slotEntry(account, SCRATCH_AT);
      writeWordAt(SCRATCH_AT, value);
      cache.writeSlotEntry(entry, SCRATCH_AT);
    },
    storageRoot: (entry: number) =>
      new Uint8Array(bytes.subarray(entry + AccountField.storageRoot, entry + AccountField.storageRoot + 32)),
  };
}

interface FlatCacheExports {
  setSharedBase(base: number): void;
  layOutFlatCache(accountBits: number, slotBits: number): number;
  clearFlatCache(): void;
  accountEntry(address: number): number;
  slotEntry(account: number, key: number): number;
  markAccountDirty(entry: number): void;
  writeSlotEntry(entry: number, value: number): void;
}
