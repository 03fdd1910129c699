import type { HardhatEthersSigner } from '@nomicfoundation/hardhat-ethers/signers';
import { loadFixture, mine, setCode, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { id, solidityPacked } from 'ethers';
import { ethers } from 'hardhat';
import { CLASS_RULES } from '../../../src/l1/deployment/planGovernance';
import {
  deploySystem,
  GOVERNANCE_DELAY_SECONDS,
  MODULE_DELAY_SECONDS,
  REWARD_WEI,
  TIMELOCK_DELAY_SECONDS,
  VOTING,
} from '../deploySystem';
import { executionManifest, genesisId, Kind, l1Manifest, Stage } from '../modules/moduleVersions';
import { deployed, type TestContract } from '../testContract';

const For = 1;
const State = { pending: 0n, active: 1n, canceled: 2n, defeated: 3n, succeeded: 4n, queued: 5n, executed: 7n } as const;
const Class = { parameter: 0n, module: 1n, governance: 2n } as const;

type System = Awaited<ReturnType<typeof deploySystem>>;
interface Call {
  target: TestContract;
  data: string;
}

/** A parameter change, a module upgrade and a change of governance. */
function calls({ systemConfig, modules, timelock }: System) {
  return {
    parameter: {
      target: systemConfig,
      data: systemConfig.interface.encodeFunctionData('setMaxDepositGasPerL1Block', [5_000_000]),
    },
    module: { target: modules, data: modules.interface.encodeFunctionData('ratify', [id('none'), id('none')]) },
    governance: {
      target: timelock,
      data: timelock.interface.encodeFunctionData('setClassDelays', [TIMELOCK_DELAY_SECONDS, TIMELOCK_DELAY_SECONDS]),
    },
  };
}

async function propose({ governor }: System, proposer: HardhatEthersSigner, list: Call[], description = 'a proposal') {
  const args = [
    list.map(({ target }) => target.target),
    list.map(() => 0),
    list.map(({ data }) => data),
    description,
  ] as const;
  await governor.connect(proposer).propose(...args);
  return governor.getProposalId(args[0], args[1], args[2], id(description)) as Promise<bigint>;
}

async function vote({ governor, voters }: System, proposalId: bigint, count: number, support = For) {
  await time.increaseTo((await governor.proposalSnapshot(proposalId)) + 1n);
  for (const voter of voters.slice(0, count)) await governor.connect(voter).castVote(proposalId, support);
  await time.increaseTo((await governor.proposalDeadline(proposalId)) + 1n);
}

async function pass(system: System, call: Call, count: number) {
  const proposalId = await propose(system, system.voters[0], [call]);
  await vote(system, proposalId, count);
  await system.governor['queue(uint256)'](proposalId);
  return proposalId;
}

describe('voting', () => {
  const cases = [
    { name: 'parameter', voters: 1, delay: TIMELOCK_DELAY_SECONDS },
    { name: 'module', voters: 1, delay: MODULE_DELAY_SECONDS },
    { name: 'governance', voters: 2, delay: GOVERNANCE_DELAY_SECONDS },
  ] as const;

  for (const { name, voters, delay } of cases) {
    it(`gives a change of the ${name} class its quorum and its delay`, async () => {
      const system = await loadFixture(deploySystem);
      const { governor } = system;
      const proposalId = await pass(system, calls(system)[name], voters);
      expect(await governor.proposalRiskClass(proposalId)).to.equal(Class[name]);
      expect(await governor.proposalQuorum(proposalId)).to.equal((1000n * BigInt(VOTING.quorumPercent[name])) / 100n);
      const queuedAt = await time.latest();
      expect(await governor.proposalEta(proposalId)).to.equal(BigInt(queuedAt + delay));
      await time.increaseTo(queuedAt + delay - 2);
      await expect(governor['execute(uint256)'](proposalId)).to.be.revertedWithCustomError(
        system.timelock,
        'TimelockUnexpectedOperationState',
      );
    });
  }

  it('takes the highest class of a batch, so that nothing rides along', async () => {
    const system = await loadFixture(deploySystem);
    const { parameter, governance } = calls(system);
    const proposalId = await propose(system, system.voters[0], [parameter, governance]);
    expect(await system.governor.proposalRiskClass(proposalId)).to.equal(Class.governance);
  });

  it('defeats a module upgrade that only a parameter change’s quorum voted for', async () => {
    const system = await loadFixture(deploySystem);
    const proposalId = await propose(system, system.voters[0], [calls(system).module]);
    await time.increaseTo((await system.governor.proposalSnapshot(proposalId)) + 1n);
    await system.governor.connect(system.voters[2]).castVote(proposalId, For);
    await time.increaseTo((await system.governor.proposalDeadline(proposalId)) + 1n);
    expect(await system.governor.state(proposalId)).to.equal(State.defeated);
  });

  it('executes what was voted, whoever asks', async () => {
    const system = await loadFixture(deploySystem);
    const proposalId = await pass(system, calls(system).parameter, 1);
    await time.increase(TIMELOCK_DELAY_SECONDS);
    await system.governor.connect(system.stranger)['execute(uint256)'](proposalId);
    expect(await system.systemConfig.maxDepositGasPerL1Block()).to.equal(5_000_000n);
  });

  it('takes a vote by signature from whoever relays it, once', async () => {
    const system = await loadFixture(deploySystem);
    const { governor, voters, stranger } = system;
    const proposalId = await propose(system, voters[0], [calls(system).parameter]);
    await time.increaseTo((await governor.proposalSnapshot(proposalId)) + 1n);
    const domain = {
      name: 'TributaryGovernor',
      version: '1',
      chainId: 31337,
      verifyingContract: governor.target as string,
    };
    const types = {
      Ballot: ['uint256 proposalId', 'uint8 support', 'address voter', 'uint256 nonce'].map((field) => {
        const [type, name] = field.split(' ');
        return { type, name };
      }),
    };
    const ballot = { proposalId, support: For, voter: voters[0].address, nonce: 0 };
    const signature = await voters[0].signTypedData(domain, types, ballot);
    await governor.connect(stranger).castVoteBySig(proposalId, For, voters[0], signature);
    expect(await governor.usedVotes(proposalId, voters[0])).to.equal(500n);
    await expect(governor.connect(stranger).castVoteBySig(proposalId, For, voters[0], signature))
      .to.be.revertedWithCustomError(governor, 'GovernorInvalidSignature')
      .withArgs(voters[0].address);
  });

  it('counts fractions of a holder’s votes, and no more than it has', async () => {
    const system = await loadFixture(deploySystem);
    const { governor, voters } = system;
    const proposalId = await propose(system, voters[0], [calls(system).parameter]);
    await time.increaseTo((await governor.proposalSnapshot(proposalId)) + 1n);
    const fraction = (against: number, inFavour: number) =>
      solidityPacked(['uint128', 'uint128', 'uint128'], [against, inFavour, 0]);
    await governor.connect(voters[0]).castVoteWithReasonAndParams(proposalId, 255, '', fraction(100, 300));
    expect((await governor.proposalVotes(proposalId)).slice(0, 2)).to.deep.equal([100n, 300n]);
    await expect(governor.connect(voters[0]).castVoteWithReasonAndParams(proposalId, 255, '', fraction(101, 0)))
      .to.be.revertedWithCustomError(governor, 'GovernorExceedRemainingWeight')
      .withArgs(voters[0].address, 101n, 100n);
  });

  it('goes on for a while when the quorum comes late', async () => {
    const system = await loadFixture(deploySystem);
    const { governor, voters } = system;
    const proposalId = await propose(system, voters[0], [calls(system).parameter]);
    const deadline = await governor.proposalDeadline(proposalId);
    await time.increaseTo(deadline - 2n);
    await governor.connect(voters[0]).castVote(proposalId, For);
    const extension = BigInt(VOTING.lateQuorumExtensionSeconds);
    expect(await governor.proposalDeadline(proposalId)).to.equal(BigInt(await time.latest()) + extension);
  });
});

describe('attacks on governance', () => {
  it('borrowed tokens neither vote nor propose', async () => {
    const system = await loadFixture(deploySystem);
    const { token, governor, voters, systemConfig } = system;
    const attacker = await deployed('FlashVoter', [token.target, governor.target]);
    await token.connect(voters[0]).approve(attacker, 1_000);
    const proposalId = await propose(system, voters[0], [calls(system).parameter]);
    await time.increaseTo((await governor.proposalSnapshot(proposalId)) + 1n);
    // Nothing was its own at the snapshot, so there is nothing to vote with.
    await expect(attacker.vote(voters[0], proposalId))
      .to.be.revertedWithCustomError(governor, 'GovernorAlreadyCastVote')
      .withArgs(attacker.target);
    await expect(attacker.propose(voters[0], systemConfig, '0x'))
      .to.be.revertedWithCustomError(governor, 'GovernorInsufficientProposerVotes')
      .withArgs(attacker.target, 0n, VOTING.proposalThreshold);
  });

  it('tokens bought after the snapshot do not count', async () => {
    const system = await loadFixture(deploySystem);
    const { token, governor, voters, stranger } = system;
    const proposalId = await propose(system, voters[0], [calls(system).parameter]);
    await time.increaseTo((await governor.proposalSnapshot(proposalId)) + 1n);
    await token.connect(stranger).delegate(stranger);
    await token.connect(voters[0]).transfer(stranger, 500);
    await expect(governor.connect(stranger).castVote(proposalId, For))
      .to.be.revertedWithCustomError(governor, 'GovernorAlreadyCastVote')
      .withArgs(stranger.address);
  });

  it('nobody votes twice, nor once more by moving its tokens', async () => {
    const system = await loadFixture(deploySystem);
    const { token, governor, voters } = system;
    const proposalId = await propose(system, voters[0], [calls(system).parameter]);
    await time.increaseTo((await governor.proposalSnapshot(proposalId)) + 1n);
    await governor.connect(voters[0]).castVote(proposalId, For);
    await expect(governor.connect(voters[0]).castVote(proposalId, For)).to.be.revertedWithCustomError(
      governor,
      'GovernorAlreadyCastVote',
    );
    await token.connect(voters[0]).transfer(voters[1], 500);
    await governor.connect(voters[1]).castVote(proposalId, For);
    expect((await governor.proposalVotes(proposalId)).forVotes).to.equal(800n);
  });

  it('a proposal that names its proposer can’t be made, and so not cancelled, by whoever saw it first', async () => {
    const system = await loadFixture(deploySystem);
    const { governor, voters } = system;
    const description = `A proposal #proposer=${voters[0].address}`;
    await expect(propose(system, voters[1], [calls(system).parameter], description))
      .to.be.revertedWithCustomError(governor, 'GovernorRestrictedProposer')
      .withArgs(voters[1].address);
    const proposalId = await propose(system, voters[0], [calls(system).parameter], description);
    expect(await governor.proposalProposer(proposalId)).to.equal(voters[0].address);
  });

  it('a version’s id belongs to its proposer: who copies the manifest makes another', async () => {
    const { modules, stranger, other } = await loadFixture(deploySystem);
    const manifest = executionManifest(genesisId(Kind.execution));
    const [mine_, copied] = await Promise.all(
      [stranger, other].map((proposer) => modules.connect(proposer).propose.staticCall(manifest)),
    );
    expect(mine_).not.to.equal(copied);
    await modules.connect(other).propose(manifest);
    await modules.connect(stranger).propose(manifest);
    expect((await modules.versionOf(mine_)).proposer).to.equal(stranger.address);
  });

  it('what was queued can’t become something else: the vote names the manifest’s hash', async () => {
    const system = await loadFixture(deploySystem);
    const { modules, timelockSigner, stranger } = system;
    const manifest = executionManifest(genesisId(Kind.execution));
    const versionId = await modules.connect(stranger).propose.staticCall(manifest);
    await modules.connect(stranger).propose(manifest);
    const { manifestHash } = await modules.versionOf(versionId);
    await expect(modules.connect(timelockSigner).ratify(versionId, id('other')))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryManifestMismatch')
      .withArgs(versionId, manifestHash, id('other'));
    await expect(modules.connect(stranger).propose(manifest)).to.be.revertedWithCustomError(
      modules,
      'ModuleRegistryVersionExists',
    );
    await modules.connect(timelockSigner).ratify(versionId, manifestHash);
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.voted);
  });

  it('an account whose key can put other code behind it after the vote is no module', async () => {
    const { modules, stranger, other } = await loadFixture(deploySystem);
    const contract = await deployed('AnchorStateRegistryV2');
    const manifest = l1Manifest(Kind.settlement, genesisId(Kind.settlement), contract);
    // EIP-7702: the designator of a delegation, here to honest code.
    await setCode(other.address, ethers.concat(['0xef0100', contract.target as string]));
    await expect(modules.connect(stranger).propose({ ...manifest, implementation: other.address }))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryInvalidManifest')
      .withArgs('implementation');
    await modules.connect(stranger).propose(manifest);
  });

  it('a call that became riskier since the vote can’t be queued under the smaller class', async () => {
    const system = await loadFixture(deploySystem);
    const { timelock, timelockSigner, governor } = system;
    const { parameter } = calls(system);
    const proposalId = await propose(system, system.voters[0], [parameter]);
    await vote(system, proposalId, 1);
    const selector = parameter.data.slice(0, 10);
    await timelock.connect(timelockSigner).setClassRule({ selector, riskClass: Class.governance });
    await expect(governor['queue(uint256)'](proposalId))
      .to.be.revertedWithCustomError(governor, 'GovernorRiskClassRaised')
      .withArgs(proposalId, Class.parameter, Class.governance);
  });

  it('a shorter delay waits the present one, and shortens nothing that was queued before', async () => {
    const system = await loadFixture(deploySystem);
    const { governor, timelock } = system;
    const shorten = await pass(system, calls(system).governance, 2);
    const queuedAt = await time.latest();
    const admin = system.deployment.contracts.portalProxyAdmin;
    const upgrade = { target: { target: admin } as unknown as TestContract, data: '0x9623609d' };
    const proposalId = await propose(system, system.voters[0], [upgrade], 'an upgrade');
    await vote(system, proposalId, 2);
    await governor['queue(uint256)'](proposalId);
    const eta = await governor.proposalEta(proposalId);
    expect(eta).to.equal(BigInt((await time.latest()) + GOVERNANCE_DELAY_SECONDS));
    await time.increaseTo(queuedAt + GOVERNANCE_DELAY_SECONDS);
    await governor['execute(uint256)'](shorten);
    expect(await timelock.delaySecondsOf(Class.governance)).to.equal(BigInt(TIMELOCK_DELAY_SECONDS));
    expect(await governor.proposalEta(proposalId)).to.equal(eta);
    await mine();
    await expect(governor['execute(uint256)'](proposalId)).to.be.revertedWithCustomError(
      timelock,
      'TimelockUnexpectedOperationState',
    );
  });

  it('delays can’t be put upside down, so that the highest class would be the fastest', async () => {
    const { timelock, timelockSigner } = await loadFixture(deploySystem);
    const [low, high] = [TIMELOCK_DELAY_SECONDS, MODULE_DELAY_SECONDS];
    await expect(timelock.connect(timelockSigner).setClassDelays(high, low))
      .to.be.revertedWithCustomError(timelock, 'TimelockDelaysNotAscending')
      .withArgs(low, high, low);
    await expect(timelock.connect(timelockSigner).updateDelay(high + 1)).to.be.revertedWithCustomError(
      timelock,
      'TimelockDelaysNotAscending',
    );
  });

  it('no rule makes a call of the timelock or the governor, or one with ETH, less than a change of governance', async () => {
    const { timelock, timelockSigner, governor, systemConfig } = await loadFixture(deploySystem);
    const selectors = ['updateDelay(uint256)', 'grantRole(bytes32,address)', 'setVotingPeriod(uint32)'];
    for (const signature of selectors) {
      const selector = id(signature).slice(0, 10);
      await timelock.connect(timelockSigner).setClassRule({ selector, riskClass: Class.parameter });
      expect(await timelock.riskClassOf(timelock, 0, selector)).to.equal(Class.governance);
      expect(await timelock.riskClassOf(governor, 0, selector)).to.equal(Class.governance);
      expect(await timelock.riskClassOf(systemConfig, 1, selector)).to.equal(Class.governance);
      expect(await timelock.riskClassOf(systemConfig, 0, selector)).to.equal(Class.parameter);
    }
  });

  it('no other function of a contract has the selector of a rule', async () => {
    const system = await loadFixture(deploySystem);
    const { inbox, sequencerSet, portal, registry, factory, systemConfig } = system;
    const { modules, attesterSet, rewards, token, executor } = system;
    const names = new Map(CLASS_RULES.map(([signature]) => [id(signature).slice(0, 10), signature]));
    const seen = new Set<string>();
    for (const contract of [
      inbox,
      sequencerSet,
      portal,
      registry,
      factory,
      systemConfig,
      modules,
      attesterSet,
      rewards,
      token,
      executor,
    ]) {
      contract.interface.forEachFunction((fragment) => {
        const signature = names.get(fragment.selector);
        if (signature === undefined) return;
        expect(fragment.format()).to.equal(signature);
        seen.add(signature);
      });
    }
    expect(seen.size, 'each rule is about a function that exists').to.equal(CLASS_RULES.length);
  });

  it('the guardian can veto in shadow only, and pause once for a time, and nothing else', async () => {
    const { modules, guardian, stranger, timelockSigner, timelock, systemConfig } = await loadFixture(deploySystem);
    const manifest = executionManifest(genesisId(Kind.execution));
    const versionId = await modules.connect(stranger).propose.staticCall(manifest);
    await modules.connect(stranger).propose(manifest);
    const veto = () => modules.connect(guardian).veto(versionId);
    await expect(veto())
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryWrongStage')
      .withArgs(versionId, Stage.shadow, Stage.proposed);
    await modules.connect(timelockSigner).ratify(versionId, (await modules.versionOf(versionId)).manifestHash);
    await modules.beginShadow(versionId);
    await expect(modules.connect(stranger).veto(versionId))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryUnauthorized')
      .withArgs(stranger.address, guardian.address);
    await veto();
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.rejected);
    for (const role of ['PROPOSER_ROLE', 'CANCELLER_ROLE', 'DEFAULT_ADMIN_ROLE']) {
      expect(await timelock.hasRole(await timelock[role](), guardian), role).to.equal(false);
    }
    await systemConfig.connect(guardian).pause();
    await expect(systemConfig.connect(guardian).pause()).to.be.revertedWithCustomError(
      systemConfig,
      'SystemConfigPauseUsed',
    );
  });

  it('nothing can be initialized or started again', async () => {
    const { modules, deployment, stranger, attesterSet } = await loadFixture(deploySystem);
    const { address } = stranger;
    const neighbours = {
      executor: address,
      attesterSet: address,
      systemConfig: address,
      anchorStateRegistry: address,
      inbox: address,
    };
    const none = { proxy: address, proxyAdmin: address, implementation: address, artifactHash: id('x'), abi_: 1 };
    await expect(modules.start(neighbours, Array(5).fill(none))).to.be.revertedWithCustomError(
      modules,
      'ModuleRegistryAlreadyStarted',
    );
    const args = [address, address, address, 1, 1, 6000, []] as const;
    await expect(attesterSet.initialize(...args)).to.be.revertedWithCustomError(attesterSet, 'InvalidInitialization');
    expect(deployment.contracts.governor).not.to.equal(undefined);
  });
});

describe('rewards for voting', () => {
  async function voted() {
    const system = await deploySystem();
    const proposalId = await propose(system, system.voters[0], [calls(system).parameter]);
    await vote(system, proposalId, 2);
    return { ...system, proposalId };
  }
  const fund = ({ rewards, stranger }: System, value: bigint) => stranger.sendTransaction({ to: rewards, value });

  it('are shared by votes, once each, whoever asks', async () => {
    const system = await loadFixture(voted);
    const { rewards, voters, stranger, proposalId } = system;
    await fund(system, REWARD_WEI);
    expect(await rewards.claimableWei(proposalId, voters[0])).to.equal((REWARD_WEI * 5n) / 8n);
    await expect(rewards.connect(stranger).claim(proposalId, voters[0])).to.changeEtherBalance(
      voters[0],
      (REWARD_WEI * 5n) / 8n,
    );
    await expect(rewards.connect(stranger).claim(proposalId, voters[1])).to.changeEtherBalance(
      voters[1],
      (REWARD_WEI * 3n) / 8n,
    );
    for (const voter of [voters[0], voters[2]]) {
      await expect(rewards.claim(proposalId, voter))
        .to.be.revertedWithCustomError(rewards, 'VotingRewardsNothingToClaim')
        .withArgs(proposalId, voter.address);
    }
    expect(await rewards.reservedWei()).to.equal(0n);
  });

  it('are paid from a whole pot or not at all, and never over the period’s budget', async () => {
    const system = await loadFixture(voted);
    const { rewards, voters, proposalId } = system;
    await fund(system, REWARD_WEI - 1n);
    await expect(rewards.claim(proposalId, voters[0]))
      .to.be.revertedWithCustomError(rewards, 'VotingRewardsNoBudget')
      .withArgs(proposalId, REWARD_WEI, REWARD_WEI - 1n);
    await fund(system, 10n * REWARD_WEI);
    await rewards.claim(proposalId, voters[0]);
    const others: bigint[] = [];
    for (const description of ['second', 'third']) {
      const next = await propose(system, voters[0], [calls(system).parameter], description);
      await vote(system, next, 1);
      others.push(next);
    }
    await rewards.claim(others[0], voters[0]);
    await expect(rewards.claim(others[1], voters[0]))
      .to.be.revertedWithCustomError(rewards, 'VotingRewardsNoBudget')
      .withArgs(others[1], REWARD_WEI, 0n);
  });

  it('are not for a vote that is open or had no quorum, and what nobody claims is free again', async () => {
    const system = await loadFixture(voted);
    const { rewards, voters, proposalId, timelockSigner, other } = system;
    await fund(system, 2n * REWARD_WEI);
    const next = await propose(system, voters[0], [calls(system).module], 'next');
    await time.increaseTo((await system.governor.proposalSnapshot(next)) + 1n);
    await system.governor.connect(voters[2]).castVote(next, For);
    await expect(rewards.claim(next, voters[2])).to.be.revertedWithCustomError(rewards, 'VotingRewardsNotRewarded');
    await time.increaseTo((await system.governor.proposalDeadline(next)) + 1n);
    await expect(rewards.claim(next, voters[2])).to.be.revertedWithCustomError(rewards, 'VotingRewardsNotRewarded');

    await rewards.claim(proposalId, voters[0]);
    const left = (REWARD_WEI * 3n) / 8n;
    const spend = (amount: bigint) => rewards.connect(timelockSigner).spend(other, amount);
    await expect(spend(2n * REWARD_WEI)).to.be.revertedWithCustomError(rewards, 'VotingRewardsNoBudget');
    await expect(rewards.close(proposalId)).to.be.revertedWithCustomError(rewards, 'VotingRewardsClaimsOpen');
    await time.increase(50_001);
    await expect(rewards.claim(proposalId, voters[1])).to.be.revertedWithCustomError(
      rewards,
      'VotingRewardsClaimsEnded',
    );
    await rewards.close(proposalId);
    await expect(spend(REWARD_WEI + left)).to.changeEtherBalance(other, REWARD_WEI + left);
    expect(await ethers.provider.getBalance(rewards)).to.equal(0n);
  });
});
