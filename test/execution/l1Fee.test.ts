import { expect } from 'chai';
import fc from 'fast-check';
import { addresses } from '../../src/chain/addresses';
import { encodeL1Attributes, l1FeeParameters, NO_L1_FEE } from '../../src/chain/l1Attributes';
import { l1Fee, l1GasOf } from '../../src/chain/l1Fee';
import type { SignedTransaction } from '../../src/codec/transaction';
import { toFixedBytes, toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { EXECUTOR_KINDS } from '../../src/execution/createExecutor';
import { callRequest } from './callRequest';
import { l1FeeOptions } from './randomTransactions';
import { addressOf, ETHER, GWEI, l1Block, type RequestOptions, signTransaction, TestChain } from './testChain';

const RECIPIENT = toHex(toFixedBytes(0x77, 20));
const SEED = Number(process.env.FUZZ_SEED ?? 20260221);
const OPTIONS: RequestOptions = {
  feeScalars: { baseFeeScalar: 1_368, blobBaseFeeScalar: 810_949 },
  l1Fees: { baseFeePerGas: 20n * GWEI, blobBaseFee: 3n },
};

describe('The L1 data fee', () => {
  it('is the Ecotone formula over all bytes of the encoding', () => {
    const raw = Uint8Array.of(0, 0, 0, 1, 2);
    expect(l1GasOf(raw)).to.equal(3n * 4n + 2n * 16n);
    const parameters = { baseFee: 20n * GWEI, blobBaseFee: 3n, baseFeeScalar: 1_368, blobBaseFeeScalar: 810_949 };
    const price = 16n * 1_368n * 20n * GWEI + 810_949n * 3n;
    expect(l1Fee(raw, parameters)).to.equal((44n * price) / 16_000_000n);
    expect(l1Fee(raw, NO_L1_FEE)).to.equal(0n);
  });

  it('takes what it depends on from the L1 attributes deposit, and from nothing else', () => {
    const scalars = { baseFeeScalar: 2 ** 32 - 1, blobBaseFeeScalar: 7 };
    const origin = { ...l1Block(11), baseFeePerGas: 2n ** 200n, blobBaseFee: 9n };
    const data = encodeL1Attributes(origin, 3, scalars);
    const expected = { ...scalars, baseFee: 2n ** 128n - 1n, blobBaseFee: 9n };
    expect(l1FeeParameters({ type: 0x7e, data })).to.deep.equal(expected);
    expect(l1FeeParameters({ type: 2, data })).to.equal(NO_L1_FEE);
    expect(l1FeeParameters({ type: 0x7e, data: data.subarray(1) })).to.equal(NO_L1_FEE);
    expect(l1FeeParameters(undefined)).to.equal(NO_L1_FEE);
  });

  for (const kind of EXECUTOR_KINDS) {
    describe(`on the ${kind} executor`, () => {
      const open = TestChain.opener(kind);

      it('goes from the sender to its vault, to the wei; deposits pay none', async () => {
        const test = await open();
        const deposit = {
          from: addressOf(9),
          to: addressOf(10),
          mint: 5n,
          value: 5n,
          gasLimit: 100_000n,
          data: new Uint8Array(500).fill(1),
        };
        const transactions = [
          await signTransaction(0, 0, { to: RECIPIENT, value: 1n, data: '0x00ff00ff' }),
          await signTransaction(1, 0, { type: 'legacy', gasPrice: 2n * GWEI, to: RECIPIENT }),
        ];
        const balance = (at: Uint8Array) =>
          test.chain.stateAt(test.chain.head.header.number).account(at)?.balance ?? 0n;
        const before = [0, 1, 9].map((index) => balance(addressOf(index)));
        const { block, receipts, rejected } = await test.seal(transactions, { ...OPTIONS, deposits: [deposit] });
        expect(rejected).to.deep.equal([]);
        const parameters = l1FeeParameters(block.transactions[0]);
        const fees = transactions.map(({ raw }) => l1Fee(raw, parameters));
        expect(fees[0]).to.be.greaterThan(10n ** 6n);
        expect(balance(addresses.l1FeeVault)).to.equal(fees[0] + fees[1]);
        const gasOf = (index: number) => receipts[index].gasUsed * receipts[index].effectiveGasPrice;
        expect([0, 1, 9].map((index, i) => before[i] - balance(addressOf(index)))).to.deep.equal([
          1n + gasOf(2) + fees[0],
          gasOf(3) + fees[1],
          0n,
        ]);
        await test.chain.close();
      });

      it('holds from the block that brings the scalars on, until others come', async () => {
        const test = await open({ l1FeeScalars: { baseFeeScalar: 5, blobBaseFeeScalar: 6 } });
        const scalars = async (options: RequestOptions) => {
          const { block } = await test.seal([], options);
          const { baseFeeScalar, blobBaseFeeScalar } = l1FeeParameters(block.transactions[0]);
          return [baseFeeScalar, blobBaseFeeScalar];
        };
        expect(await scalars({})).to.deep.equal([5, 6]);
        expect(await scalars({ feeScalars: { baseFeeScalar: 7, blobBaseFeeScalar: 0 } })).to.deep.equal([7, 0]);
        expect(await scalars({})).to.deep.equal([7, 0]);
        expect(await scalars({ deposits: [] })).to.deep.equal([7, 0]);
        await test.chain.close();
      });

      it('is part of what a sender must have, to the wei', async () => {
        const test = await open();
        const { attributes } = test.request([], OPTIONS);
        const parameters = l1FeeParameters(attributes.deposits[0]);
        const balance = 10_000n * ETHER;
        const sign = (value: bigint) => signTransaction(0, 0, { to: RECIPIENT, value, gas: 21_000n });
        const costOf = ({ raw, value }: SignedTransaction) => value + 21_000n * 10n * GWEI + l1Fee(raw, parameters);
        // A zero byte more or less changes the fee: the value that leaves nothing is found by trying.
        let justEnough = await sign(balance - 21_000n * 10n * GWEI);
        while (costOf(justEnough) !== balance) justEnough = await sign(justEnough.value + balance - costOf(justEnough));
        const tooMuch = await sign(justEnough.value + l1Fee(justEnough.raw, parameters) / 2n);
        const overshot = costOf(tooMuch) - balance;
        expect(overshot).to.be.greaterThan(0n);
        const { rejected } = await test.executor.executeBlock(test.request([tooMuch], OPTIONS));
        expect(rejected.map(({ error }) => [error.code, error.message.split('\n')[0]])).to.deep.equal([
          [
            'Execution.InsufficientFunds',
            `insufficient funds for gas * price + value: balance ${balance}, tx cost ${balance + overshot}, overshot ${overshot}`,
          ],
        ]);
        const strict = test.request([tooMuch], { ...OPTIONS, mode: 'strict' });
        const refused = await test.executor.executeBlock(strict).catch((error: unknown) => error);
        expect(refused).to.be.instanceOf(TributaryError).with.property('code', 'Execution.InvalidTransaction');
        expect((await test.seal([justEnough], OPTIONS)).rejected).to.deep.equal([]);
        await test.chain.close();
      });

      it(`is what GasPriceOracle says, but for the signature, for random scalars (seed ${SEED})`, async () => {
        const test = await open();
        await fc.assert(
          fc.asyncProperty(l1FeeOptions, fc.uint8Array({ maxLength: 300 }), async (options, raw) => {
            const { block } = await test.seal([], options);
            const parameters = l1FeeParameters(block.transactions[0]);
            const offset = toFixedBytes(32, 32);
            const padded = new Uint8Array(Math.ceil(raw.length / 32) * 32);
            padded.set(raw);
            const selector = Uint8Array.of(0x49, 0x94, 0x8e, 0x0e);
            const data = Buffer.concat([selector, offset, toFixedBytes(raw.length, 32), padded]);
            const request = callRequest({ from: addressOf(0), to: addresses.gasPriceOracle, data });
            const { output } = await test.executor.call(request, test.chain.head.header);
            const signed = Buffer.concat([raw, new Uint8Array(68).fill(1)]);
            expect(BigInt(toHex(output))).to.equal(l1Fee(signed, parameters));
          }),
          { seed: SEED, numRuns: 20 },
        );
        await test.chain.close();
      });
    });
  }
});
