import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../src/node/freePort';
import { startAnvil, type TestL1 } from '../l1/startL1';
import { rpc, runTributary, TributaryProcess, temporaryFolder } from './tributaryProcess';

describe('the command line', function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  after(() => folder.remove());

  /** One clear sentence on standard error, exit code 1. */
  async function expectRefusal(args: string[], sentence: RegExp): Promise<void> {
    const { code, output } = await runTributary(args);
    expect(code, output).to.equal(1);
    expect(output).to.match(sentence);
    expect(output).not.to.match(/\n\s+at /);
  }

  it('shows help with an example for each flag of dev', async () => {
    const { code, output } = await runTributary(['dev', '--help']);
    expect(code).to.equal(0);
    for (const flag of [
      '--port',
      '--l1-port',
      '--l1 ',
      '--block-time',
      '--data-dir',
      '--accounts',
      '--silent',
      '--reset',
    ]) {
      expect(output, flag).to.match(new RegExp(`\\$ tributary dev ${flag}`));
    }
  });

  it('names a mistyped flag, command or value, and what was meant', async () => {
    await expectRefusal(['dev', '--prot', '1'], /unknown option '--prot'[\s\S]*Did you mean --port/);
    await expectRefusal(
      ['deploy', '--l1', 'http://x.example', '--confg', 'a.json'],
      /unknown option '--confg'[\s\S]*--config/,
    );
    await expectRefusal(['deploy', '--l1', 'http://x.example'], /required option '--config <file>' not specified/);
    await expectRefusal(['devv'], /unknown command 'devv'[\s\S]*Did you mean dev/);
    await expectRefusal(['dev', '--port', 'many'], /--port <port>.*expected an integer from 0 to 65535/);
    await expectRefusal(['dev', '--l1', 'localhost'], /--l1 <url>.*expected an http/);
  });

  it('says which port is in use', async () => {
    const port = await freePort();
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer().listen(port, '127.0.0.1', () => resolve(listening));
    });
    try {
      const dataDir = join(folder.path, 'busy');
      await expectRefusal(['dev', '--port', String(port), '--data-dir', dataDir], /port \d+ is in use.*--port/);
      const l2Port = String(await freePort());
      await expectRefusal(
        ['dev', '--port', l2Port, '--l1-port', String(port), '--data-dir', dataDir],
        /port \d+ is in use.*--l1-port/,
      );
    } finally {
      server.close();
    }
  });

  it('says when the L1 cannot be reached', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const port = String(await freePort());
    await expectRefusal(
      ['dev', '--l1', url, '--port', port, '--data-dir', join(folder.path, 'alone')],
      /the L1 at http:\/\/127.0.0.1:\d+\/? cannot be reached/,
    );
  });

  it('refuses a data directory that holds something else, and a deployment file that is none', async () => {
    const dataDir = join(folder.path, 'foreign');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'thesis.txt'), '');
    await expectRefusal(['dev', '--data-dir', dataDir, '--port', '0'], /holds other files: give an empty --data-dir/);
    const file = join(folder.path, 'deployment.json');
    writeFileSync(file, '{"version":2}');
    await expectRefusal(['verify', '--deployment', file], /is not a deployment file[\s\S]*version/);
    await expectRefusal(['verify', '--deployment', join(folder.path, 'none.json')], /cannot be read/);
  });

  describe('with an L1 that lasts', () => {
    let l1: TestL1;
    before(async () => {
      l1 = await startAnvil();
    });
    after(() => l1.stop());

    it('goes on with the chain in the data directory, notices an L1 that was reset, and begins anew with --reset', async () => {
      const dataDir = join(folder.path, 'lasting');
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const args = ['dev', '--l1', l1.url, '--port', String(port), '--data-dir', dataDir];
      const first = await new TributaryProcess(args).ready();
      await rpc(url, 'evm_mine');
      const { hash } = await rpc<{ hash: string }>(url, 'eth_getBlockByNumber', ['0x1', false]);
      await first.stop();
      expect(existsSync(join(dataDir, 'deployment.json'))).to.equal(true);

      const second = await new TributaryProcess(args).ready();
      expect(second.output).to.contain('continuing the chain');
      const kept = await rpc<{ hash: string }>(url, 'eth_getBlockByNumber', ['0x1', false]);
      expect(kept.hash).to.equal(hash);
      await second.stop();

      await l1.stop();
      l1 = await startAnvil();
      const onResetL1 = ['dev', '--l1', l1.url, '--port', String(port), '--data-dir', dataDir];
      await expectRefusal(onResetL1, /was reset since .*--reset starts a new chain/);
      const third = await new TributaryProcess([...onResetL1, '--reset']).ready();
      expect(Number(await rpc(url, 'eth_blockNumber'))).to.equal(0);
      await third.stop();
    });
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`leaves nothing running after ${signal}`, async () => {
      const [port, l1Port] = [await freePort(), await freePort()];
      const dev = await new TributaryProcess([
        'dev',
        ...['--port', String(port), '--l1-port', String(l1Port), '--data-dir', join(folder.path, signal)],
      ]).ready();
      dev.kill(signal);
      const code = await dev.exitCode();
      if (signal === 'SIGINT') expect(code).to.equal(0);
      await portIsFree(port);
      await portIsFree(l1Port);
    });
  }

  /** A child that outlived its parent would still listen. */
  async function portIsFree(port: number): Promise<void> {
    const deadlineMs = Date.now() + 10_000;
    for (;;) {
      const isFree = await new Promise<boolean>((resolve) => {
        const server = createServer()
          .once('error', () => resolve(false))
          .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
      });
      if (isFree) return;
      if (Date.now() > deadlineMs) throw new Error(`port ${port} is still in use`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});
