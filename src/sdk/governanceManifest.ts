import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import {
  type Address,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
  zeroAddress,
  zeroHash,
} from 'viem';
import { z } from 'zod';
import { toHex } from '../core/bytes';
import { errorMessage, TributaryError } from '../core/errors';
import { keccak256 as keccakBytes } from '../core/keccak';
import { compileKernelArtifact } from '../execution/versions/kernelArtifact';
import { MODULE_KINDS, type ModuleOverview } from '../governance/moduleOverview';
import { DIFFERENCE_KINDS, differencesHash } from '../governance/shadow/shadowResult';
import { moduleRegistryAbi } from '../l1/bindings/ModuleRegistry';
import type { GovernanceUser } from './governance';
import { compareStorageLayouts, readStorageLayout } from './governanceStorageLayout';

/** Manifests are a page. */
const FILE_SIZE_BYTES_MAX = 256 * 1024;

const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex digits') as unknown as z.ZodType<Hex>;
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address: 0x and 40 hex digits') as unknown as z.ZodType<Address>;
const abiNumber = z.int().min(0).max(0xffff_ffff);

/** A manifest file: what a version is, for people and for `IModuleRegistry.Manifest`. Paths are relative to the file. */
export const manifestFileSchema = z
  .strictObject({
    version: z.literal(1),
    kind: z.enum(MODULE_KINDS),
    title: z.string().min(1).max(200),
    description: z.string().max(20_000).default(''),
    /** Version that must rule when this one takes over; default: the one that rules now. */
    predecessor: hash.optional(),
    /** Execution: the kernel. */
    artifact: z.strictObject({ file: z.string().min(1).optional(), hash, source: z.string().optional() }).optional(),
    /** Execution: first L2 block that it may execute; default: the L2's next block when it is proposed. */
    activationL2Block: z.int().min(0).optional(),
    /** Execution: ways in which blocks may differ from the predecessor's; what shadow sees beside them stops the upgrade. */
    differences: z.array(z.enum(DIFFERENCE_KINDS)).default([]),
    /** L1 modules: the deployed code. */
    implementation: address.optional(),
    /** L1 modules: call made with the swap, through the proxy. */
    migration: z
      .string()
      .regex(/^0x([0-9a-fA-F]{2})*$/, 'expected hex data')
      .default('0x'),
    /** L1 modules: the compiler's `storageLayout` of the code now and of the new code (JSON files; Hardhat's build info as `file#Contract`). */
    storageLayout: z.strictObject({ before: z.string().min(1), after: z.string().min(1) }).optional(),
    /** Kernel ABI, or that of the module's interface. */
    abi: abiNumber.default(1),
    /** Kernel ABIs that it works with. */
    executionAbiMin: abiNumber.default(1),
    executionAbiMax: abiNumber.default(1),
  })
  .refine(({ kind, artifact }) => (kind === 'execution') === (artifact !== undefined), {
    path: ['artifact'],
    message: 'expected for the kind execution, and for no other',
  })
  .refine(({ kind, implementation }) => (kind === 'execution') === (implementation === undefined), {
    path: ['implementation'],
    message: 'expected for every kind but execution',
  });

export type ManifestFile = z.infer<typeof manifestFileSchema>;

/** `IModuleRegistry.Manifest`. */
export interface RegistryManifest {
  kind: number;
  predecessor: Hex;
  implementation: Address;
  artifactHash: Hex;
  abi_: number;
  executionAbiMin: number;
  executionAbiMax: number;
  activationL2Block: bigint;
  differencesHash: Hex;
  metadataHash: Hex;
  migration: Hex;
}

/** A manifest file, read and checked. */
export interface LoadedManifest {
  file: ManifestFile;
  /** Folder that its paths are relative to. */
  folder: string;
  /** keccak256 of the file's bytes. */
  metadataHash: Hex;
}

/** @throws Sdk.ManifestUnreadable, Sdk.InvalidManifest naming each field, what was expected and what came */
export function readManifest(path: string): LoadedManifest {
  let bytes: Buffer;
  let json: unknown;
  try {
    const sizeBytes = statSync(path).size;
    if (sizeBytes > FILE_SIZE_BYTES_MAX) throw new RangeError(`expected at most ${FILE_SIZE_BYTES_MAX} bytes`);
    bytes = readFileSync(path);
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new TributaryError('Sdk.ManifestUnreadable', `${path}: expected a JSON file; ${errorMessage(cause)}`, {
      cause,
    });
  }
  const parsed = manifestFileSchema.safeParse(json);
  if (parsed.success) return { file: parsed.data, folder: dirname(path), metadataHash: keccak256(bytes) };
  throw new TributaryError('Sdk.InvalidManifest', `${path} is not a manifest`, {
    metaMessages: parsed.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`),
  });
}

/** What is proposed, with the defaults of this moment. @param l2Head number of the L2's newest block */
export function registryManifest(
  { file, metadataHash }: LoadedManifest,
  overview: ModuleOverview,
  l2Head: number,
): RegistryManifest {
  const active = overview.modules.find(({ kind }) => kind === file.kind);
  if (!active) {
    const kinds = overview.modules.map(({ kind }) => kind).join(', ');
    throw new TributaryError('Sdk.InvalidManifest', `kind: expected one with a module (${kinds}), got ${file.kind}`);
  }
  const isExecution = file.kind === 'execution';
  return {
    kind: MODULE_KINDS.indexOf(file.kind),
    predecessor: file.predecessor ?? active.activeVersion,
    implementation: file.implementation ?? zeroAddress,
    artifactHash: file.artifact?.hash ?? zeroHash,
    abi_: file.abi,
    executionAbiMin: file.executionAbiMin,
    executionAbiMax: file.executionAbiMax,
    activationL2Block: isExecution ? BigInt(file.activationL2Block ?? l2Head + 1) : 0n,
    differencesHash: toHex(differencesHash(file.differences)),
    metadataHash,
    migration: file.migration as Hex,
  };
}

/** keccak256(abi.encode(manifest)): what the vote names. */
export function manifestHash(manifest: RegistryManifest): Hex {
  return keccak256(encodeAbiParameters(proposeInputs(), [manifest]));
}

/** The id that the registry gives to the proposer's version. */
export function versionIdOf(proposer: Address, hashOfManifest: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'bytes32' }], [proposer, hashOfManifest]));
}

/** The vote's call. */
export function ratifyData(versionId: Hex, hashOfManifest: Hex): Hex {
  return encodeFunctionData({ abi: moduleRegistryAbi, functionName: 'ratify', args: [versionId, hashOfManifest] });
}

function proposeInputs() {
  const propose = moduleRegistryAbi.find((item) => item.type === 'function' && item.name === 'propose');
  if (propose?.type !== 'function' || propose.name !== 'propose') {
    throw new TributaryError('Sdk.Bindings', 'expected ModuleRegistry.propose in the bindings', { recovery: 'halt' });
  }
  return propose.inputs;
}

/** One thing that was looked at before proposing. */
export interface ManifestCheck {
  what: string;
  /** `missing`: could not be checked for want of something that the manifest or L1 lacks. */
  outcome: 'right' | 'wrong' | 'missing';
  says: string;
}

/** Looks at what the manifest names: the kernel's bytes, whether L1 has them, the code, the storage layout. Changes nothing. */
export async function checkManifest(
  user: GovernanceUser,
  loaded: LoadedManifest,
  isPublished: (artifactHash: Hex) => Promise<boolean>,
): Promise<ManifestCheck[]> {
  const { file } = loaded;
  const checks: ManifestCheck[] = [];
  if (file.artifact) {
    checks.push(await checkArtifact(loaded, file.artifact));
    const there = await isPublished(file.artifact.hash);
    checks.push({
      what: 'published on L1',
      outcome: there ? 'right' : 'missing',
      says: there
        ? 'in the ArtifactStore'
        : 'not in the ArtifactStore: run `tributary module publish`, or use a mirror',
    });
  }
  if (file.implementation) {
    const code = await user.l1.getCode({ address: file.implementation });
    const says = code
      ? `${(code.length - 2) / 2} bytes, keccak256 ${keccak256(code)}`
      : `no code at ${file.implementation}`;
    checks.push({ what: 'code', outcome: code ? 'right' : 'wrong', says });
    checks.push(checkLayout(loaded));
  }
  return checks;
}

async function checkArtifact(
  { folder }: LoadedManifest,
  artifact: NonNullable<ManifestFile['artifact']>,
): Promise<ManifestCheck> {
  const what = 'artifact';
  if (!artifact.file) return { what, outcome: 'missing', says: 'the manifest names no file' };
  const path = pathIn(folder, artifact.file);
  try {
    const bytes = readFileSync(path);
    await compileKernelArtifact(bytes, Buffer.from(artifact.hash.slice(2), 'hex'));
    return { what, outcome: 'right', says: `${path}: ${bytes.length} bytes, hash and form are right` };
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const hash = isAbsent ? '' : ` (the file's keccak256 is ${toHex(keccakBytes(readFileSync(path)))})`;
    return { what, outcome: isAbsent ? 'missing' : 'wrong', says: `${path}: ${errorMessage(error)}${hash}` };
  }
}

function checkLayout({ file, folder }: LoadedManifest): ManifestCheck {
  const what = 'storage layout';
  if (!file.storageLayout) return { what, outcome: 'missing', says: 'the manifest names no storageLayout files' };
  const { before, after } = file.storageLayout;
  const problems = compareStorageLayouts(
    readStorageLayout(pathIn(folder, before)),
    readStorageLayout(pathIn(folder, after)),
  );
  if (problems.changed.length > 0) return { what, outcome: 'wrong', says: problems.changed.join('; ') };
  const added = problems.added.length === 0 ? 'nothing added' : `added: ${problems.added.join(', ')}`;
  return { what, outcome: 'right', says: `everything stays where it is; ${added}` };
}

function pathIn(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
