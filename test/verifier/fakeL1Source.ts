import type { L1Input } from '../../src/chain/l1Block';
import { equalBytes } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import type { L1Position, L1Source } from '../../src/verifier/verifierPorts';
import { L1_GENESIS_NUMBER, type L1Builder } from '../derivation/l1Builder';

/** An `L1Source` over an L1 in memory. Tell it with `announce` that the builder has changed. */
export class FakeL1Source implements L1Source {
  finalized = L1_GENESIS_NUMBER;
  /** Blocks above this number are not given yet. */
  headLimit = Number.POSITIVE_INFINITY;
  #wake: (() => void)[] = [];

  constructor(readonly l1: L1Builder) {}

  announce(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async latest(): Promise<L1Position> {
    return this.#visible().at(-1)?.block ?? this.l1.genesis;
  }

  async block(number: number): Promise<L1Position | undefined> {
    return this.#visible().find((input) => input.block.number === number)?.block;
  }

  async finalizedNumber(): Promise<number> {
    return this.finalized;
  }

  async *inputs(
    from: number,
    { known = [], signal }: { known?: L1Position[]; signal?: AbortSignal },
  ): AsyncIterable<L1Input> {
    let last = known.at(-1);
    let next = from;
    while (!signal?.aborted) {
      const here = last && (await this.block(last.number));
      if (last && (!here || !equalBytes(here.hash, last.hash))) {
        throw new TributaryError('L1.Reorg', 'the L1 was reorganized', { recovery: 'reset' });
      }
      const input = this.#visible().find(({ block }) => block.number === next);
      if (input) {
        last = input.block;
        next++;
        yield input;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake.push(resolve);
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    }
  }

  #visible(): L1Input[] {
    return this.l1.inputs.filter(({ block }) => block.number <= this.headLimit);
  }
}
