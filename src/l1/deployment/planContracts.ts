import type { Abi, Address, Hex } from 'viem';
import { anchorStateRegistryAbi } from '../bindings/AnchorStateRegistry';
import { disputeGameFactoryAbi } from '../bindings/DisputeGameFactory';
import { feeSplitterAbi } from '../bindings/FeeSplitter';
import { inboxAbi } from '../bindings/Inbox';
import { l1CrossDomainMessengerAbi } from '../bindings/L1CrossDomainMessenger';
import { l1StandardBridgeAbi } from '../bindings/L1StandardBridge';
import { outputClaimGameAbi } from '../bindings/OutputClaimGame';
import { portalAbi } from '../bindings/Portal';
import { sequencerSetAbi } from '../bindings/SequencerSet';
import { systemConfigAbi } from '../bindings/SystemConfig';
import type { LoadContractArtifact } from '../contractArtifacts';
import { type FullContractsConfig, OUTPUT_CLAIM_GAME_TYPE } from './contractsConfig';
import { type DeploymentPlan, PlanBuilder, type Proxied } from './deploymentPlan';
import { type Governance, planGovernance, planModules } from './planGovernance';

export interface PlanContractsOptions {
  config: FullContractsConfig;
  /** The CREATE2 factory that will make the contracts. */
  factory: Address;
  /** 32 bytes. Another salt, other addresses. */
  salt: Hex;
  loadArtifact: LoadContractArtifact;
}

/** The plan of a whole rollup. No contract is ever owned by who sends the transactions. The Portal comes last: it opens the door. */
export function planContracts({ config, ...base }: PlanContractsOptions): DeploymentPlan {
  const plan = new PlanBuilder(base);
  const governance = planGovernance(plan, config, base.factory);
  const systemConfig = planSystemConfig(plan, config, governance.timelock);
  const { disputeGameFactory, anchorStateRegistry } = planSettlement(plan, config, governance, systemConfig);
  const sequencerSet = planSequencerSet(plan, config, governance);
  const inbox = planInbox(plan, config, governance, sequencerSet.proxy);
  const l1Modules = { systemConfig, anchorStateRegistry, inbox, sequencerSet };
  const votingRewards = planModules(plan, config, governance, l1Modules);
  planFeeSplitter(plan, config, governance.timelock, votingRewards);
  planBridge(plan, config, governance, {
    systemConfig,
    disputeGameFactory,
    anchorStateRegistry: anchorStateRegistry.proxy,
  });
  return plan.build();
}

function planSystemConfig(plan: PlanBuilder, config: FullContractsConfig, timelock: Address): Address {
  const abi: Abi = systemConfigAbi;
  const depositGas = config.maxDepositGasPerL1Block;
  const pauseSeconds = BigInt(config.pauseDurationSeconds);
  const { baseFeeScalar, blobBaseFeeScalar } = config.l1FeeScalars;
  const parameters = [depositGas, pauseSeconds, baseFeeScalar, blobBaseFeeScalar];
  const args = [timelock, config.guardian, OUTPUT_CLAIM_GAME_TYPE, ...parameters];
  const { proxy } = plan.createProxied('systemConfig', 'SystemConfig', timelock, {
    abi,
    functionName: 'initialize',
    args,
  });
  plan.expectOwned('systemConfig', proxy, timelock);
  expectValues(plan, 'systemConfig', proxy, abi, {
    guardian: config.guardian,
    respectedGameType: OUTPUT_CLAIM_GAME_TYPE,
    maxDepositGasPerL1Block: depositGas,
    pauseDurationSeconds: pauseSeconds,
    baseFeeScalar,
    blobBaseFeeScalar,
  });
  return proxy;
}

interface Settlement {
  disputeGameFactory: Address;
  anchorStateRegistry: Proxied;
}

function planSettlement(
  plan: PlanBuilder,
  config: FullContractsConfig,
  { timelock, moduleExecutor }: Governance,
  systemConfig: Address,
): Settlement {
  const windowSeconds = BigInt(config.challengeWindowSeconds);
  const bondRecipient = config.disputedBondRecipient ?? timelock;
  const game = plan.create('outputClaimGame', 'OutputClaimGame', [systemConfig, windowSeconds, bondRecipient]);
  expectValues(plan, 'outputClaimGame', game, outputClaimGameAbi, {
    systemConfig,
    challengeWindowSeconds: windowSeconds,
    disputedBondRecipient: bondRecipient,
    gameType: OUTPUT_CLAIM_GAME_TYPE,
  });

  const registration = { gameType: OUTPUT_CLAIM_GAME_TYPE, implementation: game, initBond: config.initBondWei };
  const factory = initialized(plan, 'disputeGameFactory', 'DisputeGameFactory', timelock, disputeGameFactoryAbi, [
    timelock,
    [registration],
  ]);
  const factoryCall = { address: factory, abi: disputeGameFactoryAbi as Abi, args: [OUTPUT_CLAIM_GAME_TYPE] };
  plan.expectOwned('disputeGameFactory', factory, timelock);
  plan.expect('disputeGameFactory.gameImpls', { ...factoryCall, functionName: 'gameImpls' }, game);
  plan.expect('disputeGameFactory.initBonds', { ...factoryCall, functionName: 'initBonds' }, config.initBondWei);

  const finalitySeconds = BigInt(config.gameFinalityDelaySeconds);
  const registry = plan.createProxied('anchorStateRegistry', 'AnchorStateRegistry', moduleExecutor, {
    abi: anchorStateRegistryAbi as Abi,
    functionName: 'initialize',
    args: [timelock, systemConfig, factory, finalitySeconds],
  });
  plan.expectOwned('anchorStateRegistry', registry.proxy, timelock);
  expectValues(plan, 'anchorStateRegistry', registry.proxy, anchorStateRegistryAbi, {
    disputeGameFinalityDelaySeconds: finalitySeconds,
  });
  return { disputeGameFactory: factory, anchorStateRegistry: registry };
}

function planSequencerSet(
  plan: PlanBuilder,
  { sequencer }: FullContractsConfig,
  { timelock, moduleExecutor }: Governance,
): Proxied {
  const initialize = { abi: sequencerSetAbi as Abi, functionName: 'initialize', args: [timelock, sequencer] };
  const sequencerSet = plan.createProxied('sequencerSet', 'SequencerSet', moduleExecutor, initialize);
  plan.expectOwned('sequencerSet', sequencerSet.proxy, timelock);
  expectValues(plan, 'sequencerSet', sequencerSet.proxy, sequencerSetAbi, { sequencer });
  return sequencerSet;
}

function planInbox(
  plan: PlanBuilder,
  { silencePeriodSeconds }: FullContractsConfig,
  { timelock, moduleExecutor }: Governance,
  sequencerSet: Address,
): Proxied {
  const args = [timelock, sequencerSet, silencePeriodSeconds];
  const abi: Abi = inboxAbi;
  const inbox = plan.createProxied('inbox', 'Inbox', moduleExecutor, { abi, functionName: 'initialize', args });
  plan.expectOwned('inbox', inbox.proxy, timelock);
  expectValues(plan, 'inbox', inbox.proxy, inboxAbi, { sequencerSet, silencePeriodSeconds });
  return inbox;
}

function planFeeSplitter(
  plan: PlanBuilder,
  { feeShares }: FullContractsConfig,
  timelock: Address,
  votingRewards: Address,
): void {
  const shares = feeShares.map(({ recipient, basisPoints }) => ({
    recipient: recipient === 'votingRewards' ? votingRewards : recipient,
    basisPoints,
  }));
  const splitter = initialized(plan, 'feeSplitter', 'FeeSplitter', timelock, feeSplitterAbi, [timelock, shares]);
  plan.expectOwned('feeSplitter', splitter, timelock);
}

function planBridge(
  plan: PlanBuilder,
  config: FullContractsConfig,
  { timelock, moduleRegistry }: Governance,
  {
    systemConfig,
    disputeGameFactory,
    anchorStateRegistry,
  }: Record<'systemConfig' | 'disputeGameFactory' | 'anchorStateRegistry', Address>,
): void {
  const maturitySeconds = BigInt(config.proofMaturityDelaySeconds);
  // The messenger names the Portal, which is made last: a proxy's address is known before it is there.
  const neighbours = [disputeGameFactory, systemConfig, anchorStateRegistry];
  const portalArgs = [timelock, ...neighbours, maturitySeconds, moduleRegistry];
  const portal = plan.addressOfProxied('Portal', timelock, {
    abi: portalAbi,
    functionName: 'initialize',
    args: portalArgs,
  });
  const messenger = initialized(
    plan,
    'l1CrossDomainMessenger',
    'L1CrossDomainMessenger',
    timelock,
    l1CrossDomainMessengerAbi,
    [portal],
  );
  expectValues(plan, 'l1CrossDomainMessenger', messenger, l1CrossDomainMessengerAbi, { portal });
  const bridge = initialized(plan, 'l1StandardBridge', 'L1StandardBridge', timelock, l1StandardBridgeAbi, [messenger]);
  expectValues(plan, 'l1StandardBridge', bridge, l1StandardBridgeAbi, { messenger });

  initialized(plan, 'portal', 'Portal', timelock, portalAbi, portalArgs);
  plan.expectOwned('portal', portal, timelock);
  expectValues(plan, 'portal', portal, portalAbi, {
    disputeGameFactory,
    systemConfig,
    anchorStateRegistry,
    guardian: config.guardian,
    proofMaturityDelaySeconds: maturitySeconds,
    moduleRegistry,
  });
}

/** A proxied contract whose `initialize` takes these arguments. @returns the proxy */
function initialized(
  plan: PlanBuilder,
  name: string,
  contractName: string,
  timelock: Address,
  abi: Abi,
  args: readonly unknown[],
): Address {
  const proxied: Proxied = plan.createProxied(name, contractName, timelock, { abi, functionName: 'initialize', args });
  return proxied.proxy;
}

function expectValues(
  plan: PlanBuilder,
  name: string,
  address: Address,
  abi: Abi,
  values: Record<string, string | bigint | number | boolean>,
): void {
  for (const [functionName, expected] of Object.entries(values)) {
    plan.expect(`${name}.${functionName}`, { address, abi, functionName }, expected);
  }
}
