/** A binary heap; `before(a, b)` says that `a` comes out first. Push and pop O(log n). */
export class Heap<Item> {
  readonly #before: (a: Item, b: Item) => boolean;
  readonly #items: Item[];

  /** @param items taken over and put in order, O(n) */
  constructor(before: (a: Item, b: Item) => boolean, items: Item[] = []) {
    this.#before = before;
    this.#items = items;
    for (let i = (items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let i = items.length;
    items.push(item);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(item, items[parent])) break;
      items[i] = items[parent];
      i = parent;
    }
    items[i] = item;
  }

  pop(): Item | undefined {
    const top = this.#items[0];
    const last = this.#items.pop();
    if (this.#items.length > 0 && last !== undefined) {
      this.#items[0] = last;
      this.#sink(0);
    }
    return top;
  }

  /** Puts the first item back in order after the caller has changed it in place. */
  topChanged(): void {
    if (this.#items.length > 1) this.#sink(0);
  }

  #sink(start: number): void {
    const items = this.#items;
    const item = items[start];
    let i = start;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1], items[child])) child++;
      if (!this.#before(items[child], item)) break;
      items[i] = items[child];
      i = child;
    }
    items[i] = item;
  }
}
