import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Contract, ContractFactory, HDNodeWallet, JsonRpcProvider, NonceManager } from 'ethers';
import { createPublicClient, createWalletClient, defineChain, type Hex, http, parseAbiItem } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { type Deployment, parseDeployment } from '../../src/chain/deployment';
import { disputeGameFactoryAbi } from '../../src/l1/bindings/DisputeGameFactory';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { DEV_MNEMONIC } from '../../src/node/dev/devAccounts';
import { freePort } from '../../src/node/freePort';
import { rpc, runTributary, TributaryProcess, temporaryFolder, until } from './tributaryProcess';

const root = join(__dirname, '..', '..');
const token = JSON.parse(
  readFileSync(join(root, 'artifacts/contracts/examples/ExampleToken.sol/ExampleToken.json'), 'utf8'),
);
const ACCOUNT_COUNT = 20;
const TRANSFER_COUNT = 500;

describe('tributary dev, end to end', function () {
  this.timeout(300_000);
  const folder = temporaryFolder();
  const dataDir = join(folder.path, 'dev');
  let dev: TributaryProcess;
  let deployment: Deployment;
  let l1Url: string;
  let l2Url: string;

  before(async () => {
    const [port, l1Port] = [await freePort(), await freePort()];
    dev = await new TributaryProcess([
      'dev',
      ...['--port', String(port), '--l1-port', String(l1Port), '--data-dir', dataDir],
    ]).ready();
    deployment = parseDeployment(JSON.parse(readFileSync(join(dataDir, 'deployment.json'), 'utf8')), 'deployment.json');
    l1Url = deployment.l1.rpcUrl;
    l2Url = deployment.l2.rpcUrl;
  });
  after(async () => {
    await dev.stop();
    folder.remove();
  });

  it('prints accounts, chain ids, URLs and contract addresses, and funds the accounts on both chains', async () => {
    for (const text of ['31337', '31338', l1Url, l2Url, deployment.l2.wsUrl, deployment.l1.contracts.inbox]) {
      expect(dev.output).to.contain(text);
    }
    // Who waits for a window on L1 goes by the clock on the wall.
    const { timestamp } = await rpc<{ timestamp: Hex }>(l1Url, 'eth_getBlockByNumber', ['latest', false]);
    expect(Number(timestamp) - Date.now() / 1000).to.be.lessThan(2);
    const { address } = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 19 });
    expect(dev.output).to.contain(address);
    for (const url of [l1Url, l2Url]) {
      expect(BigInt(await rpc<Hex>(url, 'eth_getBalance', [address, 'latest']))).to.equal(10_000n * 10n ** 18n);
    }
  });

  it('deploys an ERC-20 with ethers and one with viem, and 500 transfers from 20 accounts arrive', async () => {
    const provider = new JsonRpcProvider(l2Url);
    const wallets = Array.from(
      { length: ACCOUNT_COUNT },
      (_, index) =>
        new NonceManager(HDNodeWallet.fromPhrase(DEV_MNEMONIC, '', `m/44'/60'/0'/0/${index}`).connect(provider)),
    );
    const factory = new ContractFactory(token.abi, token.bytecode, wallets[0]);
    const deployed = await factory.deploy(10n ** 24n);
    await deployed.waitForDeployment();
    const viaEthers = deployed as Contract;

    const chain = defineChain({
      id: 31338,
      name: 'Tributary',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [l2Url] } },
    });
    const client = createPublicClient({ chain, transport: http(), pollingInterval: 50 });
    const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 1 });
    const wallet = createWalletClient({ account, chain, transport: http() });
    const hash = await wallet.deployContract({ abi: token.abi, bytecode: token.bytecode, args: [10n ** 24n] });
    const { contractAddress: viaViem } = await client.waitForTransactionReceipt({ hash });
    if (!viaViem) throw new Error('no contract address');
    expect(await client.readContract({ address: viaViem, abi: token.abi, functionName: 'symbol' })).to.equal('EXA');

    for (const to of wallets.slice(1)) {
      await (await viaEthers.transfer(await to.getAddress(), 10n ** 20n)).wait();
    }
    const recipients = Array.from(
      { length: TRANSFER_COUNT },
      (_, i) => `0x${(0xabc0000 + i).toString(16).padStart(40, '0')}`,
    );
    await Promise.all(
      recipients.map(async (recipient, i) => {
        const own = viaEthers.connect(wallets[i % ACCOUNT_COUNT]) as Contract;
        const sent = await own.transfer(recipient, 1_000n + BigInt(i));
        const receipt = await sent.wait();
        expect(receipt?.status).to.equal(1);
      }),
    );
    for (const [i, recipient] of recipients.entries()) {
      expect(await viaEthers.balanceOf(recipient)).to.equal(1_000n + BigInt(i));
    }
    const logs = await client.getLogs({
      address: (await viaEthers.getAddress()) as Hex,
      event: parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)'),
      fromBlock: 0n,
    });
    expect(logs).to.have.length(TRANSFER_COUNT + ACCOUNT_COUNT);
    provider.destroy();
  });

  it('has posted batches and output roots on L1, and a verifier with an empty disk agrees on every block hash', async () => {
    const head = Number(await rpc<Hex>(l2Url, 'eth_blockNumber'));
    await until('all blocks are safe', async () => {
      const safe = await rpc<{ number: Hex }>(l2Url, 'eth_getBlockByNumber', ['safe', false]);
      return Number(safe.number) >= head;
    });
    const l1 = createPublicClient({ transport: http(l1Url) });
    const inbox = { address: deployment.rollup.contracts.inbox as Hex, abi: inboxAbi } as const;
    expect(await l1.readContract({ ...inbox, functionName: 'batchCount' })).to.be.greaterThan(0n);
    const games = {
      address: deployment.rollup.contracts.disputeGameFactory as Hex,
      abi: disputeGameFactoryAbi,
    } as const;
    await until('an output root is on L1', async () => {
      return (await l1.readContract({ ...games, functionName: 'gameCount' })) > 0n;
    });

    const verifier = await new TributaryProcess([
      'node',
      ...['--roles', 'verifier', '--deployment', join(dataDir, 'deployment.json'), '--l1', l1Url],
      ...['--data-dir', join(folder.path, 'verifier'), '--port', '0', '--l1-poll-interval-ms', '100'],
    ]).ready();
    try {
      const verifierUrl = /http:\/\/\S+/.exec(verifier.output.slice(verifier.output.indexOf('ready')))?.[0] ?? '';
      await until(
        'the verifier is there',
        async () => Number(await rpc<Hex>(verifierUrl, 'eth_blockNumber')) >= head,
        120_000,
      );
      for (let number = 0; number <= head; number++) {
        const parameters = [`0x${number.toString(16)}`, false];
        const ours = await rpc<{ hash: Hex }>(l2Url, 'eth_getBlockByNumber', parameters);
        const theirs = await rpc<{ hash: Hex }>(verifierUrl, 'eth_getBlockByNumber', parameters);
        expect(theirs.hash, `block ${number}`).to.equal(ours.hash);
      }
    } finally {
      await verifier.stop();
    }
  });

  it('is verified by one command, which names the head it agrees on', async () => {
    const { code, output } = await runTributary([
      'verify',
      ...['--l1', l1Url, '--deployment', join(dataDir, 'deployment.json'), '--json'],
    ]);
    expect(code, output).to.equal(0);
    const result = JSON.parse(output);
    const block = await rpc<{ hash: Hex }>(l2Url, 'eth_getBlockByNumber', [
      `0x${result.blockNumber.toString(16)}`,
      false,
    ]);
    expect(result.blockHash).to.equal(block.hash);
    expect(result.blockNumber).to.be.greaterThan(0);
    expect(result.outputClaimsChecked).to.be.greaterThan(0);
  });

  it('serves `hardhat run --network`', () => {
    const env: NodeJS.ProcessEnv = { ...process.env, TRIBUTARY_RPC_URL: l2Url };
    for (const name of Object.keys(env)) if (name.startsWith('HARDHAT_')) delete env[name];
    const result = spawnSync(
      join(root, 'node_modules/.bin/hardhat'),
      ['run', '--no-compile', '--network', 'tributary', 'scripts/deployExampleToken.ts'],
      { cwd: root, env, encoding: 'utf8' },
    );
    expect(result.status, result.stdout + result.stderr).to.equal(0);
    expect(result.stdout).to.match(/ExampleToken at 0x[0-9a-fA-F]{40}/);
  });
});
