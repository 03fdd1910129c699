import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Hex } from 'viem';
import { addresses } from '../../src/chain/addresses';
import { contractAddress, decodeTransaction, type SignedTransaction } from '../../src/codec/transaction';
import { concatBytes, EMPTY_BYTES, fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import type { KeyValueOperation, Logger } from '../../src/core/ports';
import type { ExecuteBlockRequest, ExecutedBlock, Executor } from '../../src/execution/executor';
import { KernelExecutor } from '../../src/execution/kernel/kernelExecutor';
import { RecordedOperations } from '../../src/execution/kernel/recordedOperations';
import { kernelModule } from '../../src/kernel/kernelModule';
import { keyPrefix } from '../../src/state/keyspace';
import { initCode } from './bytecode';
import { type Plan, program, SENDER_COUNT, signPlans, target, transactionPlans } from './randomTransactions';
import {
  addressOf,
  ETHER,
  expectNewKnown,
  GWEI,
  signTransaction,
  TestChain,
  type TransactionFields,
} from './testChain';

const SEED = Number(process.env.FUZZ_SEED ?? 20260103);
const RECIPIENT = toHex(toFixedBytes(0xbeef, 20));
const FORKS = {
  cancun: { pragueTimeSeconds: 2 ** 40, osakaTimeSeconds: 2 ** 40 },
  prague: { pragueTimeSeconds: 0, osakaTimeSeconds: 2 ** 40 },
  osaka: { pragueTimeSeconds: 0, osakaTimeSeconds: 0 },
};

/** What the operations leave in a database, code apart (the reference keeps that of reverted creations too). */
function writesOf(operations: Iterable<KeyValueOperation>): Map<string, string> {
  const writes = new Map<string, string>();
  for (const operation of operations) {
    if (operation.key[0] === keyPrefix.code) continue;
    writes.set(toHex(operation.key), operation.type === 'put' ? toHex(operation.value) : 'deleted');
  }
  return writes;
}

/** Writes that change what the database holds already. */
function changesOf(test: TestChain, operations: Iterable<KeyValueOperation>): Map<string, string> {
  const changes = writesOf(operations);
  for (const operation of operations) {
    const before = test.store.get(operation.key);
    const after = changes.get(toHex(operation.key));
    if (after === (before ? toHex(before) : 'deleted')) changes.delete(toHex(operation.key));
  }
  return changes;
}

function comparable({ block, receipts, rejected }: ExecutedBlock) {
  return {
    receipts,
    rejected: rejected.map(({ transaction, error }) => [toHex(transaction.hash), error.code, error.message]),
    header: block.header,
    hash: toHex(block.hash),
  };
}

/** Executes on both, compares everything, and returns the kernel's. */
async function executeOnBoth(
  test: TestChain,
  kernel: KernelExecutor,
  request: ExecuteBlockRequest,
): Promise<ExecutedBlock> {
  const expected = await test.executor.executeBlock(request);
  const actual = await kernel.executeBlock(request);
  expect(comparable(actual)).to.deep.equal(comparable(expected));
  expect(changesOf(test, actual.stateOperations)).to.deep.equal(changesOf(test, expected.stateOperations));
  // Where the kernel has no room the reference executes.
  if (actual.stateOperations instanceof RecordedOperations) expectNewKnown(test, actual);
  return actual;
}

/** What is wrong with a transaction that comes among the good ones. */
const flaws: Record<string, (nonce: number, balance: bigint) => [nonce: number, fields: TransactionFields]> = {
  'nonce used': (nonce) => [Math.max(0, nonce - 1), { to: RECIPIENT }],
  'nonce ahead': (nonce) => [nonce + 40, { to: RECIPIENT }],
  'other chain': (nonce) => [nonce, { to: RECIPIENT, chainId: 1 }],
  'chain 0': (nonce) => [nonce, { to: RECIPIENT }],
  'chain 0, legacy': (nonce) => [nonce, { to: RECIPIENT, type: 'legacy', gasPrice: 3n * GWEI }],
  'fee cap': (nonce) => [nonce, { to: RECIPIENT, maxFeePerGas: 3n, maxPriorityFeePerGas: 1n }],
  funds: (nonce, balance) => [nonce, { to: RECIPIENT, value: balance }],
  'block gas': (nonce) => [nonce, { to: RECIPIENT, gas: 16_700_000n }],
  'gas cap': (nonce) => [nonce, { to: RECIPIENT, gas: 16_777_217n }],
  intrinsic: (nonce) => [nonce, { to: RECIPIENT, gas: 20_999n }],
  floor: (nonce) => [nonce, { to: RECIPIENT, data: `0x${'01'.repeat(1000)}`, gas: 38_000n }],
};
const flawed = fc.record({
  kind: fc.constantFrom(...Object.keys(flaws)),
  sender: fc.integer({ min: 0, max: SENDER_COUNT - 1 }),
  at: fc.nat(20),
});

const depositPlan = fc.record({
  from: fc.constantFrom(
    toFixedBytes(0x5757, 20),
    addresses.sequencerFeeVault,
    addresses.baseFeeVault,
    addressOf(0),
    contractAddress(addressOf(0), 0n),
  ),
  to: fc.option(target.map(fromHex), { nil: undefined, freq: 4 }),
  mint: fc.constantFrom(0n, 1n, ETHER),
  value: fc.constantFrom(0n, 0n, 1n, ETHER * 2n),
  gasLimit: fc.constantFrom(0n, 21_000n, 60_000n, 300_000n),
  data: fc.oneof(
    fc.constant(EMPTY_BYTES),
    program.map((code) => fromHex(initCode(code))),
  ),
});

type Fate =
  | 'committed'
  | 'dropped'
  | 'made by the reference'
  | 'after a restart'
  | 'after a rewind'
  | 'after a refused one';

const blockPlans = fc.array(
  fc.record({
    plans: transactionPlans.map((plans): Plan[] => plans.slice(0, 8)),
    flaws: fc.array(flawed, { maxLength: 3 }),
    deposits: fc.option(fc.array(depositPlan, { maxLength: 3 }), { nil: undefined }),
    fate: fc.constantFrom<Fate>(
      'committed',
      'committed',
      'dropped',
      'made by the reference',
      'after a restart',
      'after a rewind',
      'after a refused one',
    ),
    rewind: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 2, maxLength: 7 },
);

/** No library signs for that chain, but an encoding can name it, and the kernel uses 0 for a transaction that names none. */
function onChainZero({ raw, type, v, from }: SignedTransaction): SignedTransaction {
  const fields = RLP.decode(type === 0 ? raw : raw.subarray(1)) as Uint8Array[];
  if (type === 0) fields[6] = Uint8Array.of(36 - Number(v % 2n));
  else fields[0] = EMPTY_BYTES;
  const payload = RLP.encode(fields);
  return decodeTransaction(type === 0 ? payload : concatBytes(Uint8Array.of(type), payload), from);
}

/** Good transactions with bad ones among them, all on the state of the head. */
async function transactionsOf(
  test: TestChain,
  { plans, flaws: bad }: { plans: Plan[]; flaws: { kind: string; sender: number; at: number }[] },
): Promise<SignedTransaction[]> {
  const state = test.chain.stateAt(test.chain.head.header.number);
  const nonceOf = (index: number) => Number(state.account(addressOf(index))?.nonce ?? 0n);
  const transactions = await signPlans(plans, nonceOf);
  for (const { kind, sender, at } of bad) {
    const [nonce, fields] = flaws[kind](nonceOf(sender), state.account(addressOf(sender))?.balance ?? 0n);
    const transaction = await signTransaction(sender, nonce, fields);
    transactions.splice(at, 0, kind.startsWith('chain 0') ? onChainZero(transaction) : transaction);
  }
  return transactions;
}

describe('KernelExecutor', () => {
  it('seals the block that the reference seals', async () => {
    const test = await TestChain.open();
    const kernel = new KernelExecutor(test.config, test.chain);
    for (let nonce = 0; nonce < 3; nonce++) {
      const to = toHex(toFixedBytes(0xbeef + nonce, 20));
      const request = test.request([await signTransaction(0, nonce, { to, value: ETHER })]);
      await test.chain.commit(await executeOnBoth(test, kernel, request));
    }
  });

  it('believes another version’s kernel nothing about what is new', async () => {
    const test = await TestChain.open();
    const own = new KernelExecutor(test.config, test.chain);
    const other = new KernelExecutor(test.config, test.chain, { module: kernelModule() });
    const request = test.request([await signTransaction(0, 0, { to: RECIPIENT, value: ETHER })]);
    const newCount = async (kernel: KernelExecutor) =>
      [...(await kernel.executeBlock(request)).stateOperations].filter(({ isNew }) => isNew).length;
    expect(await newCount(own)).to.be.greaterThan(0);
    expect(await newCount(other)).to.equal(0);
  });

  it('asks the database for no account and no slot that the tries lack, and still seals what the reference seals', async () => {
    const test = await TestChain.open();
    const kernel = new KernelExecutor(test.config, test.chain);
    const store = toHex(contractAddress(addressOf(0), 0n));
    const storeAt = (nonce: number, slot: number) =>
      signTransaction(0, nonce, { to: store, data: toHex(toFixedBytes(slot, 32)) });
    const deployment = await signTransaction(0, 0, { data: initCode('60015f355500') });
    await test.chain.commit(await executeOnBoth(test, kernel, test.request([deployment])));
    await test.chain.commit(
      await executeOnBoth(test, kernel, test.request([await storeAt(1, 1), await storeAt(2, 2)])),
    );

    const fresh = Array.from({ length: 20 }, (_, index) => toFixedBytes(0xf4e5_0000 + index, 20));
    const transactions = [await storeAt(3, 1)];
    for (const [index, to] of fresh.entries()) {
      transactions.push(await storeAt(4 + index, 100 + index));
      transactions.push(await signTransaction(1, index, { to: toHex(to), value: 1n }));
    }
    const request = test.request(transactions);
    const expected = await test.executor.executeBlock(request);
    const asked: string[] = [];
    const stateAt = test.chain.stateAt.bind(test.chain);
    test.chain.stateAt = (blockNumber) => {
      const state = stateAt(blockNumber);
      return {
        account(address) {
          asked.push(toHex(address));
          return state.account(address);
        },
        storage(address, slot) {
          asked.push(`slot ${BigInt(toHex(slot))}`);
          return state.storage(address, slot);
        },
        code: (codeHash) => state.code(codeHash),
        trieNode: (key) => state.trieNode(key),
      };
    };
    const actual = await kernel.executeBlock(request);
    expect(comparable(actual)).to.deep.equal(comparable(expected));
    expect(asked).to.include(toHex(addressOf(1)));
    expect(asked.filter((name) => name.startsWith('slot') || name.startsWith('0x00000000'))).to.deep.equal([]);
  });

  for (const [fork, forks] of Object.entries(FORKS)) {
    it(`agrees with the reference through the lives of random chains on ${fork} (seed ${SEED})`, async () => {
      const seen = new Map<string, number>();
      const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1);
      await fc.assert(
        fc.asyncProperty(blockPlans, async (blocks) => {
          const test = await TestChain.open({ forks, gasLimit: 12_000_000 });
          // Small enough to be evicted from.
          const open = () => new KernelExecutor(test.config, test.chain, { trieArenaSizeBytes: 2 ** 20 });
          let kernel = open();
          for (const plan of blocks) {
            if (plan.fate === 'after a restart') kernel = open();
            if (plan.fate === 'after a rewind') {
              await test.chain.rewindTo(Math.max(0, test.chain.head.header.number - plan.rewind));
            }
            const transactions = await transactionsOf(test, plan);
            const request = test.request(transactions, { deposits: plan.deposits });
            if (plan.fate === 'made by the reference') {
              await test.chain.commit(await test.executor.executeBlock(request));
              continue;
            }
            if (plan.fate === 'after a refused one') {
              const strict: ExecuteBlockRequest = { ...request, mode: 'strict' };
              const refusals = await Promise.all([failureOf(test.executor, strict), failureOf(kernel, strict)]);
              expect(refusals[1]).to.deep.equal(refusals[0]);
            }
            const executed = await executeOnBoth(test, kernel, request);
            for (const { succeeded, type } of executed.receipts) count(`${type} ${succeeded}`);
            for (const { error } of executed.rejected) count(error.code);
            count(plan.fate);
            if (plan.fate !== 'dropped') await test.chain.commit(executed);
          }
        }),
        { seed: SEED, numRuns: 20 },
      );
      // A generator that never gets there would show nothing.
      for (const name of ['2 true', '2 false', '126 true', '126 false', 'dropped', 'after a rewind']) {
        expect(seen.get(name) ?? 0, name).to.be.greaterThan(4);
      }
      for (const code of ['NonceTooHigh', 'InvalidChainId', 'InsufficientFunds', 'IntrinsicGasTooLow']) {
        expect(seen.get(`Execution.${code}`) ?? 0, code).to.be.greaterThan(0);
      }
    }).timeout(120_000);
  }

  it('has the reference execute a block that it has no room for', async () => {
    const test = await TestChain.open();
    const warnings: unknown[] = [];
    const ignore = () => undefined;
    const logger = { debug: ignore, info: ignore, error: ignore, warn: (fields: object) => warnings.push(fields) };
    const options = { transactionAreaSizeBytes: 2048 };
    const kernel = new KernelExecutor(test.config, test.chain, options, undefined, logger as unknown as Logger);
    const large: TransactionFields = { to: RECIPIENT, data: `0x${'01'.repeat(4096)}` };
    for (const [nonce, fields] of [{ to: RECIPIENT }, large, { to: RECIPIENT }].entries()) {
      const request = test.request([await signTransaction(0, nonce, fields)]);
      await test.chain.commit(await executeOnBoth(test, kernel, request));
    }
    expect(warnings).to.deep.equal([{ number: 2, code: 'Kernel.TransactionTooLarge' }]);
  });

  it('goes on in the middle of many: after one that is refused, at the end of the gas, past what is handed over at once', async () => {
    const test = await TestChain.open({ gasLimit: 16_000_000 });
    const kernel = new KernelExecutor(test.config, test.chain);
    const large: Hex = `0x${'00'.repeat(100_000)}`;
    const plans: [nonce: number, fields: TransactionFields][] = Array.from({ length: 14 }, (_, nonce) => [
      nonce,
      { to: RECIPIENT, data: large, gas: 1_100_000n },
    ]);
    plans.splice(3, 0, [99, { to: RECIPIENT }]);
    plans.splice(0, 0, [7, { to: RECIPIENT }]);
    plans.push([14, { to: RECIPIENT, gas: 16_700_000n }], [14, { to: RECIPIENT, value: 1n }], [14, { to: RECIPIENT }]);
    const transactions = await Promise.all(plans.map(([nonce, fields]) => signTransaction(0, nonce, fields)));
    const executed = await executeOnBoth(test, kernel, test.request(transactions));
    const refused = executed.rejected.map(({ transaction, error }) => [
      transactions.indexOf(transaction),
      error.code.replace('Execution.', ''),
    ]);
    expect(refused).to.deep.equal([
      [0, 'NonceTooHigh'],
      [4, 'NonceTooHigh'],
      [16, 'BlockGasLimitReached'],
      [18, 'NonceTooLow'],
    ]);
    expect(executed.block.transactions).to.have.length(1 + 15);
  });
});

/** What a strict request is refused for; `sealed` when it isn't. */
async function failureOf(executor: Executor, request: ExecuteBlockRequest): Promise<unknown> {
  try {
    await executor.executeBlock(request);
    return 'sealed';
  } catch (error) {
    if (error instanceof TributaryError) return [error.code, error.message, error.details];
    throw error;
  }
}
