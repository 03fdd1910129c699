import {
  type Address,
  createPublicClient,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  type PublicClient,
} from 'viem';
import {
  MODULE_KINDS,
  type ModuleOverview,
  type ModuleVersion,
  readModuleOverview,
} from '../governance/moduleOverview';
import { attesterSetAbi } from '../l1/bindings/AttesterSet';
import { moduleRegistryAbi } from '../l1/bindings/ModuleRegistry';
import { type GovernanceUser, sendGovernanceCall } from './governance';
import { devMethod, sendAs } from './governanceEffects';
import { manifestHash, type RegistryManifest, ratifyData, versionIdOf } from './governanceManifest';

/** The module registry as it is now. */
export function readModules({ l1, contracts }: GovernanceUser): Promise<ModuleOverview> {
  return readModuleOverview(l1, contracts.moduleRegistry);
}

/** What a swap replaces. */
export interface Replaced {
  version: ModuleVersion;
  /** L1 modules: keccak256 of the code. */
  codeHash: Hex | undefined;
}

/** The version that a manifest takes over from. */
export async function replacedBy(user: GovernanceUser, manifest: RegistryManifest, overview: ModuleOverview) {
  const version = overview.versions.find(({ versionId }) => versionId === manifest.predecessor);
  if (!version) return undefined;
  const isL1 = version.kind !== 'execution';
  const code = isL1 ? await user.l1.getCode({ address: version.implementation }) : undefined;
  return { version, codeHash: code && keccak256(code) };
}

/** Registers a version. @returns its id; the same where it was registered before and still waits for its vote */
export async function proposeVersion(user: GovernanceUser, manifest: RegistryManifest): Promise<Hex> {
  const proposer = user.account?.address ?? '0x';
  const versionId = versionIdOf(proposer, manifestHash(manifest));
  const known = (await readModules(user)).versions.find((version) => version.versionId === versionId);
  if (known?.stage === 'proposed') return versionId;
  await sendGovernanceCall(user, {
    address: user.contracts.moduleRegistry,
    abi: [...moduleRegistryAbi],
    functionName: 'propose',
    args: [manifest],
  });
  return versionId;
}

/** One step of an upgrade, tried on a fork. */
export interface RehearsedStep {
  step: string;
  /** Undefined: it went through. */
  failure: string | undefined;
  events: string[];
}

/**
 * Takes a version through the registry on a fork, clock and all, until it rules or something refuses. A kernel gets as far as Shadow: what
 * comes after rests on what attesters saw, which nobody can rehearse.
 */
export async function rehearseVersion(
  user: GovernanceUser,
  fork: PublicClient,
  manifest: RegistryManifest,
  proposer: Address,
  overview: ModuleOverview,
): Promise<RehearsedStep[]> {
  const { moduleRegistry: target, timelock } = user.contracts;
  const hash = manifestHash(manifest);
  const id = versionIdOf(proposer, hash);
  const { windows } = overview;
  const encode = (functionName: 'beginShadow' | 'activate') =>
    encodeFunctionData({ abi: moduleRegistryAbi, functionName, args: [id] });
  const exit = Math.max(...Object.values(windows.exitSeconds));
  const plan: [step: string, from: Address, data: Hex, waitSeconds: number][] = [
    ['ratify (the vote)', timelock, ratifyData(id, hash), 0],
    ['beginShadow', proposer, encode('beginShadow'), 0],
  ];
  if (MODULE_KINDS[manifest.kind] !== 'execution') {
    const queue = encodeFunctionData({ abi: moduleRegistryAbi, functionName: 'queue', args: [id, 0n] });
    plan.push(['queue', proposer, queue, windows.shadowSeconds], ['activate', proposer, encode('activate'), exit]);
  }
  const isRegistered = overview.versions.some(({ versionId }) => versionId === id);
  const propose = encodeFunctionData({ abi: moduleRegistryAbi, functionName: 'propose', args: [manifest] });
  if (!isRegistered) plan.unshift(['propose', proposer, propose, 0]);
  const steps: RehearsedStep[] = [];
  for (const [step, from, data, waitSeconds] of plan) {
    if (waitSeconds > 0) {
      await devMethod(fork, 'evm_increaseTime', [waitSeconds + 1]);
      await devMethod(fork, 'evm_mine', []);
    }
    const outcome = await sendAs(user, fork, from, { target, value: 0n, data });
    steps.push({ step, ...outcome });
    if (outcome.failure) break;
  }
  return steps;
}

/** What attesters said of a version on L1. */
export interface Attestations {
  /** How many attesters count, and how many must agree. */
  activeCount: number;
  quorumCount: number;
  ranges: { from: bigint; to: bigint; attesters: number; isDiffering: boolean }[];
  faults: { attester: Address; l2Block: bigint }[];
}

/** Undefined where the L1 serves no logs from the chain's beginning. */
export async function readAttestations(user: GovernanceUser, versionId: Hex): Promise<Attestations | undefined> {
  const set = { address: user.contracts.attesterSet, abi: attesterSetAbi } as const;
  const fromBlock = BigInt(user.deployment.rollup.genesis.l1Number);
  const wanted = { ...set, args: { versionId }, fromBlock } as const;
  try {
    const [active, quorum, attested, reported] = await Promise.all([
      user.l1.readContract({ ...set, functionName: 'activeCount' }),
      user.l1.readContract({ ...set, functionName: 'quorumCount' }),
      user.l1.getContractEvents({ ...wanted, eventName: 'Attested' }),
      user.l1.getContractEvents({ ...wanted, eventName: 'FaultReported' }),
    ]);
    const ranges = new Map<bigint, Attestations['ranges'][number]>();
    for (const { args } of attested) {
      const { fromL2Block: from = 0n, toL2Block: to = 0n, differencesHash = '0x0' } = args;
      const range = ranges.get(from) ?? { from, to, attesters: 0, isDiffering: false };
      range.attesters++;
      range.isDiffering ||= BigInt(differencesHash) !== 0n;
      ranges.set(from, range);
    }
    return {
      activeCount: Number(active),
      quorumCount: Number(quorum),
      ranges: [...ranges.values()].sort((a, b) => Number(a.from - b.from)),
      faults: reported.map(({ args }) => ({ attester: args.attester ?? '0x', l2Block: args.l2Block ?? 0n })),
    };
  } catch {
    return undefined;
  }
}

/** What the chain's node says of its copy of a kernel; undefined where it can't be reached or knows nothing. */
export async function readNodeStatus({ deployment }: GovernanceUser, versionId: Hex): Promise<NodeStatus | undefined> {
  const l2 = createPublicClient({ transport: http(deployment.l2.rpcUrl, { retryCount: 0 }) });
  try {
    const [status] = (await devMethod(l2, 'tributary_upgradeStatus', [versionId])) as { node: NodeStatus | null }[];
    return status?.node ?? undefined;
  } catch {
    return undefined;
  }
}

/** Of `tributary_upgradeStatus`; numbers are quantities. */
export interface NodeStatus {
  hasArtifact: boolean;
  refusal: string | null;
  shadow: { blockNumber: Hex | null; rangesDone: Hex; rangesSkipped: Hex; rangesDiffering: Hex } | null;
}
