import type { Address, Hex, PublicClient } from 'viem';
import type { ChainConfig } from '../../chain/chainConfig';
import type { Deployment } from '../../chain/deployment';
import { buildGenesis } from '../../chain/genesis';
import { toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { genesisBlock } from '../../state/genesisBlock';
import { type LoadContractArtifact, loadContractArtifact } from '../contractArtifacts';
import type { DeployerClient, DeployProgress } from './applyPlan';
import { checkPlan, type DeploymentDifference } from './checkPlan';
import { fullContractsConfig } from './contractsConfig';
import { CREATE2_FACTORY_ADDRESS } from './create2Factory';
import { type DeployedContracts, deployContracts } from './deployContracts';
import type { DeploymentJournal } from './deploymentJournal';
import type { DeploymentPlan, Expectation } from './deploymentPlan';
import { planContracts } from './planContracts';
import { contractsConfigOf, deploymentSalt, type RollupFile } from './rollupFile';

export interface DeployRollupOptions {
  publicClient: PublicClient;
  walletClient: DeployerClient;
  file: RollupFile;
  /** For the deployment file where `urls.l1Rpc` is not given; only scheme and host are written. */
  l1Url: string;
  journal?: DeploymentJournal;
  /** Default: from the file. */
  salt?: Hex;
  /** L1 blocks that must follow the last contract before the deployment is written. Default 0. */
  confirmations?: number;
  onProgress?: (progress: DeployProgress) => void;
  /** Default: the built package's artifacts. */
  loadArtifact?: LoadContractArtifact;
}

/**
 * Deploys a rollup's contracts, or what an earlier run left to do, and says what the chain is.
 * @throws L1.WrongChain and all of `deployContracts`
 */
export async function deployRollup(options: DeployRollupOptions): Promise<Deployment> {
  const { publicClient, file, l1Url } = options;
  await requireChain(publicClient, file.l1ChainId);
  const { contracts, openedAtL1Block } = await deployContracts({
    ...options,
    config: contractsConfigOf(file),
    salt: options.salt ?? deploymentSalt(file),
  });
  await confirmed(publicClient, openedAtL1Block + (options.confirmations ?? 0));
  // The block before the Portal: every deposit comes after it.
  const origin = await publicClient.getBlock({ blockNumber: BigInt(openedAtL1Block - 1) });
  return {
    version: 1,
    l1: { rpcUrl: file.urls.l1Rpc ?? new URL(l1Url).origin, chainId: file.l1ChainId, contracts: { ...contracts } },
    l2: { rpcUrl: file.urls.l2Rpc, wsUrl: file.urls.l2Ws, chainId: file.l2ChainId },
    rollup: chainConfigOf(file, contracts, {
      number: Number(origin.number),
      hash: origin.hash,
      timestamp: Number(origin.timestamp),
    }),
  };
}

/**
 * Compares a deployment with what the rollup file gives and with what is on chain now.
 * @returns every difference; empty when all is as it would be deployed
 * @throws L1.WrongChain
 */
export async function checkDeployment(
  publicClient: PublicClient,
  file: RollupFile,
  deployment: Deployment,
  loadArtifact: LoadContractArtifact = loadContractArtifact,
): Promise<DeploymentDifference[]> {
  await requireChain(publicClient, file.l1ChainId);
  const written = deployment.l1.contracts;
  const factory = (written.create2Factory as Hex | undefined) ?? CREATE2_FACTORY_ADDRESS;
  const config = fullContractsConfig(contractsConfigOf(file));
  const plan = planContracts({ config, factory, salt: deploymentSalt(file), loadArtifact });
  const { l1Number } = deployment.rollup.genesis;
  const origin = await publicClient.getBlock({ blockNumber: BigInt(l1Number) }).catch(() => undefined);
  const wanted = {
    l1: { chainId: file.l1ChainId, contracts: plan.addresses },
    l2: { rpcUrl: file.urls.l2Rpc, wsUrl: file.urls.l2Ws, chainId: file.l2ChainId },
    rollup: chainConfigOf(file, plan.addresses as DeployedContracts, {
      number: l1Number,
      hash: origin?.hash ?? 'no such L1 block',
      timestamp: Number(origin?.timestamp ?? 0n),
    }),
  };
  const { rpcUrl: _, ...l1 } = deployment.l1;
  const inFile = differencesBetween(wanted, { ...deployment, l1 });
  return [...inFile, ...(await checkPlan(publicClient, movedTo(plan, written)))];
}

/**
 * The plan with the addresses of a deployment in place of its own. They are the same unless the file was changed since: then what is on
 * chain at the addresses in use says more than that nothing is at those of the new plan.
 */
function movedTo(plan: DeploymentPlan, written: Record<string, string>): DeploymentPlan {
  const moves = new Map<unknown, Address>();
  for (const [name, address] of Object.entries(plan.addresses)) {
    if (name in written) moves.set(address, written[name] as Address);
  }
  const moved = <Value>(value: Value) => (moves.get(value) as Value | undefined) ?? value;
  return {
    ...plan,
    expectations: plan.expectations.map((expectation): Expectation => {
      const address = moved(expectation.address);
      if (expectation.kind === 'code') return { ...expectation, address };
      if (expectation.kind === 'slot') return { ...expectation, address, expected: moved(expectation.expected) };
      return { ...expectation, address, args: expectation.args.map(moved), expected: moved(expectation.expected) };
    }),
  };
}

/** The rules of the chain that these contracts carry. */
function chainConfigOf(
  file: RollupFile,
  contracts: DeployedContracts,
  origin: { number: number; hash: string; timestamp: number },
): ChainConfig {
  const { allocations, ...rules } = file.chain;
  const config: ChainConfig = {
    l1ChainId: file.l1ChainId,
    l2ChainId: file.l2ChainId,
    ...rules,
    genesis: { l1Number: origin.number, l1Hash: origin.hash, l2TimestampSeconds: origin.timestamp, allocations },
    contracts: {
      inbox: contracts.inbox,
      portal: contracts.portal,
      disputeGameFactory: contracts.disputeGameFactory,
      l1CrossDomainMessenger: contracts.l1CrossDomainMessenger,
      l1StandardBridge: contracts.l1StandardBridge,
      systemConfig: contracts.systemConfig,
      moduleRegistry: contracts.moduleRegistry,
      artifactStore: contracts.artifactStore,
    },
    feeVaults: rules.feeVaults ?? { recipient: contracts.feeSplitter, minWithdrawalWei: '0', network: 'l1' },
  };
  if (!/^0x[0-9a-f]{64}$/.test(origin.hash)) return config;
  config.genesis.l2Hash = toHex(genesisBlock(buildGenesis(config)).block.hash);
  return config;
}

/** Every leaf of `expected` and `got` that differs, by its path. */
function differencesBetween(expected: unknown, got: unknown, path = ''): DeploymentDifference[] {
  if (isRecord(expected) && isRecord(got)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
    if (path === '') keys.delete('version');
    return [...keys].flatMap((key) => differencesBetween(expected[key], got[key], path ? `${path}.${key}` : key));
  }
  const [left, right] = [JSON.stringify(expected) ?? 'nothing', JSON.stringify(got) ?? 'nothing'];
  if (left.toLowerCase() === right.toLowerCase()) return [];
  return [{ what: `deployment file, ${path}`, expected: left, got: right }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function requireChain(client: PublicClient, expected: number): Promise<void> {
  const got = await client.getChainId();
  if (got === expected) return;
  throw new TributaryError('L1.WrongChain', `the rollup is for L1 chain ${expected}, but this L1 is ${got}`, {
    recovery: 'halt',
  });
}

async function confirmed(client: PublicClient, blockNumber: number): Promise<void> {
  while ((await client.getBlockNumber({ cacheTime: 0 })) < BigInt(blockNumber)) {
    await new Promise((resolve) => setTimeout(resolve, client.pollingInterval));
  }
}
