import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What the proxy does with a request. */
export type Fault =
  | 'none'
  /** The connection is cut before the L1 hears of it. */
  | 'cut'
  /** The same with a TCP reset. */
  | 'reset'
  /** The L1 gets it, its answer is lost. */
  | 'loseAnswer'
  /** The L1 gets it, half of its answer comes, and the connection ends as if that were all. */
  | 'truncate'
  /** HTTP status 500 and a page of HTML. */
  | 'serverError'
  /** HTTP status 503. */
  | 'unavailable'
  /** HTTP status 200 and JSON-RPC's "limit exceeded". */
  | 'rateLimited'
  /** No answer at all. */
  | 'hang';

/** The faults that pass, for random choice. All but `hang`, which costs the client its whole timeout. */
export const PASSING_FAULTS: readonly Fault[] = [
  'cut',
  'reset',
  'loseAnswer',
  'truncate',
  'serverError',
  'unavailable',
  'rateLimited',
];

export interface ProxiedRequest {
  method: string;
  params: unknown[];
}

/** A flaky or lying way to an L1: `fault` decides for each request, `alter` rewrites what it answers. */
export class FaultProxy {
  /** By method. Replace it at any time. */
  fault: (method: string) => Fault = () => 'none';
  /** Milliseconds to wait before a request goes on. */
  delayMs: (method: string) => number = () => 0;
  /** Changes a request before the L1 gets it, e.g. to ask for an older block than `latest`. */
  rewrite: (request: ProxiedRequest) => ProxiedRequest | Promise<ProxiedRequest> = (request) => request;
  /** Changes a result before the client gets it. */
  alter: (request: ProxiedRequest, result: unknown) => unknown = (_, result) => result;
  /** Methods asked for, in order. */
  readonly seen: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly target: string) {
    this.#server = createServer((request, response) => this.#handle(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** No faults, no delays, no lies from now on. */
  heal(): void {
    this.fault = () => 'none';
    this.delayMs = () => 0;
    this.rewrite = (request) => request;
    this.alter = (_, result) => result;
  }

  /** Cuts every connection that is open, e.g. so that requests that hang end now. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
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
    const received = JSON.parse(Buffer.concat(chunks).toString()) as ProxiedRequest & { id: number };
    const { id, method } = received;
    this.seen.push(method);
    const delayMs = this.delayMs(method);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const fault = this.fault(method);
    if (fault === 'cut') return void request.socket.destroy();
    if (fault === 'reset') return void request.socket.resetAndDestroy();
    if (fault === 'hang') return;
    if (fault === 'unavailable') return void response.writeHead(503).end('try later');
    if (fault === 'serverError') return void response.writeHead(500).end('<html>Internal Server Error</html>');
    if (fault === 'rateLimited') {
      const error = { code: -32005, message: 'limit exceeded' };
      return void response.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
    }
    try {
      const rewritten = await this.rewrite(received);
      const answer = await fetch(this.target, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...received, ...rewritten }),
      });
      const text = this.#altered(received, await answer.text());
      if (fault === 'loseAnswer') return void request.socket.destroy();
      const sent = fault === 'truncate' ? text.slice(0, text.length >> 1) : text;
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(sent);
    } catch {
      request.socket.destroy(); // the L1 itself is down
    }
  }

  #altered(request: ProxiedRequest, text: string): string {
    const answer = JSON.parse(text) as { result?: unknown };
    if (!('result' in answer)) return text;
    return JSON.stringify({ ...answer, result: this.alter(request, answer.result) });
  }
}

/** Makes the proxy show the L1 `behind` blocks late, as a node that lags does: heads, logs, nonces and receipts. */
export function lag(proxy: FaultProxy, l1Url: string, behind: number): void {
  let shown = 0;
  proxy.rewrite = async ({ method, params }) => {
    const head = await askQuantity(l1Url, 'eth_blockNumber');
    shown = Math.max(0, head - behind);
    const tag = `0x${shown.toString(16)}`;
    if (method === 'eth_getBlockByNumber' && params[0] === 'latest') return { method, params: [tag, params[1]] };
    if (method === 'eth_getTransactionCount') return { method, params: [params[0], tag] };
    return { method, params };
  };
  proxy.alter = ({ method, params }, result) => {
    if (method === 'eth_blockNumber') return `0x${shown.toString(16)}`;
    const blocks = Array.isArray(result) ? result : [result];
    if (method === 'eth_getBlockByNumber' && Number(params[0]) > shown) return null;
    // By a block's hash a node that does not have it answers with an error; the client takes any that is not JSON-RPC's for one.
    if (method === 'eth_getLogs' && typeof (params[0] as { blockHash?: string }).blockHash === 'string') {
      if (blocks.some(({ blockNumber }) => Number(blockNumber) > shown)) return undefined;
    }
    if (method === 'eth_getLogs') return blocks.filter(({ blockNumber }) => Number(blockNumber) <= shown);
    const isLater = Number((result as { blockNumber?: unknown } | null)?.blockNumber ?? 0) > shown;
    return /^eth_getTransaction(Receipt|ByHash)$/.test(method) && isLater ? null : result;
  };
}

async function askQuantity(url: string, method: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return Number(((await response.json()) as { result: string }).result);
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
