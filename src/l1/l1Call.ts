import type { Abi, Hex } from 'viem';
import { TributaryError } from '../core/errors';

/** A contract call to be made. */
export interface L1Call {
  /** What it is for, in logs and errors, e.g. `Inbox.postBatch`. */
  label: string;
  to: Hex;
  data: Hex;
  /** Wei; default 0. */
  value?: bigint;
  /** Names the errors it may revert with. */
  abi?: Abi;
  /** What the transaction carries beside the call (type 3), `BLOB_SIZE_BYTES` each. */
  blobs?: Uint8Array[];
  /**
   * True when whoever made the call wants it no more, e.g. a batch on blocks that an L1 reorganization took back. While it is not included,
   * an empty transfer is sent in its place then.
   */
  isObsolete?: () => boolean;
}

/** It would revert, or did. */
export function callReverted(call: L1Call, reason: string, hash?: Hex): TributaryError {
  return new TributaryError('L1.TransactionReverted', `${call.label} reverts on L1: ${reason}`, {
    details: { reason, transactionHash: hash },
  });
}
