import { expect } from 'chai';
import fc from 'fast-check';
import type { Hex } from 'viem';
import { type BlockHeader, nextBaseFee } from '../../../src/codec/header';
import { toHex } from '../../../src/core/bytes';
import { TributaryError } from '../../../src/core/errors';
import type { ExecutorKind } from '../../../src/execution/createExecutor';
import { KernelExecutor } from '../../../src/execution/kernel/kernelExecutor';
import { addressOf, signTransaction, TestChain } from '../testChain';
import { FixedArtifacts, kernelVariant } from './kernelVariant';
import { activationOf, rollBackOf, VersionedChainHarness } from './versionedChain';

const SEED = 20261123;
const MAGIC: Hex = '0xdeadc0de';
const CALLDATA: Hex = `0x${'11'.repeat(300)}`;
const receiver = toHex(addressOf(5));
const plain = (nonce: number) => signTransaction(0, nonce, { to: receiver, value: 1n });
const withData = (nonce: number, data: Hex, index = 0) => signTransaction(index, nonce, { to: receiver, data });
/** EIP-7623: 4 tokens a byte. */
const floorOf = (gasPerToken: bigint) => 21_000n + 1200n * gasPerToken;

async function errorOf(work: Promise<unknown>): Promise<TributaryError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof TributaryError) return error;
    throw error;
  }
  throw new RangeError('it did not fail');
}

describe('VersionedExecutor', () => {
  const v2 = kernelVariant('v2');
  const v3 = kernelVariant('v3');

  for (const kind of ['sequential', 'parallel'] as ExecutorKind[]) {
    it(`switches a rule on at the activation block, goes back by a roll-back, without a restart (${kind})`, async () => {
      const node = await VersionedChainHarness.open(new FixedArtifacts([v2]), { kind });
      const gasOf = async (nonce: number, ...upgrades: Parameters<typeof node.seal>[1][]) => {
        const { receipts } = await node.seal([await withData(nonce, CALLDATA)], ...upgrades);
        return receipts.at(1)?.gasUsed;
      };
      expect(await gasOf(0)).to.equal(floorOf(10n));
      expect(await gasOf(1, [activationOf(v2, 4)])).to.equal(floorOf(10n));
      expect(await gasOf(2)).to.equal(floorOf(10n));
      expect(await gasOf(3)).to.equal(floorOf(15n));
      expect(await gasOf(4)).to.equal(floorOf(15n));
      expect(await gasOf(5, [rollBackOf(v2)])).to.equal(floorOf(10n));
      expect(await gasOf(6)).to.equal(floorOf(10n));
      expect(node.faults).to.deep.equal([]);
      await node.executor.close();
    });
  }

  it('moves the base fee by the rules of the version that executes the block', async () => {
    const node = await VersionedChainHarness.open(new FixedArtifacts([v2]));
    const first = await node.seal([]);
    const { block } = await node.seal([], [activationOf(v2, 2)]);
    const { baseFeePerGas } = first.block.header;
    const step = baseFeePerGas - nextBaseFee(first.block.header, 2, 8);
    const slowStep = baseFeePerGas - block.header.baseFeePerGas;
    expect(slowStep).to.equal(step / 2n);
    await node.executor.close();
  });

  it('gives the same chain to a second node, and to one that is opened again on the same disk', async () => {
    const artifacts = new FixedArtifacts([v2, v3]);
    const first = await VersionedChainHarness.open(artifacts);
    const second = await VersionedChainHarness.open(artifacts, { kind: 'parallel' });
    const blocks = [
      await first.seal([await withData(0, CALLDATA)], [activationOf(v2, 2)]),
      await first.seal([await withData(1, CALLDATA)], [activationOf(v3, 4, v2.hash)]),
      await first.seal([await withData(2, CALLDATA)]),
    ];
    const reopened = await VersionedChainHarness.open(artifacts, { store: first.store });
    blocks.push(await reopened.seal([await withData(3, CALLDATA), await withData(0, MAGIC, 1)]));
    blocks.push(await reopened.seal([await withData(4, CALLDATA)], [rollBackOf(v3, v2.hash)]));
    const upgrades = [
      [activationOf(v2, 2)],
      [activationOf(v3, 4, v2.hash)],
      undefined,
      undefined,
      [rollBackOf(v3, v2.hash)],
    ];
    for (const [index, { block }] of blocks.entries()) {
      const signed = block.transactions.flatMap((transaction) => (transaction.type === 0x7e ? [] : [transaction]));
      const again = await second.seal(signed, upgrades[index], 'strict');
      expect(toHex(again.block.hash), `block ${index + 1}`).to.equal(toHex(block.hash));
    }
    for (const node of [first, second, reopened]) await node.executor.close();
  });

  it('forgets an upgrade with the block that took it in', async () => {
    const node = await VersionedChainHarness.open(new FixedArtifacts([v2]));
    await node.seal([]);
    await node.seal([], [activationOf(v2, 2)]);
    expect(toHex(node.executor.rulingAfter(node.chain.head).artifactHash)).to.equal(toHex(v2.hash));
    await node.chain.rewindTo(1);
    expect(node.executor.rulingAfter(node.chain.head).versionId).to.equal(undefined);
    const { receipts } = await node.seal([await withData(0, CALLDATA)], []);
    expect(receipts.at(1)?.gasUsed).to.equal(floorOf(10n));
    await node.executor.close();
  });

  for (const kind of ['sequential', 'parallel'] as ExecutorKind[]) {
    it(`has the predecessor execute a block on which the version traps, and the version the next (${kind})`, async () => {
      const node = await VersionedChainHarness.open(new FixedArtifacts([v3]), { kind });
      await node.seal([], [activationOf(v3, 1)]);
      const trapping = await node.seal([await plain(0), await withData(0, MAGIC, 1), await plain(1)]);
      expect(trapping.receipts.map(({ succeeded }) => succeeded)).to.deep.equal([true, true, true, true]);
      const ids = node.faults.map(({ blockNumber, versionId }) => [blockNumber, versionId && toHex(versionId)]);
      expect(ids).to.deep.include([2, toHex(v3.hash.slice().reverse())]);
      const faultsBefore = node.faults.length;
      await node.seal([await plain(2)]);
      expect(node.faults.length).to.equal(faultsBefore);

      // The reference, which never heard of versions, makes the same blocks: v3 differs in nothing but its fault.
      const reference = await TestChain.open();
      await reference.seal([], { deposits: [] });
      const again = await reference.seal([await plain(0), await withData(0, MAGIC, 1), await plain(1)]);
      expect(toHex(again.block.hash)).to.equal(toHex(trapping.block.hash));
      await node.executor.close();
    });
  }

  it('answers a call on which the version traps by its predecessor, and calls of old blocks by what ruled them', async () => {
    const node = await VersionedChainHarness.open(new FixedArtifacts([v2, v3]));
    const { block: old } = await node.seal([]);
    const { block: second } = await node.seal([], [activationOf(v2, 2)]);
    const { block: third } = await node.seal([], [activationOf(v3, 3, v2.hash)]);
    const call = async (at: BlockHeader, data: string) => {
      const { outcome, gasUsed } = await node.executor.call(
        {
          from: addressOf(1),
          to: addressOf(5),
          gasLimit: 1_000_000n,
          gasPrice: 0n,
          value: 0n,
          data: Buffer.from(data, 'hex'),
          accessList: [],
          authorizationList: [],
        },
        at,
      );
      return [outcome, gasUsed];
    };
    const data = '11'.repeat(300);
    expect(await call(old.header, data)).to.deep.equal(['success', floorOf(10n)]);
    expect(await call(second.header, data)).to.deep.equal(['success', floorOf(15n)]);
    expect(await call(third.header, data)).to.deep.equal(['success', floorOf(10n)]);
    expect(await call(third.header, `deadc0de${'11'.repeat(296)}`)).to.deep.equal(['success', floorOf(15n)]);
    await node.executor.close();
  });

  it('stops before a block whose version is missing, says what and where, and goes on when it is there', async () => {
    const artifacts = new FixedArtifacts();
    const node = await VersionedChainHarness.open(artifacts);
    await node.seal([], [activationOf(v2, 3)]);
    expect(artifacts.wanted).to.deep.equal([toHex(v2.hash).slice(2)]);
    await node.seal([]);
    const error = await errorOf(node.seal([]).then(() => undefined));
    expect([error.code, error.recovery]).to.deep.equal(['Execution.ArtifactMissing', 'retry']);
    expect(error.message).to.contain('block 3').and.contain(toHex(v2.hash)).and.contain('the test');
    expect(node.chain.head.header.number).to.equal(2);
    artifacts.add(v2);
    await node.seal([]);
    expect(node.chain.head.header.number).to.equal(3);
    await node.executor.close();
  });
});

describe('The kernel', () => {
  it(`moves the base fee as TypeScript does (seed ${SEED})`, async () => {
    const test = await TestChain.open();
    const kernel = new KernelExecutor(test.config, test.chain);
    const gas = fc.bigInt({ min: 1n, max: 200_000_000n });
    const fee = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.bigInt({ min: 0n, max: 2n ** 190n }));
    fc.assert(
      fc.property(fee, gas, fc.integer({ min: 0, max: 1000 }), (baseFeePerGas, gasLimit, share) => {
        const gasUsed = (gasLimit * BigInt(share)) / 1000n;
        const header = { ...test.chain.head.header, baseFeePerGas, gasLimit: gasLimit + 2n, gasUsed };
        const { elasticity, changeDenominator } = test.config.baseFee;
        expect(kernel.nextBaseFee(header)).to.equal(nextBaseFee(header, elasticity, changeDenominator));
      }),
      { seed: SEED, numRuns: 300 },
    );
    await kernel.close();
  });
});
