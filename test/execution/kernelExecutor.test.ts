import { expect } from 'chai';
import fc from 'fast-check';
import type { SignedTransaction } from '../../src/codec/transaction';
import { toFixedBytes, toHex } from '../../src/core/bytes';
import type { KeyValueOperation } from '../../src/core/ports';
import type { ExecuteBlockRequest, ExecutedBlock } from '../../src/execution/executor';
import { KernelExecutor } from '../../src/execution/kernel/kernelExecutor';
import { keyPrefix } from '../../src/state/keyspace';
import { signPlans, transactionPlans } from './randomTransactions';
import { addressOf, ETHER, signTransaction, TestChain } from './testChain';

const SEED = Number(process.env.FUZZ_SEED ?? 20260103);
const FORKS = {
  cancun: { pragueTimeSeconds: 2 ** 40, osakaTimeSeconds: 2 ** 40 },
  prague: { pragueTimeSeconds: 0, osakaTimeSeconds: 2 ** 40 },
  osaka: { pragueTimeSeconds: 0, osakaTimeSeconds: 0 },
};

/** What the operations leave in a database, code apart (the reference keeps that of reverted creations too). */
function writesOf(operations: KeyValueOperation[]): Map<string, string> {
  const writes = new Map<string, string>();
  for (const operation of operations) {
    if (operation.key[0] === keyPrefix.code) continue;
    writes.set(toHex(operation.key), operation.type === 'put' ? toHex(operation.value) : 'deleted');
  }
  return writes;
}

/** Writes that change what the database holds already. */
function changesOf(test: TestChain, operations: KeyValueOperation[]): Map<string, string> {
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
  return actual;
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

  for (const [fork, forks] of Object.entries(FORKS)) {
    it(`agrees with the reference over random chains on ${fork} (seed ${SEED})`, async () => {
      await fc.assert(
        fc.asyncProperty(transactionPlans, async (plans) => {
          const test = await TestChain.open({ forks });
          const kernel = new KernelExecutor(test.config, test.chain);
          const transactions = await signPlans(plans);
          const size = Math.max(1, Math.ceil(transactions.length / 3));
          for (let from = 0; from < transactions.length; from += size) {
            const part: SignedTransaction[] = transactions.slice(from, from + size);
            await test.chain.commit(await executeOnBoth(test, kernel, test.request(part)));
          }
          expect(test.chain.stateAt(0).account(addressOf(0))?.nonce).to.equal(0n);
        }),
        { seed: SEED, numRuns: 25 },
      );
    }).timeout(120_000);
  }
});
