import { type Address, isAddress, zeroAddress } from 'viem';
import { NO_SCALARS } from '../../chain/l1Attributes';
import type { L1FeeScalars } from '../../chain/l1Block';
import { TributaryError } from '../../core/errors';
import { fullGovernanceConfig, type GovernanceConfig, type GovernanceOptions } from './governanceConfig';

/** Number of OutputClaimGame's type in the factory: `OutputClaimGame.gameType()`. */
export const OUTPUT_CLAIM_GAME_TYPE = 1000;

/** What an operator decides about the L1 contracts. All of it can be changed later by the timelock, and by nothing else. */
export interface ContractsConfig {
  /** Account that posts batches; must not have code. */
  sequencer: Address;
  /** Account that may dispute output claims. */
  guardian: Address;
  timelock: {
    /** Least time between scheduling and executing; 0 only on a dev chain. */
    minDelaySeconds: number;
    /** Accounts that may schedule and cancel; anyone may execute. */
    proposers: Address[];
  };
  /** How long a claim can be disputed, ≥ 1. */
  challengeWindowSeconds: number;
  /** Bond of an output claim. */
  initBondWei: bigint;
  /** L2 gas that the deposits of one L1 block may ask for together, ≥ 1,000,000. Default 20,000,000. */
  maxDepositGasPerL1Block?: bigint;
  /** How long a withdrawal waits after its proof. Default 7 days. */
  proofMaturityDelaySeconds?: number;
  /** How long a withdrawal waits after the end of the game that it was proven against. Default 3.5 days. */
  gameFinalityDelaySeconds?: number;
  /** How long the guardian's one pause of withdrawals lasts, ≤ 14 days. Default 7 days. */
  pauseDurationSeconds?: number;
  /** How long the sequencer must be silent before anyone may post batches, 1 s to 14 days. Default 12 hours. */
  silencePeriodSeconds?: number;
  /** Who gets the bond of a disputed claim. Default: the timelock. */
  disputedBondRecipient?: Address;
  /** What the L1 data fee begins with; must be the chain config's. Default: zero, no fee. */
  l1FeeScalars?: L1FeeScalars;
  /** Who gets what the fee vaults pay out, 10,000 basis points together. Default: half for the sequencer, half for those who vote. */
  feeShares?: FeeShare[];
  /** Voting and upgrades. Defaults are those of a chain with value on it; without a token's allocation nobody can vote. */
  governance?: GovernanceOptions;
}

/** One recipient of L2's fees. */
export interface FeeShare {
  /** `votingRewards`: the treasury that rewards those who vote. */
  recipient: Address | 'votingRewards';
  basisPoints: number;
}

/** With every default filled in, but for the recipient of bonds, whose default is an address of the plan. */
export type FullContractsConfig = Required<Omit<ContractsConfig, 'disputedBondRecipient' | 'governance'>> &
  Pick<ContractsConfig, 'disputedBondRecipient'> & { governance: GovernanceConfig };

const DEFAULTS = {
  maxDepositGasPerL1Block: 20_000_000n,
  proofMaturityDelaySeconds: 7 * 24 * 3600,
  gameFinalityDelaySeconds: 84 * 3600,
  pauseDurationSeconds: 7 * 24 * 3600,
  silencePeriodSeconds: 12 * 3600,
  l1FeeScalars: NO_SCALARS,
} as const;
/** `SystemConfig.DEPOSIT_GAS_PER_L1_BLOCK_MIN`. */
const MAX_DEPOSIT_GAS_PER_L1_BLOCK_MIN = 1_000_000n;
/** A year: more would keep withdrawals in for good. */
const DELAY_SECONDS_MAX = 365 * 24 * 3600;
/** `SystemConfig.PAUSE_DURATION_SECONDS_MAX`. */
const PAUSE_DURATION_SECONDS_MAX = 14 * 24 * 3600;
/** `AttesterSet.ATTESTER_COUNT_MAX`. */
const ATTESTER_COUNT_MAX = 32;
/** `FeeSplitter.SHARE_COUNT_MAX`. */
const FEE_SHARE_COUNT_MAX = 16;
const BASIS_POINTS = 10_000;
const UINT32_MAX = 2 ** 32 - 1;
/** `Inbox.SILENCE_PERIOD_SECONDS_MAX`. */
const SILENCE_PERIOD_SECONDS_MAX = 14 * 24 * 3600;

/**
 * Checks the config and fills in its defaults.
 * @throws L1.InvalidContractsConfig naming the field, what was expected and what came
 */
export function fullContractsConfig(given: ContractsConfig): FullContractsConfig {
  const isGiven = ([, value]: [string, unknown]) => value !== undefined;
  const config: FullContractsConfig = {
    ...DEFAULTS,
    ...(Object.fromEntries(Object.entries(given).filter(isGiven)) as ContractsConfig),
  } as FullContractsConfig;
  config.governance = fullGovernanceConfig(given.governance ?? {}, {
    ...config,
    minDelaySeconds: config.timelock.minDelaySeconds,
  });
  config.feeShares ??= [
    { recipient: config.sequencer, basisPoints: BASIS_POINTS / 2 },
    { recipient: 'votingRewards', basisPoints: BASIS_POINTS / 2 },
  ];
  const { timelock } = config;
  checkAccount('sequencer', config.sequencer);
  checkAccount('guardian', config.guardian);
  for (const proposer of timelock.proposers) checkAccount('timelock.proposers', proposer);
  if (config.disputedBondRecipient !== undefined) checkAccount('disputedBondRecipient', config.disputedBondRecipient);
  checkWhole('timelock.minDelaySeconds', timelock.minDelaySeconds, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('challengeWindowSeconds', config.challengeWindowSeconds, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('proofMaturityDelaySeconds', config.proofMaturityDelaySeconds, 0, DELAY_SECONDS_MAX);
  checkWhole('gameFinalityDelaySeconds', config.gameFinalityDelaySeconds, 0, DELAY_SECONDS_MAX);
  checkWhole('pauseDurationSeconds', config.pauseDurationSeconds, 0, PAUSE_DURATION_SECONDS_MAX);
  checkWhole('silencePeriodSeconds', config.silencePeriodSeconds, 1, SILENCE_PERIOD_SECONDS_MAX);
  check('initBondWei', config.initBondWei >= 0n, 'wei ≥ 0', config.initBondWei);
  const depositGas = config.maxDepositGasPerL1Block;
  check(
    'maxDepositGasPerL1Block',
    depositGas >= MAX_DEPOSIT_GAS_PER_L1_BLOCK_MIN && depositGas < 2n ** 64n,
    `${MAX_DEPOSIT_GAS_PER_L1_BLOCK_MIN} ≤ gas < 2^64`,
    depositGas,
  );
  checkFees(config);
  checkGovernance(config);
  return config;
}

function checkFees({ feeShares, l1FeeScalars }: FullContractsConfig): void {
  const { length } = feeShares;
  check('feeShares', length > 0 && length <= FEE_SHARE_COUNT_MAX, `1 to ${FEE_SHARE_COUNT_MAX}`, length);
  for (const { recipient, basisPoints } of feeShares) {
    if (recipient !== 'votingRewards') checkAccount('feeShares.recipient', recipient);
    checkWhole('feeShares.basisPoints', basisPoints, 1, BASIS_POINTS);
  }
  const sum = feeShares.reduce((total, { basisPoints }) => total + basisPoints, 0);
  check('feeShares', sum === BASIS_POINTS, `${BASIS_POINTS} basis points together`, sum);
  for (const [name, scalar] of Object.entries(l1FeeScalars)) checkWhole(`l1FeeScalars.${name}`, scalar, 0, UINT32_MAX);
}

function checkGovernance({ governance, timelock }: FullContractsConfig): void {
  const { delaySeconds, windows, voting, attesters, shadow, token } = governance;
  checkAscending('governance.delaySeconds', [timelock.minDelaySeconds, delaySeconds.module, delaySeconds.governance]);
  const { parameter, module, governance: highest } = windows.exitSeconds;
  checkAscending('governance.windows.exitSeconds', [parameter, module, highest]);
  // Else a vote could shorten the exit windows faster than the longest of them.
  check(
    'governance.delaySeconds.governance',
    delaySeconds.governance >= highest,
    `≥ ${highest}`,
    delaySeconds.governance,
  );
  const { quorumPercent } = voting;
  checkAscending('governance.voting.quorumPercent', [
    quorumPercent.parameter,
    quorumPercent.module,
    quorumPercent.governance,
  ]);
  check('governance.voting.quorumPercent', quorumPercent.governance <= 100, '≤ 100', quorumPercent.governance);
  checkWhole('governance.voting.periodSeconds', voting.periodSeconds, 1, DELAY_SECONDS_MAX);
  check('governance.attesters.bondWei', attesters.bondWei > 0n, 'wei > 0', attesters.bondWei);
  check(
    'governance.attesters.accounts',
    attesters.accounts.length <= ATTESTER_COUNT_MAX,
    `≤ ${ATTESTER_COUNT_MAX}`,
    attesters.accounts.length,
  );
  const basisPoints = attesters.quorumBasisPoints;
  check(
    'governance.attesters.quorumBasisPoints',
    basisPoints > 5_000 && basisPoints <= 10_000,
    '5,001 to 10,000',
    basisPoints,
  );
  check(
    'governance.shadow.rangeCount',
    shadow.rangeCount >= 1 && shadow.rangeCount <= 32,
    '1 to 32',
    shadow.rangeCount,
  );
  check('governance.shadow.rangeBlocks', shadow.rangeBlocks >= 1, '≥ 1', shadow.rangeBlocks);
  for (const { account } of token.allocations) checkAccount('governance.token.allocations', account);
  for (const account of attesters.accounts) checkAccount('governance.attesters.accounts', account);
}

function checkAscending(field: string, values: readonly number[]): void {
  for (const value of values) checkWhole(field, value, 0, Number.MAX_SAFE_INTEGER);
  check(
    field,
    values.every((value, i) => i === 0 || value >= values[i - 1]),
    'parameter ≤ module ≤ governance',
    values.join(', '),
  );
}

function checkAccount(field: string, address: string): void {
  check(field, isAddress(address, { strict: false }) && address !== zeroAddress, 'an account', address);
}

function checkWhole(field: string, value: number, min: number, max: number): void {
  const isWhole = Number.isSafeInteger(value) && value >= min && value <= max;
  const upTo = max === Number.MAX_SAFE_INTEGER ? `≥ ${min}` : `from ${min} to ${max}`;
  check(field, isWhole, `a whole number ${upTo}`, value);
}

function check(field: string, isRight: boolean, expected: string, got: unknown): void {
  if (isRight) return;
  throw new TributaryError('L1.InvalidContractsConfig', `${field}: expected ${expected}, got ${got}`, {
    recovery: 'halt',
  });
}
