import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFixture, takeSnapshot } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import hre, { ethers } from 'hardhat';
import { type Address, createWalletClient, custom, type EIP1193RequestFn, type Hex } from 'viem';
import { hardhat } from 'viem/chains';
import { hasErrorCode } from '../../../src/core/errors';
import type { DeployerClient } from '../../../src/l1/deployment/applyPlan';
import { fullContractsConfig } from '../../../src/l1/deployment/contractsConfig';
import { FileJournal, MemoryJournal } from '../../../src/l1/deployment/deploymentJournal';
import { checkDeployment, deployRollup } from '../../../src/l1/deployment/deployRollup';
import { estimatePlan } from '../../../src/l1/deployment/estimatePlan';
import { planContracts } from '../../../src/l1/deployment/planContracts';
import {
  contractsConfigOf,
  deploymentSalt,
  parseRollupFile,
  type RollupFile,
} from '../../../src/l1/deployment/rollupFile';
import { compiledArtifact, impersonated, viemClients } from '../../contracts/deploySystem';
import { contractAt } from '../../contracts/testContract';

const EXAMPLE = JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'docs', 'rollup.example.json'), 'utf8'));
const L1_URL = 'http://127.0.0.1:8545/a-key-nobody-may-see';
const shared = { l1Url: L1_URL, loadArtifact: compiledArtifact };

function exampleFile(overrides: Record<string, unknown> = {}): RollupFile {
  return parseRollupFile({ ...EXAMPLE, ...overrides }, 'the example');
}

async function deployedRollup() {
  const clients = await viemClients();
  const file = exampleFile();
  const deployment = await deployRollup({ ...clients, ...shared, file });
  return { ...clients, file, deployment };
}

/** A wallet whose connection breaks at the n-th transaction: before it is sent, or before its hash arrives. */
async function brokenWallet(transactionNumber: number, when: 'before' | 'after'): Promise<DeployerClient> {
  const [deployer] = await ethers.getSigners();
  let sent = 0;
  const request = (async (call: { method: string; params?: unknown }) => {
    const isSend = call.method === 'eth_sendTransaction' && ++sent === transactionNumber;
    if (isSend && when === 'before') throw new Error('the connection broke');
    const answer = await hre.network.provider.send(call.method, call.params as unknown[]);
    if (isSend) throw new Error('the connection broke');
    return answer;
  }) as EIP1193RequestFn;
  return createWalletClient({
    chain: hardhat,
    transport: custom({ request }, { retryCount: 0 }),
    account: deployer.address as Address,
  });
}

describe('deployRollup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-deploy-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('gives a deployment that names all contracts, begins before the Portal, and shows no key of a URL', async () => {
    const { deployment, publicClient, file } = await loadFixture(deployedRollup);
    expect(deployment.l1.rpcUrl).to.equal('http://127.0.0.1:8545');
    expect(deployment.rollup.contracts.portal).to.equal(deployment.l1.contracts.portal);
    expect(deployment.rollup).to.include({ l2ChainId: file.l2ChainId, sequencingWindowL1Blocks: 3600 });
    expect(deployment.rollup.genesis.l2Hash).to.match(/^0x[0-9a-f]{64}$/);
    const address = deployment.l1.contracts.portal as Address;
    const { l1Number } = deployment.rollup.genesis;
    expect(await publicClient.getCode({ address, blockNumber: BigInt(l1Number) })).to.equal(undefined);
    expect(await publicClient.getCode({ address, blockNumber: BigInt(l1Number + 1) })).not.to.equal(undefined);
  });

  for (const when of ['before', 'after'] as const) {
    it(`goes on after an interruption ${when} any transaction, sends nothing twice, and ends the same`, async () => {
      const clients = await viemClients();
      const [deployer] = await ethers.getSigners();
      const file = exampleFile({ l2ChainId: 9 });
      const start = await takeSnapshot();
      const firstNonce = await deployer.getNonce();
      const whole = await deployRollup({ ...clients, ...shared, file });
      const transactionCount = (await deployer.getNonce()) - firstNonce;
      await start.restore();
      expect(transactionCount).to.be.at.least(16);
      for (let number = 1; number <= transactionCount; number++) {
        const snapshot = await takeSnapshot();
        const journal = new FileJournal(join(folder, `${when}-${number}.journal`));
        const walletClient = await brokenWallet(number, when);
        const error = await deployRollup({ ...clients, walletClient, ...shared, file, journal }).catch(
          (thrown) => thrown,
        );
        expect(hasErrorCode(error, 'L1.DeploymentFailed'), String(error)).to.equal(true);
        expect(error.message).to.include('run it again');

        const deployment = await deployRollup({ ...clients, ...shared, file, journal });
        expect(deployment.l1).to.deep.equal(whole.l1);
        expect((await deployer.getNonce()) - firstNonce, `broken ${when} transaction ${number}`).to.equal(
          transactionCount,
        );
        await snapshot.restore();
      }
    }).timeout(120_000);
  }

  it('finds everything on chain when the journal is lost, and gives the same deployment', async () => {
    const { deployment, file, ...clients } = await loadFixture(deployedRollup);
    const [deployer] = await ethers.getSigners();
    const nonce = await deployer.getNonce();
    const found: (Hex | undefined)[] = [];
    const again = await deployRollup({
      ...clients,
      ...shared,
      file,
      onProgress: ({ transactionHash }) => found.push(transactionHash),
    });
    expect(again).to.deep.equal(deployment);
    expect(await deployer.getNonce()).to.equal(nonce);
    expect(new Set(found)).to.deep.equal(new Set([undefined]));
  });

  it('refuses to go on with another config than it began with', async () => {
    const clients = await viemClients();
    const journal = new MemoryJournal();
    await deployRollup({ ...clients, ...shared, file: exampleFile({ l2ChainId: 12 }), journal });
    const contracts = { ...EXAMPLE.contracts, silencePeriodSeconds: 7 };
    const error = await deployRollup({
      ...clients,
      ...shared,
      file: exampleFile({ l2ChainId: 12, contracts }),
      journal,
    }).catch((thrown) => thrown);
    expect(hasErrorCode(error, 'L1.DeploymentConfigChanged'), String(error)).to.equal(true);
  });

  it('takes another config while nothing was sent', async () => {
    const { publicClient, walletClient } = await loadFixture(deployedRollup);
    const journal = new MemoryJournal();
    const broken = await brokenWallet(1, 'before');
    const options = { publicClient, ...shared, journal };
    const error = await deployRollup({ ...options, walletClient: broken, file: exampleFile({ l2ChainId: 10 }) }).catch(
      (thrown) => thrown,
    );
    expect(hasErrorCode(error, 'L1.DeploymentFailed'), String(error)).to.equal(true);
    const file = exampleFile({ l2ChainId: 11 });
    expect((await deployRollup({ ...options, walletClient, file })).rollup.l2ChainId).to.equal(11);
  });

  it('refuses another L1 than the file is for', async () => {
    const file = exampleFile({ l1ChainId: 5 });
    const error = await deployRollup({ ...(await viemClients()), ...shared, file }).catch((thrown) => thrown);
    expect(hasErrorCode(error, 'L1.WrongChain'), String(error)).to.equal(true);
  });

  it('puts chains with other ids or salts elsewhere', async () => {
    const { deployment, publicClient, walletClient } = await loadFixture(deployedRollup);
    for (const overrides of [{ l2ChainId: 7 }, { salt: `0x${'01'.repeat(32)}` }]) {
      const other = await deployRollup({ publicClient, walletClient, ...shared, file: exampleFile(overrides) });
      expect(other.l1.contracts.inbox).not.to.equal(deployment.l1.contracts.inbox);
    }
  });

  it('estimates what a deployment costs: enough, and not twice as much', async () => {
    const { publicClient, file, deployment } = await loadFixture(deployedRollup);
    const [deployer] = await ethers.getSigners();
    const factory = deployment.l1.contracts.create2Factory as Address;
    const salt = deploymentSalt(exampleFile({ l2ChainId: 8 }));
    const config = fullContractsConfig(contractsConfigOf(file));
    const plan = planContracts({ config, factory, salt, loadArtifact: compiledArtifact });
    const estimated = (await estimatePlan(publicClient, plan)).reduce((sum, { gas }) => sum + gas, 0n);
    const firstNonce = await deployer.getNonce();
    const firstBlock = await ethers.provider.getBlockNumber();
    await deployRollup({ ...(await viemClients()), ...shared, file: exampleFile({ l2ChainId: 8 }) });
    let used = 0n;
    for (let at = firstBlock + 1; at <= (await ethers.provider.getBlockNumber()); at++) {
      used += (await publicClient.getBlock({ blockNumber: BigInt(at) })).gasUsed;
    }
    expect((await deployer.getNonce()) - firstNonce).to.equal(plan.steps.length);
    expect(Number(estimated) / Number(used)).to.be.within(1, 1.25);
    const after = await estimatePlan(publicClient, plan);
    expect(after.every(({ gas }) => gas === 0n)).to.equal(true);
  });
});

describe('checkDeployment', () => {
  const check = ({ publicClient, file, deployment }: Awaited<ReturnType<typeof deployedRollup>>) =>
    checkDeployment(publicClient, file, deployment, compiledArtifact);

  it('finds nothing right after the deployment', async () => {
    expect(await check(await loadFixture(deployedRollup))).to.deep.equal([]);
  });

  it('names a parameter that governance has changed since', async () => {
    const system = await loadFixture(deployedRollup);
    const { contracts } = system.deployment.l1;
    const sequencerSet = await contractAt('SequencerSet', contracts.sequencerSet);
    const [, , , , stranger] = await ethers.getSigners();
    await sequencerSet.connect(await impersonated(contracts.timelock)).setSequencer(stranger);
    expect(await check(system)).to.deep.equal([
      { what: 'sequencerSet.sequencer', expected: system.file.contracts.sequencer, got: stranger.address },
    ]);
  });

  it('names an implementation that was replaced', async () => {
    const system = await loadFixture(deployedRollup);
    const { contracts } = system.deployment.l1;
    const admin = await contractAt('ProxyAdmin', contracts.portalProxyAdmin);
    const other = contracts.inboxImplementation;
    await admin.connect(await impersonated(contracts.timelock)).upgradeAndCall(contracts.portal, other, '0x');
    const differences = await check(system);
    expect(differences[0]).to.deep.include({ what: 'portal implementation slot' });
    expect(differences[0].got.toLowerCase()).to.equal(other.toLowerCase());
  });

  it('names code that is not what was compiled, whatever the immutables', async () => {
    const system = await loadFixture(deployedRollup);
    const address = system.deployment.l1.contracts.outputClaimGame as Address;
    const code = (await system.publicClient.getCode({ address })) ?? '0x';
    await hre.network.provider.send('hardhat_setCode', [address, `${code.slice(0, -2)}00`]);
    expect((await check(system)).map(({ what }) => what)).to.deep.equal(['outputClaimGame code']);
  });

  it('names a role that was granted', async () => {
    const system = await loadFixture(deployedRollup);
    const { timelock } = system.deployment.l1.contracts;
    const contract = await contractAt('Timelock', timelock);
    const { sequencer } = system.file.contracts;
    await contract.connect(await impersonated(timelock)).grantRole(await contract.PROPOSER_ROLE(), sequencer);
    expect((await check(system)).map(({ what }) => what)).to.deep.equal([`timelock proposer ${sequencer}`]);
  });

  it('names what was changed in the rollup file, at the addresses in use', async () => {
    const system = await loadFixture(deployedRollup);
    const contracts = { ...EXAMPLE.contracts, silencePeriodSeconds: 7 };
    const file = exampleFile({ contracts, chain: { ...EXAMPLE.chain, gasLimit: 40_000_000 } });
    const whats = (await check({ ...system, file })).map(({ what }) => what);
    expect(whats).to.include.members(['deployment file, rollup.gasLimit', 'inbox.silencePeriodSeconds']);
    expect(whats).not.to.include('inbox code');
  });

  it('names another L1 with the same chain id: genesis is not there', async () => {
    const system = await loadFixture(deployedRollup);
    const { rollup } = system.deployment;
    const genesis = { ...rollup.genesis, l1Hash: `0x${'ab'.repeat(32)}` };
    const deployment = { ...system.deployment, rollup: { ...rollup, genesis } };
    const whats = (await check({ ...system, deployment })).map(({ what }) => what);
    expect(whats).to.include('deployment file, rollup.genesis.l1Hash');
  });
});

describe('parseRollupFile', () => {
  it('names each wrong field and one that does not exist', () => {
    const wrong = { ...EXAMPLE, l2ChainId: 0, contracts: { ...EXAMPLE.contracts, guardian: '0x12', gaurdian: '0x' } };
    expect(() => parseRollupFile(wrong, 'wrong.json'))
      .to.throw(/wrong.json does not describe a rollup/)
      .with.property('message')
      .that.matches(/l2ChainId: .*contracts.guardian: expected an address.*"gaurdian"/s);
  });
});

describe('FileJournal', () => {
  it('is not read when it is garbage, and is written whole', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'tributary-journal-')), 'd.journal');
    const journal = new FileJournal(path);
    expect(journal.read()).to.equal(undefined);
    journal.write({ version: 1, l1ChainId: 1, factory: '0x01', salt: '0x02', planHash: '0x03', steps: {} });
    expect(journal.read()?.planHash).to.equal('0x03');
    expect(existsSync(`${path}.new`)).to.equal(false);
    writeFileSync(path, '{"version": 1, "steps"');
    expect(() => journal.read()).to.throw(/is not a journal of a deployment/);
  });
});
