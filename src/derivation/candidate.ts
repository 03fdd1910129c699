import type { BlockAttributes, ParentBlock } from '../chain/blockAttributes';
import { decodeTransaction, type SignedTransaction } from '../codec/transaction';
import type { Hash } from '../core/bytes';
import { TributaryError } from '../core/errors';

/** A block that derivation has placed; whether its transactions are valid only execution can tell. */
export interface Candidate {
  attributes: BlockAttributes;
  /** Raw, without deposits. Empty for a default block. */
  transactions: readonly Uint8Array[];
  /**
   * What the block `distance` places after this one holds by the same batch or the next ones that are known, raw, for who wants to decode ahead: it becomes
   * a candidate, with this very list, only when all up to it are accepted and its batch is not ignored.
   */
  following?: (distance: number) => readonly Uint8Array[] | undefined;
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
 * The candidate's transactions, or what is wrong with the first bad one: then the block is rejected as if execution had done so.
 * @param decoded each transaction, or why it does not decode, in order
 */
export function candidateTransactions(
  decoded: readonly (SignedTransaction | TributaryError)[],
): SignedTransaction[] | string {
  const transactions: SignedTransaction[] = [];
  for (const [index, result] of decoded.entries()) {
    if (!(result instanceof TributaryError)) transactions.push(result);
    else if (result.recovery !== 'reject') throw result;
    else return `transaction ${index}: ${result.shortMessage}`;
  }
  return transactions;
}

/** As `candidateTransactions`, all decoded here, senders recovered (about 70 µs each). */
export function decodeCandidate({ transactions }: Candidate): SignedTransaction[] | string {
  return candidateTransactions(transactions.map(decodeOrError));
}

function decodeOrError(raw: Uint8Array): SignedTransaction | TributaryError {
  try {
    return decodeTransaction(raw);
  } catch (error) {
    if (error instanceof TributaryError) return error;
    throw error;
  }
}
