import {
  type Abi,
  type Address,
  encodeFunctionData,
  type Hex,
  keccak256,
  stringToHex,
  toFunctionSelector,
  zeroAddress,
  zeroHash,
} from 'viem';
import { attesterSetAbi } from '../bindings/AttesterSet';
import { moduleExecutorAbi } from '../bindings/ModuleExecutor';
import { moduleRegistryAbi } from '../bindings/ModuleRegistry';
import { timelockAbi } from '../bindings/Timelock';
import { tributaryGovernorAbi } from '../bindings/TributaryGovernor';
import { votingRewardsAbi } from '../bindings/VotingRewards';
import type { FullContractsConfig } from './contractsConfig';
import { childAddress, type PlanBuilder, type Proxied } from './deploymentPlan';
import type { GovernanceConfig } from './governanceConfig';

/** `IModuleRegistry.RiskClass`. */
const RiskClass = { parameter: 0, module: 1, governance: 2 } as const;

/** What is less than a change of governance, on whatever contract it is called (docs/adr/0305). Everything else is one. */
export const CLASS_RULES: readonly (readonly [
  signature: string,
  riskClass: Exclude<keyof typeof RiskClass, 'governance'>,
])[] = [
  ['ratify(bytes32,bytes32)', 'module'],
  ['admit(address)', 'module'],
  ['expel(address)', 'module'],
  ['setSequencer(address)', 'module'],
  ['setSilencePeriodSeconds(uint32)', 'parameter'],
  ['setMaxDepositGasPerL1Block(uint64)', 'parameter'],
  ['setFeeScalars(uint32,uint32)', 'parameter'],
  ['setPauseDurationSeconds(uint64)', 'parameter'],
  ['rearmPause()', 'parameter'],
  ['setBudget((uint128,uint128,uint64,uint64))', 'parameter'],
];

/** What the rest of the system is owned by, and by what its modules are replaced. */
export interface Governance {
  timelock: Address;
  governor: Address;
  /** Owner of the admins of the modules' proxies. */
  moduleExecutor: Address;
  moduleRegistry: Address;
}

/** The contracts that other contracts name: token, timelock with governor, registry and executor. */
export function planGovernance(plan: PlanBuilder, config: FullContractsConfig, factory: Address): Governance {
  const { token, execution: _, ...governance } = config.governance;
  const votes = plan.create('governanceToken', 'GovernanceToken', [token.name, token.symbol, token.allocations]);
  const { timelock, governor } = planTimelock(plan, config, factory, votes);
  const registry = plan.createProxied('moduleRegistry', 'ModuleRegistry', timelock, {
    abi: moduleRegistryAbi as Abi,
    functionName: 'initialize',
    args: [timelock, windowsOf(governance.windows), shadowRuleOf(governance.shadow)],
  }).proxy;
  plan.expectOwned('moduleRegistry', registry, timelock);
  const executor = plan.create('moduleExecutor', 'ModuleExecutor', [registry]);
  plan.expect(
    'moduleExecutor.registry',
    { address: executor, abi: moduleExecutorAbi as Abi, functionName: 'registry' },
    registry,
  );
  plan.create('artifactStore', 'ArtifactStore', []);
  return { timelock, governor, moduleRegistry: registry, moduleExecutor: executor };
}

/** Contracts that the registry is told of, once they are there. */
export interface GovernedContracts {
  systemConfig: Address;
  anchorStateRegistry: Proxied;
  inbox: Proxied;
  sequencerSet: Proxied;
}

/** Attesters and rewards, and the registry's start with the versions of genesis. @returns the rewards' proxy */
export function planModules(
  plan: PlanBuilder,
  config: FullContractsConfig,
  governance: Governance,
  contracts: GovernedContracts,
): Address {
  const { timelock, governor, moduleExecutor, moduleRegistry } = governance;
  const { attesters, rewards, execution } = config.governance;
  const initialize = (abi: Abi, args: readonly unknown[]) => ({ abi, functionName: 'initialize', args });
  const attesterSet = plan.createProxied(
    'attesterSet',
    'AttesterSet',
    timelock,
    initialize(attesterSetAbi, [
      timelock,
      moduleRegistry,
      contracts.anchorStateRegistry.proxy,
      attesters.bondWei,
      BigInt(attesters.unbondSeconds),
      attesters.quorumBasisPoints,
      attesters.accounts,
    ]),
  ).proxy;
  plan.expectOwned('attesterSet', attesterSet, timelock);
  const votingRewards = plan.createProxied(
    'votingRewards',
    'VotingRewards',
    moduleExecutor,
    initialize(votingRewardsAbi, [timelock, governor, budgetOf(rewards)]),
  );
  plan.expectOwned('votingRewards', votingRewards.proxy, timelock);
  plan.expect(
    'votingRewards.governor',
    { address: votingRewards.proxy, abi: votingRewardsAbi as Abi, functionName: 'governor' },
    governor,
  );

  const neighbours = {
    executor: moduleExecutor,
    attesterSet,
    systemConfig: contracts.systemConfig,
    anchorStateRegistry: contracts.anchorStateRegistry.proxy,
    inbox: contracts.inbox.proxy,
  };
  const none = {
    proxy: zeroAddress,
    proxyAdmin: zeroAddress,
    implementation: zeroAddress,
    artifactHash: zeroHash,
    abi_: 0,
  };
  const onL1 = ({ proxy, admin, implementation }: Proxied) => ({
    ...none,
    proxy,
    proxyAdmin: admin,
    implementation,
    abi_: 1,
  });
  const genesis = [
    { ...none, artifactHash: execution.artifactHash, abi_: execution.abi },
    onL1(contracts.inbox),
    onL1(contracts.sequencerSet),
    onL1(contracts.anchorStateRegistry),
    onL1(votingRewards),
  ];
  const registry = { address: moduleRegistry, abi: moduleRegistryAbi as Abi };
  const start = { abi: registry.abi, functionName: 'start', args: [neighbours, genesis] };
  // What `abi.encode` of the arguments gives: the input without its selector.
  const expected = keccak256(`0x${encodeFunctionData(start).slice(10)}`);
  const startHash = { ...registry, functionName: 'startHash', args: [], expected };
  plan.call('moduleRegistryStart', moduleRegistry, start, {
    kind: 'call',
    what: 'moduleRegistry.startHash',
    ...startHash,
  });
  return votingRewards.proxy;
}

/** keccak256 of the roles' names, as OpenZeppelin has them. */
const ADMIN_ROLE: Hex = zeroHash;
const PROPOSER_ROLE: Hex = keccak256(stringToHex('PROPOSER_ROLE'));

/** The timelock makes the governor in its constructor. */
function planTimelock(
  plan: PlanBuilder,
  config: FullContractsConfig,
  factory: Address,
  token: Address,
): { timelock: Address; governor: Address } {
  const { minDelaySeconds, proposers } = config.timelock;
  const { delaySeconds, voting } = config.governance;
  const delays = {
    parameterSeconds: BigInt(minDelaySeconds),
    moduleSeconds: BigInt(delaySeconds.module),
    governanceSeconds: BigInt(delaySeconds.governance),
  };
  const rules = CLASS_RULES.map(([signature, riskClass]) => ({
    selector: toFunctionSelector(signature),
    riskClass: RiskClass[riskClass],
  }));
  const { parameter, module, governance } = voting.quorumPercent;
  const settings = {
    votingDelaySeconds: voting.delaySeconds,
    votingPeriodSeconds: voting.periodSeconds,
    lateQuorumExtensionSeconds: voting.lateQuorumExtensionSeconds,
    proposalThreshold: voting.proposalThreshold,
    quorums: { parameterPercent: parameter, modulePercent: module, governancePercent: governance },
  };
  const timelock = plan.create('timelock', 'Timelock', [delays, proposers, rules, token, settings]);
  const governor = childAddress(timelock, 1n);
  plan.name('governor', governor);

  const contract = { address: timelock, abi: timelockAbi as Abi };
  plan.expect('timelock.governor', { ...contract, functionName: 'governor' }, governor);
  for (const [index, seconds] of Object.values(delays).entries()) {
    plan.expect(
      `timelock.delaySecondsOf(${index})`,
      { ...contract, functionName: 'delaySecondsOf', args: [index] },
      seconds,
    );
  }
  const role = (what: string, hash: Hex, account: Address, holds: boolean) =>
    plan.expect(`timelock ${what} ${account}`, { ...contract, functionName: 'hasRole', args: [hash, account] }, holds);
  role('admin', ADMIN_ROLE, timelock, true);
  role('proposer', PROPOSER_ROLE, governor, true);
  for (const account of new Set([factory, config.guardian, config.sequencer, ...proposers])) {
    role('admin', ADMIN_ROLE, account, false);
    const isProposer = proposers.some((proposer) => proposer.toLowerCase() === account.toLowerCase());
    role('proposer', PROPOSER_ROLE, account, isProposer);
  }
  const governorCall = (functionName: string) => ({
    address: governor,
    abi: tributaryGovernorAbi as Abi,
    functionName,
  });
  plan.expect('governor.timelock', governorCall('timelock'), timelock);
  plan.expect('governor.token', governorCall('token'), token);
  plan.expect('governor.votingPeriod', governorCall('votingPeriod'), BigInt(voting.periodSeconds));
  return { timelock, governor };
}

function windowsOf({ exitSeconds, ...windows }: GovernanceConfig['windows']): Record<string, unknown> {
  const seconds = Object.entries(windows).map(([name, value]) => [name, BigInt(value)]);
  const { parameter, module, governance } = exitSeconds;
  return { exitSeconds: [parameter, module, governance].map(BigInt), ...Object.fromEntries(seconds) };
}

function shadowRuleOf({ rangeBlocks, rangeCount }: GovernanceConfig['shadow']): Record<string, bigint> {
  return { rangeBlocks: BigInt(rangeBlocks), rangeCount: BigInt(rangeCount) };
}

function budgetOf({ periodSeconds, claimSeconds, ...wei }: GovernanceConfig['rewards']): Record<string, bigint> {
  return { ...wei, periodSeconds: BigInt(periodSeconds), claimSeconds: BigInt(claimSeconds) };
}
