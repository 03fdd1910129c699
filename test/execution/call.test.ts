import { expect } from 'chai';
import { contractAddress } from '../../src/codec/transaction';
import { concatBytes, EMPTY_BYTES, fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { EXECUTOR_KINDS } from '../../src/execution/createExecutor';
import type { CallRequest } from '../../src/execution/executor';
import {
  BAD_JUMP_CODE,
  CALLER_CODE,
  initCode,
  LOAD_CODE,
  REVERT_CODE,
  STORE_CODE,
  TOKEN_CODE,
  TOKEN_CONSTRUCTOR,
} from './bytecode';
import { callRequest, word } from './callRequest';
import { addressOf, ETHER, GWEI, signTransaction, TestChain } from './testChain';

const TARGET = toFixedBytes(0x4242, 20);

function code(hex: string): Uint8Array {
  return fromHex(hex);
}

async function failure(test: TestChain, request: CallRequest): Promise<[string, string]> {
  try {
    await test.executor.call(request, test.chain.head.header);
  } catch (error) {
    if (error instanceof TributaryError) return [error.code, error.shortMessage];
    throw error;
  }
  return expect.fail('the call was not refused');
}

for (const kind of EXECUTOR_KINDS) {
  describe(`call (${kind})`, () => {
    const open = TestChain.opener(kind);
    it('runs at any kept block and changes nothing', async () => {
      const test = await open();
      const store = contractAddress(addressOf(0), 0n);
      await test.seal([await signTransaction(0, 0, { data: initCode(STORE_CODE) })]);
      await test.seal([await signTransaction(0, 1, { to: toHex(store), data: toHex(concatBytes(word(1), word(5))) })]);
      await test.seal([await signTransaction(0, 2, { to: toHex(store), data: toHex(concatBytes(word(1), word(6))) })]);
      const read = async (blockNumber: number) => {
        const header = test.chain.headerByNumber(blockNumber);
        if (!header) return expect.fail('no block');
        const overrides = [{ address: store, code: code(LOAD_CODE) }];
        return (await test.executor.call(callRequest({ to: store, data: word(1) }), header, overrides)).output;
      };
      expect([await read(1), await read(2), await read(3)]).to.deep.equal([word(0), word(5), word(6)]);
      await test.executor.call(callRequest({ to: store, data: concatBytes(word(1), word(9)) }), test.chain.head.header);
      expect(await read(3)).to.deep.equal(word(6));
    });

    it('gives the gas that the transaction then uses, its output and its logs', async () => {
      const test = await open();
      const token = contractAddress(addressOf(0), 0n);
      const deploy = { data: initCode(TOKEN_CODE, TOKEN_CONSTRUCTOR) };
      const created = await test.executor.call(callRequest({ data: fromHex(deploy.data) }), test.chain.head.header);
      expect(created).to.deep.include({ outcome: 'success', output: code(TOKEN_CODE), haltReason: undefined });
      const first = await test.seal([await signTransaction(0, 0, deploy)]);
      expect(created.gasUsed).to.equal(first.receipts[1].gasUsed);
      const data = concatBytes(word(addressOf(1)), word(1_000_000));
      const sent = await test.executor.call(callRequest({ to: token, data }), test.chain.head.header);
      const second = await test.seal([await signTransaction(0, 1, { to: toHex(token), data: toHex(data) })]);
      expect(sent.gasUsed).to.equal(second.receipts[1].gasUsed);
      expect(sent.logs).to.deep.equal(second.receipts[1].logs);
    });

    it('tells a revert with its data from a halt with its reason', async () => {
      const test = await open();
      const header = test.chain.head.header;
      const run = (hex: string, data = word(7)) =>
        test.executor.call(callRequest({ to: TARGET, data }), header, [{ address: TARGET, code: code(hex) }]);
      const reverted = await run(REVERT_CODE);
      expect(reverted).to.deep.include({ outcome: 'revert', output: word(7), haltReason: undefined, logs: [] });
      expect(reverted.gasUsed < 30_000n).to.equal(true);
      const halted = { outcome: 'halt', output: EMPTY_BYTES, gasUsed: 1_000_000n, logs: [] };
      expect(await run(BAD_JUMP_CODE)).to.deep.equal({ ...halted, haltReason: 'invalid jump destination' });
      expect(await run('5b5f56')).to.deep.equal({ ...halted, haltReason: 'out of gas' });
      expect(await run('fe')).to.deep.equal({ ...halted, haltReason: 'invalid opcode' });
      expect(await run('01')).to.deep.equal({ ...halted, haltReason: 'stack underflow' });
    });

    it('takes overrides of balance, nonce, code, single slots and whole storage', async () => {
      const test = await open();
      const header = test.chain.head.header;
      const broke = toFixedBytes(0x666, 20);
      const rich = await test.executor.call(callRequest({ from: broke, to: TARGET, value: ETHER }), header, [
        { address: broke, balance: ETHER },
      ]);
      expect(rich.outcome).to.equal('success');
      // CREATE of nothing and return of the address
      const creator = await test.executor.call(callRequest({ to: TARGET }), header, [
        { address: TARGET, code: code('5f5f5ff05f5260205ff3'), nonce: 77n },
      ]);
      expect(creator.output).to.deep.equal(word(contractAddress(TARGET, 77n)));
      const load = (slot: number, change: object) =>
        test.executor.call(callRequest({ to: TARGET, data: word(slot) }), header, [
          { address: TARGET, code: code(LOAD_CODE), ...change },
        ]);
      expect((await load(1, { stateDiff: [[word(1), word(8)]] })).output).to.deep.equal(word(8));
      expect((await load(2, { state: [[word(1), word(8)]] })).output).to.deep.equal(word(0));
      expect(test.chain.stateAt(0).account(TARGET)).to.equal(undefined);
    });

    it('lets anybody be the sender, with code too', async () => {
      const test = await open();
      const { output } = await test.executor.call(callRequest({ from: TARGET, to: TARGET }), test.chain.head.header, [
        { address: TARGET, code: code(CALLER_CODE) },
      ]);
      expect(output).to.deep.equal(word(TARGET));
    });

    it('refuses what the sender cannot pay and gas below the intrinsic', async () => {
      const test = await open();
      const poor = toFixedBytes(0x667, 20);
      expect(await failure(test, callRequest({ from: poor, to: TARGET, value: 1n }))).to.deep.equal([
        'Execution.InsufficientFunds',
        'insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1',
      ]);
      expect((await failure(test, callRequest({ from: poor, to: TARGET, gasPrice: GWEI })))[0]).to.equal(
        'Execution.InsufficientFunds',
      );
      expect((await failure(test, callRequest({ to: TARGET, gasLimit: 20_999n })))[0]).to.equal(
        'Execution.IntrinsicGasTooLow',
      );
    });

    it('runs beside a block and beside other calls, each on its own state', async () => {
      const test = await open();
      const header = test.chain.head.header;
      const balances = Array.from({ length: 8 }, (_, i) => BigInt(i + 1));
      const calls = balances.map((balance) =>
        test.executor.call(callRequest({ to: TARGET }), header, [
          { address: TARGET, balance, code: code('475f5260205ff3') },
        ]),
      );
      const [block, ...results] = await Promise.all([
        test.executor.executeBlock(test.request([await signTransaction(0, 0, { to: toHex(TARGET), value: 5n })])),
        ...calls,
      ]);
      expect(block.receipts.at(1)?.succeeded).to.equal(true);
      expect(results.map(({ output }) => output)).to.deep.equal(balances.map((balance) => word(balance)));
    });
  });
}
