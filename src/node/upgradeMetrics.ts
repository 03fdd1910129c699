import { equalBytes, fromHex } from '../core/bytes';
import type { VersionedExecutor } from '../execution/versions/versionedExecutor';
import { Stage } from '../governance/registryReader';
import type { UpgradeManager } from '../governance/upgradeManager';
import type { ChainStore } from '../state/chainStore';
import type { MetricSource } from './metrics';

/** From these nothing follows by itself. */
const AT_REST: number[] = [Stage.final, Stage.rolledBack, Stage.rejected];

/** How far upgrades of the kernel are, as this node sees it. None where the chain has no registry. */
export function upgradeMetrics(
  manager: UpgradeManager | undefined,
  executor: Pick<VersionedExecutor, 'rulingAfter'>,
  chain: Pick<ChainStore, 'head' | 'label'>,
): MetricSource[] {
  if (!manager) return [];
  const shadows = () => manager.status().flatMap(({ shadow }) => (shadow ? [shadow] : []));
  const most = (values: number[]) => (values.length === 0 ? undefined : Math.max(...values));
  return [
    {
      name: 'upgrade_stage',
      help: 'Stage of the kernel version that is farthest on its way (IModuleRegistry.Stage); 0: none is',
      read: () => Math.max(0, ...manager.status().flatMap(({ stage }) => (AT_REST.includes(stage) ? [] : [stage]))),
    },
    {
      name: 'upgrade_ruling_position',
      help: 'Position, in the order of proposal, of the kernel version that executes the next block; 0: genesis',
      read() {
        const { versionId } = executor.rulingAfter(chain.head);
        if (!versionId) return 0;
        const at = manager.status().findIndex((status) => equalBytes(fromHex(status.versionId), versionId));
        return at < 0 ? undefined : at;
      },
    },
    {
      name: 'upgrade_artifacts_missing',
      help: 'Kernels on their way that this node has not fetched',
      read: () =>
        manager
          .status()
          .filter(({ stage, hasArtifact }) => stage > Stage.proposed && !AT_REST.includes(stage) && !hasArtifact)
          .length,
    },
    {
      name: 'upgrade_shadow_lag_blocks',
      help: 'How far the slowest candidate in shadow is behind the blocks that are safe',
      read: () =>
        most(
          shadows().flatMap(({ blockNumber }) =>
            blockNumber === undefined ? [] : [chain.label('safe').header.number - blockNumber],
          ),
        ),
    },
    {
      name: 'upgrade_shadow_differing_ranges',
      help: 'Ranges in which a candidate that is in shadow differed',
      read: () => most(shadows().map(({ rangesDiffering }) => rangesDiffering)),
    },
  ];
}
