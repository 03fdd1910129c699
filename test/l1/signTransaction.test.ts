import { expect } from 'chai';
import fc from 'fast-check';
import { keccak256 } from 'viem';
import { toHex } from '../../src/core/bytes';
import { signTransaction, transactionHash, type UnsignedL1Transaction } from '../../src/l1/signTransaction';
import { accounts } from './l1Fixture';

const SEED = 20260401;
const account = accounts.deployer;
const word = fc.uint8Array({ minLength: 32, maxLength: 32 });
const bytes = (size: { minLength: number; maxLength: number }) => fc.uint8Array(size).map(toHex);

const transactions: fc.Arbitrary<UnsignedL1Transaction> = fc.record(
  {
    chainId: fc.integer({ min: 1, max: 2 ** 31 }),
    nonce: fc.nat(300),
    gas: fc.bigInt(0n, 2n ** 24n),
    maxFeePerGas: fc.bigInt(0n, 2n ** 64n),
    maxPriorityFeePerGas: fc.bigInt(0n, 2n ** 40n),
    to: bytes({ minLength: 20, maxLength: 20 }),
    data: fc.oneof(bytes({ minLength: 0, maxLength: 70 }), bytes({ minLength: 60_000, maxLength: 70_000 })),
    value: fc.bigInt(0n, 2n ** 96n),
    blobs: fc.record({
      maxFeePerBlobGas: fc.bigInt(0n, 2n ** 40n),
      versionedHashes: fc.array(
        word.map((hash) => hash.with(0, 1)),
        { minLength: 1, maxLength: 6 },
      ),
    }),
  },
  { requiredKeys: ['chainId', 'nonce', 'gas', 'maxFeePerGas', 'maxPriorityFeePerGas', 'to', 'data', 'value'] },
);

describe('signTransaction', () => {
  it(`signs what viem's accounts sign, and hashes it as viem does (seed ${SEED})`, async () => {
    const property = fc.asyncProperty(transactions, async ({ blobs, ...common }) => {
      // viem refuses it.
      fc.pre(common.maxPriorityFeePerGas <= common.maxFeePerGas);
      const expected = await account.signTransaction(
        blobs
          ? {
              ...{ type: 'eip4844', sidecars: false, ...common, maxFeePerBlobGas: blobs.maxFeePerBlobGas },
              blobVersionedHashes: blobs.versionedHashes.map(toHex),
            }
          : { type: 'eip1559', ...common },
      );
      const raw = await signTransaction(account, { ...common, blobs });
      expect(raw).to.equal(expected);
      expect(toHex(transactionHash(raw))).to.equal(keccak256(expected));
    });
    await fc.assert(property, { seed: SEED, numRuns: 60 });
  });
});
