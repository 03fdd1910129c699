import { expect } from 'chai';
import fc from 'fast-check';
import { encodeBatch } from '../../src/codec/batch';
import { EMPTY_BYTES, toHex } from '../../src/core/bytes';
import { hasErrorCode } from '../../src/core/errors';
import { blockOf } from '../codec/batchBlocks';
import { privateKeyOf, signTransaction } from '../codec/signTransaction';
import { batchOn, DerivationSimulation, INVALID_VALUE } from './derivationSimulation';
import { L1_BLOCK_TIME_SECONDS, L1_GENESIS_NUMBER, L1_GENESIS_TIMESTAMP, L1Builder, testConfig } from './l1Builder';

const G = L1_GENESIS_NUMBER;
const T = L1_GENESIS_TIMESTAMP;
const SEED = 0x64657269;
const good = signTransaction(privateKeyOf(0), { nonce: 0n });
const other = signTransaction(privateKeyOf(1), { nonce: 0n });
const invalid = signTransaction(privateKeyOf(2), { value: INVALID_VALUE });

describe('derivation/deriveL1Block', () => {
  let l1: L1Builder;
  let chain: DerivationSimulation;

  beforeEach(() => {
    l1 = new L1Builder();
    chain = new DerivationSimulation(testConfig(l1.genesis), l1);
  });

  function lastOutcome() {
    const { result, blocksTaken, problem } = chain.outcomes[chain.outcomes.length - 1];
    return { result, blocksTaken, problem };
  }

  function userTransactions(): string[][] {
    return chain.blocks.map((block) => block.transactions.filter((tx) => tx.type !== 0x7e).map((tx) => toHex(tx.raw)));
  }

  it('takes a batch: blocks, origins, deposits in L1 order, sequence numbers', () => {
    l1.add({ deposits: [{ mint: 1n }, { mint: 2n }] });
    l1.add({ deposits: [{ mint: 3n }] });
    chain.follow(l1);
    const batch = batchOn(chain.tip, l1, [
      { timestamp: T, origin: G, transactions: [good] },
      { timestamp: T + 30, origin: G + 2, transactions: [other] },
      { timestamp: T + 30, origin: G + 2 },
    ]);
    l1.add({ batches: [batch] });
    chain.follow(l1);
    expect(lastOutcome()).to.deep.equal({ result: 'taken', blocksTaken: 3, problem: undefined });
    expect(userTransactions()).to.deep.equal([[], [toHex(good.raw)], [toHex(other.raw)], []]);
    expect(chain.blocks.map((block) => [block.l1Origin.number - G, block.l1Origin.sequenceNumber])).to.deep.equal([
      [0, 0],
      [0, 1],
      [2, 0],
      [2, 1],
    ]);
    const mints = chain.blocks[2].transactions
      .filter((tx) => tx.type === 0x7e)
      .map((tx) => ('mint' in tx ? tx.mint : -1n));
    expect(mints).to.deep.equal([0n, 1n, 2n, 3n]);
    expect(
      chain.candidates.map(({ source }) => 'claimedHash' in source && source.claimedHash !== undefined),
    ).to.deep.equal([false, false, true]);
  });

  it('goes on with good batches between garbage, doubles and wrong parents, in one L1 block', () => {
    l1.add();
    chain.follow(l1);
    const first = batchOn(chain.tip, l1, [{ timestamp: T, origin: G, transactions: [good] }]);
    const probe = new DerivationSimulation(chain.config, l1).follow(l1);
    const branch = new L1Builder();
    branch.add();
    branch.add({ batches: [first] });
    probe.derive(branch.inputs[2]);
    const second = batchOn(probe.tip, l1, [{ timestamp: T + 1, origin: G, transactions: [other] }]);
    const wrongParent = batchOn(probe.tip, l1, [{ timestamp: T + 1, origin: G }], { parentHash: new Uint8Array(32) });
    const wrongNumber = batchOn(probe.tip, l1, [{ timestamp: T + 1, origin: G }], { firstBlockNumber: 7 });
    const wrongChain = batchOn(probe.tip, l1, [{ timestamp: T + 1, origin: G }], { chainId: 1 });
    const garbage = [EMPTY_BYTES, Uint8Array.of(1, 2, 3), new Uint8Array(1000).fill(0xff)];
    l1.add({ batches: [...garbage, first, first, wrongParent, wrongNumber, wrongChain, ...garbage, second, second] });
    chain.follow(l1);
    expect(chain.outcomes.map(({ result }) => result)).to.deep.equal([
      'ignored',
      'ignored',
      'ignored',
      'taken',
      'ignored',
      'ignored',
      'ignored',
      'ignored',
      'ignored',
      'ignored',
      'ignored',
      'taken',
      'ignored',
    ]);
    expect(chain.outcomes.map(({ problem }) => problem?.split(':')[0])).to.deep.equal([
      'batch version',
      'batch compression',
      'batch version',
      undefined,
      'firstBlockNumber',
      'parentHash',
      'firstBlockNumber',
      'chainId',
      'batch version',
      'batch compression',
      'batch version',
      undefined,
      'firstBlockNumber',
    ]);
    expect(userTransactions()).to.deep.equal([[], [toHex(good.raw)], [toHex(other.raw)]]);
  });

  it('names for who looks ahead what the next blocks hold: over batches and L1 blocks, past what does not continue', () => {
    const branch = new L1Builder();
    branch.add();
    const probe = new DerivationSimulation(chain.config, branch).follow(branch);
    const batches = [[good], [other], [good, other]].map((transactions) => {
      const blocks = [
        { timestamp: T, origin: G, transactions },
        { timestamp: T, origin: G },
      ];
      const batch = batchOn(probe.tip, branch, blocks);
      branch.add({ batches: [batch] });
      probe.follow(branch);
      return batch;
    });
    l1.add();
    l1.add({ batches: [batches[0], EMPTY_BYTES, batches[0], batches[1]] });
    l1.add();
    l1.add({ batches: [batches[2]] });
    const ahead: unknown[][] = [];
    chain.onCandidate = ({ following }) => ahead.push([0, 1, 2, 3, 4, 5].map((distance) => following?.(distance)));
    chain.follow(l1);
    const lists = chain.candidates.map(({ transactions }) => transactions);
    expect(lists.map(({ length }) => length)).to.deep.equal([1, 0, 1, 0, 2, 0]);
    for (const [index, seen] of ahead.entries()) {
      // The very lists, not equal ones: what was decoded of them is found again by them.
      for (const [distance, list] of seen.entries()) expect(list).to.equal(lists[index + distance]);
    }
  });

  for (const [garbageCount, isSeen] of [
    [3, true],
    [4, false],
  ] as const) {
    it(`looks at no more than four batches ahead, of which ${garbageCount} are garbage`, () => {
      const branch = new L1Builder();
      branch.add();
      const probe = new DerivationSimulation(chain.config, branch).follow(branch);
      const batches = [good, other].map((transaction) => {
        const batch = batchOn(probe.tip, branch, [{ timestamp: T, origin: G, transactions: [transaction] }]);
        branch.add({ batches: [batch] });
        probe.follow(branch);
        return batch;
      });
      l1.add();
      l1.add({ batches: [batches[0], ...Array(garbageCount).fill(EMPTY_BYTES), batches[1]] });
      const seen: boolean[] = [];
      chain.onCandidate = ({ following }) => seen.push(following?.(1) !== undefined);
      chain.follow(l1);
      expect(seen).to.deep.equal([isSeen, false]);
      expect(userTransactions()).to.deep.equal([[], [toHex(good.raw)], [toHex(other.raw)]]);
    });
  }

  it('ignores a batch whose last origin is of another L1 branch', () => {
    l1.add();
    const stale = batchOn(chain.tip, l1, [{ timestamp: T + 12, origin: G + 1 }]);
    l1.reorgTo(G);
    l1.add();
    l1.add({ batches: [stale] });
    chain.follow(l1);
    expect(lastOutcome().problem).to.match(/^lastOriginHash: expected 0x.* for L1 block 101/);
    expect(chain.tip.header.number).to.equal(0);
  });

  describe('a block that breaks a rule becomes a default block and the rest is dropped:', () => {
    const timestampMax = T + 6 * L1_BLOCK_TIME_SECONDS + 600;
    const cases: [string, { timestamp: number; origin: number }, RegExp][] = [
      [
        'timestamp after the drift',
        { timestamp: timestampMax + 1, origin: G },
        /^timestamp: expected .* to 1700000672/,
      ],
      ['timestamp before its parent', { timestamp: T - 1, origin: G }, /^timestamp: expected 1700000000 to/],
      [
        'timestamp before the origin it advances to',
        { timestamp: T + 11, origin: G + 1 },
        /^timestamp: expected at least the origin's/,
      ],
      [
        'origin before its parent',
        { timestamp: T, origin: G - 1 },
        /^origin: expected at least the parent's 100, got 99/,
      ],
      ['origin after the inclusion', { timestamp: T + 100, origin: G + 7 }, /^origin: expected at most 106, got 107/],
      [
        'origin that advances too far',
        { timestamp: T + 100, origin: G + 5 },
        /^origin: expected an advance of at most 4, got 5/,
      ],
    ];
    for (const [name, block, problem] of cases) {
      it(name, () => {
        l1.addEmpty(5);
        const rest = { timestamp: T + 1000, origin: Math.max(G, block.origin) };
        const batch = encodeBatch({
          firstBlockNumber: 1,
          parentHash: chain.tip.hash,
          chainId: 31338,
          blocks: [
            {
              ...blockOf(1, [good], { timestamp: block.timestamp }),
              l1Origin: { ...chain.tip.l1Origin, number: block.origin },
            },
            {
              ...blockOf(2, [other], { timestamp: rest.timestamp }),
              l1Origin: { number: rest.origin, hash: l1.block(rest.origin)?.hash ?? chain.tip.hash, sequenceNumber: 0 },
            },
          ],
        });
        l1.add({ batches: [batch] });
        chain.follow(l1);
        const outcome = lastOutcome();
        expect(outcome.problem).to.match(problem);
        expect(outcome).to.include({ result: 'cut', blocksTaken: 0 });
        expect(userTransactions()).to.deep.equal([[], []]);
        expect(chain.tip.header.timestamp).to.equal(T);
        expect(chain.tip.l1Origin).to.deep.equal({ ...chain.blocks[0].l1Origin, sequenceNumber: 1 });
      });
    }

    it('but the limits themselves are allowed', () => {
      l1.addEmpty(5);
      l1.add({ batches: [batchOn(chain.tip, l1, [{ timestamp: timestampMax, origin: G + 4 }])] });
      chain.follow(l1);
      expect(lastOutcome().result).to.equal('taken');
      expect(chain.tip.header.timestamp).to.equal(timestampMax);
    });

    it('an origin as old as the window, while one block younger is allowed', () => {
      for (const [emptyBlocks, result] of [
        [9, 'cut'],
        [8, 'taken'],
      ] as const) {
        const own = new L1Builder();
        const derived = new DerivationSimulation(chain.config, own);
        own.addEmpty(emptyBlocks);
        own.add({ batches: [batchOn(derived.tip, own, [{ timestamp: T, origin: G }])] });
        derived.follow(own);
        expect(derived.outcomes[0].result).to.equal(result);
      }
    });

    it('advance past deposits that fill half of the block', () => {
      const heavy = { gasLimit: 8_000_000n };
      l1.add({ deposits: [heavy] });
      l1.add({ deposits: [heavy] });
      l1.add({ batches: [batchOn(chain.tip, l1, [{ timestamp: T + 24, origin: G + 2 }])] });
      chain.follow(l1);
      expect(lastOutcome().problem).to.equal('origin: expected an advance of at most 1, got 2');
    });
  });

  it('makes a default block of one with an invalid transaction, at its own time and origin, and drops the rest', () => {
    l1.add({ deposits: [{}] });
    const batch = batchOn(chain.tip, l1, [
      { timestamp: T + 1, origin: G, transactions: [good] },
      { timestamp: T + 20, origin: G + 1, transactions: [other, invalid] },
      { timestamp: T + 21, origin: G + 1, transactions: [signTransaction(privateKeyOf(4), {})] },
    ]);
    l1.add({ batches: [batch] });
    chain.follow(l1);
    expect(lastOutcome()).to.include({ result: 'cut', blocksTaken: 1 });
    expect(userTransactions()).to.deep.equal([[], [toHex(good.raw)], []]);
    expect(chain.tip.header).to.include({ number: 2, timestamp: T + 20 });
    expect(chain.tip.l1Origin.number).to.equal(G + 1);
    expect(chain.tip.transactions).to.have.length(2);
  });

  for (const [name, raw] of [
    ['junk', Uint8Array.of(0xde, 0xad)],
    ['nothing', EMPTY_BYTES],
    ['a deposit', Uint8Array.of(0x7e, 0xc0)],
    ['an unsupported type', Uint8Array.of(3, 0xc0)],
  ] as const) {
    it(`makes a default block of one with ${name} among its transactions`, () => {
      l1.add({
        batches: [batchOn(chain.tip, l1, [{ timestamp: T, origin: G, transactions: [good, { ...other, raw }] }])],
      });
      chain.follow(l1);
      expect(lastOutcome()).to.include({ result: 'cut', blocksTaken: 0 });
      expect(userTransactions()).to.deep.equal([[], []]);
    });
  }

  describe('sequencing window', () => {
    it('stays silent to its last block, then takes in one L1 block after the other, deposits included', () => {
      l1.add({ deposits: [{ mint: 5n }] });
      l1.addEmpty(8);
      chain.follow(l1);
      expect(chain.tip.header.number).to.equal(0);
      l1.add();
      chain.follow(l1);
      expect(chain.tip.header).to.include({ number: 1, timestamp: T + L1_BLOCK_TIME_SECONDS });
      expect(chain.tip.l1Origin.number).to.equal(G + 1);
      expect(chain.tip.transactions.map((tx) => ('mint' in tx ? tx.mint : -1n))).to.deep.equal([0n, 5n]);
      l1.addEmpty(3);
      chain.follow(l1);
      expect(chain.blocks.map((block) => block.l1Origin.number - G)).to.deep.equal([0, 1, 2, 3, 4]);
    });

    it('lets a batch in its last block be in time', () => {
      l1.addEmpty(9);
      l1.add({ batches: [batchOn(chain.tip, l1, [{ timestamp: T + 12, origin: G + 1, transactions: [good] }])] });
      chain.follow(l1);
      expect(userTransactions()).to.deep.equal([[], [toHex(good.raw)]]);
    });

    it('cannot be held open by a sequencer that never advances the origin', () => {
      l1.add({ deposits: [{ mint: 9n }] });
      for (let i = 0; i < 12; i++) {
        chain.follow(l1);
        const origin = chain.tip.l1Origin.number;
        l1.add({
          batches: [batchOn(chain.tip, l1, [{ timestamp: chain.tip.header.timestamp, origin, transactions: [] }])],
        });
      }
      chain.follow(l1);
      const including = chain.blocks.find((block) => block.transactions.some((tx) => 'mint' in tx && tx.mint === 9n));
      expect(including?.l1Origin.number).to.equal(G + 1);
      expect(chain.tip.l1Origin.number).to.be.greaterThan(G + 2);
    });

    it('keeps a later timestamp of the parent', () => {
      l1.add({ batches: [batchOn(chain.tip, l1, [{ timestamp: T + 500, origin: G }])] });
      l1.addEmpty(9);
      chain.follow(l1);
      expect(chain.tip.header).to.include({ number: 2, timestamp: T + 500 });
    });

    it('keeps the pending L1 blocks bounded', () => {
      for (let i = 0; i < 50; i++) {
        l1.add();
        chain.follow(l1);
        expect(chain.state.pending.length).to.be.below(chain.config.sequencingWindowL1Blocks);
      }
    });
  });

  describe('input', () => {
    it('refuses an L1 block that does not follow, before it derives from it', () => {
      l1.addEmpty(3);
      const before = chain.state;
      expect(() => chain.derive(l1.inputs[2]))
        .to.throw()
        .satisfies((e: unknown) => hasErrorCode(e, 'Derivation.L1Unlinked'));
      chain.derive(l1.inputs[1]);
      l1.reorgTo(G);
      l1.addEmpty(2);
      expect(() => chain.derive(l1.inputs[2]))
        .to.throw()
        .satisfies((e: unknown) => hasErrorCode(e, 'Derivation.L1Unlinked') && e.recovery === 'reset');
      expect(before.pending).to.have.length(0);
    });

    it('refuses a gap in the batches', () => {
      l1.add({ batches: [EMPTY_BYTES] });
      l1.inputs[1].batches[0].index = 1;
      expect(() => chain.follow(l1))
        .to.throw()
        .satisfies((e: unknown) => hasErrorCode(e, 'Derivation.BatchGap'));
    });
  });

  it('derives some chain from whatever is posted, twice the same, never more than a block behind the window (seeded)', () => {
    const content = fc.record({
      deposits: fc.array(fc.record({ mint: fc.bigInt(0n, 9n), gasLimit: fc.bigInt(0n, 20_000_000n) }), {
        maxLength: 2,
      }),
      batches: fc.array(
        fc.oneof(
          { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
          {
            weight: 4,
            arbitrary: fc.array(
              fc.record({
                wait: fc.integer({ min: -1, max: 40 }),
                advance: fc.integer({ min: -1, max: 5 }),
                tx: fc.constantFrom(undefined, good, invalid),
              }),
              { minLength: 1, maxLength: 3 },
            ),
          },
        ),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.array(content, { maxLength: 25 }), (contents) => {
        const own = new L1Builder();
        const derived = new DerivationSimulation(testConfig(own.genesis), own);
        for (const { deposits, batches } of contents) {
          derived.follow(own);
          const payloads = batches.map((batch) => {
            if (batch instanceof Uint8Array) return batch;
            let { timestamp } = derived.tip.header;
            let origin = derived.tip.l1Origin.number;
            const blocks = batch.map(({ wait, advance, tx }, i) => {
              timestamp += i > 0 ? Math.max(0, wait) : wait;
              origin += i > 0 ? Math.max(0, advance) : advance;
              return { timestamp, origin, transactions: tx ? [tx] : [] };
            });
            return batchOn(derived.tip, own, blocks);
          });
          own.add({ deposits, batches: payloads });
        }
        derived.follow(own);
        const again = new DerivationSimulation(testConfig(own.genesis), own).follow(own);
        expect(again.hashes).to.deep.equal(derived.hashes);
        expect(again.outcomes).to.deep.equal(derived.outcomes);
        expect(derived.state.pending.length).to.be.below(derived.config.sequencingWindowL1Blocks);
        for (let i = 1; i < derived.blocks.length; i++) {
          const [parent, block] = [derived.blocks[i - 1], derived.blocks[i]];
          expect(block.header.timestamp).to.be.at.least(parent.header.timestamp);
          expect(block.header.timestamp).to.be.at.least(own.block(block.l1Origin.number)?.timestamp ?? Number.NaN);
          expect(block.l1Origin.number).to.be.at.least(parent.l1Origin.number);
        }
        const deposits = derived.blocks.flatMap((block) =>
          block.transactions.filter((tx) => tx.type === 0x7e).slice(1),
        );
        const expected = own.inputs.filter((input) => input.block.number <= derived.tip.l1Origin.number);
        expect(deposits).to.have.length(expected.reduce((count, input) => count + input.deposits.length, 0));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
