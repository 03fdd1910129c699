import { expect } from 'chai';
import { type RunningRpc, startRpc } from './startRpc';

const request = (method: string, params: unknown = [], id: unknown = 1) => ({ jsonrpc: '2.0', id, method, params });
const failure = (id: unknown, code: number, message: string) => ({ jsonrpc: '2.0', id, error: { code, message } });

describe('JSON-RPC over HTTP', () => {
  let rpc: RunningRpc;
  const limits = { bodySizeBytesMax: 100_000, batchCountMax: 20, batchResponseSizeBytesMax: 20_000 };

  before(async () => {
    rpc = await startRpc({
      limits,
      extraRoutes: [
        { path: '/healthz', handle: () => ({ status: 200, contentType: 'text/plain', body: 'ok' }) },
        { path: '/broken', handle: () => Promise.reject(new TypeError('secret')) },
      ],
    });
  });

  afterEach(() => {
    expect(rpc.errors).to.deep.equal([]);
  });

  after(() => rpc.stop());

  it('answers a request with its id, whatever the id', async () => {
    for (const id of [1, 0, -7, 1.5, 'a "quoted" id', '', null]) {
      const { status, reply } = await rpc.post(JSON.stringify(request('eth_chainId', [], id)));
      expect(status).to.equal(200);
      expect(reply).to.deep.equal({ jsonrpc: '2.0', id, result: '0x7a6a' });
    }
  });

  it('takes params left out or null for none', async () => {
    const { reply } = await rpc.post(
      '[{"jsonrpc":"2.0","id":1,"method":"net_version"},{"jsonrpc":"2.0","id":2,"method":"net_version","params":null}]',
    );
    expect(reply).to.deep.equal([
      { jsonrpc: '2.0', id: 1, result: '31338' },
      { jsonrpc: '2.0', id: 2, result: '31338' },
    ]);
  });

  it('keeps the order of a batch and gives notifications no reply', async () => {
    const { reply } = await rpc.post(
      JSON.stringify([
        request('eth_call', [{ to: `0x${'00'.repeat(20)}` }], 'slow'),
        { jsonrpc: '2.0', method: 'eth_chainId' },
        request('eth_nothing', [], 2),
        7,
        request('eth_blockNumber', [], 3),
      ]),
    );
    expect(reply).to.deep.equal([
      { jsonrpc: '2.0', id: 'slow', result: '0x' },
      failure(2, -32601, 'the method eth_nothing does not exist/is not available'),
      failure(null, -32600, 'invalid request: expected an object, got 7'),
      { jsonrpc: '2.0', id: 3, result: '0x0' },
    ]);
  });

  it('answers notifications alone with 204 and nothing', async () => {
    const one = await rpc.post('{"jsonrpc":"2.0","method":"eth_chainId"}');
    const many = await rpc.post('[{"jsonrpc":"2.0","method":"eth_chainId"},{"jsonrpc":"2.0","method":"eth_nothing"}]');
    expect([one.status, one.reply, many.status, many.reply]).to.deep.equal([204, undefined, 204, undefined]);
  });

  it('refuses what is not JSON with -32700', async () => {
    for (const body of [
      '',
      '{',
      'null x',
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"',
      '\u0000',
      "{'a':1}",
      '[1,]',
    ]) {
      const { status, reply } = await rpc.post(body);
      expect(status).to.equal(200);
      expect((reply as { error: { code: number } }).error.code, body).to.equal(-32700);
      expect((reply as { id: unknown }).id).to.equal(null);
    }
  });

  it('refuses what is no request with -32600 and says what is wrong', async () => {
    const cases: [string, unknown, string][] = [
      ['[]', null, 'invalid request: empty batch'],
      ['"eth_chainId"', null, 'invalid request: expected an object, got "eth_chainId"'],
      ['null', null, 'invalid request: expected an object, got null'],
      ['true', null, 'invalid request: expected an object, got true'],
      ['{}', null, 'invalid request: jsonrpc: expected "2.0", got nothing'],
      ['{"jsonrpc":"1.0","id":4,"method":"x"}', 4, 'invalid request: jsonrpc: expected "2.0", got "1.0"'],
      ['{"jsonrpc":"2.0","id":5}', 5, 'invalid request: method: expected a string, got nothing'],
      ['{"jsonrpc":"2.0","id":6,"method":{"a":1}}', 6, 'invalid request: method: expected a string, got an object'],
      [
        '{"jsonrpc":"2.0","id":{},"method":"x"}',
        null,
        'invalid request: id: expected a string, a number or null, got an object',
      ],
      [
        '{"jsonrpc":"2.0","id":[1],"method":"x"}',
        null,
        'invalid request: id: expected a string, a number or null, got a list of 1 items',
      ],
    ];
    for (const [body, id, message] of cases) {
      expect((await rpc.post(body)).reply).to.deep.equal(failure(id, -32600, message));
    }
  });

  it('does not find methods on the prototype of an object', async () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', '']) {
      const { error } = await rpc.request(name);
      expect(error).to.deep.equal({ code: -32601, message: `the method ${name} does not exist/is not available` });
    }
    const { reply } = await rpc.post('{"__proto__":{"jsonrpc":"2.0","method":"eth_chainId"},"id":1}');
    expect(reply).to.deep.equal(failure(1, -32600, 'invalid request: jsonrpc: expected "2.0", got nothing'));
    const polluting = await rpc.request('eth_call', [
      JSON.parse('{"__proto__":{"to":"0x00"},"constructor":{"prototype":{}}}'),
    ]);
    expect(polluting.error).to.equal(undefined);
    expect(({} as { to?: string }).to).to.equal(undefined);
  });

  it('names the parameter that is wrong, what was expected and what came', async () => {
    const account = `0x${'12'.repeat(20)}`;
    const blockProblem =
      'expected a block number, tag (latest, pending, earliest, safe, finalized) or {blockNumber} or {blockHash}';
    const cases: [string, unknown, string][] = [
      ['eth_getBalance', [], 'address: expected an address (0x and 40 hex digits), got nothing'],
      ['eth_getBalance', ['0x12'], 'address: expected an address (0x and 40 hex digits), got "0x12"'],
      ['eth_getBalance', [7], 'address: expected an address (0x and 40 hex digits), got 7'],
      ['eth_getBalance', [account, 'newest'], `block: ${blockProblem}, got "newest"`],
      ['eth_getBalance', [account, true], `block: ${blockProblem}, got true`],
      ['eth_getBalance', [account, '0x20000000000001'], `block: ${blockProblem}, got "0x20000000000001"`],
      ['eth_getBalance', [account, {}], `block: ${blockProblem}, got an object`],
      [
        'eth_getBalance',
        [account, { blockNumber: '0x1', blockHash: `0x${'00'.repeat(32)}` }],
        `block: ${blockProblem}, got an object`,
      ],
      ['eth_getBalance', [account, 'latest', 1, 2], 'expected at most 2 parameters, got 4'],
      ['eth_getBalance', { address: account }, 'expected a list, got an object'],
      ['eth_getBalance', 'x', 'expected a list, got "x"'],
      ['eth_call', [], 'transaction: expected a transaction object, got nothing'],
      ['eth_call', [{ to: '0x1' }], 'transaction.to: expected an address (0x and 40 hex digits), got "0x1"'],
      ['eth_call', [{ value: '1' }], 'transaction.value: expected a quantity (0x and 1 to 64 hex digits), got "1"'],
      [
        'eth_call',
        [{ data: '0x123' }],
        'transaction.data: expected hex data (0x and an even number of digits), got "0x123"',
      ],
      ['eth_call', [{ data: '0x12', input: '0x13' }], 'transaction: both "data" and "input" are set and not equal'],
      [
        'eth_call',
        [{ accessList: [{ address: account, storageKeys: ['0x1'] }] }],
        'transaction.accessList.0.storageKeys.0: expected a hash (0x and 64 hex digits), got "0x1"',
      ],
      [
        'eth_call',
        [{}, 'latest', { '0x12': {} }],
        'stateOverrides: expected an address (0x and 40 hex digits), got "0x12"',
      ],
      [
        'eth_call',
        [{}, 'latest', { [account]: { balance: 'much' } }],
        `stateOverrides.${account}.balance: expected a quantity (0x and 1 to 64 hex digits), got "much"`,
      ],
      ['eth_call', [{}, 'latest', {}, { number: '0x1' }], 'blockOverrides: not supported'],
      ['eth_getStorageAt', [account, 'x'], 'slot: expected a storage slot (0x and 1 to 64 hex digits), got "x"'],
      ['eth_getBlockByNumber', ['latest', 'yes'], 'fullTransactions: expected true or false, got "yes"'],
      [
        'eth_getTransactionReceipt',
        [`0x${'z'.repeat(64)}`],
        `transactionHash: expected a hash (0x and 64 hex digits), got "0x${'z'.repeat(64)}"`,
      ],
      ['eth_sendRawTransaction', ['zz'], 'transaction: expected hex data (0x and an even number of digits), got "zz"'],
      ['eth_feeHistory', ['0x1', 'latest', [50, 20]], 'rewardPercentiles: expected ascending percentiles'],
    ];
    for (const [method, params, problem] of cases) {
      const { error } = await rpc.request(method, params);
      expect(error, method).to.deep.equal({ code: -32602, message: `invalid params: ${problem}` });
    }
  });

  it('survives deep nesting wherever a value can stand', async () => {
    const deep = `${'['.repeat(40_000)}${']'.repeat(40_000)}`;
    expect((await rpc.post(deep)).status).to.equal(200);
    for (const place of [
      `"id":${deep},"method":"eth_chainId"`,
      `"id":1,"method":${deep}`,
      `"id":1,"method":"eth_call","params":[${deep}]`,
      `"id":1,"method":"eth_call","params":[{},${deep}]`,
      `"id":1,"method":"eth_getLogs","params":[{"topics":${deep}}]`,
    ]) {
      const { reply } = await rpc.post(`{"jsonrpc":"2.0",${place}}`);
      expect((reply as { error: { code: number } }).error.code).to.be.oneOf([-32600, -32602]);
    }
  });

  it('shortens what it quotes', async () => {
    const { error } = await rpc.request('x'.repeat(5_000));
    expect(error?.message.length).to.be.below(200);
    const balance = await rpc.request('eth_getBalance', ['y'.repeat(5_000)]);
    expect(balance.error?.message.length).to.be.below(200);
  });

  it('answers 413 with a JSON-RPC error to a body over the limit, told or not, and goes on', async () => {
    const expected = failure(null, -32600, 'request body too large: limit 100000 bytes');
    const told = await rpc.post('x'.repeat(limits.bodySizeBytesMax + 1));
    expect([told.status, told.reply]).to.deep.equal([413, expected]);
    const chunk = new TextEncoder().encode('x'.repeat(10_000));
    let chunks = 0;
    const stream = new ReadableStream({
      pull: (controller) => (chunks++ < 11 ? controller.enqueue(chunk) : controller.close()),
    });
    const untold = await fetch(rpc.url, { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
    expect([untold.status, await untold.json()]).to.deep.equal([413, expected]);
    const atLimit = JSON.stringify(request('eth_chainId')).padEnd(limits.bodySizeBytesMax);
    expect((await rpc.post(atLimit)).reply).to.deep.equal({ jsonrpc: '2.0', id: 1, result: '0x7a6a' });
  });

  it('bounds the requests of a batch', async () => {
    const batch = (count: number) =>
      JSON.stringify(Array.from({ length: count }, (_, id) => request('eth_chainId', [], id)));
    expect((await rpc.post(batch(20))).reply).to.have.lengthOf(20);
    expect((await rpc.post(batch(21))).reply).to.deep.equal(
      failure(null, -32600, 'batch too large: 21 requests, limit 20'),
    );
  });

  it('bounds the replies of a batch together', async () => {
    const code = (id: number) => request('eth_getCode', ['0x000000000022D473030F116dDEE9F6B43aC78BA3'], id);
    const { reply } = await rpc.post(JSON.stringify([code(1), code(2), code(3)]));
    const replies = reply as { id: number; result?: string; error?: unknown }[];
    expect(replies.map(({ id }) => id)).to.deep.equal([1, 2, 3]);
    expect(replies[0].result).to.have.lengthOf.above(10_000);
    const error = { code: -32003, message: 'response too large: the batch limit is reached' };
    expect(replies.slice(1).map((each) => each.error)).to.deep.equal([error, error]);
  });

  it('lets browsers of any origin ask', async () => {
    const preflight = await fetch(rpc.url, { method: 'OPTIONS', headers: { origin: 'https://wallet.example' } });
    expect(preflight.status).to.equal(204);
    expect(preflight.headers.get('access-control-allow-origin')).to.equal('*');
    expect(preflight.headers.get('access-control-allow-headers')).to.include('content-type');
    const { headers } = await rpc.post(JSON.stringify(request('eth_chainId')), { origin: 'https://wallet.example' });
    expect(headers.get('access-control-allow-origin')).to.equal('*');
  });

  it('keeps keys and controls from pages of elsewhere and from borrowed host names', async () => {
    const foreign = await rpc.request('eth_sendTransaction', [{}], { origin: 'https://evil.example' });
    expect(foreign.error?.code).to.equal(4100);
    for (const origin of ['null', 'https://localhost.evil.example', 'http://127.0.0.1.evil.example']) {
      expect((await rpc.request('evm_mine', [], { origin })).error?.code, origin).to.equal(4100);
    }
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:5173', 'chrome-extension://abcdef']) {
      const { error } = await rpc.request('eth_sendTransaction', [{}], { origin });
      expect(error?.code, origin).to.equal(-32602);
    }
  });

  it('serves the pages beside it and 404 elsewhere', async () => {
    const health = await fetch(`${rpc.url}/healthz`);
    expect([health.status, await health.text()]).to.deep.equal([200, 'ok']);
    expect(health.headers.get('x-content-type-options')).to.equal('nosniff');
    expect((await fetch(`${rpc.url}/nothing`)).status).to.equal(404);
    expect((await fetch(`${rpc.url}/healthz`, { method: 'POST' })).status).to.equal(404);
    expect((await fetch(rpc.url, { method: 'PUT', body: '{}' })).status).to.equal(405);
    expect(await (await fetch(rpc.url)).json()).to.include({ name: 'tributary', version: '0.0.0-test' });
  });

  it('answers 500 without its inside when a page is at fault', async () => {
    const response = await fetch(`${rpc.url}/broken`);
    expect([response.status, await response.json()]).to.deep.equal([500, { error: 'internal error' }]);
    expect(rpc.errors.splice(0)).to.have.lengthOf(1);
  });

  it('has no dev methods and no accounts on a chain that is not for development', async () => {
    const plain = await startRpc({ dev: false });
    try {
      expect((await plain.request('eth_accounts')).result).to.deep.equal([]);
      for (const method of ['eth_sendTransaction', 'eth_sign', 'personal_sign', 'evm_mine']) {
        expect((await plain.request(method)).error?.code).to.equal(-32601);
      }
      expect((await plain.request('web3_clientVersion')).result).to.equal('tributary/v0.0.0-test');
      expect((await rpc.request('web3_clientVersion')).result).to.equal('anvil/tributary-v0.0.0-test');
    } finally {
      await plain.stop();
    }
  });
});
