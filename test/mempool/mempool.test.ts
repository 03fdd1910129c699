import { expect } from 'chai';
import { privateKeyToAccount } from 'viem/accounts';
import { fromHex, toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { MemoryStore } from '../../src/core/memoryStore';
import type { KeyValueOperation } from '../../src/core/ports';
import type { DroppedTransaction } from '../../src/mempool/mempool';
import {
  accounts,
  ETHER,
  freshAccount,
  GWEI,
  hashes,
  l1Block,
  PoolWorld,
  silentLogger,
  testConfig,
  transfer,
} from './poolFixture';

const [alice, bob, carol] = accounts;
const [oneEther, , broke] = accounts.slice(-3);

async function refusal(action: () => Promise<unknown>): Promise<TributaryError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof TributaryError) return error;
    throw error;
  }
  return expect.fail('expected a refusal');
}

function watchDrops(world: PoolWorld): [hash: string, code: string][] {
  const drops: [string, string][] = [];
  world.mempool.dropped.on(({ transaction, error }: DroppedTransaction) =>
    drops.push([toHex(transaction.hash), error.code]),
  );
  return drops;
}

describe('Mempool: admission', () => {
  it('takes in what viem signs and gives it back by hash', async () => {
    const world = await PoolWorld.open();
    const raw = await privateKeyToAccount(toHex(alice.privateKey)).signTransaction({
      chainId: 31338,
      type: 'eip1559',
      nonce: 0,
      to: toHex(bob.address),
      value: 5n,
      gas: 21_000n,
      maxFeePerGas: 2n * GWEI,
      maxPriorityFeePerGas: GWEI,
    });
    const hash = await world.mempool.add(fromHex(raw));
    expect(world.mempool.get(hash)).to.deep.include({ from: alice.address, to: bob.address, value: 5n });
    expect(world.mempool.pendingNonce(alice.address)).to.equal(1n);
    expect(world.mempool.pendingNonce(bob.address)).to.equal(0n);
  });

  const blockGasLimit = 30_000_000n;
  const cases: [name: string, raw: () => Uint8Array, words: string][] = [
    ['another chain', () => transfer(alice, 0, { chainId: 1 }).raw, 'invalid chain id for signer: have 1 want 31338'],
    [
      'less gas than the intrinsic',
      () => transfer(alice, 0, { gasLimit: 20_999n }).raw,
      'intrinsic gas too low: gas 20999, minimum needed 21000',
    ],
    [
      'less gas than the calldata floor (EIP-7623)',
      () => transfer(alice, 0, { gasLimit: 24_999n, data: new Uint8Array(100).fill(1) }).raw,
      'insufficient gas for floor data gas cost: gas 24999, minimum needed 25000',
    ],
    [
      'a tip over the fee cap',
      () => transfer(alice, 0, { maxFeePerGas: 1n, maxPriorityFeePerGas: 2n }).raw,
      'max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: 2, maxFeePerGas: 1',
    ],
    [
      'more gas than EIP-7825 allows',
      () => transfer(alice, 0, { gasLimit: 16_777_217n }).raw,
      'transaction gas limit too high (cap: 16777216, tx: 16777217)',
    ],
    [
      'too large init code',
      () => transfer(alice, 0, { to: undefined, gasLimit: 16_000_000n, data: new Uint8Array(49_153) }).raw,
      'max initcode size exceeded: code size 49153, limit 49152',
    ],
    [
      'a sender without money',
      () => transfer(broke, 0).raw,
      'insufficient funds for gas * price + value: balance 0, tx cost 42000000000001, overshot 42000000000001',
    ],
    ['a blob transaction', () => Uint8Array.of(3, 0xc0), 'transaction type not supported: 3'],
    [
      'an oversized one',
      () => new Uint8Array(131_073).fill(0xf8),
      'oversized data: transaction size 131073, limit 110000',
    ],
    ['a nonce beyond 2^53', () => transfer(alice, 0, { nonce: 2n ** 53n }).raw, 'nonce too high'],
  ];
  for (const [name, raw, words] of cases) {
    it(`refuses ${name} in geth's words`, async () => {
      const world = await PoolWorld.open();
      expect((await refusal(() => world.mempool.add(raw()))).shortMessage).to.contain(words);
      expect(world.mempool.size()).to.deep.equal({ count: 0, sizeBytes: 0 });
      expect(await world.journal()).to.deep.equal([]);
    });
  }

  it('refuses a gas limit that never fits beside the L1 attributes deposit', async () => {
    const config = testConfig({ forks: { pragueTimeSeconds: 2e9, osakaTimeSeconds: 2e9 } });
    const world = await PoolWorld.open({ config });
    const { raw } = transfer(alice, 0, { gasLimit: blockGasLimit });
    const { shortMessage } = await refusal(() => world.mempool.add(raw));
    expect(shortMessage).to.equal('exceeds block gas limit: gas 30000000, at most 29000000');
    await world.mempool.add(transfer(alice, 0, { gasLimit: 29_000_000n }).raw);
  });

  it('refuses the same transaction twice, and a used nonce', async () => {
    const world = await PoolWorld.open();
    const first = transfer(alice, 0);
    await world.mempool.add(first.raw);
    expect((await refusal(() => world.mempool.add(first.raw))).message).to.equal('already known');
    await world.block([first]);
    const { message } = await refusal(() => world.mempool.add(transfer(alice, 0, { value: 2n }).raw));
    expect(message).to.equal('nonce too low: next nonce 1, tx nonce 0');
  });

  it("refuses what the balance does not pay for beside the sender's other transactions", async () => {
    const world = await PoolWorld.open();
    await world.mempool.add(transfer(oneEther, 0, { value: (ETHER * 6n) / 10n }).raw);
    const { message } = await refusal(() =>
      world.mempool.add(transfer(oneEther, 1, { value: (ETHER * 5n) / 10n }).raw),
    );
    expect(message).to.equal(
      'insufficient funds for gas * price + value: balance 1000000000000000000, queued cost 600042000000000000, tx cost 500042000000000000, overshot 100084000000000000',
    );
    await world.mempool.add(transfer(oneEther, 1, { value: (ETHER * 3n) / 10n }).raw);
    expect(world.mempool.pending()).to.equal(2);
  });

  it('accepts a fee cap below the base fee and lets it wait', async () => {
    const world = await PoolWorld.open();
    const cheap = transfer(alice, 0, { maxFeePerGas: 100n, maxPriorityFeePerGas: 0n });
    await world.mempool.add(cheap.raw);
    expect(world.mempool.isIncludable(cheap.hash)).to.equal(false);
    expect(world.mempool.hasIncludable()).to.equal(false);
    expect(world.mempool.next(GWEI, blockGasLimit)).to.deep.equal([]);
    expect(hashes(world.mempool.next(100n, blockGasLimit))).to.deep.equal(hashes([cheap]));
    const behindIt = transfer(alice, 1);
    await world.mempool.add(behindIt.raw);
    expect(world.mempool.isIncludable(behindIt.hash)).to.equal(false);
  });

  it('accepts a legacy transaction without replay protection, as anvil does', async () => {
    const world = await PoolWorld.open();
    await world.mempool.add(transfer(alice, 0, { type: 0, chainId: undefined }).raw);
    expect(world.mempool.pending()).to.equal(1);
  });
});

describe('Mempool: nonces and replacement', () => {
  it('queues a gap and promotes it when it closes', async () => {
    const world = await PoolWorld.open();
    const [zero, one, three] = [transfer(alice, 0), transfer(alice, 1), transfer(alice, 3)];
    await world.mempool.add(three.raw);
    await world.mempool.add(one.raw);
    expect(world.mempool.pending()).to.equal(0);
    await world.mempool.add(zero.raw);
    expect(world.mempool.pendingNonce(alice.address)).to.equal(2n);
    expect(world.mempool.content()).to.deep.equal([{ sender: alice.address, pending: [zero, one], queued: [three] }]);
    await world.block([zero, one]);
    expect(world.mempool.pending()).to.equal(0);
    await world.mempool.add(transfer(alice, 2).raw);
    expect(world.mempool.pendingNonce(alice.address)).to.equal(4n);
  });

  it('replaces at 10 % more of both prices, and not below', async () => {
    const world = await PoolWorld.open();
    const drops = watchDrops(world);
    const old = transfer(alice, 0, { maxFeePerGas: 1000n, maxPriorityFeePerGas: 100n });
    await world.mempool.add(old.raw);
    for (const [maxFeePerGas, maxPriorityFeePerGas] of [
      [1099n, 110n],
      [1100n, 109n],
      [1000n, 100n],
    ]) {
      const bad = transfer(alice, 0, { maxFeePerGas, maxPriorityFeePerGas, value: 2n });
      expect((await refusal(() => world.mempool.add(bad.raw))).message).to.equal('replacement transaction underpriced');
    }
    const good = transfer(alice, 0, { maxFeePerGas: 1100n, maxPriorityFeePerGas: 110n });
    await world.mempool.add(good.raw);
    expect(drops).to.deep.equal([[toHex(old.hash), 'Mempool.Replaced']]);
    expect(world.mempool.pendingTransactions()).to.deep.equal([good]);
    expect((await world.journal()).length).to.equal(1);
    expect((await world.reopened()).pendingTransactions()).to.deep.equal([good]);
  });

  it('drops what a block made invalid: a used nonce, a balance that has gone', async () => {
    const world = await PoolWorld.open();
    const drops = watchDrops(world);
    const waiting = transfer(oneEther, 1, { value: ETHER / 2n });
    const other = transfer(alice, 0, { value: 7n });
    await world.mempool.add(waiting.raw);
    await world.mempool.add(other.raw);
    await world.block([transfer(oneEther, 0, { value: (ETHER * 9n) / 10n }), transfer(alice, 0)]);
    expect(drops).to.deep.equal([
      [toHex(waiting.hash), 'Mempool.InsufficientFunds'],
      [toHex(other.hash), 'Mempool.NonceTooLow'],
    ]);
    expect(await world.journal()).to.deep.equal([]);
  });

  it('lets a sender that is short of funds go on when money comes', async () => {
    const world = await PoolWorld.open();
    const second = transfer(oneEther, 1, { value: (ETHER * 6n) / 10n });
    await world.mempool.add(second.raw);
    const first = transfer(oneEther, 0, { value: (ETHER * 3n) / 10n });
    await world.mempool.add(first.raw);
    const raised = transfer(oneEther, 0, {
      value: (ETHER * 39n) / 100n,
      maxFeePerGas: 4n * GWEI,
      maxPriorityFeePerGas: 2n * GWEI,
    });
    await world.mempool.drop(second.hash, new TributaryError('Test.Drop', 'for the test'));
    const late = transfer(oneEther, 1, { value: (ETHER * 65n) / 100n });
    await world.mempool.drop(first.hash, new TributaryError('Test.Drop', 'for the test'));
    await world.mempool.add(late.raw);
    await world.mempool.add(raised.raw);
    expect(world.mempool.pendingNonce(oneEther.address)).to.equal(1n);
    await world.block([transfer(bob, 0, { to: oneEther.address, value: ETHER })]);
    expect(world.mempool.pendingNonce(oneEther.address)).to.equal(2n);
  });

  it('keeps the later transactions of a sender when one is dropped', async () => {
    const world = await PoolWorld.open();
    const transactions = [0, 1, 2].map((nonce) => transfer(alice, nonce));
    for (const { raw } of transactions) await world.mempool.add(raw);
    world.mempool.drop(transactions[1].hash, new TributaryError('Execution.Test', 'invalid'));
    expect(world.mempool.content()[0].queued).to.deep.equal([transactions[2]]);
    expect(world.mempool.pendingNonce(alice.address)).to.equal(1n);
  });
});

describe('Mempool: order', () => {
  it('offers the best effective tip first, in nonce order per sender, ties by arrival', async () => {
    const world = await PoolWorld.open();
    const tip = (account: typeof alice, nonce: number, gwei: bigint) =>
      transfer(account, nonce, { maxPriorityFeePerGas: gwei * GWEI, maxFeePerGas: 100n * GWEI });
    const [a0, a1, b0, b1, c0] = [
      tip(alice, 0, 1n),
      tip(alice, 1, 9n),
      tip(bob, 0, 5n),
      tip(bob, 1, 1n),
      tip(carol, 0, 5n),
    ];
    for (const { raw } of [c0, b1, a1, a0, b0]) await world.mempool.add(raw);
    // b1 came in before a0, so that their tie goes to it.
    expect(hashes(world.mempool.next(GWEI, 30_000_000n))).to.deep.equal(hashes([c0, b0, b1, a0, a1]));
    expect(hashes(world.mempool.next(GWEI, 42_000n))).to.deep.equal(hashes([c0, b0]));
  });

  it('counts only the tip that the fee cap leaves room for', async () => {
    const world = await PoolWorld.open();
    const capped = transfer(alice, 0, { maxPriorityFeePerGas: 9n * GWEI, maxFeePerGas: 10n * GWEI });
    const plain = transfer(bob, 0, { maxPriorityFeePerGas: 2n * GWEI, maxFeePerGas: 50n * GWEI });
    await world.mempool.add(capped.raw);
    await world.mempool.add(plain.raw);
    expect(hashes(world.mempool.next(GWEI, 30_000_000n))).to.deep.equal(hashes([capped, plain]));
    expect(hashes(world.mempool.next(9n * GWEI, 30_000_000n))).to.deep.equal(hashes([plain, capped]));
  });

  it('holds back the later transactions of one that is too large for the gas left', async () => {
    const world = await PoolWorld.open();
    const large = transfer(alice, 0, { gasLimit: 100_000n, maxPriorityFeePerGas: 2n * GWEI });
    const after = transfer(alice, 1, { maxPriorityFeePerGas: 2n * GWEI });
    const small = transfer(bob, 0);
    for (const { raw } of [large, after, small]) await world.mempool.add(raw);
    expect(hashes(world.mempool.next(1n, 50_000n))).to.deep.equal(hashes([small]));
  });
});

describe('Mempool: bounds', () => {
  it('gives up the cheapest tail for one that pays more, never one in the middle', async () => {
    const world = await PoolWorld.open({ limits: { countMax: 4 } });
    const drops = watchDrops(world);
    const priced = (account: typeof alice, nonce: number, gwei: bigint) =>
      transfer(account, nonce, { maxPriorityFeePerGas: gwei * GWEI, maxFeePerGas: 100n * GWEI });
    const [a0, a1, b0, b1] = [priced(alice, 0, 1n), priced(alice, 1, 7n), priced(bob, 0, 5n), priced(bob, 1, 3n)];
    for (const { raw } of [a0, a1, b0, b1]) await world.mempool.add(raw);
    const cheap = await refusal(() => world.mempool.add(priced(carol, 0, 3n).raw));
    expect(cheap.message).to.contain('transaction underpriced');
    await world.mempool.add(priced(carol, 0, 4n).raw);
    expect(drops).to.deep.equal([[toHex(b1.hash), 'Mempool.Evicted']]);
    await world.mempool.add(priced(accounts[3], 0, 6n).raw);
    expect(world.mempool.size().count).to.equal(4);
    expect(hashes(world.mempool.pendingTransactions())).to.include.members(hashes([a0, a1, b0]));
    expect((await world.reopened({ countMax: 4 })).size()).to.deep.equal(world.mempool.size());
  });

  it('gives up queued transactions before any that can run', async () => {
    const world = await PoolWorld.open({ limits: { countMax: 2 } });
    const drops = watchDrops(world);
    const gapped = transfer(alice, 5, { maxPriorityFeePerGas: 90n * GWEI, maxFeePerGas: 100n * GWEI });
    await world.mempool.add(gapped.raw);
    await world.mempool.add(transfer(bob, 0).raw);
    await world.mempool.add(transfer(carol, 0).raw);
    expect(drops).to.deep.equal([[toHex(gapped.hash), 'Mempool.Evicted']]);
    expect((await refusal(() => world.mempool.add(gapped.raw))).message).to.contain('txpool is full');
  });

  it('bounds the bytes', async () => {
    const world = await PoolWorld.open({ limits: { sizeBytesMax: 10_000 } });
    const big = (account: typeof alice, gwei: bigint) =>
      transfer(account, 0, {
        data: new Uint8Array(4_000).fill(1),
        gasLimit: 200_000n,
        maxPriorityFeePerGas: gwei * GWEI,
        maxFeePerGas: 100n * GWEI,
      });
    const [first, second, third] = [big(alice, 1n), big(bob, 2n), big(carol, 3n)];
    for (const { raw } of [first, second, third]) await world.mempool.add(raw);
    expect(world.mempool.get(first.hash)).to.equal(undefined);
    expect(world.mempool.size()).to.deep.equal({ count: 2, sizeBytes: second.raw.length + third.raw.length });
  });

  it("bounds one sender's part, but lets an earlier nonce in", async () => {
    const world = await PoolWorld.open({ limits: { senderCountMax: 2 } });
    await world.mempool.add(transfer(alice, 1).raw);
    await world.mempool.add(transfer(alice, 2).raw);
    expect((await refusal(() => world.mempool.add(transfer(alice, 3).raw))).message).to.contain(
      'account limit exceeded',
    );
    await world.mempool.add(transfer(alice, 0).raw);
    expect(world.mempool.pendingNonce(alice.address)).to.equal(2n);
    expect(world.mempool.size().count).to.equal(2);
  });

  it('does not evict the transaction that the new one follows', async () => {
    const world = await PoolWorld.open({ limits: { countMax: 1 } });
    await world.mempool.add(transfer(alice, 0).raw);
    const next = transfer(alice, 1, { maxPriorityFeePerGas: 5n * GWEI, maxFeePerGas: 9n * GWEI });
    expect((await refusal(() => world.mempool.add(next.raw))).message).to.contain('txpool is full');
  });
});

describe('Mempool: journal', () => {
  it('has on disk what add acknowledged, and finds it after a restart in the same order', async () => {
    const world = await PoolWorld.open();
    const transactions = [transfer(bob, 1), transfer(alice, 0), transfer(bob, 0), transfer(carol, 4)];
    await Promise.all(transactions.map(({ raw }) => world.mempool.add(raw)));
    const again = await world.reopened();
    expect(again.content()).to.deep.equal(world.mempool.content());
    expect(again.pendingTransactions()).to.deep.equal(world.mempool.pendingTransactions());
  });

  it('writes all adds in flight in one batch', async () => {
    const store = new MemoryStore();
    const world = await PoolWorld.open({ store });
    let batches = 0;
    const write = store.batch.bind(store);
    store.batch = (operations: KeyValueOperation[]) => {
      batches++;
      return write(operations);
    };
    await Promise.all(Array.from({ length: 100 }, (_, nonce) => world.mempool.add(transfer(alice, nonce).raw)));
    expect(batches).to.equal(1);
    expect((await world.journal()).length).to.equal(100);
  });

  it('does not acknowledge when the disk fails', async () => {
    const store = new MemoryStore();
    const world = await PoolWorld.open({ store });
    store.batch = () => Promise.reject(new TributaryError('Test.Disk', 'no space left'));
    const error = await refusal(() => world.mempool.add(transfer(alice, 0).raw));
    expect(error).to.include({ code: 'Mempool.JournalFailed', recovery: 'halt' });
  });

  it('removes included transactions in the batch of their block', async () => {
    const world = await PoolWorld.open();
    const transactions = [transfer(alice, 0), transfer(bob, 0)];
    for (const { raw } of transactions) await world.mempool.add(raw);
    const executed = await world.execute([transactions[0]]);
    const deletes = world.mempool.journalDeletes(executed.block.transactions);
    expect(deletes.length).to.equal(1);
    await world.commit(executed, deletes);
    expect((await world.journal()).length).to.equal(1);
    expect((await world.reopened()).pendingTransactions()).to.deep.equal([transactions[1]]);
  });

  it('drops at reload what is no longer valid, from the disk too', async () => {
    const world = await PoolWorld.open();
    await world.mempool.add(transfer(alice, 0).raw);
    await world.mempool.add(transfer(bob, 0).raw);
    // A crash between the block's commit and the journal's clean-up: the block is there, the entry too.
    const executed = await world.execute([transfer(alice, 0, { value: 9n })]);
    await world.mempool.close();
    await world.commit(executed);
    expect(await world.journal()).to.have.length(2);
    const again = await world.reopened();
    expect(again.size().count).to.equal(1);
    expect(await world.journal()).to.have.length(1);
  });

  it('keeps a replaced, acknowledged transaction on disk until its successor is there', async () => {
    const world = await PoolWorld.open();
    const old = transfer(alice, 0);
    await world.mempool.add(old.raw);
    const successor = transfer(alice, 0, { maxFeePerGas: 4n * GWEI, maxPriorityFeePerGas: 2n * GWEI });
    world.mempool.insert(successor);
    expect((await world.reopened()).pendingTransactions()).to.deep.equal([old]);
    await world.mempool.persist(successor.hash);
    expect((await world.reopened()).pendingTransactions()).to.deep.equal([successor]);
    expect(await world.journal()).to.have.length(1);
  });

  it('returns the transactions of rewound blocks, on disk before the blocks go', async () => {
    const world = await PoolWorld.open();
    const transactions = [transfer(alice, 0), transfer(alice, 1), transfer(bob, 0)];
    for (const { raw } of transactions) await world.mempool.add(raw);
    const blocks = [await world.block(transactions.slice(0, 1)), await world.block(transactions.slice(1))];
    expect(world.mempool.size().count).to.equal(0);
    await world.mempool.keepForRewind(blocks.flatMap((block) => block.transactions));
    expect(await world.journal()).to.have.length(3);
    await world.chain.rewindTo(0);
    expect(world.mempool.pendingTransactions()).to.deep.equal(transactions);
    expect((await world.reopened()).pendingTransactions()).to.deep.equal(transactions);
  });

  it('keeps what a rewind leaves without money until it is there again, even if it comes bit by bit', async () => {
    const world = await PoolWorld.open();
    const poor = broke;
    const funding = [
      transfer(alice, 0, { to: poor.address, value: 1n }),
      transfer(alice, 1, { to: poor.address, value: ETHER }),
    ];
    const spending = transfer(poor, 0);
    const waiting = transfer(poor, 1);
    const blocks = [await world.block(funding), await world.block([spending])];
    await world.mempool.add(waiting.raw);
    await world.mempool.keepForRewind(blocks.flatMap((block) => block.transactions));
    await world.chain.rewindTo(0);
    expect(world.mempool.pendingTransactions()).to.deep.equal(funding);
    expect(world.mempool.size().count).to.equal(4);
    await world.block(funding.slice(0, 1));
    expect(world.mempool.size().count, 'one wei is too little').to.equal(3);
    await world.block(funding.slice(1));
    expect(world.mempool.pendingTransactions()).to.have.deep.members([spending, waiting]);
    await world.block([spending, waiting]);
    expect(world.mempool.size().count).to.equal(0);
    expect(await world.journal()).to.have.length(0);
  });

  it('reports what waits for a deposit that went, not what transfers that come back pay for', async () => {
    const warnings: { transactions?: string[] }[] = [];
    const logger = { ...silentLogger, child: () => logger, warn: (fields: object) => void warnings.push(fields) };
    const world = await PoolWorld.open({ logger });
    const depositor = freshAccount(0);
    const stranded = transfer(depositor, 0);
    const deposit = { from: bob.address, to: depositor.address, mint: ETHER, value: ETHER, gasLimit: 21_000n };
    const blocks = [
      await world.block([], [{ block: l1Block(101), deposits: [{ ...deposit, logIndex: 0, data: new Uint8Array() }] }]),
    ];
    const fresh = Array.from({ length: 40 }, (_, index) => freshAccount(index + 1));
    const funding = fresh.map(({ address }, nonce) => transfer(alice, nonce, { to: address, value: ETHER }));
    blocks.push(await world.block([stranded, ...funding]));
    blocks.push(await world.block(fresh.map((account) => transfer(account, 0))));
    await world.mempool.keepForRewind(blocks.flatMap((block) => block.transactions));
    await world.chain.rewindTo(0);
    expect(warnings, 'the transfers have not come back yet').to.deep.equal([]);
    while (world.mempool.hasIncludable()) await world.block(world.mempool.pendingTransactions());
    expect(warnings.map(({ transactions }) => transactions)).to.deep.equal([[toHex(stranded.hash)]]);
    expect(world.mempool.content().flatMap(({ queued }) => hashes(queued))).to.deep.equal([toHex(stranded.hash)]);
  });
});
