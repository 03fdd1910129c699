import { expect } from 'chai';
import type { SignedTransaction } from '../../../src/codec/transaction';
import { ZERO_HASH } from '../../../src/core/bytes';
import { hasErrorCode } from '../../../src/core/errors';
import { systemClock } from '../../../src/core/systemClock';
import { BlockFollower } from '../../../src/node/follower/blockFollower';
import type { FedBlock, SequencerFeed } from '../../../src/node/follower/sequencerFeed';
import { Turns } from '../../../src/node/turns';
import { privateKeyOf, signTransaction } from '../../codec/signTransaction';
import { L1Builder } from '../../derivation/l1Builder';
import { fundedConfig, TestNode } from '../../verifier/testNode';

const G = 100;

/** A sequencer that tells the truth until `alter` makes it lie. */
class FakeFeed implements SequencerFeed {
  alter: (block: FedBlock) => FedBlock = (block) => block;

  constructor(private readonly node: TestNode) {}

  async head() {
    const { hash, header } = this.node.chain.head;
    return { number: header.number, hash };
  }

  async blocks(first: number, countMax: number): Promise<FedBlock[]> {
    const blocks: FedBlock[] = [];
    for (let number = first; blocks.length < countMax; number++) {
      const block = this.node.chain.blockByNumber(number);
      if (!block) break;
      const { hash, header, l1Origin } = block;
      const transactions = block.transactions.filter(({ type }) => type !== 0x7e).map(({ raw }) => raw);
      const { parentHash, timestamp } = header;
      blocks.push(this.alter({ number, hash, parentHash, timestamp, l1Origin, transactions }));
    }
    return blocks;
  }
}

describe('BlockFollower', () => {
  let l1: L1Builder;
  let sequencer: TestNode;
  let node: TestNode;
  let feed: FakeFeed;
  let nonces: number[];
  /** The newest L1 block that the following node knows. */
  let l1Seen: number;

  beforeEach(async () => {
    l1 = new L1Builder();
    l1.add({ deposits: [{ mint: 5n }] });
    l1.add();
    l1Seen = Number.POSITIVE_INFINITY;
    sequencer = await TestNode.open(fundedConfig(l1.genesis), l1);
    node = await TestNode.open(sequencer.config, l1);
    feed = new FakeFeed(sequencer);
    nonces = Array.from({ length: 10 }, () => 0);
  });

  function transfer(account: number): SignedTransaction {
    return signTransaction(privateKeyOf(account), { nonce: BigInt(nonces[account]++) });
  }

  function follower(): BlockFollower {
    const turns = new Turns();
    const known = () => l1.inputs.filter(({ block }) => block.number <= l1Seen);
    return new BlockFollower({
      config: node.config,
      feed,
      chain: node.chain,
      executor: node.executor,
      origins: {
        origin: (number) => known().find(({ block }) => block.number === number)?.block,
        following: (parent, limit) =>
          known()
            .filter(({ block }) => block.number > parent)
            .slice(0, limit),
      },
      exclusively: (work) => turns.take(work),
      clock: systemClock,
      logger: node.logger,
      pollIntervalMs: 1,
    });
  }

  /** Follows until `isDone`, or until it fails. @returns the failure */
  async function follow(isDone: () => boolean): Promise<unknown> {
    const stop = new AbortController();
    const running = follower().follow(stop.signal);
    const failure = running.then(
      () => undefined,
      (error: unknown) => error,
    );
    let ended = false;
    void failure.then(() => {
      ended = true;
    });
    const deadlineMs = Date.now() + 10_000;
    while (!isDone() && !ended && Date.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 2));
    stop.abort();
    return failure;
  }

  const sameHead = () => node.hashes.at(-1) === sequencer.hashes.at(-1);

  async function expectFailure(code: string): Promise<void> {
    const before = node.chain.head.header.number;
    const error = await follow(sameHead);
    expect(hasErrorCode(error, code), String(error)).to.equal(true);
    expect(node.chain.head.header.number).to.equal(before);
  }

  it('has the sequencer’s chain, executed again, with the deposits of its own L1', async () => {
    await sequencer.seal([transfer(0), transfer(1)]);
    await sequencer.seal([transfer(2)], { origin: G + 1 });
    await sequencer.seal([], { origin: G + 2 });
    expect(await follow(sameHead)).to.equal(undefined);
    expect(node.hashes).to.deep.equal(sequencer.hashes);
  });

  it('waits for an L1 block that it does not see yet', async () => {
    await sequencer.seal([transfer(0)]);
    await sequencer.seal([transfer(0)], { origin: G + 2 });
    l1Seen = G + 1;
    let looks = 0;
    await follow(() => ++looks > 50);
    expect(node.chain.head.header.number).to.equal(1);
    l1Seen = G + 2;
    expect(await follow(sameHead)).to.equal(undefined);
  });

  it('goes back with the sequencer to the last block in common, but not behind what L1 holds', async () => {
    for (let i = 0; i < 5; i++) await sequencer.seal([transfer(0)]);
    await follow(sameHead);
    await sequencer.chain.rewindTo(2);
    nonces[0] = 2;
    expect(await follow(sameHead)).to.equal(undefined);
    expect(node.chain.head.header.number).to.equal(2);
    for (let i = 0; i < 3; i++) await sequencer.seal([transfer(1)]);
    expect(await follow(sameHead)).to.equal(undefined);

    await node.chain.setLabel('safe', 4);
    await sequencer.chain.rewindTo(1);
    await sequencer.seal([transfer(3)]);
    await expectFailure('Follower.Waiting');
    expect(node.chain.head.header.number).to.equal(5);
  });

  it('stays where L1 is ahead of a sequencer that has lost blocks', async () => {
    for (let i = 0; i < 3; i++) await sequencer.seal([transfer(0)]);
    await follow(sameHead);
    await node.chain.setLabel('safe', 3);
    await sequencer.chain.rewindTo(1);
    let looks = 0;
    expect(await follow(() => ++looks > 30)).to.equal(undefined);
    expect(node.chain.head.header.number).to.equal(3);
  });

  it('gives its executor the access lists that the sequencer gives, and does not depend on them', async () => {
    await sequencer.seal([transfer(0), transfer(1)]);
    await sequencer.seal([transfer(0), transfer(2)]);
    const given: (Uint8Array | undefined)[] = [];
    feed.alter = (block) => ({ ...block, accessList: Uint8Array.of(0xc0, block.number) });
    const executeBlock = node.executor.executeBlock.bind(node.executor);
    node.executor.executeBlock = (request) => {
      given.push(request.accessList);
      return executeBlock(request);
    };
    expect(await follow(sameHead)).to.equal(undefined);
    expect(node.hashes).to.deep.equal(sequencer.hashes);
    expect(given).to.deep.equal([Uint8Array.of(0xc0, 1), Uint8Array.of(0xc0, 2)]);
  });

  it('halts at a block that executes to another hash, and does not keep it', async () => {
    await sequencer.seal([transfer(0)]);
    feed.alter = (block) => ({ ...block, hash: ZERO_HASH });
    await expectFailure('Follower.Mismatch');
  });

  const lies: Record<string, (block: FedBlock) => FedBlock> = {
    'a transaction that is none': (block) => ({ ...block, transactions: [new Uint8Array([1, 2, 3])] }),
    'a transaction twice': (block) => ({ ...block, transactions: [...block.transactions, ...block.transactions] }),
    'a timestamp before its parent’s': (block) => ({ ...block, timestamp: 1 }),
    'an L1 origin before its parent’s': (block) => ({ ...block, l1Origin: { ...block.l1Origin, number: G - 1 } }),
    'an L1 origin far ahead': (block) => ({ ...block, l1Origin: { ...block.l1Origin, number: G + 1_000_000 } }),
  };
  for (const [what, alter] of Object.entries(lies)) {
    it(`refuses ${what}`, async () => {
      await sequencer.seal([transfer(0)]);
      feed.alter = alter;
      await expectFailure('Follower.InvalidBlock');
    });
  }

  it('takes no block on an L1 block that is another one here', async () => {
    await sequencer.seal([transfer(0)], { origin: G + 1 });
    feed.alter = (block) => ({ ...block, l1Origin: { ...block.l1Origin, hash: ZERO_HASH } });
    let looks = 0;
    await follow(() => ++looks > 30);
    expect(node.chain.head.header.number).to.equal(0);
  });
});
