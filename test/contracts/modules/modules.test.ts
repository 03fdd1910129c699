import { loadFixture, takeSnapshot, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { AbiCoder, id, keccak256, ZeroHash } from 'ethers';
import { ethers } from 'hardhat';
import {
  ATTESTER_BOND_WEI,
  BOND_WEI,
  CHALLENGE_WINDOW_SECONDS,
  GAME_FINALITY_SECONDS,
  GENESIS_ARTIFACT_HASH,
  PROOF_MATURITY_SECONDS,
  SHADOW,
  UNBOND_SECONDS,
  WINDOWS,
} from '../deploySystem';
import { deployed } from '../testContract';
import { l2After, type Withdrawal } from '../withdrawals';
import {
  deployModules,
  Evidence,
  executionManifest,
  genesisId,
  Kind,
  l1Manifest,
  MAX_UINT64,
  Stage,
} from './moduleVersions';

const kernel = (overrides = {}) => executionManifest(genesisId(Kind.execution), overrides);
const settlement = genesisId(Kind.settlement);

/** A withdrawal proven against a claim about an L2 block, whose game was won and whose waits are over. */
async function provenWithdrawal(system: Awaited<ReturnType<typeof deployModules>>, l2Block: bigint) {
  const { portal, factory, stranger, other } = system;
  const withdrawal: Withdrawal = {
    nonce: 1n << 240n,
    sender: stranger.address,
    target: other.address,
    value: 5n,
    gasLimit: 21_000n,
    data: '0x',
  };
  await portal.connect(stranger).depositTransaction(stranger, 0, 100_000, false, '0x', { value: 10 });
  const l2 = await l2After([withdrawal]);
  const gameIndex = await factory.gameCount();
  const extraData = AbiCoder.defaultAbiCoder().encode(['uint256'], [l2Block]);
  await factory.create(1000, l2.outputRoot, extraData, { value: BOND_WEI });
  await time.increase(1);
  const proof = await l2.proofOf(withdrawal);
  await portal.connect(stranger).proveWithdrawalTransaction(withdrawal, gameIndex, l2.outputRootProof, proof);
  await time.increase(CHALLENGE_WINDOW_SECONDS);
  const { proxy } = await factory.gameAtIndex(gameIndex);
  await (await ethers.getContractAt('OutputClaimGame', proxy)).resolve();
  await time.increase(GAME_FINALITY_SECONDS + PROOF_MATURITY_SECONDS);
  return { withdrawal, proxy, finalize: () => portal.connect(stranger).finalizeWithdrawalTransaction(withdrawal) };
}

describe('the portal during a canary', () => {
  // As long as a withdrawal takes, so that one of the canary is ready before the hold ends.
  const patient = async () => deployModules({ windows: { ...WINDOWS, canarySeconds: 5_000 } });

  it('holds withdrawals of the canary’s blocks until its end, and no others', async () => {
    for (const [l2Block, isHeld] of [
      [99n, false],
      [100n, true],
    ] as const) {
      const system = await loadFixture(patient);
      const versionId = await system.toCanary(kernel());
      const { finalize, proxy, withdrawal } = await provenWithdrawal(system, l2Block);
      expect(await system.portal.isWithdrawalHeld(proxy)).to.equal(isHeld);
      if (isHeld) {
        await expect(finalize()).to.be.revertedWithCustomError(system.portal, 'OptimismPortal_ProofNotOldEnough');
        await time.increaseTo((await system.modules.versionOf(versionId)).canaryEndsAt);
      }
      await expect(finalize()).to.changeEtherBalance(system.other, withdrawal.value);
    }
  });

  it('holds them some time longer after a roll-back, then lets them go: the chain went on from those blocks', async () => {
    const system = await loadFixture(patient);
    const { modules, reportFaults, portal, other } = system;
    const versionId = await system.toCanary(kernel());
    const { finalize, withdrawal } = await provenWithdrawal(system, 100n);
    await reportFaults(versionId);
    await modules.rollBack(versionId, Evidence.attesterFaults, '0x');
    await expect(finalize()).to.be.revertedWithCustomError(portal, 'OptimismPortal_ProofNotOldEnough');
    await time.increase(WINDOWS.rollBackHoldSeconds);
    await expect(finalize()).to.changeEtherBalance(other, withdrawal.value);
  });

  it('holds nothing that was claimed before the activation, or when the registry does not answer', async () => {
    const system = await loadFixture(patient);
    const { finalize, withdrawal } = await provenWithdrawal(system, 100n);
    const { toCanary, timelockSigner, deployment, modules, other } = system;
    await toCanary(kernel());
    const snapshot = await takeSnapshot();
    await expect(finalize()).to.changeEtherBalance(other, withdrawal.value);
    await snapshot.restore();
    const admin = await ethers.getContractAt(
      'ProxyAdmin',
      deployment.contracts.moduleRegistryProxyAdmin,
      timelockSigner,
    );
    await admin.upgradeAndCall(modules, await deployed('HostileModule', [2]), '0x');
    await expect(finalize()).to.changeEtherBalance(other, withdrawal.value);
  });

  it('can’t be asked with so little gas that a held withdrawal gets out', async () => {
    const system = await loadFixture(patient);
    const versionId = await system.toCanary(kernel());
    const { withdrawal } = await provenWithdrawal(system, 100n);
    const { portal, stranger, modules } = system;
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.canary);
    for (let gasLimit = 60_000; gasLimit <= 400_000; gasLimit += 10_000) {
      const sent = portal.connect(stranger).finalizeWithdrawalTransaction.staticCall(withdrawal, { gasLimit });
      const end = await sent.then(
        () => 'finalized',
        () => 'refused',
      );
      expect(end, `${gasLimit} gas`).to.equal('refused');
    }
  });
});

describe('ModuleRegistry', () => {
  it('announces a kernel’s activation and roll-back as nodes read them, and restores the predecessor only', async () => {
    const { modules, toQueued, pastExit, reportFaults } = await loadFixture(deployModules);
    const versionId = await toQueued(kernel());
    const { exitEndsAt } = await modules.versionOf(versionId);
    expect((await modules.exitClock(versionId)).endsAt).to.equal(exitEndsAt);
    await expect(modules.activate(versionId)).to.be.revertedWithCustomError(modules, 'ModuleRegistryTooEarly');
    await pastExit(versionId);
    await expect(modules.activate(versionId))
      .to.emit(modules, 'ExecutionActivated')
      .withArgs(BigInt(versionId), id('a kernel'), 100n, GENESIS_ARTIFACT_HASH);
    expect(await modules.withdrawalsHeldFrom()).to.equal(100n);
    await expect(modules.rollBack(versionId, Evidence.attesterFaults, '0x')).to.be.revertedWithCustomError(
      modules,
      'ModuleRegistryInsufficientEvidence',
    );
    await reportFaults(versionId);
    await expect(modules.rollBack(versionId, Evidence.attesterFaults, '0x'))
      .to.emit(modules, 'ExecutionRolledBack')
      .withArgs(BigInt(versionId), id('a kernel'), GENESIS_ARTIFACT_HASH);
    expect(await modules.activeVersion(Kind.execution)).to.equal(genesisId(Kind.execution));
    expect(await modules.withdrawalsHeldFrom()).to.equal(100n);
    await time.increase(WINDOWS.rollBackHoldSeconds);
    expect(await modules.withdrawalsHeldFrom()).to.equal(MAX_UINT64);
  });

  it('releases withdrawals when the canary’s time is over, also if nobody confirms, and never holds older claims', async () => {
    const { modules, toCanary } = await loadFixture(deployModules);
    const versionId = await toCanary(kernel());
    const { activatedAt } = await modules.versionOf(versionId);
    expect(await modules.isWithdrawalHeld(100, activatedAt)).to.equal(true);
    expect(await modules.isWithdrawalHeld(99, activatedAt)).to.equal(false);
    expect(await modules.isWithdrawalHeld(100, activatedAt - 1n)).to.equal(false);
    await time.increase(WINDOWS.canarySeconds);
    expect(await modules.isWithdrawalHeld(100, activatedAt)).to.equal(false);
  });

  it('queues a kernel only when a quorum saw every range, and no difference but the declared ones', async () => {
    const { modules, toShadow, attest } = await loadFixture(deployModules);
    const versionId = await toShadow(kernel({ differencesHash: id('declared') }));
    await time.increase(WINDOWS.shadowSeconds);
    await attest(versionId, 1, 0, id('declared'));
    await expect(modules.queue(versionId, 0))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryNotAttested')
      .withArgs(versionId, 0n);
    await expect(modules.queue(versionId, 20))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryNotAttested')
      .withArgs(versionId, 20n);
    await attest(versionId, 3, 40, id('undeclared'));
    await expect(modules.queue(versionId, 40))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryUndeclaredDifference')
      .withArgs(versionId, 40n, id('declared'), id('undeclared'));
    await attest(versionId, 3, 80, id('declared'));
    await modules.queue(versionId, 80);
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.queued);
  });

  it('ends a kernel with an undeclared difference in any range, in Shadow or Queued: ranges without do not make up for it', async () => {
    const { modules, toShadow, attest } = await loadFixture(deployModules);
    const [watched, late] = [
      await toShadow(kernel({ differencesHash: id('declared') })),
      await toShadow(kernel({ artifactHash: id('another kernel') })),
    ];
    await attest(watched, 1, 0, id('undeclared'));
    await expect(modules.refuse(watched, 0))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryNotAttested')
      .withArgs(watched, 0n);
    await attest(watched, 3, 40, id('declared'));
    await expect(modules.refuse(watched, 40))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryNoUndeclaredDifference')
      .withArgs(watched, 40n);
    await attest(watched, 3, 80, id('undeclared'));
    await modules.refuse(watched, 80);
    expect((await modules.versionOf(watched)).stage).to.equal(Stage.rejected);

    await attest(late, 3, 0);
    await attest(late, 3, 40, id('undeclared'));
    await time.increase(WINDOWS.shadowSeconds);
    await modules.queue(late, 0);
    await modules.refuse(late, 40);
    expect((await modules.versionOf(late)).stage).to.equal(Stage.rejected);
    await expect(modules.refuse(late, 40))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryWrongStage')
      .withArgs(late, Stage.shadow, Stage.rejected);
  });

  it('takes silence of the sequencer as evidence, once it lasted', async () => {
    const { modules, toCanary } = await loadFixture(deployModules);
    const versionId = await toCanary(kernel());
    const rollBack = () => modules.rollBack(versionId, Evidence.livenessGap, '0x');
    await expect(rollBack()).to.be.revertedWithCustomError(modules, 'ModuleRegistryInsufficientEvidence');
    await time.increase(WINDOWS.livenessGapSeconds + 1);
    await rollBack();
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.rolledBack);
  });

  it('takes two claims that won different roots for one block as evidence, and one that lost as none', async () => {
    const { modules, toCanary, factory, guardian, config } = await loadFixture(deployModules);
    const versionId = await toCanary(kernel());
    const coder = AbiCoder.defaultAbiCoder();
    const block = coder.encode(['uint256'], [105]);
    for (const root of ['right', 'wrong', 'disputed'])
      await factory.create(1000, id(root), block, { value: config.initBondWei });
    const games = await Promise.all(
      [0, 1, 2].map(async (index) => ethers.getContractAt('OutputClaimGame', (await factory.gameAtIndex(index)).proxy)),
    );
    await (games[2].connect(guardian) as (typeof games)[2]).dispute();
    await time.increase(config.challengeWindowSeconds);
    await games[0].resolve();
    await games[1].resolve();
    const evidence = (first: number, second: number) => coder.encode(['uint256', 'uint256'], [first, second]);
    for (const [first, second] of [
      [0, 2],
      [0, 0],
    ]) {
      await expect(
        modules.rollBack(versionId, Evidence.contradictingClaims, evidence(first, second)),
      ).to.be.revertedWithCustomError(modules, 'ModuleRegistryInsufficientEvidence');
    }
    await modules.rollBack(versionId, Evidence.contradictingClaims, evidence(0, 1));
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.rolledBack);
  });

  it('refuses manifests that fit no module, and kernels that the ruling modules do not work with', async () => {
    const { modules, propose, toQueued, pastExit, inbox } = await loadFixture(deployModules);
    for (const [field, overrides] of [
      ['predecessor', { predecessor: id('nobody') }],
      ['artifactHash', { artifactHash: ZeroHash }],
      ['implementation', { implementation: inbox.target as string }],
      ['migration', { migration: '0x01' }],
      ['executionAbiMin', { executionAbiMin: 2 }],
    ] as const) {
      await expect(propose(kernel(overrides)))
        .to.be.revertedWithCustomError(modules, 'ModuleRegistryInvalidManifest')
        .withArgs(field);
    }
    const versionId = await toQueued(kernel({ executionAbiMin: 2, executionAbiMax: 3 }));
    await pastExit(versionId);
    await expect(modules.activate(versionId))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryIncompatible')
      .withArgs(versionId, 1, 2, 3);
  });
});

describe('swapping an L1 module', () => {
  const migrate = (ill: boolean) =>
    new ethers.Interface(['function migrate(bool)']).encodeFunctionData('migrate', [ill]);

  it('puts new code behind the proxy with its migration, keeps its state, and confirms it', async () => {
    const { modules, toCanary, registry, config } = await loadFixture(deployModules);
    const next = await deployed('AnchorStateRegistryV2');
    const versionId = await toCanary(l1Manifest(Kind.settlement, settlement, next, migrate(false)));
    const upgraded = next.attach(registry) as typeof next;
    expect(await upgraded.migratedAt()).to.be.greaterThan(0n);
    expect(await registry.disputeGameFinalityDelaySeconds()).to.equal(config.gameFinalityDelaySeconds);
    await expect(upgraded.migrate(true)).to.be.revertedWithCustomError(upgraded, 'InvalidInitialization');
    await time.increase(WINDOWS.canarySeconds);
    await modules.confirm(versionId);
    expect((await modules.versionOf(versionId)).stage).to.equal(Stage.active);
  });

  it('can’t confirm a module that fell ill, and goes back to the code before', async () => {
    const { modules, toCanary, registry, deployment } = await loadFixture(deployModules);
    const next = await deployed('AnchorStateRegistryV2');
    const versionId = await toCanary(l1Manifest(Kind.settlement, settlement, next, migrate(true)));
    const rollBack = () => modules.rollBack(versionId, Evidence.failedHealthCheck, '0x');
    await expect(rollBack()).to.be.revertedWithCustomError(modules, 'ModuleRegistryInsufficientEvidence');
    await time.increase(WINDOWS.canarySeconds);
    await expect(modules.confirm(versionId))
      .to.be.revertedWithCustomError(modules, 'ModuleRegistryUnhealthy')
      .withArgs(versionId);
    await expect(rollBack())
      .to.emit(modules, 'ModuleSwapped')
      .withArgs(settlement, Kind.settlement, registry.target, deployment.contracts.anchorStateRegistryImplementation);
    expect(await modules.activeVersion(Kind.settlement)).to.equal(settlement);
    await expect((next.attach(registry) as typeof next).illFrom()).to.be.reverted;
  });

  it('keeps exits that were proven under the old code', async () => {
    const system = await loadFixture(deployModules);
    const { withdrawal, finalize } = await provenWithdrawal(system, 1n);
    const next = await deployed('AnchorStateRegistryV2');
    await system.toCanary(l1Manifest(Kind.settlement, settlement, next, migrate(false)));
    await expect(finalize()).to.changeEtherBalance(system.other, withdrawal.value);
  });

  for (const [behaviour, index] of Object.entries({
    reverts: 1,
    'burns its gas': 2,
    'answers wrong': 3,
    'answers too long': 4,
    'answers with dirt': 5,
    'reverts with a lot of data': 6,
    'asks its asker in turn': 7,
  })) {
    it(`changes nothing when selfTest ${behaviour}`, async () => {
      const { modules, toQueued, pastExit, registry, executor } = await loadFixture(deployModules);
      const hostile = await deployed('HostileModule', [index]);
      const versionId = await toQueued(l1Manifest(Kind.settlement, settlement, hostile));
      await pastExit(versionId);
      await expect(modules.activate(versionId)).to.be.revertedWithCustomError(executor, 'ModuleExecutorSelfTestFailed');
      expect((await modules.versionOf(versionId)).stage).to.equal(Stage.queued);
      expect(await modules.activeVersion(Kind.settlement)).to.equal(settlement);
      expect(await registry.healthCheck()).to.equal(true);
    });
  }
});

describe('ModuleCall', () => {
  it('takes only one honest word within its gas, and never fails with the module', async () => {
    const harness = await deployed('ModuleCallHarness');
    const data = id('healthCheck()').slice(0, 10);
    for (const behaviour of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const module = await deployed('HostileModule', [behaviour]);
      const { success, word, gasUsed } = await harness.ask(module, data, 50_000);
      expect(success && word === 1n, `behaviour ${behaviour}`).to.equal(behaviour === 0);
      expect(gasUsed).to.be.lessThan(60_000n);
    }
    expect((await harness.ask(ethers.ZeroAddress, data, 50_000)).success).to.equal(false);
    await expect(harness.ask.staticCall(harness, data, 1_000_000, { gasLimit: 500_000 })).to.be.revertedWithCustomError(
      harness,
      'ModuleCallInsufficientGas',
    );
  });
});

describe('AttesterSet', () => {
  it('takes the bond of who says two things about one range, and its voice', async () => {
    const { attesterSet, toShadow, attest, attesters, timelock } = await loadFixture(deployModules);
    const versionId = await toShadow(kernel());
    await attest(versionId);
    expect((await attesterSet.agreedStatement(versionId, 0)).resultHash).to.equal(id('result 0'));
    const [bribed] = attesters;
    const say = (result: string) =>
      attesterSet.connect(bribed).attest(versionId, 0, SHADOW.rangeBlocks - 1, id(result), ZeroHash);
    await expect(say('result 0')).to.be.revertedWithCustomError(attesterSet, 'AttesterSetAlreadySaid');
    await expect(say('bribed')).to.changeEtherBalances(
      [attesterSet, timelock],
      [-ATTESTER_BOND_WEI, ATTESTER_BOND_WEI],
    );
    expect(await attesterSet.isActive(bribed)).to.equal(false);
    expect((await attesterSet.agreedStatement(versionId, 0)).resultHash).to.equal(ZeroHash);
    await expect(say('again'))
      .to.be.revertedWithCustomError(attesterSet, 'AttesterSetNotActive')
      .withArgs(bribed.address);
  });

  it('takes statements only about the rule’s ranges, in the version’s stage, by those that count', async () => {
    const { attesterSet, toShadow, attesters, stranger } = await loadFixture(deployModules);
    const versionId = await toShadow(kernel());
    const [attester] = attesters;
    for (const [from, to] of [
      [1, 10],
      [0, 8],
      [0, 10],
      [10, 9],
    ]) {
      await expect(attesterSet.connect(attester).attest(versionId, from, to, id('x'), ZeroHash))
        .to.be.revertedWithCustomError(attesterSet, 'AttesterSetInvalidRange')
        .withArgs(from, to, SHADOW.rangeBlocks);
    }
    await expect(attesterSet.connect(attester).reportFault(versionId, 100, id('x')))
      .to.be.revertedWithCustomError(attesterSet, 'AttesterSetWrongStage')
      .withArgs(versionId, Stage.canary, Stage.shadow);
    await expect(
      attesterSet.connect(stranger).attest(versionId, 0, 9, id('x'), ZeroHash),
    ).to.be.revertedWithCustomError(attesterSet, 'AttesterSetNotActive');
  });

  it('lets an attester leave with its bond after the time in which it is at stake', async () => {
    const { attesterSet, attesters, other } = await loadFixture(deployModules);
    const [leaving] = attesters;
    await attesterSet.connect(leaving).beginUnbond();
    expect(await attesterSet.activeCount()).to.equal(2n);
    await expect(attesterSet.connect(leaving).withdraw(other)).to.be.revertedWithCustomError(
      attesterSet,
      'AttesterSetTooEarly',
    );
    await time.increase(UNBOND_SECONDS);
    await expect(attesterSet.connect(leaving).withdraw(other)).to.changeEtherBalance(other, ATTESTER_BOND_WEI);
    await expect(attesterSet.connect(leaving).withdraw(other)).to.be.revertedWithCustomError(
      attesterSet,
      'AttesterSetNotLeaving',
    );
  });
});

describe('ArtifactStore', () => {
  it('keeps an artifact in chunks of code under the hash of the whole', async () => {
    const { artifactStore, stranger } = await loadFixture(deployModules);
    const store = artifactStore.connect(stranger);
    const bytes = ethers.hexlify(Uint8Array.from({ length: 30_000 }, (_, i) => (i * 7 + (i >> 8)) % 256));
    const hash = keccak256(bytes);
    await store.begin(hash, 30_000);
    const chunk = 24_575;
    await store.append(hash, ethers.dataSlice(bytes, 0, chunk));
    await expect(store.append(hash, ethers.dataSlice(bytes, 0, 30_000 - chunk)))
      .to.be.revertedWithCustomError(store, 'ArtifactStoreHashMismatch')
      .withArgs(
        hash,
        keccak256(ethers.concat([ethers.dataSlice(bytes, 0, chunk), ethers.dataSlice(bytes, 0, 30_000 - chunk)])),
      );
    await expect(store.append(hash, ethers.dataSlice(bytes, chunk))).to.emit(store, 'ArtifactPublished');
    expect(await store.read(hash)).to.equal(bytes);
    const codes = await Promise.all(
      (await store.chunksOf(hash)).map((address: string) => ethers.provider.getCode(address)),
    );
    expect(ethers.concat(codes.map((code) => ethers.dataSlice(code, 1)))).to.equal(bytes);
    expect(codes.every((code) => code.startsWith('0x00'))).to.equal(true);
    await expect(store.begin(hash, 30_000)).to.be.revertedWithCustomError(store, 'ArtifactStoreAlreadyPublished');
  });

  it('refuses what is too large, of the wrong size, or not the publisher’s', async () => {
    const { artifactStore, stranger, other } = await loadFixture(deployModules);
    const store = artifactStore.connect(stranger);
    for (const size of [0, 1_048_577]) {
      await expect(store.begin(id('x'), size))
        .to.be.revertedWithCustomError(store, 'ArtifactStoreInvalidSize')
        .withArgs(size, 1_048_576);
    }
    await store.begin(id('x'), 100);
    await expect(store.append(id('x'), `0x${'01'.repeat(99)}`))
      .to.be.revertedWithCustomError(store, 'ArtifactStoreInvalidChunk')
      .withArgs(99, 100);
    await expect(artifactStore.connect(other).append(id('x'), '0x01')).to.be.revertedWithCustomError(
      store,
      'ArtifactStoreNotStarted',
    );
    await store.abandon(id('x'));
    expect(await store.progressOf(id('x'), stranger)).to.deep.equal([0n, 0n]);
  });
});
