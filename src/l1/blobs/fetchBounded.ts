import { errorMessage, TributaryError } from '../../core/errors';

export interface BoundedResponse {
  status: number;
  body: Uint8Array;
}

/**
 * GET with a bound on time and size. URLs may carry credentials (`https://user:key@host`), which become a header.
 * @throws L1.BlobSourceFault (`retry`) for no answer, a server's fault (5xx, 429) and an answer above the bound
 */
export async function fetchBounded(url: URL, sizeBytesMax: number, timeoutMs: number): Promise<BoundedResponse> {
  const target = new URL(url);
  const headers: Record<string, string> = { accept: 'application/json, application/octet-stream' };
  if (target.username || target.password) {
    const credentials = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`;
    headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    target.username = '';
    target.password = '';
  }
  let status: number;
  const chunks: Uint8Array[] = [];
  try {
    const response = await fetch(target, { headers, signal: AbortSignal.timeout(timeoutMs) });
    status = response.status;
    let sizeBytes = 0;
    for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.length;
      if (sizeBytes > sizeBytesMax) throw blobSourceFault(`an answer of more than ${sizeBytesMax} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof TributaryError) throw error;
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
    const reason = cause && 'code' in cause ? String(cause.code) : errorMessage(cause ?? error);
    throw blobSourceFault(timedOut ? `no answer within ${timeoutMs} ms` : reason);
  }
  if (status >= 500 || status === 429) throw blobSourceFault(`HTTP status ${status}`);
  return { status, body: Buffer.concat(chunks) };
}

export function blobSourceFault(reason: string): TributaryError {
  return new TributaryError('L1.BlobSourceFault', reason, { recovery: 'retry' });
}
