import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BLOB_SIZE_BYTES } from '../../codec/blob/blobPacking';
import { equalBytes, type Hash, toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import type { BlobCandidate } from './blobSource';

const CHECKSUM_SIZE_BYTES = 32;
const POINT_SIZE_BYTES = 48;
const SIZE_BYTES = CHECKSUM_SIZE_BYTES + BLOB_SIZE_BYTES;
const SIZE_WITH_EVIDENCE_BYTES = SIZE_BYTES + 2 * POINT_SIZE_BYTES;

/**
 * Blobs on this disk, by versioned hash: those that were posted or checked here. L1 forgets blobs after 18 days; this keeps them for good,
 * 128 KiB each. One file a blob: `sha256 of the rest (32) ‖ blob ‖ [commitment (48) ‖ proof (48)]`.
 */
export class BlobArchive {
  readonly #folder: string;

  /** Makes the folder where it is missing. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /**
   * Survives a power cut once it resolves; there is no half-written blob.
   * @param versionedHash known to be the blob's
   * @throws L1.BlobArchiveFault (`retry`), e.g. a full disk
   */
  async put(versionedHash: Hash, { blob, evidence }: BlobCandidate): Promise<void> {
    const content = evidence ? Buffer.concat([blob, evidence.commitment, evidence.proof]) : blob;
    const path = this.#path(versionedHash);
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(temporary, 'w');
      try {
        await file.writeFile(Buffer.concat([sha256(content), content]));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      const folder = await open(dirname(path), 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    } catch (cause) {
      throw new TributaryError('L1.BlobArchiveFault', `blob ${toHex(versionedHash)} could not be written to disk`, {
        recovery: 'retry',
        details: { path },
        cause,
      });
    }
  }

  /** @returns undefined where there is none, or what the disk gives is not what was written */
  async get(versionedHash: Hash): Promise<BlobCandidate | undefined> {
    let file: Uint8Array;
    try {
      file = await readFile(this.#path(versionedHash));
    } catch {
      return undefined; // also an unreadable one: it can be had elsewhere
    }
    if (file.length !== SIZE_BYTES && file.length !== SIZE_WITH_EVIDENCE_BYTES) return undefined;
    const content = file.subarray(CHECKSUM_SIZE_BYTES);
    if (!equalBytes(sha256(content), file.subarray(0, CHECKSUM_SIZE_BYTES))) return undefined;
    const blob = content.subarray(0, BLOB_SIZE_BYTES);
    if (file.length === SIZE_BYTES) return { blob };
    const commitment = content.subarray(BLOB_SIZE_BYTES, BLOB_SIZE_BYTES + POINT_SIZE_BYTES);
    return { blob, evidence: { commitment, proof: content.subarray(BLOB_SIZE_BYTES + POINT_SIZE_BYTES) } };
  }

  /** Two levels, so that no folder holds all: `a3/01a325….blob` (the first byte is 1 in every one). */
  #path(versionedHash: Hash): string {
    const name = toHex(versionedHash).slice(2);
    return join(this.#folder, name.slice(2, 4), `${name}.blob`);
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
