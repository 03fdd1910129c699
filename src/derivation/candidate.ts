import type { BlockAttributes, ParentBlock } from '../chain/blockAttributes';
import { decodeTransaction, type SignedTransaction } from '../codec/transaction';
import type { Hash } from '../core/bytes';
import { TributaryError } from '../core/errors';

/** A block that derivation has placed; whether its transactions are valid only execution can tell. */
export interface Candidate {
  attributes: BlockAttributes;
  /** Raw, without deposits. Empty for a default block. */
  transactions: readonly Uint8Array[];
  source:
    | {
        kind: 'batch';
        batchIndex: number;
        /** For the last block of the batch: the hash that the batch claims. */
        claimedHash: Hash | undefined;
      }
    | {
        kind: 'default';
        /** Why there is no better one. */
        reason: string;
      };
}

/** What execution says. A default block is always accepted: deposits cannot be invalid. */
export type Verdict =
  | { accepted: ParentBlock }
  | {
      /** Why, for the log. */
      rejected: string;
    };

/**
 * The candidate's transactions, senders recovered (about 50 µs each), or what is wrong with the first bad one: then the block is rejected
 * as if execution had done so.
 */
export function decodeCandidate(candidate: Candidate): SignedTransaction[] | string {
  const transactions: SignedTransaction[] = [];
  for (const [index, raw] of candidate.transactions.entries()) {
    try {
      transactions.push(decodeTransaction(raw));
    } catch (error) {
      if (!(error instanceof TributaryError) || error.recovery !== 'reject') throw error;
      return `transaction ${index}: ${error.shortMessage}`;
    }
  }
  return transactions;
}
