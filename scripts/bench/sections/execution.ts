import { Address as EvmAddress } from '@ethereumjs/util';
import { dependencies } from '../../../package.json';
import { StoredReceipts } from '../../../src/codec/storedReceipts';
import type { SignedTransaction } from '../../../src/codec/transaction';
import { kernelBlock } from '../../../src/execution/kernel/kernelBlock';
import { SnapshotBackend } from '../../../src/execution/kernel/snapshotBackend';
import { EvmPool } from '../../../src/execution/reference/evmPool';
import { Kernel } from '../../../src/kernel/kernel';
import { BenchChain, CHAIN_ID } from '../benchChain';
import { interleaved, log, ownPeakMebibytes } from '../measure';
import { compare, type Section } from '../section';
import { freshAddress, plainSigners, sign } from '../signers';
import { transferData } from '../tokenCalls';
import { TOKEN_ADDRESS, tokenContract } from '../tokenContract';

const SENDER_COUNT = 200;
const KERNEL_CALL_COUNT = 20_000;
const PEER_CALL_COUNT = 1_000;
const GAS_LIMIT = 80_000n;
const BLOCK_GAS_LIMIT = 2_000_000_000;

export const execution: Section = {
  title: 'ERC-20 execution only, one thread',
  about:
    "`transfer` to fresh recipients on OpenZeppelin's ERC-20, decoded transactions, state in memory, no root. The kernel runs whole " +
    'transactions, from their bytes: decoding, checks, fees, nonce, hashing for both list roots, receipts handed to JavaScript as bytes. `@ethereumjs/evm` runs `runCall` alone, on the fastest state manager at hand.',

  async measure({ rounds }) {
    log('execution: kernel and @ethereumjs/evm');
    const senders = plainSigners(SENDER_COUNT);
    const token = tokenContract(senders.map(({ address }) => address));
    const rich = senders.map(({ address }) => address);
    const chain = await BenchChain.open({
      executor: { executor: 'reference' },
      rich,
      gasLimit: BLOCK_GAS_LIMIT,
      contracts: [token],
      store: 'memory',
    });
    const transactions = Array.from({ length: KERNEL_CALL_COUNT }, (_, index) => {
      const data = transferData(freshAddress(index), 1n);
      return sign(senders[index % SENDER_COUNT], CHAIN_ID, { to: TOKEN_ADDRESS, data, gasLimit: GAS_LIMIT });
    });
    const kernel = openKernel(chain);
    const times = await interleaved(
      {
        kernel: async () => kernel(transactions) / KERNEL_CALL_COUNT,
        ethereumjs: async () => (await runCalls(chain, transactions.slice(0, PEER_CALL_COUNT))) / PEER_CALL_COUNT,
      },
      rounds,
    );
    await chain.close();
    const [own, peer] = [1000 / times.kernel, 1000 / times.ethereumjs];
    return {
      rows: [compare('ERC-20 transfers', '/s', own, { name: '@ethereumjs/evm', value: peer }, { atLeast: 80 })],
      memoryMebibytes: { 'this process': ownPeakMebibytes() },
      versions: { '@ethereumjs/evm': dependencies['@ethereumjs/evm'] },
      notes: [],
    };
  },
};

/** @returns runs the transactions on the state after genesis, and tells how long that took, ms */
function openKernel({ config, chain }: BenchChain): (transactions: SignedTransaction[]) => number {
  const backend = new SnapshotBackend(() => undefined);
  backend.state = chain.stateAt(0);
  const kernel = new Kernel(backend);
  const block = kernelBlock(config, { ...chain.head.header, number: 1 });
  return (transactions) => {
    // Nothing of the round before is known any more: recipients are as fresh as they were.
    kernel.discard();
    kernel.beginBlock(block);
    const startedMs = performance.now();
    kernel.sealing.begin();
    const { rejection } = kernel.executeAll(transactions, 0);
    const receipts = new StoredReceipts(kernel.sealing.storedReceipts());
    const durationMs = performance.now() - startedMs;
    if (rejection !== undefined) throw new Error(`a transfer was refused: ${rejection}`);
    if (receipts.length !== transactions.length) throw new Error(`${receipts.length} receipts`);
    if (receipts.map(({ succeeded }) => succeeded).includes(false)) throw new Error('a transfer failed');
    return durationMs;
  };
}

async function runCalls({ chain }: BenchChain, transactions: SignedTransaction[]): Promise<number> {
  const calls = transactions.map(({ from, data }) => ({
    caller: new EvmAddress(from),
    to: new EvmAddress(TOKEN_ADDRESS),
    data,
    gasLimit: GAS_LIMIT,
  }));
  return new EvmPool(CHAIN_ID).use(
    'osaka',
    chain.stateAt(0),
    () => undefined,
    async ({ evm, state }) => {
      const startedMs = performance.now();
      for (const call of calls) {
        const { execResult } = await evm.runCall(call);
        if (execResult.exceptionError) throw new Error(`a transfer failed: ${execResult.exceptionError.error}`);
        await evm.journal.cleanup();
        state.endTransaction();
      }
      return performance.now() - startedMs;
    },
  );
}
