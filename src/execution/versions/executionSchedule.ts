import type { LoggedUpgrade } from '../../chain/executionUpgrade';
import { equalBytes, type Hash, ZERO_HASH } from '../../core/bytes';

/** Who executes a block. */
export interface ExecutionRuling {
  artifactHash: Hash;
  /** Undefined for the genesis artifact. */
  versionId: Hash | undefined;
  /** Who executes it, in this order, where the one before traps: what ruled before it. */
  fallbackHashes: Hash[];
}

/** A version with what its event names as the one before it. */
interface Ruler {
  artifactHash: Hash;
  versionId: Hash | undefined;
  predecessorHash: Hash | undefined;
}

/**
 * Which kernel executes an L2 block: a pure function of the block's number and L1 origin and of what the module registry has logged up to
 * that origin. An activation logged in L1 block X rules blocks with `number >= activationL2Block` and an origin at or after X; a roll-back
 * logged in Y puts the restored version back for blocks with an origin at or after Y. Later events win.
 *
 * @param upgrades in log order; those after the origin do not matter
 */
export function executionRuling(
  genesisHash: Hash,
  upgrades: readonly LoggedUpgrade[],
  block: { number: number; originNumber: number },
): ExecutionRuling {
  const orGenesis = (hash: Hash) => (equalBytes(hash, ZERO_HASH) ? genesisHash : hash);
  let rulers: Ruler[] = [{ artifactHash: genesisHash, versionId: undefined, predecessorHash: undefined }];
  for (const { l1Number, upgrade } of upgrades) {
    if (l1Number > block.originNumber) break;
    if (upgrade.kind === 'activation') {
      if (block.number < upgrade.activationL2Block) continue;
      const { versionId, artifactHash } = upgrade;
      rulers = [...rulers, { versionId, artifactHash, predecessorHash: orGenesis(upgrade.predecessorHash) }];
    } else {
      const restoredHash = orGenesis(upgrade.restoredHash);
      const at = rulers.findLastIndex(({ artifactHash }) => equalBytes(artifactHash, restoredHash));
      rulers =
        at >= 0
          ? rulers.slice(0, at + 1)
          : [rulers[0], { versionId: undefined, artifactHash: restoredHash, predecessorHash: genesisHash }];
    }
  }
  const [{ artifactHash, versionId, predecessorHash }, ...earlier] = rulers.reverse();
  const hashes = [...(predecessorHash ? [predecessorHash] : []), ...earlier.map((ruler) => ruler.artifactHash)];
  return { artifactHash, versionId, fallbackHashes: distinct(hashes, artifactHash) };
}

/** Without repetitions, and without `ruling`: who trapped once traps again. */
function distinct(hashes: Hash[], ruling: Hash): Hash[] {
  return hashes.filter(
    (hash, index) => !equalBytes(hash, ruling) && hashes.findIndex((other) => equalBytes(other, hash)) === index,
  );
}
