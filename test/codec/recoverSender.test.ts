import { expect } from 'chai';
import fc from 'fast-check';
import { hexToBytes } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { recoverSender } from '../../src/codec/recoverSender';
import { decodeTransaction, type SignedTransaction } from '../../src/codec/transaction';
import { concatBytes, toFixedBytes } from '../../src/core/bytes';
import { errorMessage } from '../../src/core/errors';
import { signDelegation } from '../execution/testChain';
import { privateKeyOf, signTransaction } from './signTransaction';

const SEED = Number(process.env.FUZZ_SEED ?? 20261121);
const MNEMONIC = 'test test test test test test test test test test test junk';

const signed = fc
  .record({
    key: fc.integer({ min: 0, max: 20 }),
    type: fc.constantFrom(0 as const, 1 as const, 2 as const),
    chainId: fc.option(fc.integer({ min: 1, max: 2 ** 31 }), { nil: undefined, freq: 9 }),
    nonce: fc.bigInt(0n, 2n ** 64n - 2n),
    gasLimit: fc.bigInt(0n, 2n ** 64n - 1n),
    value: fc.bigInt(0n, 2n ** 256n - 1n),
    to: fc.option(fc.uint8Array({ minLength: 20, maxLength: 20 }), { nil: undefined }),
    data: fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.constant(new Uint8Array(300))),
    storageKeys: fc.array(fc.bigInt(0n, 2n ** 256n - 1n), { maxLength: 3 }),
  })
  .map(({ key, storageKeys, type, chainId, ...fields }) =>
    signTransaction(privateKeyOf(key), {
      ...fields,
      type,
      chainId: type === 0 ? chainId : (chainId ?? 1),
      accessList: storageKeys.map((slot) => [toFixedBytes(7, 20), [toFixedBytes(slot, 32)]]),
    }),
  );

/** The transaction, or what is wrong with it. */
function outcomeOf(decode: () => SignedTransaction): SignedTransaction | string {
  try {
    return decode();
  } catch (error) {
    return errorMessage(error);
  }
}

describe('recoverSender', () => {
  it(`gives the sender that decoding in full gives, for types 0, 1 and 2 (seed ${SEED})`, () => {
    fc.assert(
      fc.property(signed, ({ raw, from }) => {
        expect(recoverSender(raw)).to.deep.equal(from);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('gives the sender of a delegation (EIP-7702), of a large transaction, and of signatures whose numbers are short', async () => {
    const account = mnemonicToAccount(MNEMONIC);
    const authorization = await signDelegation(0, account.address, 1);
    const raw = await account.signTransaction({
      type: 'eip7702',
      chainId: 31338,
      gas: 100_000n,
      to: account.address,
      authorizationList: [authorization],
    });
    expect(recoverSender(hexToBytes(raw))).to.deep.equal(hexToBytes(account.address));
    const large = signTransaction(privateKeyOf(1), { data: new Uint8Array(70_000) });
    expect(recoverSender(large.raw)).to.deep.equal(large.from);
    let shortCount = 0;
    for (let nonce = 0n; nonce < 500n; nonce++) {
      const { raw: bytes, from, r, s } = signTransaction(privateKeyOf(1), { nonce });
      if (r >= 2n ** 248n && s >= 2n ** 248n) continue;
      shortCount++;
      expect(recoverSender(bytes)).to.deep.equal(from);
    }
    expect(shortCount).to.be.greaterThan(0);
  });

  it(`leads to the same transaction or the same words, whatever was done to the bytes (seed ${SEED})`, () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      removed: fc.integer({ min: 0, max: 2 }),
      put: fc.uint8Array({ maxLength: 3 }),
    });
    let refused = 0;
    fc.assert(
      fc.property(signed, fc.array(change, { minLength: 1, maxLength: 2 }), ({ raw }, changes) => {
        let bytes = raw;
        for (const { at, removed, put } of changes) {
          const place = Math.floor(at * bytes.length);
          bytes = concatBytes(bytes.subarray(0, place), put, bytes.subarray(place + removed));
        }
        const expected = outcomeOf(() => decodeTransaction(bytes));
        if (typeof expected === 'string') refused++;
        expect(outcomeOf(() => decodeTransaction(bytes, recoverSender(bytes)))).to.deep.equal(expected);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
    expect(refused).to.be.greaterThan(250);
  });

  it('leaves what is wrong with numbers of the signature to decoding in full', () => {
    let { raw, r, s } = signTransaction(privateKeyOf(2), {});
    for (let nonce = 1n; r < 2n ** 248n || s < 2n ** 248n; nonce++) {
      ({ raw, r, s } = signTransaction(privateKeyOf(2), { nonce }));
    }
    const withNumbers = (newR: bigint, newS: bigint) => {
      const body = raw.subarray(0, raw.length - 66);
      return concatBytes(
        body,
        Uint8Array.of(0xa0),
        toFixedBytes(newR, 32),
        Uint8Array.of(0xa0),
        toFixedBytes(newS, 32),
      );
    };
    expect(withNumbers(r, s)).to.deep.equal(raw);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    for (const [newR, newS] of [
      [order, s],
      [2n ** 256n - 1n, s],
      [r, order],
      [r, order - s],
    ]) {
      const bytes = withNumbers(newR, newS);
      const words = outcomeOf(() => decodeTransaction(bytes));
      expect(words).to.be.a('string').and.contain('out of');
      expect(outcomeOf(() => decodeTransaction(bytes, recoverSender(bytes)))).to.equal(words);
    }
  });
});
