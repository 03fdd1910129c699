import { expect } from 'chai';
import { type AnvilChain, startAnvilChain } from './anvilChain';
import { rpc, type TributaryProcess, temporaryFolder, until } from './tributaryProcess';

describe('health', function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  let chain: AnvilChain;
  let node: TributaryProcess;

  before(async () => {
    chain = await startAnvilChain(folder.path);
    node = await chain.startSequencer('sequencer,batcher,proposer');
  });
  after(async () => {
    await node.stop();
    await chain.stop();
    folder.remove();
  });

  it('answers /healthz and /readyz, and counts in /metrics', async () => {
    expect((await fetch(`${chain.url}/healthz`)).status).to.equal(200);
    const ready = await fetch(`${chain.url}/readyz`);
    expect(ready.status, await ready.clone().text()).to.equal(200);
    expect(await ready.json()).to.deep.include({ status: 'ready', problems: [] });

    await rpc(chain.url, 'evm_mine');
    const metrics = async () => (await fetch(`${chain.url}/metrics`)).text();
    expect(await metrics()).to.match(/^tributary_block_number 1$/m);
    expect(await metrics()).to.match(/duration_seconds_count\{method="evm_mine",outcome="ok"\} 1/);
    await until('the batch is counted', async () => /^tributary_batcher_batches_total 1$/m.test(await metrics()));
    await until('the block is safe', async () => /^tributary_safe_block_number 1$/m.test(await metrics()));
  });

  it('goes on making blocks while the L1 is away', async () => {
    await chain.l1.stop();
    for (let i = 0; i < 3; i++) await rpc(chain.url, 'evm_mine');
    expect(Number(await rpc(chain.url, 'eth_blockNumber'))).to.equal(4);
    expect((await fetch(`${chain.url}/healthz`)).status).to.equal(200);
  });
});
