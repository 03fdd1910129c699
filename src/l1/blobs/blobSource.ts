import type { Hex } from 'viem';
import type { L1BlockRef } from '../../chain/l1Block';
import type { Hash } from '../../core/bytes';
import type { BlobEvidence } from './blobKzg';

/** The blobs of one posted batch. */
export interface BlobRequest {
  /** The L1 block that includes them. */
  block: Pick<L1BlockRef, 'number' | 'hash' | 'timestamp'>;
  /** In the order of the transaction's blobs. */
  versionedHashes: readonly Hash[];
}

/** What a source answered. Nothing of it is trusted: whoever asks checks it. */
export interface BlobCandidate {
  /** `BLOB_SIZE_BYTES` when it is right. */
  blob: Uint8Array;
  evidence?: BlobEvidence;
}

/** Somewhere blobs can be had. */
export interface BlobSource {
  /** For logs and errors, without secrets. */
  readonly name: string;
  /**
   * Those that it has, in any order; others may be among them.
   * @throws L1.BlobSourceFault (`retry`) when it cannot say
   */
  find(request: BlobRequest): Promise<BlobCandidate[]>;
}

/** `0x` hex of a versioned hash in a list, shortened for a sentence. */
export function shortHash(hash: Hex): string {
  return `${hash.slice(0, 10)}…`;
}
