import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';

export interface HttpAnswer {
  status: number;
  text: string;
}

const httpAgent = new HttpAgent({ keepAlive: true });
const httpsAgent = new HttpsAgent({ keepAlive: true });

/**
 * POSTs JSON over connections that are kept. For the many small requests to L1: a quarter of the processor time that `fetch` takes.
 * @throws DOMException named TimeoutError, as `fetch` with a timeout does; what node:http throws, with its `code`
 */
export function httpPost(
  url: string,
  headers: Record<string, string>,
  body: string,
  timeoutMs: number,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const isSecure = url.startsWith('https:');
    const request = (isSecure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: isSecure ? httpsAgent : httpAgent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'accept-encoding': 'gzip',
        ...headers,
      },
    });
    let timeout: Error | undefined;
    const timer = setTimeout(() => {
      timeout = new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError');
      request.destroy(timeout);
    }, timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(timeout ?? error);
    };
    request.on('response', (response) => {
      text(decoded(response)).then((answer) => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, text: answer });
      }, fail);
    });
    request.on('error', fail);
    request.end(body);
  });
}

function decoded(response: IncomingMessage): Readable {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  const plain = createGunzip();
  response.on('error', (error) => plain.destroy(error));
  return response.pipe(plain);
}
