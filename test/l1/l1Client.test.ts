import { expect } from 'chai';
import { hasErrorCode, TributaryError } from '../../src/core/errors';
import { redactUrl } from '../../src/l1/redactUrl';
import { freePort } from '../../src/node/freePort';
import { type Fault, FaultProxy, lag } from './faultProxy';
import { connect } from './l1Fixture';
import { rpc, startAnvil, type TestL1 } from './startL1';

describe('L1Client', () => {
  let l1: TestL1;
  let proxy: FaultProxy;

  before(async () => {
    l1 = await startAnvil();
    proxy = await FaultProxy.start(l1.url);
  });
  after(async () => {
    await proxy.stop();
    await l1.stop();
  });
  beforeEach(() => {
    proxy.fault = () => 'none';
  });

  it('reads from the L1 it was told to expect', async () => {
    const client = await connect([l1.url]);
    expect(await client.read((viem) => viem.getBlockNumber())).to.equal(0n);
  });

  it('says in one sentence that an L1 cannot be reached, without the key in its URL', async () => {
    const port = await freePort();
    const error = await rejection(connect([`http://user:secret@127.0.0.1:${port}/v3/topsecretkey?key=alsosecret`]));
    expect(error).to.be.instanceOf(TributaryError);
    expect(error.shortMessage).to.equal(`the L1 at http://127.0.0.1:${port}/… cannot be reached`);
    expect(error).to.include({ code: 'L1.Unreachable', recovery: 'retry' });
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).to.not.match(/secret/);
    expect(error.metaMessages.join()).to.contain('ECONNREFUSED');
  });

  it('keeps the key out of what the L1 answers as an error', async () => {
    const client = await connect([`${l1.url}/?key=topsecretkey`]);
    const error = await rejection(client.read((viem) => viem.request({ method: 'eth_nonsense' as 'eth_chainId' })));
    expect(`${error.message} ${error.stack}`).to.not.match(/topsecretkey/);
  });

  it('refuses an L1 of another chain', async () => {
    const error = await rejection(connect([l1.url], { chainId: 1 }));
    expect(error).to.include({ code: 'L1.WrongChain', recovery: 'halt' });
    expect(error.shortMessage).to.contain('expected chain id 1, got 31337');
  });

  for (const url of ['ftp://127.0.0.1', 'not a url', '']) {
    it(`refuses ${JSON.stringify(url)} as a URL`, async () => {
      expect(await rejection(connect([url]))).to.include({ code: 'L1.InvalidUrl', recovery: 'halt' });
    });
  }

  it('refuses an empty list of URLs', async () => {
    expect(await rejection(connect([]))).to.include({ code: 'L1.NoUrl' });
  });

  for (const fault of ['cut', 'loseAnswer', 'unavailable', 'rateLimited', 'hang'] satisfies Fault[]) {
    it(`tries again after a passing fault: ${fault}`, async () => {
      const client = await connect([proxy.url], { requestTimeoutMs: 300 });
      let faults = 1;
      proxy.fault = () => (faults-- > 0 ? fault : 'none');
      expect(await client.read((viem) => viem.getBlockNumber())).to.equal(0n);
    });
  }

  it('goes on with the second URL while the first is down, and stays with it', async () => {
    proxy.fault = () => 'cut';
    const client = await connect([proxy.url, l1.url]);
    await client.read((viem) => viem.getBlockNumber());
    const before = proxy.seen.length;
    await client.read((viem) => viem.getBlockNumber());
    expect(proxy.seen.length).to.equal(before);
  });

  it('passes over a URL of another chain, names it, and stops only where all are', async () => {
    const foreign = await startAnvil({ args: ['--chain-id', '5'] });
    try {
      const client = await connect([foreign.url, proxy.url]);
      expect(await client.read((viem) => viem.getChainId())).to.equal(31337);
      proxy.fault = () => 'cut';
      const error = await rejection(client.read((viem) => viem.getBlockNumber()));
      expect(error).to.include({ code: 'L1.Unreachable', recovery: 'retry' });
      expect(error.message).to.include(`the L1 at ${foreign.url} is on another chain: expected chain id 31337, got 5`);
      expect(await rejection(connect([foreign.url, foreign.url]))).to.include({ code: 'L1.WrongChain' });
    } finally {
      await foreign.stop();
    }
  });

  it('asks for the chain id again after a fault: a URL may come back as another chain', async () => {
    const client = await connect([proxy.url]);
    let faults = 1;
    proxy.fault = () => (faults-- > 0 ? 'cut' : 'none');
    proxy.alter = ({ method }, result) => (method === 'eth_chainId' ? '0x5' : result);
    expect(await rejection(client.read((viem) => viem.getBlockNumber()))).to.include({ code: 'L1.WrongChain' });
  });

  it('takes the head from a URL that has it when the preferred one lags behind what was seen', async () => {
    await rpc(l1.url, 'anvil_mine', ['0x5']);
    const head = Number(await rpc(l1.url, 'eth_blockNumber'));
    const client = await connect([proxy.url, l1.url]);
    const block = () =>
      client.read((viem) => viem.request({ method: 'eth_getBlockByNumber', params: ['latest', false] }));
    expect(Number((await block())?.number)).to.equal(head);
    lag(proxy, l1.url, 3);
    expect(Number((await block())?.number)).to.equal(head);
    const before = proxy.seen.length;
    await block();
    expect(proxy.seen.length, 'it stays with the one that is ahead').to.equal(before);
    const alone = await connect([proxy.url]);
    expect(Number(await alone.read((viem) => viem.getBlockNumber()))).to.equal(head - 3);
  });

  it('does not repeat what the L1 answered with an error', async () => {
    const client = await connect([proxy.url]);
    const before = proxy.seen.length;
    const error = await rejection(client.read((viem) => viem.request({ method: 'eth_nonsense' as 'eth_chainId' })));
    expect(hasErrorCode(error, 'L1.Unreachable')).to.equal(false);
    expect(proxy.seen.length).to.equal(before + 1);
  });
});

describe('redactUrl', () => {
  const cases = {
    'http://127.0.0.1:8545': 'http://127.0.0.1:8545',
    'https://eth.example.com/v2/key': 'https://eth.example.com/…',
    'https://user:pass@eth.example.com': 'https://eth.example.com/…',
    'https://eth.example.com?apikey=1': 'https://eth.example.com/…',
    nonsense: '(not a URL)',
  };
  for (const [url, shown] of Object.entries(cases)) {
    it(`shows ${url} as ${shown}`, () => {
      expect(redactUrl(url)).to.equal(shown);
    });
  }
});

async function rejection(promise: Promise<unknown>): Promise<TributaryError> {
  try {
    await promise;
  } catch (error) {
    return error as TributaryError;
  }
  throw new Error('expected a rejection');
}
