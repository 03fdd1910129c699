import type { SignedTransaction } from '../codec/transaction';
import type { TributaryError } from '../core/errors';
import { type Candidate, candidateTransactions, decodeCandidate } from '../derivation/candidate';

/** Decodes raw transactions off this thread. `codec/TransactionDecoder` fits. */
export interface BlockDecoder {
  /** Each one's transaction or what is wrong with it, in their order. */
  decodeAll(raws: readonly Uint8Array[]): Promise<(SignedTransaction | TributaryError)[]>;
}

type Decoding = Promise<(SignedTransaction | TributaryError)[]>;

/** So many transactions of the following blocks are on their way to the decoder while a block executes, if their batch has as many. */
const AHEAD_COUNT_MIN = 512;

/** Decodes candidates, and, while one is executed, the transactions of those that come after it in the batch. */
export class DecodeAhead {
  readonly #decoder: BlockDecoder | undefined;
  /** By a block's list of transactions, in the order of the blocks. */
  readonly #decodings = new Map<readonly Uint8Array[], Decoding>();

  /** @param decoder without it each candidate is decoded here when it comes up */
  constructor(decoder: BlockDecoder | undefined) {
    this.#decoder = decoder;
  }

  /** The candidate's transactions, or what is wrong with the first bad one. */
  async decode(candidate: Candidate): Promise<SignedTransaction[] | string> {
    if (!this.#decoder) return decodeCandidate(candidate);
    const { transactions } = candidate;
    // What was begun for blocks that did not come up, since their batch was cut, is of no use to anybody.
    if (!this.#decodings.has(transactions)) this.#decodings.clear();
    const decoding = this.#begin(transactions, this.#decoder);
    this.#beginFollowing(candidate, this.#decoder);
    const decoded = await decoding;
    this.#decodings.delete(transactions);
    return candidateTransactions(decoded);
  }

  #beginFollowing({ following }: Candidate, decoder: BlockDecoder): void {
    let count = 0;
    for (let distance = 1; count < AHEAD_COUNT_MIN; distance++) {
      const raws = following?.(distance);
      if (!raws) return;
      this.#begin(raws, decoder);
      // An empty block counts too, so that many of them are not gone through again for each.
      count += raws.length + 1;
    }
  }

  #begin(raws: readonly Uint8Array[], decoder: BlockDecoder): Decoding {
    const begun = this.#decodings.get(raws);
    if (begun) return begun;
    const decoding = decoder.decodeAll(raws);
    // Whoever waits for it meets the failure; nobody may ever wait for it.
    decoding.catch(() => undefined);
    this.#decodings.set(raws, decoding);
    return decoding;
  }
}
