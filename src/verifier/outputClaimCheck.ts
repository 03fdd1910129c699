import { outputRoot } from '../codec/header';
import { equalBytes, toHex } from '../core/bytes';
import type { Logger } from '../core/ports';
import type { OutputClaim, OutputClaims, VerifiedChain } from './verifierPorts';

/** Claims on blocks not derived yet that are remembered; a flood of claims on far blocks drops the oldest. */
const WAITING_CLAIMS_MAX = 4096;

/**
 * Compares the output roots that were proposed on L1 with the derived chain, each as soon as its block is derived. A wrong one is reported
 * loudly and stops nothing: anyone with a bond can make one, and it is the dispute's business to defeat it.
 */
export class OutputClaimCheck {
  readonly #claims: OutputClaims;
  readonly #chain: Pick<VerifiedChain, 'blockByNumber'>;
  readonly #logger: Logger;
  #waiting: OutputClaim[] = [];
  #nextL1Block: number;
  #checkedCount = 0;
  #wrong: OutputClaim[] = [];

  /** @param firstL1Block the first whose claims count */
  constructor(claims: OutputClaims, chain: Pick<VerifiedChain, 'blockByNumber'>, logger: Logger, firstL1Block: number) {
    this.#claims = claims;
    this.#chain = chain;
    this.#logger = logger;
    this.#nextL1Block = firstL1Block;
  }

  /** Claims that were compared. */
  get checkedCount(): number {
    return this.#checkedCount;
  }

  /** Claims that differ from the derived chain; the newest 4,096. */
  get wrongClaims(): readonly OutputClaim[] {
    return this.#wrong;
  }

  /** Claims on blocks that are not derived yet. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /**
   * @param l1Block claims up to this L1 block are fetched
   * @param tipNumber newest derived L2 block
   * @throws what the source of claims throws
   */
  async check(l1Block: number, tipNumber: number): Promise<void> {
    if (l1Block >= this.#nextL1Block) {
      this.#waiting.push(...(await this.#claims.claimsBetween(this.#nextL1Block, l1Block)));
      this.#nextL1Block = l1Block + 1;
    }
    const due = this.#waiting.filter((claim) => claim.l2BlockNumber <= tipNumber);
    this.#waiting = this.#waiting.filter((claim) => claim.l2BlockNumber > tipNumber);
    for (const claim of due) this.#compare(claim);
    const excess = this.#waiting.length - WAITING_CLAIMS_MAX;
    if (excess <= 0) return;
    this.#logger.warn({ excess }, 'too many output claims on blocks not derived yet: the oldest go unchecked');
    this.#waiting.splice(0, excess);
  }

  /** After an L1 reorganization: claims from L1 blocks after this one are fetched anew. */
  rewindTo(l1Block: number): void {
    this.#nextL1Block = Math.min(this.#nextL1Block, l1Block + 1);
    this.#waiting = [];
    this.#wrong = [];
  }

  #compare(claim: OutputClaim): void {
    const block = this.#chain.blockByNumber(claim.l2BlockNumber);
    if (!block) return;
    const derived = outputRoot(block.header);
    this.#checkedCount++;
    if (equalBytes(derived, claim.outputRoot)) return;
    this.#wrong = [...this.#wrong.slice(1 - WAITING_CLAIMS_MAX), claim];
    this.#logger.error(
      {
        game: claim.source,
        l2Block: claim.l2BlockNumber,
        claimed: toHex(claim.outputRoot),
        derived: toHex(derived),
      },
      'a wrong output root is claimed on L1: dispute it within its window',
    );
  }
}
