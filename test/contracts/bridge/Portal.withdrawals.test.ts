import { loadFixture, setBalance, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { id, toBeHex, ZeroAddress } from 'ethers';
import { ethers } from 'hardhat';
import {
  BOND_WEI,
  CHALLENGE_WINDOW_SECONDS,
  deploySystem,
  GAME_FINALITY_SECONDS,
  PAUSE_SECONDS,
  PROOF_MATURITY_SECONDS,
} from '../deploySystem';
import { contractAt, deployed } from '../testContract';
import { claim, hashOutputRootProof, hashWithdrawal, l2After, type Withdrawal } from '../withdrawals';

const L2_SENDER = '0x00000000000000000000000000000000000000b2';
const NO_SENDER = '0x000000000000000000000000000000000000dEaD';
const TARGET = '0x00000000000000000000000000000000000000A1';
const NONCE = 1n << 240n;
const ESTIMATOR = '0x0000000000000000000000000000000000000001';

function withdrawal(overrides: Partial<Withdrawal> = {}): Withdrawal {
  return { nonce: NONCE, sender: L2_SENDER, target: TARGET, value: 5n, gasLimit: 50_000n, data: '0x', ...overrides };
}

async function deployWithClaim() {
  const system = await deploySystem();
  await setBalance(await system.portal.getAddress(), ethers.parseEther('10'));
  const target = await deployed('WithdrawalTarget', [await system.portal.getAddress()]);
  const address = await target.getAddress();
  const call = (name: string) => target.interface.encodeFunctionData(name);
  const withdrawals = {
    plain: withdrawal(),
    second: withdrawal({ nonce: NONCE + 1n }),
    record: withdrawal({ nonce: NONCE + 2n, target: address, data: call('record'), gasLimit: 200_000n }),
    refuse: withdrawal({ nonce: NONCE + 3n, target: address, data: call('refuse') }),
    bomb: withdrawal({ nonce: NONCE + 4n, target: address, data: call('bomb'), gasLimit: 10_000_000n }),
    reenter: withdrawal({ nonce: NONCE + 5n, target: address, data: call('reenter'), gasLimit: 1_000_000n }),
    portal: withdrawal({ nonce: NONCE + 6n, target: await system.portal.getAddress() }),
    greedy: withdrawal({ nonce: NONCE + 7n, gasLimit: 1n << 255n }),
    burn: withdrawal({ nonce: NONCE + 8n, target: address, data: call('burn'), gasLimit: 500_000n }),
  };
  const l2 = await l2After(Object.values(withdrawals));
  const gameIndex = await claim(system, l2.outputRoot);
  const game = await contractAt('OutputClaimGame', (await system.factory.gameAtIndex(gameIndex)).proxy);
  const prove = async (w: Withdrawal, from = system.stranger) =>
    system.portal.connect(from).proveWithdrawalTransaction(w, gameIndex, l2.outputRootProof, await l2.proofOf(w));
  return { ...system, target, withdrawals, l2, gameIndex, game, prove };
}

/** All withdrawals but the portal's are proven by `stranger`, the game is resolved and both delays are over. */
async function deployMature() {
  const system = await deployWithClaim();
  for (const [name, w] of Object.entries(system.withdrawals)) if (name !== 'portal') await system.prove(w);
  await time.increase(CHALLENGE_WINDOW_SECONDS);
  await system.game.resolve();
  await time.increase(Math.max(PROOF_MATURITY_SECONDS, GAME_FINALITY_SECONDS) + 1);
  return system;
}

describe('Portal withdrawals', () => {
  it('pay out once proven, mature and resolved, to anyone’s benefit but the target’s', async () => {
    const { portal, stranger, withdrawals } = await loadFixture(deployMature);
    const hash = hashWithdrawal(withdrawals.plain);
    const sent = portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.plain);
    await expect(sent).to.changeEtherBalances([portal, TARGET], [-5n, 5n]);
    await expect(sent).to.emit(portal, 'WithdrawalFinalized').withArgs(hash, true);
    expect(await portal.finalizedWithdrawals(hash)).to.equal(true);
    expect(await portal.l2Sender()).to.equal(NO_SENDER);
  });

  it('tell the target who sent them on L2, and nobody else afterwards', async () => {
    const { portal, stranger, withdrawals, target } = await loadFixture(deployMature);
    await portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.record);
    expect(await target.l2SenderSeen()).to.equal(ethers.getAddress(L2_SENDER));
    expect(await portal.l2Sender()).to.equal(NO_SENDER);
  });

  describe('proveWithdrawalTransaction', () => {
    it('records the game, the time and the submitter', async () => {
      const { portal, stranger, other, withdrawals, game, prove } = await loadFixture(deployWithClaim);
      const hash = hashWithdrawal(withdrawals.plain);
      await expect(prove(withdrawals.plain))
        .to.emit(portal, 'WithdrawalProven')
        .withArgs(hash, ethers.getAddress(L2_SENDER), TARGET)
        .and.to.emit(portal, 'WithdrawalProvenExtension1')
        .withArgs(hash, stranger.address);
      expect(await portal.provenWithdrawals(hash, stranger)).to.deep.equal([
        await game.getAddress(),
        BigInt(await time.latest()),
      ]);
      await prove(withdrawals.plain, other);
      expect(await portal.numProofSubmitters(hash)).to.equal(2n);
      expect(await portal.proofSubmitters(hash, 1)).to.equal(other.address);
    });

    it('refuses the proof of another withdrawal, and a withdrawal with any field changed', async () => {
      const { portal, withdrawals, l2, gameIndex } = await loadFixture(deployWithClaim);
      const proof = await l2.proofOf(withdrawals.plain);
      const altered: Partial<Withdrawal>[] = [
        { nonce: NONCE + 1n },
        { sender: TARGET },
        { target: L2_SENDER },
        { value: 6n },
        { gasLimit: 49_999n },
        { data: '0x00' },
      ];
      for (const change of altered) {
        await expect(
          portal.proveWithdrawalTransaction(withdrawal(change), gameIndex, l2.outputRootProof, proof),
        ).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidMerkleProof');
      }
    });

    it('refuses an output root proof that is not the claim’s, in any field', async () => {
      const { portal, withdrawals, l2, gameIndex } = await loadFixture(deployWithClaim);
      const proof = await l2.proofOf(withdrawals.plain);
      for (const field of ['version', 'stateRoot', 'messagePasserStorageRoot', 'latestBlockhash']) {
        const wrong = { ...l2.outputRootProof, [field]: id('wrong') };
        await expect(
          portal.proveWithdrawalTransaction(withdrawals.plain, gameIndex, wrong, proof),
          field,
        ).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidOutputRootProof');
      }
    });

    it('refuses an output root of another version, even one that was claimed', async () => {
      const system = await loadFixture(deployWithClaim);
      const versioned = { ...system.l2.outputRootProof, version: id('version 1') };
      const index = await claim(system, hashOutputRootProof(versioned), 43);
      const { portal, withdrawals, l2 } = system;
      await expect(
        portal.proveWithdrawalTransaction(withdrawals.plain, index, versioned, await l2.proofOf(withdrawals.plain)),
      ).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidOutputRootProof');
    });

    it('refuses a game that was never made, that was disputed, blacklisted, retired, or not respected when created', async () => {
      const system = await loadFixture(deployWithClaim);
      const { portal, withdrawals, l2, gameIndex, game, guardian, timelockSigner, registry, systemConfig } = system;
      const proof = await l2.proofOf(withdrawals.plain);
      const prove = (index: bigint) =>
        portal.proveWithdrawalTransaction(withdrawals.plain, index, l2.outputRootProof, proof);
      await expect(prove(99n)).to.be.revertedWithCustomError(system.factory, 'DisputeGameFactoryUnknownGame');

      const disputedIndex = await claim(system, l2.outputRoot, 50);
      const disputed = await contractAt('OutputClaimGame', (await system.factory.gameAtIndex(disputedIndex)).proxy);
      await disputed.connect(guardian).dispute();
      await expect(prove(disputedIndex)).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidDisputeGame');

      await registry.connect(timelockSigner).blacklistDisputeGame(game);
      await expect(prove(gameIndex)).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidDisputeGame');
      expect(await portal.disputeGameBlacklist(game)).to.equal(true);

      const retiredIndex = await claim(system, l2.outputRoot, 51);
      await registry.connect(timelockSigner).updateRetirementTimestamp();
      await expect(prove(retiredIndex)).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidDisputeGame');

      await systemConfig.connect(timelockSigner).setRespectedGameType(7);
      const unrespectedIndex = await claim(system, l2.outputRoot, 52);
      await systemConfig.connect(timelockSigner).setRespectedGameType(1000);
      await expect(prove(unrespectedIndex)).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidDisputeGame');
      const goodIndex = await claim(system, l2.outputRoot, 53);
      await expect(prove(goodIndex)).to.emit(portal, 'WithdrawalProven');
    });

    it('stays possible against a game whose type is no more respected, and so stays an exit under the old rules', async () => {
      const { portal, withdrawals, prove, systemConfig, timelockSigner } = await loadFixture(deployWithClaim);
      await systemConfig.connect(timelockSigner).setRespectedGameType(7);
      await expect(prove(withdrawals.plain)).to.emit(portal, 'WithdrawalProven');
    });

    it('refuses the portal itself as a target', async () => {
      const { portal, withdrawals, prove } = await loadFixture(deployWithClaim);
      await expect(prove(withdrawals.portal)).to.be.revertedWithCustomError(portal, 'OptimismPortal_BadTarget');
    });

    it('refuses what was carried out before', async () => {
      const { portal, stranger, withdrawals, prove } = await loadFixture(deployMature);
      await portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.plain);
      await expect(prove(withdrawals.plain)).to.be.revertedWithCustomError(portal, 'OptimismPortal_AlreadyFinalized');
    });
  });

  describe('finalizing', () => {
    it('happens once, whoever proved and whoever asks', async () => {
      const { portal, stranger, other, withdrawals, prove } = await loadFixture(deployWithClaim);
      await prove(withdrawals.plain);
      await prove(withdrawals.plain, other);
      await time.increase(CHALLENGE_WINDOW_SECONDS);
      const { game } = await loadedGame(portal, withdrawals.plain, stranger.address);
      await game.resolve();
      await time.increase(PROOF_MATURITY_SECONDS);
      await portal.finalizeWithdrawalTransactionExternalProof(withdrawals.plain, other);
      for (const submitter of [stranger, other]) {
        await expect(
          portal.finalizeWithdrawalTransactionExternalProof(withdrawals.plain, submitter),
        ).to.be.revertedWithCustomError(portal, 'OptimismPortal_AlreadyFinalized');
      }
    });

    it('asks for the proof of the account that is named', async () => {
      const { portal, other, withdrawals } = await loadFixture(deployMature);
      await expect(
        portal.connect(other).finalizeWithdrawalTransaction(withdrawals.plain),
      ).to.be.revertedWithCustomError(portal, 'OptimismPortal_Unproven');
      await expect(
        portal.finalizeWithdrawalTransactionExternalProof(withdrawals.plain, ZeroAddress),
      ).to.be.revertedWithCustomError(portal, 'OptimismPortal_Unproven');
    });

    it('waits for the proof to mature and the game to be final, to the second', async () => {
      const { portal, stranger, withdrawals, game, prove } = await loadFixture(deployWithClaim);
      const check = () => portal.checkWithdrawal(hashWithdrawal(withdrawals.plain), stranger);
      await prove(withdrawals.plain);
      const provenAt = await time.latest();
      await expect(check()).to.be.revertedWithCustomError(portal, 'OptimismPortal_ProofNotOldEnough');
      await time.increaseTo(provenAt + PROOF_MATURITY_SECONDS);
      await expect(check()).to.be.revertedWithCustomError(portal, 'OptimismPortal_ProofNotOldEnough');
      await time.increaseTo(provenAt + PROOF_MATURITY_SECONDS + 1);
      await expect(check()).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidRootClaim');
      await game.resolve();
      const resolvedAt = await time.latest();
      await time.increaseTo(resolvedAt + GAME_FINALITY_SECONDS);
      await expect(check()).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidRootClaim');
      await time.increaseTo(resolvedAt + GAME_FINALITY_SECONDS + 1);
      await check();
    });

    it('takes a proof that stands in the very block of the claim', async () => {
      const { portal, factory, stranger, withdrawals, l2 } = await loadFixture(deployWithClaim);
      const index = await factory.gameCount();
      const proof = await l2.proofOf(withdrawals.plain);
      const gasLimit = 3_000_000;
      await ethers.provider.send('evm_setAutomine', [false]);
      const claimed = await factory.create(1000, l2.outputRoot, toBeHex(43, 32), { value: BOND_WEI, gasLimit });
      const submitter = portal.connect(stranger);
      const prove = 'proveWithdrawalTransaction';
      const proven = await submitter[prove](withdrawals.plain, index, l2.outputRootProof, proof, { gasLimit });
      await ethers.provider.send('evm_mine', []);
      await ethers.provider.send('evm_setAutomine', [true]);
      expect((await proven.wait()).blockNumber).to.equal((await claimed.wait()).blockNumber);
      await time.increase(CHALLENGE_WINDOW_SECONDS);
      await (await contractAt('OutputClaimGame', (await factory.gameAtIndex(index)).proxy)).resolve();
      await time.increase(Math.max(PROOF_MATURITY_SECONDS, GAME_FINALITY_SECONDS) + 1);
      await expect(submitter.finalizeWithdrawalTransaction(withdrawals.plain)).to.emit(portal, 'WithdrawalFinalized');
    });

    it('refuses a withdrawal proven against a claim that was then disputed', async () => {
      const { portal, stranger, guardian, withdrawals, game, prove } = await loadFixture(deployWithClaim);
      await prove(withdrawals.plain);
      await game.connect(guardian).dispute();
      await time.increase(PROOF_MATURITY_SECONDS + GAME_FINALITY_SECONDS);
      await expect(
        portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.plain),
      ).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidRootClaim');
    });

    it('refuses a claim blacklisted or retired after the proof, and takes a new proof against another', async () => {
      for (const act of ['blacklist', 'retire'] as const) {
        const system = await loadFixture(deployMature);
        const { portal, stranger, withdrawals, game, registry, timelockSigner, l2 } = system;
        const asOwner = registry.connect(timelockSigner);
        await (act === 'blacklist' ? asOwner.blacklistDisputeGame(game) : asOwner.updateRetirementTimestamp());
        const finalize = () => portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.plain);
        await expect(finalize(), act).to.be.revertedWithCustomError(portal, 'OptimismPortal_InvalidRootClaim');
        const index = await claim(system, l2.outputRoot, 60);
        const proof = await l2.proofOf(withdrawals.plain);
        await portal.connect(stranger).proveWithdrawalTransaction(withdrawals.plain, index, l2.outputRootProof, proof);
        await time.increase(PROOF_MATURITY_SECONDS);
        await (await contractAt('OutputClaimGame', (await system.factory.gameAtIndex(index)).proxy)).resolve();
        await time.increase(GAME_FINALITY_SECONDS + 1);
        await expect(finalize(), act).to.emit(portal, 'WithdrawalFinalized');
      }
    });

    it('goes on under the old claims when another type becomes the respected one', async () => {
      const { portal, stranger, withdrawals, systemConfig, timelockSigner } = await loadFixture(deployMature);
      await systemConfig.connect(timelockSigner).setRespectedGameType(7);
      await expect(portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.plain))
        .to.emit(portal, 'WithdrawalFinalized')
        .withArgs(hashWithdrawal(withdrawals.plain), true);
    });

    it('is not entered again by the call, neither with the same withdrawal nor with another', async () => {
      const system = await loadFixture(deployMature);
      const { portal, stranger, withdrawals, target } = system;
      const finalize = 'finalizeWithdrawalTransactionExternalProof';
      for (const inner of [withdrawals.reenter, withdrawals.second]) {
        const snapshot = await ethers.provider.send('evm_snapshot', []);
        await target.prepare(portal.interface.encodeFunctionData(finalize, [inner, stranger.address]));
        await expect(portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.reenter))
          .to.emit(portal, 'WithdrawalFinalized')
          .withArgs(hashWithdrawal(withdrawals.reenter), true);
        expect(portal.interface.parseError(await target.reentryResult())?.name).to.equal('OptimismPortal_NoReentrancy');
        expect(await portal.finalizedWithdrawals(hashWithdrawal(withdrawals.second))).to.equal(false);
        await ethers.provider.send('evm_revert', [snapshot]);
      }
    });

    it('keeps what the target refuses, done for good, and says so', async () => {
      const { portal, stranger, withdrawals, target } = await loadFixture(deployMature);
      const sent = portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.refuse);
      await expect(sent).to.changeEtherBalances([portal, target], [0, 0]);
      await expect(sent).to.emit(portal, 'WithdrawalFinalized').withArgs(hashWithdrawal(withdrawals.refuse), false);
    });

    it('fails as a whole when gas is being estimated', async () => {
      const { portal, stranger, withdrawals } = await loadFixture(deployMature);
      await setBalance(ESTIMATOR, ethers.parseEther('1'));
      const data = portal.interface.encodeFunctionData('finalizeWithdrawalTransactionExternalProof', [
        withdrawals.refuse,
        stranger.address,
      ]);
      const error = await ethers.provider
        .call({ from: ESTIMATOR, to: portal, data })
        .catch((thrown: { data: string }) => thrown);
      expect(portal.interface.parseError((error as { data: string }).data)?.name).to.equal(
        'OptimismPortal_GasEstimation',
      );
    });

    it('does not pay for what a failing target returns', async () => {
      const { portal, stranger, withdrawals } = await loadFixture(deployMature);
      const gasLimit = 12_000_000;
      const sent = await portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.bomb, { gasLimit });
      const receipt = await sent.wait();
      // A megabyte of memory costs the target about 2,050,000 gas, and would cost the portal as much again.
      expect(receipt?.gasUsed).to.be.lessThan(2_400_000n);
    });

    it('gives the target at least the gas that was asked for, or fails without a trace', async () => {
      const { portal, stranger, withdrawals, target } = await loadFixture(deployMature);
      const connected = portal.connect(stranger);
      let refused = 0;
      for (let gasLimit = 280_000; ; gasLimit += 2_000) {
        const snapshot = await ethers.provider.send('evm_snapshot', []);
        const error = await connected
          .finalizeWithdrawalTransaction(withdrawals.record, { gasLimit })
          .then(() => undefined)
          .catch(String);
        if (!error) break;
        expect(error).to.include('OptimismPortal_InsufficientGas');
        refused++;
        expect(await portal.finalizedWithdrawals(hashWithdrawal(withdrawals.record))).to.equal(false);
        await ethers.provider.send('evm_revert', [snapshot]);
      }
      expect(refused).to.be.greaterThan(0);
      expect(await target.gasSeen()).to.be.greaterThan(199_000n);
      expect(await portal.finalizedWithdrawals(hashWithdrawal(withdrawals.record))).to.equal(true);
    });

    it('is done although the target burns all gas it was given', async () => {
      const { portal, stranger, withdrawals } = await loadFixture(deployMature);
      const options = { gasLimit: 2_000_000 };
      await expect(portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.burn, options))
        .to.emit(portal, 'WithdrawalFinalized')
        .withArgs(hashWithdrawal(withdrawals.burn), false);
    });

    it('fails without a trace while the portal holds too little', async () => {
      const { portal, stranger, withdrawals } = await loadFixture(deployMature);
      await setBalance(await portal.getAddress(), 4n);
      const finalize = () => portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.plain);
      await expect(finalize())
        .to.be.revertedWithCustomError(portal, 'OptimismPortal_InsufficientBalance')
        .withArgs(4, 5);
      await setBalance(await portal.getAddress(), 5n);
      await expect(finalize()).to.changeEtherBalance(TARGET, 5n);
    });

    it('refuses a gas limit that no transaction has, without overflow', async () => {
      const { portal, stranger, withdrawals } = await loadFixture(deployMature);
      await expect(
        portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.greedy),
      ).to.be.revertedWithCustomError(portal, 'OptimismPortal_InsufficientGas');
    });
  });

  describe('a pause', () => {
    it('stops proving and finalizing, ends by itself, and can’t be begun again until the timelock allows it', async () => {
      const system = await loadFixture(deployMature);
      const { portal, stranger, guardian, withdrawals, game, prove, systemConfig, registry, timelockSigner } = system;
      const asGuardian = systemConfig.connect(guardian);
      await asGuardian.pause();
      const until = (await time.latest()) + PAUSE_SECONDS;
      expect(await systemConfig.pausedUntil()).to.equal(until);
      const finalize = () => portal.connect(stranger).finalizeWithdrawalTransaction(withdrawals.plain);
      await expect(finalize()).to.be.revertedWithCustomError(portal, 'OptimismPortal_CallPaused');
      await expect(prove(withdrawals.second)).to.be.revertedWithCustomError(portal, 'OptimismPortal_CallPaused');
      expect(await registry.isGameFinalized(game)).to.equal(false);
      await expect(asGuardian.pause()).to.be.revertedWithCustomError(systemConfig, 'SystemConfigPauseUsed');
      await expect(systemConfig.connect(timelockSigner).rearmPause())
        .to.be.revertedWithCustomError(systemConfig, 'SystemConfigPaused')
        .withArgs(until);

      await time.increaseTo(until);
      expect(await portal.paused()).to.equal(false);
      await expect(asGuardian.pause()).to.be.revertedWithCustomError(systemConfig, 'SystemConfigPauseUsed');
      await expect(finalize()).to.emit(portal, 'WithdrawalFinalized');

      await systemConfig.connect(timelockSigner).rearmPause();
      await asGuardian.pause();
      expect(await portal.paused()).to.equal(true);
    });

    it('can be ended early, stays used, and a new guardian has no other', async () => {
      const { systemConfig, guardian, other, timelockSigner } = await loadFixture(deploySystem);
      const asGuardian = systemConfig.connect(guardian);
      await expect(asGuardian.unpause()).to.be.revertedWithCustomError(systemConfig, 'SystemConfigNotPaused');
      await asGuardian.pause();
      await asGuardian.unpause();
      expect(await systemConfig.paused()).to.equal(false);
      await systemConfig.connect(timelockSigner).setGuardian(other);
      await expect(systemConfig.connect(other).pause()).to.be.revertedWithCustomError(
        systemConfig,
        'SystemConfigPauseUsed',
      );
    });

    it('is not made longer while it lasts, nor longer than the most', async () => {
      const { systemConfig, guardian, timelockSigner } = await loadFixture(deploySystem);
      const asOwner = systemConfig.connect(timelockSigner);
      const max = await systemConfig.PAUSE_DURATION_SECONDS_MAX();
      await expect(asOwner.setPauseDurationSeconds(max + 1n))
        .to.be.revertedWithCustomError(systemConfig, 'SystemConfigPauseTooLong')
        .withArgs(max + 1n, max);
      await systemConfig.connect(guardian).pause();
      const until = await systemConfig.pausedUntil();
      await asOwner.setPauseDurationSeconds(max);
      expect(await systemConfig.pausedUntil()).to.equal(until);
    });
  });

  it('count no contract that only says it is a game', async () => {
    const { registry, stranger, game } = await loadFixture(deployWithClaim);
    const impostor = await deployed('ImpostorGame', [await game.getAddress()]);
    expect(await impostor.gameData()).to.deep.equal(await game.gameData());
    expect(await registry.isGameRegistered(game)).to.equal(true);
    expect(await registry.isGameRegistered(impostor)).to.equal(false);
    expect(await registry.isGameProper(impostor)).to.equal(false);
    expect(await registry.isGameClaimValid(impostor)).to.equal(false);
    expect(await registry.isGameRegistered(stranger)).to.equal(false);
  });
});

async function loadedGame(portal: Awaited<ReturnType<typeof contractAt>>, w: Withdrawal, submitter: string) {
  const [address] = await portal.provenWithdrawals(hashWithdrawal(w), submitter);
  return { game: await contractAt('OutputClaimGame', address) };
}
