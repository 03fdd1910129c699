import {
  type Account,
  type Address,
  type Chain,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  isAddress,
  isAddressEqual,
  type PublicClient,
  type TransactionReceipt,
  type Transport,
  type WalletClient,
  zeroAddress,
} from 'viem';
import { errorMessage, TributaryError } from '../core/errors';
import { anchorStateRegistryAbi } from './bindings/AnchorStateRegistry';
import { disputeGameFactoryAbi } from './bindings/DisputeGameFactory';
import { inboxAbi } from './bindings/Inbox';
import { l1CrossDomainMessengerAbi } from './bindings/L1CrossDomainMessenger';
import { l1StandardBridgeAbi } from './bindings/L1StandardBridge';
import { outputClaimGameAbi } from './bindings/OutputClaimGame';
import { portalAbi } from './bindings/Portal';
import { proxyAdminAbi } from './bindings/ProxyAdmin';
import { systemConfigAbi } from './bindings/SystemConfig';
import { timelockAbi } from './bindings/Timelock';
import { type LoadContractArtifact, loadContractArtifact } from './contractArtifacts';

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
}

/** Addresses that the node calls, and those behind them. */
export interface DeployedContracts {
  inbox: Address;
  portal: Address;
  disputeGameFactory: Address;
  systemConfig: Address;
  anchorStateRegistry: Address;
  l1CrossDomainMessenger: Address;
  l1StandardBridge: Address;
  /** Code of the output claim games, which are clones of it. */
  outputClaimGame: Address;
  timelock: Address;
  /** Admin of each proxy; all are owned by the timelock. */
  proxyAdmins: Record<ProxiedContract, Address>;
  /** Code behind each proxy. */
  implementations: Record<ProxiedContract, Address>;
}

const OWNED_CONTRACTS = ['systemConfig', 'disputeGameFactory', 'anchorStateRegistry', 'portal', 'inbox'] as const;
/** The messenger and the bridge have no owner: there is nothing to set in them. */
const PROXIED_CONTRACTS = [...OWNED_CONTRACTS, 'l1CrossDomainMessenger', 'l1StandardBridge'] as const;

export type ProxiedContract = (typeof PROXIED_CONTRACTS)[number];

export interface Deployment {
  contracts: DeployedContracts;
  /** L1 block of the first deployed contract: nothing of this rollup is in an earlier one. */
  deployedAtL1Block: number;
}

export interface DeployProgress {
  /** 0-based. */
  step: number;
  stepCount: number;
  contractName: string;
  address: Address;
  transactionHash: Hex;
}

export interface DeployContractsOptions {
  publicClient: PublicClient;
  /** Pays and sends, and has no power over what it deployed. */
  walletClient: WalletClient<Transport, Chain | undefined, Account>;
  config: ContractsConfig;
  onProgress?: (progress: DeployProgress) => void;
  /** Default: the built package's artifacts. */
  loadArtifact?: LoadContractArtifact;
}

const DEFAULT_MAX_DEPOSIT_GAS_PER_L1_BLOCK = 20_000_000n;
/** `SystemConfig.DEPOSIT_GAS_PER_L1_BLOCK_MIN`. */
const MAX_DEPOSIT_GAS_PER_L1_BLOCK_MIN = 1_000_000n;
const DEFAULT_PROOF_MATURITY_DELAY_SECONDS = 7 * 24 * 3600;
const DEFAULT_GAME_FINALITY_DELAY_SECONDS = 84 * 3600;
const DEFAULT_PAUSE_DURATION_SECONDS = 7 * 24 * 3600;
const DEFAULT_SILENCE_PERIOD_SECONDS = 12 * 3600;
/** A year: more would keep withdrawals in for good. */
const DELAY_SECONDS_MAX = 365 * 24 * 3600;
/** `SystemConfig.PAUSE_DURATION_SECONDS_MAX`. */
const PAUSE_DURATION_SECONDS_MAX = 14 * 24 * 3600;
const STEP_COUNT = 16;

/**
 * Deploys and wires all L1 contracts, one transaction each, in a fixed order. No contract is ever owned by the deployer: each proxy is
 * initialized by its own constructor with the timelock as owner. At the end every owner, admin and role is read back.
 * @throws L1.InvalidContractsConfig L1.DeploymentFailed L1.DeploymentNotSafe
 * @example
 * const { contracts } = await deployContracts({ publicClient, walletClient, config: {
 *   sequencer, guardian, timelock: { minDelaySeconds: 0, proposers: [deployer] }, challengeWindowSeconds: 10, initBondWei: 10n ** 16n } })
 */
export async function deployContracts(options: DeployContractsOptions): Promise<Deployment> {
  const { config } = options;
  checkConfig(config);
  const deployer = new Deployer(options);
  await deployer.start();

  const timelock = await deployer.deploy('Timelock', [
    BigInt(config.timelock.minDelaySeconds),
    config.timelock.proposers,
  ]);
  const disputedBondRecipient = config.disputedBondRecipient ?? timelock;

  const systemConfig = await deployer.deployProxied(
    'SystemConfig',
    timelock,
    encodeFunctionData({
      abi: systemConfigAbi,
      functionName: 'initialize',
      args: [
        timelock,
        config.guardian,
        OUTPUT_CLAIM_GAME_TYPE,
        config.maxDepositGasPerL1Block ?? DEFAULT_MAX_DEPOSIT_GAS_PER_L1_BLOCK,
        BigInt(config.pauseDurationSeconds ?? DEFAULT_PAUSE_DURATION_SECONDS),
      ],
    }),
  );
  const outputClaimGame = await deployer.deploy('OutputClaimGame', [
    systemConfig.proxy,
    BigInt(config.challengeWindowSeconds),
    disputedBondRecipient,
  ]);
  const disputeGameFactory = await deployer.deployProxied(
    'DisputeGameFactory',
    timelock,
    encodeFunctionData({
      abi: disputeGameFactoryAbi,
      functionName: 'initialize',
      args: [
        timelock,
        [{ gameType: OUTPUT_CLAIM_GAME_TYPE, implementation: outputClaimGame, initBond: config.initBondWei }],
      ],
    }),
  );
  const anchorStateRegistry = await deployer.deployProxied(
    'AnchorStateRegistry',
    timelock,
    encodeFunctionData({
      abi: anchorStateRegistryAbi,
      functionName: 'initialize',
      args: [
        timelock,
        systemConfig.proxy,
        disputeGameFactory.proxy,
        BigInt(config.gameFinalityDelaySeconds ?? DEFAULT_GAME_FINALITY_DELAY_SECONDS),
      ],
    }),
  );
  const portal = await deployer.deployProxied(
    'Portal',
    timelock,
    encodeFunctionData({
      abi: portalAbi,
      functionName: 'initialize',
      args: [
        timelock,
        disputeGameFactory.proxy,
        systemConfig.proxy,
        anchorStateRegistry.proxy,
        BigInt(config.proofMaturityDelaySeconds ?? DEFAULT_PROOF_MATURITY_DELAY_SECONDS),
      ],
    }),
  );
  const inbox = await deployer.deployProxied(
    'Inbox',
    timelock,
    encodeFunctionData({
      abi: inboxAbi,
      functionName: 'initialize',
      args: [timelock, config.sequencer, config.silencePeriodSeconds ?? DEFAULT_SILENCE_PERIOD_SECONDS],
    }),
  );

  const l1CrossDomainMessenger = await deployer.deployProxied(
    'L1CrossDomainMessenger',
    timelock,
    encodeFunctionData({ abi: l1CrossDomainMessengerAbi, functionName: 'initialize', args: [portal.proxy] }),
  );
  const l1StandardBridge = await deployer.deployProxied(
    'L1StandardBridge',
    timelock,
    encodeFunctionData({
      abi: l1StandardBridgeAbi,
      functionName: 'initialize',
      args: [l1CrossDomainMessenger.proxy],
    }),
  );
  const proxied: Record<ProxiedContract, Proxied> = {
    systemConfig,
    disputeGameFactory,
    anchorStateRegistry,
    portal,
    inbox,
    l1CrossDomainMessenger,
    l1StandardBridge,
  };
  const contracts: DeployedContracts = {
    ...addressesOf(proxied, 'proxy'),
    outputClaimGame,
    timelock,
    proxyAdmins: addressesOf(proxied, 'admin'),
    implementations: addressesOf(proxied, 'implementation'),
  };
  await checkDeployment(options.publicClient, contracts, config, options.walletClient.account.address);
  return { contracts, deployedAtL1Block: deployer.firstBlock };
}

interface Proxied {
  proxy: Address;
  admin: Address;
  implementation: Address;
}

function addressesOf(
  proxied: Record<ProxiedContract, Proxied>,
  field: keyof Proxied,
): Record<ProxiedContract, Address> {
  const entries = PROXIED_CONTRACTS.map((name) => [name, proxied[name][field]]);
  return Object.fromEntries(entries) as Record<ProxiedContract, Address>;
}

/** Sends the deployments one after the other. */
class Deployer {
  firstBlock = 0;
  private step = 0;
  private nonce = 0;
  private readonly loadArtifact: LoadContractArtifact;

  constructor(private readonly options: DeployContractsOptions) {
    this.loadArtifact = options.loadArtifact ?? loadContractArtifact;
  }

  async start(): Promise<void> {
    const address = this.options.walletClient.account.address;
    this.nonce = await this.options.publicClient.getTransactionCount({ address, blockTag: 'pending' });
  }

  async deploy(contractName: string, args: unknown[]): Promise<Address> {
    const { publicClient, walletClient, onProgress } = this.options;
    const { abi, bytecode } = this.loadArtifact(contractName);
    const expected = getContractAddress({ from: walletClient.account.address, nonce: BigInt(this.nonce) });
    let hash: Hex;
    let receipt: TransactionReceipt;
    try {
      hash = await walletClient.deployContract({
        abi,
        bytecode,
        args,
        nonce: this.nonce,
        chain: walletClient.chain ?? null,
        account: walletClient.account,
      });
      receipt = await publicClient.waitForTransactionReceipt({ hash });
    } catch (cause) {
      throw new TributaryError('L1.DeploymentFailed', `${contractName} could not be deployed: ${errorMessage(cause)}`, {
        metaMessages: [`deployer: ${walletClient.account.address}`, `step: ${this.step + 1} of ${STEP_COUNT}`],
        recovery: 'halt',
        cause,
      });
    }
    const address = receipt.contractAddress;
    if (receipt.status !== 'success' || !address || !isAddressEqual(address, expected)) {
      throw new TributaryError('L1.DeploymentFailed', `the deployment of ${contractName} failed`, {
        metaMessages: [
          `transaction: ${hash}`,
          `status: ${receipt.status}`,
          `address: ${address}, expected ${expected}`,
        ],
        recovery: 'halt',
      });
    }
    if (this.step === 0) this.firstBlock = Number(receipt.blockNumber);
    onProgress?.({ step: this.step, stepCount: STEP_COUNT, contractName, address, transactionHash: hash });
    this.step++;
    this.nonce++;
    return address;
  }

  /** Implementation, then its proxy, which makes its admin (owned by `timelock`) and runs `initializeCall` at once. */
  async deployProxied(contractName: string, timelock: Address, initializeCall: Hex): Promise<Proxied> {
    const implementation = await this.deploy(contractName, []);
    const proxy = await this.deploy('UpgradeableProxy', [implementation, timelock, initializeCall]);
    // The admin is the first contract that the proxy makes, and a contract's nonce starts at 1 (EIP-161).
    return { proxy, admin: getContractAddress({ from: proxy, nonce: 1n }), implementation };
  }
}

const ERC1967_ADMIN_SLOT = '0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103';
const ERC1967_IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';

/** Reads back who rules what. @throws L1.DeploymentNotSafe naming the first thing that is not as it must be */
async function checkDeployment(
  client: PublicClient,
  contracts: DeployedContracts,
  config: ContractsConfig,
  deployer: Address,
): Promise<void> {
  const { timelock } = contracts;
  for (const name of OWNED_CONTRACTS) {
    const address = contracts[name];
    const owner = await client.readContract({ address, abi: inboxAbi, functionName: 'owner' });
    expectAddress(`${name}.owner`, timelock, owner);
    const pendingOwner = await client.readContract({ address, abi: inboxAbi, functionName: 'pendingOwner' });
    expectAddress(`${name}.pendingOwner`, zeroAddress, pendingOwner);
  }
  for (const name of PROXIED_CONTRACTS) {
    const address = contracts[name];
    const admin = contracts.proxyAdmins[name];
    expectAddress(`${name} admin slot`, admin, await readAddressSlot(client, address, ERC1967_ADMIN_SLOT));
    const implementation = await readAddressSlot(client, address, ERC1967_IMPLEMENTATION_SLOT);
    expectAddress(`${name} implementation slot`, contracts.implementations[name], implementation);
    const adminOwner = await client.readContract({ address: admin, abi: proxyAdminAbi, functionName: 'owner' });
    expectAddress(`${name} proxy admin's owner`, timelock, adminOwner);
  }
  await checkTimelockRoles(client, timelock, config, deployer);

  const portal = { address: contracts.portal, abi: portalAbi } as const;
  const factory = await client.readContract({ ...portal, functionName: 'disputeGameFactory' });
  expectAddress('portal.disputeGameFactory', contracts.disputeGameFactory, factory);
  expectAddress('portal.guardian', config.guardian, await client.readContract({ ...portal, functionName: 'guardian' }));
  const registry = await client.readContract({ ...portal, functionName: 'anchorStateRegistry' });
  expectAddress('portal.anchorStateRegistry', contracts.anchorStateRegistry, registry);
  const messengerPortal = await client.readContract({
    address: contracts.l1CrossDomainMessenger,
    abi: l1CrossDomainMessengerAbi,
    functionName: 'portal',
  });
  expectAddress('l1CrossDomainMessenger.portal', contracts.portal, messengerPortal);
  const bridgeMessenger = await client.readContract({
    address: contracts.l1StandardBridge,
    abi: l1StandardBridgeAbi,
    functionName: 'messenger',
  });
  expectAddress('l1StandardBridge.messenger', contracts.l1CrossDomainMessenger, bridgeMessenger);
  const sequencer = await client.readContract({ address: contracts.inbox, abi: inboxAbi, functionName: 'sequencer' });
  expectAddress('inbox.sequencer', config.sequencer, sequencer);
  const game = { address: contracts.outputClaimGame, abi: outputClaimGameAbi } as const;
  const gameConfig = await client.readContract({ ...game, functionName: 'systemConfig' });
  expectAddress('outputClaimGame.systemConfig', contracts.systemConfig, gameConfig);
  const gameType = await client.readContract({ ...game, functionName: 'gameType' });
  if (gameType !== OUTPUT_CLAIM_GAME_TYPE) {
    throw notSafe('outputClaimGame.gameType', String(OUTPUT_CLAIM_GAME_TYPE), String(gameType));
  }
}

async function checkTimelockRoles(
  client: PublicClient,
  timelock: Address,
  config: ContractsConfig,
  deployer: Address,
): Promise<void> {
  const contract = { address: timelock, abi: timelockAbi } as const;
  const adminRole = await client.readContract({ ...contract, functionName: 'DEFAULT_ADMIN_ROLE' });
  const hasAdminRole = (account: Address) =>
    client.readContract({ ...contract, functionName: 'hasRole', args: [adminRole, account] });
  if (!(await hasAdminRole(timelock))) throw notSafe('timelock admin', timelock, 'no role');
  for (const account of [deployer, config.guardian, config.sequencer, ...config.timelock.proposers]) {
    if (await hasAdminRole(account)) throw notSafe('timelock admin', `only ${timelock}`, account);
  }
  const proposerRole = await client.readContract({ ...contract, functionName: 'PROPOSER_ROLE' });
  for (const account of [deployer, ...config.timelock.proposers]) {
    const wanted = config.timelock.proposers.some((proposer) => isAddressEqual(proposer, account));
    const has = await client.readContract({ ...contract, functionName: 'hasRole', args: [proposerRole, account] });
    if (has !== wanted) throw notSafe(`timelock proposer ${account}`, String(wanted), String(has));
  }
}

async function readAddressSlot(client: PublicClient, address: Address, slot: Hex): Promise<Address> {
  const word = (await client.getStorageAt({ address, slot })) ?? '0x';
  return `0x${word.slice(2).padStart(64, '0').slice(24)}`;
}

function expectAddress(what: string, expected: Address, got: Address): void {
  if (!isAddressEqual(expected, got)) throw notSafe(what, expected, got);
}

function notSafe(what: string, expected: string, got: string): TributaryError {
  return new TributaryError(
    'L1.DeploymentNotSafe',
    `${what} is not what was deployed: expected ${expected}, got ${got}`,
    {
      recovery: 'halt',
    },
  );
}

function checkConfig(config: ContractsConfig): void {
  const check = (field: string, ok: boolean, expected: string, got: unknown) => {
    if (ok) return;
    throw new TributaryError('L1.InvalidContractsConfig', `${field}: expected ${expected}, got ${got}`, {
      recovery: 'halt',
    });
  };
  const { sequencer, guardian, timelock, challengeWindowSeconds, initBondWei } = config;
  const isAccount = (address: string) => isAddress(address, { strict: false }) && address !== zeroAddress;
  check('sequencer', isAccount(sequencer), 'an account', sequencer);
  check('guardian', isAccount(guardian), 'an account', guardian);
  check('timelock.proposers', timelock.proposers.length > 0, 'at least one account', 'none');
  for (const proposer of timelock.proposers) check('timelock.proposers', isAccount(proposer), 'an account', proposer);
  const recipient = config.disputedBondRecipient;
  check('disputedBondRecipient', recipient === undefined || isAccount(recipient), 'an account', recipient);
  check(
    'timelock.minDelaySeconds',
    Number.isSafeInteger(timelock.minDelaySeconds) && timelock.minDelaySeconds >= 0,
    'a whole number ≥ 0',
    timelock.minDelaySeconds,
  );
  check(
    'challengeWindowSeconds',
    Number.isSafeInteger(challengeWindowSeconds) && challengeWindowSeconds >= 1,
    'a whole number ≥ 1',
    challengeWindowSeconds,
  );
  const seconds = (
    field: 'proofMaturityDelaySeconds' | 'gameFinalityDelaySeconds' | 'pauseDurationSeconds',
    max: number,
  ) =>
    check(
      field,
      config[field] === undefined ||
        (Number.isSafeInteger(config[field]) && config[field] >= 0 && config[field] <= max),
      `a whole number from 0 to ${max}`,
      config[field],
    );
  seconds('proofMaturityDelaySeconds', DELAY_SECONDS_MAX);
  seconds('gameFinalityDelaySeconds', DELAY_SECONDS_MAX);
  seconds('pauseDurationSeconds', PAUSE_DURATION_SECONDS_MAX);
  check('initBondWei', initBondWei >= 0n, 'wei ≥ 0', initBondWei);
  const depositGas = config.maxDepositGasPerL1Block ?? DEFAULT_MAX_DEPOSIT_GAS_PER_L1_BLOCK;
  check(
    'maxDepositGasPerL1Block',
    depositGas >= MAX_DEPOSIT_GAS_PER_L1_BLOCK_MIN && depositGas < 2n ** 64n,
    `${MAX_DEPOSIT_GAS_PER_L1_BLOCK_MIN} ≤ gas < 2^64`,
    depositGas,
  );
}
