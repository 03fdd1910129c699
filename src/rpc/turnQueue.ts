/** Runs jobs of the same key one after the other, in order of arrival; those of different keys side by side. */
export class TurnQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** @returns what `job` returns or throws */
  async run<Result>(key: string, job: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const result = before ? before.then(job) : job();
    // The next in line waits for the end of this one, however it ends.
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, ended);
    try {
      return await result;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }
}
