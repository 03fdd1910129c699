import { assert } from '../core/assert';
import { concatBytes, type Hash, toBigInt, toFixedBytes } from '../core/bytes';
import type { L1Position, VerifiedChain } from './verifierPorts';

/** How far derivation had come with one L1 block done. */
export interface Checkpoint {
  l1: L1Position;
  l2: { number: number; hash: Hash };
  nextBatchIndex: number;
}

/** L1 blocks whose checkpoints are kept: how deep an L1 reorganization may go. Ethereum finalizes after 64 to 96 blocks. */
export const CHECKPOINTS_MAX = 1024;
const RECORD_SIZE_BYTES = 88;

/**
 * The last `CHECKPOINTS_MAX` checkpoints on disk, one per L1 block, as a ring in the chain's metadata:
 * `verifier.checkpoint.<L1 number mod CHECKPOINTS_MAX>` → l1 number (8) ‖ l1 hash (32) ‖ l2 number (8) ‖ l2 hash (32) ‖ next batch index (8),
 * `verifier.newest` → l1 number (8). Bounded without ever deleting.
 */
export class CheckpointLog {
  readonly #chain: Pick<VerifiedChain, 'metadata' | 'setMetadata'>;
  readonly #genesisL1Number: number;

  /** @param genesisL1Number no checkpoint is that old */
  constructor(chain: Pick<VerifiedChain, 'metadata' | 'setMetadata'>, genesisL1Number: number) {
    this.#chain = chain;
    this.#genesisL1Number = genesisL1Number;
  }

  get newest(): Checkpoint | undefined {
    const bytes = this.#chain.metadata(NEWEST);
    return bytes && this.at(Number(toBigInt(bytes)));
  }

  /** The checkpoint of this L1 block, if it is kept. May be of a branch that was given up when above the newest. */
  at(l1Number: number): Checkpoint | undefined {
    if (l1Number <= this.#genesisL1Number) return undefined;
    const bytes = this.#chain.metadata(slotName(l1Number));
    const checkpoint = bytes && decodeCheckpoint(bytes);
    return checkpoint?.l1.number === l1Number ? checkpoint : undefined;
  }

  /** The newest and those before it without a gap, newest first. */
  *fromNewest(): Generator<Checkpoint> {
    let checkpoint = this.newest;
    for (let count = 0; checkpoint && count < CHECKPOINTS_MAX; count++) {
      yield checkpoint;
      checkpoint = this.at(checkpoint.l1.number - 1);
    }
  }

  async append(checkpoint: Checkpoint): Promise<void> {
    await this.#chain.setMetadata(slotName(checkpoint.l1.number), encodeCheckpoint(checkpoint));
    await this.#setNewest(checkpoint.l1.number);
  }

  /** Makes the checkpoint of `l1Number` the newest again; with the genesis' L1 block there is none any more. */
  async rewindTo(l1Number: number): Promise<void> {
    await this.#setNewest(l1Number);
  }

  async #setNewest(l1Number: number): Promise<void> {
    await this.#chain.setMetadata(NEWEST, toFixedBytes(l1Number, 8));
  }
}

const NEWEST = 'verifier.newest';

function slotName(l1Number: number): string {
  return `verifier.checkpoint.${l1Number % CHECKPOINTS_MAX}`;
}

function encodeCheckpoint({ l1, l2, nextBatchIndex }: Checkpoint): Uint8Array {
  return concatBytes(
    toFixedBytes(l1.number, 8),
    l1.hash,
    toFixedBytes(l2.number, 8),
    l2.hash,
    toFixedBytes(nextBatchIndex, 8),
  );
}

function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  assert(bytes.length === RECORD_SIZE_BYTES, `a checkpoint has ${RECORD_SIZE_BYTES} bytes`);
  const number = (offset: number) => Number(toBigInt(bytes.subarray(offset, offset + 8)));
  return {
    l1: { number: number(0), hash: bytes.slice(8, 40) },
    l2: { number: number(40), hash: bytes.slice(48, 80) },
    nextBatchIndex: number(80),
  };
}
