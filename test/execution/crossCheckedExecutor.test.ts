import { expect } from 'chai';
import type { Receipt } from '../../src/codec/receipt';
import { StoredReceipts } from '../../src/codec/storedReceipts';
import { toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { CrossCheckedExecutor } from '../../src/execution/crossCheckedExecutor';
import type { ExecutedBlock, Executor } from '../../src/execution/executor';
import { KernelExecutor } from '../../src/execution/kernel/kernelExecutor';
import { ReferenceExecutor } from '../../src/execution/reference/referenceExecutor';
import { listRoots, sealBlock } from '../../src/execution/sealBlock';
import { signTransaction, TestChain } from './testChain';

const TO = '0x00000000000000000000000000000000000000aa';

describe('CrossCheckedExecutor', () => {
  let test: TestChain;
  let kernel: KernelExecutor;
  before(async () => {
    test = await TestChain.open();
    kernel = new KernelExecutor(test.config, test.chain);
  });

  /** The kernel, with what it returns tampered with and sealed again. */
  function tampered(change: (executed: ExecutedBlock, receipts: Receipt[]) => void): CrossCheckedExecutor {
    const liar: Executor = {
      call: kernel.call.bind(kernel),
      close: async () => undefined,
      async executeBlock(request) {
        const executed = await kernel.executeBlock(request);
        const receipts = executed.receipts.map((receipt) => ({ ...receipt }));
        change(executed, receipts);
        const { header } = executed.block;
        const { transactions } = executed.block;
        const roots = { stateRoot: header.stateRoot, messagePasserStorageRoot: header.withdrawalsRoot };
        const gasUsed = receipts.at(-1)?.cumulativeGasUsed ?? 0n;
        const block = sealBlock(request.attributes, transactions, gasUsed, listRoots(transactions, receipts), roots);
        return { ...executed, block, receipts: StoredReceipts.of(receipts) };
      },
    };
    return new CrossCheckedExecutor(liar, new ReferenceExecutor(test.config, test.chain));
  }

  async function request() {
    const transactions = await Promise.all([0, 1].map((nonce) => signTransaction(0, nonce, { to: TO, value: 1n })));
    return test.request(transactions);
  }

  async function failure(executor: Executor): Promise<TributaryError> {
    try {
      await executor.executeBlock(await request());
    } catch (error) {
      if (error instanceof TributaryError) return error;
      throw error;
    }
    throw new TributaryError('Test.NoError', 'expected an error, got a block');
  }

  it('returns the block on which both agree', async () => {
    const executor = new CrossCheckedExecutor(kernel, new ReferenceExecutor(test.config, test.chain));
    const executed = await executor.executeBlock(await request());
    expect(executed.block.transactions).to.have.length(3);
  });

  it('says which transaction and which field differ, and asks for a halt', async () => {
    const error = await failure(
      tampered((_executed, receipts) => {
        receipts[2].gasUsed -= 1n;
        receipts[2].cumulativeGasUsed -= 1n;
      }),
    );
    const { transactions } = await request();
    expect(error.code).to.equal('Execution.CrossCheckFailed');
    expect(error.recovery).to.equal('halt');
    expect(error.message).to.contain(`transaction 2 (${toHex(transactions[1].hash)}): gasUsed differs`);
    expect(error.details).to.include({ transactionIndex: 2, field: 'gasUsed', expected: '21000', found: '20999' });
  });

  it('names the header field when all receipts agree', async () => {
    const error = await failure(
      tampered(({ block }) => {
        block.header.stateRoot = new Uint8Array(32);
      }),
    );
    expect(error.details).to.include({ where: 'header', field: 'stateRoot', found: toHex(new Uint8Array(32)) });
  });
});
