import type { L1BlockRef, L1Input } from '../chain/l1Block';
import type { Block } from '../codec/block';
import type { Hash } from '../core/bytes';
import type { ExecutedBlock } from '../execution/executor';

/** An L1 block by its number and hash. */
export type L1Position = Pick<L1BlockRef, 'number' | 'hash'>;

/** Where L1 blocks come from. `L1Watcher` fits. */
export interface L1Source {
  /** The newest block that `inputs` would give. */
  latest(): Promise<L1Position>;
  /** The canonical block of this number now, if there is one. */
  block(number: number): Promise<L1Position | undefined>;
  finalizedNumber(): Promise<number>;
  /**
   * Blocks from number `from` on, in order, without end; waits for new ones. Must throw an error with recovery `reset` when the L1 was
   * reorganized below what it gave or what is `known`.
   */
  inputs(from: number, options: { known?: L1Position[]; signal?: AbortSignal }): AsyncIterable<L1Input>;
}

/** The chain on disk that is verified into. `ChainStore` fits. */
export interface VerifiedChain {
  readonly head: Block;
  blockByNumber(blockNumber: number): Block | undefined;
  blockHashByNumber(blockNumber: number): Hash | undefined;
  label(name: 'safe' | 'finalized'): Block;
  setLabel(name: 'safe' | 'finalized', blockNumber: number): Promise<void>;
  metadata(name: string): Uint8Array | undefined;
  setMetadata(name: string, value: Uint8Array): Promise<void>;
  commit(executed: ExecutedBlock, extraOperations: [], isFinal: boolean): Promise<void>;
  rewindTo(blockNumber: number): Promise<void>;
}

/** An output root that somebody proposed on L1. */
export interface OutputClaim {
  l2BlockNumber: number;
  outputRoot: Hash;
  /** Where it stands, for the report: the game's address. */
  source: string;
}

export interface OutputClaims {
  /** Claims made in L1 blocks `first` to `last`, both included. */
  claimsBetween(first: number, last: number): Promise<OutputClaim[]>;
}

/** Why the local chain must give way to the derived one. */
export interface Divergence {
  /** The last L2 block on which both agree; what comes after it is cut off. */
  agreedBlockNumber: number;
  /** Local head before the cut. */
  localHeadNumber: number;
  reason: string;
}

/**
 * Runs `work` while nobody else executes, commits to or rewinds the local chain, and resolves with its result. `work` cuts the local chain
 * back and puts derived blocks there; the node pauses its sequencer around it.
 */
export type TakeOver = <Result>(divergence: Divergence, work: () => Promise<Result>) => Promise<Result>;

export interface VerifierProgress {
  /** Derived from all L1 blocks up to this one. */
  l1Block: number;
  /** Of that block. */
  l1Hash: Hash;
  /** L1 head when last asked. */
  l1Head: number;
  /** Number of the newest derived L2 block. */
  l2Block: number;
}
