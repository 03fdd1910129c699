import { type Address, type Hex, zeroHash } from 'viem';

/** One value for each class of risk. */
export interface ByClass<Value> {
  parameter: Value;
  module: Value;
  governance: Value;
}

/** What is decided about voting and upgrades. Times in seconds; the delay of the parameter class is `timelock.minDelaySeconds`. */
export interface GovernanceConfig {
  /** The whole supply, in units of 10^-18; each account begins as its own delegate. None: nothing can be voted, ever. */
  token: { name: string; symbol: string; allocations: readonly { account: Address; amount: bigint }[] };
  voting: {
    /** Between proposal and vote. */
    delaySeconds: number;
    periodSeconds: number;
    /** How long the vote goes on after a late quorum. */
    lateQuorumExtensionSeconds: number;
    /** Votes that are needed to propose. */
    proposalThreshold: bigint;
    /** Part of the supply that has to take part. */
    quorumPercent: ByClass<number>;
  };
  /** What waits in the timelock waits so long. */
  delaySeconds: { module: number; governance: number };
  /** `IModuleRegistry.Windows`. */
  windows: {
    exitSeconds: ByClass<number>;
    shadowSeconds: number;
    canarySeconds: number;
    finalitySeconds: number;
    rollBackHoldSeconds: number;
    livenessGapSeconds: number;
    lapseSeconds: number;
  };
  /** `IModuleRegistry.ShadowRule`. */
  shadow: { rangeBlocks: number; rangeCount: number };
  attesters: { accounts: readonly Address[]; bondWei: bigint; unbondSeconds: number; quorumBasisPoints: number };
  /** `IVotingRewards.Budget`. */
  rewards: { perProposalWei: bigint; perPeriodWei: bigint; periodSeconds: number; claimSeconds: number };
  /** The kernel that rules from genesis on; a zero hash stands for that of the node's package. */
  execution: { artifactHash: Hex; abi: number };
}

/** As it is given: whatever is left out has its default. */
export type GovernanceOptions = { [Part in keyof GovernanceConfig]?: Partial<GovernanceConfig[Part]> };

const DAY = 24 * 3600;

/** How long somebody may need to leave: what the exit window comes on top of. */
export interface ExitDelays {
  silencePeriodSeconds: number;
  challengeWindowSeconds: number;
  proofMaturityDelaySeconds: number;
  gameFinalityDelaySeconds: number;
  minDelaySeconds: number;
}

/** Fills in the defaults, which are those of a chain with value on it: an exit window of 30 days and the longest way out. */
export function fullGovernanceConfig(given: GovernanceOptions, delays: ExitDelays): GovernanceConfig {
  const { silencePeriodSeconds, challengeWindowSeconds, proofMaturityDelaySeconds, gameFinalityDelaySeconds } = delays;
  const wayOut = silencePeriodSeconds + challengeWindowSeconds + proofMaturityDelaySeconds + gameFinalityDelaySeconds;
  const exitSeconds = 30 * DAY + wayOut;
  const windows = {
    exitSeconds: { parameter: exitSeconds, module: exitSeconds, governance: exitSeconds },
    shadowSeconds: 3 * DAY,
    canarySeconds: 7 * DAY,
    finalitySeconds: 14 * DAY,
    rollBackHoldSeconds: 14 * DAY,
    livenessGapSeconds: DAY,
    lapseSeconds: 30 * DAY,
    ...given.windows,
  };
  const module = given.delaySeconds?.module ?? Math.max(delays.minDelaySeconds, 3 * DAY);
  const governance = given.delaySeconds?.governance ?? Math.max(module, windows.exitSeconds.governance);
  return {
    token: { name: 'Tributary', symbol: 'TRIB', allocations: [], ...given.token },
    voting: {
      delaySeconds: DAY,
      periodSeconds: 7 * DAY,
      lateQuorumExtensionSeconds: 2 * DAY,
      proposalThreshold: 0n,
      quorumPercent: { parameter: 4, module: 10, governance: 20 },
      ...given.voting,
    },
    delaySeconds: { module, governance },
    windows,
    shadow: { rangeBlocks: 1_000, rangeCount: 8, ...given.shadow },
    attesters: {
      accounts: [],
      bondWei: 10n * 10n ** 18n,
      unbondSeconds: 30 * DAY,
      // Two thirds: 6,667 would make it three of three.
      quorumBasisPoints: 6_666,
      ...given.attesters,
    },
    rewards: {
      perProposalWei: 0n,
      perPeriodWei: 0n,
      periodSeconds: 30 * DAY,
      claimSeconds: 90 * DAY,
      ...given.rewards,
    },
    execution: { artifactHash: zeroHash, abi: 1, ...given.execution },
  };
}
