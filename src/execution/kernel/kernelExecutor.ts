import { addresses } from '../../chain/addresses';
import type { BlockAttributes } from '../../chain/blockAttributes';
import type { ChainConfig } from '../../chain/chainConfig';
import type { Fork } from '../../chain/forks';
import { l1FeeParameters } from '../../chain/l1Attributes';
import { type BlockHeader, EMPTY_ROOT } from '../../codec/header';
import { StoredReceipts } from '../../codec/storedReceipts';
import type { SignedTransaction, Transaction } from '../../codec/transaction';
import { equalBytes, type Hash, toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import type { KeyValueOperation, Logger } from '../../core/ports';
import { Kernel, type KernelOptions, type RejectedSender } from '../../kernel/kernel';
import type { StateBackend } from '../../kernel/stateBackend';
import { bytesKey, keyPrefix } from '../../state/keyspace';
import type { StateReader } from '../../state/stateReader';
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
import { LazyReference } from '../reference/lazyReference';
import type { ExecutionChain } from '../reference/referenceExecutor';
import { type ListRoots, listRoots, sealBlock } from '../sealBlock';
import { blockGasLimitReached, checkSender, checkTransaction } from '../transactionRules';
import { kernelBlock } from './kernelBlock';
import { KernelCalls } from './kernelCalls';
import { isKernelFault } from './kernelFault';
import { OrderedRunner, type Reject, type TransactionRunner } from './orderedRunner';
import { RecordedOperations } from './recordedOperations';
import { SnapshotBackend } from './snapshotBackend';

/** A block that runs out of these is executed by the reference. */
const ROOM_ERRORS = new Set([
  'Kernel.RegionFull',
  'Kernel.TransactionTooLarge',
  'Kernel.TrieOutOfMemory',
  'Kernel.TrieBufferTooSmall',
  'Kernel.TrieExchangeFull',
  // Not room, but as much out of the ordinary: the chain was cut back while a block was executed on it.
  'Kernel.StateMoved',
]);
const TRIE_ARENA_SIZE_BYTES = 256 * 2 ** 20;
/** For the access list of a block of 40,000 token transfers; a block that needs more has none. */
const ACCESS_LIST_SIZE_BYTES = 40 * 2 ** 20;
/** EIP-2930: the least that a block pays to touch one more account or slot. */
const ACCOUNT_GAS_MIN = 2_400;
const SLOT_GAS_MIN = 1_900;

/** What follows from a block's transactions and receipts, the state root apart. */
interface SealedLists {
  accessList: Uint8Array | undefined;
  receipts: StoredReceipts;
  roots: ListRoots;
}

/**
 * The state transition in the WebAssembly kernel.
 *
 * The kernel keeps what it read warm between blocks. It stands on the block `#base`, and holds the changes of `#sealed` on top until the
 * next block tells whether that one was committed: if it builds on it they stay, otherwise they are taken back.
 */
export class KernelExecutor implements Executor {
  readonly #config: ChainConfig;
  readonly #chain: ExecutionChain;
  readonly #backend: SnapshotBackend;
  readonly #kernel: Kernel;
  readonly #reference: LazyReference;
  readonly #calls: KernelCalls;
  readonly #runner: TransactionRunner;
  /** Of another version than this package's: neither the reference nor the rules in TypeScript speak for it, and the way back must not hang on it. */
  readonly #isForeign: boolean;
  /** Kept free for the next block's nodes. */
  readonly #trieFreeBytes: number;
  readonly #logger: Logger | undefined;
  #base: Hash | undefined;
  #sealed: Hash | undefined;

  /**
   * @param memory sizes of the kernel's caches, where they are not to follow from the block gas limit; and which kernel runs
   * @param createRunner what executes a block's signed transactions; default: one after the other
   * @param logger told of blocks that the kernel has no room for
   * @throws Kernel.NotBuilt
   */
  constructor(
    config: ChainConfig,
    chain: ExecutionChain,
    memory: KernelOptions = {},
    createRunner: (kernel: Kernel, backend: StateBackend) => TransactionRunner = (kernel) => new OrderedRunner(kernel),
    logger?: Logger,
  ) {
    this.#logger = logger;
    this.#config = config;
    this.#chain = chain;
    this.#backend = new SnapshotBackend((blockNumber) => chain.blockHashByNumber(blockNumber));
    this.#kernel = new Kernel(this.#backend, {
      accountBits: tableBits(config.gasLimit / ACCOUNT_GAS_MIN, 18, 21),
      slotBits: tableBits(config.gasLimit / SLOT_GAS_MIN, 19, 22),
      trieArenaSizeBytes: TRIE_ARENA_SIZE_BYTES,
      transactionAreaSizeBytes: config.batchDecompressedSizeBytesMax + 2 ** 20,
      sealingSizeBytes: 64 * 2 ** 20,
      accessListSizeBytes: ACCESS_LIST_SIZE_BYTES,
      triesServeReads: true,
      ...memory,
    });
    this.#isForeign = memory.module !== undefined;
    this.#runner = createRunner(this.#kernel, this.#backend);
    this.#trieFreeBytes = this.#kernel.trie.memoryUse().totalBytes / 4;
    this.#reference = new LazyReference(config, chain);
    this.#calls = new KernelCalls(config, chain, this.#reference, memory.module);
  }

  async executeBlock(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    checkParent(request.attributes, this.#chain.head);
    this.#standOn(request.attributes);
    try {
      const executed = await this.#execute(request);
      this.#sealed = executed.block.hash;
      return executed;
    } catch (error) {
      if (error instanceof TributaryError && error.code === 'Execution.InvalidTransaction') {
        this.#kernel.rollBack();
        throw error;
      }
      // What trapped is in no state to be asked for anything; its owner drops it.
      if (isKernelFault(error, this.#isForeign)) throw error;
      this.#forget();
      if (error instanceof TributaryError && ROOM_ERRORS.has(error.code)) {
        const { number } = request.attributes;
        this.#logger?.warn(
          { number, code: error.code },
          'the kernel has no room for a block: the reference executes it',
        );
        return this.#reference.executeBlock(request);
      }
      throw error;
    }
  }

  /** Base fee of the block after one with this header, by this kernel's rules. */
  nextBaseFee({ baseFeePerGas, gasUsed, gasLimit }: BlockHeader): bigint {
    const { elasticity, changeDenominator } = this.#config.baseFee;
    const target = gasLimit / BigInt(elasticity);
    return this.#kernel.nextBaseFee(baseFeePerGas, gasUsed, target, BigInt(changeDenominator));
  }

  call(request: CallRequest, at: BlockHeader, overrides: StateOverride[] = []): Promise<CallResult> {
    return this.#calls.call(request, at, overrides);
  }

  async close(): Promise<void> {
    await this.#reference.close();
  }

  /** Makes the kernel's caches those of the parent. */
  #standOn({ parentHash, number }: BlockAttributes): void {
    this.#backend.state = this.#chain.stateAt(number - 1);
    if (this.#sealed && equalBytes(this.#sealed, parentHash)) {
      this.#kernel.commit();
      this.#kernel.trie.evict(this.#trieFreeBytes);
    } else if (!this.#base || !equalBytes(this.#base, parentHash)) {
      this.#forget();
    } else if (this.#sealed) {
      this.#kernel.rollBack();
    }
    this.#base = parentHash;
    this.#sealed = undefined;
  }

  #forget(): void {
    this.#kernel.discard();
    this.#kernel.trie.reset();
    this.#base = undefined;
    this.#sealed = undefined;
  }

  async #execute({ attributes, transactions, mode, accessList }: ExecuteBlockRequest): Promise<ExecutedBlock> {
    const kernel = this.#kernel;
    const block = kernelBlock(this.#config, attributes, l1FeeParameters(attributes.deposits[0]));
    kernel.beginBlock(block);
    kernel.sealing.begin();
    kernel.accessList.begin();
    kernel.systemCall(addresses.beaconRoots, attributes.parentBeaconBlockRoot);
    if (block.fork !== 'cancun') kernel.systemCall(addresses.historyStorage, attributes.parentHash);

    for (const deposit of attributes.deposits) {
      kernel.execute(deposit);
      kernel.seal(deposit);
    }
    const rejected: RejectedTransaction[] = [];
    const reject: Reject = (index, reason, sender) => {
      const transaction = transactions[index];
      const error = this.#rejectionOf(transaction, attributes, block.fork, reason, sender);
      if (mode === 'strict') throw invalidTransaction(index, transaction, error);
      rejected.push({ transaction, error });
    };
    const given = mode === 'strict' ? accessList : undefined;
    const isListRight = await this.#runner.execute(transactions, reject, given);
    const included = [...attributes.deposits, ...withoutRejected(transactions, rejected)];
    return { ...(await this.#seal(attributes, included, isListRight ? given : undefined)), rejected };
  }

  /** @param accessList where it is known; otherwise it is encoded */
  async #seal(
    attributes: BlockAttributes,
    transactions: Transaction[],
    accessList: Uint8Array | undefined,
  ): Promise<Omit<ExecutedBlock, 'rejected'>> {
    const kernel = this.#kernel;
    const made: Partial<SealedLists> = { accessList };
    // Where others compute the state root too, the rest is done while they are at it.
    const stateRoot = await this.#runner.stateRoot(() => {
      made.accessList ??= kernel.accessList.encoded();
      made.receipts = new StoredReceipts(kernel.sealing.storedReceipts());
      made.roots = this.#listRoots(transactions, made.receipts);
    });
    const { receipts, roots } = made as SealedLists;
    const messagePasser = kernel.account(addresses.l2ToL1MessagePasser);
    const block = sealBlock(attributes, transactions, kernel.blockGasUsed, roots, {
      stateRoot,
      messagePasserStorageRoot: messagePasser?.storageRoot ?? EMPTY_ROOT,
    });
    const codes = kernel.newCodes().map(codeOperation);
    let flatRecords: Uint8Array[] = [];
    const trieRecords = await this.#runner.trieRecords(() => {
      flatRecords = kernel.sealing.takeFlatRecords();
    });
    const stateOperations = new RecordedOperations(flatRecords, trieRecords, codes, !this.#isForeign);
    return { block, receipts, stateOperations, accessList: made.accessList };
  }

  #listRoots(transactions: Transaction[], receipts: StoredReceipts): ListRoots {
    const { sealing } = this.#kernel;
    if (!sealing.isComplete) return listRoots(transactions, [...receipts]);
    return {
      transactionsRoot: sealing.transactionsRoot(),
      receiptsRoot: sealing.receiptsRoot(),
      logsBloom: sealing.logsBloom(),
    };
  }

  /** Why a transaction is not included, in the words that all executors share. */
  #rejectionOf(
    transaction: SignedTransaction,
    attributes: BlockAttributes,
    fork: Fork,
    kernelReason: string | undefined,
    sender: RejectedSender | undefined,
  ): TributaryError {
    try {
      checkTransaction(transaction, this.#config.l2ChainId, fork);
      const available = attributes.gasLimit - this.#kernel.blockGasUsed;
      if (transaction.gasLimit > available) throw blockGasLimitReached(transaction.gasLimit, available);
      checkSender(transaction, senderReader(this.#kernel, sender), {
        baseFeePerGas: attributes.baseFeePerGas,
        l1FeeParameters: l1FeeParameters(attributes.deposits[0]),
      });
    } catch (error) {
      if (error instanceof TributaryError && error.recovery === 'reject') return error;
      throw error;
    }
    if (this.#isForeign) {
      return new TributaryError('Execution.RefusedByVersion', kernelReason ?? 'the version that rules refuses it');
    }
    throw new TributaryError('Execution.RulesDiffer', 'the kernel refuses a transaction that the rules allow', {
      recovery: 'halt',
      metaMessages: [`kernel: ${kernelReason}`, `transaction: ${toHex(transaction.hash)}`],
    });
  }
}

function codeOperation([codeHash, code]: [codeHash: Hash, code: Uint8Array]): KeyValueOperation {
  return { type: 'put', key: bytesKey(keyPrefix.code, codeHash), value: code };
}

/** @param rejected in the order of the transactions */
function withoutRejected(transactions: SignedTransaction[], rejected: RejectedTransaction[]): SignedTransaction[] {
  if (rejected.length === 0) return transactions;
  let next = 0;
  return transactions.filter((transaction) => {
    const isRejected = transaction === rejected[next]?.transaction;
    if (isRejected) next++;
    return !isRejected;
  });
}

/** The state as it was when the transaction was refused; only what transaction rules ask for. */
function senderReader(kernel: Kernel, sender: RejectedSender | undefined): Pick<StateReader, 'account' | 'code'> {
  return {
    account: () => sender && { ...sender, storageRoot: EMPTY_ROOT },
    code: (codeHash) => kernel.code(codeHash),
  };
}

/** Bits of a table that `countMax` entries fill by half at most. */
function tableBits(countMax: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.ceil(Math.log2(2 * countMax))));
}
