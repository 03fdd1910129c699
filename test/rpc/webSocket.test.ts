import { once } from 'node:events';
import { expect } from 'chai';
import { mnemonicToAccount } from 'viem/accounts';
import WebSocket from 'ws';
import { MNEMONIC, type RunningRpc, startRpc } from './startRpc';

interface Message {
  id?: unknown;
  result?: unknown;
  error?: { code: number; message: string };
  params?: { subscription: string; result: Record<string, string> };
}

const SENDER = mnemonicToAccount(MNEMONIC).address;
const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3';

/** A WebSocket whose messages are taken one by one. */
class Client {
  readonly socket: WebSocket;
  readonly #arrived: unknown[] = [];
  readonly #waiting: ((message: unknown) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const message: unknown = JSON.parse(data.toString());
      const take = this.#waiting.shift();
      if (take) take(message);
      else this.#arrived.push(message);
    });
  }

  static async open(url: string): Promise<Client> {
    const client = new Client(new WebSocket(url));
    await once(client.socket, 'open');
    return client;
  }

  next(): Promise<Message> {
    const message = this.#arrived.shift();
    if (message !== undefined) return Promise.resolve(message as Message);
    return new Promise((resolve) => this.#waiting.push((arrived) => resolve(arrived as Message)));
  }

  async request(method: string, params: unknown[] = []): Promise<Message> {
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id: method, method, params }));
    return this.next();
  }

  async close(): Promise<void> {
    this.socket.close();
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, 'close');
  }
}

describe('JSON-RPC over WebSocket', () => {
  let rpc: RunningRpc;
  let client: Client;

  before(async () => {
    rpc = await startRpc({
      limits: {
        bodySizeBytesMax: 50_000,
        subscriptionsPerConnectionMax: 3,
        webSocketCountMax: 3,
        webSocketBufferedBytesMax: 200_000,
      },
    });
  });

  beforeEach(async () => {
    client = await Client.open(rpc.wsUrl);
  });

  afterEach(async () => {
    await client.close();
    expect(rpc.errors).to.deep.equal([]);
  });

  after(() => rpc.stop());

  const send = () => rpc.request('eth_sendTransaction', [{ from: SENDER, to: SENDER }]);

  it('answers requests, batches and what is broken', async () => {
    expect(await client.request('eth_chainId')).to.deep.equal({ jsonrpc: '2.0', id: 'eth_chainId', result: '0x7a6a' });
    client.socket.send(
      '[{"jsonrpc":"2.0","id":1,"method":"net_version"},{"jsonrpc":"2.0","id":2,"method":"eth_nothing"}]',
    );
    expect(((await client.next()) as unknown as Message[]).map(({ id }) => id)).to.deep.equal([1, 2]);
    client.socket.send('{');
    expect((await client.next()).error?.code).to.equal(-32700);
    client.socket.send(Buffer.from('{"jsonrpc":"2.0","id":3,"method":"eth_chainId"}'));
    expect(await client.next()).to.include({ id: 3, result: '0x7a6a' });
  });

  it('tells the subscription first, then its events in order', async () => {
    const heads = (await client.request('eth_subscribe', ['newHeads'])).result as string;
    await send();
    await send();
    const events = [await client.next(), await client.next()];
    const head = rpc.chain.head.header.number;
    expect(events.map(({ params }) => [params?.subscription, Number(params?.result.number)])).to.deep.equal([
      [heads, head - 1],
      [heads, head],
    ]);
    const { reply } = await rpc.post('{"jsonrpc":"2.0","id":1,"method":"eth_getHeaderByNumber","params":["latest"]}');
    expect(events[1].params?.result).to.deep.equal((reply as Message).result);
    expect((await client.request('eth_unsubscribe', [heads])).result).to.equal(true);
    expect((await client.request('eth_unsubscribe', [heads])).result).to.equal(false);
    await send();
    expect((await client.request('eth_chainId')).result).to.equal('0x7a6a');
  });

  it('sends the reply before the first event even when a block comes at once', async () => {
    client.socket.send(
      JSON.stringify([
        { jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newPendingTransactions', true] },
        { jsonrpc: '2.0', id: 2, method: 'eth_chainId' },
      ]),
    );
    const replies = (await client.next()) as unknown as Message[];
    await send();
    const event = await client.next();
    expect(event.params?.subscription).to.equal(replies[0].result);
    expect(event.params?.result).to.include({ from: SENDER.toLowerCase(), blockHash: null });
  });

  it('refuses unknown subscriptions, wrong options and too many', async () => {
    expect((await client.request('eth_subscribe', ['everything'])).error).to.deep.equal({
      code: -32602,
      message: 'invalid params: subscription: expected newHeads, logs, newPendingTransactions, got "everything"',
    });
    expect((await client.request('eth_subscribe', ['logs', { address: 'x' }])).error?.code).to.equal(-32602);
    expect((await client.request('eth_subscribe', ['logs', true])).error?.code).to.equal(-32602);
    expect((await client.request('eth_subscribe', ['newPendingTransactions', {}])).error?.code).to.equal(-32602);
    for (let i = 0; i < 3; i++) expect((await client.request('eth_subscribe', ['logs', {}])).error).to.equal(undefined);
    expect((await client.request('eth_subscribe', ['newHeads'])).error).to.deep.equal({
      code: -32005,
      message: 'too many subscriptions on this connection: limit 3',
    });
  });

  it('keeps the subscriptions of one connection from another, and from HTTP', async () => {
    const id = (await client.request('eth_subscribe', ['newHeads'])).result;
    const stranger = await Client.open(rpc.wsUrl);
    expect((await stranger.request('eth_unsubscribe', [id])).result).to.equal(false);
    await stranger.close();
    expect((await rpc.request('eth_subscribe', ['newHeads'])).error?.code).to.equal(-32601);
  });

  it('closes with 1009 on a message over the limit', async () => {
    client.socket.send('x'.repeat(50_001));
    const [code] = (await once(client.socket, 'close')) as [number];
    expect(code).to.equal(1009);
  });

  it('cuts off a client that does not read', async () => {
    const { socket } = client;
    socket.pause();
    const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getCode', params: [PERMIT2] });
    // About 9 KB of code each: far more together than the buffers of both ends and the limit hold.
    const closed = once(socket, 'close');
    for (let i = 0; i < 4_000; i++) socket.send(request);
    await untilWritten(socket);
    socket.resume();
    const [code] = (await closed) as [number];
    expect(code).to.equal(1006);
    expect((await rpc.request('eth_chainId')).result).to.equal('0x7a6a');
  });

  it('takes no more connections than it may', async () => {
    const others = [await Client.open(rpc.wsUrl), await Client.open(rpc.wsUrl)];
    const refused = new WebSocket(rpc.wsUrl);
    const [error] = (await once(refused, 'error')) as [Error];
    expect(error.message).to.include('503');
    for (const other of others) await other.close();
  });

  it('keeps dev methods from pages of elsewhere', async () => {
    const socket = new WebSocket(rpc.wsUrl, { origin: 'https://evil.example' });
    await once(socket, 'open');
    socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_sign","params":[]}');
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect((JSON.parse(data.toString()) as Message).error?.code).to.equal(4100);
    socket.terminate();
  });
});

/** Until the other end has taken all bytes or has closed. */
async function untilWritten(socket: WebSocket): Promise<void> {
  while (socket.bufferedAmount > 0 && socket.readyState === WebSocket.OPEN) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
