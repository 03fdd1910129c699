import type { ChainConfig } from './chainConfig';

export type Fork = 'cancun' | 'prague' | 'osaka';

/** The rules that govern an L2 block with this timestamp (seconds). */
export function forkAt(config: ChainConfig, timestampSeconds: number): Fork {
  if (timestampSeconds >= config.forks.osakaTimeSeconds) return 'osaka';
  if (timestampSeconds >= config.forks.pragueTimeSeconds) return 'prague';
  return 'cancun';
}
