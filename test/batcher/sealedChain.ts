import type { SealedChain } from '../../src/batcher/batcherPorts';
import type { Block } from '../../src/codec/block';
import { Emitter } from '../../src/core/emitter';
import { blockOf } from '../codec/batchBlocks';
import { signTransaction } from '../codec/signTransaction';

const KEY = new Uint8Array(32).fill(7);

/** An L2 chain that seals what a test tells it to. */
export class TestSealedChain implements SealedChain {
  readonly committed = new Emitter<{ block: Block }>();
  readonly rewound = new Emitter<{ block: Block }>();
  readonly #blocks: Block[] = [blockOf(0, [])];
  #nonce = 0n;

  get head(): Block {
    return this.#blocks[this.#blocks.length - 1];
  }

  blockByNumber(blockNumber: number): Block | undefined {
    return this.#blocks[blockNumber];
  }

  /** Seals `count` blocks of one transaction each with this much incompressible data. */
  seal(count: number, dataSizeBytes = 10): void {
    for (let i = 0; i < count; i++) {
      const data = new Uint8Array(dataSizeBytes);
      for (let at = 0; at < data.length; at++) data[at] = random();
      const transaction = signTransaction(KEY, { nonce: this.#nonce++, gasLimit: 1_000_000n, data });
      const block = blockOf(this.#blocks.length, [transaction], { parentHash: this.head.hash });
      this.#blocks.push(block);
      this.committed.emit({ block });
    }
  }

  rewindTo(blockNumber: number): void {
    this.#blocks.splice(blockNumber + 1);
    this.rewound.emit({ block: this.head });
  }
}

let state = 12345;

/** A byte of a fixed sequence (xorshift), the same in every run. */
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state & 255;
}
