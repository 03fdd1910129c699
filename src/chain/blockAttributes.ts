import type { Block, L1Origin } from '../codec/block';
import { nextBaseFee } from '../codec/header';
import { createDeposit, type DepositTransaction, userDepositSourceHash } from '../codec/transaction';
import { assert } from '../core/assert';
import type { Address, Hash } from '../core/bytes';
import { addresses } from './addresses';
import type { ChainConfig } from './chainConfig';
import { l1AttributesDeposit } from './l1Attributes';
import type { L1BlockRef, L1Input } from './l1Block';

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
}

/**
 * The block after `parent`, a pure function that the sequencer and derivation share.
 * @param origin the new block's L1 origin: the last of `advance`, or the parent's origin when that is empty
 * @param advance the L1 blocks after the parent's origin up to and with `origin`, in order
 * @param timestamp seconds; the caller has checked it against the parent and the origin
 */
export function blockAttributes(
  config: ChainConfig,
  parent: ParentBlock,
  timestamp: number,
  origin: L1BlockRef,
  advance: Pick<L1Input, 'block' | 'deposits'>[],
): BlockAttributes {
  assert(origin.number === parent.l1Origin.number + advance.length, 'the origin is the last L1 block of the advance');
  const sequenceNumber = advance.length > 0 ? 0 : parent.l1Origin.sequenceNumber + 1;
  const number = parent.header.number + 1;
  return {
    number,
    parentHash: parent.hash,
    timestamp,
    gasLimit: BigInt(config.gasLimit),
    baseFeePerGas: nextBaseFee(parent.header, config.baseFee.elasticity, config.baseFee.changeDenominator),
    coinbase: addresses.sequencerFeeVault,
    prevRandao: origin.prevRandao,
    parentBeaconBlockRoot: origin.parentBeaconBlockRoot,
    l1Origin: { number: origin.number, hash: origin.hash, sequenceNumber },
    deposits: [l1AttributesDeposit(origin, sequenceNumber), ...advance.flatMap(userDeposits)],
  };
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

/** A block without its transactions: what the next one is built on. */
export type ParentBlock = Pick<Block, 'hash' | 'header' | 'l1Origin'>;

function userDeposits(input: Pick<L1Input, 'block' | 'deposits'>): DepositTransaction[] {
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
