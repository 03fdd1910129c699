import type { ChainConfig } from '../../src/chain/chainConfig';
import type { L1BlockRef, L1Input, PortalDeposit } from '../../src/chain/l1Block';
import { concatBytes, EMPTY_BYTES, toFixedBytes, toHex, ZERO_HASH } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';

export const L1_GENESIS_NUMBER = 100;
export const L1_GENESIS_TIMESTAMP = 1_700_000_000;
export const L1_BLOCK_TIME_SECONDS = 12;

/** An L1 in memory: add blocks with deposits and batches, replace its tail. */
export class L1Builder {
  readonly inputs: L1Input[] = [];
  #batchCount = 0;
  /** Enters the hashes: two branches of the same heights differ. */
  #branch = 0;

  constructor() {
    this.inputs.push({ block: this.#ref(L1_GENESIS_NUMBER, ZERO_HASH), deposits: [], batches: [] });
  }

  get genesis(): L1BlockRef {
    return this.inputs[0].block;
  }

  get head(): L1BlockRef {
    return this.inputs[this.inputs.length - 1].block;
  }

  block(number: number): L1BlockRef | undefined {
    return this.inputs[number - L1_GENESIS_NUMBER]?.block;
  }

  add(content: { deposits?: Partial<PortalDeposit>[]; batches?: Uint8Array[] } = {}): L1BlockRef {
    const block = this.#ref(this.head.number + 1, this.head.hash);
    this.inputs.push({
      block,
      deposits: (content.deposits ?? []).map((deposit, logIndex) => ({ ...depositOf(logIndex), ...deposit })),
      batches: (content.batches ?? []).map((data) => ({
        index: this.#batchCount++,
        transactionHash: keccak256(concatBytes(toFixedBytes(this.#batchCount, 4), block.hash)),
        data,
      })),
    });
    return block;
  }

  addEmpty(count: number): void {
    for (let i = 0; i < count; i++) this.add();
  }

  /** Drops all blocks after `number`; those added then are of another branch. */
  reorgTo(number: number): void {
    this.inputs.length = number - L1_GENESIS_NUMBER + 1;
    this.#batchCount = this.inputs.reduce((count, input) => count + input.batches.length, 0);
    this.#branch++;
  }

  #ref(number: number, parentHash: Uint8Array): L1BlockRef {
    return {
      number,
      hash: keccak256(concatBytes(parentHash, toFixedBytes(number, 4), toFixedBytes(this.#branch, 4))),
      parentHash,
      timestamp: L1_GENESIS_TIMESTAMP + (number - L1_GENESIS_NUMBER) * L1_BLOCK_TIME_SECONDS,
      baseFeePerGas: 7n + BigInt(number),
      blobBaseFee: 1n,
      prevRandao: keccak256(toFixedBytes(number, 4)),
      parentBeaconBlockRoot: ZERO_HASH,
    };
  }
}

function depositOf(logIndex: number): PortalDeposit {
  const user = new Uint8Array(20).fill(0xd0);
  return { logIndex, from: user, to: user, mint: 10n ** 18n, value: 0n, gasLimit: 100_000n, data: EMPTY_BYTES };
}

/** A small window, so that tests pass it in a few blocks. */
export function testConfig(l1Genesis: L1BlockRef, overrides: Partial<ChainConfig> = {}): ChainConfig {
  return {
    l1ChainId: 31337,
    l2ChainId: 31338,
    genesis: {
      l1Number: l1Genesis.number,
      l1Hash: toHex(l1Genesis.hash),
      l2TimestampSeconds: l1Genesis.timestamp,
      allocations: [],
    },
    forks: { pragueTimeSeconds: 0, osakaTimeSeconds: 0 },
    gasLimit: 30_000_000,
    baseFee: { initialWei: '1000000000', elasticity: 2, changeDenominator: 8 },
    sequencingWindowL1Blocks: 10,
    l1OriginAdvanceMax: 4,
    timestampDriftSecondsMax: 600,
    batchDecompressedSizeBytesMax: 1024 * 1024,
    contracts: {
      inbox: '0x0000000000000000000000000000000000000001',
      portal: '0x0000000000000000000000000000000000000002',
      disputeGameFactory: '0x0000000000000000000000000000000000000003',
    },
    ...overrides,
  };
}
