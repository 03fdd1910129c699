import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { AbiCoder, concat, keccak256, randomBytes, toBeHex, Wallet, ZeroHash } from 'ethers';
import { ethers } from 'hardhat';
import { deploySystem, SILENCE_SECONDS } from '../deploySystem';
import { deployed, type TestContract } from '../testContract';

const CALLDATA = 0;
const SIZE_MAX = 120_000;

interface Header {
  index: bigint;
  dataKind: number;
  dataCommitment: string;
  l1BlockNumber: number;
  timestamp: number;
  poster: string;
}

/** The accumulator by its definition, written apart from the contract. */
function accumulate(previous: string, header: Header): string {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['uint64', 'uint8', 'bytes32', 'uint64', 'uint64', 'address'],
    [header.index, header.dataKind, header.dataCommitment, header.l1BlockNumber, header.timestamp, header.poster],
  );
  return keccak256(concat([previous, keccak256(encoded)]));
}

describe('Inbox', () => {
  describe('postBatch', () => {
    it('accumulates the headers of batches in order and emits all that derivation needs', async () => {
      const { inbox, sequencer } = await loadFixture(deploySystem);
      expect(await inbox.batchCount()).to.equal(0n);
      expect(await inbox.accumulator()).to.equal(ZeroHash);

      let accumulator = ZeroHash;
      for (const [index, data] of ['0x00', '0xdeadbeef', `0x${'ab'.repeat(1000)}`].entries()) {
        const response = await inbox.connect(sequencer).postBatch(data);
        const block = await response.getBlock();
        const header: Header = {
          index: BigInt(index),
          dataKind: CALLDATA,
          dataCommitment: keccak256(data),
          l1BlockNumber: block.number,
          timestamp: block.timestamp,
          poster: sequencer.address,
        };
        accumulator = accumulate(accumulator, header);
        await expect(response).to.emit(inbox, 'BatchPosted').withArgs(index, accumulator, Object.values(header), []);
        expect(await inbox.accumulator()).to.equal(accumulator);
        expect(await inbox.accumulatorAt(index)).to.equal(accumulator);
      }
      expect(await inbox.batchCount()).to.equal(3n);
    });

    it('lets derivation read the data at byte 68 of the transaction input', async () => {
      const { inbox, sequencer } = await loadFixture(deploySystem);
      const data = ethers.hexlify(randomBytes(77));
      const { data: input } = await inbox.connect(sequencer).postBatch(data);
      expect(`0x${input.slice(2 + 68 * 2, 2 + (68 + 77) * 2)}`).to.equal(data);
    });

    it('takes a batch of the greatest size and none of one byte more', async () => {
      const { inbox, sequencer } = await loadFixture(deploySystem);
      expect(await inbox.BATCH_SIZE_BYTES_MAX()).to.equal(SIZE_MAX);
      await expect(inbox.connect(sequencer).postBatch(new Uint8Array(SIZE_MAX))).to.emit(inbox, 'BatchPosted');
      await expect(inbox.connect(sequencer).postBatch(new Uint8Array(SIZE_MAX + 1)))
        .to.be.revertedWithCustomError(inbox, 'InboxInvalidBatchSize')
        .withArgs(SIZE_MAX + 1, SIZE_MAX);
    });

    it('refuses an empty batch', async () => {
      const { inbox, sequencer } = await loadFixture(deploySystem);
      await expect(inbox.connect(sequencer).postBatch('0x'))
        .to.be.revertedWithCustomError(inbox, 'InboxInvalidBatchSize')
        .withArgs(0, SIZE_MAX);
    });

    it('refuses everyone but the sequencer', async () => {
      const { inbox, sequencer, stranger, timelockSigner } = await loadFixture(deploySystem);
      for (const signer of [stranger, timelockSigner]) {
        await expect(inbox.connect(signer).postBatch('0x01'))
          .to.be.revertedWithCustomError(inbox, 'InboxUnauthorizedPoster')
          .withArgs(signer.address, sequencer.address);
      }
    });

    it('refuses a contract that was made the sequencer', async () => {
      const { inbox, sequencerSet, timelockSigner, stranger } = await loadFixture(deploySystem);
      const caller = await deployed('Caller');
      await sequencerSet.connect(timelockSigner).setSequencer(caller);
      const call = inbox.interface.encodeFunctionData('postBatch', ['0x01']);
      await expect(caller.connect(stranger).relay(inbox, call))
        .to.be.revertedWithCustomError(inbox, 'InboxPosterNotDirect')
        .withArgs(await caller.getAddress(), stranger.address);
    });

    it('refuses a sequencer with delegated code, whose transaction need not carry the batch', async () => {
      const { inbox, sequencerSet, timelockSigner, stranger } = await loadFixture(deploySystem);
      const caller = await deployed('Caller');
      const wallet = Wallet.createRandom(ethers.provider);
      await stranger.sendTransaction({ to: wallet.address, value: ethers.parseEther('1') });
      await sequencerSet.connect(timelockSigner).setSequencer(wallet);
      await inbox.connect(wallet).postBatch('0x01');

      const authorization = await wallet.authorize({ address: await caller.getAddress(), nonce: 2, chainId: 0 });
      const call = inbox.interface.encodeFunctionData('postBatch', ['0x02']);
      const relayed = caller.interface.encodeFunctionData('relay', [await inbox.getAddress(), call]);
      // The sequencer's transaction goes to itself; there its delegated code calls the inbox as the sequencer.
      const attack = wallet.sendTransaction({
        type: 4,
        to: wallet.address,
        data: relayed,
        authorizationList: [authorization],
        gasLimit: 1_000_000,
      });
      await expect(attack)
        .to.be.revertedWithCustomError(inbox, 'InboxPosterNotDirect')
        .withArgs(wallet.address, wallet.address);
      expect(await inbox.batchCount()).to.equal(1n);
    });

    it('refuses input with bytes after the end or with the data elsewhere', async () => {
      const { inbox, sequencer } = await loadFixture(deploySystem);
      const to = await inbox.getAddress();
      const canonical = inbox.interface.encodeFunctionData('postBatch', ['0x0102']);
      await expect(sequencer.sendTransaction({ to, data: `${canonical}00` }))
        .to.be.revertedWithCustomError(inbox, 'InboxNonCanonicalCalldata')
        .withArgs(101, 100);
      await expect(sequencer.sendTransaction({ to, data: canonical.slice(0, -2) })).to.be.reverted;

      const [selector, offset, length, word] = [
        canonical.slice(0, 10),
        toBeHex(64, 32).slice(2),
        toBeHex(2, 32).slice(2),
        canonical.slice(-64),
      ];
      const shifted = selector + offset + '00'.repeat(32) + length + word;
      // An offset of one makes the low byte of the offset the length's 256: the size fits, the place does not.
      const offByOne = selector + toBeHex(1, 32).slice(2) + '00'.repeat(288);
      for (const data of [shifted, offByOne]) {
        await expect(sequencer.sendTransaction({ to, data })).to.be.revertedWithCustomError(
          inbox,
          'InboxNonCanonicalCalldata',
        );
      }
    });
  });

  describe('postBlobBatch', () => {
    it('refuses a transaction without blobs, and counts out of bounds', async () => {
      const { inbox, sequencer } = await loadFixture(deploySystem);
      await expect(inbox.connect(sequencer).postBlobBatch(1))
        .to.be.revertedWithCustomError(inbox, 'InboxBlobCountMismatch')
        .withArgs(1, 0);
      for (const count of [0, 10]) {
        await expect(inbox.connect(sequencer).postBlobBatch(count))
          .to.be.revertedWithCustomError(inbox, 'InboxInvalidBlobCount')
          .withArgs(count, 9);
      }
    });

    it('refuses everyone but the sequencer', async () => {
      const { inbox, stranger } = await loadFixture(deploySystem);
      await expect(inbox.connect(stranger).postBlobBatch(1)).to.be.revertedWithCustomError(
        inbox,
        'InboxUnauthorizedPoster',
      );
    });
  });

  describe('a silent sequencer', () => {
    /** The next block comes exactly so long after the sequencer's last sign of life. */
    async function nextBlockAfterSilence(inbox: TestContract, seconds: number) {
      await time.setNextBlockTimestamp((await inbox.sequencerPostedAt()) + BigInt(seconds));
    }

    it('lets nobody else post up to the last second of the period, and everybody after it', async () => {
      const { inbox, stranger, other, sequencer } = await loadFixture(deploySystem);
      await nextBlockAfterSilence(inbox, SILENCE_SECONDS);
      await expect(inbox.connect(stranger).postBatch('0x01'))
        .to.be.revertedWithCustomError(inbox, 'InboxUnauthorizedPoster')
        .withArgs(stranger.address, sequencer.address);
      expect(await inbox.mayPost(stranger)).to.equal(false);
      expect(await inbox.isSequencerSilent()).to.equal(false);

      await nextBlockAfterSilence(inbox, SILENCE_SECONDS + 1);
      await expect(inbox.connect(stranger).postBatch('0x01')).to.emit(inbox, 'BatchPosted');
      expect(await inbox.mayPost(other)).to.equal(true);
      expect(await inbox.isSequencerSilent()).to.equal(true);
    });

    it('stays silent while others post, with their names in the headers, and ends it by posting itself', async () => {
      const { inbox, stranger, other, sequencer } = await loadFixture(deploySystem);
      const before = await inbox.sequencerPostedAt();
      await nextBlockAfterSilence(inbox, SILENCE_SECONDS + 1);
      for (const [index, poster] of [stranger, other, stranger].entries()) {
        await inbox.connect(poster).postBatch('0x01');
        const [event] = await inbox.queryFilter(inbox.filters.BatchPosted(index));
        expect(inbox.interface.parseLog(event)?.args.header.poster).to.equal(poster.address);
      }
      expect(await inbox.sequencerPostedAt()).to.equal(before);

      await inbox.connect(sequencer).postBatch('0x02');
      expect(await inbox.sequencerPostedAt()).to.equal(await time.latest());
      await expect(inbox.connect(stranger).postBatch('0x01')).to.be.revertedWithCustomError(
        inbox,
        'InboxUnauthorizedPoster',
      );
    });

    it('does not open the inbox to posters with code', async () => {
      const { inbox, stranger } = await loadFixture(deploySystem);
      const caller = await deployed('Caller');
      await nextBlockAfterSilence(inbox, SILENCE_SECONDS + 1);
      const call = inbox.interface.encodeFunctionData('postBatch', ['0x01']);
      await expect(caller.connect(stranger).relay(inbox, call)).to.be.revertedWithCustomError(
        inbox,
        'InboxPosterNotDirect',
      );
    });

    it('does not end because another sequencer is named or recorded: no set can keep the inbox shut', async () => {
      const { inbox, sequencerSet, timelockSigner, other, stranger } = await loadFixture(deploySystem);
      const before = await inbox.sequencerPostedAt();
      await nextBlockAfterSilence(inbox, SILENCE_SECONDS + 100);
      await sequencerSet.connect(timelockSigner).setSequencer(other);
      await inbox.connect(stranger).recordSequencer();
      expect(await inbox.sequencerPostedAt()).to.equal(before);
      expect(await inbox.mayPost(stranger)).to.equal(true);
      await inbox.connect(other).postBatch('0x01');
      expect(await inbox.mayPost(stranger)).to.equal(false);
    });

    it('has a period that the timelock sets within bounds', async () => {
      const { inbox, timelockSigner, sequencer } = await loadFixture(deploySystem);
      const [min, max] = [1, 14 * 24 * 3600];
      expect(await inbox.SILENCE_PERIOD_SECONDS_MIN()).to.equal(min);
      expect(await inbox.SILENCE_PERIOD_SECONDS_MAX()).to.equal(max);
      await expect(inbox.connect(timelockSigner).setSilencePeriodSeconds(max))
        .to.emit(inbox, 'SilencePeriodUpdated')
        .withArgs(SILENCE_SECONDS, max);
      expect(await inbox.silencePeriodSeconds()).to.equal(max);
      for (const outside of [min - 1, max + 1]) {
        await expect(inbox.connect(timelockSigner).setSilencePeriodSeconds(outside))
          .to.be.revertedWithCustomError(inbox, 'InboxInvalidSilencePeriod')
          .withArgs(outside, min, max);
      }
      await expect(inbox.connect(sequencer).setSilencePeriodSeconds(min))
        .to.be.revertedWithCustomError(inbox, 'OwnableUnauthorizedAccount')
        .withArgs(sequencer.address);
    });
  });

  it('has no accumulator for a batch that is not there', async () => {
    const { inbox } = await loadFixture(deploySystem);
    await expect(inbox.accumulatorAt(0)).to.be.revertedWithCustomError(inbox, 'InboxUnknownBatch').withArgs(0, 0);
  });
});
