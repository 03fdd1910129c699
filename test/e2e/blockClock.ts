import type { Hex } from 'viem';
import { WebSocket } from 'ws';

/** When each block's header came, over a WebSocket. */
export class BlockClock {
  readonly #arrivedMs = new Map<number, number>();
  readonly #hashes = new Map<number, Hex>();
  readonly #rewritten: number[] = [];
  readonly #socket: WebSocket;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.on('open', () => {
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }));
    });
    this.#socket.on('message', (data) => {
      const { params } = JSON.parse(String(data)) as { params?: { result: { number: Hex; hash: Hex } } };
      if (params) this.#keep(Number(params.result.number), params.result.hash);
    });
  }

  #keep(number: number, hash: Hex): void {
    if (this.#hashes.has(number)) this.#rewritten.push(number);
    this.#hashes.set(number, hash);
    this.#arrivedMs.set(number, performance.now());
  }

  /** By block number. */
  get hashes(): ReadonlyMap<number, Hex> {
    return this.#hashes;
  }

  /** The longest time between two blocks one after the other, of those that lead to `first` … `last`. */
  longestIntervalMs(first: number, last: number): number {
    return Math.max(...this.#intervalsMs(first, last));
  }

  /** Between any two blocks one after the other. */
  medianIntervalMs(): number {
    const sorted = this.#intervalsMs(...this.#range()).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  /** Numbers between the first and the last block of which no header came, and of which two came. */
  irregular(): { missing: number[]; rewritten: number[] } {
    const [first, last] = this.#range();
    const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    return { missing: all.filter((number) => !this.#hashes.has(number)), rewritten: this.#rewritten };
  }

  close(): void {
    this.#socket.close();
  }

  #range(): [first: number, last: number] {
    const numbers = [...this.#arrivedMs.keys()];
    return [Math.min(...numbers), Math.max(...numbers)];
  }

  #intervalsMs(first: number, last: number): number[] {
    const times = Array.from({ length: last - first + 2 }, (_, i) => this.#arrivedMs.get(first - 1 + i));
    return times.flatMap((time, i) => {
      const before = times[i - 1];
      return time !== undefined && before !== undefined ? time - before : [];
    });
  }
}
