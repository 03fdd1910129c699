import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { AbiCoder, type FunctionFragment, id, type ParamType, ZeroAddress, ZeroHash } from 'ethers';
import { ethers } from 'hardhat';
import {
  ATTESTER_BOND_WEI,
  BOND_WEI,
  deploySystem,
  GOVERNANCE_DELAY_SECONDS,
  impersonated,
  MODULE_DELAY_SECONDS,
  TIMELOCK_DELAY_SECONDS,
} from '../deploySystem';
import { contractAt, deployed, type TestContract } from '../testContract';

/** Who may call a function that changes state. `pendingOwner` and `open` need not be refused by role. */
type Caller =
  | 'timelock'
  | 'guardian'
  | 'sequencer'
  | 'timelockRole'
  | 'pendingOwner'
  | 'initializer'
  | 'otherBridge'
  /** The registry, which is a contract. */
  | 'moduleRegistry'
  /** The executor of modules, which is a contract. */
  | 'moduleExecutor'
  | 'attester'
  /** The timelock, and only while it executes a proposal that says so. */
  | 'proposal'
  | 'open';

const OWNABLE: Record<string, Caller> = {
  transferOwnership: 'timelock',
  renounceOwnership: 'timelock',
  acceptOwnership: 'pendingOwner',
};

/** Every function that changes state, of every L1 contract. A function that is not listed here fails the test. */
const CALLERS: Record<string, Record<string, Caller>> = {
  inbox: {
    ...OWNABLE,
    initialize: 'initializer',
    postBatch: 'sequencer',
    postBlobBatch: 'sequencer',
    recordSequencer: 'open',
    setSilencePeriodSeconds: 'timelock',
  },
  sequencerSet: { ...OWNABLE, initialize: 'initializer', setSequencer: 'timelock' },
  portal: {
    ...OWNABLE,
    initialize: 'initializer',
    depositTransaction: 'open',
    proveWithdrawalTransaction: 'open',
    finalizeWithdrawalTransaction: 'open',
    finalizeWithdrawalTransactionExternalProof: 'open',
  },
  messenger: { initialize: 'initializer', sendMessage: 'open', relayMessage: 'open' },
  bridge: {
    initialize: 'initializer',
    bridgeETH: 'open',
    bridgeETHTo: 'open',
    bridgeERC20: 'open',
    bridgeERC20To: 'open',
    depositETH: 'open',
    depositETHTo: 'open',
    depositERC20: 'open',
    depositERC20To: 'open',
    finalizeBridgeETH: 'otherBridge',
    finalizeBridgeERC20: 'otherBridge',
  },
  registry: {
    ...OWNABLE,
    initialize: 'initializer',
    blacklistDisputeGame: 'timelock',
    updateRetirementTimestamp: 'timelock',
  },
  factory: {
    ...OWNABLE,
    initialize: 'initializer',
    create: 'open',
    setImplementation: 'timelock',
    setInitBond: 'timelock',
  },
  systemConfig: {
    ...OWNABLE,
    initialize: 'initializer',
    setGuardian: 'timelock',
    setRespectedGameType: 'timelock',
    setMaxDepositGasPerL1Block: 'timelock',
    setPauseDurationSeconds: 'timelock',
    setFeeScalars: 'timelock',
    rearmPause: 'timelock',
    pause: 'guardian',
    unpause: 'guardian',
  },
  game: { initialize: 'initializer', resolve: 'open', dispute: 'guardian', claimCredit: 'open' },
  timelock: {
    schedule: 'timelockRole',
    scheduleBatch: 'timelockRole',
    cancel: 'timelockRole',
    execute: 'open',
    executeBatch: 'open',
    grantRole: 'timelock',
    revokeRole: 'timelock',
    renounceRole: 'open',
    updateDelay: 'timelock',
    setClassDelays: 'timelock',
    setClassRule: 'timelock',
    onERC721Received: 'open',
    onERC1155Received: 'open',
    onERC1155BatchReceived: 'open',
  },
  proxyAdmin: { upgradeAndCall: 'timelock', transferOwnership: 'timelock', renounceOwnership: 'timelock' },
  moduleProxyAdmin: {
    upgradeAndCall: 'moduleExecutor',
    transferOwnership: 'moduleExecutor',
    renounceOwnership: 'moduleExecutor',
  },
  modules: {
    ...OWNABLE,
    initialize: 'initializer',
    start: 'initializer',
    propose: 'open',
    ratify: 'timelock',
    beginShadow: 'open',
    veto: 'guardian',
    refuse: 'open',
    queue: 'open',
    activate: 'open',
    confirm: 'open',
    finalizeVersion: 'open',
    rollBack: 'open',
    lapse: 'open',
    setWindows: 'timelock',
    setShadowRule: 'timelock',
  },
  executor: { swap: 'moduleRegistry' },
  attesterSet: {
    ...OWNABLE,
    initialize: 'initializer',
    admit: 'timelock',
    expel: 'timelock',
    setParameters: 'timelock',
    bond: 'open',
    beginUnbond: 'open',
    withdraw: 'open',
    attest: 'attester',
    reportFault: 'attester',
    refute: 'open',
  },
  artifactStore: { begin: 'open', append: 'open', abandon: 'open' },
  rewards: {
    ...OWNABLE,
    initialize: 'initializer',
    claim: 'open',
    close: 'open',
    setBudget: 'timelock',
    spend: 'timelock',
  },
  splitter: {
    ...OWNABLE,
    initialize: 'initializer',
    distribute: 'open',
    withdraw: 'open',
    setShares: 'timelock',
  },
  token: {
    approve: 'open',
    delegate: 'open',
    delegateBySig: 'open',
    permit: 'open',
    transfer: 'open',
    transferFrom: 'open',
  },
  governor: {
    propose: 'open',
    queue: 'open',
    execute: 'open',
    cancel: 'open',
    castVote: 'open',
    castVoteBySig: 'open',
    castVoteWithReason: 'open',
    castVoteWithReasonAndParams: 'open',
    castVoteWithReasonAndParamsBySig: 'open',
    relay: 'proposal',
    setClassQuorums: 'proposal',
    setLateQuorumVoteExtension: 'proposal',
    setProposalThreshold: 'proposal',
    setVotingDelay: 'proposal',
    setVotingPeriod: 'proposal',
    updateQuorumNumerator: 'proposal',
  },
};

const REFUSALS = [
  'OwnableUnauthorizedAccount',
  'AccessControlUnauthorizedAccount',
  'TimelockUnauthorizedCaller',
  'InboxUnauthorizedPoster',
  'OutputClaimGameUnauthorized',
  'SystemConfigUnauthorized',
  'StandardBridgeUnauthorized',
  'InvalidInitialization',
  'OutputClaimGameAlreadyInitialized',
  'ModuleRegistryAlreadyStarted',
  'ModuleRegistryUnauthorized',
  'ModuleExecutorUnauthorized',
  'AttesterSetNotActive',
  'GovernorOnlyExecutor',
];

async function deployAll() {
  const system = await deploySystem();
  await system.factory.create(1000, id('root'), AbiCoder.defaultAbiCoder().encode(['uint256'], [1]), {
    value: BOND_WEI,
  });
  const [, , address] = await system.factory.gameAtIndex(0);
  const contracts: Record<string, TestContract> = {
    inbox: system.inbox,
    sequencerSet: system.sequencerSet,
    portal: system.portal,
    registry: system.registry,
    messenger: system.messenger,
    bridge: system.bridge,
    factory: system.factory,
    systemConfig: system.systemConfig,
    timelock: system.timelock,
    game: await contractAt('OutputClaimGame', address),
    proxyAdmin: await contractAt('ProxyAdmin', system.deployment.contracts.portalProxyAdmin),
    moduleProxyAdmin: await contractAt('ProxyAdmin', system.deployment.contracts.inboxProxyAdmin),
    modules: system.modules,
    executor: system.executor,
    attesterSet: system.attesterSet,
    artifactStore: system.artifactStore,
    rewards: system.rewards,
    splitter: system.splitter,
    token: system.token,
    governor: system.governor,
  };
  const [attester] = system.attesters;
  await system.attesterSet.bond(attester, { value: ATTESTER_BOND_WEI });
  const registrySigner = await impersonated(await system.modules.getAddress());
  const executorSigner = await impersonated(await system.executor.getAddress());
  return { ...system, contracts, attester, registrySigner, executorSigner };
}

function mutating(contract: TestContract): FunctionFragment[] {
  return contract.interface.fragments.filter(
    (fragment): fragment is FunctionFragment =>
      fragment.type === 'function' && !(fragment as FunctionFragment).constant,
  );
}

/** Some value of a type: what matters is only who calls. */
function sample(type: ParamType, account: string): unknown {
  if (type.isArray()) {
    const { arrayLength, arrayChildren } = type;
    return Array.from({ length: Math.max(arrayLength ?? 0, 0) }, () => sample(arrayChildren as ParamType, account));
  }
  if (type.isTuple()) return type.components.map((component) => sample(component, account));
  if (type.type === 'address') return account;
  if (type.type === 'string') return '';
  if (type.type === 'bytes4') return '0x00000000';
  if (/^uint(8|16)$/.test(type.type)) return 1n;
  if (type.type === 'bytes32') return ZeroHash;
  if (type.type === 'bytes') return '0x01';
  if (type.type === 'bool') return false;
  return 2_000_000n;
}

function samples(fragment: FunctionFragment, account: string): unknown[] {
  return fragment.inputs.map((input) => sample(input, account));
}

/** The name of the custom error that a call fails with, `''` if it succeeds. */
async function failureOf(contract: TestContract, fragment: FunctionFragment, from: string, account: string) {
  const data = contract.interface.encodeFunctionData(fragment, samples(fragment, account));
  try {
    await ethers.provider.call({ from, to: await contract.getAddress(), data });
    return '';
  } catch (error) {
    const revertData = (error as { data?: string }).data ?? '0x';
    return revertData === '0x' ? 'no data' : (contract.interface.parseError(revertData)?.name ?? revertData);
  }
}

describe('privileges', () => {
  it('are listed for every function of every contract', async () => {
    const { contracts } = await loadFixture(deployAll);
    for (const [name, contract] of Object.entries(contracts)) {
      const names = new Set(mutating(contract).map((fragment) => fragment.name));
      expect([...names].sort(), name).to.deep.equal(Object.keys(CALLERS[name]).sort());
    }
  });

  for (const [name, functions] of Object.entries(CALLERS)) {
    for (const [functionName, caller] of Object.entries(functions)) {
      if (caller === 'open' || caller === 'pendingOwner') continue;
      it(`refuse ${name}.${functionName} to all but the ${caller}`, async () => {
        const system = await loadFixture(deployAll);
        const { deployer, sequencer, guardian, proposer, stranger, timelockSigner } = system;
        const contract = system.contracts[name];
        const holder = {
          timelock: timelockSigner.address,
          guardian: guardian.address,
          sequencer: sequencer.address,
          timelockRole: proposer.address,
          attester: system.attester.address,
          moduleRegistry: system.registrySigner.address,
          moduleExecutor: system.executorSigner.address,
          proposal: undefined,
          initializer: undefined,
          otherBridge: undefined,
        }[caller];
        const { attester, voters, registrySigner, executorSigner } = system;
        const people = [deployer, sequencer, guardian, proposer, stranger, attester, ...voters];
        const callers = [...people, timelockSigner, registrySigner, executorSigner].map(({ address }) => address);
        for (const fragment of mutating(contract).filter((candidate) => candidate.name === functionName)) {
          for (const from of callers.filter((address) => address !== holder)) {
            const failure = await failureOf(contract, fragment, from, stranger.address);
            // The governor's list of what it is about to do is empty: nothing was voted.
            const isTimelockWithoutVote = caller === 'proposal' && from === timelockSigner.address;
            expect(failure, from).to.be.oneOf(isTimelockWithoutVote ? [...REFUSALS, 'Panic'] : REFUSALS);
          }
          if (!holder) continue;
          const failure = await failureOf(contract, fragment, holder, stranger.address);
          expect(REFUSALS, `the ${caller} itself is refused`).not.to.include(failure);
        }
      });
    }
  }

  it('are not the deployer’s: it holds no role, owns nothing and may not schedule', async () => {
    const { deployer, timelock, contracts } = await loadFixture(deployAll);
    for (const role of ['DEFAULT_ADMIN_ROLE', 'PROPOSER_ROLE', 'CANCELLER_ROLE', 'EXECUTOR_ROLE']) {
      expect(await timelock.hasRole(await timelock[role](), deployer), role).to.equal(false);
    }
    for (const name of ['inbox', 'sequencerSet', 'portal', 'factory', 'registry', 'systemConfig', 'proxyAdmin']) {
      expect(await contracts[name].owner(), name).to.equal(await timelock.getAddress());
    }
    for (const name of ['modules', 'attesterSet', 'rewards', 'splitter']) {
      expect(await contracts[name].owner(), name).to.equal(await timelock.getAddress());
    }
    expect(await contracts.moduleProxyAdmin.owner()).to.equal(await contracts.executor.getAddress());
  });
});

describe('the timelock', () => {
  const call = async (system: Awaited<ReturnType<typeof deployAll>>) =>
    [
      await system.sequencerSet.getAddress(),
      0,
      system.sequencerSet.interface.encodeFunctionData('setSequencer', [system.other.address]),
      ZeroHash,
      ZeroHash,
    ] as const;

  it('runs what a proposer scheduled, when its time has come and whoever asks', async () => {
    const system = await loadFixture(deployAll);
    const { timelock, proposer, stranger, sequencerSet, other } = system;
    const operation = await call(system);
    await timelock.connect(proposer).schedule(...operation, TIMELOCK_DELAY_SECONDS);
    await expect(timelock.connect(proposer).execute(...operation)).to.be.revertedWithCustomError(
      timelock,
      'TimelockUnexpectedOperationState',
    );
    await time.increase(MODULE_DELAY_SECONDS);
    await timelock.connect(stranger).execute(...operation);
    expect(await sequencerSet.sequencer()).to.equal(other.address);
  });

  it('takes no shorter delay than its own', async () => {
    const system = await loadFixture(deployAll);
    const { timelock, proposer } = system;
    await expect(timelock.connect(proposer).schedule(...(await call(system)), TIMELOCK_DELAY_SECONDS - 1))
      .to.be.revertedWithCustomError(timelock, 'TimelockInsufficientDelay')
      .withArgs(TIMELOCK_DELAY_SECONDS - 1, TIMELOCK_DELAY_SECONDS);
  });

  it('shortens its delay only after the present one', async () => {
    const { timelock, proposer } = await loadFixture(deployAll);
    const data = timelock.interface.encodeFunctionData('updateDelay', [0]);
    const operation = [await timelock.getAddress(), 0, data, ZeroHash, ZeroHash] as const;
    await timelock.connect(proposer).schedule(...operation, TIMELOCK_DELAY_SECONDS);
    await time.increase(GOVERNANCE_DELAY_SECONDS - 10);
    await expect(timelock.execute(...operation)).to.be.revertedWithCustomError(
      timelock,
      'TimelockUnexpectedOperationState',
    );
    await time.increase(10);
    await timelock.execute(...operation);
    expect(await timelock.getMinDelay()).to.equal(0n);
  });
});

/** `inbox` for `inboxProxyAdmin`. */
function namesWithout(contracts: Record<string, string>, suffix: string): string[] {
  return Object.keys(contracts)
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length));
}

describe('proxies', () => {
  it('change their code through the timelock and keep their state', async () => {
    const { deployment, systemConfig, guardian, timelockSigner } = await loadFixture(deployAll);
    await systemConfig.connect(guardian).pause();
    const pausedUntil = await systemConfig.pausedUntil();
    const implementation = await deployed('SystemConfig');
    const admin = await contractAt('ProxyAdmin', deployment.contracts.systemConfigProxyAdmin);
    await admin.connect(timelockSigner).upgradeAndCall(systemConfig, implementation, '0x');
    expect(await systemConfig.pausedUntil()).to.equal(pausedUntil);
    expect(await systemConfig.guardian()).to.equal(guardian.address);
  });

  it('have an admin each, and none obeys anyone but the timelock or the executor of modules', async () => {
    const { deployment, deployer, guardian, proposer } = await loadFixture(deployAll);
    const proxies = namesWithout(deployment.contracts, 'ProxyAdmin');
    expect(new Set(proxies.map((name) => deployment.contracts[`${name}ProxyAdmin`])).size).to.equal(proxies.length);
    expect(proxies).to.include.members(['inbox', 'portal', 'systemConfig', 'disputeGameFactory']);
    for (const name of proxies) {
      const admin = await contractAt('ProxyAdmin', deployment.contracts[`${name}ProxyAdmin`]);
      const proxy = deployment.contracts[name];
      for (const signer of [deployer, guardian, proposer]) {
        await expect(admin.connect(signer).upgradeAndCall(proxy, proxy, '0x'))
          .to.be.revertedWithCustomError(admin, 'OwnableUnauthorizedAccount')
          .withArgs(signer.address);
      }
    }
  });

  it('do not understand an upgrade from anyone else, the timelock included', async () => {
    const { inbox, stranger, timelockSigner } = await loadFixture(deployAll);
    const upgrade = new ethers.Interface(['function upgradeToAndCall(address,bytes) payable']);
    const data = upgrade.encodeFunctionData('upgradeToAndCall', [ZeroAddress, '0x']);
    for (const signer of [stranger, timelockSigner]) {
      await expect(signer.sendTransaction({ to: inbox, data })).to.be.reverted;
    }
  });

  it('leave implementations that nobody can take over', async () => {
    const { deployment, stranger } = await loadFixture(deployAll);
    for (const name of namesWithout(deployment.contracts, 'Implementation')) {
      const address = deployment.contracts[`${name}Implementation`];
      const implementation = await contractAt(`${name[0].toUpperCase()}${name.slice(1)}`, address);
      const initialize = mutating(implementation).find((fragment) => fragment.name === 'initialize');
      if (!initialize) throw new TypeError(`${name} has no initializer`);
      const failure = await failureOf(implementation, initialize, stranger.address, stranger.address);
      expect(failure, name).to.equal('InvalidInitialization');
    }
  });
});
