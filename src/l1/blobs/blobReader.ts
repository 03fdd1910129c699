import type { Hex } from 'viem';
import { equalBytes, type Hash, toHex } from '../../core/bytes';
import { errorMessage, TributaryError } from '../../core/errors';
import type { Clock, Logger } from '../../core/ports';
import type { BlobArchive } from './blobArchive';
import type { BlobKzg } from './blobKzg';
import { type BlobCandidate, type BlobRequest, type BlobSource, shortHash } from './blobSource';
import { versionedHashOf } from './kzg';

export interface BlobReaderOptions {
  /** What this node posted or fetched before; what is fetched is added. */
  archive: BlobArchive;
  /** Asked in this order for what the archive lacks. */
  sources: BlobSource[];
  kzg: Pick<BlobKzg, 'check' | 'identify'>;
  clock: Clock;
  logger: Logger;
}

/** MIN_EPOCHS_FOR_BLOB_SIDECARS_REQUESTS (4096) epochs of 32 slots of 12 s: so long must consensus clients keep blobs. */
const RETENTION_SECONDS = 4096 * 32 * 12;

/**
 * Blobs by versioned hash: from this node's archive, then from each source in turn, each checked against its hash before anything sees it.
 * A blob is either right or an error: what cannot be had is never taken for empty.
 */
export class BlobReader {
  readonly #options: BlobReaderOptions;

  constructor(options: BlobReaderOptions) {
    this.#options = options;
  }

  /**
   * @returns in the order of the hashes
   * @throws L1.BlobUnavailable (`retry`) when some cannot be had now, L1.BlobExpired (`halt`) when every source says that it lacks one
   * which L1 may have forgotten, L1.NoBlobSource (`halt`) when there is nobody to ask
   */
  async read(request: BlobRequest): Promise<Uint8Array[]> {
    const { archive, sources, logger } = this.#options;
    const found = new Map<Hex, Uint8Array>();
    for (const hash of request.versionedHashes) {
      const archived = await archive.get(hash);
      if (archived) found.set(toHex(hash), archived.blob);
    }
    const reasons: string[] = [];
    let isCertain = true;
    for (const source of sources) {
      const missing = request.versionedHashes.filter((hash) => !found.has(toHex(hash)));
      if (missing.length === 0) break;
      try {
        const candidates = await source.find({ ...request, versionedHashes: missing });
        for (const [hash, blob] of await this.#checked(candidates, missing, source)) found.set(hash, blob);
        reasons.push(`${source.name}: ${candidates.length === 0 ? 'does not have it' : 'gave others'}`);
      } catch (error) {
        isCertain = false;
        reasons.push(`${source.name}: ${errorMessage(error)}`);
        logger.debug({ source: source.name, error: errorMessage(error) }, 'a blob source failed');
      }
    }
    const blobs = request.versionedHashes.map((hash) => found.get(toHex(hash)));
    const missing = request.versionedHashes.filter((_, index) => !blobs[index]);
    if (missing.length > 0) throw this.#unavailable(request, missing, reasons, isCertain);
    return blobs.filter((blob) => blob !== undefined);
  }

  /** Those of the candidates that are wanted and right; they are archived. */
  async #checked(
    candidates: BlobCandidate[],
    missing: readonly Hash[],
    source: BlobSource,
  ): Promise<[hash: Hex, blob: Uint8Array][]> {
    const { archive, kzg, logger } = this.#options;
    const right: [Hex, Uint8Array][] = [];
    for (const { blob, evidence } of candidates) {
      if (right.length === missing.length) break;
      const claimed = evidence && versionedHashOf(evidence.commitment);
      // Another transaction's.
      if (claimed && !missing.some((hash) => equalBytes(hash, claimed))) continue;
      const isShown = evidence !== undefined && (await kzg.check(blob, evidence));
      const hash = isShown ? claimed : await kzg.identify(blob);
      if (!hash || !missing.some((wanted) => equalBytes(wanted, hash))) {
        logger.warn(
          { source: source.name, claimed: claimed && toHex(claimed) },
          'a source gave a blob that is another',
        );
        continue;
      }
      await archive.put(hash, isShown ? { blob, evidence } : { blob });
      right.push([toHex(hash), blob]);
    }
    return right;
  }

  #unavailable(
    { block }: BlobRequest,
    missing: readonly Hash[],
    reasons: string[],
    isCertain: boolean,
  ): TributaryError {
    const { sources, clock } = this.#options;
    const what = `${missing.length === 1 ? 'blob' : `${missing.length} blobs, the first`} ${shortHash(toHex(missing[0]))} of L1 block ${block.number}`;
    const details = { l1Block: block.number, versionedHashes: missing.map(toHex) };
    if (sources.length === 0) return noBlobSource(what, details);
    const ageSeconds = clock.nowMs() / 1000 - block.timestamp;
    if (isCertain && ageSeconds > RETENTION_SECONDS) {
      const days = Math.floor(ageSeconds / 86_400);
      return new TributaryError(
        'L1.BlobExpired',
        `${what}: ${days} days old, L1 has forgotten it and no archive has it`,
        {
          recovery: 'halt',
          metaMessages: [...reasons, 'give --blob-archive <url> of a node that followed the chain at that time'],
          details,
        },
      );
    }
    return new TributaryError('L1.BlobUnavailable', `${what} cannot be had: ${reasons.join('; ')}`, {
      recovery: 'retry',
      details,
    });
  }
}

/** Nobody to ask for a blob. */
export function noBlobSource(what: string, details: Record<string, unknown>): TributaryError {
  return new TributaryError('L1.NoBlobSource', `${what} cannot be had: this node knows no source of blobs`, {
    recovery: 'halt',
    metaMessages: ['give --l1-beacon <url> of a consensus client, or --blob-archive <url> of another node'],
    details,
  });
}
