import { Bloom, encodeReceipt as encodeByEthereumjs } from '@ethereumjs/vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { bloomMayContain, encodeReceipt, type Log, logsBloom, mergeBloom, type Receipt } from '../../src/codec/receipt';
import { StoredReceipts } from '../../src/codec/storedReceipts';
import { toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';

const SEED = Number(process.env.FUZZ_SEED ?? 20260105);
const log: fc.Arbitrary<Log> = fc.record({
  address: fc.uint8Array({ minLength: 20, maxLength: 20 }),
  topics: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 4 }),
  data: fc.uint8Array({ maxLength: 80 }),
});

const receipts: fc.Arbitrary<Receipt[]> = fc
  .array(
    fc.record({
      type: fc.constantFrom(0, 1, 2, 4, 0x7e),
      succeeded: fc.boolean(),
      gasUsed: fc.bigInt({ min: 0n, max: 2n ** 50n }),
      logs: fc.array(log, { maxLength: 3 }),
      effectiveGasPrice: fc.bigInt({ min: 0n, max: 2n ** 100n }),
      contractAddress: fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 }), { nil: undefined }),
      nonce: fc.bigInt({ min: 0n, max: 2n ** 40n }),
    }),
    { maxLength: 5 },
  )
  .map((list) => {
    let cumulativeGasUsed = 0n;
    return list.map(({ nonce, ...receipt }) => {
      cumulativeGasUsed += receipt.gasUsed;
      const depositNonce = receipt.type === 0x7e ? nonce : undefined;
      return { ...receipt, cumulativeGasUsed, logsBloom: logsBloom(receipt.logs), depositNonce };
    });
  });

describe('receipt codec', () => {
  it(`encodes as @ethereumjs/vm does (seed ${SEED})`, () => {
    fc.assert(
      fc.property(receipts, (list) => {
        for (const receipt of list.filter(({ type }) => type !== 0x7e)) {
          const { cumulativeGasUsed, logs } = receipt;
          const expected = encodeByEthereumjs(
            {
              status: receipt.succeeded ? 1 : 0,
              cumulativeBlockGasUsed: cumulativeGasUsed,
              bitvector: receipt.logsBloom,
              logs: logs.map(({ address, topics, data }) => [address, topics, data]),
            },
            receipt.type as 0 | 1 | 2 | 4,
          );
          expect(toHex(encodeReceipt(receipt))).to.equal(toHex(expected));
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('adds nonce and version to a deposit (OP Stack, Canyon): golden bytes', () => {
    const receipt: Receipt = {
      type: 0x7e,
      succeeded: true,
      cumulativeGasUsed: 0x5208n,
      gasUsed: 0x5208n,
      logsBloom: new Uint8Array(256),
      logs: [],
      effectiveGasPrice: 0n,
      contractAddress: undefined,
      depositNonce: 5n,
    };
    expect(toHex(encodeReceipt(receipt))).to.equal(`0x7ef9010a01825208b90100${'00'.repeat(256)}c00501`);
    expect(toHex(encodeReceipt({ ...receipt, depositNonce: 0n, succeeded: false }))).to.equal(
      `0x7ef9010a80825208b90100${'00'.repeat(256)}c08001`,
    );
  });

  it(`comes back from the disk whole (seed ${SEED})`, () => {
    fc.assert(
      fc.property(receipts, (list) => {
        expect([...StoredReceipts.of(list)]).to.deep.equal(list);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it(`decodes one of many without the others (seed ${SEED})`, () => {
    fc.assert(
      fc.property(receipts, fc.nat(), (list, pick) => {
        const { bytes } = StoredReceipts.of(list);
        const lazy = new StoredReceipts(bytes);
        expect(lazy.length).to.equal(list.length);
        for (const outside of [list.length, -list.length - 1, 0.5]) expect(lazy.at(outside)).to.equal(undefined);
        if (list.length === 0) return;
        const index = pick % list.length;
        expect(lazy.at(index)).to.deep.equal(list[index]);
        expect(lazy.at(index - list.length)).to.deep.equal(list[index]);
        const before = list.slice(0, index).reduce((sum, { logs }) => sum + logs.length, 0);
        expect(lazy.firstLogIndex(index)).to.equal(before);
        expect(lazy.map(({ gasUsed }, at) => [at, gasUsed])).to.deep.equal(
          list.map(({ gasUsed }, at) => [at, gasUsed]),
        );
        expect([...lazy.entries()]).to.deep.equal([...list.entries()]);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it('keeps the other receipts readable where one is damaged', () => {
    const receipt: Receipt = {
      type: 2,
      succeeded: true,
      cumulativeGasUsed: 21_000n,
      gasUsed: 21_000n,
      logsBloom: new Uint8Array(256),
      logs: [],
      effectiveGasPrice: 1n,
      contractAddress: undefined,
      depositNonce: undefined,
    };
    const { bytes } = StoredReceipts.of([receipt, { ...receipt, cumulativeGasUsed: 42_000n }]);
    const damaged = new StoredReceipts(bytes.slice());
    damaged.bytes[damaged.bytes.length - 1] = 0x80; // its last field is a list
    expect(damaged.at(0)).to.deep.equal(receipt);
    expect(() => damaged.at(1)).to.throw(TributaryError, 'depositNonce: expected a list');
  });

  it('refuses bytes that are no list of receipts', () => {
    for (const bytes of [[], [0x80], [0xc1], [0xc1, 0xc0], [0xc0, 0x00], [0xc4, 0xc3, 1, 1, 0x82], [0xf9, 0xff]]) {
      expect(() => new StoredReceipts(Uint8Array.from(bytes)).length, `${bytes}`).to.throw(
        TributaryError,
        'receipts: expected',
      );
    }
  });

  it(`blooms as @ethereumjs/vm, and finds what is in it (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(log, { minLength: 1, maxLength: 4 }), (logs) => {
        const expected = new Bloom();
        for (const { address, topics } of logs) {
          expected.add(address);
          for (const topic of topics) expected.add(topic);
        }
        const bloom = logsBloom(logs);
        expect(bloom).to.deep.equal(expected.bitvector);
        expect(logs.every(({ address }) => bloomMayContain(bloom, address))).to.equal(true);
        const merged = new Uint8Array(256);
        for (const one of logs) mergeBloom(merged, logsBloom([one]));
        expect(merged).to.deep.equal(bloom);
      }),
      { seed: SEED, numRuns: 100 },
    );
    expect(bloomMayContain(new Uint8Array(256), new Uint8Array(20))).to.equal(false);
    expect(() => mergeBloom(new Uint8Array(256), new Uint8Array(255))).to.throw(TributaryError);
  });
});
