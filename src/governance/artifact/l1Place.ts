import type { Hex } from 'viem';
import { concatBytes, fromHex, type Hash, toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { ARTIFACT_SIZE_BYTES_MAX } from '../../execution/versions/kernelArtifact';
import { artifactStoreAbi } from '../../l1/bindings/ArtifactStore';
import type { L1Client } from '../../l1/l1Client';
import type { ArtifactPlace } from './artifactStore';

/** A chunk is a contract's code without its first byte, a STOP. */
const CHUNK_SIZE_BYTES = 24_575;

/** The ArtifactStore contract on L1 (docs/adr/0304-artifact-store.md). */
export class L1Place implements ArtifactPlace {
  readonly name: string;

  constructor(
    private readonly l1: L1Client,
    private readonly address: Hex,
  ) {
    this.name = `the ArtifactStore ${address} on L1`;
  }

  /** @throws L1.Unreachable, Governance.ArtifactChunks */
  async read(artifactHash: Hash): Promise<Uint8Array | undefined> {
    const chunks = await this.l1.read((viem) =>
      viem.readContract({
        address: this.address,
        abi: artifactStoreAbi,
        functionName: 'chunksOf',
        args: [toHex(artifactHash)],
      }),
    );
    if (chunks.length === 0) return undefined;
    if (chunks.length > Math.ceil(ARTIFACT_SIZE_BYTES_MAX / CHUNK_SIZE_BYTES)) {
      throw new TributaryError(
        'Governance.ArtifactChunks',
        `artifact ${toHex(artifactHash)} has ${chunks.length} chunks`,
      );
    }
    const codes: Uint8Array[] = [];
    for (const address of chunks) {
      const code = await this.l1.read((viem) => viem.getCode({ address }));
      codes.push(fromHex(code ?? '0x').subarray(1));
    }
    return concatBytes(...codes);
  }
}
