import { join } from 'node:path';
import { expect } from 'chai';
import type { Hex } from 'viem';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { freePort } from '../../src/node/freePort';
import { rpc, TributaryProcess, temporaryFolder } from './tributaryProcess';

const TO = '0x00000000000000000000000000000000c0ffee11';

describe('tributary deposit and withdraw, end to end', function () {
  this.timeout(240_000);
  const folder = temporaryFolder();
  const deploymentFile = join(folder.path, 'dev', 'deployment.json');
  const [{ privateKey }] = devAccounts(1, 5);
  let dev: TributaryProcess;
  let l1Port: number;

  before(async () => {
    const port = await freePort();
    l1Port = await freePort();
    dev = await new TributaryProcess([
      'dev',
      ...['--port', String(port), '--l1-port', String(l1Port), '--data-dir', join(folder.path, 'dev')],
    ]).ready();
  });
  after(async () => {
    await dev.stop();
    folder.remove();
  });

  async function run(args: string[], key: string = privateKey) {
    const command = new TributaryProcess([...args, '--deployment', deploymentFile], { TRIBUTARY_KEY: key });
    return { code: await command.exitCode(), output: command.output };
  }

  it('brings ETH in and out again, and shows how far it is', async () => {
    const deposited = await run(['deposit', '2']);
    expect(deposited.code, deposited.output).to.equal(0);
    expect(deposited.output).to.include('deposited 2 ETH');

    const started = await run(['withdraw', '0.25', '--to', TO]);
    expect(started.code, started.output).to.equal(0);
    const [hash] = /0x[0-9a-f]{64}/.exec(started.output) ?? [];
    // Whoever only looks needs no key.
    const status = await run(['withdraw', 'status', String(hash)], '');
    expect(status.output).to.match(/waiting-to-prove|ready-to-prove/);
    const finalized = await run(['withdraw', 'finalize', String(hash)]);
    expect(finalized.code, finalized.output).to.equal(0);
    expect(finalized.output).to.match(/waiting-to-finalize[\s\S]*5\/5 finalized/);
    const balance = await rpc<Hex>(`http://127.0.0.1:${l1Port}`, 'eth_getBalance', [TO, 'latest']);
    expect(BigInt(balance)).to.equal(25n * 10n ** 16n);
  });

  it('says what is wrong with a key, an amount, an address or a hash', async () => {
    expect((await run(['deposit', '1'], 'secret')).output)
      .to.include('set TRIBUTARY_KEY')
      .and.not.include('secret');
    for (const [args, message] of [
      [['deposit', '1e3'], 'expected ETH'],
      [['withdraw', '1', '--to', '0x12'], 'expected an address'],
      [['withdraw', 'status', '0x12'], 'expected a transaction hash'],
    ] as const) {
      const { code, output } = await run([...args]);
      expect(code).to.equal(1);
      expect(output).to.include(message);
    }
  });
});
