import type { SealedChain } from '../../src/batcher/batcherPorts';
import type { Block } from '../../src/codec/block';
import type { SignedTransaction } from '../../src/codec/transaction';
import { Emitter } from '../../src/core/emitter';
import { blockOf } from '../codec/batchBlocks';
import { signTransaction } from '../codec/signTransaction';

const KEY = new Uint8Array(32).fill(7);
/** Of one transaction, so that it stays below the limit of transactions. */
const DATA_SIZE_BYTES_MAX = 100_000;

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

  /** Seals `count` blocks with this much incompressible data each, in as few transactions as their own limit allows. */
  seal(count: number, dataSizeBytes = 10): void {
    for (let i = 0; i < count; i++) {
      const transactions: SignedTransaction[] = [];
      for (let left = dataSizeBytes; left > 0; left -= DATA_SIZE_BYTES_MAX) {
        const data = new Uint8Array(Math.min(left, DATA_SIZE_BYTES_MAX));
        for (let at = 0; at < data.length; at++) data[at] = random();
        transactions.push(signTransaction(KEY, { nonce: this.#nonce++, gasLimit: 1_000_000n, data }));
      }
      const block = blockOf(this.#blocks.length, transactions, { parentHash: this.head.hash });
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
