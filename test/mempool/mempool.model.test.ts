import { expect } from 'chai';
import fc from 'fast-check';
import { effectiveGasPrice, transactionCost } from '../../src/codec/transaction';
import { toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { DEFAULT_MEMPOOL_LIMITS, type Mempool, type MempoolContent } from '../../src/mempool/mempool';
import { accounts, ETHER, GWEI, PoolWorld, transfer } from './poolFixture';

const SEED = Number(process.env.TEST_SEED ?? 20_261_121);
const LIMITS = { ...DEFAULT_MEMPOOL_LIMITS, countMax: 12, sizeBytesMax: 3_000, senderCountMax: 6 };
/** Two rich senders, one with 1 ether, one with 0.001 ether. */
const senders = [accounts[0], accounts[1], ...accounts.slice(-3, -1)];

type Step =
  | { kind: 'add'; sender: number; ahead: number; feeCap: number; tip: number; value: number; persist: boolean }
  | { kind: 'block'; gasLimit: number; skip: number }
  | { kind: 'pay'; sender: number }
  | { kind: 'drop'; pick: number }
  | { kind: 'rewind' };

const sender = fc.nat(senders.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      sender,
      ahead: fc.nat(4),
      feeCap: fc.integer({ min: 1, max: 40 }),
      tip: fc.nat(20),
      value: fc.nat(9),
      persist: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('block' as const),
      gasLimit: fc.integer({ min: 0, max: 200_000 }),
      skip: fc.nat(3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pay' as const), sender }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'rewind' }) },
);

async function perform(world: PoolWorld, action: Step): Promise<void> {
  const { mempool, chain } = world;
  if (action.kind === 'add') {
    const account = senders[action.sender];
    const nonce = Number(chain.stateAt(chain.head.header.number).account(account.address)?.nonce ?? 0n) + action.ahead;
    const transaction = transfer(account, nonce, {
      maxFeePerGas: (BigInt(action.feeCap) * GWEI) / 8n,
      maxPriorityFeePerGas: (BigInt(action.tip) * GWEI) / 8n,
      value: (BigInt(action.value) * ETHER) / 10n,
    });
    try {
      mempool.insert(transaction);
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      expect(error.code).to.match(/^(Mempool|Execution)\./);
      return;
    }
    if (action.persist) await mempool.persist(transaction.hash);
  } else if (action.kind === 'block') {
    const baseFee = await nextBaseFee(world);
    const list = mempool.next(baseFee, BigInt(action.gasLimit));
    await world.block(list.slice(0, Math.max(0, list.length - action.skip)));
  } else if (action.kind === 'pay') {
    const payer = accounts[5];
    const nonce = Number(mempool.pendingNonce(payer.address));
    const to = senders[action.sender].address;
    await world.block([transfer(payer, nonce, { to, value: ETHER / 2n, maxFeePerGas: 9n * GWEI })]);
  } else if (action.kind === 'drop') {
    const all = mempool.content().flatMap(({ pending, queued }) => [...pending, ...queued]);
    const victim = all[action.pick % Math.max(1, all.length)];
    if (victim) mempool.drop(victim.hash, new TributaryError('Execution.Test', 'dropped by the test'));
  } else {
    const { head } = chain;
    if (head.header.number === 0) return;
    await mempool.keepForRewind(head.transactions);
    await chain.rewindTo(head.header.number - 1);
  }
}

async function nextBaseFee(world: PoolWorld): Promise<bigint> {
  return (await world.execute([])).block.header.baseFeePerGas;
}

async function checkInvariants(world: PoolWorld): Promise<void> {
  const { mempool, chain } = world;
  const content = mempool.content();
  const all = content.flatMap(({ pending, queued }) => [...pending, ...queued]);
  expect(mempool.size().count).to.equal(all.length).and.to.be.at.most(LIMITS.countMax);
  const sizeBytes = all.reduce((sum, { raw }) => sum + raw.length, 0);
  expect(mempool.size().sizeBytes).to.equal(sizeBytes).and.to.be.at.most(LIMITS.sizeBytesMax);
  expect(mempool.pending()).to.equal(content.reduce((sum, { pending }) => sum + pending.length, 0));
  const state = chain.stateAt(chain.head.header.number);
  for (const { sender: address, pending, queued } of content) {
    const account = state.account(address) ?? expect.fail('a sender without an account');
    expect(pending.length + queued.length).to.be.within(1, LIMITS.senderCountMax);
    expect(pending.map(({ nonce }) => nonce)).to.deep.equal(pending.map((_, i) => account.nonce + BigInt(i)));
    const nonces = [...pending, ...queued].map(({ nonce }) => nonce);
    expect(nonces).to.deep.equal([...new Set(nonces)].sort((a, b) => Number(a - b)));
    const cost = pending.reduce((sum, transaction) => sum + transactionCost(transaction), 0n);
    expect(cost <= account.balance, 'pending transactions are affordable together').to.equal(true);
    const [first] = queued;
    const canFollow = first?.nonce === account.nonce + BigInt(pending.length);
    if (canFollow) expect(cost + transactionCost(first) > account.balance, 'what can run is pending').to.equal(true);
    expect(mempool.pendingNonce(address)).to.equal(account.nonce + BigInt(pending.length));
  }
  checkOrder(mempool, content, await nextBaseFee(world));
}

/** `next` gives exactly the pending prefixes that pay the base fee, in nonce order per sender, best head first at each pick. */
function checkOrder(mempool: Mempool, content: MempoolContent[], baseFee: bigint): void {
  const waiting = new Map(content.map(({ sender: address, pending }) => [toHex(address), pending]));
  for (const transaction of mempool.next(baseFee, 10n ** 9n)) {
    const heads = [...waiting.values()].flatMap(([head]) => (head && head.maxFeePerGas >= baseFee ? [head] : []));
    expect(heads, 'the first that its sender has left').to.include(transaction);
    const price = effectiveGasPrice(transaction, baseFee);
    expect(heads.every((head) => effectiveGasPrice(head, baseFee) <= price)).to.equal(true);
    waiting.set(toHex(transaction.from), (waiting.get(toHex(transaction.from)) ?? []).slice(1));
  }
  for (const [head] of waiting.values())
    expect(!head || head.maxFeePerGas < baseFee, 'none was left out').to.equal(true);
}

/** Once all is persisted, the journal has exactly the pool's transactions, and a restarted process finds the same pool. */
async function checkJournal(world: PoolWorld): Promise<void> {
  const { mempool } = world;
  const all = mempool.content().flatMap(({ pending, queued }) => [...pending, ...queued]);
  await Promise.all(all.map(({ hash }) => mempool.persist(hash)));
  const raws = (await world.journal()).map(([, value]) => `0x${value.slice(42)}`);
  expect(raws.sort()).to.deep.equal(all.map(({ raw }) => toHex(raw)).sort());
  const bySender = (content: MempoolContent[]) =>
    content.toSorted((a, b) => (toHex(a.sender) < toHex(b.sender) ? -1 : 1));
  const again = await world.reopened(LIMITS);
  expect(bySender(again.content())).to.deep.equal(bySender(mempool.content()));
}

describe('Mempool: model', () => {
  it(`keeps its invariants over random adds, replacements, blocks, drops and rewinds (seed ${SEED})`, async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), async (steps) => {
        const world = await PoolWorld.open({ limits: LIMITS });
        for (const action of steps) {
          await perform(world, action);
          await checkInvariants(world);
        }
        await checkJournal(world);
      }),
      { seed: SEED, numRuns: 12, endOnFailure: true },
    );
  });
});
