import type { Hex } from 'viem';
import type { Deployment } from '../chain/deployment';
import type { ArtifactPlace } from '../governance/artifact/artifactStore';
import { L1Place } from '../governance/artifact/l1Place';
import { MirrorPlace } from '../governance/artifact/mirrorPlace';
import type { L1Access } from './l1Access';

/** Where a node looks for kernels beside its own folder. @param mirrorUrls after L1 */
export function artifactPlaces({ rollup }: Deployment, l1: L1Access, mirrorUrls: string[] = []): ArtifactPlace[] {
  const { artifactStore } = rollup.contracts;
  return [
    ...(artifactStore ? [new L1Place(l1.client, artifactStore as Hex)] : []),
    ...mirrorUrls.map((url) => new MirrorPlace(url)),
  ];
}
