import type { L1Input } from '../chain/l1Block';

/** L1 blocks held while one before them is derived from: so many that among them there is a batch, as a rule. */
const AHEAD_COUNT_MAX = 8;

/** L1 blocks one by one, some of those that follow being fetched meanwhile and to be looked at. */
export class InputsAhead {
  readonly #inputs: AsyncIterator<L1Input>;
  /** Fetched, not taken. */
  readonly #waiting: L1Input[] = [];
  #fetching: Promise<void> | undefined;
  #isAtEnd = false;
  #failure: { error: unknown } | undefined;

  /** @param inputs ends, or fails, soon after its signal is aborted: when this object is of no use any more */
  constructor(inputs: AsyncIterable<L1Input>) {
    this.#inputs = inputs[Symbol.asyncIterator]();
  }

  /** Those after the one taken last, as far as they have come. */
  get waiting(): readonly L1Input[] {
    return this.#waiting;
  }

  /** Undefined at the end. @throws what the source throws, after all that it gave before */
  async next(): Promise<L1Input | undefined> {
    while (this.#waiting.length === 0 && !this.#isAtEnd) await this.#fetch();
    const input = this.#waiting.shift();
    if (!input && this.#failure) throw this.#failure.error;
    this.#fetchAhead();
    return input;
  }

  #fetchAhead(): void {
    if (!this.#isAtEnd && this.#waiting.length < AHEAD_COUNT_MAX) void this.#fetch();
  }

  /** Never rejects. */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchOne();
    return this.#fetching;
  }

  async #fetchOne(): Promise<void> {
    try {
      const { done, value } = await this.#inputs.next();
      if (done) this.#isAtEnd = true;
      else this.#waiting.push(value);
    } catch (error) {
      this.#isAtEnd = true;
      this.#failure = { error };
    }
    this.#fetching = undefined;
    this.#fetchAhead();
  }
}
