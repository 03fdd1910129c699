import { createBlock } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { createTxFromRLP } from '@ethereumjs/tx';
import { Account, Address } from '@ethereumjs/util';
import { createVM, runTx, type VM } from '@ethereumjs/vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { addresses } from '../../src/chain/addresses';
import type { SignedTransaction } from '../../src/codec/transaction';
import { assert } from '../../src/core/assert';
import { toHex } from '../../src/core/bytes';
import type { KeyValueStore } from '../../src/core/ports';
import type { ExecuteBlockRequest, ExecutedBlock } from '../../src/execution/executor';
import { decodeAccount } from '../../src/state/accountCodec';
import { bytesKey, keyPrefix } from '../../src/state/keyspace';
import { signPlans, transactionPlans } from './randomTransactions';
import { TestChain } from './testChain';

const SEED = Number(process.env.FUZZ_SEED ?? 20260102);
const START = 1_700_000_000;

describe('ReferenceExecutor against @ethereumjs/vm', () => {
  for (const [fork, forks] of [
    [Hardfork.Osaka, { pragueTimeSeconds: 0, osakaTimeSeconds: 0 }],
    [Hardfork.Prague, { pragueTimeSeconds: 0, osakaTimeSeconds: START * 2 }],
  ] as const) {
    it(`gives runTx's gas, logs and outcome, and the same state root, for random blocks on ${fork} (seed ${SEED})`, async () => {
      const outcomes = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(transactionPlans, async (plans) => {
          const test = await TestChain.open({ forks });
          const transactions = await signPlans(plans);
          const request = test.request(transactions);
          const executed = await test.executor.executeBlock(request);
          expect(executed.rejected).to.deep.equal([]);

          const { vm, common } = await openVm(fork);
          const empty = await test.executor.executeBlock({ ...request, transactions: [] });
          await test.store.batch([...empty.stateOperations]);
          await loadState(vm, test.store);
          const { stateRoot } = empty.block.header;
          expect(toHex(await vm.stateManager.getStateRoot())).to.equal(toHex(stateRoot));

          for (const [index, transaction] of transactions.entries()) {
            const outcome = await compareTransaction(vm, common, request, transaction, executed, index);
            outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          }
          expect(toHex(await vm.stateManager.getStateRoot())).to.equal(toHex(executed.block.header.stateRoot));
        }),
        { seed: SEED, numRuns: 40 },
      );
      // A generator whose transactions all succeed, or all fail, would show nothing.
      expect(outcomes.get('success')).to.be.greaterThan(50);
      expect(outcomes.get('failure')).to.be.greaterThan(20);
    });
  }
});

async function openVm(hardfork: Hardfork): Promise<{ vm: VM; common: Common }> {
  const common = new Common({ chain: { ...Mainnet, chainId: 31338 }, hardfork });
  return { vm: await createVM({ common, stateManager: new MerkleStateManager({ common }) }), common };
}

async function loadState(vm: VM, store: KeyValueStore): Promise<void> {
  const range = (prefix: number) => store.entries({ gte: Uint8Array.of(prefix), lt: Uint8Array.of(prefix + 1) });
  for await (const [key, value] of range(keyPrefix.account)) {
    const address = new Address(key.slice(1));
    const { nonce, balance, codeHash } = decodeAccount(value);
    await vm.stateManager.putAccount(address, new Account(nonce, balance));
    const code = store.get(bytesKey(keyPrefix.code, codeHash));
    if (code) await vm.stateManager.putCode(address, code);
  }
  for await (const [key, value] of range(keyPrefix.storage)) {
    await vm.stateManager.putStorage(new Address(key.slice(1, 21)), key.slice(21), value);
  }
}

async function compareTransaction(
  vm: VM,
  common: Common,
  request: ExecuteBlockRequest,
  transaction: SignedTransaction,
  executed: ExecutedBlock,
  index: number,
): Promise<'success' | 'failure'> {
  const { attributes } = request;
  const receipt = executed.receipts.at(attributes.deposits.length + index);
  assert(receipt, 'each transaction has a receipt');
  const block = createBlock(
    {
      header: {
        number: BigInt(attributes.number),
        timestamp: BigInt(attributes.timestamp),
        gasLimit: attributes.gasLimit,
        baseFeePerGas: attributes.baseFeePerGas,
        coinbase: new Address(attributes.coinbase),
        mixHash: attributes.prevRandao,
      },
    },
    { common, skipConsensusFormatValidation: true },
  );
  const result = await runTx(vm, { tx: createTxFromRLP(transaction.raw, { common }), block });
  const vault = new Address(addresses.baseFeeVault);
  const account = (await vm.stateManager.getAccount(vault)) ?? new Account();
  account.balance += attributes.baseFeePerGas * result.totalGasSpent;
  await vm.stateManager.putAccount(vault, account);

  const where = `transaction ${index}`;
  expect(receipt.gasUsed, where).to.equal(result.totalGasSpent);
  expect(receipt.succeeded, where).to.equal(result.execResult.exceptionError === undefined);
  expect(
    receipt.logs.map(({ address, topics, data }) => [address, topics, data]),
    where,
  ).to.deep.equal(result.execResult.logs ?? []);
  expect(receipt.contractAddress, where).to.deep.equal(transaction.to ? undefined : result.createdAddress?.bytes);
  return receipt.succeeded ? 'success' : 'failure';
}
