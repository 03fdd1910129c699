import { type AttributeRules, type BlockAttributes, blockAttributes, type ParentBlock } from '../chain/blockAttributes';
import type { ChainConfig } from '../chain/chainConfig';
import type { Block } from '../codec/block';
import type { StoredReceipts } from '../codec/storedReceipts';
import { BLOCK_TRANSACTIONS_SIZE_BYTES_MAX, type SignedTransaction, type Transaction } from '../codec/transaction';
import type { Hash } from '../core/bytes';
import { errorMessage, TributaryError } from '../core/errors';
import type { Clock, KeyValueOperation } from '../core/ports';
import type { ExecutedBlock, Executor, RejectedTransaction } from '../execution/executor';
import { blockTimestamp } from './blockTimestamp';
import { chooseOrigin, type OriginSource } from './originSource';
import type { Submissions } from './submissions';

/** What the builder needs of the chain; `state/ChainStore` has it. */
export interface BuilderChain {
  readonly head: Block;
  commit(executed: ExecutedBlock, extraOperations?: KeyValueOperation[]): Promise<void>;
}

/** What the builder needs of the pool. */
export interface BuilderMempool {
  next(baseFeePerGas: bigint, gasLimit: bigint): SignedTransaction[];
  journalDeletes(transactions: Transaction[]): KeyValueOperation[];
  drop(hash: Hash, error: TributaryError): void;
}

export interface BlockBuilderOptions {
  config: ChainConfig;
  chain: BuilderChain;
  mempool: BuilderMempool;
  executor: Pick<Executor, 'executeBlock'>;
  /** Of the versions that execute; default: those that rule from genesis on. */
  rules?: AttributeRules;
  origins: OriginSource;
  clock: Clock;
  submissions: Submissions;
  /** The L1 makes a block as soon as a transaction comes (Hardhat): its last block's timestamp bounds nothing. */
  l1MinesOnDemand: boolean;
}

/** What became of one attempt. */
export interface BuiltBlock {
  /** Undefined: nothing to seal, since every candidate was left out and L1 asked for nothing. */
  block: Block | undefined;
  receipts: StoredReceipts;
  /** User transactions in the block. */
  includedCount: number;
  /** More waits than one block may hold: another may follow at once. */
  isFull: boolean;
  /** Invalid ones, gone from the pool. */
  rejected: RejectedTransaction[];
  executeMs: number;
  commitMs: number;
}

/** Left out but valid: they may fit into a later block, or after a transaction that has been left out itself. */
const STAYING_ERROR_CODES = new Set(['Execution.BlockGasLimitReached', 'Execution.NonceTooHigh']);
/** The share of their gas limit that transactions are taken to use never falls below this: bounds the candidates offered. */
const GAS_USED_SHARE_MIN = 1 / 64;
/** Weight of the last block in the running share. */
const GAS_USED_SHARE_WEIGHT = 0.3;

/** From this share of its bytes on, a block counts as full: the next candidate may just have been too large. */
const FULL_SHARE = 0.9;

/** Builds, commits and accounts for one block at a time. */
export class BlockBuilder {
  readonly #options: BlockBuilderOptions;
  /** How much of their gas limits recent transactions have used. Limits are guesses, often far too high: a list cut off by limits fills no block. */
  #gasUsedShare = 1;

  constructor(options: BlockBuilderOptions) {
    this.#options = options;
  }

  /**
   * One block on the head, committed.
   * @param evenEmpty seal also when there is nothing but the L1 attributes in it
   * @throws Sequencer.CommitFailed (halt), Sequencer.OriginUnknown, .OriginReorged, and what the executor throws; the pool is as before
   */
  async build(evenEmpty: boolean): Promise<BuiltBlock> {
    const { chain, mempool, executor, clock, submissions } = this.#options;
    const attributes = this.#attributes(chain.head);
    const transactions = mempool.next(attributes.baseFeePerGas, this.#gasToOffer(attributes));
    submissions.buildingStarts(transactions);
    let included: Transaction[] = [];
    try {
      const startedMs = clock.nowMs();
      const executed = await executor.executeBlock({ attributes, transactions, mode: 'build' });
      const executedMs = clock.nowMs();
      const rejected = executed.rejected.filter(({ error }) => !STAYING_ERROR_CODES.has(error.code));
      const depositCount = attributes.deposits.length;
      const includedCount = executed.block.transactions.length - depositCount;
      const isWorthSealing = evenEmpty || includedCount > 0 || depositCount > 1;
      if (isWorthSealing) {
        await this.#commit(executed);
        included = executed.block.transactions;
        this.#learnGasUsedShare(executed, depositCount);
      }
      for (const { transaction, error } of rejected) mempool.drop(transaction.hash, error);
      return {
        block: isWorthSealing ? executed.block : undefined,
        receipts: executed.receipts,
        includedCount,
        isFull: isFull(transactions),
        rejected,
        executeMs: executedMs - startedMs,
        commitMs: clock.nowMs() - executedMs,
      };
    } finally {
      submissions.buildingEnds(included);
    }
  }

  #attributes(parent: ParentBlock): BlockAttributes {
    const { config, origins, clock, l1MinesOnDemand, rules } = this.#options;
    const { origin, advance } = chooseOrigin(config, parent, origins);
    const timestamp = blockTimestamp({
      parent: parent.header.timestamp,
      origin: origin.timestamp,
      now: Math.floor(clock.nowMs() / 1000),
      latestL1: l1MinesOnDemand ? undefined : (origins.latest()?.timestamp ?? origin.timestamp),
      driftMax: config.timestampDriftSecondsMax,
    });
    return blockAttributes(config, parent, timestamp, origin, advance, rules);
  }

  /** Bound on the candidates' summed gas limits so that their gas use fills the block; what does not fit stays in the pool. */
  #gasToOffer({ gasLimit, deposits }: BlockAttributes): bigint {
    let available = gasLimit;
    for (const deposit of deposits) available -= deposit.gasLimit;
    return available <= 0n ? 0n : BigInt(Math.floor(Number(available) / this.#gasUsedShare));
  }

  #learnGasUsedShare({ block, receipts }: ExecutedBlock, depositCount: number): void {
    const used = block.header.gasUsed - (receipts.at(depositCount - 1)?.cumulativeGasUsed ?? 0n);
    let limits = 0n;
    for (let i = depositCount; i < block.transactions.length; i++) limits += block.transactions[i].gasLimit;
    if (limits === 0n) return;
    const share = Math.max(GAS_USED_SHARE_MIN, Number(used) / Number(limits));
    this.#gasUsedShare += (share - this.#gasUsedShare) * GAS_USED_SHARE_WEIGHT;
  }

  async #commit(executed: ExecutedBlock): Promise<void> {
    const { chain, mempool } = this.#options;
    try {
      await chain.commit(executed, mempool.journalDeletes(executed.block.transactions));
    } catch (cause) {
      const message = `block ${executed.block.header.number} cannot be written to disk: ${errorMessage(cause)}`;
      throw new TributaryError('Sequencer.CommitFailed', message, { recovery: 'halt', cause });
    }
  }
}

function isFull(candidates: SignedTransaction[]): boolean {
  let sizeBytes = 0;
  for (const { raw } of candidates) sizeBytes += raw.length;
  return sizeBytes >= BLOCK_TRANSACTIONS_SIZE_BYTES_MAX * FULL_SHARE;
}
