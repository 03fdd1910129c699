import type { Hash } from '../core/bytes';

/** What the module registry on L1 says about who executes blocks. Version ids are 32 bytes. */
export type ExecutionUpgrade =
  | {
      kind: 'activation';
      versionId: Hash;
      /** keccak256 of the kernel's bytes. */
      artifactHash: Hash;
      /** First L2 block that it may execute. */
      activationL2Block: number;
      /** What it follows; zero: the genesis artifact. */
      predecessorHash: Hash;
    }
  | {
      kind: 'rollBack';
      versionId: Hash;
      artifactHash: Hash;
      /** What rules again; zero: the genesis artifact. */
      restoredHash: Hash;
    };

/** With the number of the L1 block that holds the event. */
export interface LoggedUpgrade {
  l1Number: number;
  upgrade: ExecutionUpgrade;
}
