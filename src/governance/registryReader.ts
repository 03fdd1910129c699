import type { Hex } from 'viem';
import { fromHex, type Hash } from '../core/bytes';
import { moduleRegistryAbi } from '../l1/bindings/ModuleRegistry';
import type { L1Client } from '../l1/l1Client';

/** IModuleRegistry.ModuleKind. */
export const EXECUTION_KIND = 0;

/** IModuleRegistry.Stage. */
export const Stage = {
  none: 0,
  proposed: 1,
  voted: 2,
  shadow: 3,
  queued: 4,
  canary: 5,
  active: 6,
  final: 7,
  rolledBack: 8,
  rejected: 9,
} as const;

/** What a node needs to know of a module's version. */
export interface RegisteredVersion {
  versionId: Hex;
  kind: number;
  stage: number;
  /** Zero for modules on L1. */
  artifactHash: Hash;
  /** As in the manifest; zero: no difference is declared. */
  differencesHash: Hash;
}

/** From these nothing follows. */
const ENDS: number[] = [Stage.final, Stage.rolledBack, Stage.rejected];

/** Reads the module registry on L1. Versions that are at their end are read once. */
export class RegistryReader {
  readonly #ended = new Map<Hex, RegisteredVersion>();

  constructor(
    private readonly l1: L1Client,
    private readonly address: Hex,
  ) {}

  /** In the order of proposal, genesis first. @throws L1.Unreachable */
  async versions(): Promise<RegisteredVersion[]> {
    const registry = { address: this.address, abi: moduleRegistryAbi } as const;
    const count = Number(
      await this.l1.read((viem) => viem.readContract({ ...registry, functionName: 'versionCount' })),
    );
    const versions: RegisteredVersion[] = [];
    for (let index = 0; index < count; index++) {
      const args = [BigInt(index)] as const;
      const versionId = await this.l1.read((viem) =>
        viem.readContract({ ...registry, functionName: 'versionAt', args }),
      );
      const version = this.#ended.get(versionId) ?? (await this.#read(versionId));
      if (ENDS.includes(version.stage)) this.#ended.set(versionId, version);
      versions.push(version);
    }
    return versions;
  }

  /** L2 blocks in a range that attesters speak of, and how many such ranges in a row a version needs. */
  async shadowRule(): Promise<{ rangeBlocks: number; rangeCount: number }> {
    const { rangeBlocks, rangeCount } = await this.l1.read((viem) =>
      viem.readContract({ address: this.address, abi: moduleRegistryAbi, functionName: 'shadowRule' }),
    );
    return { rangeBlocks: Number(rangeBlocks), rangeCount: Number(rangeCount) };
  }

  attesterSet(): Promise<Hex> {
    return this.l1.read((viem) =>
      viem.readContract({ address: this.address, abi: moduleRegistryAbi, functionName: 'attesterSet' }),
    );
  }

  async #read(versionId: Hex): Promise<RegisteredVersion> {
    const { kind, stage, artifactHash, differencesHash } = await this.l1.read((viem) =>
      viem.readContract({
        address: this.address,
        abi: moduleRegistryAbi,
        functionName: 'versionOf',
        args: [versionId],
      }),
    );
    return {
      versionId,
      kind,
      stage,
      artifactHash: fromHex(artifactHash),
      differencesHash: fromHex(differencesHash),
    };
  }
}
