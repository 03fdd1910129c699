import { expect } from 'chai';
import { toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { MemoryStore } from '../../src/core/memoryStore';
import { accounts, ETHER, GWEI, hashes, l1Block, PoolWorld, testConfig, transfer } from '../mempool/poolFixture';
import { deposit, Gate, SequencerWorld } from './sequencerFixture';

const [alice, bob, carol] = accounts;
const [oneEther] = accounts.slice(-3);

async function rejection(promise: Promise<unknown>): Promise<TributaryError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TributaryError) return error;
    throw error;
  }
  return expect.fail('expected a rejection');
}

describe('Sequencer: automatic mode', () => {
  it('answers with the hash once the block with the transaction is the head, without a journal entry', async () => {
    const world = await SequencerWorld.start();
    const transaction = transfer(alice, 0);
    const hash = await world.sequencer.submit(transaction.raw);
    expect(toHex(hash)).to.equal(toHex(transaction.hash));
    expect(world.pool.chain.transactionLocation(hash)).to.deep.equal({ blockNumber: 1, index: 1 });
    expect(world.pool.chain.receipts(1)?.at(1)).to.deep.include({ succeeded: true, gasUsed: 21_000n });
    expect(await world.pool.journal()).to.deep.equal([]);
    expect(world.pool.mempool.size().count).to.equal(0);
    await world.sequencer.stop();
  });

  it('lets requests of one turn of the event loop share a block', async () => {
    const world = await SequencerWorld.start();
    const transactions = [0, 1, 2, 3].map((nonce) => transfer(alice, nonce));
    await Promise.all(transactions.map(({ raw }) => world.sequencer.submit(raw)));
    expect(world.blocks()).to.deep.equal([hashes(transactions)]);
    await world.sequencer.stop();
  });

  it('waits with a block for what is being decoded, but no longer than it may', async () => {
    const gates = [new Gate(), new Gate()];
    const transactions = [transfer(alice, 0), transfer(bob, 0), transfer(carol, 0)];
    const decoder = {
      async decode(raw: Uint8Array) {
        const index = transactions.findIndex((transaction) => transaction.raw === raw);
        if (index > 0) await gates[index - 1].passed;
        return transactions[index];
      },
    };
    const world = await SequencerWorld.start({ decoder, gatherMsMax: 5 });
    const answers = transactions.map(({ raw }) => world.sequencer.submit(raw));
    await world.settle();
    expect(world.blocks(), 'while two are being decoded').to.deep.equal([]);
    gates[0].open();
    await world.settle();
    expect(world.blocks(), 'while one is being decoded').to.deep.equal([]);
    world.pool.clock.advance(5);
    await world.until(() => world.sealed.length === 1);
    gates[1].open();
    await Promise.all(answers);
    expect(world.blocks()).to.deep.equal([hashes(transactions.slice(0, 2)), hashes(transactions.slice(2))]);

    const together = [transfer(alice, 1), transfer(bob, 1)];
    transactions.splice(0, 3, ...together);
    gates[0] = new Gate();
    const later = together.map(({ raw }) => world.sequencer.submit(raw));
    await world.settle();
    gates[0].open();
    await Promise.all(later);
    expect(world.blocks().at(-1), 'without the clock going on').to.deep.equal(hashes(together));
    await world.sequencer.stop();
  });

  it('puts what arrives while a block executes into the next one, together', async () => {
    const world = await SequencerWorld.start();
    const gate = new Gate();
    world.execute = async (request) => {
      if (request.attributes.number === 1) await gate.passed;
      return world.pool.executor.executeBlock(request);
    };
    const first = world.sequencer.submit(transfer(alice, 0).raw);
    await world.until(() => world.requests.length === 1);
    const later = [transfer(alice, 1), transfer(bob, 0), transfer(carol, 0)];
    const answers = later.map(({ raw }) => world.sequencer.submit(raw));
    await world.settle();
    gate.open();
    await Promise.all([first, ...answers]);
    expect(world.blocks().map((block) => block.length)).to.deep.equal([1, 3]);
    await world.sequencer.stop();
  });

  it('answers a queued transaction from the journal, and seals it when the gap closes', async () => {
    const world = await SequencerWorld.start();
    const [zero, one] = [transfer(alice, 0), transfer(alice, 1)];
    await world.sequencer.submit(one.raw);
    expect(world.sealed).to.deep.equal([]);
    expect((await world.pool.reopened()).get(one.hash)).to.deep.equal(one);
    await world.sequencer.submit(zero.raw);
    expect(world.blocks()).to.deep.equal([hashes([zero, one])]);
    expect(await world.pool.journal()).to.deep.equal([]);
    await world.sequencer.stop();
  });

  it('answers a transaction with a fee cap below the base fee from the journal', async () => {
    const world = await SequencerWorld.start();
    const cheap = transfer(alice, 0, { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n });
    await world.sequencer.submit(cheap.raw);
    await world.settle();
    expect(world.sealed).to.deep.equal([]);
    expect((await world.pool.journal()).length).to.equal(1);
    await world.sequencer.stop();
  });

  it('seals nothing while nothing waits', async () => {
    const world = await SequencerWorld.start();
    await world.settle();
    expect(world.head.header.number).to.equal(0);
    const block = await world.sequencer.sealNow();
    expect(block.header.number).to.equal(1);
    expect(block.transactions.length).to.equal(1);
    await world.sequencer.stop();
  });

  it('fills blocks one after the other when more waits than fits', async () => {
    const world = await SequencerWorld.start();
    const transactions = Array.from({ length: 30 }, (_, i) =>
      transfer(accounts[i % 3], Math.floor(i / 3), { gasLimit: 4_000_000n }),
    );
    await Promise.all(transactions.map(({ raw }) => world.sequencer.submit(raw)));
    const included = world.blocks().flat();
    expect(included).to.have.members(hashes(transactions));
    expect(world.sealed.every(({ block }) => block.header.gasUsed <= block.header.gasLimit)).to.equal(true);
    // Limits are 190 times what a transfer uses: the list for a block must not be cut off by them.
    expect(world.sealed.length).to.be.lessThan(5);
    await world.sequencer.stop();
  });

  it('drops what turns out invalid while building and tells its submitter', async () => {
    const world = await SequencerWorld.start();
    const victim = transfer(bob, 0);
    world.execute = async (request) => {
      const transactions = request.transactions.filter(
        ({ from }) => from !== victim.from && toHex(from) !== toHex(bob.address),
      );
      const executed = await world.pool.executor.executeBlock({ ...request, transactions });
      const error = new TributaryError('Execution.InsufficientFunds', 'insufficient funds for gas * price + value: …');
      return { ...executed, rejected: [{ transaction: victim, error }] };
    };
    const good = world.sequencer.submit(transfer(alice, 0).raw);
    const bad = world.sequencer.submit(victim.raw);
    expect((await rejection(bad)).code).to.equal('Execution.InsufficientFunds');
    await good;
    expect(world.pool.mempool.size().count).to.equal(0);
    expect(world.sequencer.status()).to.include({ transactionsIncludedCount: 1, transactionsRejectedCount: 1 });
    await world.sequencer.stop();
  });

  it('makes no block of candidates that are all invalid', async () => {
    const world = await SequencerWorld.start();
    const victim = transfer(bob, 0);
    world.execute = async (request) => {
      const executed = await world.pool.executor.executeBlock({ ...request, transactions: [] });
      const rejected = request.transactions.map((transaction) => ({
        transaction,
        error: new TributaryError('Execution.SenderNotEoa', 'sender not an eoa'),
      }));
      return { ...executed, rejected };
    };
    expect((await rejection(world.sequencer.submit(victim.raw))).code).to.equal('Execution.SenderNotEoa');
    await world.settle();
    expect(world.head.header.number).to.equal(0);
    expect(world.requests.length).to.equal(1);
    await world.sequencer.stop();
  });

  it('keeps a transaction that finds the block full, and does not spin on it', async () => {
    const world = await SequencerWorld.start();
    const waiting = transfer(bob, 0);
    world.execute = async (request) => {
      const executed = await world.pool.executor.executeBlock({ ...request, transactions: [] });
      const error = new TributaryError('Execution.BlockGasLimitReached', 'gas limit reached');
      return { ...executed, rejected: request.transactions.map((transaction) => ({ transaction, error })) };
    };
    await world.sequencer.submit(waiting.raw);
    await world.settle();
    expect(world.requests.length).to.equal(1);
    expect(world.failures).to.deep.equal(['Sequencer.NoProgress']);
    expect(world.pool.mempool.get(waiting.hash)).to.deep.equal(waiting);
    world.execute = (request) => world.pool.executor.executeBlock(request);
    world.pool.clock.advance(100);
    await world.until(() => world.sealed.length === 1);
    expect(world.blocks()).to.deep.equal([hashes([waiting])]);
    await world.sequencer.stop();
  });

  it("answers a replaced transaction's submitter when the successor is safe", async () => {
    const world = await SequencerWorld.start();
    const gate = new Gate();
    world.execute = async (request) => {
      if (request.attributes.number === 1) await gate.passed;
      return world.pool.executor.executeBlock(request);
    };
    const first = world.sequencer.submit(transfer(alice, 0).raw);
    await world.until(() => world.requests.length === 1);
    const replaced = transfer(bob, 0);
    const successor = transfer(bob, 0, { maxFeePerGas: 4n * GWEI, maxPriorityFeePerGas: 2n * GWEI });
    const answers = [world.sequencer.submit(replaced.raw), world.sequencer.submit(successor.raw)];
    gate.open();
    await Promise.all([first, ...answers]);
    expect(world.blocks()[1]).to.deep.equal(hashes([successor]));
    await world.sequencer.stop();
  });

  it('counts a transaction of the block in flight as included even when it is replaced meanwhile', async () => {
    const world = await SequencerWorld.start();
    const gate = new Gate();
    world.execute = async (request) => {
      const executed = await world.pool.executor.executeBlock(request);
      await gate.passed;
      return executed;
    };
    const original = transfer(bob, 0);
    const answer = world.sequencer.submit(original.raw);
    await world.until(() => world.requests.length === 1);
    const tooLate = world.sequencer.submit(
      transfer(bob, 0, { maxFeePerGas: 4n * GWEI, maxPriorityFeePerGas: 2n * GWEI }).raw,
    );
    gate.open();
    expect(toHex(await answer)).to.equal(toHex(original.hash));
    expect((await rejection(tooLate)).shortMessage).to.equal('nonce too low: next nonce 1, tx nonce 0');
    expect(world.blocks()).to.deep.equal([hashes([original])]);
    await world.sequencer.stop();
  });
});

describe('Sequencer: on a clock', () => {
  it('journals before it answers, and seals at each tick, empty blocks too', async () => {
    const world = await SequencerWorld.start({ blockTimeSeconds: 2 });
    const transaction = transfer(alice, 0);
    await world.sequencer.submit(transaction.raw);
    expect((await world.pool.journal()).length).to.equal(1);
    await world.settle();
    expect(world.head.header.number).to.equal(0);
    for (const expected of [1, 2, 3]) {
      world.pool.clock.advance(2_000);
      await world.until(() => world.sealed.length === expected);
    }
    expect(world.blocks()).to.deep.equal([hashes([transaction]), [], []]);
    const timestamps = world.sealed.map(
      ({ block }) => block.header.timestamp - testConfig().genesis.l2TimestampSeconds,
    );
    expect(timestamps).to.deep.equal([2, 4, 6]);
    expect(await world.pool.journal()).to.deep.equal([]);
    await world.sequencer.stop();
    expect(world.pool.clock.timerCount).to.equal(0);
  });

  it('puts what one block has no bytes for into further blocks of the same tick, each small enough for a batch', async () => {
    const world = await SequencerWorld.start({ blockTimeSeconds: 2 });
    const data = new Uint8Array(50_000);
    const transactions = [0, 1, 2].map((nonce) => transfer(alice, nonce, { data, gasLimit: 3_000_000n }));
    for (const { raw } of transactions) await world.sequencer.submit(raw);
    world.pool.clock.advance(2_000);
    await world.until(() => world.sealed.length === 2);
    const [first, second, third] = transactions;
    expect(world.blocks()).to.deep.equal([hashes([first, second]), hashes([third])]);
    expect(world.sealed[1].block.header.timestamp).to.equal(world.sealed[0].block.header.timestamp);
    await world.sequencer.stop();
  });
});

describe('Sequencer: L1', () => {
  it('seals a block for deposits, but none for an L1 block without any', async () => {
    const world = await SequencerWorld.start();
    world.origins.push({ block: l1Block(101), deposits: [] });
    await world.settle();
    expect(world.sealed).to.deep.equal([]);
    world.origins.push({ block: l1Block(102), deposits: [deposit(0), deposit(3)] });
    await world.until(() => world.sealed.length === 1);
    const [{ block, trigger }] = world.sealed;
    expect(trigger).to.equal('deposits');
    expect(block.l1Origin).to.deep.include({ number: 102, sequenceNumber: 0 });
    expect(block.transactions.map(({ type }) => type)).to.deep.equal([0x7e, 0x7e, 0x7e]);
    await world.settle();
    expect(world.sealed.length).to.equal(1);
    await world.sequencer.stop();
  });

  it('seals when half of the sequencing window has gone by, as often as that takes', async () => {
    const world = await SequencerWorld.start();
    for (let number = 101; number <= 109; number++) world.origins.push({ block: l1Block(number), deposits: [] });
    await world.settle();
    expect(world.sealed).to.deep.equal([]);
    world.origins.push({ block: l1Block(110), deposits: [] });
    await world.until(() => world.sealed.length === 1);
    expect(world.sealed[0].trigger).to.equal('window');
    // The origin advances by at most 8 in a block (l1OriginAdvanceMax of the test's config); 108 is within half a window of 110.
    expect(world.head.l1Origin.number).to.equal(108);
    await world.settle();
    expect(world.sealed.length).to.equal(1);
    await world.sequencer.stop();
  });

  it('advances only as far as deposits fill half a block', async () => {
    const world = await SequencerWorld.start({ start: false });
    for (let number = 101; number <= 103; number++) {
      world.origins.push({ block: l1Block(number), deposits: [deposit(0, { gasLimit: 10_000_000n })] });
    }
    world.sequencer.start();
    await world.until(() => world.sealed.length === 3);
    expect(world.sealed.map(({ block }) => block.l1Origin.number)).to.deep.equal([101, 102, 103]);
    await world.sequencer.stop();
  });

  it('does not build on a replaced L1 block, and goes on after a rewind with the transactions back', async () => {
    const world = await SequencerWorld.start();
    world.origins.push({ block: l1Block(101), deposits: [] });
    const [first, second] = [transfer(alice, 0), transfer(alice, 1)];
    await world.sequencer.submit(first.raw);
    expect(world.head.l1Origin.number).to.equal(101);
    world.origins.cutTo(100);
    world.origins.push({ block: l1Block(101, 'b', ''), deposits: [deposit(1)] });
    await world.until(() => world.failures.length > 0);
    expect(world.failures[0]).to.equal('Sequencer.OriginReorged');
    expect(world.sequencer.status().lastError?.recovery).to.equal('reset');
    await world.sequencer.submit(second.raw);
    expect((await world.pool.journal()).length).to.equal(1);
    await world.sequencer.rewindTo(0);
    await world.until(() => world.sealed.length === 2);
    expect(toHex(world.head.l1Origin.hash)).to.equal(toHex(l1Block(101, 'b').hash));
    expect(world.blocks()[1]).to.deep.equal(hashes([first, second]));
    expect(world.sequencer.status()).to.include({ state: 'idle', consecutiveFailuresCount: 0, lastError: undefined });
    await world.sequencer.stop();
  });
});

describe('Sequencer: failures', () => {
  it('retries an executor that throws, later and later, and loses nothing', async () => {
    const world = await SequencerWorld.start();
    world.execute = async () => {
      throw new TributaryError('Execution.WorkerDied', 'the worker died', { recovery: 'retry' });
    };
    const transaction = transfer(alice, 0);
    await world.sequencer.submit(transaction.raw);
    expect((await world.pool.journal()).length).to.equal(1);
    expect(world.sequencer.status()).to.include({ state: 'retrying', failuresCount: 1 });
    for (const [delayMs, attempts] of [
      [99, 1],
      [1, 2],
      [199, 2],
      [1, 3],
    ]) {
      world.pool.clock.advance(delayMs);
      await world.settle();
      expect(world.requests.length).to.equal(attempts);
    }
    world.execute = (request) => world.pool.executor.executeBlock(request);
    world.pool.clock.advance(400);
    await world.until(() => world.sealed.length === 1);
    expect(world.blocks()).to.deep.equal([hashes([transaction])]);
    expect(world.sequencer.status().lastError).to.equal(undefined);
    await world.sequencer.stop();
  });

  it('halts when the disk fails, says so to who waits and to who comes later', async () => {
    const store = new MemoryStore();
    const pool = await PoolWorld.open({ store });
    const world = await SequencerWorld.start({ pool });
    store.batch = () => Promise.reject(new TributaryError('Test.Disk', 'no space left on device'));
    const waiting = await rejection(world.sequencer.submit(transfer(alice, 0).raw));
    expect(waiting.code).to.equal('Sequencer.Halted');
    expect(waiting.shortMessage).to.contain('no space left on device');
    expect((await rejection(world.sequencer.submit(transfer(alice, 1).raw))).code).to.equal('Sequencer.Halted');
    expect((await rejection(world.sequencer.sealNow())).code).to.equal('Sequencer.Halted');
    expect(world.sequencer.status()).to.include({ state: 'halted', headNumber: 0 });
    expect(world.sealed).to.deep.equal([]);
    await world.sequencer.stop();
  });

  it('finishes the block in flight when it stops, and journals what came too late for it', async () => {
    const world = await SequencerWorld.start();
    const gate = new Gate();
    world.execute = async (request) => {
      await gate.passed;
      return world.pool.executor.executeBlock(request);
    };
    const [inFlight, late] = [transfer(alice, 0), transfer(alice, 1)];
    const first = world.sequencer.submit(inFlight.raw);
    await world.until(() => world.requests.length === 1);
    const second = world.sequencer.submit(late.raw);
    const stopped = world.sequencer.stop();
    gate.open();
    await Promise.all([stopped, first, second]);
    expect(world.blocks()).to.deep.equal([hashes([inFlight])]);
    expect((await world.pool.reopened()).pendingTransactions()).to.deep.equal([late]);
    expect((await rejection(world.sequencer.sealNow())).code).to.equal('Sequencer.Stopped');
  });

  it('answers from the journal who has waited too long for room in a block', async () => {
    const world = await SequencerWorld.start({ inclusionWaitMsMax: 1_000 });
    const gate = new Gate();
    const slow = transfer(carol, 0);
    world.execute = async (request) => {
      const [late, others] = [
        request.transactions.filter((t) => toHex(t.hash) === toHex(slow.hash)),
        request.transactions,
      ];
      if (request.attributes.number === 1) await gate.passed;
      const error = new TributaryError('Execution.BlockGasLimitReached', 'gas limit reached');
      const executed = await world.pool.executor.executeBlock({
        ...request,
        transactions: others.filter((t) => !late.includes(t)),
      });
      return { ...executed, rejected: late.map((transaction) => ({ transaction, error })) };
    };
    const answers = [world.sequencer.submit(transfer(alice, 0).raw), world.sequencer.submit(slow.raw)];
    await world.until(() => world.requests.length === 1);
    world.pool.clock.advance(1_001);
    gate.open();
    await Promise.all(answers);
    expect((await world.pool.reopened()).get(slow.hash)).to.deep.equal(slow);
    await world.sequencer.stop();
  });
});

describe('Sequencer: a sender whose balance runs out', () => {
  it('includes what the balance pays for and tells the rest why not', async () => {
    const world = await SequencerWorld.start();
    await world.sequencer.submit(transfer(oneEther, 0, { value: (ETHER * 9n) / 10n }).raw);
    const { shortMessage } = await rejection(world.sequencer.submit(transfer(oneEther, 1, { value: ETHER / 2n }).raw));
    expect(shortMessage).to.match(
      /^insufficient funds for gas \* price \+ value: balance \d+, tx cost \d+, overshot \d+$/,
    );
    await world.sequencer.stop();
  });
});
