import { genesisRules } from '../chain/blockAttributes';
import { hasErrorCode } from '../core/errors';
import type { RpcDependencies } from './dependencies';

/**
 * Base fee of the block after the head, wei per gas, by the version of the kernel that will execute it, as far as L1 was taken in by the head.
 * A node that waits for that version's artifact answers by the genesis rule: it is a hint, and the chain does not go on there anyway.
 */
export function nextBaseFee({ chain, config, rules }: Pick<RpcDependencies, 'chain' | 'config' | 'rules'>): bigint {
  const { head } = chain;
  const genesis = genesisRules(config);
  const child = { number: head.header.number + 1, originNumber: head.l1Origin.number, upgrades: [] };
  try {
    return (rules ?? genesis).nextBaseFee(head, child);
  } catch (error) {
    if (!hasErrorCode(error, 'Execution.ArtifactMissing')) throw error;
    return genesis.nextBaseFee(head, child);
  }
}
