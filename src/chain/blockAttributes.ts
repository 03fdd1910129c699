import type { Block, L1Origin } from '../codec/block';
import { nextBaseFee } from '../codec/header';
import { createDeposit, type DepositTransaction, userDepositSourceHash } from '../codec/transaction';
import { assert } from '../core/assert';
import type { Address, Hash } from '../core/bytes';
import { addresses } from './addresses';
import type { ChainConfig } from './chainConfig';
import type { LoggedUpgrade } from './executionUpgrade';
import { l1AttributesDeposit, scalarsOf } from './l1Attributes';
import type { L1BlockRef, L1Input, L1OriginInput } from './l1Block';

/** Everything an L2 block is made of but the transactions that the sequencer chooses. */
export interface BlockAttributes {
  number: number;
  parentHash: Hash;
  /** Seconds. */
  timestamp: number;
  gasLimit: bigint;
  baseFeePerGas: bigint;
  coinbase: Address;
  prevRandao: Hash;
  parentBeaconBlockRoot: Hash;
  l1Origin: L1Origin;
  /** The L1 attributes deposit first, then the user deposits; always all included, before every other transaction. */
  deposits: DepositTransaction[];
  /** What the L1 blocks that this block takes in say about who executes it and those after it; absent where there is none. */
  upgrades?: LoggedUpgrade[];
}

/** What a block's attributes ask of the rules of its own version. Pure. */
export interface AttributeRules {
  /**
   * Base fee of the block after `parent`, wei per gas.
   * @throws Execution.ArtifactMissing (`retry`)
   */
  nextBaseFee(parent: ParentBlock, child: ChildPlace): bigint;
}

/** What decides which version rules a block, beside its ancestors. */
export interface ChildPlace {
  number: number;
  /** L1 block number. */
  originNumber: number;
  upgrades: LoggedUpgrade[];
}

/**
 * The block after `parent`, a pure function that the sequencer and derivation share.
 * @param origin the new block's L1 origin: the last of `advance`, or the parent's origin when that is empty
 * @param advance the L1 blocks after the parent's origin up to and with `origin`, in order
 * @param timestamp seconds; the caller has checked it against the parent and the origin
 * @param rules default: those that rule from genesis on
 */
export function blockAttributes(
  config: ChainConfig,
  parent: ParentBlock,
  timestamp: number,
  origin: L1BlockRef,
  advance: L1OriginInput[],
  rules: AttributeRules = genesisRules(config),
): BlockAttributes {
  assert(origin.number === parent.l1Origin.number + advance.length, 'the origin is the last L1 block of the advance');
  const sequenceNumber = advance.length > 0 ? 0 : parent.l1Origin.sequenceNumber + 1;
  const number = parent.header.number + 1;
  const upgrades = advance.flatMap(loggedUpgrades);
  const scalars = advance.findLast(({ feeScalars }) => feeScalars)?.feeScalars ?? scalarsOf(parent, config);
  return {
    number,
    parentHash: parent.hash,
    timestamp,
    gasLimit: BigInt(config.gasLimit),
    baseFeePerGas: rules.nextBaseFee(parent, { number, originNumber: origin.number, upgrades }),
    coinbase: addresses.sequencerFeeVault,
    prevRandao: origin.prevRandao,
    parentBeaconBlockRoot: origin.parentBeaconBlockRoot,
    l1Origin: { number: origin.number, hash: origin.hash, sequenceNumber },
    deposits: [l1AttributesDeposit(origin, sequenceNumber, scalars), ...advance.flatMap(userDeposits)],
    ...(upgrades.length > 0 ? { upgrades } : undefined),
  };
}

/** EIP-1559 with the chain config's parameters. */
export function genesisRules(config: ChainConfig): AttributeRules {
  const { elasticity, changeDenominator } = config.baseFee;
  return { nextBaseFee: ({ header }) => nextBaseFee(header, elasticity, changeDenominator) };
}

function loggedUpgrades({ block, upgrades = [] }: L1OriginInput): LoggedUpgrade[] {
  return upgrades.map((upgrade) => ({ l1Number: block.number, upgrade }));
}

/**
 * How many of the L1 blocks that follow the parent's origin one L2 block may take in: at most `l1OriginAdvanceMax`, and past the first
 * only while their deposits' gas limits sum up to no more than half of the block's.
 */
export function originAdvanceMax(config: ChainConfig, following: Pick<L1Input, 'deposits'>[]): number {
  let gas = 0n;
  let count = 0;
  for (const { deposits } of following.slice(0, config.l1OriginAdvanceMax)) {
    for (const deposit of deposits) gas += deposit.gasLimit;
    if (count > 0 && gas > BigInt(config.gasLimit) / 2n) break;
    count++;
  }
  return count;
}

/** What the next block is built on. */
export type ParentBlock = Block;

function userDeposits(input: L1OriginInput): DepositTransaction[] {
  return input.deposits.map((deposit) =>
    createDeposit({
      sourceHash: userDepositSourceHash(input.block.hash, deposit.logIndex),
      from: deposit.from,
      to: deposit.to,
      mint: deposit.mint,
      value: deposit.value,
      gasLimit: deposit.gasLimit,
      data: deposit.data,
    }),
  );
}
