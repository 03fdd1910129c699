import { expect } from 'chai';
import {
  type BatchDataKind,
  batchCosts,
  blobBatchGas,
  calldataBatchGas,
  chooseDataKind,
} from '../../src/batcher/dataAvailability';
import gasSnapshot from '../contracts/snapshots/gas.json';

const GWEI = 1_000_000_000n;
const CALLDATA_MAX = 120_000;

describe('batcher: calldata or blobs', () => {
  it('knows what a calldata batch costs, within 5 %: the floor of EIP-7623 but for tiny ones', () => {
    for (const [name, gas] of Object.entries(gasSnapshot)) {
      const size = /^Inbox\.postBatch, later, ([\d,]+) byte/.exec(name)?.[1].replaceAll(',', '');
      if (size) expect(calldataBatchGas(Number(size)) / gas, name).to.be.within(0.95, 1.05);
    }
    expect(calldataBatchGas(100_000)).to.equal(21_000 + 10 * (80 + 4 * 100_000));
  });

  it('counts whole blobs, and whole calldata batches', () => {
    expect(blobBatchGas(1).blobGas).to.equal(131_072);
    expect(blobBatchGas(130_044).blobGas).to.equal(131_072);
    expect(blobBatchGas(130_045).blobGas).to.equal(262_144);
    const prices = { baseFeePerGas: 1n, blobBaseFee: 1n };
    const { calldata } = batchCosts(300_000, prices, CALLDATA_MAX);
    expect(calldata).to.equal(BigInt(2 * calldataBatchGas(120_000) + calldataBatchGas(60_000)));
    expect(batchCosts(240_000, prices, CALLDATA_MAX).calldata).to.equal(BigInt(2 * calldataBatchGas(120_000)));
  });

  it('takes blobs for a full batch at prices alike, calldata for a small one when blobs are dear', () => {
    const choose = (size: number, baseFeePerGas: bigint, blobBaseFee: bigint | undefined, inUse?: BatchDataKind) =>
      chooseDataKind(inUse, batchCosts(size, { baseFeePerGas, blobBaseFee }, CALLDATA_MAX));
    expect(choose(110_000, GWEI, GWEI)).to.equal('blobs');
    expect(choose(110_000, GWEI, 40n * GWEI)).to.equal('calldata');
    expect(choose(500, GWEI, 1n)).to.equal('blobs');
    expect(choose(500, GWEI, GWEI)).to.equal('calldata');
  });

  it('stays with calldata where the L1 takes no blobs, whatever is in use', () => {
    for (const inUse of [undefined, 'calldata', 'blobs'] as const) {
      expect(chooseDataKind(inUse, { calldata: 10n ** 30n, blobs: undefined })).to.equal('calldata');
    }
  });

  it('switches only to what costs at most 80 % of what is in use', () => {
    for (const [inUse, other] of [
      ['calldata', 'blobs'],
      ['blobs', 'calldata'],
    ] as const) {
      const costs = (kept: bigint, offered: bigint) =>
        ({ [inUse]: kept, [other]: offered }) as ReturnType<typeof batchCosts>;
      expect(chooseDataKind(inUse, costs(100n, 81n))).to.equal(inUse);
      expect(chooseDataKind(inUse, costs(100n, 80n))).to.equal(other);
      expect(chooseDataKind(inUse, costs(80n, 100n))).to.equal(inUse);
      expect(chooseDataKind(inUse, costs(0n, 0n))).to.equal(inUse);
    }
  });

  it('does not swing while prices move by a tenth around the point where both cost the same', () => {
    let inUse: BatchDataKind | undefined;
    const taken = new Set<BatchDataKind>();
    for (let i = 0; i < 200; i++) {
      const wave = 100 + Math.round(10 * Math.sin(i));
      inUse = chooseDataKind(inUse, { calldata: 100n, blobs: BigInt(wave) });
      taken.add(inUse);
    }
    expect(taken.size).to.equal(1);
  });
});
