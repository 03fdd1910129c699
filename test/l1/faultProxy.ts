import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the proxy does with a request. */
export type Fault =
  | 'none'
  /** The connection is cut before the L1 hears of it. */
  | 'cut'
  /** The L1 gets it, its answer is lost. */
  | 'loseAnswer'
  /** HTTP status 503. */
  | 'unavailable'
  /** HTTP status 200 and JSON-RPC's "limit exceeded". */
  | 'rateLimited'
  /** No answer at all. */
  | 'hang';

/** A flaky way to an L1: `fault` decides for each request. */
export class FaultProxy {
  /** By method. Replace it at any time. */
  fault: (method: string) => Fault = () => 'none';
  /** Methods asked for, in order. */
  readonly seen: string[] = [];
  readonly #server: Server;

  private constructor(private readonly target: string) {
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { id, method } = JSON.parse(body) as { id: number; method: string };
    this.seen.push(method);
    const fault = this.fault(method);
    if (fault === 'cut') return void request.socket.destroy();
    if (fault === 'hang') return;
    if (fault === 'unavailable') return void response.writeHead(503).end('try later');
    if (fault === 'rateLimited') {
      const error = { code: -32005, message: 'limit exceeded' };
      return void response.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
    }
    try {
      const answer = await fetch(this.target, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const text = await answer.text();
      if (fault === 'loseAnswer') return void request.socket.destroy();
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    } catch {
      request.socket.destroy(); // the L1 itself is down
    }
  }
}
