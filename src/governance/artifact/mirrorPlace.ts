import { concatBytes, type Hash, toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { ARTIFACT_SIZE_BYTES_MAX } from '../../execution/versions/kernelArtifact';
import { redactUrl } from '../../l1/redactUrl';
import type { ArtifactPlace } from './artifactStore';

const TIMEOUT_MS = 20_000;

/** An HTTP server that has artifacts as `<url>/<hash>.wasm`. Reads no more than an artifact may have, and no longer than 20 s. */
export class MirrorPlace implements ArtifactPlace {
  readonly name: string;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
    this.name = redactUrl(this.#url);
  }

  /** @throws Governance.MirrorFailed (`retry`) */
  async read(artifactHash: Hash, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const response = await fetch(`${this.#url}/${toHex(artifactHash)}.wasm`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (response.status === 404) return undefined;
    if (!response.ok || !response.body) throw failed(`${this.name} answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.length;
      if (sizeBytes > ARTIFACT_SIZE_BYTES_MAX) throw failed(`${this.name} gives more than an artifact can have`);
      chunks.push(chunk);
    }
    return concatBytes(...chunks);
  }
}

function failed(message: string): TributaryError {
  return new TributaryError('Governance.MirrorFailed', message, { recovery: 'retry' });
}
