import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { encryptKeystoreJson } from 'ethers';
import { parseEther, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { startAnvil, type TestL1 } from '../l1/startL1';
import { rpc, TributaryProcess, temporaryFolder, until } from './tributaryProcess';

const EXAMPLE = join(__dirname, '..', '..', 'docs', 'rollup.example.json');

describe('tributary deploy', function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  const path = (name: string) => join(folder.path, name);
  const key = generatePrivateKey();
  const deployer = privateKeyToAccount(key).address;
  let l1: TestL1;

  before(async () => {
    copyFileSync(EXAMPLE, path('rollup.json'));
    writeFileSync(path('password'), 'a long password\n');
    const account = { address: deployer, privateKey: key };
    const keystore = await encryptKeystoreJson(account, 'a long password', { scrypt: { N: 1024 } });
    writeFileSync(path('deployer.json'), keystore);
    l1 = await startAnvil();
    await rpc(l1.url, 'anvil_setBalance', [deployer, toHex(parseEther('10'))]);
  });
  after(async () => {
    await l1.stop();
    folder.remove();
  });

  const start = (args: string[], environment: NodeJS.ProcessEnv = {}) =>
    new TributaryProcess(
      ['deploy', '--l1', l1.url, '--config', path('rollup.json'), '--out', path('deployment.json'), ...args],
      environment,
    );
  const run = async (args: string[], environment?: NodeJS.ProcessEnv) => {
    const deploying = start(args, environment);
    const code = await deploying.exitCode();
    return { code, output: deploying.output };
  };
  const keystore = ['--keystore', path('deployer.json'), '--password-file', path('password')];
  const nonce = async () => Number(await rpc(l1.url, 'eth_getTransactionCount', [deployer, 'latest']));

  it('says in a dry run where everything will be and what it costs, and sends nothing', async () => {
    const { code, output } = await run(['--dry-run', ...keystore]);
    expect(code, output).to.equal(0);
    expect(output).to.match(/^portal +0x[0-9a-fA-F]{40} \d+ gas$/m);
    expect(output).to.match(/steps, at most about \d+ gas: [\d.]+ ETH at [\d.]+ gwei/);
    expect(output).to.match(new RegExp(`the deployer ${deployer} has 10 ETH: enough`));
    expect(await nonce()).to.equal(0);
    expect(existsSync(path('deployment.json'))).to.equal(false);
  });

  it('says what is missing: a key, a password, ETH', async () => {
    expect((await run([])).output).to.include('set TRIBUTARY_DEPLOYER_KEY or give --keystore');
    expect((await run(keystore.slice(0, 2))).output).to.include('TRIBUTARY_KEYSTORE_PASSWORD');
    const poor = await run([], { TRIBUTARY_DEPLOYER_KEY: generatePrivateKey() });
    expect(poor.code).to.equal(1);
    expect(poor.output)
      .to.match(/step: 1 of \d+/)
      .and.to.include('run it again');
  });

  it('goes on after it was killed, with nothing deployed twice and no secret in its output', async () => {
    // Mined by hand, so that it can be killed with a transaction on its way.
    await rpc(l1.url, 'evm_setAutomine', [false]);
    const killed = start(keystore);
    for (let step = 1; step <= 5; step++) {
      await until(`transaction ${step} waits`, async () => (await pendingNonce()) === step);
      if (step < 5) await rpc(l1.url, 'evm_mine');
    }
    killed.kill('SIGKILL');
    await killed.exitCode();
    expect(existsSync(path('deployment.json'))).to.equal(false);
    await rpc(l1.url, 'evm_mine');
    await rpc(l1.url, 'evm_setAutomine', [true]);

    const { code, output } = await run(['--confirmations', '0', ...keystore]);
    expect(code, output).to.equal(0);
    const lines = output.split('\n').filter((line) => /^\[\d+\/\d+\]/.test(line));
    expect(lines.filter((line) => line.endsWith('was there already'))).to.have.length(5);
    expect(await nonce()).to.equal(lines.length);
    expect(output + killed.output)
      .to.not.include(key.slice(2))
      .and.not.include('a long password');
  });

  it('checks on the next run, without a key, and finds what was changed on chain or in the file', async () => {
    const same = await run([]);
    expect(same.output).to.include('what is on chain is what');
    expect(same.code, same.output).to.equal(0);

    const deployment = JSON.parse(readFileSync(path('deployment.json'), 'utf8'));
    const { systemConfig } = deployment.l1.contracts;
    // Slot 0 of SystemConfig is the guardian, with the respected game type above it.
    const [word] = [await rpc<string>(l1.url, 'eth_getStorageAt', [systemConfig, '0x0', 'latest'])];
    await rpc(l1.url, 'anvil_setStorageAt', [systemConfig, `0x${'0'.repeat(64)}`, `${word.slice(0, -4)}beef`]);
    const rollup = JSON.parse(readFileSync(path('rollup.json'), 'utf8'));
    rollup.chain.sequencingWindowL1Blocks = 7_200;
    writeFileSync(path('rollup.json'), JSON.stringify(rollup));
    const { code, output } = await run([]);
    expect(code).to.equal(1);
    expect(output).to.match(/DIFFERENT systemConfig.guardian: expected 0x3C44.*, got 0x3C44.*beef/i);
    expect(output).to.match(/DIFFERENT deployment file, rollup.sequencingWindowL1Blocks: expected 7200, got 3600/);
  });

  function pendingNonce(): Promise<number> {
    return rpc<string>(l1.url, 'eth_getTransactionCount', [deployer, 'pending']).then(Number);
  }
});
