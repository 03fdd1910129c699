import type { Abi, Address, Hex } from 'viem';
import { zeroAddress } from 'viem';
import { anchorStateRegistryAbi } from '../bindings/AnchorStateRegistry';
import { disputeGameFactoryAbi } from '../bindings/DisputeGameFactory';
import { inboxAbi } from '../bindings/Inbox';
import { l1CrossDomainMessengerAbi } from '../bindings/L1CrossDomainMessenger';
import { l1StandardBridgeAbi } from '../bindings/L1StandardBridge';
import { outputClaimGameAbi } from '../bindings/OutputClaimGame';
import { portalAbi } from '../bindings/Portal';
import { systemConfigAbi } from '../bindings/SystemConfig';
import { timelockAbi } from '../bindings/Timelock';
import type { LoadContractArtifact } from '../contractArtifacts';
import { type FullContractsConfig, OUTPUT_CLAIM_GAME_TYPE } from './contractsConfig';
import { type DeploymentPlan, PlanBuilder, type Proxied } from './deploymentPlan';

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
  const timelock = planTimelock(plan, config, base.factory);
  const systemConfig = planSystemConfig(plan, config, timelock);
  const settlement = planSettlement(plan, config, timelock, systemConfig);
  planInbox(plan, config, timelock);
  planBridge(plan, config, timelock, { systemConfig, ...settlement });
  return plan.build();
}

/** keccak256 of the roles' names, as OpenZeppelin has them. */
const ADMIN_ROLE: Hex = `0x${'0'.repeat(64)}`;
const PROPOSER_ROLE: Hex = '0xb09aa5aeb3702cfd50b6b62bc4532604938f21248a27a1d5ca736082b6819cc1';

function planTimelock(plan: PlanBuilder, config: FullContractsConfig, factory: Address): Address {
  const { minDelaySeconds, proposers } = config.timelock;
  const timelock = plan.create('timelock', 'Timelock', [BigInt(minDelaySeconds), proposers]);
  const contract = { address: timelock, abi: timelockAbi as Abi };
  plan.expect('timelock.getMinDelay', { ...contract, functionName: 'getMinDelay' }, BigInt(minDelaySeconds));
  const role = (what: string, hash: Hex, account: Address, holds: boolean) =>
    plan.expect(`timelock ${what} ${account}`, { ...contract, functionName: 'hasRole', args: [hash, account] }, holds);
  role('admin', ADMIN_ROLE, timelock, true);
  for (const account of new Set([factory, config.guardian, config.sequencer, ...proposers])) {
    role('admin', ADMIN_ROLE, account, false);
    const isProposer = proposers.some((proposer) => proposer.toLowerCase() === account.toLowerCase());
    role('proposer', PROPOSER_ROLE, account, isProposer);
  }
  return timelock;
}

function planSystemConfig(plan: PlanBuilder, config: FullContractsConfig, timelock: Address): Address {
  const abi: Abi = systemConfigAbi;
  const depositGas = config.maxDepositGasPerL1Block;
  const pauseSeconds = BigInt(config.pauseDurationSeconds);
  const args = [timelock, config.guardian, OUTPUT_CLAIM_GAME_TYPE, depositGas, pauseSeconds];
  const { proxy } = plan.createProxied('systemConfig', 'SystemConfig', timelock, {
    abi,
    functionName: 'initialize',
    args,
  });
  expectOwned(plan, 'systemConfig', proxy, timelock);
  expectValues(plan, 'systemConfig', proxy, abi, {
    guardian: config.guardian,
    respectedGameType: OUTPUT_CLAIM_GAME_TYPE,
    maxDepositGasPerL1Block: depositGas,
    pauseDurationSeconds: pauseSeconds,
  });
  return proxy;
}

interface Settlement {
  disputeGameFactory: Address;
  anchorStateRegistry: Address;
}

function planSettlement(
  plan: PlanBuilder,
  config: FullContractsConfig,
  timelock: Address,
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
  expectOwned(plan, 'disputeGameFactory', factory, timelock);
  plan.expect('disputeGameFactory.gameImpls', { ...factoryCall, functionName: 'gameImpls' }, game);
  plan.expect('disputeGameFactory.initBonds', { ...factoryCall, functionName: 'initBonds' }, config.initBondWei);

  const finalitySeconds = BigInt(config.gameFinalityDelaySeconds);
  const registry = initialized(plan, 'anchorStateRegistry', 'AnchorStateRegistry', timelock, anchorStateRegistryAbi, [
    timelock,
    systemConfig,
    factory,
    finalitySeconds,
  ]);
  expectOwned(plan, 'anchorStateRegistry', registry, timelock);
  expectValues(plan, 'anchorStateRegistry', registry, anchorStateRegistryAbi, {
    disputeGameFinalityDelaySeconds: finalitySeconds,
  });
  return { disputeGameFactory: factory, anchorStateRegistry: registry };
}

function planInbox(plan: PlanBuilder, config: FullContractsConfig, timelock: Address): void {
  const { sequencer, silencePeriodSeconds } = config;
  const args = [timelock, sequencer, silencePeriodSeconds];
  const inbox = initialized(plan, 'inbox', 'Inbox', timelock, inboxAbi, args);
  expectOwned(plan, 'inbox', inbox, timelock);
  expectValues(plan, 'inbox', inbox, inboxAbi, { sequencer, silencePeriodSeconds });
}

function planBridge(
  plan: PlanBuilder,
  config: FullContractsConfig,
  timelock: Address,
  { systemConfig, disputeGameFactory, anchorStateRegistry }: Settlement & { systemConfig: Address },
): void {
  const maturitySeconds = BigInt(config.proofMaturityDelaySeconds);
  // The messenger names the Portal, which is made last: a proxy's address is known before it is there.
  const portalArgs = [timelock, disputeGameFactory, systemConfig, anchorStateRegistry, maturitySeconds];
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
  expectOwned(plan, 'portal', portal, timelock);
  expectValues(plan, 'portal', portal, portalAbi, {
    disputeGameFactory,
    systemConfig,
    anchorStateRegistry,
    guardian: config.guardian,
    proofMaturityDelaySeconds: maturitySeconds,
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

function expectOwned(plan: PlanBuilder, name: string, address: Address, timelock: Address): void {
  const contract = { address, abi: inboxAbi as Abi };
  plan.expect(`${name}.owner`, { ...contract, functionName: 'owner' }, timelock);
  plan.expect(`${name}.pendingOwner`, { ...contract, functionName: 'pendingOwner' }, zeroAddress);
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
