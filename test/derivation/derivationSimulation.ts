import type { BlockAttributes } from '../../src/chain/blockAttributes';
import type { ChainConfig } from '../../src/chain/chainConfig';
import type { L1Input } from '../../src/chain/l1Block';
import { encodeBatch } from '../../src/codec/batch';
import { type Block, createBlock } from '../../src/codec/block';
import type { SignedTransaction } from '../../src/codec/transaction';
import { concatBytes, toHex, ZERO_HASH } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { type Candidate, decodeCandidate } from '../../src/derivation/candidate';
import { type DerivationState, genesisDerivationState } from '../../src/derivation/derivationState';
import { type BatchOutcome, deriveL1Block } from '../../src/derivation/deriveL1Block';
import { blockOf } from '../codec/batchBlocks';
import type { L1Builder } from './l1Builder';

/** Stands in for execution: roots are hashes of what went in, and a transaction with this value is "invalid". */
export const INVALID_VALUE = 666n;

/** A sealed block as the simulated execution makes it; undefined when a transaction is invalid. */
export function simulateExecution(attributes: BlockAttributes, transactions: SignedTransaction[]): Block | undefined {
  if (transactions.some((transaction) => transaction.value === INVALID_VALUE)) return undefined;
  const raws = [...attributes.deposits, ...transactions].map((transaction) => transaction.raw);
  const { header } = blockOf(attributes.number, []);
  return createBlock(
    {
      ...header,
      parentHash: attributes.parentHash,
      timestamp: attributes.timestamp,
      baseFeePerGas: attributes.baseFeePerGas,
      gasLimit: attributes.gasLimit,
      prevRandao: attributes.prevRandao,
      transactionsRoot: keccak256(concatBytes(...raws)),
    },
    [...attributes.deposits, ...transactions],
    attributes.l1Origin,
  );
}

export function simulatedGenesis(l1: L1Builder): Block {
  const { number, hash, timestamp } = l1.genesis;
  return createBlock(blockOf(0, [], { timestamp }).header, [], { number, hash, sequenceNumber: 0 });
}

/** A chain under derivation, with simulated execution. */
export class DerivationSimulation {
  readonly config: ChainConfig;
  readonly blocks: Block[];
  readonly candidates: Candidate[] = [];
  readonly outcomes: BatchOutcome[] = [];
  /** Told of each candidate when it comes up. */
  onCandidate: (candidate: Candidate) => void = () => undefined;
  state: DerivationState;

  constructor(config: ChainConfig, l1: L1Builder) {
    this.config = config;
    const genesis = simulatedGenesis(l1);
    this.blocks = [genesis];
    this.state = genesisDerivationState(genesis, l1.genesis);
  }

  derive(...inputs: L1Input[]): this {
    for (const [position, input] of inputs.entries()) {
      const upcoming = inputs.slice(position + 1);
      const derivation = deriveL1Block(this.config, this.state, input, undefined, () => upcoming);
      let step = derivation.next();
      while (!step.done) {
        this.candidates.push(step.value);
        this.onCandidate(step.value);
        const transactions = decodeCandidate(step.value);
        const block =
          typeof transactions === 'string' ? undefined : simulateExecution(step.value.attributes, transactions);
        if (block) this.blocks.push(block);
        step = derivation.next(block ? { accepted: block } : { rejected: String(transactions) });
      }
      this.state = step.value.state;
      this.outcomes.push(...step.value.batches);
    }
    return this;
  }

  /** Derives all of the builder's blocks that were not derived from yet. */
  follow(l1: L1Builder): this {
    const next = (this.state.pending.at(-1)?.block ?? this.state.origin).number + 1;
    return this.derive(...l1.inputs.filter((input) => input.block.number >= next));
  }

  get tip(): Block {
    return this.blocks[this.blocks.length - 1];
  }

  get hashes(): string[] {
    return this.blocks.map((block) => toHex(block.hash));
  }
}

/** A batch of blocks that stand on `parent`; each entry is a block's timestamp, origin and transactions. */
export function batchOn(
  parent: { hash: Uint8Array; header: { number: number } },
  l1: L1Builder,
  blocks: { timestamp: number; origin: number; transactions?: SignedTransaction[] }[],
  overrides: { parentHash?: Uint8Array; firstBlockNumber?: number; chainId?: number } = {},
): Uint8Array {
  const firstBlockNumber = overrides.firstBlockNumber ?? parent.header.number + 1;
  return encodeBatch({
    firstBlockNumber,
    parentHash: overrides.parentHash ?? parent.hash,
    chainId: overrides.chainId ?? 31338,
    blocks: blocks.map(({ timestamp, origin, transactions }, i) => {
      const block = blockOf(firstBlockNumber + i, transactions ?? [], { timestamp });
      return { ...block, l1Origin: { number: origin, hash: l1.block(origin)?.hash ?? ZERO_HASH, sequenceNumber: 0 } };
    }),
  });
}
