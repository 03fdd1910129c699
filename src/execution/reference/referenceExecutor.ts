import { Address as EvmAddress } from '@ethereumjs/util';
import { addresses } from '../../chain/addresses';
import type { BlockAttributes } from '../../chain/blockAttributes';
import type { ChainConfig } from '../../chain/chainConfig';
import { type Fork, forkAt } from '../../chain/forks';
import { l1FeeParameters } from '../../chain/l1Attributes';
import type { Block } from '../../codec/block';
import { type BlockHeader, EMPTY_CODE_HASH } from '../../codec/header';
import type { Receipt } from '../../codec/receipt';
import { StoredReceipts } from '../../codec/storedReceipts';
import type { SignedTransaction } from '../../codec/transaction';
import type { Hash } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { applyStateChanges } from '../../state/stateChanges';
import type { StateSnapshot } from '../../state/stateReader';
import { checkParent, invalidTransaction } from '../blockRules';
import type {
  CallRequest,
  CallResult,
  ExecuteBlockRequest,
  ExecutedBlock,
  Executor,
  RejectedTransaction,
  StateOverride,
} from '../executor';
import { listRoots, sealBlock } from '../sealBlock';
import { checkCall } from '../transactionRules';
import { type EvmBlock, type EvmInstance, EvmPool } from './evmPool';
import type { EvmState } from './evmState';
import { credit, runMessage } from './runMessage';
import { type BlockProgress, runDeposit, runSignedTransaction, runSystemCall } from './runTransaction';

/** What the executor reads of the chain (`state/ChainStore`). */
export interface ExecutionChain {
  readonly head: Block;
  stateAt(blockNumber: number): StateSnapshot;
  blockHashByNumber(blockNumber: number): Hash | undefined;
}

/**
 * The state transition over `@ethereumjs/evm`: an implementation that shares nothing with the kernel but the transaction rules and the trie,
 * to check it by. One transaction after the other; about 10,000 plain transfers per second.
 */
export class ReferenceExecutor implements Executor {
  readonly #config: ChainConfig;
  readonly #chain: ExecutionChain;
  readonly #pool: EvmPool;

  /** @param collectsAccessLists for checking those of others: where accesses are recorded the EVM follows EIP-7928's order of checks */
  constructor(config: ChainConfig, chain: ExecutionChain, collectsAccessLists = false) {
    this.#config = config;
    this.#chain = chain;
    this.#pool = new EvmPool(config.l2ChainId, collectsAccessLists);
  }

  async executeBlock(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    const { attributes } = request;
    const { head } = this.#chain;
    checkParent(attributes, head);
    const base = this.#chain.stateAt(head.header.number);
    return this.#use(attributes.timestamp, base, (instance) => executeOn(instance, base, request));
  }

  async call(request: CallRequest, at: BlockHeader, overrides: StateOverride[] = []): Promise<CallResult> {
    const base = this.#chain.stateAt(at.number);
    return this.#use(at.timestamp, base, async (instance) => {
      applyOverrides(instance.state, overrides);
      checkCall(request, instance.state, instance.fork);
      credit(instance, request.from, -request.gasLimit * request.gasPrice);
      const { outcome, output, gasUsed, haltReason, logs } = await runMessage(instance, evmBlock(at), request);
      instance.evm.journal.cleanJournal();
      instance.evm.transientStorage.clear();
      return { outcome, output, gasUsed, haltReason, logs };
    });
  }

  async close(): Promise<void> {
    // Nothing is held that the garbage collector does not free.
  }

  #use<Result>(
    timestamp: number,
    base: StateSnapshot,
    work: (instance: EvmInstance) => Promise<Result>,
  ): Promise<Result> {
    const fork: Fork = forkAt(this.#config, timestamp);
    return this.#pool.use(fork, base, (blockNumber) => this.#chain.blockHashByNumber(blockNumber), work);
  }
}

async function executeOn(
  instance: EvmInstance,
  base: StateSnapshot,
  { attributes, transactions, mode }: ExecuteBlockRequest,
): Promise<ExecutedBlock> {
  const block = evmBlock(attributes);
  const { recorder, state } = instance;
  recorder?.begin();
  await beginBlock(instance, block, attributes);
  recorder?.endTransaction(0, base, state);
  const progress: BlockProgress = {
    ...attributes,
    block,
    baseFeeRecipient: addresses.baseFeeVault,
    l1FeeParameters: l1FeeParameters(attributes.deposits[0]),
    gasUsed: 0n,
  };
  const receipts: Receipt[] = [];
  for (const deposit of attributes.deposits) {
    receipts.push(await runDeposit(instance, progress, deposit));
    recorder?.endTransaction(receipts.length, base, state);
  }
  const included: SignedTransaction[] = [];
  const rejected: RejectedTransaction[] = [];
  for (const [index, transaction] of transactions.entries()) {
    try {
      receipts.push(await runSignedTransaction(instance, progress, transaction));
      recorder?.endTransaction(receipts.length, base, state);
      included.push(transaction);
    } catch (error) {
      if (!(error instanceof TributaryError) || error.recovery !== 'reject') throw error;
      if (mode === 'strict') throw invalidTransaction(index, transaction, error);
      rejected.push({ transaction, error });
    }
  }
  const accessList = recorder?.encoded();
  const applied = applyStateChanges(base, instance.state.changes());
  const sealedTransactions = [...attributes.deposits, ...included];
  const gasUsed = receipts.at(-1)?.cumulativeGasUsed ?? 0n;
  const sealed = sealBlock(attributes, sealedTransactions, gasUsed, listRoots(sealedTransactions, receipts), {
    stateRoot: applied.stateRoot,
    messagePasserStorageRoot: applied.storageRoot(addresses.l2ToL1MessagePasser),
  });
  return {
    block: sealed,
    receipts: StoredReceipts.of(receipts),
    rejected,
    stateOperations: applied.operations,
    accessList,
  };
}

/** EIP-4788, and from Prague on EIP-2935. */
async function beginBlock(instance: EvmInstance, block: EvmBlock, attributes: BlockAttributes): Promise<void> {
  await runSystemCall(instance, block, addresses.beaconRoots, attributes.parentBeaconBlockRoot);
  if (instance.fork !== 'cancun') {
    await runSystemCall(instance, block, addresses.historyStorage, attributes.parentHash);
  }
}

function evmBlock(
  header: Pick<BlockHeader, 'number' | 'coinbase' | 'timestamp' | 'prevRandao' | 'gasLimit' | 'baseFeePerGas'>,
): EvmBlock {
  return {
    header: {
      number: BigInt(header.number),
      coinbase: new EvmAddress(header.coinbase),
      timestamp: BigInt(header.timestamp),
      difficulty: 0n,
      prevRandao: header.prevRandao,
      gasLimit: header.gasLimit,
      baseFeePerGas: header.baseFeePerGas,
      // The L2 has no blobs: excess 0 means the least price (EIP-4844).
      getBlobGasPrice: () => 1n,
    },
  };
}

function applyOverrides(state: EvmState, overrides: StateOverride[]): void {
  for (const { address, balance, nonce, code, state: storage, stateDiff } of overrides) {
    const account = state.account(address);
    state.setAccount(address, {
      nonce: nonce ?? account?.nonce ?? 0n,
      balance: balance ?? account?.balance ?? 0n,
      codeHash: account?.codeHash ?? EMPTY_CODE_HASH,
    });
    if (code) state.setCode(address, code);
    if (storage) state.dropStorage(address);
    for (const [slot, value] of [...(storage ?? []), ...(stateDiff ?? [])]) state.setStorage(address, slot, value);
  }
  state.endTransaction();
}
