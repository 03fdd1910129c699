import type { Hex } from 'viem';
import { readModuleOverview } from '../governance/moduleOverview';
import type { UpgradeManager } from '../governance/upgradeManager';
import type { UpgradesView } from '../rpc/methods/upgrades';
import type { L1Access } from './l1Access';
import type { StartNodeOptions } from './runningNode';

/** What the RPC says about upgrades: the registry on L1, and what this node has and saw. Undefined where there is no registry. */
export function upgradesView(
  { deployment }: StartNodeOptions,
  l1: L1Access,
  manager: UpgradeManager | undefined,
): UpgradesView | undefined {
  const registry = deployment.rollup.contracts.moduleRegistry as Hex | undefined;
  if (!registry) return undefined;
  return {
    modules: () => l1.client.read((viem) => readModuleOverview(viem, registry)),
    kernels: () => manager?.status() ?? [],
  };
}
