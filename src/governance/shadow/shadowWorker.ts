/** A worker thread's program: one candidate that executes blocks of the chain on disk again, at the state before each. Writes nothing. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodeBlock } from '../../codec/block';
import { StoredReceipts } from '../../codec/storedReceipts';
import type { SignedTransaction } from '../../codec/transaction';
import { assert } from '../../core/assert';
import type { Hash } from '../../core/bytes';
import { errorMessage, hasErrorCode, TributaryError } from '../../core/errors';
import { type LevelSnapshot, openLevelStore } from '../../core/levelStore';
import type { KeyValueStore } from '../../core/ports';
import { KernelExecutor } from '../../execution/kernel/kernelExecutor';
import { isKernelFault } from '../../execution/kernel/kernelFault';
import { keyPrefix, nameKey, numberKey, readNumber } from '../../state/keyspace';
import { StateHistory } from '../../state/stateHistory';
import { type ShadowAnswer, type ShadowJob, type ShadowStart, WORKER_READY } from './shadowProtocol';
import { compareExecutions, failedBlock, type ShadowBlock } from './shadowResult';

const HASH_SIZE_BYTES = 32;

/** The chain as it was when a job began, with the block before the job's for its head. */
class ShadowChain {
  #snapshot: LevelSnapshot | undefined;
  #history: StateHistory | undefined;
  #headNumber = 0;

  /** The node writes on meanwhile: what is read stays of one moment. */
  async standOn(snapshot: LevelSnapshot, headNumber: number): Promise<void> {
    this.#snapshot = snapshot;
    this.#headNumber = headNumber;
    this.#history = await StateHistory.open(readOnly(snapshot), chainHead(snapshot));
  }

  get head() {
    return this.block(this.#headNumber);
  }

  block(number: number) {
    const bytes = this.#get(numberKey(keyPrefix.block, number));
    if (!bytes) throw new TributaryError('State.UnknownBlock', `there is no block ${number}`);
    return decodeBlock(bytes);
  }

  receipts(number: number) {
    const bytes = this.#get(numberKey(keyPrefix.receipts, number));
    assert(bytes, 'a block has receipts');
    return [...new StoredReceipts(bytes)];
  }

  stateAt(blockNumber: number) {
    assert(this.#history, 'a job has begun');
    return this.#history.at(blockNumber);
  }

  blockHashByNumber(blockNumber: number): Hash | undefined {
    return this.#get(numberKey(keyPrefix.header, blockNumber))?.subarray(0, HASH_SIZE_BYTES);
  }

  #get(key: Uint8Array): Uint8Array | undefined {
    assert(this.#snapshot, 'a job has begun');
    return this.#snapshot.get(key);
  }
}

function chainHead(snapshot: LevelSnapshot): number {
  const bytes = snapshot.get(nameKey(keyPrefix.pointer, 'head'));
  assert(bytes, 'the database holds a chain');
  return readNumber(bytes);
}

function readOnly(snapshot: LevelSnapshot): KeyValueStore {
  const refuse = () => Promise.reject(new TributaryError('Governance.ShadowWrites', 'shadow writes nothing'));
  return {
    get: (key) => snapshot.get(key),
    batch: refuse,
    close: refuse,
    async *entries() {
      // None: only who deletes old records looks for the oldest one.
    },
  };
}

async function main(): Promise<void> {
  const { module, config, databaseFolder } = workerData as ShadowStart;
  const store = await openLevelStore(databaseFolder);
  const chain = new ShadowChain();
  let executor: KernelExecutor | undefined;

  async function execute(blockNumber: number): Promise<ShadowBlock> {
    const block = chain.block(blockNumber);
    const receipts = chain.receipts(blockNumber);
    const { header, l1Origin } = block;
    const startedMs = performance.now();
    try {
      executor ??= new KernelExecutor(config, chain, { module });
      const baseFeePerGas = executor.nextBaseFee(chain.head.header);
      const deposits = block.transactions.flatMap((transaction) => (transaction.type === 0x7e ? [transaction] : []));
      const transactions = block.transactions.filter((one): one is SignedTransaction => one.type !== 0x7e);
      const attributes = { ...header, l1Origin, deposits };
      const executed = await executor.executeBlock({ attributes, transactions, mode: 'strict' });
      const compared = compareExecutions(
        { block, receipts },
        { ...executed, receipts: [...executed.receipts], baseFeePerGas },
      );
      return { blockNumber, ...compared, executeMs: performance.now() - startedMs };
    } catch (error) {
      const isRefusal = hasErrorCode(error, 'Execution.InvalidTransaction');
      if (!isRefusal && !isKernelFault(error, true)) throw error;
      if (!isRefusal) executor = undefined;
      const failed = failedBlock(blockNumber, block.hash, isRefusal ? 'validity' : 'trap', errorMessage(error));
      return { ...failed, executeMs: performance.now() - startedMs };
    }
  }

  async function answer({ blockNumber }: ShadowJob): Promise<ShadowAnswer> {
    const snapshot = store.snapshot();
    try {
      await chain.standOn(snapshot, blockNumber - 1);
      return { result: await execute(blockNumber) };
    } catch (error) {
      if (hasErrorCode(error, 'State.HistoryPruned')) return { tooOld: error.message };
      return { hostFailure: errorMessage(error) };
    } finally {
      await snapshot.close();
    }
  }

  parentPort?.on('message', (job: ShadowJob) => {
    void answer(job).then((message) => parentPort?.postMessage(message));
  });
  parentPort?.postMessage(WORKER_READY);
}

void main();
