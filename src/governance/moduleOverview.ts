import type { Address, Hex, PublicClient } from 'viem';
import { moduleRegistryAbi } from '../l1/bindings/ModuleRegistry';

/** `IModuleRegistry.ModuleKind`, in its order. */
export const MODULE_KINDS = ['execution', 'data-availability', 'sequencing', 'settlement', 'fees'] as const;
export type ModuleKindName = (typeof MODULE_KINDS)[number];

/** `IModuleRegistry.Stage`, in its order. */
export const STAGES = [
  'none',
  'proposed',
  'voted',
  'shadow',
  'queued',
  'canary',
  'active',
  'final',
  'rolled-back',
  'rejected',
] as const;
export type StageName = (typeof STAGES)[number];

/** `IModuleRegistry.RiskClass`, in its order. */
export const RISK_CLASSES = ['parameter', 'module', 'governance'] as const;
export type RiskClassName = (typeof RISK_CLASSES)[number];

/** A version as the registry keeps it. Times in seconds since 1970; zero before they are known. */
export interface ModuleVersion {
  versionId: Hex;
  kind: ModuleKindName;
  stage: StageName;
  riskClass: RiskClassName;
  /** Counts the ratified versions of a kind; zero before the vote. */
  number: number;
  abi: number;
  executionAbiMin: number;
  executionAbiMax: number;
  stageSince: number;
  exitEndsAt: number;
  activatedAt: number;
  canaryEndsAt: number;
  holdEndsAt: number;
  activationL2Block: bigint;
  proposer: Address;
  implementation: Address;
  predecessor: Hex;
  artifactHash: Hex;
  manifestHash: Hex;
  differencesHash: Hex;
  /** What takes it on, and from when on that is possible; undefined at an end. */
  next: NextStep | undefined;
}

export interface NextStep {
  /** Function of the registry. `ratify` is what the vote does; the others are anyone's. */
  step: 'ratify' | 'beginShadow' | 'queue' | 'activate' | 'confirm' | 'finalizeVersion';
  /** Seconds since 1970. For `queue` of a kernel also needed: the attesters' statements. */
  readyAt: number;
}

/** How long things take, in seconds; `IModuleRegistry.Windows`. */
export interface ModuleWindows {
  exitSeconds: Record<RiskClassName, number>;
  shadowSeconds: number;
  canarySeconds: number;
  finalitySeconds: number;
  rollBackHoldSeconds: number;
  livenessGapSeconds: number;
  lapseSeconds: number;
}

/** What the registry says at one L1 block. */
export interface ModuleOverview {
  /** Of the L1 block, in seconds. */
  timestamp: number;
  /** Kinds that can be changed. `proxy` is zero for execution. */
  modules: { kind: ModuleKindName; proxy: Address; proxyAdmin: Address; activeVersion: Hex }[];
  /** In the order of proposal; genesis first. */
  versions: ModuleVersion[];
  windows: ModuleWindows;
  shadowRule: { rangeBlocks: number; rangeCount: number };
  /** First L2 block whose withdrawals are held now; undefined: none is. */
  withdrawalsHeldFrom: bigint | undefined;
}

const NO_BLOCK = 2n ** 64n - 1n;

/** Reads every kind, version and clock of the module registry. @throws what the client throws */
export async function readModuleOverview(client: PublicClient, address: Address): Promise<ModuleOverview> {
  const registry = { address, abi: moduleRegistryAbi } as const;
  const { timestamp } = await client.getBlock();
  const [count, windows, shadowRule, heldFrom] = await Promise.all([
    client.readContract({ ...registry, functionName: 'versionCount' }),
    client.readContract({ ...registry, functionName: 'windows' }),
    client.readContract({ ...registry, functionName: 'shadowRule' }),
    client.readContract({ ...registry, functionName: 'withdrawalsHeldFrom' }),
  ]);
  const [parameter, module, governance] = windows.exitSeconds.map(Number);
  const seconds: ModuleWindows = {
    exitSeconds: { parameter, module, governance },
    shadowSeconds: Number(windows.shadowSeconds),
    canarySeconds: Number(windows.canarySeconds),
    finalitySeconds: Number(windows.finalitySeconds),
    rollBackHoldSeconds: Number(windows.rollBackHoldSeconds),
    livenessGapSeconds: Number(windows.livenessGapSeconds),
    lapseSeconds: Number(windows.lapseSeconds),
  };
  const modules = await Promise.all(
    MODULE_KINDS.map(async (kind, index) => {
      const [[proxy, proxyAdmin], activeVersion] = await Promise.all([
        client.readContract({ ...registry, functionName: 'moduleOf', args: [index] }),
        client.readContract({ ...registry, functionName: 'activeVersion', args: [index] }),
      ]);
      return { kind, proxy, proxyAdmin, activeVersion };
    }),
  );
  const versions = await Promise.all(
    Array.from({ length: Number(count) }, async (_, index) => {
      const versionId = await client.readContract({ ...registry, functionName: 'versionAt', args: [BigInt(index)] });
      return readVersion(client, address, versionId, seconds);
    }),
  );
  return {
    timestamp: Number(timestamp),
    modules: modules.filter(({ activeVersion }) => BigInt(activeVersion) !== 0n),
    versions,
    windows: seconds,
    shadowRule: { rangeBlocks: Number(shadowRule.rangeBlocks), rangeCount: Number(shadowRule.rangeCount) },
    withdrawalsHeldFrom: heldFrom === NO_BLOCK ? undefined : heldFrom,
  };
}

async function readVersion(
  client: PublicClient,
  address: Address,
  versionId: Hex,
  windows: ModuleWindows,
): Promise<ModuleVersion> {
  const found = await client.readContract({
    address,
    abi: moduleRegistryAbi,
    functionName: 'versionOf',
    args: [versionId],
  });
  const { abi_: abi, ...rest } = found;
  const version = {
    ...rest,
    versionId,
    abi,
    kind: MODULE_KINDS[found.kind],
    stage: STAGES[found.stage],
    riskClass: RISK_CLASSES[found.riskClass],
    stageSince: Number(found.stageSince),
    exitEndsAt: Number(found.exitEndsAt),
    activatedAt: Number(found.activatedAt),
    canaryEndsAt: Number(found.canaryEndsAt),
    holdEndsAt: Number(found.holdEndsAt),
  };
  return { ...version, next: nextStepOf(version, windows) };
}

/** What takes a version on, by its stage. */
export function nextStepOf(
  { stage, stageSince, exitEndsAt, canaryEndsAt }: Omit<ModuleVersion, 'next'>,
  { shadowSeconds, finalitySeconds }: Pick<ModuleWindows, 'shadowSeconds' | 'finalitySeconds'>,
): NextStep | undefined {
  switch (stage) {
    case 'proposed':
      return { step: 'ratify', readyAt: stageSince };
    case 'voted':
      return { step: 'beginShadow', readyAt: stageSince };
    case 'shadow':
      return { step: 'queue', readyAt: stageSince + shadowSeconds };
    case 'queued':
      return { step: 'activate', readyAt: exitEndsAt };
    case 'canary':
      return { step: 'confirm', readyAt: canaryEndsAt };
    case 'active':
      return { step: 'finalizeVersion', readyAt: stageSince + finalitySeconds };
    default:
      return undefined;
  }
}
