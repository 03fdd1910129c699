import { expect } from 'chai';
import { parseGwei } from 'viem';
import { contractAddress, type SignedTransaction } from '../../src/codec/transaction';
import { concatBytes, equalBytes, fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { EXECUTOR_KINDS } from '../../src/execution/createExecutor';
import { floorGas, intrinsicGas } from '../../src/execution/transactionGas';
import { CALLER_CODE, initCode, STORE_CODE } from './bytecode';
import { callRequest, word } from './callRequest';
import {
  accounts,
  addressOf,
  ETHER,
  GWEI,
  signDelegation,
  signTransaction,
  TestChain,
  type TransactionFields,
} from './testChain';

const RECIPIENT = toHex(toFixedBytes(0x77, 20));

interface Case {
  name: string;
  code: string;
  message: RegExp;
  nonce?: number;
  fields: TransactionFields;
}

const CASES: Case[] = [
  {
    name: 'a nonce ahead',
    code: 'Execution.NonceTooHigh',
    message: /^nonce too high: next nonce 0, tx nonce 2$/,
    nonce: 2,
    fields: { to: RECIPIENT },
  },
  {
    name: 'another chain id',
    code: 'Execution.InvalidChainId',
    message: /^invalid chain id for signer: have 1 want 31338$/,
    fields: { to: RECIPIENT, chainId: 1 },
  },
  {
    name: 'too little gas to start',
    code: 'Execution.IntrinsicGasTooLow',
    message: /^intrinsic gas too low: gas 20999, minimum needed 21000$/,
    fields: { to: RECIPIENT, gas: 20_999n },
  },
  {
    name: 'too little gas for the calldata floor (EIP-7623)',
    code: 'Execution.IntrinsicGasTooLow',
    message: /^insufficient gas for floor data gas cost: gas 40000, minimum needed 61000$/,
    fields: { to: RECIPIENT, gas: 40_000n, data: `0x${'11'.repeat(1000)}` },
  },
  {
    name: 'a fee cap below the base fee',
    code: 'Execution.FeeCapTooLow',
    message: /^max fee per gas less than block base fee: address 0xf39f.*, maxFeePerGas: 1, baseFee: \d+$/,
    fields: { to: RECIPIENT, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n },
  },
  {
    name: 'a gas price below the base fee',
    code: 'Execution.FeeCapTooLow',
    message: /^max fee per gas less than block base fee/,
    fields: { to: RECIPIENT, type: 'legacy', gasPrice: 1n },
  },
  {
    name: 'more than the balance',
    code: 'Execution.InsufficientFunds',
    message:
      /^insufficient funds for gas \* price \+ value: balance 10000000000000000000000, tx cost 10000010000000000000000, overshot 10000000000000000$/,
    fields: { to: RECIPIENT, value: 10_000n * ETHER, gas: 1_000_000n },
  },
  {
    name: 'more gas than the cap (EIP-7825)',
    code: 'Execution.GasLimitAboveCap',
    message: /^transaction gas limit too high \(cap: 16777216, tx: 16777217\)$/,
    fields: { to: RECIPIENT, gas: 16_777_217n },
  },
  {
    name: 'init code that is too large (EIP-3860)',
    code: 'Execution.InitCodeTooLarge',
    message: /^max initcode size exceeded: code size 49153, limit 49152$/,
    fields: { data: `0x${'00'.repeat(49_153)}`, gas: 9_000_000n },
  },
];

for (const kind of EXECUTOR_KINDS) {
  describe(`transaction rules (${kind})`, () => {
    const open = TestChain.opener(kind);
    for (const { name, code, message, nonce, fields } of CASES) {
      it(`leaves out, or rejects the block for, a transaction with ${name}`, async () => {
        const test = await open();
        const bad = await signTransaction(0, nonce ?? 0, fields);
        const good = await signTransaction(1, 0, { to: RECIPIENT, value: 1n });
        const built = await test.executor.executeBlock(test.request([bad, good]));
        expect(built.rejected).to.have.length(1);
        expect(built.rejected[0].transaction).to.equal(bad);
        expect(built.rejected[0].error.code).to.equal(code);
        expect(built.rejected[0].error.shortMessage).to.match(message);
        expect(built.block.transactions.map(({ hash }) => toHex(hash)).slice(1)).to.deep.equal([toHex(good.hash)]);
        const error = await rejection(test, [good, bad]);
        expect(error.code).to.equal('Execution.InvalidTransaction');
        expect(error.details).to.deep.equal({ index: 1, hash: toHex(bad.hash), reason: code });
        // The state of the left-out transaction is as if it had never been tried.
        const without = await test.executor.executeBlock(test.request([good]));
        expect(toHex(built.block.hash)).to.equal(toHex(without.block.hash));
      });
    }

    it('refuses a nonce that was used, in the same block too', async () => {
      const test = await open();
      const first = await signTransaction(0, 0, { to: RECIPIENT });
      const { rejected } = await test.seal([first, first]);
      expect(rejected[0].error.message).to.equal('nonce too low: next nonce 1, tx nonce 0');
      expect(rejected[0].error.code).to.equal('Execution.NonceTooLow');
    });

    it('refuses what does not fit the block, and goes on with what does', async () => {
      const test = await open({ gasLimit: 30_000_000 });
      const spare = await Promise.all([0, 1, 2].map((i) => signTransaction(i, 0, { to: RECIPIENT, gas: 16_000_000n })));
      const wasteful = { data: '0x5b600056' as const, gas: 16_000_000n }; // loops until its gas is gone
      const loops = await Promise.all([4, 5].map((i) => signTransaction(i, 0, wasteful)));
      const small = await signTransaction(9, 0, { to: RECIPIENT, gas: 21_000n });
      expect((await test.executor.executeBlock(test.request(spare))).rejected).to.deep.equal([]);
      const { rejected, block } = await test.executor.executeBlock(test.request([...loops, small]));
      expect(rejected.map(({ error }) => [error.code, error.shortMessage])).to.deep.equal([
        ['Execution.BlockGasLimitReached', 'gas limit reached'],
      ]);
      expect(block.transactions.at(-1)).to.equal(small);
    });

    it('does not let an account with code sign, but a delegated one (EIP-3607, EIP-7702)', async () => {
      const test = await open();
      const target = contractAddress(addressOf(0), 0n);
      const authorization = await signDelegation(1, toHex(target), 0);
      const { receipts, rejected } = await test.seal([
        await signTransaction(0, 0, { data: initCode(STORE_CODE) }),
        await signTransaction(0, 1, { to: RECIPIENT, authorizationList: [authorization] }),
        await signTransaction(1, 1, { to: accounts[1].address, data: toHex(concatBytes(word(3), word(4))) }),
      ]);
      expect(rejected).to.deep.equal([]);
      expect(receipts.map(({ succeeded }) => succeeded)).to.deep.equal([true, true, true, true]);
      const state = test.chain.stateAt(1);
      expect(state.storage(addressOf(1), word(3))).to.deep.equal(word(4));
      expect(toHex(state.code(state.account(addressOf(1))?.codeHash ?? new Uint8Array(0)))).to.equal(
        `0xef0100${toHex(target).slice(2)}`,
      );
      const forged: SignedTransaction = { ...(await signTransaction(2, 1, { to: RECIPIENT })), from: target };
      const { rejected: refused } = await test.executor.executeBlock(test.request([forged]));
      expect(refused[0].error.code).to.equal('Execution.SenderNotEoa');
      expect(refused[0].error.message).to.match(
        /^sender not an eoa: address 0x[0-9a-f]{40}, codehash: 0x[0-9a-f]{64}$/,
      );
    });

    it('clears a delegation with the zero address and skips void authorizations (EIP-7702)', async () => {
      const test = await open();
      const zero = '0x0000000000000000000000000000000000000000';
      const target = contractAddress(addressOf(0), 0n);
      await test.seal([
        await signTransaction(0, 0, { data: initCode(CALLER_CODE) }),
        await signTransaction(0, 1, {
          to: RECIPIENT,
          authorizationList: [
            await signDelegation(1, toHex(target), 0),
            await signDelegation(2, toHex(target), 5),
            await signDelegation(3, toHex(target), 0, 1),
            await signDelegation(4, toHex(target), 0, 0),
          ],
        }),
      ]);
      const delegated = (index: number) =>
        !equalBytes(
          test.chain.stateAt(test.chain.head.header.number).account(addressOf(index))?.codeHash ?? new Uint8Array(0),
          test.chain.stateAt(0).account(addressOf(index))?.codeHash ?? new Uint8Array(0),
        );
      expect([1, 2, 3, 4].map(delegated)).to.deep.equal([true, false, false, true]);
      const called = await test.executor.call(callRequest({ to: addressOf(1) }), test.chain.head.header);
      expect(called.output).to.deep.equal(word(addressOf(0)));
      await test.seal([
        await signTransaction(1, 1, { to: RECIPIENT, authorizationList: [await signDelegation(1, zero, 2)] }),
      ]);
      expect(delegated(1)).to.equal(false);
    });

    it('knows type 4, the gas cap and the calldata floor only from their forks on', async () => {
      const start = 1_700_000_000;
      const test = await open({ forks: { pragueTimeSeconds: start + 100, osakaTimeSeconds: start + 200 } });
      const authorization = await signDelegation(1, RECIPIENT, 0);
      const set = await signTransaction(0, 0, { to: RECIPIENT, authorizationList: [authorization] });
      const huge = await signTransaction(2, 0, { to: RECIPIENT, gas: 20_000_000n });
      const floor = await signTransaction(3, 0, { to: RECIPIENT, gas: 40_000n, data: `0x${'11'.repeat(1000)}` });
      const outcome = async (timestamp: number) => {
        const { rejected } = await test.executor.executeBlock(test.request([set, huge, floor], { timestamp }));
        return rejected.map(({ error }) => error.code);
      };
      expect(await outcome(start + 99)).to.deep.equal(['Execution.UnsupportedTransactionType']);
      expect(await outcome(start + 100)).to.deep.equal(['Execution.IntrinsicGasTooLow']);
      expect(await outcome(start + 200)).to.deep.equal(['Execution.GasLimitAboveCap', 'Execution.IntrinsicGasTooLow']);
    });

    it('charges intrinsic and floor gas as the EIPs say', () => {
      const message = { to: fromHex(RECIPIENT), data: Uint8Array.of(0, 0, 1), accessList: [], authorizationList: [] };
      expect(intrinsicGas(message)).to.equal(21_000n + 4n + 4n + 16n);
      expect(intrinsicGas({ ...message, to: undefined })).to.equal(53_000n + 24n + 2n);
      expect(
        intrinsicGas({ ...message, accessList: [{ address: addressOf(0), storageKeys: [word(0), word(1)] }] }),
      ).to.equal(21_024n + 2_400n + 3_800n);
      expect(floorGas(message, 'osaka')).to.equal(21_000n + 60n);
      expect(floorGas(message, 'cancun')).to.equal(0n);
      expect(GWEI).to.equal(parseGwei('1'));
    });
  });
}

async function rejection(test: TestChain, transactions: SignedTransaction[]): Promise<TributaryError> {
  try {
    await test.executor.executeBlock(test.request(transactions, { mode: 'strict' }));
  } catch (error) {
    if (error instanceof TributaryError) return error;
    throw error;
  }
  return expect.fail('the block was not rejected');
}
