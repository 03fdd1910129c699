import { loadFixture, setBalance, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { AbiCoder, id, ZeroAddress } from 'ethers';
import { ethers } from 'hardhat';
import { BOND_WEI, CHALLENGE_WINDOW_SECONDS, deploySystem } from '../deploySystem';
import { contractAt, deployed } from '../testContract';

const GAME_TYPE = 1000;
const IN_PROGRESS = 0n;
const CHALLENGER_WINS = 1n;
const DEFENDER_WINS = 2n;
const EXTRA_DATA = AbiCoder.defaultAbiCoder().encode(['uint256'], [42]);
const ROOT = id('output root');

async function deployGame() {
  const system = await deploySystem();
  const { factory, stranger } = system;
  await factory.connect(stranger).create(GAME_TYPE, ROOT, EXTRA_DATA, { value: BOND_WEI });
  const [, createdAt, address] = await factory.gameAtIndex(0);
  const game = await contractAt('OutputClaimGame', address);
  return { ...system, claimant: stranger, game, createdAt: Number(createdAt) };
}

describe('OutputClaimGame', () => {
  it('begins with the claim, the clock and the L1 head of its creation', async () => {
    const { game, createdAt, claimant } = await loadFixture(deployGame);
    expect(await game.status()).to.equal(IN_PROGRESS);
    expect(await game.createdAt()).to.equal(createdAt);
    expect(await game.resolvedAt()).to.equal(0n);
    expect(await game.windowEndsAt()).to.equal(createdAt + CHALLENGE_WINDOW_SECONDS);
    expect(await game.gameData()).to.deep.equal([BigInt(GAME_TYPE), ROOT, EXTRA_DATA]);
    expect(await game.l2BlockNumber()).to.equal(42n);
    expect(await game.gameCreator()).to.equal(claimant.address);
    expect(await game.wasRespectedGameTypeWhenCreated()).to.equal(true);
    const block = await ethers.provider.getBlock('latest');
    expect(await game.l1Head()).to.equal(block?.parentHash);
  });

  describe('resolve', () => {
    it('gives the claimant the bond back when the window is over, whoever asks', async () => {
      const { game, createdAt, claimant, other } = await loadFixture(deployGame);
      const end = createdAt + CHALLENGE_WINDOW_SECONDS;
      await time.setNextBlockTimestamp(end);
      await expect(game.connect(other).resolve()).to.emit(game, 'Resolved').withArgs(DEFENDER_WINS);
      expect(await game.status()).to.equal(DEFENDER_WINS);
      expect(await game.resolvedAt()).to.equal(end);
      expect(await game.credit(claimant)).to.equal(BOND_WEI);

      await expect(game.connect(other).claimCredit(claimant)).to.changeEtherBalances(
        [game, claimant],
        [-BOND_WEI, BOND_WEI],
      );
      await expect(game.claimCredit(claimant))
        .to.be.revertedWithCustomError(game, 'OutputClaimGameNoCredit')
        .withArgs(claimant.address);
    });

    it('fails one second before the window is over', async () => {
      const { game, createdAt } = await loadFixture(deployGame);
      const end = createdAt + CHALLENGE_WINDOW_SECONDS;
      await time.setNextBlockTimestamp(end - 1);
      await expect(game.resolve())
        .to.be.revertedWithCustomError(game, 'OutputClaimGameWindowOpen')
        .withArgs(end - 1, end);
    });

    it('fails a second time', async () => {
      const { game } = await loadFixture(deployGame);
      await time.increase(CHALLENGE_WINDOW_SECONDS);
      await game.resolve();
      await expect(game.resolve())
        .to.be.revertedWithCustomError(game, 'OutputClaimGameNotInProgress')
        .withArgs(DEFENDER_WINS);
    });
  });

  describe('dispute', () => {
    it('ends the game for the challenger and forfeits the bond, up to the last second of the window', async () => {
      const { game, guardian, createdAt, claimant, timelock } = await loadFixture(deployGame);
      await time.setNextBlockTimestamp(createdAt + CHALLENGE_WINDOW_SECONDS - 1);
      const recipient = await timelock.getAddress();
      await expect(game.connect(guardian).dispute())
        .to.emit(game, 'Disputed')
        .withArgs(guardian.address, recipient, BOND_WEI)
        .and.to.emit(game, 'Resolved')
        .withArgs(CHALLENGER_WINS);
      expect(await game.status()).to.equal(CHALLENGER_WINS);
      expect(await game.credit(claimant)).to.equal(0n);
      await expect(game.claimCredit(recipient)).to.changeEtherBalances([game, timelock], [-BOND_WEI, BOND_WEI]);
    });

    it('fails when the window is over', async () => {
      const { game, guardian, createdAt } = await loadFixture(deployGame);
      const end = createdAt + CHALLENGE_WINDOW_SECONDS;
      await time.setNextBlockTimestamp(end);
      await expect(game.connect(guardian).dispute())
        .to.be.revertedWithCustomError(game, 'OutputClaimGameWindowClosed')
        .withArgs(end, end);
    });

    it('is for the guardian of the moment only, not even the timelock', async () => {
      const { game, guardian, claimant, other, sequencer, timelockSigner, systemConfig } =
        await loadFixture(deployGame);
      for (const signer of [claimant, other, sequencer, timelockSigner]) {
        await expect(game.connect(signer).dispute())
          .to.be.revertedWithCustomError(game, 'OutputClaimGameUnauthorized')
          .withArgs(signer.address, guardian.address);
      }
      await systemConfig.connect(timelockSigner).setGuardian(other);
      await expect(game.connect(guardian).dispute()).to.be.revertedWithCustomError(game, 'OutputClaimGameUnauthorized');
      await expect(game.connect(other).dispute()).to.emit(game, 'Disputed');
    });

    it('stands: a disputed claim can be neither resolved nor disputed again nor made again', async () => {
      const { game, guardian, factory, claimant } = await loadFixture(deployGame);
      await game.connect(guardian).dispute();
      await expect(game.connect(guardian).dispute())
        .to.be.revertedWithCustomError(game, 'OutputClaimGameNotInProgress')
        .withArgs(CHALLENGER_WINS);
      await time.increase(CHALLENGE_WINDOW_SECONDS);
      await expect(game.resolve())
        .to.be.revertedWithCustomError(game, 'OutputClaimGameNotInProgress')
        .withArgs(CHALLENGER_WINS);
      await expect(
        factory.connect(claimant).create(GAME_TYPE, ROOT, EXTRA_DATA, { value: BOND_WEI }),
      ).to.be.revertedWithCustomError(factory, 'GameAlreadyExists');
    });
  });

  describe('claimCredit', () => {
    it('pays nobody while the game runs', async () => {
      const { game, claimant } = await loadFixture(deployGame);
      await expect(game.claimCredit(claimant))
        .to.be.revertedWithCustomError(game, 'OutputClaimGameNoCredit')
        .withArgs(claimant.address);
    });

    it('pays a claimant that enters again only once, even when more ETH lies here', async () => {
      const { factory } = await loadFixture(deploySystem);
      const claimant = await deployed('ReentrantClaimant');
      await claimant.claim(factory, ROOT, EXTRA_DATA, { value: BOND_WEI });
      const game = await contractAt('OutputClaimGame', await claimant.game());
      await setBalance(await game.getAddress(), BOND_WEI * 5n);
      await time.increase(CHALLENGE_WINDOW_SECONDS);
      await game.resolve();
      await expect(game.claimCredit(claimant)).to.changeEtherBalances([game, claimant], [-BOND_WEI, BOND_WEI]);
      expect(await claimant.reentries()).to.equal(0n);
    });

    it('keeps the credit of a recipient that refuses the payment', async () => {
      const { factory } = await loadFixture(deploySystem);
      const caller = await deployed('Caller');
      const call = factory.interface.encodeFunctionData('create', [GAME_TYPE, ROOT, EXTRA_DATA]);
      await caller.relay(factory, call, { value: BOND_WEI });
      const [, , address] = await factory.gameAtIndex(0);
      const game = await contractAt('OutputClaimGame', address);
      await time.increase(CHALLENGE_WINDOW_SECONDS);
      await game.resolve();
      await expect(game.claimCredit(caller))
        .to.be.revertedWithCustomError(game, 'OutputClaimGameTransferFailed')
        .withArgs(await caller.getAddress(), BOND_WEI);
      expect(await game.credit(caller)).to.equal(BOND_WEI);
    });
  });

  it('remembers whether its type was the respected one when it began', async () => {
    const { game, factory, systemConfig, timelockSigner } = await loadFixture(deployGame);
    await systemConfig.connect(timelockSigner).setRespectedGameType(1);
    expect(await game.wasRespectedGameTypeWhenCreated()).to.equal(true);
    await factory.create(GAME_TYPE, id('later'), EXTRA_DATA, { value: BOND_WEI });
    const [, , later] = await factory.gameAtIndex(1);
    expect(await (await contractAt('OutputClaimGame', later)).wasRespectedGameTypeWhenCreated()).to.equal(false);
  });

  it('cannot be initialized again, and its code cannot be used as a game', async () => {
    const { game, gameImplementation, createdAt, guardian } = await loadFixture(deployGame);
    await expect(game.initialize({ value: 1 }))
      .to.be.revertedWithCustomError(game, 'OutputClaimGameAlreadyInitialized')
      .withArgs(createdAt);
    await expect(gameImplementation.initialize({ value: 1 })).to.be.revertedWithCustomError(
      gameImplementation,
      'OutputClaimGameNotAClone',
    );
    await expect(gameImplementation.resolve()).to.be.revertedWithCustomError(
      gameImplementation,
      'OutputClaimGameNotInProgress',
    );
    await expect(gameImplementation.connect(guardian).dispute()).to.be.revertedWithCustomError(
      gameImplementation,
      'OutputClaimGameNotInProgress',
    );
  });

  it('refuses to be deployed with a part missing', async () => {
    const { systemConfig, guardian, gameImplementation } = await loadFixture(deployGame);
    const config = await systemConfig.getAddress();
    for (const args of [
      [ZeroAddress, 1, guardian.address],
      [config, 0, guardian.address],
      [config, 1, ZeroAddress],
    ]) {
      await expect(deployed('OutputClaimGame', args)).to.be.revertedWithCustomError(
        gameImplementation,
        'OutputClaimGameInvalidConfiguration',
      );
    }
  });
});
