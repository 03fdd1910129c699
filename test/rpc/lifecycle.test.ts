import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { hasErrorCode, TributaryError } from '../../src/core/errors';
import type { CallResult } from '../../src/execution/executor';
import { RpcServer } from '../../src/rpc/rpcServer';
import { type RunningRpc, type StartRpcOptions, startRpc } from './startRpc';

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: [{}] });
const done: CallResult = { outcome: 'success', output: Uint8Array.of(7), gasUsed: 0n, logs: [] };

describe('RpcServer', () => {
  const running: RunningRpc[] = [];
  const start = async (options: StartRpcOptions = {}) => {
    const rpc = await startRpc(options);
    running.push(rpc);
    return rpc;
  };
  const withCall =
    (call: () => Promise<CallResult>): StartRpcOptions['adapt'] =>
    (dependencies) => ({ ...dependencies, executor: { call } });

  afterEach(async () => {
    for (const rpc of running.splice(0)) await rpc.stop();
  });

  it('says which port is in use', async () => {
    const { server, dependencies } = await start();
    const error: unknown = await RpcServer.start({ host: '127.0.0.1', port: server.port, dependencies }).catch(
      (thrown: unknown) => thrown,
    );
    if (!hasErrorCode(error, 'Rpc.PortInUse')) throw error;
    expect(error.message).to.equal(
      `port ${server.port} is in use on 127.0.0.1: stop what listens there or choose another with --port`,
    );
    expect(error.recovery).to.equal('halt');
  });

  it('says that it cannot listen on an address that is not here', async () => {
    const { dependencies } = await start();
    const error: unknown = await RpcServer.start({ host: '203.0.113.1', port: 0, dependencies }).catch(
      (thrown: unknown) => thrown,
    );
    expect(hasErrorCode(error, 'Rpc.CannotListen')).to.equal(true);
  });

  it('finishes requests in flight when it closes', async () => {
    let finish: (result: CallResult) => void = () => undefined;
    const called = new Promise<void>((resolveCalled) => {
      const call = () => {
        resolveCalled();
        return new Promise<CallResult>((resolve) => {
          finish = resolve;
        });
      };
      void start({ adapt: withCall(call) }).then((rpc) => {
        reply = rpc.post(CALL);
      });
    });
    let reply: Promise<{ reply: unknown }> | undefined;
    await called;
    const closed = running[0].server.close();
    finish(done);
    expect((await reply)?.reply).to.deep.equal({ jsonrpc: '2.0', id: 1, result: '0x07' });
    await closed;
    expect(await fetch(running[0].url).catch(() => 'refused')).to.equal('refused');
  });

  it('cuts off what does not finish in time when it closes', async () => {
    const rpc = await start({ adapt: withCall(() => new Promise(() => undefined)), limits: { closeTimeoutMs: 50 } });
    const reply = rpc.post(CALL).catch(() => 'cut off');
    const socket = connect(rpc.server.port, '127.0.0.1');
    await once(socket, 'connect');
    await rpc.post('{}');
    await rpc.server.close();
    expect(await reply).to.equal('cut off');
  });

  it('answers -32002 when a request takes too long', async () => {
    const rpc = await start({ adapt: withCall(() => new Promise(() => undefined)), limits: { requestTimeoutMs: 30 } });
    expect((await rpc.request('eth_call', [{}])).error).to.deep.equal({
      code: -32002,
      message: 'request timed out after 30 ms',
    });
  });

  it('does not run a call whose client has given up, and lets only so many wait', async () => {
    const finish: ((result: CallResult) => void)[] = [];
    const rpc = await start({
      adapt: withCall(() => new Promise((resolve) => finish.push(resolve))),
      limits: { requestTimeoutMs: 30, callQueueCountMax: 2 },
    });
    const batch = [1, 2, 3, 4].map((id) => ({ jsonrpc: '2.0', id, method: 'eth_call', params: [{}] }));
    const { reply } = await rpc.post(JSON.stringify(batch));
    expect((reply as { error: { code: number } }[]).map(({ error }) => error.code)).to.deep.equal([
      -32002, -32002, -32002, -32005,
    ]);
    expect(finish).to.have.lengthOf(1);
    const last = rpc.post(CALL);
    while (finish.length < 2) {
      finish[0](done);
      await new Promise((resolve) => setImmediate(resolve));
    }
    finish[1](done);
    expect((await last).reply).to.deep.equal({ jsonrpc: '2.0', id: 1, result: '0x07' });
    expect(finish).to.have.lengthOf(2);
  });

  it('tells nothing of its inside when it is at fault, and logs it', async () => {
    const rpc = await start({ adapt: withCall(() => Promise.reject(new TypeError('secret of /home'))) });
    expect((await rpc.request('eth_call', [{}])).error).to.deep.equal({ code: -32603, message: 'internal error' });
    expect(rpc.errors).to.have.lengthOf(1);
    expect(rpc.errors[0]).to.include('secret of /home').and.to.include('eth_call');
  });

  it('keeps -32603 for faults that may pass', async () => {
    const faults: [TributaryError, number, string][] = [
      [new TributaryError('State.Busy', 'the disk is busy', { recovery: 'retry' }), -32603, 'the disk is busy'],
      [new TributaryError('State.Broken', 'secret', { recovery: 'halt' }), -32603, 'internal error'],
      [
        new TributaryError('State.HistoryPruned', 'the state of block 1 is not kept'),
        -32000,
        'the state of block 1 is not kept',
      ],
    ];
    for (const [fault, code, message] of faults) {
      const rpc = await start({ adapt: withCall(() => Promise.reject(fault)) });
      expect((await rpc.request('eth_call', [{}])).error).to.deep.equal({ code, message });
    }
  });

  it('keeps a connection for the next request', async () => {
    const { server } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve, reject) => {
        const sent = httpRequest({ agent, port: server.port, host: '127.0.0.1', method: 'POST' }, (response) => {
          sockets.add(response.socket);
          response.resume().on('end', resolve);
        });
        sent.on('error', reject).end('{}');
      });
    }
    expect(sockets.size).to.equal(1);
    agent.destroy();
  });

  it('goes on when clients leave in the middle of a request', async () => {
    const rpc = await start();
    for (const text of [
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"jsonrpc"',
      'POST / HTTP/1.1\r\n',
      'GARBAGE\r\n\r\n',
    ]) {
      const socket = connect(rpc.server.port, '127.0.0.1');
      await once(socket, 'connect');
      await new Promise<void>((resolve) => socket.write(text, () => resolve()));
      socket.destroy();
    }
    expect((await rpc.request('eth_chainId')).result).to.equal('0x7a6a');
    expect(rpc.errors).to.deep.equal([]);
  });

  it('leaves methods out whose means it does not have', async () => {
    const rpc = await start({ adapt: ({ mempool, submitter, dev, devAccounts, ...rest }) => rest });
    for (const method of [
      'eth_sendRawTransaction',
      'eth_sendTransaction',
      'txpool_status',
      'evm_mine',
      'eth_newPendingTransactionFilter',
    ]) {
      expect((await rpc.request(method)).error?.code, method).to.equal(-32601);
    }
    expect((await rpc.request('eth_getTransactionCount', [`0x${'12'.repeat(20)}`, 'pending'])).result).to.equal('0x0');
    expect((await rpc.request('eth_getBlockByNumber', ['pending', true])).result).to.have.property('number', '0x1');
  });

  it('reports each request to the observer by a name of its own methods', async () => {
    const seen: string[] = [];
    const rpc = await start({
      adapt: (dependencies) => ({
        ...dependencies,
        observeRequest: (method, outcome) => void seen.push(`${method} ${outcome}`),
      }),
    });
    await rpc.request('eth_chainId');
    await rpc.request('eth_getBalance');
    await rpc.request('made_up');
    expect(seen).to.deep.equal(['eth_chainId ok', 'eth_getBalance error', 'unknown error']);
  });
});
