import type { ExecResult } from '@ethereumjs/evm';
import { Address as EvmAddress } from '@ethereumjs/util';
import { dependencies } from '../../../package.json';
import { StoredReceipts } from '../../../src/codec/storedReceipts';
import type { SignedTransaction } from '../../../src/codec/transaction';
import { toHex } from '../../../src/core/bytes';
import { kernelBlock } from '../../../src/execution/kernel/kernelBlock';
import { SnapshotBackend } from '../../../src/execution/kernel/snapshotBackend';
import { EvmPool } from '../../../src/execution/reference/evmPool';
import { encodedSize, encodeTransaction } from '../../../src/kernel/encodeTransaction';
import { Kernel, type KernelBlock } from '../../../src/kernel/kernel';
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
    "`transfer` to fresh recipients on OpenZeppelin's ERC-20, state in memory, no root. First row: the kernel executes and applies whole " +
    'transactions that lie in its memory ahead: checks of nonce and balance, intrinsic gas, fees to both vaults, logs; like `runCall` it neither decodes ' +
    'them nor makes receipts. Second row: what a block does besides: raw bytes decoded, receipts and blooms made, all but the last hashes of ' +
    'both list roots. `@ethereumjs/evm` runs `runCall` alone, on the fastest state manager at hand, without fees and nonces. Gas and logs of ' +
    'every call that both run are asserted to be equal.',

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
    const kernel = new ExecutionKernel(chain, transactions);
    const peerCalls = transactions.slice(0, PEER_CALL_COUNT);
    const expected = kernel.results(PEER_CALL_COUNT);
    const times = await interleaved(
      {
        execution: async () => kernel.execute() / KERNEL_CALL_COUNT,
        sealed: async () => kernel.executeAndSeal() / KERNEL_CALL_COUNT,
        ethereumjs: async () => (await runCalls(chain, peerCalls, expected)) / PEER_CALL_COUNT,
      },
      rounds,
    );
    await chain.close();
    const peer = { name: '@ethereumjs/evm', value: 1000 / times.ethereumjs };
    return {
      rows: [
        compare('ERC-20 transfers', '/s', 1000 / times.execution, peer, { atLeast: 80 }),
        compare('… decoded, with receipts and list hashes', '/s', 1000 / times.sealed, peer),
      ],
      memoryMebibytes: { 'this process': ownPeakMebibytes() },
      versions: { '@ethereumjs/evm': dependencies['@ethereumjs/evm'] },
      notes: [],
    };
  },
};

/** What both sides must agree on. */
interface CallResult {
  /** Without the transaction's intrinsic gas. */
  executionGas: bigint;
  /** Address, topics, data in hexadecimal. */
  logs: string;
}

/** The kernel on the state after genesis, with the transactions in its memory. */
class ExecutionKernel {
  readonly #kernel: Kernel;
  readonly #block: KernelBlock;
  readonly #transactions: SignedTransaction[];
  /** Where they lie. */
  readonly #ats: number[] = [];
  /** Gas that all of them use; set by the first run. */
  #gasUsed: bigint | undefined;

  constructor({ config, chain }: BenchChain, transactions: SignedTransaction[]) {
    const backend = new SnapshotBackend(() => undefined);
    backend.state = chain.stateAt(0);
    const extraSizeBytes = transactions.reduce((sum, transaction) => sum + encodedSize(transaction), 0);
    this.#kernel = new Kernel(backend, { extraSizeBytes });
    this.#block = kernelBlock(config, { ...chain.head.header, number: 1 });
    this.#transactions = transactions;
    let at = this.#kernel.sharedMemory.extra.base;
    for (const transaction of transactions) {
      encodeTransaction(transaction, this.#kernel, at);
      this.#ats.push(at);
      at += encodedSize(transaction);
    }
  }

  /** Of the first `count` transactions. */
  results(count: number): CallResult[] {
    this.#begin();
    return this.#transactions.slice(0, count).map((transaction) => {
      const { status, gasUsed, logs } = this.#kernel.execute(transaction);
      if (status !== 0) throw new Error(`a transfer ended with status ${status}`);
      return {
        executionGas: gasUsed - intrinsicGas(transaction.data),
        logs: logsInHex(logs.map(({ address, topics, data }) => [address, topics, data])),
      };
    });
  }

  /** Execution alone; ms. */
  execute(): number {
    this.#begin();
    const { exports } = this.#kernel;
    const startedMs = performance.now();
    for (const at of this.#ats) {
      const status = exports.execute(at, 0);
      if (status !== 0) throw new Error(`a transfer ended with status ${status}`);
      exports.applyTransaction();
    }
    const durationMs = performance.now() - startedMs;
    this.#checkGas();
    return durationMs;
  }

  /** With decoding, receipts and hashing; ms. */
  executeAndSeal(): number {
    this.#begin();
    const kernel = this.#kernel;
    const startedMs = performance.now();
    kernel.sealing.begin();
    const { rejection } = kernel.executeAll(this.#transactions, 0);
    const receipts = new StoredReceipts(kernel.sealing.storedReceipts());
    const durationMs = performance.now() - startedMs;
    if (rejection !== undefined) throw new Error(`a transfer was refused: ${rejection}`);
    if (receipts.length !== this.#transactions.length) throw new Error(`${receipts.length} receipts`);
    if (receipts.map(({ succeeded }) => succeeded).includes(false)) throw new Error('a transfer failed');
    this.#checkGas();
    return durationMs;
  }

  /** Nothing of the round before is known any more: recipients are as fresh as they were. */
  #begin(): void {
    this.#kernel.discard();
    this.#kernel.beginBlock(this.#block);
  }

  /** However they are run, they use the same gas. */
  #checkGas(): void {
    const used = this.#kernel.blockGasUsed;
    this.#gasUsed ??= used;
    if (used !== this.#gasUsed) throw new Error(`the transfers used ${used} gas, and ${this.#gasUsed} before`);
  }
}

/** @returns how long the calls took, ms */
async function runCalls(
  { chain }: BenchChain,
  transactions: SignedTransaction[],
  expected: CallResult[],
): Promise<number> {
  const calls = transactions.map(({ from, data }) => ({
    caller: new EvmAddress(from),
    to: new EvmAddress(TOKEN_ADDRESS),
    data,
    gasLimit: GAS_LIMIT - intrinsicGas(data),
  }));
  return new EvmPool(CHAIN_ID).use(
    'osaka',
    chain.stateAt(0),
    () => undefined,
    async ({ evm, state }) => {
      const results: ExecResult[] = [];
      const startedMs = performance.now();
      for (const call of calls) {
        const { execResult } = await evm.runCall(call);
        if (execResult.exceptionError) throw new Error(`a transfer failed: ${execResult.exceptionError.error}`);
        await evm.journal.cleanup();
        state.endTransaction();
        results.push(execResult);
      }
      const durationMs = performance.now() - startedMs;
      for (const [index, { executionGasUsed, logs }] of results.entries()) {
        const { executionGas, logs: expectedLogs } = expected[index];
        if (executionGasUsed !== executionGas)
          throw new Error(`transfer ${index}: ${executionGas} gas in the kernel, ${executionGasUsed} on the peer`);
        if (logsInHex(logs ?? []) !== expectedLogs) throw new Error(`transfer ${index}: other logs on the peer`);
      }
      return durationMs;
    },
  );
}

/** EIP-2028: 21,000, 4 for a zero byte of calldata, 16 for another. */
function intrinsicGas(data: Uint8Array): bigint {
  return 21_000n + BigInt(data.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0));
}

function logsInHex(logs: [Uint8Array, Uint8Array[], Uint8Array][]): string {
  return logs.map(([address, topics, data]) => [address, ...topics, data].map(toHex).join(' ')).join(', ');
}
