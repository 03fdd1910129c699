import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/signers';
import { impersonateAccount, setBalance } from '@nomicfoundation/hardhat-network-helpers';
import hre, { ethers } from 'hardhat';
import { type Address, createPublicClient, createWalletClient, custom, type Hex } from 'viem';
import { hardhat } from 'viem/chains';
import { BOUND_CONTRACTS, type BoundContract, readCompilerArtifact } from '../../scripts/generateBindings';
import type { ContractArtifact } from '../../src/l1/contractArtifacts';
import type { ContractsConfig } from '../../src/l1/deployment/contractsConfig';
import { deployContracts } from '../../src/l1/deployment/deployContracts';
import { contractAt } from './testContract';

export const CHALLENGE_WINDOW_SECONDS = 600;
export const PROOF_MATURITY_SECONDS = 1000;
export const GAME_FINALITY_SECONDS = 300;
export const PAUSE_SECONDS = 2000;
export const SILENCE_SECONDS = 900;
export const BOND_WEI = ethers.parseEther('0.5');
export const MAX_DEPOSIT_GAS = 20_000_000n;
/** Parameter changes wait this long in the timelock. */
export const TIMELOCK_DELAY_SECONDS = 3600;
export const MODULE_DELAY_SECONDS = 7200;
export const GOVERNANCE_DELAY_SECONDS = 14_400;
export const VOTING = {
  delaySeconds: 60,
  periodSeconds: 600,
  lateQuorumExtensionSeconds: 120,
  proposalThreshold: 10n,
  quorumPercent: { parameter: 10, module: 30, governance: 50 },
};
export const WINDOWS = {
  exitSeconds: { parameter: 2000, module: 3000, governance: 4000 },
  shadowSeconds: 500,
  canarySeconds: 1500,
  finalitySeconds: 800,
  rollBackHoldSeconds: 2500,
  livenessGapSeconds: 700,
  lapseSeconds: 10_000,
};
export const SHADOW = { rangeBlocks: 10, rangeCount: 2 };
export const ATTESTER_BOND_WEI = ethers.parseEther('1');
export const UNBOND_SECONDS = 5000;
/** Wei that a proposal's voters share. */
export const REWARD_WEI = ethers.parseEther('0.3');
/** Hash of the kernel that rules from genesis on. */
export const GENESIS_ARTIFACT_HASH: Hex = `0x${'a0'.repeat(32)}`;

/** The compiler's output, so that a test never runs yesterday's `dist/`. */
export function compiledArtifact(contractName: string): ContractArtifact {
  if (!(contractName in BOUND_CONTRACTS)) throw new TypeError(`no such contract: ${contractName}`);
  const artifact = readCompilerArtifact(contractName as BoundContract);
  return { contractName, ...artifact } as ContractArtifact;
}

/** viem clients over Hardhat's in-process network; the wallet is the first account. */
export async function viemClients() {
  const transport = custom(hre.network.provider);
  const [deployer] = await ethers.getSigners();
  return {
    publicClient: createPublicClient({ chain: hardhat, transport, pollingInterval: 10, cacheTime: 0 }),
    walletClient: createWalletClient({ chain: hardhat, transport, account: deployer.address as Address }),
  };
}

/** Everything as `deployContracts` deploys it, as ethers contracts, with the accounts that have a part. */
export async function deploySystem(
  overrides: Partial<ContractsConfig> = {},
  governance: ContractsConfig['governance'] = {},
) {
  const [deployer, sequencer, guardian, proposer, stranger, other, ...more] = await ethers.getSigners();
  const [voters, attesters] = [more.slice(0, 3), more.slice(3, 6)];
  const config: ContractsConfig = {
    sequencer: sequencer.address as Address,
    guardian: guardian.address as Address,
    timelock: { minDelaySeconds: TIMELOCK_DELAY_SECONDS, proposers: [proposer.address as Address] },
    challengeWindowSeconds: CHALLENGE_WINDOW_SECONDS,
    initBondWei: BOND_WEI,
    maxDepositGasPerL1Block: MAX_DEPOSIT_GAS,
    proofMaturityDelaySeconds: PROOF_MATURITY_SECONDS,
    gameFinalityDelaySeconds: GAME_FINALITY_SECONDS,
    pauseDurationSeconds: PAUSE_SECONDS,
    silencePeriodSeconds: SILENCE_SECONDS,
    governance: {
      // Half, 30 % and 20 %.
      token: {
        allocations: voters.map((voter, i) => ({ account: voter.address as Address, amount: [500n, 300n, 200n][i] })),
      },
      voting: VOTING,
      delaySeconds: { module: MODULE_DELAY_SECONDS, governance: GOVERNANCE_DELAY_SECONDS },
      windows: WINDOWS,
      shadow: SHADOW,
      attesters: {
        accounts: attesters.map(({ address }) => address as Address),
        bondWei: ATTESTER_BOND_WEI,
        unbondSeconds: UNBOND_SECONDS,
      },
      rewards: {
        perProposalWei: REWARD_WEI,
        perPeriodWei: 2n * REWARD_WEI,
        periodSeconds: 10_000_000_000,
        claimSeconds: 50_000,
      },
      execution: { artifactHash: GENESIS_ARTIFACT_HASH, abi: 1 },
      ...governance,
    },
    ...overrides,
  };
  const deployment = await deployContracts({ ...(await viemClients()), config, loadArtifact: compiledArtifact });
  const { contracts } = deployment;
  return {
    deployment,
    config,
    deployer,
    sequencer,
    guardian,
    proposer,
    stranger,
    other,
    voters,
    attesters,
    timelockSigner: await impersonated(contracts.timelock),
    inbox: await contractAt('Inbox', contracts.inbox),
    sequencerSet: await contractAt('SequencerSet', contracts.sequencerSet),
    portal: await contractAt('Portal', contracts.portal),
    factory: await contractAt('DisputeGameFactory', contracts.disputeGameFactory),
    messenger: await contractAt('L1CrossDomainMessenger', contracts.l1CrossDomainMessenger),
    bridge: await contractAt('L1StandardBridge', contracts.l1StandardBridge),
    registry: await contractAt('AnchorStateRegistry', contracts.anchorStateRegistry),
    systemConfig: await contractAt('SystemConfig', contracts.systemConfig),
    gameImplementation: await contractAt('OutputClaimGame', contracts.outputClaimGame),
    timelock: await contractAt('Timelock', contracts.timelock),
    governor: await contractAt('TributaryGovernor', contracts.governor),
    token: await contractAt('GovernanceToken', contracts.governanceToken),
    modules: await contractAt('ModuleRegistry', contracts.moduleRegistry),
    executor: await contractAt('ModuleExecutor', contracts.moduleExecutor),
    attesterSet: await contractAt('AttesterSet', contracts.attesterSet),
    artifactStore: await contractAt('ArtifactStore', contracts.artifactStore),
    rewards: await contractAt('VotingRewards', contracts.votingRewards),
    splitter: await contractAt('FeeSplitter', contracts.feeSplitter),
  };
}

/** A signer for an account without a key, with ETH for gas. */
export async function impersonated(address: string): Promise<HardhatEthersSigner> {
  await impersonateAccount(address);
  await setBalance(address, ethers.parseEther('100'));
  return ethers.getSigner(address);
}
