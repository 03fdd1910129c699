import type { IncomingMessage } from 'node:http';
import { TributaryError } from '../core/errors';

/**
 * The whole body as UTF-8 text.
 * @throws Rpc.BodyTooLarge as soon as the length is known to exceed `sizeBytesMax`; Rpc.BodyAborted when the client went away
 */
export function readRequestBody(request: IncomingMessage, sizeBytesMax: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLarge = () =>
      new TributaryError('Rpc.BodyTooLarge', `request body too large: limit ${sizeBytesMax} bytes`);
    if (Number(request.headers['content-length'] ?? 0) > sizeBytesMax) {
      reject(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > sizeBytesMax) {
        request.pause();
        request.removeAllListeners('data');
        reject(tooLarge());
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)).toString('utf8')));
    request.on('error', (cause) => reject(aborted(cause)));
    request.on('close', () => reject(aborted(undefined)));
  });
}

function aborted(cause: unknown): TributaryError {
  return new TributaryError('Rpc.BodyAborted', 'the client closed the connection before its body ended', { cause });
}
