import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { toHex } from '../../src/core/bytes';
import {
  ACCOUNT_RECORD_SIZE_BYTES,
  SLOT_RECORD_SIZE_BYTES,
  type TrieExports,
  writeAccountRecords,
  writeSlotRecords,
} from '../../src/kernel/trie';
import { type BlockUpdates, block, toValidBlock } from './trieBlocks';
import { createTrieHarness, EMPTY_CODE_HASH, EMPTY_ROOT, storeLines, type TrieHarness, TrieModel } from './trieHarness';

const SEED = 0x6a6f6273;

type JobsExport = 'trieRunSlotJobs' | 'trieRunAccountJobs' | 'trieRunExportJobs';

describe('kernel/trie jobs', () => {
  it(`computes the same root by jobs in any order on two instances as in one go (seed ${SEED})`, () => {
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 10 }),
        fc.shuffledSubarray(
          Array.from({ length: 16 }, (_, i) => i),
          { minLength: 16 },
        ),
        (blocks, nibbles) => {
          const whole = createTrieHarness();
          const parts = createTrieHarness();
          const instances = [parts.exports, parts.addInstance(1)];
          const model = new TrieModel();
          for (const updates of blocks) {
            const { accounts, slots } = toValidBlock(model, updates);
            const expected = whole.trie.apply(accounts, slots);
            expect(toHex(applyByJobs(parts, instances, nibbles, { accounts, slots }))).to.equal(toHex(expected));
            whole.save();
            parts.save();
          }
          expect(storeLines(parts.store)).to.deep.equal(storeLines(whole.store));
        },
      ),
      { seed: SEED, numRuns: 30 },
    );
  }).timeout(240_000);

  it('computes the same root on two threads that take jobs from one counter', async () => {
    const whole = createTrieHarness({ arenaBytes: 32 << 20, exchangeBytes: 4 << 20 });
    const parts = createTrieHarness({ arenaBytes: 32 << 20, exchangeBytes: 4 << 20 });
    const worker = new Worker(WORKER_SOURCE, { eval: true, workerData: parts.workerData(1) });
    try {
      const runOnBoth = async (name: JobsExport, ...parameters: number[]) => {
        worker.postMessage({ name, parameters });
        const answer = once(worker, 'message');
        const run = parts.exports[name] as (...values: number[]) => number;
        expect(run(...parameters)).to.equal(0);
        expect(await answer).to.deep.equal([0]);
      };
      for (let round = 0; round < 8; round++) {
        const updates = tokenBlock(round);
        const expected = whole.trie.apply(updates.accounts, updates.slots);

        const { accounts, slots } = updates;
        const { slotsAt, out } = writeRecords(parts, updates);
        const [slotCounter, accountCounter, plan] = [out + 32, out + 36, out + 40];
        Buffer.from(parts.memory.buffer).fill(0, slotCounter, plan);
        const { exports, recordsAt } = parts;
        expect(exports.triePrepare(recordsAt, accounts.length, slotsAt, slots.length, 64)).to.equal(0);
        const jobCount = exports.triePlanSlotJobs(slotsAt, slots.length, plan, 64 * 1024);
        // The first block makes the token's trie: an empty root is shared out like a branch.
        expect(jobCount).to.be.greaterThan(16);
        await runOnBoth('trieRunSlotJobs', slotsAt, plan, jobCount, slotCounter);
        expect(exports.trieFinishSlots()).to.equal(0);
        await runOnBoth('trieRunAccountJobs', recordsAt, accounts.length, accountCounter);
        expect(exports.trieFinishAccounts(out)).to.equal(0);
        expect(toHex(new Uint8Array(parts.memory.buffer).slice(out, out + 32))).to.equal(toHex(expected));
        whole.save();
        Buffer.from(parts.memory.buffer).fill(0, recordsAt, recordsAt + 4);
        const exported = await parts.saveInJobs(async (...jobs) => {
          await runOnBoth('trieRunExportJobs', ...jobs, recordsAt);
          return 'done';
        });
        // Both large tries, by nibble.
        expect(exported).to.equal(32);
      }
      expect(storeLines(parts.store)).to.deep.equal(storeLines(whole.store));
    } finally {
      await worker.terminate();
    }
  });

  for (const [what, exchangeBytes, doneMax] of [
    ['all jobs are done', 4 << 20, 99],
    ['some are left undone', 4 << 20, 5],
    ['there is no room for all', 256 << 10, 99],
  ] as const) {
    it(`stores what is stored in one go where ${what}`, async () => {
      const whole = createTrieHarness({ arenaBytes: 32 << 20, exchangeBytes: 4 << 20 });
      const parts = createTrieHarness({ arenaBytes: 32 << 20, exchangeBytes });
      const instances = [parts.exports, parts.addInstance(1)];
      const blocks = [tokenBlock(0), tokenBlock(1)];
      // Most of the first block is taken away again: nodes go, others come to lie elsewhere.
      const gone = blocks[0].slots.filter((_, index) => index % 10 !== 0).map((slot) => ({ ...slot, value: 0n }));
      blocks.push({ accounts: blocks[0].accounts.slice(0, 41), slots: gone });
      for (const { accounts, slots } of blocks) {
        const root = whole.trie.apply(accounts, slots);
        expect(toHex(parts.trie.apply(accounts, slots))).to.equal(toHex(root));
        whole.save();
        const counter = parts.recordsAt;
        Buffer.from(parts.memory.buffer).fill(0, counter, counter + 4);
        const jobCount = await parts.saveInJobs(async (region, size, count) => {
          const half = Math.min(doneMax, count >> 1);
          expect(instances[1].trieRunExportJobs(region, size, half, counter)).to.equal(0);
          expect(instances[0].trieRunExportJobs(region, size, Math.min(doneMax, count), counter)).to.equal(0);
          return 'done';
        });
        expect(jobCount).to.be.greaterThan(11);
        expect(storeLines(parts.store)).to.deep.equal(storeLines(whole.store));
      }
    });
  }

  it('leaves the tries as they are stored where a thread broke down', async () => {
    const parts = createTrieHarness({ exchangeBytes: 4 << 20 });
    const { accounts, slots } = tokenBlock(0);
    const root = toHex(parts.trie.apply(accounts, slots));
    const run = async (): Promise<'broken'> => 'broken';
    expect(await parts.saveInJobs(run)).to.be.greaterThan(11);
    expect(toHex(parts.trie.root())).to.equal(EMPTY_ROOT);
    expect(toHex(parts.trie.apply(accounts, slots))).to.equal(root);
  });

  it('may be applied again as a whole after jobs have run in part', () => {
    const parts = createTrieHarness({ exchangeBytes: 4 << 20 });
    const updates = tokenBlock(0);
    const expected = createTrieHarness({ exchangeBytes: 4 << 20 }).trie.apply(updates.accounts, updates.slots);
    const { exports, recordsAt } = parts;
    const { slotsAt, out } = writeRecords(parts, updates);
    const { accounts, slots } = updates;
    expect(exports.triePrepare(recordsAt, accounts.length, slotsAt, slots.length, 64)).to.equal(0);
    expect(exports.trieSlotJob(slotsAt, 0, 1_000, 3)).to.equal(1_000);
    const root = parts.trie.applyRecords(recordsAt, accounts.length, slotsAt, slots.length, out);
    expect(toHex(root)).to.equal(toHex(expected));
  });
});

/** An instance on a thread of its own: calls the export it is told to, answers with the result. */
const WORKER_SOURCE = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { module, memory, arenaAt, scratch } = workerData;
  const instance = new WebAssembly.Instance(module, { env: { memory }, host: { loadTrieNode: () => 0 } });
  instance.exports.trieAttach(arenaAt, scratch);
  parentPort.on('message', ({ name, parameters }) => parentPort.postMessage(instance.exports[name](...parameters)));
`;

/** One token with a thousand new holders, forty contracts with a few slots each, five hundred accounts. */
function tokenBlock(round: number): BlockUpdates {
  const hashOf = (text: string) => keccak_256(new TextEncoder().encode(text));
  const account = (text: string, balance: number) => ({
    hashedAddress: hashOf(text),
    action: 'write' as const,
    nonce: BigInt(round),
    balance: BigInt(balance),
    codeHash: EMPTY_CODE_HASH,
  });
  const contracts = Array.from({ length: 40 }, (_, i) => `contract ${i}`);
  const slotsOf = (contract: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({
      hashedAddress: hashOf(contract),
      hashedSlot: hashOf(`${contract} ${round} ${i}`),
      value: BigInt(i + 1) << BigInt(i % 200),
    }));
  return {
    accounts: [
      ...['token', ...contracts].map((contract) => account(contract, 1)),
      ...Array.from({ length: 500 }, (_, i) => account(`holder ${round} ${i}`, i)),
    ],
    slots: [...slotsOf('token', 1_000), ...contracts.flatMap((contract, i) => slotsOf(contract, 1 + (i % 7)))],
  };
}

/** Puts the records of a block where the harness has room for them. */
function writeRecords({ memory, recordsAt }: TrieHarness, { accounts, slots }: BlockUpdates) {
  const slotsAt = recordsAt + accounts.length * ACCOUNT_RECORD_SIZE_BYTES;
  const out = slotsAt + slots.length * SLOT_RECORD_SIZE_BYTES;
  writeAccountRecords(Buffer.from(memory.buffer, recordsAt, slotsAt - recordsAt), accounts);
  writeSlotRecords(Buffer.from(memory.buffer, slotsAt, out - slotsAt), slots);
  return { slotsAt, out };
}

/** What the parallel executor does, its workers taking turns: every trie that can be is shared out by top nibble. */
function applyByJobs(
  harness: TrieHarness,
  instances: TrieExports[],
  nibbles: number[],
  updates: BlockUpdates,
): Uint8Array {
  const { memory, exports, recordsAt } = harness;
  const { accounts, slots } = updates;
  const { slotsAt, out } = writeRecords(harness, updates);
  const instanceFor = (job: number) => instances[job % instances.length];

  expect(exports.triePrepare(recordsAt, accounts.length, slotsAt, slots.length, 1)).to.equal(0);
  for (let from = 0; from < slots.length; ) {
    const owner = toHex(slots[from].hashedAddress);
    const size = slots.slice(from).findIndex(({ hashedAddress }) => toHex(hashedAddress) !== owner);
    const to = size < 0 ? slots.length : from + size;
    const isOpen = exports.trieIsOpen(slotsAt + from * SLOT_RECORD_SIZE_BYTES) !== 0;
    for (const nibble of isOpen ? nibbles : [-1]) {
      expect(instanceFor(nibble + 1).trieSlotJob(slotsAt, from, to, nibble)).to.equal(to);
    }
    from = to;
  }
  expect(exports.trieFinishSlots()).to.equal(0);
  for (const nibble of exports.trieIsOpen(0) !== 0 ? nibbles : [-1]) {
    expect(instanceFor(nibble + 1).trieAccountJob(recordsAt, 0, accounts.length, nibble)).to.equal(accounts.length);
  }
  expect(exports.trieFinishAccounts(out)).to.equal(0);
  return new Uint8Array(memory.buffer).slice(out, out + 32);
}
