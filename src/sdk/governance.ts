import {
  type Abi,
  type Address,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  type LocalAccount,
  type PublicClient,
  type TransactionReceipt,
} from 'viem';
import type { Deployment } from '../chain/deployment';
import { errorMessage, TributaryError } from '../core/errors';
import { anchorStateRegistryAbi } from '../l1/bindings/AnchorStateRegistry';
import { artifactStoreAbi } from '../l1/bindings/ArtifactStore';
import { attesterSetAbi } from '../l1/bindings/AttesterSet';
import { governanceTokenAbi } from '../l1/bindings/GovernanceToken';
import { inboxAbi } from '../l1/bindings/Inbox';
import { moduleExecutorAbi } from '../l1/bindings/ModuleExecutor';
import { moduleRegistryAbi } from '../l1/bindings/ModuleRegistry';
import { portalAbi } from '../l1/bindings/Portal';
import { sequencerSetAbi } from '../l1/bindings/SequencerSet';
import { systemConfigAbi } from '../l1/bindings/SystemConfig';
import { timelockAbi } from '../l1/bindings/Timelock';
import { tributaryGovernorAbi } from '../l1/bindings/TributaryGovernor';
import { votingRewardsAbi } from '../l1/bindings/VotingRewards';
import { revertReason } from '../l1/revertReason';
import { tributaryL1Chain } from './tributaryChain';

/** The L1 contracts that voting and upgrades go through. */
const NEEDED = ['governor', 'governanceToken', 'timelock', 'moduleRegistry', 'attesterSet', 'artifactStore'] as const;
export type GovernanceContract = (typeof NEEDED)[number];

/** What the contracts in `deployment.json` can be called with, by their name there. */
export const CONTRACT_ABIS: Readonly<Record<string, Abi>> = {
  governor: tributaryGovernorAbi as Abi,
  governanceToken: governanceTokenAbi as Abi,
  timelock: timelockAbi as Abi,
  moduleRegistry: moduleRegistryAbi as Abi,
  moduleExecutor: moduleExecutorAbi as Abi,
  attesterSet: attesterSetAbi as Abi,
  artifactStore: artifactStoreAbi as Abi,
  votingRewards: votingRewardsAbi as Abi,
  systemConfig: systemConfigAbi as Abi,
  inbox: inboxAbi as Abi,
  sequencerSet: sequencerSetAbi as Abi,
  portal: portalAbi as Abi,
  anchorStateRegistry: anchorStateRegistryAbi as Abi,
};

/** Errors of every contract: what a call deep in another one reverts with can be named too. */
export const KNOWN_ERRORS: Abi = Object.values(CONTRACT_ABIS)
  .flat()
  .filter(({ type }) => type === 'error');

/** Events of every contract. */
export const KNOWN_EVENTS: Abi = Object.values(CONTRACT_ABIS)
  .flat()
  .filter(({ type }) => type === 'event');

const POLLING_INTERVAL_MS = 250;

/** The governance of one chain, and who acts in it. */
export interface GovernanceUser {
  deployment: Deployment;
  contracts: Record<GovernanceContract, Address>;
  l1: PublicClient;
  /** Undefined: only looks. */
  account: LocalAccount | undefined;
}

/** Opens no connection until it is used. @throws Sdk.NoGovernance where the chain was deployed without */
export function connectGovernance(deployment: Deployment, account?: LocalAccount): GovernanceUser {
  const { contracts } = deployment.l1;
  const missing = NEEDED.filter((name) => !contracts[name]);
  if (missing.length > 0) {
    throw new TributaryError('Sdk.NoGovernance', `deployment.json names no ${missing.join(', ')}: nothing to vote on`);
  }
  const l1 = createPublicClient({
    chain: tributaryL1Chain(deployment),
    transport: http(),
    pollingInterval: POLLING_INTERVAL_MS,
    cacheTime: 0,
    batch: { multicall: { deployless: true } },
  });
  return { deployment, contracts: contracts as Record<GovernanceContract, Address>, l1, account };
}

/** A call of one of the contracts. */
export interface GovernanceCall {
  address: Address;
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
}

/**
 * Sends a call under the user's key and waits for it.
 * @throws Sdk.NoAccount, Sdk.CallReverts (before anything is sent, with the contract's own error), Sdk.TransactionFailed
 */
export async function sendGovernanceCall(user: GovernanceUser, call: GovernanceCall): Promise<TransactionReceipt> {
  const { l1, account, deployment } = user;
  if (!account) throw new TributaryError('Sdk.NoAccount', `${call.functionName} needs an account that signs`);
  const data = encodeFunctionData(call);
  const wallet = createWalletClient({ account, chain: tributaryL1Chain(deployment), transport: http() });
  try {
    // A fifth more than it takes now: what it meets may have changed by the time it is included.
    const gas = ((await l1.estimateGas({ account: account.address, to: call.address, data })) * 6n) / 5n;
    const hash = await wallet.sendTransaction({ to: call.address, data, gas });
    const receipt = await l1.waitForTransactionReceipt({ hash });
    if (receipt.status === 'success') return receipt;
    throw new TributaryError('Sdk.TransactionFailed', `${call.functionName}: the transaction ${hash} failed`);
  } catch (error) {
    throw callFailure(call.functionName, error);
  }
}

/** Our own words for what a contract refused; anything else as it is. */
export function callFailure(what: string, error: unknown): unknown {
  if (error instanceof TributaryError) return error;
  const reason = revertReason(error, KNOWN_ERRORS);
  if (!reason) return error instanceof Error ? error : new TributaryError('Sdk.CallFailed', errorMessage(error));
  return new TributaryError('Sdk.CallReverts', `${what} is refused on L1: ${reason.sentence}`, {
    details: { data: reason.data },
    cause: error,
  });
}

/** Name in `deployment.json` of an address; undefined where it is none of ours. */
export function contractName({ l1 }: Deployment, address: Address): string | undefined {
  const wanted = address.toLowerCase();
  const names = Object.keys(l1.contracts).filter((name) => l1.contracts[name].toLowerCase() === wanted);
  return names.find((name) => name in CONTRACT_ABIS) ?? names[0];
}

/** An address, or the name of a contract in `deployment.json`. @throws Sdk.UnknownContract */
export function contractAddress({ l1 }: Deployment, target: string): Address {
  if (/^0x[0-9a-fA-F]{40}$/.test(target)) return target as Address;
  const address = l1.contracts[target];
  if (address) return address as Address;
  const names = Object.keys(l1.contracts).join(', ');
  throw new TributaryError('Sdk.UnknownContract', `expected an address or one of ${names}; got ${target}`);
}

/** Bytes of a hex string. */
export function hexSizeBytes(hex: Hex): number {
  return (hex.length - 2) / 2;
}
