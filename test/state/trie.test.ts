import { createMerkleProof, createMPT, type MerklePatriciaTrie, verifyMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_ROOT } from '../../src/codec/header';
import { concatBytes, fromHex, toHex, toMinimalBytes } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { orderedTrieRoot } from '../../src/state/trie/orderedTrieRoot';
import { proveKey } from '../../src/state/trie/proveKey';
import { Trie } from '../../src/state/trie/trie';

const SEED = Number(process.env.FUZZ_SEED ?? 20260101);

/** A node store as on disk: keys by hex. */
class NodeStore {
  readonly nodes = new Map<string, Uint8Array>();
  readonly get = (key: Uint8Array) => this.nodes.get(toHex(key));

  commit(trie: Trie): Uint8Array {
    const { root, writes } = trie.commit();
    for (const { key, value } of writes) {
      if (value) this.nodes.set(toHex(key), value);
      else this.nodes.delete(toHex(key));
    }
    return root;
  }
}

/** Keys that share long prefixes, so that extensions, splits, collapses and embedded nodes all occur. */
const key = fc
  .tuple(
    fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xff),
    fc.constantFrom(0, 1, 16, 255),
    fc.integer({ min: 0, max: 255 }),
  )
  .map(([a, b, c]) => Uint8Array.of(a, b, 7, 7, c));
const value = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.uint8Array({ minLength: 30, maxLength: 70 }));
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), key, value }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

describe('Trie', () => {
  it(`agrees with @ethereumjs/mpt over random puts, deletes, commits and restarts (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        async (operations, owned) => {
          const owner = owned ? keccak256(Uint8Array.of(1)) : new Uint8Array(0);
          const store = new NodeStore();
          const reference = await createMPT();
          const model = new Map<string, Uint8Array>();
          let trie = new Trie(store.get, owner);
          for (const step of [...operations, { kind: 'restart' as const }]) {
            if (step.kind === 'put') {
              trie.put(step.key, step.value);
              await reference.put(step.key, step.value);
              model.set(toHex(step.key), step.value);
            } else if (step.kind === 'delete') {
              trie.delete(step.key);
              await reference.del(step.key);
              model.delete(toHex(step.key));
            } else {
              expect(toHex(store.commit(trie))).to.equal(toHex(reference.root()));
              if (step.kind === 'restart') trie = new Trie(store.get, owner);
            }
          }
          for (const [hex, expected] of model) expect(trie.get(fromHex(hex))).to.deep.equal(expected);
          expect([...store.nodes.keys()].sort()).to.deep.equal(rebuilt(model, owner));
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
  });

  it(`proves presence and absence to an independent verifier (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(fc.string({ maxLength: 4 }), value), { selector: ([name]) => name }),
        fc.string({ maxLength: 4 }),
        async (entries, asked) => {
          const store = new NodeStore();
          const trie = new Trie(store.get);
          const reference = await createMPT();
          for (const [name, content] of entries) {
            trie.put(keccak256(Buffer.from(name)), content);
            await reference.put(keccak256(Buffer.from(name)), content);
          }
          const root = store.commit(trie);
          if (entries.length === 0) return;
          const hashed = keccak256(Buffer.from(asked));
          const proof = proveKey(store.get, hashed);
          expect(proof.nodes).to.deep.equal(await createMerkleProof(reference as MerklePatriciaTrie, hashed));
          expect((await verifyMerkleProof(hashed, proof.nodes, { root })) ?? undefined).to.deep.equal(proof.value);
          expect(proof.value).to.deep.equal(new Map(entries).get(asked));
        },
      ),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('has the empty root and no node when it holds nothing', () => {
    const store = new NodeStore();
    const trie = new Trie(store.get);
    expect(store.commit(trie)).to.deep.equal(EMPTY_ROOT);
    trie.put(Uint8Array.of(1), Uint8Array.of(2));
    store.commit(trie);
    trie.delete(Uint8Array.of(1));
    expect(store.commit(trie)).to.deep.equal(EMPTY_ROOT);
    expect(store.nodes.size).to.equal(0);
    expect(proveKey(store.get, Uint8Array.of(1))).to.deep.equal({ nodes: [], value: undefined });
  });

  it('writes only the touched path of a large trie', () => {
    const store = new NodeStore();
    const trie = new Trie(store.get);
    for (let i = 0; i < 2000; i++) trie.put(keccak256(toMinimalBytes(i)), keccak256(toMinimalBytes(i + 1)));
    store.commit(trie);
    const again = new Trie(store.get);
    again.put(keccak256(toMinimalBytes(7)), Uint8Array.of(9));
    expect(again.commit().writes).to.have.length.within(3, 6);
  });

  it('stops on a store that lost a node instead of giving a wrong root', () => {
    const store = new NodeStore();
    const trie = new Trie(store.get);
    for (let i = 0; i < 100; i++) trie.put(keccak256(toMinimalBytes(i)), keccak256(toMinimalBytes(i)));
    store.commit(trie);
    const lost = new Trie((nodeKey) => (nodeKey.length > 0 ? undefined : store.get(nodeKey)));
    expect(() => lost.get(keccak256(toMinimalBytes(5)))).to.throw(/is in the store/);
  });
});

describe('orderedTrieRoot', () => {
  it('equals @ethereumjs/mpt for 0, 1, 127, 128, 129 and 300 values', async () => {
    for (const count of [0, 1, 2, 127, 128, 129, 300]) {
      const values = Array.from({ length: count }, (_, i) =>
        concatBytes(toMinimalBytes(i + 1), keccak256(toMinimalBytes(i))),
      );
      const reference = await createMPT();
      for (const [i, item] of values.entries()) await reference.put(RLP.encode(toMinimalBytes(i)), item);
      expect(toHex(orderedTrieRoot(values))).to.equal(toHex(reference.root()));
    }
  });
});

/** Keys of the nodes that a trie built at once from `model` has: nothing more may be left in the store. */
function rebuilt(model: Map<string, Uint8Array>, owner: Uint8Array): string[] {
  const store = new NodeStore();
  const trie = new Trie(store.get, owner);
  for (const [hex, content] of model) trie.put(fromHex(hex), content);
  store.commit(trie);
  return [...store.nodes.keys()].sort();
}
