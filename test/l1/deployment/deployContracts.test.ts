import { loadFixture } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import hre, { ethers } from 'hardhat';
import { type Address, createWalletClient, custom, zeroAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { hardhat } from 'viem/chains';
import { hasErrorCode } from '../../../src/core/errors';
import type { ContractArtifact } from '../../../src/l1/contractArtifacts';
import type { DeployProgress } from '../../../src/l1/deployment/applyPlan';
import { OUTPUT_CLAIM_GAME_TYPE } from '../../../src/l1/deployment/contractsConfig';
import { deployContracts } from '../../../src/l1/deployment/deployContracts';
import { BOND_WEI, compiledArtifact, deploySystem, MAX_DEPOSIT_GAS, viemClients } from '../../contracts/deploySystem';

describe('deployContracts', () => {
  it('wires the contracts together with the values of the config', async () => {
    const { config, deployment, inbox, portal, factory, systemConfig, gameImplementation } =
      await loadFixture(deploySystem);
    const { contracts } = deployment;
    expect(await inbox.sequencer()).to.equal(config.sequencer);
    expect(await portal.disputeGameFactory()).to.equal(ethers.getAddress(contracts.disputeGameFactory));
    expect(await portal.systemConfig()).to.equal(ethers.getAddress(contracts.systemConfig));
    expect(await portal.respectedGameType()).to.equal(OUTPUT_CLAIM_GAME_TYPE);
    expect(await portal.guardian()).to.equal(config.guardian);
    expect(await systemConfig.maxDepositGasPerL1Block()).to.equal(MAX_DEPOSIT_GAS);
    expect(await factory.gameImpls(OUTPUT_CLAIM_GAME_TYPE)).to.equal(ethers.getAddress(contracts.outputClaimGame));
    expect(await factory.initBonds(OUTPUT_CLAIM_GAME_TYPE)).to.equal(BOND_WEI);
    expect(await gameImplementation.disputedBondRecipient()).to.equal(ethers.getAddress(contracts.timelock));
  });

  it('reports every step and the L1 block of the last, the Portal', async () => {
    const { sequencer, guardian, proposer } = await loadFixture(deploySystem);
    const before = await ethers.provider.getBlockNumber();
    const steps: DeployProgress[] = [];
    const { openedAtL1Block } = await deployContracts({
      ...(await viemClients()),
      config: {
        sequencer: sequencer.address as Address,
        guardian: guardian.address as Address,
        timelock: { minDelaySeconds: 0, proposers: [proposer.address as Address] },
        challengeWindowSeconds: 1,
        initBondWei: 0n,
      },
      onProgress: (progress) => steps.push(progress),
      loadArtifact: compiledArtifact,
    });
    expect(openedAtL1Block).to.equal(before + steps.length);
    expect(steps.map(({ step }) => step)).to.deep.equal([...steps.keys()]);
    expect(steps.every(({ stepCount }) => stepCount === steps.length)).to.equal(true);
    expect(steps.map(({ name }) => name)).to.deep.equal([
      'governanceToken',
      'timelock',
      'moduleRegistryImplementation',
      'moduleRegistry',
      'moduleExecutor',
      'artifactStore',
      'systemConfigImplementation',
      'systemConfig',
      'outputClaimGame',
      'disputeGameFactoryImplementation',
      'disputeGameFactory',
      'anchorStateRegistryImplementation',
      'anchorStateRegistry',
      'sequencerSetImplementation',
      'sequencerSet',
      'inboxImplementation',
      'inbox',
      'attesterSetImplementation',
      'attesterSet',
      'votingRewardsImplementation',
      'votingRewards',
      'moduleRegistryStart',
      'feeSplitterImplementation',
      'feeSplitter',
      'l1CrossDomainMessengerImplementation',
      'l1CrossDomainMessenger',
      'l1StandardBridgeImplementation',
      'l1StandardBridge',
      'portalImplementation',
      'portal',
    ]);
  });

  it('says which contract failed when the deployer has no money, and nothing after it is sent', async () => {
    const { config } = await loadFixture(deploySystem);
    const { publicClient } = await viemClients();
    const walletClient = createWalletClient({
      chain: hardhat,
      transport: custom(hre.network.provider),
      account: privateKeyToAccount(`0x${'5'.repeat(64)}`),
    });
    const error = await deployContracts({
      publicClient,
      walletClient,
      config,
      loadArtifact: compiledArtifact,
    }).catch((thrown) => thrown);
    expect(hasErrorCode(error, 'L1.DeploymentFailed'), String(error)).to.equal(true);
    expect(error.message).to.include('the CREATE2 factory could not be deployed');
  });

  const violations = { Timelock: 'LeakyTimelock', Inbox: 'LeakyInbox' };
  for (const [name, leaky] of Object.entries(violations)) {
    it(`notices a ${leaky} in the place of the ${name}`, async () => {
      const { config } = await loadFixture(deploySystem);
      const { abi, bytecode, deployedBytecode } = await hre.artifacts.readArtifact(leaky);
      const planted = { contractName: name, abi, bytecode, deployedBytecode } as ContractArtifact;
      const error = await deployContracts({
        ...(await viemClients()),
        config,
        loadArtifact: (wanted) => (wanted === name ? planted : compiledArtifact(wanted)),
      }).catch((thrown) => thrown);
      expect(hasErrorCode(error, 'L1.DeploymentNotSafe'), String(error)).to.equal(true);
    });
  }

  const invalid = {
    'a zero sequencer': { sequencer: zeroAddress },
    'a zero guardian': { guardian: zeroAddress },
    'a governance delay shorter than an exit window': { governance: { delaySeconds: { module: 1, governance: 1 } } },
    'exit windows that do not ascend': {
      governance: { windows: { exitSeconds: { parameter: 2, module: 1, governance: 3 } } },
    },
    'a quorum of attesters that is no majority': { governance: { attesters: { quorumBasisPoints: 5_000 } } },
    'a fractional delay': { timelock: { minDelaySeconds: 0.5, proposers: [zeroAddress] } },
    'no challenge window': { challengeWindowSeconds: 0 },
    'a negative bond': { initBondWei: -1n },
    'a sequencer that is no address': { sequencer: '0x1234' as Address },
    'a zero proposer': { timelock: { minDelaySeconds: 0, proposers: [zeroAddress] } },
    'a zero recipient of bonds': { disputedBondRecipient: zeroAddress },
    'a pause longer than governance may set': { pauseDurationSeconds: 14 * 24 * 3600 + 1 },
    'a negative proof delay': { proofMaturityDelaySeconds: -1 },
    'a game delay of more than a year': { gameFinalityDelaySeconds: 366 * 24 * 3600 },
    'a limit of deposit gas that closes the forced path': { maxDepositGasPerL1Block: 999_999n },
  };
  for (const [what, overrides] of Object.entries(invalid)) {
    it(`refuses ${what} before it sends anything`, async () => {
      const [deployer] = await ethers.getSigners();
      const nonce = await deployer.getNonce();
      const error = await deploySystem(overrides as Parameters<typeof deploySystem>[0]).catch((thrown) => thrown);
      expect(hasErrorCode(error, 'L1.InvalidContractsConfig'), String(error)).to.equal(true);
      expect(await deployer.getNonce()).to.equal(nonce);
    });
  }
});
