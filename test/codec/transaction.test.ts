import { expect } from 'chai';
import fc from 'fast-check';
import { parseTransaction, type TransactionSerializable, keccak256 as viemKeccak } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import {
  contractAddress,
  createDeposit,
  decodeBlockTransaction,
  decodeDeposit,
  decodeTransaction,
  effectiveGasPrice,
  l1AttributesSourceHash,
  transactionCost,
  userDepositSourceHash,
} from '../../src/codec/transaction';
import { EMPTY_BYTES, fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';

const SEED = Number(process.env.FUZZ_SEED ?? 20260103);
/** The first account of Hardhat's mnemonic. */
const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');
const TO = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const accessList = [{ address: TO, storageKeys: [toHex(new Uint8Array(32).fill(7))] }] as const;

/** Hashes of what viem signs; deterministic by RFC 6979, so that they never change. */
const GOLDEN: [name: string, transaction: TransactionSerializable, hash: string][] = [
  [
    'legacy',
    { type: 'legacy', chainId: 31338, nonce: 3, gasPrice: 5n, gas: 21_000n, to: TO, value: 9n },
    '0x8dcd79ea3e364c6125215e2f2fafd7bcba68f1f0b46e4ba52e48b3c0ccf5109b',
  ],
  [
    'legacy without replay protection',
    { type: 'legacy', nonce: 0, gasPrice: 1n, gas: 53_000n, data: '0x00' },
    '0x32368c641786cfe9a98ee1a7f41828a99503345dc04d1329ef7aa463de671bf8',
  ],
  [
    'EIP-2930',
    { type: 'eip2930', chainId: 31338, nonce: 0, gasPrice: 5n, gas: 50_000n, to: TO, accessList, data: '0x1234' },
    '0x6592ca935b28b9849a413524490c2469f4999150b245ffc3ad09d01db81be8cb',
  ],
  [
    'EIP-1559',
    {
      type: 'eip1559',
      chainId: 31338,
      nonce: 200,
      maxFeePerGas: 10n,
      maxPriorityFeePerGas: 2n,
      gas: 50_000n,
      value: 2n ** 100n,
      data: '0xff',
      accessList,
    },
    '0xb9bd0582ac59f6f3530e02e1de6dfa13ce6da441e299703a26b632649b96f0cf',
  ],
];

function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TributaryError) return `${error.code}: ${error.shortMessage}`;
    throw error;
  }
  return 'no error';
}

describe('transaction codec', () => {
  for (const [name, transaction, golden] of GOLDEN) {
    it(`reads what viem signed: ${name}`, async () => {
      const serialized = await account.signTransaction(transaction);
      const decoded = decodeTransaction(fromHex(serialized));
      expect(toHex(decoded.from)).to.equal(account.address.toLowerCase());
      expect(toHex(decoded.hash)).to.equal(viemKeccak(serialized));
      expect(toHex(decoded.hash)).to.equal(golden);
      const parsed = parseTransaction(serialized);
      expect({
        chainId: decoded.chainId === undefined ? undefined : Number(decoded.chainId),
        nonce: Number(decoded.nonce),
        gas: decoded.gasLimit,
        to: decoded.to && toHex(decoded.to),
        value: decoded.value,
        data: toHex(decoded.data),
        maxFeePerGas: decoded.maxFeePerGas,
        maxPriorityFeePerGas: decoded.maxPriorityFeePerGas,
        accessList: decoded.accessList.map((entry) => ({
          address: toHex(entry.address),
          storageKeys: entry.storageKeys.map(toHex),
        })),
        r: toHex(toFixedBytes(decoded.r, 32)),
        s: toHex(toFixedBytes(decoded.s, 32)),
      }).to.deep.equal({
        chainId: parsed.chainId,
        nonce: parsed.nonce ?? 0,
        gas: parsed.gas,
        to: parsed.to ?? undefined,
        value: parsed.value ?? 0n,
        data: parsed.data ?? '0x',
        maxFeePerGas: parsed.maxFeePerGas ?? parsed.gasPrice,
        maxPriorityFeePerGas: parsed.maxPriorityFeePerGas ?? parsed.gasPrice,
        accessList: parsed.accessList ?? [],
        r: parsed.r,
        s: parsed.s,
      });
      expect(decodeBlockTransaction(decoded.raw, decoded.from)).to.deep.equal(decoded);
    });
  }

  it('reads a delegation as viem signed it (EIP-7702)', async () => {
    const authorization = await account.signAuthorization({ address: TO, chainId: 31338, nonce: 7 });
    const serialized = await account.signTransaction({
      type: 'eip7702',
      chainId: 31338,
      nonce: 1,
      maxFeePerGas: 10n,
      maxPriorityFeePerGas: 2n,
      gas: 100_000n,
      to: TO,
      authorizationList: [authorization],
    });
    const decoded = decodeTransaction(fromHex(serialized));
    expect(decoded.type).to.equal(4);
    expect(toHex(decoded.hash)).to.equal(viemKeccak(serialized));
    expect(decoded.authorizationList).to.deep.equal([
      {
        chainId: 31338n,
        address: fromHex(TO),
        nonce: 7n,
        yParity: authorization.yParity,
        r: BigInt(authorization.r),
        s: BigInt(authorization.s),
      },
    ]);
  });

  it('refuses what is not canonical or out of range, naming the field', async () => {
    const good = fromHex(
      await account.signTransaction({ type: 'eip1559', chainId: 31338, nonce: 0, gas: 21_000n, to: TO }),
    );
    expect(failure(() => decodeTransaction(EMPTY_BYTES))).to.equal(
      'Codec.InvalidTransaction: raw: expected bytes, got none',
    );
    expect(failure(() => decodeTransaction(Uint8Array.of(3, ...good.subarray(1))))).to.match(
      /^Codec.UnsupportedTransactionType/,
    );
    expect(failure(() => decodeTransaction(Uint8Array.of(0x7e, 0xc0)))).to.match(/^Codec.UnsupportedTransactionType/);
    expect(failure(() => decodeTransaction(good.subarray(0, good.length - 1)))).to.match(
      /^Codec.InvalidRlp: transaction/,
    );
    expect(failure(() => decodeTransaction(Uint8Array.of(...good, 0)))).to.match(/^Codec.InvalidRlp: transaction/);
    expect(failure(() => decodeTransaction(new Uint8Array(131_073).fill(2)))).to.match(/oversized data/);
    const highS = good.slice();
    highS.fill(0xff, highS.length - 31);
    expect(failure(() => decodeTransaction(highS))).to.match(/^Codec.InvalidTransaction: s: /);
  });

  it(`throws nothing but TributaryError, whatever the bytes (seed ${SEED})`, async () => {
    const good = fromHex(
      await account.signTransaction({ type: 'eip1559', chainId: 31338, nonce: 5, gas: 21_000n, to: TO, accessList }),
    );
    const mutated = fc
      .tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }))
      .map(([index, byte]) => good.with(index, byte));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
        try {
          const decoded = decodeTransaction(bytes);
          expect(decoded.raw).to.deep.equal(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(TributaryError);
        }
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('writes and reads deposits as OP Stack does', () => {
    const deposit = createDeposit({
      sourceHash: userDepositSourceHash(new Uint8Array(32).fill(1), 3),
      from: fromHex(TO),
      to: undefined,
      mint: 5n,
      value: 0n,
      gasLimit: 100_000n,
      data: Uint8Array.of(1, 2),
    });
    expect(decodeDeposit(deposit.raw)).to.deep.equal(deposit);
    expect(decodeBlockTransaction(deposit.raw)).to.deep.equal(deposit);
    const flagged = deposit.raw.slice();
    flagged[flagged.length - 4] = 1; // isSystemTransaction
    expect(failure(() => decodeDeposit(flagged))).to.match(/isSystemTransaction: expected false/);
  });

  it('encodes deposits and source hashes as viem/op-stack', async () => {
    const { getSourceHash, serializeTransaction } = await import('viem/op-stack');
    const l1BlockHash = new Uint8Array(32).fill(0xab);
    expect(toHex(userDepositSourceHash(l1BlockHash, 77))).to.equal(
      getSourceHash({ domain: 'userDeposit', l1BlockHash: toHex(l1BlockHash), l1LogIndex: 77 }),
    );
    expect(toHex(l1AttributesSourceHash(l1BlockHash, 4))).to.equal(
      getSourceHash({ domain: 'l1InfoDeposit', l1BlockHash: toHex(l1BlockHash), sequenceNumber: 4 }),
    );
    for (const to of [undefined, fromHex(TO)]) {
      const fields = { from: fromHex(TO), to, mint: 5n, value: 7n, gasLimit: 21_000n, data: Uint8Array.of(9) };
      const deposit = createDeposit({ ...fields, sourceHash: l1BlockHash });
      expect(toHex(deposit.raw)).to.equal(
        serializeTransaction({
          type: 'deposit',
          sourceHash: toHex(l1BlockHash),
          from: TO,
          to: to && TO,
          mint: 5n,
          value: 7n,
          gas: 21_000n,
          data: '0x09',
          isSystemTx: false,
        }),
      );
    }
  });

  it('prices by EIP-1559 and addresses creations by nonce', async () => {
    const transaction = decodeTransaction(fromHex(await account.signTransaction(GOLDEN[3][1])));
    expect(effectiveGasPrice(transaction, 1n)).to.equal(3n);
    expect(effectiveGasPrice(transaction, 8n)).to.equal(10n);
    expect(effectiveGasPrice(transaction, 9n)).to.equal(10n);
    expect(effectiveGasPrice(transaction, 10n)).to.equal(10n);
    expect(transactionCost(transaction)).to.equal(500_000n + 2n ** 100n);
    // The first contract of Hardhat's first account, known to every Hardhat user.
    expect(toHex(contractAddress(fromHex(account.address), 0n))).to.equal('0x5fbdb2315678afecb367f032d93f642f64180aa3');
  });
});
