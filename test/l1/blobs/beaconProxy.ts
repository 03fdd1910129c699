import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A beacon API in front of anvil's, which can forget and lie. */
export class BeaconProxy {
  /** `corrupt`: other blobs of the right size. `down`: status 503. */
  mode: 'serve' | 'forget' | 'corrupt' | 'down' = 'serve';
  /** Paths asked for, in order. */
  readonly seen: string[] = [];
  readonly #server: Server;

  private constructor(target: string) {
    this.#server = createServer(async (request, response) => {
      const path = request.url ?? '';
      this.seen.push(path);
      if (this.mode === 'down') return void response.writeHead(503).end();
      if (this.mode === 'forget' && path.includes('/blob')) {
        return void response.writeHead(404).end('{"code":404,"message":"Block not found"}');
      }
      try {
        const answer = await fetch(`${target}${path}`);
        const text = await answer.text();
        // Another nibble in each blob's second byte: field elements still.
        const body =
          this.mode === 'corrupt'
            ? text.replace(/"0x(..)(.)/g, (_, head, nibble) => `"0x${head}${nibble === '1' ? '2' : '1'}`)
            : text;
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
      } catch {
        request.socket.destroy(); // the L1 is down
      }
    });
  }

  static async start(target: string): Promise<BeaconProxy> {
    const proxy = new BeaconProxy(target);
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
}
