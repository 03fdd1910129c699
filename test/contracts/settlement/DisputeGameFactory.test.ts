import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { AbiCoder, id, keccak256, toBeHex, ZeroAddress } from 'ethers';
import { ethers } from 'hardhat';
import { BOND_WEI, deploySystem } from '../deploySystem';
import { contractAt } from '../testContract';

const GAME_TYPE = 1000;

function extraData(l2BlockNumber: number | bigint): string {
  return AbiCoder.defaultAbiCoder().encode(['uint256'], [l2BlockNumber]);
}

describe('DisputeGameFactory', () => {
  describe('create', () => {
    it('lets anyone with the bond make a claim and lists it', async () => {
      const { factory, stranger } = await loadFixture(deploySystem);
      const root = id('root');
      const create = factory.connect(stranger).create;
      const proxy = await create.staticCall(GAME_TYPE, root, extraData(7), { value: BOND_WEI });
      const response = await create(GAME_TYPE, root, extraData(7), { value: BOND_WEI });
      await expect(response).to.emit(factory, 'DisputeGameCreated').withArgs(anyAddress, GAME_TYPE, root);
      const timestamp = await time.latest();
      const [, , address] = await factory.gameAtIndex(0);

      expect(await factory.gameCount()).to.equal(1n);
      expect(await factory.gameAtIndex(0)).to.deep.equal([BigInt(GAME_TYPE), BigInt(timestamp), address]);
      expect(await factory.games(GAME_TYPE, root, extraData(7))).to.deep.equal([address, BigInt(timestamp)]);
      const game = await contractAt('OutputClaimGame', address);
      expect(await game.gameCreator()).to.equal(stranger.address);
      expect(await game.rootClaim()).to.equal(root);
      expect(await game.extraData()).to.equal(extraData(7));
      expect(await game.l2SequenceNumber()).to.equal(7n);
      expect(await game.gameType()).to.equal(GAME_TYPE);
      expect(await ethers.provider.getBalance(address)).to.equal(BOND_WEI);
      // The address depends on the L1 block in which the claim is made.
      expect(proxy).to.not.equal(ZeroAddress);
    });

    it('takes exactly the bond', async () => {
      const { factory } = await loadFixture(deploySystem);
      for (const value of [0n, BOND_WEI - 1n, BOND_WEI + 1n]) {
        await expect(factory.create(GAME_TYPE, id('root'), extraData(1), { value }))
          .to.be.revertedWithCustomError(factory, 'IncorrectBondAmount')
          .withArgs(value, BOND_WEI);
      }
    });

    it('refuses a type that nobody registered', async () => {
      const { factory } = await loadFixture(deploySystem);
      await expect(factory.create(0, id('root'), extraData(1)))
        .to.be.revertedWithCustomError(factory, 'NoImplementation')
        .withArgs(0);
    });

    it('refuses the same claim twice, but takes another root for the same block', async () => {
      const { factory, stranger } = await loadFixture(deploySystem);
      await factory.create(GAME_TYPE, id('root'), extraData(1), { value: BOND_WEI });
      const uuid = keccak256(
        AbiCoder.defaultAbiCoder().encode(['uint32', 'bytes32', 'bytes'], [GAME_TYPE, id('root'), extraData(1)]),
      );
      expect(await factory.getGameUUID(GAME_TYPE, id('root'), extraData(1))).to.equal(uuid);
      await expect(factory.connect(stranger).create(GAME_TYPE, id('root'), extraData(1), { value: BOND_WEI }))
        .to.be.revertedWithCustomError(factory, 'GameAlreadyExists')
        .withArgs(uuid);
      await factory.connect(stranger).create(GAME_TYPE, id('other root'), extraData(1), { value: BOND_WEI });
      expect(await factory.gameCount()).to.equal(2n);
    });

    it('refuses claims that say nothing', async () => {
      const { factory, gameImplementation } = await loadFixture(deploySystem);
      const value = BOND_WEI;
      for (const block of [0n, 2n ** 64n]) {
        await expect(factory.create(GAME_TYPE, id('root'), extraData(block), { value }))
          .to.be.revertedWithCustomError(gameImplementation, 'OutputClaimGameInvalidBlockNumber')
          .withArgs(block);
      }
      await expect(factory.create(GAME_TYPE, ethers.ZeroHash, extraData(1), { value }))
        .to.be.revertedWithCustomError(gameImplementation, 'OutputClaimGameInvalidRootClaim')
        .withArgs(ethers.ZeroHash);
      for (const [data, size] of [
        ['0x', 84],
        [`${extraData(1)}00`, 117],
        [extraData(1).slice(0, -2), 115],
      ]) {
        await expect(factory.create(GAME_TYPE, id('root'), data, { value }))
          .to.be.revertedWithCustomError(gameImplementation, 'OutputClaimGameInvalidExtraData')
          .withArgs(size, 116);
      }
      expect(await factory.gameCount()).to.equal(0n);
    });
  });

  describe('findLatestGames', () => {
    it('goes backwards from a position and takes the type that was asked for', async () => {
      const { factory, timelockSigner, gameImplementation } = await loadFixture(deploySystem);
      await factory.connect(timelockSigner).setImplementation(1, gameImplementation);
      for (let block = 1; block <= 5; block++) {
        const type = block === 3 ? 1 : GAME_TYPE;
        const value = type === GAME_TYPE ? BOND_WEI : 0n;
        await factory.create(type, id(`root ${block}`), extraData(block), { value });
      }
      const indices = async (type: number, start: number, count: number) =>
        (await factory.findLatestGames(type, start, count)).map(({ index }: { index: bigint }) => Number(index));
      expect(await indices(GAME_TYPE, 4, 10)).to.deep.equal([4, 3, 1, 0]);
      expect(await indices(GAME_TYPE, 3, 2)).to.deep.equal([3, 1]);
      expect(await indices(1, 4, 10)).to.deep.equal([2]);
      expect(await indices(GAME_TYPE, 0, 2)).to.deep.equal([0]);
      expect(await indices(GAME_TYPE, 5, 2)).to.deep.equal([]);
      expect(await indices(GAME_TYPE, 4, 0)).to.deep.equal([]);
      expect(await indices(7, 4, 10)).to.deep.equal([]);
      // A caller that asks for more games than can exist is answered, not run out of memory.
      expect(await factory.findLatestGames(GAME_TYPE, 4, 2n ** 256n - 1n)).to.have.length(4);
    });

    it("packs type, time and address into the metadata as OP Stack's clients unpack it", async () => {
      const { factory } = await loadFixture(deploySystem);
      await factory.create(GAME_TYPE, id('root'), extraData(9), { value: BOND_WEI });
      const [type, timestamp, proxy] = await factory.gameAtIndex(0);
      const [found] = await factory.findLatestGames(GAME_TYPE, 0, 1);
      const metadata = toBeHex((type << 224n) | (timestamp << 160n) | BigInt(proxy), 32);
      expect(found).to.deep.equal([0n, metadata, timestamp, id('root'), extraData(9)]);
    });

    it('finds nothing before the first game', async () => {
      const { factory } = await loadFixture(deploySystem);
      expect(await factory.findLatestGames(GAME_TYPE, 0, 1)).to.deep.equal([]);
      expect(await factory.games(GAME_TYPE, id('root'), extraData(1))).to.deep.equal([ZeroAddress, 0n]);
      await expect(factory.gameAtIndex(0))
        .to.be.revertedWithCustomError(factory, 'DisputeGameFactoryUnknownGame')
        .withArgs(0, 0);
    });
  });

  describe('registration', () => {
    it('lets the timelock set code and bond, and end a type', async () => {
      const { factory, timelockSigner, gameImplementation } = await loadFixture(deploySystem);
      const owned = factory.connect(timelockSigner);
      await expect(owned.setImplementation(5, gameImplementation))
        .to.emit(factory, 'ImplementationSet')
        .withArgs(await gameImplementation.getAddress(), 5);
      await expect(owned.setInitBond(5, 3)).to.emit(factory, 'InitBondUpdated').withArgs(5, 3);
      expect(await factory.initBonds(5)).to.equal(3n);
      await owned.setImplementation(GAME_TYPE, ZeroAddress);
      await expect(factory.create(GAME_TYPE, id('root'), extraData(1), { value: BOND_WEI }))
        .to.be.revertedWithCustomError(factory, 'NoImplementation')
        .withArgs(GAME_TYPE);
    });

    it('refuses an implementation without code', async () => {
      const { factory, timelockSigner, stranger } = await loadFixture(deploySystem);
      await expect(factory.connect(timelockSigner).setImplementation(5, stranger))
        .to.be.revertedWithCustomError(factory, 'DisputeGameFactoryInvalidImplementation')
        .withArgs(5, stranger.address);
    });
  });
});

function anyAddress(value: unknown): boolean {
  return ethers.isAddress(value);
}
