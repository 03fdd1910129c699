/**
 * The kernel's TypeScript face: one EVM over one memory, sequential.
 *
 * Owns the memory and what is cached in it. Per block: `beginBlock`, any number of `execute` and `call`, then `changes`,
 * `stateRoot` and `trie.takeRecords`, and either `commit` (the backend holds these changes before it is read again) or `discard`.
 */
import type { Fork } from '../chain/forks';
import { type L1FeeParameters, NO_L1_FEE } from '../chain/l1Attributes';
import type { Log } from '../codec/receipt';
import type { SignedTransaction, Transaction } from '../codec/transaction';
import { type Address, EMPTY_BYTES, type Hash, ZERO_ADDRESS } from '../core/bytes';
import { TributaryError } from '../core/errors';
import { KernelAccessList } from './accessList';
import { encodedSize, encodeTransaction, type KernelTransaction } from './encodeTransaction';
import { hostImports } from './hostImports';
import { type KernelExports, kernelModule } from './kernelModule';
import {
  ACCOUNT_EXISTS,
  ACCOUNT_NEW_CODE,
  AccountField,
  BlockField,
  FORK_NUMBERS,
  LOG_HEADER_SIZE_BYTES,
  LogField,
  OutcomeField,
  SlotField,
  TransactionField,
} from './layout';
import { KernelSealing } from './sealing';
import type { BackendAccount, StateBackend } from './stateBackend';
import { haltReasonOf, rejectionOf, Status } from './status';
import { TransactionRecords } from './transactionRecords';
import { KernelTrie, type RunTrieJobs } from './trie';
import { readWord, readWordBytes, takeBytes, writeWord, writeWordBytes } from './words';

export interface KernelBlock {
  number: number;
  timestampSeconds: number;
  gasLimit: bigint;
  chainId: bigint;
  fork: Fork;
  baseFeePerGas: bigint;
  prevRandao: Hash;
  coinbase: Address;
  /** Who is credited with the base fee; undefined: it is burned. */
  baseFeeRecipient?: Address;
  /** Wei per blob gas; default 1, what BLOBBASEFEE shows on a chain without blobs. */
  blobBaseFee?: bigint;
  /** What the L1 data fee follows from, and who gets it; undefined: there is none. */
  l1Fee?: { parameters: L1FeeParameters; recipient: Address };
  /** Blobs that the block may hold; default 0. */
  blobCountMax?: number;
}

export interface KernelOutcome {
  /** 0 success, 1 reverted, 2 halted; above: not included (`rejection`). */
  status: number;
  /** Why it was not included; undefined where it was. */
  rejection: string | undefined;
  gasUsed: bigint;
  /** Before refunds and the calldata floor. */
  gasSpent: bigint;
  effectiveGasPrice: bigint;
  logs: Log[];
  /** Return or revert data. */
  output: Uint8Array;
  /** Of a creation, also one that failed. */
  contractAddress: Address | undefined;
  /** The sender's before it. */
  senderNonce: bigint;
}

export interface SlotChange {
  slot: Hash;
  /** 32 bytes; zero: deleted. */
  value: Uint8Array;
  /** 32 bytes, as committed before. */
  before: Uint8Array;
}

export interface AccountChange {
  address: Address;
  /** False: the account is gone, with all its storage. */
  exists: boolean;
  nonce: bigint;
  balance: bigint;
  codeHash: Hash;
  /** As the backend gave it: without this block's slots. */
  storageRootBefore: Hash;
  /** Only of accounts whose code was set in this block. */
  code: Uint8Array | undefined;
  slots: SlotChange[];
}

export interface KernelOptions {
  /** Accounts cached, as a power of two; default 2^17. */
  accountBits?: number;
  /** Slots cached, as a power of two; default 2^18. */
  slotBits?: number;
  /** For code and its predecoded form; default 96 MiB. */
  codeCacheSizeBytes?: number;
  /** For trie nodes; default 64 MiB. What does not fit is evicted and read again from the backend. */
  trieArenaSizeBytes?: number;
  /** Hash buckets for storage tries, a power of two; default 2^16. */
  trieBucketCount?: number;
  /** All blocks follow one another, with `commit`, `rollBack` or `discard` between them: see `KernelTrieOptions.servesReads`. Default false. */
  triesServeReads?: boolean;
  /** For one encoded transaction; default 4 MiB. */
  transactionAreaSizeBytes?: number;
  /** For a block's access list (`accessList`); default 0: none is collected. */
  accessListSizeBytes?: number;
  /** For the transactions and receipts of a block (`sealing`), 6 MiB at least; default 32 MiB. */
  sealingSizeBytes?: number;
  /**
   * EVM memory of all frames of a transaction together; default 96 MiB, which 60 million gas can't fill.
   */
  evmMemorySizeBytes?: number;
  /** Behind all that, for instances that share the memory (`parallel/`); default 0. */
  extraSizeBytes?: number;
  /** What runs; default: the kernel of this package. */
  module?: WebAssembly.Module;
}

/** What another instance over the kernel's memory needs to be one more of it. */
export interface SharedMemory {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Arguments of `trieAttach`, but for the scratch. */
  trieArena: number;
  /** Arguments of `attachShared`. */
  shared: [base: number, sizeBytes: number, accountBits: number, slotBits: number, seed: bigint];
  /** `extraSizeBytes`, used by nobody else. */
  extra: { base: number; sizeBytes: number };
}

/** How far `executeAll` came. */
export interface Progress {
  /** Index of the transaction that was not included; their number where all were. */
  end: number;
  /** Why it was not; undefined where all were. */
  rejection: string | undefined;
}

/** Whose transaction was not included, as it was then. */
export type RejectedSender = Omit<BackendAccount, 'storageRoot'>;

/** assembly/memory.ts: EVM_MEMORY. */
export const PRIVATE_FIXED_SIZE_BYTES = (34 + 24 + 64 + 16 + 16 + 6 + 10 + 104 + 1) * 2 ** 20;
/** Any value: no result depends on it. */
const HASH_SEED = 0x2545f4914f6cdd1dn;
const MODE_TRANSACTION = 0;
const MODE_CALL = 1;
const MODE_SYSTEM = 2;
const PAGE_SIZE_BYTES = 65_536;
/** Static data lies below. */
const SHARED_BASE = 65_536;
/** With its share of the tables of all sizes. */
const ACCOUNT_ENTRY_SIZE_BYTES = 200 + 32;
const SLOT_ENTRY_SIZE_BYTES = 152 + 32;
const CODE_TABLE_SIZE_BYTES = 2 ** 20;
/** assembly/trie/context.ts: TRIE_SCRATCH_SIZE, in a page of its own. */
export const TRIE_SCRATCH_AREA_SIZE_BYTES = PAGE_SIZE_BYTES;
/** Records of a block's changes: 112 bytes an account, 96 a slot. */
const TRIE_EXCHANGE_SIZE_BYTES = 32 * 2 ** 20;
/** The cache is dropped between blocks once it is fuller than this. */
const CACHE_FILL_MAX = 0.5;
/** More than the longest transaction of a record takes. */
const DECODE_ROOM_SIZE_BYTES_MAX = 2 ** 20;
const SYSTEM_GAS_LIMIT = 30_000_000n;
/** EIP-4788: who system calls come from. */
const SYSTEM_ADDRESS: Address = new Uint8Array(20).fill(0xff, 0, 19).fill(0xfe, 19);

export class Kernel {
  /** The state's tries; `stateRoot` feeds them. */
  readonly trie: KernelTrie;
  /** Receipts and list roots of the block. */
  readonly sealing: KernelSealing;
  /** The block's access list (EIP-7928). */
  readonly accessList: KernelAccessList;
  /** Of the instance that runs on this thread. */
  readonly exports: KernelExports;
  readonly sharedMemory: SharedMemory;
  /** The memory. */
  readonly bytes: Uint8Array;
  /** The memory. */
  readonly view: DataView;
  private readonly transactionAt: number;
  private readonly transactionAreaSizeBytes: number;
  /** Of the transaction area: what decoding a transaction may take; records lie behind it. */
  private readonly decodeRoomSizeBytes: number;
  private readonly records: TransactionRecords;
  private readonly accountCountMax: number;
  private readonly slotCountMax: number;
  private readonly codeCacheSizeBytes: number;
  /** The tries hold what `stateRoot` gave them and `commit` has not confirmed. */
  private triesAreAhead = false;

  /**
   * Reserves about 450 MiB of address space; pages are taken as they are used.
   * @param backend read synchronously, in the middle of executions
   * @throws Kernel.NotBuilt, Kernel.LayoutMismatch
   */
  constructor(backend: StateBackend, options: KernelOptions = {}) {
    const { accountBits = 17, slotBits = 18, codeCacheSizeBytes = 96 * 2 ** 20 } = options;
    const { evmMemorySizeBytes = 96 * 2 ** 20, trieArenaSizeBytes = 64 * 2 ** 20, trieBucketCount = 2 ** 16 } = options;
    const { transactionAreaSizeBytes = 4 * 2 ** 20, sealingSizeBytes = 32 * 2 ** 20, extraSizeBytes = 0 } = options;
    const { accessListSizeBytes = 0, triesServeReads = false } = options;
    this.transactionAreaSizeBytes = transactionAreaSizeBytes;
    this.decodeRoomSizeBytes = Math.min(DECODE_ROOM_SIZE_BYTES_MAX, transactionAreaSizeBytes >> 1) & ~7;
    this.records = new TransactionRecords(
      transactionAreaSizeBytes - this.decodeRoomSizeBytes,
      this.decodeRoomSizeBytes,
    );
    this.accountCountMax = 2 ** accountBits;
    this.slotCountMax = 2 ** slotBits;
    this.codeCacheSizeBytes = codeCacheSizeBytes;
    const sharedSize =
      PAGE_SIZE_BYTES +
      this.accountCountMax * ACCOUNT_ENTRY_SIZE_BYTES +
      this.slotCountMax * SLOT_ENTRY_SIZE_BYTES +
      CODE_TABLE_SIZE_BYTES +
      PAGE_SIZE_BYTES +
      codeCacheSizeBytes;
    this.transactionAt = pageAligned(SHARED_BASE + sharedSize);
    const trieScratchAt = pageAligned(this.transactionAt + transactionAreaSizeBytes);
    const trieExchangeAt = trieScratchAt + TRIE_SCRATCH_AREA_SIZE_BYTES;
    const trieArenaAt = trieExchangeAt + TRIE_EXCHANGE_SIZE_BYTES;
    const sealingAt = pageAligned(trieArenaAt + trieArenaSizeBytes);
    const accessListAt = pageAligned(sealingAt + sealingSizeBytes);
    const privateAt = pageAligned(accessListAt + accessListSizeBytes);
    const privateSize = PRIVATE_FIXED_SIZE_BYTES + evmMemorySizeBytes;
    const extraAt = pageAligned(privateAt + privateSize);
    const pages = Math.ceil((extraAt + extraSizeBytes) / PAGE_SIZE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.sharedMemory = {
      module: options.module ?? kernelModule(),
      memory,
      trieArena: trieArenaAt,
      shared: [SHARED_BASE, sharedSize, accountBits, slotBits, HASH_SEED],
      extra: { base: extraAt, sizeBytes: extraSizeBytes },
    };
    const imports = { env: { memory }, host: hostImports(memory, backend) as unknown as WebAssembly.ModuleImports };
    this.exports = new WebAssembly.Instance(this.sharedMemory.module, imports).exports as unknown as KernelExports;
    this.exports.initialize();
    // The size is the kernel's constant, but the memory is needed before an instance can tell it.
    const fixedSize = this.exports.privateFixedSize() >>> 0;
    if (fixedSize !== PRIVATE_FIXED_SIZE_BYTES) {
      const message = `expected a private region of ${PRIVATE_FIXED_SIZE_BYTES} bytes, the kernel was built for ${fixedSize}`;
      throw new TributaryError('Kernel.LayoutMismatch', message, { recovery: 'halt' });
    }
    this.exports.attachShared(...this.sharedMemory.shared);
    this.exports.initPrivate(privateAt, privateSize);
    this.exports.clearState();
    this.trie = new KernelTrie({
      memory,
      exports: this.exports,
      arena: { base: trieArenaAt, sizeBytes: trieArenaSizeBytes },
      scratch: trieScratchAt,
      exchange: { base: trieExchangeAt, sizeBytes: TRIE_EXCHANGE_SIZE_BYTES },
      bucketCount: trieBucketCount,
      servesReads: triesServeReads,
    });
    const sealingRegion = { base: sealingAt, sizeBytes: sealingSizeBytes };
    this.sealing = new KernelSealing(this.exports, this.bytes, sealingRegion, trieExchangeAt);
    const accessListRegion = { base: accessListAt, sizeBytes: accessListSizeBytes };
    this.accessList = new KernelAccessList(this.exports, this.bytes, accessListRegion);
  }

  /** Starts a block on the state that the backend has (plus what was committed since). */
  beginBlock(block: KernelBlock): void {
    const at = this.exports.blockContext() >>> 0;
    this.view.setBigUint64(at + BlockField.number, BigInt(block.number), true);
    this.view.setBigUint64(at + BlockField.timestamp, BigInt(block.timestampSeconds), true);
    this.view.setBigUint64(at + BlockField.gasLimit, block.gasLimit, true);
    this.view.setBigUint64(at + BlockField.chainId, block.chainId, true);
    writeWord(this.view, at + BlockField.baseFee, block.baseFeePerGas);
    writeWord(this.view, at + BlockField.blobBaseFee, block.blobBaseFee ?? 1n);
    writeWordBytes(this.bytes, at + BlockField.prevRandao, block.prevRandao);
    this.bytes.set(block.coinbase, at + BlockField.coinbase);
    this.bytes.set(block.baseFeeRecipient ?? ZERO_ADDRESS, at + BlockField.baseFeeRecipient);
    this.view.setUint32(at + BlockField.fork, FORK_NUMBERS[block.fork], true);
    this.view.setUint32(at + BlockField.blobsMax, block.blobCountMax ?? 0, true);
    const l1Fee = block.l1Fee?.parameters ?? NO_L1_FEE;
    writeWord(this.view, at + BlockField.l1BaseFee, l1Fee.baseFee);
    writeWord(this.view, at + BlockField.l1BlobBaseFee, l1Fee.blobBaseFee);
    this.view.setUint32(at + BlockField.l1BaseFeeScalar, l1Fee.baseFeeScalar, true);
    this.view.setUint32(at + BlockField.l1BlobBaseFeeScalar, l1Fee.blobBaseFeeScalar, true);
    this.bytes.set(block.l1Fee?.recipient ?? ZERO_ADDRESS, at + BlockField.l1FeeRecipient);
    this.makeRoom();
    this.exports.beginBlock();
  }

  /** Gas that the block's transactions have used. */
  get blockGasUsed(): bigint {
    return this.view.getBigUint64((this.exports.blockContext() >>> 0) + BlockField.gasUsed, true);
  }

  /**
   * Executes by all rules and, where the transaction is included, keeps its changes.
   * @throws Kernel.TransactionTooLarge, Kernel.RegionFull
   */
  execute(transaction: KernelTransaction): KernelOutcome {
    const outcome = this.run(transaction, MODE_TRANSACTION);
    if (outcome.rejection === undefined) this.exports.applyTransaction();
    return outcome;
  }

  /**
   * Executes, keeps and seals the transactions from index `from` on, as `execute` and `seal` one after the other would, up to the first that is not
   * included.
   * @throws Kernel.TransactionTooLarge, Kernel.RegionFull
   */
  executeAll(transactions: SignedTransaction[], from: number): Progress {
    for (let next = from; next < transactions.length; ) {
      const progress = this.records.takes(transactions[next])
        ? this.executeRecords(transactions, next)
        : this.executeOne(transactions, next);
      if (progress.rejection !== undefined) return progress;
      next = progress.end;
    }
    return { end: transactions.length, rejection: undefined };
  }

  /**
   * Adds the transaction, whose outcome is the last, to what the block is sealed with (`sealing`).
   * @throws Kernel.RegionFull
   */
  seal(transaction: Transaction): void {
    // It lies there still where it was executed by this instance; elsewhere a creation's outcome names the contract itself.
    const creator = transaction.to ? 0 : this.transactionAt + TransactionField.sender;
    if (!this.sealing.add(transaction.type, transaction.raw, creator)) throw regionFull();
  }

  /** The outcome of a settled transaction of a parallel run, as `execute` would have given it but without output; in order, each once. */
  takeResult(index: number): KernelOutcome {
    return this.readOutcome(this.exports.takeResult(index));
  }

  /** Of a transaction that `takeResult` says was not included. */
  rejectedSender(index: number, { senderNonce }: KernelOutcome): RejectedSender {
    const at = this.exports.rejectedSender(index) >>> 0;
    return { nonce: senderNonce, balance: readWord(this.view, at), codeHash: this.copy(at + 32, 32) };
  }

  /** As `eth_call`: no signature, nonce or fee is checked, nothing is kept. */
  call(transaction: KernelTransaction): KernelOutcome {
    return this.run(transaction, MODE_CALL);
  }

  /** Why the last `execute` or `call` halted, in an EVM's words, where it did. */
  haltReason(): string {
    return haltReasonOf(this.exports.haltReason());
  }

  /** A block's own call (EIP-4788, EIP-2935), from 0xff…fe with 30 million gas; its changes are kept, its gas is nobody's. */
  systemCall(to: Address, data: Uint8Array): KernelOutcome {
    const transaction = { type: 0, from: SYSTEM_ADDRESS, to, value: 0n, gasLimit: SYSTEM_GAS_LIMIT, data };
    const outcome = this.run(transaction, MODE_SYSTEM);
    if (outcome.rejection === undefined) {
      const at = (this.exports.blockContext() >>> 0) + BlockField.gasUsed;
      const before = this.view.getBigUint64(at, true);
      this.exports.applyTransaction();
      this.view.setBigUint64(at, before, true);
    }
    return outcome;
  }

  /** What the block has changed so far. */
  changes(): AccountChange[] {
    const changes: AccountChange[] = [];
    let at = this.exports.firstDirtyAccount() >>> 0;
    while (at !== 0) {
      changes.push(this.readAccountChange(at));
      at = this.view.getUint32(at + AccountField.nextDirty, true);
    }
    return changes;
  }

  /** Code that the block's changes name and the backend may lack. */
  newCodes(): [codeHash: Hash, code: Uint8Array][] {
    const codes: [Hash, Uint8Array][] = [];
    let at = this.exports.firstDirtyAccount() >>> 0;
    for (; at !== 0; at = this.view.getUint32(at + AccountField.nextDirty, true)) {
      if ((this.view.getUint32(at + AccountField.flags, true) & ACCOUNT_NEW_CODE) === 0) continue;
      const code = this.readCode(at + AccountField.codeHash);
      if (code.length > 0) codes.push([this.copy(at + AccountField.codeHash, 32), code]);
    }
    return codes;
  }

  /**
   * The account as after the last transaction kept; undefined where there is none. Its storage root is that of the last
   * `stateRoot`.
   * @throws Kernel.RegionFull
   */
  account(address: Address): BackendAccount | undefined {
    this.bytes.set(address, this.transactionAt);
    const at = this.exports.flatAccount(this.transactionAt) >>> 0;
    if (at === 0) throw regionFull();
    if ((this.view.getUint32(at + AccountField.flags, true) & ACCOUNT_EXISTS) === 0) return undefined;
    return {
      nonce: this.view.getBigUint64(at + AccountField.nonce, true),
      balance: readWord(this.view, at + AccountField.balance),
      codeHash: this.copy(at + AccountField.codeHash, 32),
      storageRoot: this.copy(at + AccountField.storageRoot, 32),
    };
  }

  /** The code with this hash. */
  code(codeHash: Hash): Uint8Array {
    this.bytes.set(codeHash, this.transactionAt);
    return this.readCode(this.transactionAt);
  }

  /**
   * Base fee of the block after one with this base fee (wei, below 2^256) and gas used.
   * @param target gas at which it stays @param denominator EIP-1559 BASE_FEE_MAX_CHANGE_DENOMINATOR
   */
  nextBaseFee(baseFeePerGas: bigint, gasUsed: bigint, target: bigint, denominator: bigint): bigint {
    writeWord(this.view, this.transactionAt, baseFeePerGas);
    this.exports.nextBaseFee(this.transactionAt, gasUsed, target, denominator);
    return readWord(this.view, this.transactionAt);
  }

  /** The state root after the block's changes, which go into the tries: once, after the last transaction. */
  stateRoot(): Hash {
    this.triesAreAhead = true;
    return this.trie.applyCachedBlock();
  }

  /** As `stateRoot`, by several instances; `meanwhile` is done by this one first. */
  stateRootInJobs(runJobs: RunTrieJobs, meanwhile: () => void): Promise<Hash> {
    this.triesAreAhead = true;
    return this.trie.applyCachedBlockInJobs(runJobs, meanwhile);
  }

  /** As `trie.takeRecords`, by several instances; `meanwhile` is done by this one first. After `stateRootInJobs`. */
  async trieRecordsInJobs(runJobs: RunTrieJobs, meanwhile: () => void): Promise<Uint8Array[]> {
    const records = await this.trie.takeRecordsInJobs(runJobs, meanwhile);
    if (records) return records;
    this.trie.applyCachedBlock();
    return this.trie.takeRecords();
  }

  /** The changes are the backend's now; cached values stay. */
  commit(): void {
    this.exports.commitBlock();
    this.triesAreAhead = false;
  }

  /** Takes the block's changes back, out of the backend; the rest stays cached, but for tries that had them already. */
  rollBack(): void {
    this.exports.rollBackBlock();
    if (this.triesAreAhead) this.trie.reset();
    this.triesAreAhead = false;
  }

  /** Forgets the block's changes, and with them everything cached. */
  discard(): void {
    this.exports.clearAccounts();
    if (this.triesAreAhead) this.trie.reset();
    this.triesAreAhead = false;
  }

  /** As many as fit the records from `from` on. */
  private executeRecords(transactions: SignedTransaction[], from: number): Progress {
    const { records } = this;
    records.clear();
    let end = from;
    while (end < transactions.length && records.takes(transactions[end]) && records.add(transactions[end])) end++;
    const recordsAt = this.transactionAt + this.decodeRoomSizeBytes;
    this.bytes.set(records.bytes, recordsAt);
    const done = this.exports.runTransactions(recordsAt, end - from, this.transactionAt) >>> 0;
    if (done === end - from) return { end, rejection: undefined };
    return { end: from + done, rejection: this.rejectionOfOutcome() };
  }

  private executeOne(transactions: SignedTransaction[], index: number): Progress {
    const { rejection } = this.execute(transactions[index]);
    if (rejection !== undefined) return { end: index, rejection };
    this.seal(transactions[index]);
    return { end: index + 1, rejection: undefined };
  }

  private rejectionOfOutcome(): string | undefined {
    const status = this.view.getUint32((this.exports.outcome() >>> 0) + OutcomeField.status, true);
    if (status === Status.regionFull) throw regionFull();
    return rejectionOf(status);
  }

  private run(transaction: KernelTransaction, mode: number): KernelOutcome {
    const size = encodedSize(transaction);
    if (size > this.transactionAreaSizeBytes) {
      const message = `transaction takes ${size} bytes, limit ${this.transactionAreaSizeBytes}`;
      throw new TributaryError('Kernel.TransactionTooLarge', message);
    }
    encodeTransaction(transaction, this, this.transactionAt);
    const status = this.exports.execute(this.transactionAt, mode);
    if (status === Status.regionFull) throw regionFull();
    return this.readOutcome(status);
  }

  private readOutcome(status: number): KernelOutcome {
    const at = this.exports.outcome() >>> 0;
    const rejection = rejectionOf(status);
    const outputAt = this.view.getUint32(at + OutcomeField.output, true);
    const outputSize = this.view.getUint32(at + OutcomeField.outputSize, true);
    const hasContract = this.view.getUint32(at + OutcomeField.hasContract, true) === 1;
    return {
      status,
      rejection,
      gasUsed: this.view.getBigUint64(at + OutcomeField.gasUsed, true),
      gasSpent: this.view.getBigUint64(at + OutcomeField.gasSpent, true),
      effectiveGasPrice: readWord(this.view, at + OutcomeField.gasPrice),
      logs: rejection === undefined ? this.readLogs(at) : [],
      output: outputSize === 0 ? EMPTY_BYTES : this.copy(outputAt, outputSize),
      contractAddress: hasContract
        ? this.bytes.slice(at + OutcomeField.contract, at + OutcomeField.contract + 20)
        : undefined,
      senderNonce: this.view.getBigUint64(at + OutcomeField.senderNonce, true),
    };
  }

  private readLogs(outcomeAt: number): Log[] {
    const logs: Log[] = [];
    let at = this.view.getUint32(outcomeAt + OutcomeField.logs, true);
    for (let count = this.view.getUint32(outcomeAt + OutcomeField.logCount, true); count > 0; count--) {
      const topicCount = this.view.getUint32(at + LogField.topicCount, true);
      const dataSize = this.view.getUint32(at + LogField.dataSize, true);
      const topicsAt = at + LOG_HEADER_SIZE_BYTES;
      const dataAt = topicsAt + 32 * topicCount;
      const topics: Hash[] = [];
      for (let topicAt = topicsAt; topicAt < dataAt; topicAt += 32) topics.push(this.copy(topicAt, 32));
      logs.push({ address: this.copy(at, 20), topics, data: this.copy(dataAt, dataSize) });
      at = dataAt + ((dataSize + 3) & ~3);
    }
    return logs;
  }

  private readAccountChange(at: number): AccountChange {
    const flags = this.view.getUint32(at + AccountField.flags, true);
    const slots: SlotChange[] = [];
    let slotAt = this.view.getUint32(at + AccountField.dirtySlots, true);
    while (slotAt !== 0) {
      slots.push({
        slot: readWordBytes(this.bytes, slotAt + SlotField.key),
        value: readWordBytes(this.bytes, slotAt + SlotField.value),
        before: readWordBytes(this.bytes, slotAt + SlotField.committed),
      });
      slotAt = this.view.getUint32(slotAt + SlotField.nextDirty, true);
    }
    return {
      address: this.bytes.slice(at, at + 20),
      exists: (flags & ACCOUNT_EXISTS) !== 0,
      nonce: this.view.getBigUint64(at + AccountField.nonce, true),
      balance: readWord(this.view, at + AccountField.balance),
      codeHash: this.bytes.slice(at + AccountField.codeHash, at + AccountField.codeHash + 32),
      storageRootBefore: this.bytes.slice(at + AccountField.storageRoot, at + AccountField.storageRoot + 32),
      code: (flags & ACCOUNT_NEW_CODE) !== 0 ? this.readCode(at + AccountField.codeHash) : undefined,
      slots,
    };
  }

  private copy(from: number, size: number): Uint8Array {
    return takeBytes(this.bytes, from, size);
  }

  private readCode(hashAt: number): Uint8Array {
    const from = this.exports.codeBytes(hashAt) >>> 0;
    return this.bytes.slice(from, from + (this.exports.codeSize(hashAt) >>> 0));
  }

  /** Between blocks only: a cache that could run full in the next one is dropped. Without changes pending nothing is lost. */
  private makeRoom(): void {
    if (this.exports.firstDirtyAccount() !== 0) return;
    const codeIsFull = this.exports.codeCacheFree() >>> 0 < this.codeCacheSizeBytes * CACHE_FILL_MAX;
    const accountsAreFull = this.exports.cachedAccountCount() > this.accountCountMax * CACHE_FILL_MAX;
    const slotsAreFull = this.exports.cachedSlotCount() > this.slotCountMax * CACHE_FILL_MAX;
    if (codeIsFull || accountsAreFull || slotsAreFull) this.exports.clearState();
  }
}

function regionFull(): TributaryError {
  return new TributaryError('Kernel.RegionFull', 'the kernel ran out of memory for this block', { recovery: 'halt' });
}

function pageAligned(size: number): number {
  return Math.ceil(size / PAGE_SIZE_BYTES) * PAGE_SIZE_BYTES;
}
