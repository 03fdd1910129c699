import type { Block } from '../codec/block';
import { assert } from '../core/assert';
import { equalBytes, type Hash, toHex } from '../core/bytes';
import { errorMessage, hasErrorCode } from '../core/errors';
import type { Logger } from '../core/ports';
import type { Candidate, Verdict } from '../derivation/candidate';
import type { DerivedL1Block } from '../derivation/deriveL1Block';
import type { ExecutedBlock, Executor } from '../execution/executor';
import type { Checkpoint } from './checkpointLog';
import { type BlockDecoder, DecodeAhead } from './decodeAhead';
import { matchesCandidate } from './matchesCandidate';
import { aborted } from './verifierErrors';
import type { Divergence, TakeOver, VerifiedChain } from './verifierPorts';

type Derivation = Generator<Candidate, DerivedL1Block, Verdict>;

/** A batch whose poster got another hash for its last block. */
export interface WrongBatchClaim {
  /** Inbox index. */
  batchIndex: number;
  /** The batch's last block. */
  blockNumber: number;
  claimed: Hash;
  derived: Hash;
}

/** Kept and logged; whoever posts more of them than that wants to fill disks. */
const WRONG_CLAIM_COUNT_MAX = 1_000;

/** Answers derivation's candidates: recognizes the block that is on disk already, else executes it and commits. */
export class BlockSettler {
  readonly #chain: VerifiedChain;
  readonly #executor: Pick<Executor, 'executeBlock'>;
  readonly #logger: Logger;
  readonly #takeOver: TakeOver | undefined;
  readonly #wrongClaims = new Map<number, WrongBatchClaim>();
  readonly #decodeAhead: DecodeAhead;

  /**
   * @param takeOver given when the chain is a sequencer's own (see `VerifierOptions`)
   * @param decoder see `VerifierOptions`
   */
  constructor(
    chain: VerifiedChain,
    executor: Pick<Executor, 'executeBlock'>,
    logger: Logger,
    takeOver: TakeOver | undefined,
    decoder: BlockDecoder | undefined,
  ) {
    this.#chain = chain;
    this.#executor = executor;
    this.#logger = logger;
    this.#takeOver = takeOver;
    this.#decodeAhead = new DecodeAhead(decoder);
  }

  /** Since this settler was made, at most 1,000. */
  get wrongClaims(): WrongBatchClaim[] {
    return [...this.#wrongClaims.values()];
  }

  /**
   * Settles all candidates of one L1 block. From the first that is not on disk on, the chain is taken over until the last is settled.
   * @param isFinal whether the L1 block is final
   * @throws Verifier.Aborted between two blocks
   */
  async settle(derivation: Derivation, isFinal: boolean, signal: AbortSignal | undefined): Promise<DerivedL1Block> {
    let step = derivation.next();
    while (!step.done) {
      const known = this.#recognize(step.value);
      if (!known) return this.#settleByExecution(derivation, step.value, isFinal, signal);
      step = derivation.next({ accepted: known });
    }
    return step.value;
  }

  /**
   * Cuts off the blocks that an L1 reorganization made void: from the first on whose origin was replaced. Blocks after the checkpoint on
   * origins that stayed are kept, unsafe: the same batch may well be posted again, and then nothing of it is executed twice.
   */
  async rewind(checkpoint: Checkpoint): Promise<void> {
    const headNumber = this.#chain.head.header.number;
    let kept = headNumber;
    while (kept > checkpoint.l2.number && this.#blockAt(kept).l1Origin.number > checkpoint.l1.number) kept--;
    if (kept === headNumber) return;
    const reason = `the L1 was reorganized after block ${checkpoint.l1.number}`;
    await this.#takingOver({ agreedBlockNumber: kept, localHeadNumber: headNumber, reason }, async () => {
      await this.#chain.rewindTo(kept);
    });
  }

  async #settleByExecution(
    derivation: Derivation,
    first: Candidate,
    isFinal: boolean,
    signal: AbortSignal | undefined,
  ): Promise<DerivedL1Block> {
    const { number } = first.attributes;
    const localHeadNumber = this.#chain.head.header.number;
    const what = first.source.kind === 'batch' ? `batch ${first.source.batchIndex}` : first.source.reason;
    const reason =
      localHeadNumber < number ? `${what} goes beyond the local head` : `${what} differs from the local block`;
    return this.#takingOver({ agreedBlockNumber: number - 1, localHeadNumber, reason }, async () => {
      let candidate = first;
      for (;;) {
        if (signal?.aborted) throw aborted();
        const known = this.#recognize(candidate);
        const step = derivation.next(known ? { accepted: known } : await this.#execute(candidate, isFinal));
        if (step.done) return step.value;
        candidate = step.value;
      }
    });
  }

  #recognize(candidate: Candidate): Block | undefined {
    const local = this.#chain.blockByNumber(candidate.attributes.number);
    if (!local || !matchesCandidate(local, candidate)) return undefined;
    this.#checkClaim(candidate, local.hash);
    return local;
  }

  async #execute(candidate: Candidate, isFinal: boolean): Promise<Verdict> {
    const { attributes } = candidate;
    const transactions = await this.#decodeAhead.decode(candidate);
    if (typeof transactions === 'string') return { rejected: transactions };
    if (this.#chain.head.header.number >= attributes.number) await this.#chain.rewindTo(attributes.number - 1);
    let executed: ExecutedBlock;
    try {
      executed = await this.#executor.executeBlock({ attributes, transactions, mode: 'strict' });
    } catch (error) {
      if (hasErrorCode(error, 'Execution.InvalidTransaction')) return { rejected: errorMessage(error) };
      throw error;
    }
    assert(matchesCandidate(executed.block, candidate), 'the executor seals what it was given');
    this.#checkClaim(candidate, executed.block.hash);
    await this.#chain.commit(executed, [], isFinal);
    return { accepted: executed.block };
  }

  /** A wrong claim stops nobody: after a silence anybody may post, and derivation does not look at it (docs/adr/0220). */
  #checkClaim({ attributes, source }: Candidate, derived: Hash): void {
    if (source.kind !== 'batch' || !source.claimedHash || equalBytes(source.claimedHash, derived)) return;
    const { batchIndex, claimedHash } = source;
    if (this.#wrongClaims.has(batchIndex) || this.#wrongClaims.size >= WRONG_CLAIM_COUNT_MAX) return;
    const claim = { batchIndex, blockNumber: attributes.number, claimed: claimedHash, derived };
    this.#wrongClaims.set(batchIndex, claim);
    this.#logger.error(
      { batch: batchIndex, l2Block: attributes.number, claimed: toHex(claimedHash), derived: toHex(derived) },
      'a batch claims another hash for its last block than was derived: its poster or this node executes wrongly',
    );
  }

  #takingOver<Result>(divergence: Divergence, work: () => Promise<Result>): Promise<Result> {
    const { agreedBlockNumber, localHeadNumber, reason } = divergence;
    if (agreedBlockNumber < localHeadNumber) {
      this.#logger.warn({ agreedBlockNumber, localHeadNumber }, `the local chain is cut back: ${reason}`);
    }
    return this.#takeOver ? this.#takeOver(divergence, work) : work();
  }

  #blockAt(blockNumber: number): Block {
    const block = this.#chain.blockByNumber(blockNumber);
    assert(block, 'blocks up to the head are on disk');
    return block;
  }
}
