import type { DerivedChain, DerivedProgress } from '../../src/batcher/batcherPorts';
import { decodeBatch } from '../../src/codec/batch';
import { equalBytes, type Hash } from '../../src/core/bytes';
import { Emitter } from '../../src/core/emitter';
import { hasErrorCode } from '../../src/core/errors';
import { type L1Watcher, reorgAncestor } from '../../src/l1/l1Watcher';

interface Step {
  l1Number: number;
  l1Hash: Hash;
  l2Block: number;
  l2Hash: Hash;
}

/** Derivation as far as the batcher can see it: batches that fit the head are taken, all others ignored. */
export class InboxDerivation implements DerivedChain {
  readonly progressed = new Emitter<DerivedProgress>();
  /** `first–last` of every batch taken, and `first–last?` of every batch ignored, on the canonical L1. */
  log: { l1Number: number; entry: string }[] = [];
  /** While true, no batch is taken. */
  deaf = false;
  #steps: Step[];
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly watcher: L1Watcher,
    genesisHash: Hash,
    l1Genesis: { number: number; hash: Hash },
  ) {
    this.#steps = [{ l1Number: l1Genesis.number, l1Hash: l1Genesis.hash, l2Block: 0, l2Hash: genesisHash }];
  }

  get entries(): string[] {
    return this.log.map(({ entry }) => entry);
  }

  progress(): DerivedProgress {
    const { l1Number, l2Block } = this.#head();
    return { l1Block: l1Number, l2Block };
  }

  start(): this {
    this.#running = this.#follow();
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const known = this.#steps.map(({ l1Number, l1Hash }) => ({ number: l1Number, hash: l1Hash }));
        for await (const { block, batches } of this.watcher.inputs(this.#head().l1Number + 1, { known, signal })) {
          let { l2Block, l2Hash } = this.#head();
          for (const { data } of batches) {
            const batch = decodeBatch(data, { decompressedSizeBytesMax: 10_000_000 });
            const last = batch.firstBlockNumber + batch.blocks.length - 1;
            const fits = !this.deaf && batch.firstBlockNumber === l2Block + 1 && equalBytes(batch.parentHash, l2Hash);
            this.log.push({ l1Number: block.number, entry: `${batch.firstBlockNumber}–${last}${fits ? '' : '?'}` });
            if (fits) [l2Block, l2Hash] = [last, batch.lastBlockHash];
          }
          this.#steps.push({ l1Number: block.number, l1Hash: block.hash, l2Block, l2Hash });
          this.progressed.emit(this.progress());
        }
      } catch (error) {
        const ancestor = hasErrorCode(error, 'L1.Reorg') ? reorgAncestor(error) : undefined;
        if (!ancestor) throw error;
        this.#steps = this.#steps.filter(({ l1Number }) => l1Number <= ancestor.number);
        this.log = this.log.filter(({ l1Number }) => l1Number <= ancestor.number);
        this.progressed.emit(this.progress());
      }
    }
  }

  #head(): Step {
    return this.#steps[this.#steps.length - 1];
  }
}

/** Whether the entries name each block from 1 to `last` once, in order, with nothing ignored. */
export function isGapless(entries: string[], last: number): boolean {
  let next = 1;
  for (const entry of entries) {
    const [first, end] = entry.split('–');
    if (Number(first) !== next || end.endsWith('?')) return false;
    next = Number(end) + 1;
  }
  return next === last + 1;
}
