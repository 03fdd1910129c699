import { type Address, concat, type Hex, keccak256, numberToHex } from 'viem';
import { z } from 'zod';
import { chainConfigSchema } from '../../chain/chainConfig';
import { TributaryError } from '../../core/errors';
import type { ContractsConfig } from './contractsConfig';

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address: 0x and 40 hex digits')
  .transform((text) => text as Address);
const whole = z
  .string()
  .regex(/^[0-9]+$/, 'expected a whole number as a decimal string')
  .transform(BigInt);
const seconds = z.number().int().nonnegative();
const url = (protocol: RegExp) => z.url({ protocol });

const { l1ChainId, l2ChainId, genesis, contracts: _contracts, ...chainRules } = chainConfigSchema.shape;

const byClass = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({ parameter: value, module: value, governance: value });

/** `GovernanceConfig`; every part and every value may be left out. The kernel's hash is `chain.executionArtifactHash`. */
const governance = z.strictObject({
  token: z
    .strictObject({
      name: z.string(),
      symbol: z.string(),
      allocations: z.array(z.strictObject({ account: address, amount: whole })),
    })
    .partial()
    .optional(),
  voting: z
    .strictObject({
      delaySeconds: seconds,
      periodSeconds: seconds,
      lateQuorumExtensionSeconds: seconds,
      proposalThreshold: whole,
      quorumPercent: byClass(z.number().int().nonnegative()),
    })
    .partial()
    .optional(),
  delaySeconds: z.strictObject({ module: seconds, governance: seconds }).partial().optional(),
  windows: z
    .strictObject({
      exitSeconds: byClass(seconds),
      shadowSeconds: seconds,
      canarySeconds: seconds,
      finalitySeconds: seconds,
      rollBackHoldSeconds: seconds,
      livenessGapSeconds: seconds,
      lapseSeconds: seconds,
    })
    .partial()
    .optional(),
  shadow: z
    .strictObject({ rangeBlocks: z.number().int().positive(), rangeCount: z.number().int().positive() })
    .partial()
    .optional(),
  attesters: z
    .strictObject({
      accounts: z.array(address),
      bondWei: whole,
      unbondSeconds: seconds,
      quorumBasisPoints: z.number().int(),
    })
    .partial()
    .optional(),
  rewards: z
    .strictObject({ perProposalWei: whole, perPeriodWei: whole, periodSeconds: seconds, claimSeconds: seconds })
    .partial()
    .optional(),
});

/**
 * `rollup.json`: what an operator decides before the chain is deployed. All of `deployment.json` follows from it and from L1.
 * Amounts are decimal strings in wei, times are seconds.
 */
export const rollupFileSchema = z.strictObject({
  l1ChainId: l1ChainId.min(1),
  l2ChainId: l2ChainId.min(1),
  /** Another salt, another deployment with otherwise the same values. */
  salt: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 32 bytes: 0x and 64 hex digits')
    .transform((text) => text as Hex)
    .default(`0x${'0'.repeat(64)}`),
  /** URLs for the deployment file, which everybody may read: no provider's key in them. */
  urls: z.strictObject({
    /** Default: scheme and host of --l1. */
    l1Rpc: url(/^https?$/).optional(),
    l2Rpc: url(/^https?$/),
    l2Ws: url(/^wss?$/),
  }),
  /** Of the L1 contracts; `ContractsConfig` says what each means. */
  contracts: z.strictObject({
    sequencer: address,
    guardian: address,
    timelock: z.strictObject({ minDelaySeconds: seconds, proposers: z.array(address).default([]) }),
    challengeWindowSeconds: seconds,
    initBondWei: whole,
    maxDepositGasPerL1Block: whole.optional(),
    proofMaturityDelaySeconds: seconds.optional(),
    gameFinalityDelaySeconds: seconds.optional(),
    pauseDurationSeconds: seconds.optional(),
    silencePeriodSeconds: seconds.optional(),
    disputedBondRecipient: address.optional(),
    governance: governance.optional(),
    feeShares: z
      .array(z.strictObject({ recipient: address.or(z.literal('votingRewards')), basisPoints: z.number().int() }))
      .optional(),
  }),
  /** Of the L2 chain; `ChainConfig` says what each means. Genesis' L1 block is found while deploying. */
  chain: z
    .strictObject({
      ...chainRules,
      forks: chainRules.forks.default({ pragueTimeSeconds: 0, osakaTimeSeconds: 0 }),
      gasLimit: chainRules.gasLimit.default(60_000_000),
      baseFee: chainRules.baseFee.default({ initialWei: '1000000000', elasticity: 2, changeDenominator: 8 }),
      sequencingWindowL1Blocks: chainRules.sequencingWindowL1Blocks.default(3_600),
      l1OriginAdvanceMax: chainRules.l1OriginAdvanceMax.default(256),
      timestampDriftSecondsMax: chainRules.timestampDriftSecondsMax.default(1_800),
      batchDecompressedSizeBytesMax: chainRules.batchDecompressedSizeBytesMax.default(10 * 1024 * 1024),
      allocations: genesis.shape.allocations.default([]),
    })
    .prefault({}),
});

export type RollupFile = z.infer<typeof rollupFileSchema>;
/** As it is written, before defaults. */
export type RollupFileInput = z.input<typeof rollupFileSchema>;

/** @param source where it comes from, for the message @throws L1.InvalidRollupFile naming each field that is wrong */
export function parseRollupFile(json: unknown, source: string): RollupFile {
  const parsed = rollupFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TributaryError('L1.InvalidRollupFile', `${source} does not describe a rollup`, {
    recovery: 'halt',
    metaMessages: parsed.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`),
  });
}

/** What the contracts are deployed with. */
export function contractsConfigOf({ contracts, chain }: RollupFile): ContractsConfig {
  const { executionArtifactHash, l1FeeScalars } = chain;
  if (!executionArtifactHash) return { ...contracts, l1FeeScalars };
  const execution = { artifactHash: executionArtifactHash as Hex };
  return { ...contracts, l1FeeScalars, governance: { ...contracts.governance, execution } };
}

/** The CREATE2 salt: two chains of one L1 never share contracts. */
export function deploymentSalt({ l2ChainId: id, salt }: RollupFile): Hex {
  return keccak256(concat([numberToHex(id, { size: 32 }), salt]));
}
