import type { ChainConfig } from '../../chain/chainConfig';
import type { ShadowBlock } from './shadowResult';

/** What a shadow worker is started with. */
export interface ShadowStart {
  module: WebAssembly.Module;
  config: ChainConfig;
  /** The chain's LevelDB. */
  databaseFolder: string;
}

/** What it says once it is loaded: from here on the time that a block takes is the candidate's. */
export const WORKER_READY = 'ready';

/** What it is told: one block at a time. */
export interface ShadowJob {
  blockNumber: number;
}

/** What it answers: the block's result, or that the state before it is gone, or why the host (not the candidate) failed. */
export type ShadowAnswer = { result: ShadowBlock } | { tooOld: string } | { hostFailure: string };
