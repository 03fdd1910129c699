import { z } from 'zod';
import { TributaryError } from '../core/errors';

const hexAddress = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address: 0x and 40 hex digits');
const hexHash = z.string().regex(/^0x[0-9a-fA-F]{64}$/, 'expected a hash: 0x and 64 hex digits');
const weiString = z.string().regex(/^[0-9]+$/, 'expected wei as a decimal string');
const count = z.number().int().nonnegative();
const uint32 = count.max(2 ** 32 - 1);

/**
 * What makes a chain this chain: every node that derives it must hold the same values, and genesis follows from them alone.
 * Kept in `deployment.json` under `rollup`. Units: seconds, wei (decimal strings), L1 blocks where named.
 */
export const chainConfigSchema = z.strictObject({
  l1ChainId: count,
  l2ChainId: count,
  genesis: z.strictObject({
    /** L1 block that L2 block 0 has as its origin: the first whose deposits count is the one after it. */
    l1Number: count,
    l1Hash: hexHash,
    /** Seconds; at most the timestamp of that L1 block. */
    l2TimestampSeconds: count,
    /** Accounts that start with a balance (dev chains). */
    allocations: z.array(z.strictObject({ address: hexAddress, balanceWei: weiString })),
    /** Checked against the genesis built from the rest. */
    l2Hash: hexHash.optional(),
  }),
  /** Activation by L2 timestamp (seconds); Cancun always rules from genesis. */
  forks: z.strictObject({ pragueTimeSeconds: count, osakaTimeSeconds: count }),
  gasLimit: count.min(30_000_000),
  baseFee: z.strictObject({
    initialWei: weiString,
    elasticity: count.min(1),
    /** EIP-1559 BASE_FEE_MAX_CHANGE_DENOMINATOR. */
    changeDenominator: count.min(1),
  }),
  /** L1 blocks within which a batch must arrive for its origins; after them derivation makes default blocks by itself. */
  sequencingWindowL1Blocks: count.min(2),
  /** How many L1 blocks the origin may advance in one L2 block. */
  l1OriginAdvanceMax: count.min(1),
  /** How far an L2 timestamp may lie after that of the L1 block that includes its batch. */
  timestampDriftSecondsMax: count,
  /** Bound on a batch once decompressed. */
  batchDecompressedSizeBytesMax: count.min(1024),
  contracts: z.strictObject({
    inbox: hexAddress,
    portal: hexAddress,
    disputeGameFactory: hexAddress,
    /** Both or neither: the bridge's L1 side, which genesis names to its L2 side. */
    l1CrossDomainMessenger: hexAddress.optional(),
    l1StandardBridge: hexAddress.optional(),
    /** Changes the L1 fee scalars; without it they stay as they are below. */
    systemConfig: hexAddress.optional(),
    /** Says which kernel executes which block; without it the first one executes all. */
    moduleRegistry: hexAddress.optional(),
    /** Where kernels are published on L1. */
    artifactStore: hexAddress.optional(),
  }),
  /** keccak256 of the kernel that executes from genesis on; absent: the one of the package. */
  executionArtifactHash: hexHash.optional(),
  /** In millionths: how much the L1's fees count in the L1 data fee until the system config says otherwise. Absent: zero, no fee. */
  l1FeeScalars: z.strictObject({ baseFeeScalar: uint32, blobBaseFeeScalar: uint32 }).optional(),
  /** Where the fee vaults pay to. Without it their fees can't be taken out. */
  feeVaults: z
    .strictObject({ recipient: hexAddress, minWithdrawalWei: weiString, network: z.enum(['l1', 'l2']) })
    .optional(),
});

export type ChainConfig = z.infer<typeof chainConfigSchema>;

/**
 * Reads untrusted JSON as a chain config.
 * @throws Chain.InvalidConfig naming each field that is wrong
 */
export function parseChainConfig(json: unknown): ChainConfig {
  const parsed = chainConfigSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TributaryError('Chain.InvalidConfig', 'the chain config is not valid', {
    recovery: 'halt',
    metaMessages: parsed.error.issues.map((issue) => `rollup.${issue.path.join('.')}: ${issue.message}`),
  });
}
