import { randomBytes } from 'node:crypto';
import { type Address, getContractAddress, type Hex, type PublicClient, toHex } from 'viem';
import { assert } from '../../core/assert';
import { errorMessage, TributaryError } from '../../core/errors';
import { type LoadContractArtifact, loadContractArtifact } from '../contractArtifacts';
import { applyPlan, type DeployerClient, type DeployProgress } from './applyPlan';
import { checkPlan, type DeploymentDifference } from './checkPlan';
import { type ContractsConfig, fullContractsConfig } from './contractsConfig';
import { CREATE2_FACTORY_ADDRESS, CREATE2_FACTORY_INIT_CODE, isCreate2Factory } from './create2Factory';
import { type DeploymentJournal, MemoryJournal } from './deploymentJournal';
import type { DeploymentPlan } from './deploymentPlan';
import { planContracts } from './planContracts';

/** Addresses that the node calls, and those behind them, by name; further ones as the plan has them. */
export type DeployedContracts = Record<
  | 'inbox'
  | 'portal'
  | 'disputeGameFactory'
  | 'systemConfig'
  | 'anchorStateRegistry'
  | 'l1CrossDomainMessenger'
  | 'l1StandardBridge'
  /** Code of the output claim games, which are clones of it. */
  | 'outputClaimGame'
  | 'timelock'
  | 'governor'
  | 'governanceToken'
  | 'moduleRegistry'
  | 'artifactStore'
  /** Where L2's fee vaults pay to. */
  | 'feeSplitter',
  Address
> &
  Readonly<Record<string, Address>>;

export interface DeployedPlan {
  contracts: DeployedContracts;
  plan: DeploymentPlan;
  /** L1 block that holds the Portal, the last contract: no deposit is in an earlier one. */
  openedAtL1Block: number;
}

export interface DeployContractsOptions {
  publicClient: PublicClient;
  walletClient: DeployerClient;
  config: ContractsConfig;
  /** Same config and salt, same addresses. Default: a new one. */
  salt?: Hex;
  /** Where progress is kept, to go on after an interruption. Default: nowhere. */
  journal?: DeploymentJournal;
  onProgress?: (progress: DeployProgress) => void;
  /** Default: the built package's artifacts. */
  loadArtifact?: LoadContractArtifact;
}

/**
 * Deploys and wires all L1 contracts, one transaction each, or as many of them as an earlier run has left to do. No contract is ever owned
 * by the deployer: each proxy is initialized by its own constructor with the timelock as owner. At the end everything is read back.
 * @throws L1.InvalidContractsConfig L1.DeploymentFailed L1.DeploymentNotSafe L1.DeploymentConfigChanged
 * @example
 * const { contracts } = await deployContracts({ publicClient, walletClient, config: {
 *   sequencer, guardian, timelock: { minDelaySeconds: 0, proposers: [deployer] }, challengeWindowSeconds: 10, initBondWei: 10n ** 16n } })
 */
export async function deployContracts(options: DeployContractsOptions): Promise<DeployedPlan> {
  const { publicClient, walletClient, onProgress, loadArtifact = loadContractArtifact } = options;
  const journal = options.journal ?? new MemoryJournal();
  const config = fullContractsConfig(options.config);
  const found = journal.read();
  const salt = options.salt ?? found?.salt ?? toHex(randomBytes(32));
  const factory = found?.factory ?? (await create2Factory(publicClient, walletClient));
  const plan = planContracts({ config, factory, salt, loadArtifact });
  const state = await applyPlan({ publicClient, walletClient, plan, journal, onProgress });
  const differences = await checkPlan(publicClient, plan);
  if (differences.length > 0) throw deploymentNotSafe(differences);
  const openedAtL1Block = state.steps.portal?.l1Block ?? (await creationBlock(publicClient, plan.addresses.portal));
  return { contracts: plan.addresses as DeployedContracts, plan, openedAtL1Block };
}

/** The factory that everybody uses where it is on this L1, else one of our own, made by this account. */
async function create2Factory(publicClient: PublicClient, walletClient: DeployerClient): Promise<Address> {
  if (await isCreate2Factory(publicClient, CREATE2_FACTORY_ADDRESS)) return CREATE2_FACTORY_ADDRESS;
  const { account } = walletClient;
  const own = await ownFactory(publicClient, account.address);
  if (own) return own;
  try {
    const nonce = await publicClient.getTransactionCount({ address: account.address, blockTag: 'pending' });
    const data = CREATE2_FACTORY_INIT_CODE;
    const hash = await walletClient.sendTransaction({ data, nonce, account, chain: walletClient.chain ?? null });
    const { contractAddress } = await publicClient.waitForTransactionReceipt({ hash });
    assert(contractAddress, 'a creation has an address');
    return contractAddress;
  } catch (cause) {
    throw new TributaryError(
      'L1.DeploymentFailed',
      `the CREATE2 factory could not be deployed: ${errorMessage(cause)}`,
      { metaMessages: [`deployer: ${account.address}`], recovery: 'halt', cause },
    );
  }
}

/** Where the factory is or would be made. @returns undefined when that depends on a deployer, and none is given */
export async function futureCreate2Factory(client: PublicClient, deployer?: Address): Promise<Address | undefined> {
  if (await isCreate2Factory(client, CREATE2_FACTORY_ADDRESS)) return CREATE2_FACTORY_ADDRESS;
  if (!deployer) return undefined;
  const nonce = await client.getTransactionCount({ address: deployer, blockTag: 'pending' });
  return (await ownFactory(client, deployer)) ?? getContractAddress({ from: deployer, nonce: BigInt(nonce) });
}

/** How many of an account's newest transactions are searched for a factory that it made. */
const SEARCHED_NONCES_MAX = 256;

/** The newest factory that this account made: what makes a run without a journal find the addresses of the one before. */
async function ownFactory(client: PublicClient, account: Address): Promise<Address | undefined> {
  const count = await client.getTransactionCount({ address: account });
  for (let nonce = count - 1; nonce >= Math.max(0, count - SEARCHED_NONCES_MAX); nonce--) {
    const address = getContractAddress({ from: account, nonce: BigInt(nonce) });
    if (await isCreate2Factory(client, address)) return address;
  }
  return undefined;
}

/** The L1 block that holds a proxy, by its first log. @throws L1.DeploymentJournalMissing when the L1 does not search that far */
async function creationBlock(client: PublicClient, proxy: Address): Promise<number> {
  let cause: unknown;
  try {
    const [log] = await client.getLogs({ address: proxy, fromBlock: 0n });
    if (log) return Number(log.blockNumber);
  } catch (error) {
    cause = error;
  }
  throw new TributaryError('L1.DeploymentJournalMissing', `this L1 does not say in which block ${proxy} was deployed`, {
    recovery: 'halt',
    metaMessages: ['the journal of the deployment says it: put it back beside the output'],
    cause,
  });
}

/** @param differences at least one */
export function deploymentNotSafe(differences: readonly DeploymentDifference[]): TributaryError {
  return new TributaryError('L1.DeploymentNotSafe', 'what is on chain is not what was to be deployed', {
    recovery: 'halt',
    metaMessages: differences.map(({ what, expected, got }) => `${what}: expected ${expected}, got ${got}`),
  });
}
