import { expect } from 'chai';
import { fromHex, toHex } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import {
  address,
  assemble,
  BLOCK,
  COINBASE,
  CONTRACT,
  createTestKernel,
  EMPTY_CODE_HASH,
  numberOf,
  RETURN_TOP,
  SENDER,
  transactionOf,
  word,
} from './testKernel';

const VAULT = address(0xba5e);

describe('Kernel', () => {
  it('executes a transfer: balances, nonce, tip to the coinbase, base fee burned', () => {
    const { kernel } = createTestKernel();
    const to = address(0xbeef);
    const outcome = kernel.execute(transactionOf({ to, value: 5n }));
    expect(outcome).to.deep.equal({
      status: 0,
      rejection: undefined,
      gasUsed: 21_000n,
      gasSpent: 21_000n,
      effectiveGasPrice: 10n,
      logs: [],
      output: new Uint8Array(0),
      contractAddress: undefined,
      senderNonce: 0n,
    });
    const balances = new Map(kernel.changes().map((change) => [toHex(change.address), change.balance]));
    expect(balances.get(toHex(SENDER))).to.equal(10n ** 24n - 5n - 210_000n);
    expect(balances.get(toHex(to))).to.equal(5n);
    expect(balances.get(toHex(COINBASE))).to.equal(63_000n);
    expect(kernel.blockGasUsed).to.equal(21_000n);
  });

  it('credits the base fee to its recipient where the block names one', () => {
    const { kernel } = createTestKernel();
    kernel.beginBlock({ ...BLOCK, baseFeeRecipient: VAULT });
    kernel.execute(transactionOf({ to: address(0xbeef) }));
    const vault = kernel.changes().find((change) => toHex(change.address) === toHex(VAULT));
    expect(vault?.balance).to.equal(147_000n);
  });

  it('adds fees to a coinbase that is also the sender, or paid in the transaction', () => {
    const { kernel, state } = createTestKernel();
    state.set(COINBASE, { balance: 10n ** 18n });
    kernel.execute(transactionOf({ from: COINBASE, to: COINBASE, value: 1n }));
    expect(kernel.changes().map(({ balance }) => balance)).to.deep.equal([10n ** 18n - 7n * 21_000n]);
  });

  it('rejects without a trace what the rules forbid, naming it as geth does', () => {
    const { kernel, state } = createTestKernel();
    state.set(address(0xdddd), { balance: 10n ** 20n, code: fromHex('00') });
    const rejections = [
      transactionOf({ nonce: 1n }),
      transactionOf({ gasLimit: 20_999n }),
      transactionOf({ maxFeePerGas: 6n, maxPriorityFeePerGas: 0n }),
      transactionOf({ maxPriorityFeePerGas: 21n }),
      transactionOf({ value: 10n ** 24n }),
      transactionOf({ gasLimit: 2n ** 24n + 1n }),
      transactionOf({ chainId: 1n }),
      transactionOf({ from: address(0xdddd) }),
      transactionOf({ type: 4 }),
      transactionOf({ type: 3, maxFeePerBlobGas: 1n, blobVersionedHashes: [word(1n << 248n)] }),
      transactionOf({ to: undefined, data: new Uint8Array(49_153) }),
      transactionOf({ maxFeePerGas: 2n ** 256n - 1n }),
    ].map((transaction) => kernel.execute(transaction).rejection);
    expect(rejections).to.deep.equal([
      'nonce too high',
      'intrinsic gas too low',
      'max fee per gas less than block base fee',
      'max priority fee per gas higher than max fee per gas',
      'insufficient funds for gas * price + value',
      'transaction gas limit too high',
      'invalid chain id for signer',
      'sender not an eoa',
      'set-code transaction with empty authorization list',
      'too many blobs',
      'max initcode size exceeded',
      'insufficient funds for gas * price + value',
    ]);
    expect(kernel.changes()).to.deep.equal([]);
    expect(kernel.blockGasUsed).to.equal(0n);
  });

  it('stops taking transactions when the block gas limit is reached', () => {
    const { kernel } = createTestKernel();
    kernel.beginBlock({ ...BLOCK, gasLimit: 50_000n });
    const outcomes = [0n, 1n, 2n].map((nonce) => kernel.execute(transactionOf({ nonce, gasLimit: 21_000n })).rejection);
    expect(outcomes).to.deep.equal([undefined, undefined, 'gas limit reached']);
  });

  it('writes slots and emits logs, and takes both back on revert', () => {
    const { kernel, state } = createTestKernel();
    // SSTORE(1, calldata[0]); LOG1 of calldata[0] with topic 7; revert unless calldata[32] is set
    const code = assemble('5f35600155', '5f355f52', '600760205fa1', '6020356018575f5ffd5b00');
    state.set(CONTRACT, { code, storage: new Map([[1n, 9n]]) });
    const undone = kernel.execute(transactionOf({ data: word(5n) }));
    expect(undone.status).to.equal(1);
    expect(undone.logs).to.deep.equal([]);
    const flagged = new Uint8Array([...word(5n), ...word(1n)]);
    const outcome = kernel.execute(transactionOf({ nonce: 1n, data: flagged }));
    expect(outcome.status).to.equal(0);
    expect(outcome.logs).to.deep.equal([{ address: CONTRACT, topics: [word(7n)], data: word(5n) }]);
    const change = kernel.changes().find((account) => toHex(account.address) === toHex(CONTRACT));
    expect(change?.slots).to.deep.equal([{ slot: word(1n), value: word(5n), before: word(9n) }]);
  });

  it('hands out deployed code, and runs it in the same block', () => {
    const { kernel } = createTestKernel();
    // Returns 42 to every caller.
    const runtime = assemble(`602a${RETURN_TOP}`);
    const initcode = assemble(`67${toHex(runtime).slice(2)}5f5260086018f3`);
    const created = kernel.execute(transactionOf({ to: undefined, data: initcode }));
    expect(created.status).to.equal(0);
    const to = created.contractAddress;
    if (!to) expect.fail('expected a contract address');
    const change = kernel.changes().find((account) => toHex(account.address) === toHex(to));
    expect(change).to.deep.include({ exists: true, nonce: 1n, codeHash: keccak256(runtime), code: runtime });
    expect(numberOf(kernel.execute(transactionOf({ to, nonce: 1n })).output)).to.equal(42n);
  });

  it('removes nothing and adds nothing by eth_call', () => {
    const { kernel, state } = createTestKernel();
    state.set(CONTRACT, { code: assemble('602a600155', `33${RETURN_TOP}`) });
    const from = address(0x1234);
    const outcome = kernel.call(transactionOf({ from, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, nonce: 77n }));
    expect({ status: outcome.status, caller: numberOf(outcome.output) }).to.deep.equal({ status: 0, caller: 0x1234n });
    expect(kernel.changes()).to.deep.equal([]);
  });

  it('runs system calls from 0xff…fe without fee, and keeps their changes', () => {
    const { kernel, state } = createTestKernel();
    state.set(CONTRACT, { code: assemble('335f55') });
    expect(kernel.systemCall(CONTRACT, new Uint8Array(0)).status).to.equal(0);
    const [change, ...others] = kernel.changes().filter(({ slots }) => slots.length > 0);
    expect(others).to.deep.equal([]);
    expect(toHex(change.slots[0].value)).to.equal(`0x${'0'.repeat(24)}${'f'.repeat(39)}e`);
    expect(kernel.blockGasUsed).to.equal(0n);
  });

  it('goes on from committed changes without asking the backend, and forgets discarded ones', () => {
    const { kernel, state } = createTestKernel();
    kernel.execute(transactionOf({ to: address(1_000_000), value: 1n }));
    kernel.commit();
    const { reads } = state;
    expect(kernel.execute(transactionOf({ to: address(1_000_000), value: 1n, nonce: 1n })).rejection).to.equal(
      undefined,
    );
    expect(state.reads).to.equal(reads);
    kernel.discard();
    expect(kernel.execute(transactionOf()).rejection).to.equal(undefined);
    expect(state.reads).to.be.greaterThan(reads);
  });

  it('recovers nothing from a contract that calls itself 1,024 deep: frames take no WebAssembly stack', () => {
    const { kernel, state } = createTestKernel('prague');
    // slot 0 += 1; call self with all gas
    state.set(CONTRACT, { code: assemble('5f546001015f555f5f5f5f5f305af100') });
    const limit = 10n ** 12n;
    kernel.beginBlock({ ...BLOCK, fork: 'prague', gasLimit: limit });
    expect(kernel.execute(transactionOf({ gasLimit: limit })).status).to.equal(0);
    const change = kernel.changes().find((account) => toHex(account.address) === toHex(CONTRACT));
    expect(numberOf(change?.slots[0].value ?? new Uint8Array(0))).to.equal(1025n);
  });

  it('takes no address from the offset of an empty range, whoever is called', () => {
    const { kernel, state } = createTestKernel();
    // All kinds of call with input and output of no bytes at 2^256 - 1.
    const far = `5f19`;
    for (let callee = 1; callee <= 0x12; callee++) {
      const target = `60${callee.toString(16).padStart(2, '0')}`;
      const withValue = ['f1', 'f2'].map((call) => `5f${far}5f${far}5f${target}5a${call}50`).join('');
      const without = ['f4', 'fa'].map((call) => `5f${far}5f${far}${target}5a${call}50`).join('');
      // CREATE, CREATE2, KECCAK256, LOG0, copies and RETURN of nothing at the same place.
      const others =
        `5f${far}5ff050` + `5f5f${far}5ff550` + `5f${far}2050` + `5f${far}a0` + `5f5f${far}37` + `5f5f${far}39`;
      const to = address(0x8000 + callee);
      state.set(to, { code: assemble(`${withValue}${without}${others}5f${far}f3`) });
      expect(kernel.call(transactionOf({ to, gasLimit: 16_000_000n })).rejection).to.equal(undefined);
    }
  });

  it('asks again for what the host failed to give', () => {
    const { kernel, state } = createTestKernel();
    state.set(CONTRACT, { code: assemble(`600154${RETURN_TOP}`), storage: new Map([[1n, 9n]]) });
    const methods = ['loadAccount', 'loadCode', 'loadSlot'] as const;
    for (const method of methods) {
      Object.defineProperty(state, method, {
        configurable: true,
        value: () => {
          throw new Error('the disk failed');
        },
      });
      expect(() => kernel.call(transactionOf())).to.throw('the disk failed');
      Reflect.deleteProperty(state, method);
      if (method === 'loadAccount') expect(kernel.call(transactionOf({ to: SENDER })).status).to.equal(0);
    }
    expect(numberOf(kernel.call(transactionOf()).output)).to.equal(9n);
  });

  describe('deposits', () => {
    const deposit = { type: 0x7e, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, chainId: undefined, nonce: undefined };

    it('mint, pay no fee and raise the nonce', () => {
      const { kernel } = createTestKernel();
      const from = address(0xfeed);
      const outcome = kernel.execute(transactionOf({ ...deposit, from, mint: 100n, value: 30n, to: address(0xbeef) }));
      expect(outcome).to.deep.include({ status: 0, gasUsed: 21_000n, effectiveGasPrice: 0n });
      const change = kernel.changes().find((account) => toHex(account.address) === toHex(from));
      expect(change).to.deep.include({ nonce: 1n, balance: 70n, codeHash: EMPTY_CODE_HASH });
      expect(kernel.changes().some((account) => toHex(account.address) === toHex(COINBASE))).to.equal(false);
    });

    it('that fail keep the mint and use all their gas; that revert give the rest back', () => {
      const { kernel, state } = createTestKernel();
      const from = address(0xfeed);
      state.set(CONTRACT, { code: assemble('5f5ffd') });
      const poor = kernel.execute(transactionOf({ ...deposit, from, mint: 1n, value: 2n }));
      const small = kernel.execute(transactionOf({ ...deposit, from, gasLimit: 20_000n }));
      const reverted = kernel.execute(transactionOf({ ...deposit, from, mint: 5n, value: 5n }));
      expect([poor, small, reverted].map(({ status, gasUsed }) => ({ status, gasUsed }))).to.deep.equal([
        { status: 2, gasUsed: 1_000_000n },
        { status: 2, gasUsed: 20_000n },
        { status: 1, gasUsed: 21_004n },
      ]);
      const change = kernel.changes().find((account) => toHex(account.address) === toHex(from));
      expect(change).to.deep.include({ nonce: 3n, balance: 6n });
    });

    it('may ask for more gas than EIP-7825 allows others', () => {
      const { kernel } = createTestKernel();
      const outcome = kernel.execute(transactionOf({ ...deposit, gasLimit: 30_000_000n }));
      expect(outcome.status).to.equal(0);
    });
  });
});
