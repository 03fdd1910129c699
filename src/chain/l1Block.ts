import type { Address, Hash } from '../core/bytes';
import type { ExecutionUpgrade } from './executionUpgrade';

/** The header fields of an L1 block that the L2 depends on. */
export interface L1BlockRef {
  number: number;
  hash: Hash;
  parentHash: Hash;
  /** Seconds. */
  timestamp: number;
  baseFeePerGas: bigint;
  /** 1 wei where the L1 has no blobs. */
  blobBaseFee: bigint;
  prevRandao: Hash;
  /** Zero where the L1 has none (EIP-4788). */
  parentBeaconBlockRoot: Hash;
}

/** One deposit as the Portal logged it, already decoded. */
export interface PortalDeposit {
  logIndex: number;
  from: Address;
  /** Empty = contract creation. */
  to: Address | undefined;
  mint: bigint;
  value: bigint;
  gasLimit: bigint;
  data: Uint8Array;
}

/** One batch as the Inbox took it, with its data. */
export interface PostedBatch {
  /** Inbox index, 0-based, without gaps. */
  index: number;
  transactionHash: Hash;
  data: Uint8Array;
}

/** All that derivation reads of one L1 block: deposits and batches in log order. */
export interface L1Input {
  block: L1BlockRef;
  deposits: PortalDeposit[];
  batches: PostedBatch[];
  /** What the module registry logged about executions, in log order; absent where the chain has none. */
  upgrades?: ExecutionUpgrade[];
  /** The last that the system config logged in this block; absent where it logged none. */
  feeScalars?: L1FeeScalars;
}

/** How much the L1's fees count in the L1 data fee, each in millionths, below 2^32. Both zero: none is charged. */
export interface L1FeeScalars {
  baseFeeScalar: number;
  blobBaseFeeScalar: number;
}

/** An L1 block as an origin: its batches are none of its business. */
export type L1OriginInput = Pick<L1Input, 'block' | 'deposits' | 'upgrades' | 'feeScalars'>;
