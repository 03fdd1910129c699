import { expect } from 'chai';
import fc from 'fast-check';
import { encodeBatch } from '../../src/codec/batch';
import { outputRoot } from '../../src/codec/header';
import type { SignedTransaction } from '../../src/codec/transaction';
import { EMPTY_BYTES, toHex, ZERO_HASH } from '../../src/core/bytes';
import { hasErrorCode, type TributaryError } from '../../src/core/errors';
import type { Divergence, OutputClaim, VerifierProgress } from '../../src/verifier/verifierPorts';
import { privateKeyOf, signTransaction } from '../codec/signTransaction';
import { L1_GENESIS_NUMBER, L1Builder } from '../derivation/l1Builder';
import { FakeL1Source } from './fakeL1Source';
import { ACCOUNT_COUNT, fundedConfig, TestNode } from './testNode';

const G = L1_GENESIS_NUMBER;
const SEED = 0x76657269;
const DEPOSITOR = new Uint8Array(20).fill(0xd0);

describe('verifier/Verifier', () => {
  let l1: L1Builder;
  let sequencer: TestNode;
  let source: FakeL1Source;
  let nonces: bigint[];
  let posted: number;

  beforeEach(async () => {
    l1 = new L1Builder();
    source = new FakeL1Source(l1);
    sequencer = await TestNode.open(fundedConfig(l1.genesis), l1);
    nonces = new Array<bigint>(ACCOUNT_COUNT).fill(0n);
    posted = 0;
  });

  function transfer(account: number): SignedTransaction {
    return signTransaction(privateKeyOf(account), { nonce: nonces[account]++, value: 10n ** 15n });
  }

  /** Puts all blocks not posted yet into the next L1 block. */
  function post(deposits: { mint: bigint }[] = []): void {
    const batch = sequencer.batchFrom(posted + 1);
    posted = sequencer.chain.head.header.number;
    l1.add({ batches: [batch], deposits });
  }

  /** A chain of some length with transfers, deposits, empty blocks, and two batches. */
  async function buildChain(): Promise<void> {
    l1.add({ deposits: [{ mint: 5n, from: DEPOSITOR }, { mint: 6n }] as { mint: bigint }[] });
    await sequencer.seal([transfer(0), transfer(1), transfer(0)]);
    await sequencer.seal([], { origin: G + 1 });
    await sequencer.seal([transfer(2)]);
    post();
    l1.addEmpty(2);
    await sequencer.seal([transfer(3), transfer(0)], { origin: G + 3 });
    post([{ mint: 7n }]);
  }

  function emptyNode(): Promise<TestNode> {
    return TestNode.open(sequencer.config, l1);
  }

  async function expectError(promise: Promise<unknown>, code: string): Promise<TributaryError> {
    try {
      await promise;
    } catch (error) {
      if (hasErrorCode(error, code)) return error;
      throw error;
    }
    return expect.fail(`expected ${code}`);
  }

  describe('execute', () => {
    it('derives the sequencer chain from L1 alone, on an empty disk, to the same hashes', async () => {
      await buildChain();
      const node = await emptyNode();
      const progress: VerifierProgress[] = [];
      const verifier = node.verifier({ source });
      verifier.progressed.on((at) => progress.push(at));
      expect(verifier.progress()).to.equal(undefined);
      const head = await verifier.syncToL1Head();
      expect(verifier.progress()).to.deep.equal(progress.at(-1));
      expect(node.hashes).to.deep.equal(sequencer.hashes);
      expect(toHex(head.block.hash)).to.equal(toHex(sequencer.chain.head.hash));
      expect(head.batches).to.deep.equal({ taken: 2, cut: 0, ignored: 0 });
      expect(progress.map(({ l1Hash, ...rest }) => ({ ...rest, l1HashSizeBytes: l1Hash.length }))).to.deep.equal([
        { l1Block: G, l1Head: G + 5, l2Block: 0, l1HashSizeBytes: 32 },
        { l1Block: G + 1, l1Head: G + 5, l2Block: 0, l1HashSizeBytes: 32 },
        { l1Block: G + 2, l1Head: G + 5, l2Block: 3, l1HashSizeBytes: 32 },
        { l1Block: G + 3, l1Head: G + 5, l2Block: 3, l1HashSizeBytes: 32 },
        { l1Block: G + 4, l1Head: G + 5, l2Block: 3, l1HashSizeBytes: 32 },
        { l1Block: G + 5, l1Head: G + 5, l2Block: 4, l1HashSizeBytes: 32 },
      ]);
      expect(node.chain.label('safe').header.number).to.equal(4);
      expect(node.chain.stateAt(4).account(DEPOSITOR)?.balance).to.equal(11n);
    });

    it('labels finalized what came from final L1 blocks', async () => {
      await buildChain();
      const node = await emptyNode();
      source.finalized = G + 4;
      const verifier = node.verifier({ source });
      await verifier.syncToL1Head();
      expect(node.chain.label('finalized').header.number).to.equal(3);
      source.finalized = G + 100;
      await verifier.syncToL1Head();
      expect(node.chain.label('finalized').header.number).to.equal(4);
    });

    it('commits as final what comes from final L1 blocks, and no more once those were reorganized', async () => {
      await buildChain();
      const node = await emptyNode();
      const commits: [blockNumber: number, isFinal: boolean][] = [];
      const { chain } = node;
      const commit = chain.commit.bind(chain);
      chain.commit = (executed, extraOperations, isFinal = false) => {
        commits.push([executed.block.header.number, isFinal]);
        return commit(executed, extraOperations, isFinal);
      };
      source.finalized = G + 4;
      const verifier = node.verifier({ source });
      await verifier.syncToL1Head();
      const all = [1, 2, 3, 4].map((number) => [number, number < 4]);
      expect(commits).to.deep.equal(all);
      // What the L1 said was not so.
      l1.reorgTo(G);
      source.finalized = G;
      l1.addEmpty(3);
      l1.add({ deposits: [{ mint: 8n }] });
      l1.addEmpty(12);
      await verifier.syncToL1Head();
      expect(node.logger.messages).to.include('the L1 was reorganized below what it held for final');
      expect(node.chain.label('finalized').header.number).to.equal(0);
      expect(commits.length).to.be.greaterThan(4);
      expect(commits.slice(4).filter(([, isFinal]) => isFinal)).to.deep.equal([]);
    });

    it('goes on past garbage, doubles and a block with an invalid transaction, as derivation defines it', async () => {
      await sequencer.seal([transfer(0)]);
      const good = sequencer.batchFrom(1);
      const parent = sequencer.chain.head;
      const broke = signTransaction(privateKeyOf(5), { value: 10n ** 30n });
      const wrongChain = signTransaction(privateKeyOf(5), { chainId: 1 });
      const spoiled = (bad: SignedTransaction, number: number, parentHash: Uint8Array) =>
        encodeBatch({
          firstBlockNumber: number,
          parentHash,
          chainId: 31338,
          blocks: [{ ...parent, transactions: [transfer(1), bad] }, parent],
        });
      l1.add({ batches: [new Uint8Array(500).fill(7), good, good, EMPTY_BYTES, spoiled(broke, 2, parent.hash)] });
      const node = await emptyNode();
      const verifier = node.verifier({ source });
      await verifier.syncToL1Head();
      l1.add({ batches: [spoiled(wrongChain, 3, node.chain.head.hash)] });
      const head = await verifier.syncToL1Head();
      expect(head.batches).to.deep.equal({ taken: 1, cut: 2, ignored: 3 });
      expect(node.hashes.slice(0, 2)).to.deep.equal(sequencer.hashes);
      expect(head.block.header.number).to.equal(3);
      for (const number of [2, 3]) expect(node.chain.blockByNumber(number)?.transactions).to.have.length(1);
      expect(node.logger.messages).to.include('a batch was cut short');
    });

    it('includes deposits by itself when the sequencer is dead for the whole window', async () => {
      l1.add({ deposits: [{ from: DEPOSITOR, mint: 42n }] });
      l1.addEmpty(9);
      const node = await emptyNode();
      await node.verifier({ source }).syncToL1Head();
      expect(node.chain.head.header.number).to.equal(1);
      expect(node.chain.stateAt(1).account(DEPOSITOR)?.balance).to.equal(42n);
    });

    it('goes on past a batch that claims another hash, and reports it: whoever posts it stops nobody', async () => {
      const block = await sequencer.seal([transfer(0)]);
      const lying = encodeBatch({
        firstBlockNumber: 1,
        parentHash: block.header.parentHash,
        chainId: 31338,
        blocks: [{ ...block, hash: ZERO_HASH }],
      });
      l1.add({ batches: [lying] });
      const node = await emptyNode();
      const head = await node.verifier({ source }).syncToL1Head();
      expect(head.wrongBatchClaims).to.deep.equal([
        { batchIndex: 0, blockNumber: 1, claimed: ZERO_HASH, derived: block.hash },
      ]);
      expect(head.block.hash).to.deep.equal(block.hash);
      expect(node.logger.messages.join()).to.include('claims another hash for its last block');
    });

    it('compares output roots, those for later blocks once they are derived', async () => {
      await buildChain();
      const claims: (OutputClaim & { l1Block: number })[] = [3, 4].map((n) => ({
        l1Block: G + 1,
        l2BlockNumber: n,
        outputRoot: outputRoot(sequencer.chain.blockByNumber(n)?.header ?? sequencer.chain.head.header),
        source: '0xgame',
      }));
      const outputClaims = {
        claimsBetween: async (first: number, last: number) =>
          claims.filter(({ l1Block }) => l1Block >= first && l1Block <= last),
      };
      source.headLimit = G + 4;
      const node = await emptyNode();
      const verifier = node.verifier({ source, outputClaims });
      expect(await verifier.syncToL1Head()).to.include({ outputClaimsChecked: 1, outputClaimsWaiting: 1 });
      source.headLimit = G + 5;
      expect(await verifier.syncToL1Head()).to.include({ outputClaimsChecked: 2, outputClaimsWaiting: 0 });
      claims.push({ l1Block: G + 6, l2BlockNumber: 2, outputRoot: ZERO_HASH, source: '0xliar' });
      source.headLimit = Number.POSITIVE_INFINITY;
      l1.add();
      const head = await verifier.syncToL1Head();
      expect(head).to.include({ outputClaimsChecked: 3, outputClaimsWaiting: 0 });
      expect(head.wrongOutputClaims.map(({ source: game }) => game)).to.deep.equal(['0xliar']);
      expect(node.logger.messages).to.include('a wrong output root is claimed on L1: dispute it within its window');
    });

    it('refuses an L1 that is not the one of the config', async () => {
      const node = await emptyNode();
      const elsewhere = new L1Builder();
      elsewhere.inputs[0].block.hash = ZERO_HASH;
      await expectError(node.verifier({ source: new FakeL1Source(elsewhere) }).syncToL1Head(), 'Verifier.WrongL1');
    });
  });

  describe('restart and chunks', () => {
    it('gives the same chain however the L1 arrives: in pieces, with restarts, with a crash inside an L1 block (seeded)', async () => {
      await buildChain();
      l1.addEmpty(12);
      const whole = await emptyNode();
      await whole.verifier({ source }).syncToL1Head();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ blocks: fc.integer({ min: 1, max: 6 }), crashAfter: fc.option(fc.nat(3)) }), {
            maxLength: 6,
          }),
          async (pieces) => {
            let node = await emptyNode();
            const own = new FakeL1Source(l1);
            own.headLimit = G;
            for (const { blocks, crashAfter } of pieces) {
              own.headLimit += blocks;
              let left = crashAfter ?? Number.POSITIVE_INFINITY;
              const executor = {
                executeBlock: async (request: Parameters<typeof node.executor.executeBlock>[0]) => {
                  if (left-- <= 0) throw new RangeError('killed');
                  return node.executor.executeBlock(request);
                },
              };
              await node
                .verifier({ source: own, executor })
                .syncToL1Head()
                .catch((error: unknown) => expect(error).to.be.instanceOf(RangeError));
              node = await TestNode.open(node.config, l1, node.store);
            }
            own.headLimit = Number.POSITIVE_INFINITY;
            await node.verifier({ source: own }).syncToL1Head();
            expect(node.hashes).to.deep.equal(whole.hashes);
            expect(node.chain.label('safe').header.number).to.equal(whole.chain.label('safe').header.number);
          },
        ),
        { seed: SEED, numRuns: 12 },
      );
    });

    it('executes nothing twice after a restart', async () => {
      await buildChain();
      const node = await emptyNode();
      await node.verifier({ source }).syncToL1Head();
      const again = await TestNode.open(node.config, l1, node.store);
      await again.verifier({ source }).syncToL1Head();
      expect([node.executions, again.executions]).to.deep.equal([4, 0]);
    });
  });

  describe('follow', () => {
    it('takes in new L1 blocks as they come and ends when told', async () => {
      const node = await emptyNode();
      const verifier = node.verifier({ source });
      const abort = new AbortController();
      const following = verifier.follow({ signal: abort.signal });
      await buildChain();
      const arrived = new Promise<void>((resolve) => {
        verifier.progressed.on(({ l1Block }) => l1Block === G + 5 && resolve());
      });
      source.announce();
      await arrived;
      abort.abort();
      await following;
      expect(node.hashes).to.deep.equal(sequencer.hashes);
    });

    it('ends between two blocks of one L1 block when told, and goes on there', async () => {
      await buildChain();
      const node = await emptyNode();
      const abort = new AbortController();
      node.chain.committed.on(({ block }) => block.header.number === 2 && abort.abort());
      await expectError(node.verifier({ source }).syncToL1Head({ signal: abort.signal }), 'Verifier.Aborted');
      expect(node.chain.head.header.number).to.equal(2);
      await node.verifier({ source }).syncToL1Head();
      expect(node.hashes).to.deep.equal(sequencer.hashes);
      expect(node.executions).to.equal(4);
    });

    it('goes through a reorganization while following', async () => {
      await buildChain();
      const node = await emptyNode();
      const verifier = node.verifier({ source });
      const abort = new AbortController();
      const reached = (number: number) =>
        new Promise<void>((resolve) => verifier.progressed.on(({ l1Block }) => l1Block === number && resolve()));
      const first = reached(G + 5);
      const following = verifier.follow({ signal: abort.signal });
      await first;
      l1.reorgTo(G + 4);
      l1.addEmpty(2);
      l1.add({ batches: [sequencer.batchFrom(4)] });
      const second = reached(G + 7);
      source.announce();
      await second;
      abort.abort();
      await following;
      expect(node.hashes).to.deep.equal(sequencer.hashes);
      expect(node.chain.label('safe').header.number).to.equal(4);
    });

    it('goes back to the last common L1 block after a reorganization', async () => {
      await buildChain();
      const node = await emptyNode();
      const verifier = node.verifier({ source });
      await verifier.syncToL1Head();
      const reorgs: number[][] = [];
      verifier.reorged.on(({ l1Ancestor, safe }) => reorgs.push([l1Ancestor.number, safe.header.number]));
      l1.reorgTo(G + 4);
      l1.add();
      await verifier.syncToL1Head();
      expect(reorgs).to.deep.equal([[G + 4, 3]]);
      expect(node.chain.label('safe').header.number).to.equal(3);
      expect(node.chain.head.header.number).to.equal(4);
      l1.add({ batches: [sequencer.batchFrom(4)] });
      await verifier.syncToL1Head();
      expect(node.hashes).to.deep.equal(sequencer.hashes);
      expect(node.chain.label('safe').header.number).to.equal(4);
      expect(node.executions).to.equal(4);
    });

    it('cuts off blocks whose origin was replaced', async () => {
      await buildChain();
      const node = await emptyNode();
      const verifier = node.verifier({ source });
      await verifier.syncToL1Head();
      l1.reorgTo(G + 2);
      l1.addEmpty(3);
      await verifier.syncToL1Head();
      expect(node.chain.head.header.number).to.equal(3);
      expect(node.hashes).to.deep.equal(sequencer.hashes.slice(0, 4));
    });

    it('says so when it is ended before it has caught up', async () => {
      await buildChain();
      const node = await emptyNode();
      await expectError(node.verifier({ source }).syncToL1Head({ signal: AbortSignal.abort() }), 'Verifier.Aborted');
    });

    it('notices a reorganization that happened while it was down, back to genesis', async () => {
      await buildChain();
      const node = await emptyNode();
      await node.verifier({ source }).syncToL1Head();
      l1.reorgTo(G);
      l1.addEmpty(7);
      const again = await TestNode.open(node.config, l1, node.store);
      await again.verifier({ source }).syncToL1Head();
      expect(again.chain.label('safe').header.number).to.equal(0);
      expect(again.hashes).to.deep.equal(sequencer.hashes.slice(0, 2));
      l1.addEmpty(3);
      await again.verifier({ source }).syncToL1Head();
      expect(again.chain.head.l1Origin.number).to.equal(G + 1);
      expect(again.chain.head.header.number).to.equal(1);
    });
  });

  describe('consolidate', () => {
    let divergences: Divergence[];

    function consolidating() {
      divergences = [];
      return sequencer.verifier({
        source,
        takeOver: (divergence, work) => {
          divergences.push(divergence);
          return work();
        },
      });
    }

    it('labels the local blocks safe without executing them; unsafe ones stay', async () => {
      await buildChain();
      await sequencer.seal([transfer(4)]);
      const head = await consolidating().syncToL1Head();
      expect(head.block.header.number).to.equal(4);
      expect(sequencer.chain.label('safe').header.number).to.equal(4);
      expect(sequencer.chain.head.header.number).to.equal(5);
      expect([sequencer.executions, divergences]).to.deep.equal([0, []]);
    });

    it('replaces local blocks where L1 says otherwise, in one take-over', async () => {
      await buildChain();
      const other = await emptyNode();
      const foreign = await other.seal([], { timestamp: other.chain.head.header.timestamp + 1 });
      await other.seal([]);
      l1.reorgTo(G);
      l1.add({ batches: [other.batchFrom(1)] });
      await consolidating().syncToL1Head();
      expect(sequencer.hashes).to.deep.equal(other.hashes);
      expect(toHex(sequencer.chain.blockByNumber(1)?.hash ?? ZERO_HASH)).to.equal(toHex(foreign.hash));
      expect(divergences).to.deep.equal([
        { agreedBlockNumber: 0, localHeadNumber: 4, reason: 'batch 0 differs from the local block' },
      ]);
      expect(sequencer.logger.messages).to.include('the local chain is cut back: batch 0 differs from the local block');
    });

    it('takes the block that the sequencer sealed while the take-over was awaited', async () => {
      await buildChain();
      const late = sequencer;
      const blocks = [1, 2, 3, 4].map((number) => late.chain.blockByNumber(number));
      sequencer = await emptyNode();
      const verifier = sequencer.verifier({
        source,
        takeOver: async (_divergence, work) => {
          const block = blocks[sequencer.chain.head.header.number];
          if (block)
            await sequencer.seal(
              block.transactions.filter((tx) => tx.type !== 0x7e),
              { origin: block.l1Origin.number },
            );
          return work();
        },
      });
      await verifier.syncToL1Head();
      expect(sequencer.hashes).to.deep.equal(late.hashes);
      expect(sequencer.executions).to.equal(2);
    });

    it('derives again what a sequencer cut off although it was safe', async () => {
      await buildChain();
      const hashes = sequencer.hashes;
      const verifier = consolidating();
      const abort = new AbortController();
      const reached = (number: number) =>
        new Promise<void>((resolve) => verifier.progressed.on(({ l1Block }) => l1Block === number && resolve()));
      const first = reached(G + 5);
      const following = verifier.follow({ signal: abort.signal });
      await first;
      await sequencer.chain.rewindTo(1);
      l1.add();
      const second = reached(G + 6);
      source.announce();
      await second;
      abort.abort();
      await following;
      expect(sequencer.hashes).to.deep.equal(hashes);
      expect(sequencer.chain.label('safe').header.number).to.equal(4);
      expect(sequencer.logger.messages).to.include(
        'the safe block 4 is gone from the local chain: going on from the last common point',
      );
    });

    it('executes what goes beyond the local head: a sequencer that comes back with an empty disk', async () => {
      await buildChain();
      const hashes = sequencer.hashes;
      sequencer = await emptyNode();
      await consolidating().syncToL1Head();
      expect(sequencer.hashes).to.deep.equal(hashes);
      expect(divergences.map(({ agreedBlockNumber }) => agreedBlockNumber)).to.deep.equal([0, 3]);
    });

    it('after an L1 reorganization drops the local blocks on replaced origins and keeps the rest', async () => {
      await buildChain();
      await sequencer.seal([transfer(4)], { origin: G + 4 });
      await sequencer.seal([transfer(5)], { origin: G + 5 });
      const verifier = consolidating();
      await verifier.syncToL1Head();
      l1.reorgTo(G + 4);
      l1.addEmpty(1);
      await verifier.syncToL1Head();
      expect(sequencer.chain.head.header.number).to.equal(5);
      expect(sequencer.chain.label('safe').header.number).to.equal(3);
      expect(divergences.map(({ agreedBlockNumber }) => agreedBlockNumber)).to.deep.equal([5]);
    });
  });
});
