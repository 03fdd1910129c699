import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { errorMessage } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import type { Dispatcher } from './dispatcher';
import type { RpcLimits } from './limits';
import type { WebSocketConnection } from './webSocketConnection';

/** WebSocket close codes (RFC 6455, IANA). */
const CLOSE_GOING_AWAY = 1001;
const CLOSE_TRY_AGAIN_LATER = 1013;

/** Upgrades HTTP connections and runs JSON-RPC over them. */
export class WebSocketEndpoint {
  readonly #webSockets: WebSocketServer;
  readonly #dispatcher: Dispatcher;
  readonly #limits: RpcLimits;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #closed = false;

  constructor(server: Server, dispatcher: Dispatcher, limits: RpcLimits, clock: Clock, logger: Logger) {
    this.#dispatcher = dispatcher;
    this.#limits = limits;
    this.#clock = clock;
    this.#logger = logger;
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: limits.bodySizeBytesMax,
      perMessageDeflate: false,
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Tells every client that the server goes away. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#webSockets.clients) socket.close(CLOSE_GOING_AWAY, 'server stops');
    this.#webSockets.close();
    const stragglers = this.#clock.schedule(this.#limits.closeTimeoutMs / 2, () => {
      for (const socket of this.#webSockets.clients) socket.terminate();
    });
    if (this.#webSockets.clients.size === 0) stragglers();
    else this.#webSockets.on('close', stragglers);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => this.#logger.debug({ error: errorMessage(error) }, 'a WebSocket handshake failed'));
    if (this.#closed || this.#webSockets.clients.size >= this.#limits.webSocketCountMax) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, request));
  }

  #serve(webSocket: WebSocket, request: IncomingMessage): void {
    const connection = this.#connection(webSocket);
    const context = { origin: request.headers.origin, host: request.headers.host, connection };
    let inFlight = 0;
    const answer = async (data: RawData): Promise<void> => {
      inFlight++;
      if (inFlight > this.#limits.webSocketMessagesInFlightMax) {
        webSocket.close(CLOSE_TRY_AGAIN_LATER, 'too many requests in flight');
        return;
      }
      const reply = await this.#dispatcher.handle(data.toString(), context);
      inFlight--;
      if (reply !== undefined) connection.send(reply);
    };
    webSocket.on('message', (data) => void answer(data));
    webSocket.on('error', (error) => this.#logger.debug({ error: errorMessage(error) }, 'a WebSocket failed'));
    const stopPings = this.#keepAlive(webSocket);
    webSocket.on('close', () => {
      stopPings();
      for (const end of connection.subscriptions.values()) end();
      connection.subscriptions.clear();
    });
  }

  #connection(webSocket: WebSocket): WebSocketConnection {
    return {
      subscriptions: new Map(),
      send: (text) => {
        if (webSocket.readyState !== webSocket.OPEN) return;
        if (webSocket.bufferedAmount + text.length > this.#limits.webSocketBufferedBytesMax) {
          this.#logger.warn({ bufferedBytes: webSocket.bufferedAmount }, 'a slow WebSocket client is cut off');
          // A close frame would wait behind the bytes that the client does not read.
          webSocket.terminate();
          return;
        }
        webSocket.send(text);
      },
    };
  }

  /** Pings; a client that left the last ping unanswered is gone. */
  #keepAlive(webSocket: WebSocket): () => void {
    let alive = true;
    let cancel: () => void;
    webSocket.on('pong', () => {
      alive = true;
    });
    const beat = (): void => {
      if (!alive) {
        webSocket.terminate();
        return;
      }
      alive = false;
      webSocket.ping();
      cancel = this.#clock.schedule(this.#limits.webSocketPingIntervalMs, beat);
    };
    cancel = this.#clock.schedule(this.#limits.webSocketPingIntervalMs, beat);
    return () => cancel();
  }
}
