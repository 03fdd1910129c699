import type { L1BlockRef } from '../../src/chain/l1Block';
import { equalBytes, toHex } from '../../src/core/bytes';
import { Emitter } from '../../src/core/emitter';
import { TributaryError } from '../../src/core/errors';
import type { OriginCandidate, OriginSource } from '../../src/sequencer/originSource';

/**
 * L1 blocks from some origin on to the newest known, in memory: an `OriginSource` that tests fill block by block.
 */
export class OriginWindow implements OriginSource {
  readonly advanced = new Emitter<void>();
  readonly #candidates: OriginCandidate[];

  /** @param first the origin of the L2 head, or an older one: its deposits are in the chain already */
  constructor(first: L1BlockRef) {
    this.#candidates = [{ block: first, deposits: [] }];
  }

  origin(number: number): L1BlockRef | undefined {
    return this.#candidates[this.#indexOf(number)]?.block;
  }

  following(parentOriginNumber: number, limit: number): OriginCandidate[] {
    const start = this.#indexOf(parentOriginNumber) + 1;
    return start <= 0 ? [] : this.#candidates.slice(start, start + limit);
  }

  latest(): L1BlockRef {
    return this.#candidates[this.#candidates.length - 1].block;
  }

  /**
   * Adds the block after the newest.
   * @throws Sequencer.OriginGap when it does not link to it
   */
  push(candidate: OriginCandidate): void {
    const { block } = candidate;
    const latest = this.latest();
    if (block.number !== latest.number + 1 || !equalBytes(block.parentHash, latest.hash)) {
      throw new TributaryError('Sequencer.OriginGap', `L1 block ${block.number} does not follow the newest known`, {
        recovery: 'reset',
        metaMessages: [`newest: ${latest.number} ${toHex(latest.hash)}`, `parent: ${toHex(block.parentHash)}`],
      });
    }
    this.#candidates.push(candidate);
    this.advanced.emit();
  }

  /**
   * After an L1 reorganization: forgets the blocks above the common ancestor.
   * @throws Sequencer.OriginUnknown when that lies before the window
   */
  cutTo(ancestorNumber: number): void {
    const index = this.#indexOf(ancestorNumber);
    if (index < 0) {
      const message = `L1 was reorganized back to block ${ancestorNumber}, the oldest one known is ${this.#candidates[0].block.number}`;
      throw new TributaryError('Sequencer.OriginUnknown', message, { recovery: 'halt' });
    }
    this.#candidates.length = Math.min(this.#candidates.length, index + 1);
    this.advanced.emit();
  }

  #indexOf(number: number): number {
    return number - this.#candidates[0].block.number;
  }
}
