import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorMessage, hasErrorCode, TributaryError } from '../core/errors';
import type { Logger } from '../core/ports';
import type { RpcDependencies } from './dependencies';
import { Dispatcher, errorReply } from './dispatcher';
import { createHttpApplication, type ExtraRoute } from './httpApplication';
import { defaultRpcLimits, type RpcLimits } from './limits';
import { methodTable } from './methodTable';
import { readRequestBody } from './requestBody';
import { WebSocketEndpoint } from './webSocketEndpoint';

export interface RpcServerOptions {
  /** Address to listen on; `127.0.0.1` keeps other machines out. */
  host: string;
  /** 0 = any free port. */
  port: number;
  dependencies: RpcDependencies;
  limits?: Partial<RpcLimits>;
  /** GET pages on the same port, e.g. `/healthz`. */
  extraRoutes?: ExtraRoute[];
}

/** Receiving a whole HTTP request, headers and body. */
const RECEIVE_TIMEOUT_MS = 30_000;
/** An idle connection is kept for so long: longer than the idle time of common clients and proxies (60 s). */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Browsers may ask from any page: what must not be reached from pages checks for itself (`localAccess`). */
const CORS_HEADERS = { 'access-control-allow-origin': '*' };
const PREFLIGHT_HEADERS = {
  ...CORS_HEADERS,
  'access-control-allow-methods': 'POST, GET, OPTIONS',
  'access-control-allow-headers': 'content-type, authorization',
  'access-control-max-age': '86400',
};
const REPLY_HEADERS = {
  ...CORS_HEADERS,
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** JSON-RPC over HTTP (`POST /`) and WebSocket on one port, with a few GET pages beside it. */
export class RpcServer {
  readonly #server: Server;
  readonly #dispatcher: Dispatcher;
  readonly #webSockets: WebSocketEndpoint;
  readonly #limits: RpcLimits;
  readonly #logger: Logger;
  readonly #stopMethods: () => void;
  #closing = false;

  private constructor(options: RpcServerOptions) {
    const { dependencies } = options;
    this.#limits = { ...defaultRpcLimits, ...options.limits };
    this.#logger = dependencies.logger.child({ room: 'rpc' });
    const { groups, stop } = methodTable(dependencies, this.#limits);
    this.#stopMethods = stop;
    this.#dispatcher = new Dispatcher({
      groups,
      limits: this.#limits,
      clock: dependencies.clock,
      logger: this.#logger,
      observeRequest: dependencies.observeRequest,
    });
    const application = createHttpApplication(options.extraRoutes ?? [], dependencies.version, this.#logger);
    this.#server = createServer((request, response) => {
      if (!isRpcPath(request.url)) application(request, response);
      else if (request.method === 'POST') void this.#answer(request, response);
      else if (request.method === 'OPTIONS') response.writeHead(204, PREFLIGHT_HEADERS).end();
      else application(request, response);
    });
    this.#server.maxConnections = this.#limits.connectionCountMax;
    this.#server.requestTimeout = RECEIVE_TIMEOUT_MS;
    this.#server.headersTimeout = RECEIVE_TIMEOUT_MS;
    this.#server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
    this.#webSockets = new WebSocketEndpoint(
      this.#server,
      this.#dispatcher,
      this.#limits,
      dependencies.clock,
      this.#logger,
    );
  }

  /**
   * Listens and answers from then on.
   * @throws Rpc.PortInUse, Rpc.CannotListen
   */
  static async start(options: RpcServerOptions): Promise<RpcServer> {
    const server = new RpcServer(options);
    try {
      await listen(server.#server, options.port, options.host);
    } catch (error) {
      server.#stopMethods();
      server.#webSockets.close();
      throw error;
    }
    server.#logger.info({ host: options.host, port: server.port }, 'JSON-RPC listens');
    return server;
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Names of the methods that exist, sorted. */
  get methodNames(): string[] {
    return this.#dispatcher.methodNames;
  }

  /** Takes no more connections, lets requests in flight finish (`limits.closeTimeoutMs` at most), then closes. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#stopMethods();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#webSockets.close();
    this.#server.closeIdleConnections();
    const cutOff = setTimeout(() => this.#server.closeAllConnections(), this.#limits.closeTimeoutMs);
    await closed;
    clearTimeout(cutOff);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text: string;
    try {
      text = await readRequestBody(request, this.#limits.bodySizeBytesMax);
    } catch (error) {
      if (hasErrorCode(error, 'Rpc.BodyTooLarge')) this.#refuseBody(response, error);
      else this.#logger.debug({ error: errorMessage(error) }, 'a request ended early');
      return;
    }
    const context = { origin: request.headers.origin, host: request.headers.host, connection: undefined };
    const reply = await this.#dispatcher.handle(text, context);
    if (this.#closing) response.setHeader('connection', 'close');
    if (reply === undefined) response.writeHead(204, CORS_HEADERS).end();
    else response.writeHead(200, { ...REPLY_HEADERS, 'content-length': Buffer.byteLength(reply) }).end(reply);
  }

  /** The rest of the body is not read: the connection ends with the reply. */
  #refuseBody(response: ServerResponse, error: TributaryError): void {
    response.writeHead(413, { ...REPLY_HEADERS, connection: 'close' }).end(errorReply(null, error));
  }
}

function isRpcPath(url: string | undefined): boolean {
  return url === '/' || url?.startsWith('/?') === true;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE') {
        const problem = `port ${port} is in use on ${host}: stop what listens there or choose another with --port`;
        reject(new TributaryError('Rpc.PortInUse', problem, { recovery: 'halt', cause }));
      } else {
        const problem = `cannot listen on ${host}:${port}: ${cause.message}`;
        reject(new TributaryError('Rpc.CannotListen', problem, { recovery: 'halt', cause }));
      }
    });
    server.listen(port, host, () => resolve());
  });
}
