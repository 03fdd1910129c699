import { BLOB_SIZE_BYTES } from '../../codec/blob/blobPacking';
import { toHex } from '../../core/bytes';
import { redactUrl } from '../redactUrl';
import type { BlobCandidate, BlobRequest, BlobSource } from './blobSource';
import { blobSourceFault, fetchBounded } from './fetchBounded';

const POINT_SIZE_BYTES = 48;
export const ARCHIVED_BLOB_SIZE_BYTES = BLOB_SIZE_BYTES + 2 * POINT_SIZE_BYTES;

/** The archive of another node: `GET <url>/blobs/<versioned hash>` answers `blob`, or `blob ‖ commitment ‖ proof` where it has them. */
export class ArchiveBlobSource implements BlobSource {
  readonly name: string;
  readonly #url: string;
  readonly #timeoutMs: number;

  /** @param url of the node's HTTP port */
  constructor(url: string, timeoutMs = 15_000) {
    this.name = `archive ${redactUrl(url)}`;
    this.#url = url.replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
  }

  async find({ versionedHashes }: BlobRequest): Promise<BlobCandidate[]> {
    const candidates: BlobCandidate[] = [];
    for (const hash of versionedHashes) {
      const url = new URL(`${this.#url}/blobs/${toHex(hash)}`);
      const { status, body } = await fetchBounded(url, ARCHIVED_BLOB_SIZE_BYTES, this.#timeoutMs);
      if (status === 404) continue;
      if (status !== 200) throw blobSourceFault(`HTTP status ${status}`);
      candidates.push(decodeArchivedBlob(body));
    }
    return candidates;
  }
}

export function encodeArchivedBlob({ blob, evidence }: BlobCandidate): Uint8Array {
  return evidence ? Buffer.concat([blob, evidence.commitment, evidence.proof]) : blob;
}

function decodeArchivedBlob(body: Uint8Array): BlobCandidate {
  const blob = body.subarray(0, BLOB_SIZE_BYTES);
  if (body.length !== ARCHIVED_BLOB_SIZE_BYTES) return { blob };
  const commitment = body.subarray(BLOB_SIZE_BYTES, BLOB_SIZE_BYTES + POINT_SIZE_BYTES);
  return { blob, evidence: { commitment, proof: body.subarray(BLOB_SIZE_BYTES + POINT_SIZE_BYTES) } };
}
