import { expect } from 'chai';
import fc from 'fast-check';
import { addresses } from '../../src/chain/addresses';
import { l1FeeParameters } from '../../src/chain/l1Attributes';
import { l1Fee } from '../../src/chain/l1Fee';
import { type BlockAccessList, decodeAccessList, encodeAccessList } from '../../src/codec/accessList';
import { contractAddress, type SignedTransaction } from '../../src/codec/transaction';
import { toFixedBytes, toHex } from '../../src/core/bytes';
import type { ExecuteBlockRequest, ExecutedBlock } from '../../src/execution/executor';
import { KernelExecutor } from '../../src/execution/kernel/kernelExecutor';
import { ParallelExecutor } from '../../src/execution/parallel/parallelExecutor';
import { initCode, TOKEN_CODE, TOKEN_CONSTRUCTOR } from './bytecode';
import { l1FeeOptions, signPlans, transactionPlans } from './randomTransactions';
import { accounts, addressOf, ETHER, GWEI, type RequestOptions, signTransaction, TestChain } from './testChain';

const SEED = Number(process.env.FUZZ_SEED ?? 20260109);
const WORKER_COUNTS = [2, 3, 8];
const CHARGED: RequestOptions = {
  feeScalars: { baseFeeScalar: 1_368, blobBaseFeeScalar: 810_949 },
  l1Fees: { baseFeePerGas: 20n * GWEI, blobBaseFee: 3n },
};

function comparable({ block, receipts, rejected, accessList }: ExecutedBlock) {
  return { receipts, rejected, header: block.header, hash: toHex(block.hash), accessList };
}

/** The sequential kernel, whose lists are given to parallel ones beside it. */
class Replayers {
  private constructor(
    readonly test: TestChain,
    readonly sequential: KernelExecutor,
    readonly parallel: ParallelExecutor[],
  ) {}

  static async open(workerCounts: number[]): Promise<Replayers> {
    const test = await TestChain.open();
    const { config, chain } = test;
    const parallel = workerCounts.map(
      (workerCount) => new ParallelExecutor(config, chain, { workerCount, parallelMin: 1, backoffMin: 0 }),
    );
    for (const executor of parallel) await executor.started();
    return new Replayers(test, new KernelExecutor(config, chain), parallel);
  }

  /** Makes a block in order; returns it and what asks for it again. */
  async make(request: ExecuteBlockRequest): Promise<{ made: ExecutedBlock; again: ExecuteBlockRequest }> {
    const made = await this.sequential.executeBlock(request);
    const transactions = made.block.transactions.filter(({ type }) => type !== 0x7e) as SignedTransaction[];
    return { made, again: { ...request, transactions, mode: 'strict', accessList: made.accessList } };
  }

  /** Replays with the block's own list on all, compares, and commits. */
  async seal(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    const { made, again } = await this.make(request);
    for (const executor of this.parallel) {
      const before = executor.statistics();
      const executed = await executor.executeBlock(again);
      expect(comparable(executed)).to.deep.equal({ ...comparable(made), rejected: [] });
      const after = executor.statistics();
      if (!before || !after) throw new RangeError('a parallel executor has statistics');
      const count = again.transactions.length;
      expect({
        replayed: after.replayedTransactions - before.replayedTransactions,
        executions: after.executions - before.executions,
        reexecutions: after.reexecutions - before.reexecutions,
        putOff: after.putOff - before.putOff,
        wrong: after.wrongAccessLists - before.wrongAccessLists,
      }).to.deep.equal({ replayed: count, executions: count, reexecutions: 0, putOff: 0, wrong: 0 });
    }
    await this.test.chain.commit(made);
    return made;
  }

  async close(): Promise<void> {
    for (const executor of [...this.parallel, this.sequential]) await executor.close();
    await this.test.chain.close();
  }
}

/** What a list can be made that is not the block's. */
const LIES: Record<string, (list: BlockAccessList) => void> = {
  'another balance': (list) => {
    middleOf(list.flatMap(({ balanceChanges }) => balanceChanges)).value += 1n;
  },
  'another nonce': (list) => {
    middleOf(list.flatMap(({ nonceChanges }) => nonceChanges)).value += 1n;
  },
  'another code': (list) => {
    middleOf(list.flatMap(({ codeChanges }) => codeChanges)).value = Uint8Array.of(0);
  },
  'another slot value': (list) => {
    slotOf(list).changes[0].value = toFixedBytes(0x1234567, 32);
  },
  'another index': (list) => {
    middleOf(list.flatMap(({ nonceChanges }) => nonceChanges)).index += 1;
  },
  'an index beyond the block': (list) => {
    middleOf(list.flatMap(({ nonceChanges }) => nonceChanges)).index = 0xffff_ffff;
  },
  'an account less': (list) => {
    list.splice(list.length >> 1, 1);
  },
  'an account more': (list) => {
    list.push({ ...list[0], address: new Uint8Array(20).fill(0xff), storageChanges: [], storageReads: [] });
  },
  'an account that is only read more': (list) => {
    const nothing = { storageChanges: [], storageReads: [], balanceChanges: [], nonceChanges: [], codeChanges: [] };
    list.push({ address: new Uint8Array(20).fill(0xff), ...nothing });
  },
  'a slot less': (list) => {
    list.find(({ storageChanges }) => storageChanges.length > 1)?.storageChanges.pop();
  },
  'a slot that is read more': (list) => {
    list.find(({ storageChanges }) => storageChanges.length > 1)?.storageReads.push(new Uint8Array(32).fill(0xfe));
  },
  'a change more that changes nothing': (list) => {
    const { storageChanges } = list.find((account) => account.storageChanges.length > 1) ?? list[0];
    const { changes } = storageChanges[0];
    changes.push({ index: changes[changes.length - 1].index + 1, value: changes[changes.length - 1].value });
  },
  'a change less': (list) => {
    list.find(({ balanceChanges }) => balanceChanges.length > 1)?.balanceChanges.pop();
  },
  'another first change, before the transactions': (list) => {
    const account = list.find(({ storageChanges }) => storageChanges.some(({ changes }) => changes[0].index === 0));
    const slot = account?.storageChanges.find(({ changes }) => changes[0].index === 0);
    if (slot) slot.changes[0].value = toFixedBytes(7, 32);
  },
  'accounts out of order': (list) => {
    list.reverse();
  },
  'an account twice': (list) => {
    list.splice(1, 0, list[0]);
  },
  'nothing at all': (list) => {
    list.splice(0);
  },
};

function middleOf<Item>(items: Item[]): Item {
  return items[items.length >> 1];
}

function slotOf(list: BlockAccessList) {
  const slots = list.flatMap(({ storageChanges }) => storageChanges);
  return slots[slots.length - 1];
}

describe('replay with a block’s access list', function () {
  this.timeout(180_000);

  it(`gives the sequential kernel's block, each transaction executed once, for random blocks and L1 fees (seed ${SEED})`, async () => {
    const replayers = await Replayers.open(WORKER_COUNTS);
    const nonces = Array.from({ length: accounts.length }, () => 0);
    let count = 0;
    let charged = 0;
    await fc.assert(
      fc.asyncProperty(transactionPlans, fc.boolean(), l1FeeOptions, async (plans, withDeposit, l1Fee) => {
        const { test } = replayers;
        const transactions = await signPlans(plans, (index) => nonces[index]);
        const deposit = { from: addressOf(9), to: addressOf(10), mint: ETHER, value: 1n, gasLimit: 100_000n };
        const deposits = [{ ...deposit, data: new Uint8Array() }];
        const options = withDeposit ? { ...l1Fee, deposits } : l1Fee;
        const { block } = await replayers.seal(test.request(transactions, options));
        count += block.transactions.length;
        if (l1FeeParameters(block.transactions[0]).baseFeeScalar > 0) charged += block.transactions.length;
        const state = test.chain.stateAt(block.header.number);
        for (const index of nonces.keys()) nonces[index] = Number(state.account(addressOf(index))?.nonce ?? 0n);
      }),
      { seed: SEED, numRuns: Number(process.env.RUNS ?? 40) },
    );
    expect(count).to.be.greaterThan(100);
    expect(charged).to.be.greaterThan(50);
    await replayers.close();
  });

  it('pays the L1 data fee to its vault, also where transactions pay to it, look at it or take its fees out', async () => {
    const replayers = await Replayers.open([2]);
    const { test, parallel } = replayers;
    const vault = toHex(addresses.l1FeeVault);
    const balanceOf = () =>
      test.chain.stateAt(test.chain.head.header.number).account(addresses.l1FeeVault)?.balance ?? 0n;
    // BALANCE of the vault to slot 0, and withdraw() of the vault, whatever comes of it
    const look = initCode(`73${vault.slice(2)}315f55`);
    const transactions = [
      await signTransaction(0, 0, { to: vault, value: 3n }),
      await signTransaction(1, 0, { data: look }),
      await signTransaction(2, 0, { to: vault, data: '0x3ccfd60b' }),
      await signTransaction(3, 0, { data: look }),
      await signTransaction(0, 1, { to: toHex(addressOf(1)), value: 1n }),
    ];
    const { block } = await replayers.seal(test.request(transactions, CHARGED));
    const parameters = l1FeeParameters(block.transactions[0]);
    const fees = transactions.map(({ raw }) => l1Fee(raw, parameters));
    expect(balanceOf()).to.equal(3n + fees.reduce((sum, fee) => sum + fee));

    // Whoever lists a vault that gets less, or a wei more, is not believed.
    const { made, again } = await replayers.make(test.request([await signTransaction(0, 2, { to: vault })], CHARGED));
    for (const change of [-1n, 1n]) {
      const list = decodeAccessList(made.accessList as Uint8Array);
      const account = list.find(({ address }) => toHex(address) === vault);
      middleOf(account?.balanceChanges ?? []).value += change;
      const executed = await parallel[0].executeBlock({ ...again, accessList: encodeAccessList(list) });
      expect(comparable(executed)).to.deep.equal({ ...comparable(made), rejected: [] });
    }
    expect(parallel[0].statistics()?.wrongAccessLists).to.equal(2);
    await replayers.close();
  });

  it('gives the right block whatever somebody says is its list', async () => {
    const replayers = await Replayers.open([2]);
    const { test, parallel } = replayers;
    const token = contractAddress(addressOf(0), 0n);
    const deploy = await signTransaction(0, 0, { data: initCode(TOKEN_CODE, TOKEN_CONSTRUCTOR) });
    await replayers.seal(test.request([deploy]));
    const transfer = (index: number) =>
      toHex(Uint8Array.from([...toFixedBytes(0xbeef + (index % 3), 32), ...toFixedBytes(1, 32)]));
    const transactions = [
      ...(await Promise.all(
        [...Array(12).keys()].map((index) =>
          signTransaction(0, 1 + index, { to: toHex(token), data: transfer(index) }),
        ),
      )),
      await signTransaction(1, 0, { data: initCode('6001600155') }),
      await signTransaction(2, 0, { to: toHex(addressOf(3)), value: 5n }),
      await signTransaction(3, 0, { to: toHex(addressOf(2)), value: 7n }),
    ];
    const { made, again } = await replayers.make(test.request(transactions, CHARGED));
    const honest = made.accessList as Uint8Array;
    const lists = new Map<string, Uint8Array>();
    for (const [name, lie] of Object.entries(LIES)) {
      const list = structuredClone(decodeAccessList(honest));
      lie(list);
      lists.set(name, encodeAccessList(list));
    }
    const middle = honest.length >> 1;
    lists.set('no bytes', new Uint8Array(0));
    lists.set('a byte less', honest.subarray(0, -1));
    lists.set('a byte more', Uint8Array.from([...honest, 0]));
    lists.set('half of it', honest.subarray(0, middle));
    lists.set('zeros', new Uint8Array(honest.length));
    lists.set('a list as long as memory', Uint8Array.from([0xfb, 0xff, 0xff, 0xff, 0xff]));
    lists.set('lists in lists', new Uint8Array(1000).fill(0xc1));
    lists.set('an overlong length', Uint8Array.from([0xf8, 0x01, 0xc0]));
    lists.set('more than there is room for', new Uint8Array(64 * 2 ** 20));
    let wrong = 0;
    for (const [name, accessList] of lists) {
      expect(Buffer.compare(accessList, honest), name).to.not.equal(0);
      const executed = await parallel[0].executeBlock({ ...again, accessList });
      expect(comparable(executed), name).to.deep.equal({ ...comparable(made), rejected: [] });
      if (name !== 'more than there is room for') wrong++;
      expect(parallel[0].statistics()?.wrongAccessLists, name).to.equal(wrong);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(honest.length - 1), fc.integer({ min: 1, max: 255 }), async (place, flip) => {
        const accessList = Uint8Array.from(honest);
        accessList[place] ^= flip;
        const before = parallel[0].statistics()?.wrongAccessLists ?? 0;
        const executed = await parallel[0].executeBlock({ ...again, accessList });
        expect(comparable(executed)).to.deep.equal({ ...comparable(made), rejected: [] });
        expect(parallel[0].statistics()?.wrongAccessLists).to.equal(before + 1);
      }),
      { seed: SEED, numRuns: 300 },
    );
    await replayers.seal(again);
    await replayers.close();
  });
});
