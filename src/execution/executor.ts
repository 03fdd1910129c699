import type { BlockAttributes } from '../chain/blockAttributes';
import type { Block } from '../codec/block';
import type { BlockHeader } from '../codec/header';
import type { Log } from '../codec/receipt';
import type { StoredReceipts } from '../codec/storedReceipts';
import type { AccessListEntry, Authorization, SignedTransaction } from '../codec/transaction';
import type { Address, Hash } from '../core/bytes';
import type { TributaryError } from '../core/errors';
import type { StateOperation } from '../state/stateOperation';

export interface ExecuteBlockRequest {
  attributes: BlockAttributes;
  transactions: SignedTransaction[];
  /**
   * `build`: transactions that turn out invalid or do not fit the gas limit are left out and reported.
   * `strict`: the first such transaction rejects the block (derivation then makes it a default block).
   */
  mode: 'build' | 'strict';
  /**
   * What somebody says is the block's access list (EIP-7928, encoded), for `strict` blocks: an executor may go faster with the right one. It is not trusted:
   * the result is the same with any and with none.
   */
  accessList?: Uint8Array;
}

export interface RejectedTransaction {
  transaction: SignedTransaction;
  /** Code `Execution.*`; the message in geth's words. `Execution.BlockGasLimitReached` may succeed in a later block. */
  error: TributaryError;
}

/** A block executed on the committed head, not yet persisted. */
export interface ExecutedBlock {
  block: Block;
  receipts: StoredReceipts;
  /** Empty in `strict` mode. */
  rejected: RejectedTransaction[];
  /** The block's access list (EIP-7928, `codec/accessList`), encoded, where the executor collects them. */
  accessList?: Uint8Array;
  /** State writes, in order, to be persisted in one batch with the block (`state/ChainStore.commit`). May be made anew each time it is gone through. */
  stateOperations: Iterable<StateOperation>;
}

/** `eth_call` and its kin: a message without signature, nonce or fee checks, on the state after a block. */
export interface CallRequest {
  from: Address;
  to: Address | undefined;
  gasLimit: bigint;
  /** 0 in most calls; the sender must be able to pay `gasLimit × gasPrice` when it is not. */
  gasPrice: bigint;
  value: bigint;
  data: Uint8Array;
  accessList: AccessListEntry[];
  authorizationList: Authorization[];
}

/** Replaces parts of the state for one call (third parameter of `eth_call`). */
export interface StateOverride {
  address: Address;
  balance?: bigint;
  nonce?: bigint;
  code?: Uint8Array;
  /** Replaces the whole storage. */
  state?: [slot: Hash, value: Hash][];
  /** Replaces single slots. */
  stateDiff?: [slot: Hash, value: Hash][];
}

export interface CallResult {
  outcome: 'success' | 'revert' | 'halt';
  /** Return data, or revert data. */
  output: Uint8Array;
  /** With intrinsic gas, after refunds: what a transaction would be charged. */
  gasUsed: bigint;
  /** In an EVM's words when the outcome is `halt`: "out of gas", "invalid opcode" … */
  haltReason?: string;
  logs: Log[];
}

/**
 * The state transition. One implementation at a time runs a node; all must agree to the last byte (⟂ sequential = parallel = reference).
 * Not re-entrant: `executeBlock` calls do not overlap; `call` may run beside them and sees committed state only.
 */
export interface Executor {
  /**
   * Executes on the state of the committed head, whose hash is `attributes.parentHash`, and seals.
   * Nothing is persisted: the caller commits the result or drops it.
   * @throws Execution.InvalidTransaction (strict mode; details.index) · Execution.WrongParent
   */
  executeBlock(request: ExecuteBlockRequest): Promise<ExecutedBlock>;
  /** @param at header of the block after which the call runs; its state must be within the kept history */
  call(request: CallRequest, at: BlockHeader, overrides?: StateOverride[]): Promise<CallResult>;
  close(): Promise<void>;
}
