import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/signers';
import { impersonateAccount, setBalance } from '@nomicfoundation/hardhat-network-helpers';
import hre, { ethers } from 'hardhat';
import { type Address, createPublicClient, createWalletClient, custom } from 'viem';
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
/** Runs of the timelock wait this long. */
export const TIMELOCK_DELAY_SECONDS = 3600;

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
export async function deploySystem(overrides: Partial<ContractsConfig> = {}) {
  const [deployer, sequencer, guardian, proposer, stranger, other] = await ethers.getSigners();
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
    timelockSigner: await impersonated(contracts.timelock),
    inbox: await contractAt('Inbox', contracts.inbox),
    portal: await contractAt('Portal', contracts.portal),
    factory: await contractAt('DisputeGameFactory', contracts.disputeGameFactory),
    messenger: await contractAt('L1CrossDomainMessenger', contracts.l1CrossDomainMessenger),
    bridge: await contractAt('L1StandardBridge', contracts.l1StandardBridge),
    registry: await contractAt('AnchorStateRegistry', contracts.anchorStateRegistry),
    systemConfig: await contractAt('SystemConfig', contracts.systemConfig),
    gameImplementation: await contractAt('OutputClaimGame', contracts.outputClaimGame),
    timelock: await contractAt('Timelock', contracts.timelock),
  };
}

/** A signer for an account without a key, with ETH for gas. */
export async function impersonated(address: string): Promise<HardhatEthersSigner> {
  await impersonateAccount(address);
  await setBalance(address, ethers.parseEther('100'));
  return ethers.getSigner(address);
}
