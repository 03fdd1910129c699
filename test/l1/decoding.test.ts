import { expect } from 'chai';
import fc from 'fast-check';
import { concat, encodeAbiParameters, encodeEventTopics, type Hex, pad, toHex as viemToHex } from 'viem';
import { fromHex } from '../../src/core/bytes';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { portalAbi } from '../../src/l1/bindings/Portal';
import { blobBaseFee, fakeExponential } from '../../src/l1/blobBaseFee';
import { currentFees, replacementFees } from '../../src/l1/l1Fees';
import { decodePortalDeposit, TRANSACTION_DEPOSITED_TOPIC } from '../../src/l1/portalDeposit';
import { BATCH_POSTED_TOPIC, batchDataFromInput, decodeBatchPosted } from '../../src/l1/postedBatch';

const SEED = 20_261_121;
const FROM = '0x1111111111111111111111111111111111111111';
const TO = '0x2222222222222222222222222222222222222222';

describe('decodePortalDeposit', () => {
  const topics = [TRANSACTION_DEPOSITED_TOPIC, pad(FROM), pad(TO), pad('0x0')] as Hex[];
  const opaque = (parts: Hex[]) => encodeAbiParameters([{ type: 'bytes' }], [concat(parts)]);
  const fixed: Hex[] = [pad('0x7'), pad('0x5'), pad('0x0186a0', { size: 8 })];

  it("has the topic of the Portal's own event", () => {
    const [topic] = encodeEventTopics({ abi: portalAbi, eventName: 'TransactionDeposited' });
    expect(topic).to.equal(TRANSACTION_DEPOSITED_TOPIC);
  });

  it('decodes a call without data, the shortest there is', () => {
    expect(decodePortalDeposit({ topics, data: opaque([...fixed, '0x00']), logIndex: 3 })).to.deep.equal({
      logIndex: 3,
      from: fromHex(FROM),
      to: fromHex(TO),
      mint: 7n,
      value: 5n,
      gasLimit: 100_000n,
      data: new Uint8Array(0),
    });
  });

  it('takes the largest values', () => {
    const most = [`0x${'ff'.repeat(32)}`, `0x${'ff'.repeat(32)}`, `0x${'ff'.repeat(8)}`, '0x01'] as Hex[];
    const deposit = decodePortalDeposit({ topics, data: opaque(most), logIndex: 0 });
    expect(deposit).to.deep.include({ mint: 2n ** 256n - 1n, value: 2n ** 256n - 1n, gasLimit: 2n ** 64n - 1n });
    expect(deposit?.to).to.equal(undefined);
  });

  const hostile: Record<string, { topics: Hex[]; data: Hex }> = {
    'another event': { topics: [pad('0x1'), ...topics.slice(1)], data: opaque([...fixed, '0x00']) },
    'another version': { topics: [...topics.slice(0, 3), pad('0x1')], data: opaque([...fixed, '0x00']) },
    'a missing topic': { topics: topics.slice(0, 3), data: opaque([...fixed, '0x00']) },
    'opaque data one byte short': { topics, data: opaque(fixed) },
    'no data': { topics, data: '0x' },
    'a length past the end': { topics, data: concat([pad('0x20'), pad('0xffff')]) },
  };
  for (const [what, log] of Object.entries(hostile)) {
    it(`skips ${what}`, () => {
      expect(decodePortalDeposit({ ...log, logIndex: 0 })).to.equal(undefined);
    });
  }

  it(`is total (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        decodePortalDeposit({ topics, data: viemToHex(bytes), logIndex: 0 });
      }),
      { seed: SEED },
    );
  });
});

describe('decodeBatchPosted and batchDataFromInput', () => {
  it(`are total (seed ${SEED})`, () => {
    const announcement = { index: 0, dataKind: 0, dataCommitment: new Uint8Array(32), blobHashes: [] };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(4), (bytes, topicCount) => {
        const data = viemToHex(bytes);
        const topics = [BATCH_POSTED_TOPIC, pad('0x1'), pad('0x2'), pad('0x3')].slice(0, topicCount);
        decodeBatchPosted({ topics, data });
        expect(batchDataFromInput(announcement, data).length).to.equal(0);
      }),
      { seed: SEED },
    );
  });

  it('read nothing out of another event of the Inbox', () => {
    const topics = encodeEventTopics({
      abi: inboxAbi,
      eventName: 'SequencerRecorded',
      args: { previousSequencer: FROM, newSequencer: TO },
    }) as Hex[];
    expect(decodeBatchPosted({ topics, data: '0x' })).to.equal(undefined);
  });
});

describe('blobBaseFee', () => {
  // Values of the integer exponential as clients test it for EIP-4844.
  const vectors = [
    [1n, 0n, 1n, 1n],
    [38_493n, 0n, 1_000n, 38_493n],
    [0n, 1_234n, 2_345n, 0n],
    [1n, 2n, 1n, 6n],
    [1n, 4n, 2n, 6n],
    [1n, 6n, 2n, 18n],
    [1n, 4n, 1n, 49n],
    [10n, 8n, 2n, 542n],
    [1n, 50_000_000n, 2_225_652n, 5_709_098_764n],
  ];
  for (const [factor, numerator, denominator, expected] of vectors) {
    it(`takes ${factor} × e^(${numerator} / ${denominator}) for ${expected}`, () => {
      expect(fakeExponential(factor, numerator, denominator)).to.equal(expected);
    });
  }

  it('is 1 wei without blobs and without excess, and rises slower from Prague on', () => {
    expect(blobBaseFee({})).to.equal(1n);
    expect(blobBaseFee({ excessBlobGas: null })).to.equal(1n);
    expect(blobBaseFee({ excessBlobGas: 0n })).to.equal(1n);
    const [cancun, prague] = [undefined, '0x00'].map((requestsHash) =>
      blobBaseFee({ excessBlobGas: 100_000_000n, requestsHash }),
    );
    expect(cancun > prague && prague > 1n).to.equal(true);
  });
});

describe('L1 fees', () => {
  const cap = { feeCapWei: 1_000n, blobFeeCapWei: 3_000_000_000n };

  it('leave room for the base fee to double, under the cap', () => {
    expect(currentFees(100n, 3n, cap)).to.deep.equal({ maxFeePerGas: 203n, maxPriorityFeePerGas: 3n });
    expect(currentFees(600n, 3n, cap)).to.deep.equal({ maxFeePerGas: 1_000n, maxPriorityFeePerGas: 3n });
    expect(currentFees(0n, 5_000n, cap)).to.deep.equal({ maxFeePerGas: 1_000n, maxPriorityFeePerGas: 1_000n });
  });

  it('rise by an eighth, rounded up, or to what is usual now', () => {
    const previous = { maxFeePerGas: 81n, maxPriorityFeePerGas: 1n };
    const low = { maxFeePerGas: 10n, maxPriorityFeePerGas: 1n };
    expect(replacementFees(previous, low, cap)).to.deep.equal({ maxFeePerGas: 92n, maxPriorityFeePerGas: 2n });
    const high = { maxFeePerGas: 400n, maxPriorityFeePerGas: 9n };
    expect(replacementFees(previous, high, cap)).to.deep.equal(high);
  });

  it('do not rise when the cap leaves no room for a replacement', () => {
    const previous = { maxFeePerGas: 900n, maxPriorityFeePerGas: 2n };
    expect(replacementFees(previous, previous, cap)).to.equal(undefined);
    expect(replacementFees(previous, previous, { ...cap, feeCapWei: 1_013n })?.maxFeePerGas).to.equal(1_013n);
  });

  it('offer blobs twice their price, or a gwei that is not charged, and double all that a stuck one offered', () => {
    const fees = currentFees(100n, 3n, cap, 700_000_000n);
    expect(fees).to.deep.equal({ maxFeePerGas: 203n, maxPriorityFeePerGas: 3n, maxFeePerBlobGas: 1_400_000_000n });
    expect(currentFees(100n, 3n, cap, 1n).maxFeePerBlobGas).to.equal(1_000_000_000n);
    expect(replacementFees(fees, fees, cap)).to.deep.equal({
      maxFeePerGas: 406n,
      maxPriorityFeePerGas: 6n,
      maxFeePerBlobGas: 2_800_000_000n,
    });
    const atTheCap = { ...fees, maxFeePerBlobGas: 1_500_000_001n };
    expect(replacementFees(atTheCap, fees, cap)).to.equal(undefined);
  });
});
