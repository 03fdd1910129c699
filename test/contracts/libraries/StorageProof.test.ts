import { loadFixture } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import {
  decodeRlp,
  encodeRlp,
  getBytes,
  hexlify,
  keccak256,
  type RlpStructuredDataish,
  toBeHex,
  ZeroHash,
} from 'ethers';
import fc from 'fast-check';
import { deployed, type TestContract } from '../testContract';
import { storageProof, storageTrie } from '../withdrawals';

const SEED = 20_261_121;
const slotOf = (index: number) => toBeHex(index, 32);
const deployHarness = () => deployed('StorageProofHarness');

/** Whether it is accepted; a malformed proof may also revert. */
async function accepts(harness: TestContract, root: string, slot: string, value: bigint, proof: string[]) {
  try {
    return (await harness.verify(root, slot, value, proof)) as boolean;
  } catch (error) {
    expect(String(error)).to.match(/StorageProofMalformedNode/);
    return false;
  }
}

describe('StorageProof', () => {
  it('accepts what @ethereumjs/mpt proves, in tries of 1 to 1,000 slots', async () => {
    const harness = await loadFixture(deployHarness);
    for (const count of [1, 2, 17, 300, 1_000]) {
      const trie = await storageTrie(Array.from({ length: count }, (_, index) => slotOf(index)));
      const root = hexlify(trie.root());
      for (const index of [0, Math.floor(count / 2), count - 1]) {
        const proof = await storageProof(trie, slotOf(index));
        expect(await harness.verify(root, slotOf(index), 1, proof), `${index} of ${count}`).to.equal(true);
      }
    }
  });

  it('accepts words of every length', async () => {
    const harness = await loadFixture(deployHarness);
    const values = [1n, 0x7fn, 0x80n, 0xffffn, 1n << 247n, (1n << 256n) - 1n];
    const trie = await storageTrie([]);
    for (const [index, value] of values.entries()) {
      await trie.put(getBytes(slotOf(index)), getBytes(encodeRlp(toBeHex(value))));
    }
    const root = hexlify(trie.root());
    for (const [index, value] of values.entries()) {
      const proof = await storageProof(trie, slotOf(index));
      expect(await harness.verify(root, slotOf(index), value, proof), String(value)).to.equal(true);
      expect(await harness.verify(root, slotOf(index), value ^ 1n, proof), String(value)).to.equal(false);
    }
  });

  it('refuses another slot, another root, another value, a missing slot, and zero', async () => {
    const harness = await loadFixture(deployHarness);
    const trie = await storageTrie(Array.from({ length: 50 }, (_, index) => slotOf(index)));
    const root = hexlify(trie.root());
    const proof = await storageProof(trie, slotOf(7));
    expect(await harness.verify(root, slotOf(7), 1, proof)).to.equal(true);
    expect(await harness.verify(root, slotOf(8), 1, proof)).to.equal(false);
    expect(await harness.verify(keccak256(root), slotOf(7), 1, proof)).to.equal(false);
    expect(await harness.verify(root, slotOf(7), 2, proof)).to.equal(false);
    expect(await harness.verify(root, slotOf(7), 0, proof)).to.equal(false);
    expect(await harness.verify(root, slotOf(99), 1, await storageProof(trie, slotOf(99)))).to.equal(false);
    expect(await harness.verify(root, slotOf(99), 0, await storageProof(trie, slotOf(99)))).to.equal(false);
  });

  it('refuses a proof that is empty, too short, too long or out of order', async () => {
    const harness = await loadFixture(deployHarness);
    const trie = await storageTrie(Array.from({ length: 300 }, (_, index) => slotOf(index)));
    const root = hexlify(trie.root());
    const proof = await storageProof(trie, slotOf(7));
    expect(proof.length).to.be.greaterThan(2);
    const last = proof[proof.length - 1];
    for (const bad of [[], proof.slice(0, -1), proof.slice(1), [...proof, last], [...proof].reverse(), [root]]) {
      expect(await accepts(harness, root, slotOf(7), 1n, bad), `${bad.length} nodes`).to.equal(false);
    }
  });

  it('accepts an embedded leaf, repeated as a node of its own or not', async () => {
    const harness = await loadFixture(deployHarness);
    // Two leaves below an extension of 62 nibbles: short enough to be embedded. No keys with such hashes are known, so the slot's
    // own trie is built by hand.
    const slot = slotOf(1);
    const path = keccak256(slot).slice(2);
    const other = path[62] === '0' ? 1 : 0;
    const leaf = [`0x3${path[63]}`, '0x01'];
    const branch: RlpStructuredDataish[] = Array(17).fill('0x');
    branch[Number.parseInt(path[62], 16)] = leaf;
    branch[other] = ['0x30', '0x01'];
    const branchRlp = encodeRlp(branch);
    const rest = getBytes(branchRlp).length < 32 ? branch : keccak256(branchRlp);
    const root = encodeRlp([`0x00${path.slice(0, 62)}`, rest]);
    const nodes = typeof rest === 'string' ? [root, branchRlp] : [root];
    expect(await harness.verify(keccak256(root), slot, 1, nodes)).to.equal(true);
    expect(await harness.verify(keccak256(root), slot, 1, [...nodes, encodeRlp(leaf)])).to.equal(true);
    expect(await harness.verify(keccak256(root), slot, 1, [...nodes, encodeRlp(['0x30', '0x01'])])).to.equal(false);
    expect(await harness.verify(keccak256(root), slot, 2, nodes)).to.equal(false);
  });

  it('refuses malformed nodes', async () => {
    const harness = await loadFixture(deployHarness);
    const malformed = [
      '0x80', // a string
      '0xc0', // no items
      encodeRlp(['0x20']), // one item
      encodeRlp(Array(18).fill('0x')), // too many
      encodeRlp(['0x', '0x01']), // no path
      encodeRlp(['0x40', '0x01']), // unknown flags
      encodeRlp(['0x00', ZeroHash]), // an extension of nothing
      encodeRlp([['0x20'], '0x01']), // a path that is a list
      '0xf8', // a length without its byte
      '0xf90100', // longer than it is
      '0xfb00000000c0', // a length of four bytes
      `${encodeRlp(['0x20', '0x01'])}00`, // bytes after the end
    ];
    for (const node of malformed) {
      expect(await accepts(harness, keccak256(node), slotOf(1), 1n, [node]), node).to.equal(false);
    }
    const longer = encodeRlp([`0x20${keccak256(slotOf(1)).slice(2)}00`, '0x01']);
    expect(await harness.verify(keccak256(longer), slotOf(1), 1, [longer])).to.equal(false);
    const shorter = encodeRlp([`0x20${keccak256(slotOf(1)).slice(2, 64)}`, '0x01']);
    expect(await harness.verify(keccak256(shorter), slotOf(1), 1, [shorter])).to.equal(false);
  });

  it(`refuses every proof in which a byte was changed (seed ${SEED})`, async () => {
    const harness = await loadFixture(deployHarness);
    const trie = await storageTrie(Array.from({ length: 100 }, (_, index) => slotOf(index)));
    const root = hexlify(trie.root());
    await fc.assert(
      fc.asyncProperty(fc.nat(99), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (index, n, at, flip) => {
        const proof = await storageProof(trie, slotOf(index));
        const node = getBytes(proof[n % proof.length]);
        node[at % node.length] ^= flip;
        const changed = proof.with(n % proof.length, hexlify(node));
        expect(await accepts(harness, root, slotOf(index), 1n, changed)).to.equal(false);
        // Under a root that fits the changed node it must not stop or read astray.
        const alone = hexlify(node);
        await accepts(harness, keccak256(alone), slotOf(index), 1n, [alone]);
        expect(decodeRlp(proof[0])).to.have.length(17);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});
