import { constants, deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { privateKeyToAccount } from 'viem/accounts';
import {
  BATCH_SIZE_BYTES_MAX,
  type BatchInput,
  decodeBatch,
  encodeBatch,
  encodeBatchBody,
} from '../../src/codec/batch';
import { createDeposit, decodeTransaction, type SignedTransaction } from '../../src/codec/transaction';
import { concatBytes, EMPTY_BYTES, fromHex, toHex, ZERO_HASH } from '../../src/core/bytes';
import { hasErrorCode, TributaryError } from '../../src/core/errors';
import { blockOf, CHAIN_ID, junkTransaction } from './batchBlocks';
import { privateKeyOf, signTransaction } from './signTransaction';

const SEED = 0x62617463;
const LIMITS = { decompressedSizeBytesMax: 1024 * 1024 };
const VERSION = Uint8Array.of(1);

function inputOf(...transactionsPerBlock: SignedTransaction[][]): BatchInput {
  const blocks = transactionsPerBlock.map((transactions, i) => blockOf(7 + i, transactions));
  return { firstBlockNumber: 7, parentHash: new Uint8Array(32).fill(0xaa), chainId: CHAIN_ID, blocks };
}

function rawsOf(input: BatchInput): string[][] {
  return input.blocks.map((block) => block.transactions.filter((tx) => tx.type !== 0x7e).map((tx) => toHex(tx.raw)));
}

function expectRoundtrip(input: BatchInput): void {
  const batch = decodeBatch(encodeBatch(input), LIMITS);
  expect({
    ...batch,
    blocks: batch.blocks.map((block) => ({ ...block, transactions: block.transactions.map(toHex) })),
  }).to.deep.equal({
    firstBlockNumber: input.firstBlockNumber,
    parentHash: input.parentHash,
    lastBlockHash: input.blocks.at(-1)?.hash,
    lastOriginHash: input.blocks.at(-1)?.l1Origin.hash,
    chainId: input.chainId,
    blocks: input.blocks.map((block, i) => ({
      timestamp: block.header.timestamp,
      originNumber: block.l1Origin.number,
      transactions: rawsOf(input)[i],
    })),
  });
}

function expectInvalid(payload: Uint8Array, message?: string, limits = LIMITS): void {
  try {
    decodeBatch(payload, limits);
  } catch (error) {
    if (!hasErrorCode(error, 'Codec.InvalidBatch')) throw error;
    if (message) expect(error.shortMessage).to.contain(message);
    return;
  }
  expect.fail('expected Codec.InvalidBatch');
}

function deflated(body: Uint8Array): Uint8Array {
  return concatBytes(VERSION, deflateRawSync(body, { level: constants.Z_BEST_COMPRESSION }));
}

const bytes20 = fc.uint8Array({ minLength: 20, maxLength: 20 });
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const word = fc.oneof(
  bytes32,
  bytes20.map((b) => concatBytes(new Uint8Array(12), b)),
  fc.constant(new Uint8Array(32)),
);
const calldata = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.array(word, { minLength: 1, maxLength: 6 }))
    .map(([selector, words]) => concatBytes(selector, ...words)),
);
const transaction = fc
  .record({
    type: fc.constantFrom(0 as const, 1 as const, 2 as const),
    chainId: fc.constantFrom(CHAIN_ID, CHAIN_ID, CHAIN_ID, 1, undefined),
    nonce: fc.oneof(fc.bigInt(0n, 1000n), fc.bigInt(0n, 2n ** 64n - 2n)),
    gasLimit: fc.oneof(fc.bigInt(21_000n, 30_000_000n), fc.bigInt(0n, 2n ** 64n - 1n)),
    maxFeePerGas: fc.bigInt(0n, 2n ** 256n - 1n),
    maxPriorityFeePerGas: fc.bigInt(0n, 2n ** 40n),
    to: fc.option(bytes20, { nil: undefined }),
    value: fc.bigInt(0n, 2n ** 256n - 1n),
    data: calldata,
    accessList: fc.array(fc.tuple(bytes20, fc.array(bytes32, { maxLength: 3 })), { maxLength: 3 }),
  })
  .chain((fields) => fc.nat(5).map((key) => signTransaction(privateKeyOf(key), fields)));

describe('codec/batch', () => {
  const transfer = signTransaction(privateKeyOf(0), {});
  let setCode: SignedTransaction;

  before(async () => {
    const account = privateKeyToAccount(toHex(privateKeyOf(3)));
    const delegate = '0x4242424242424242424242424242424242424242';
    const authorizationList = [
      await account.signAuthorization({ chainId: CHAIN_ID, address: delegate, nonce: 5 }),
      await account.signAuthorization({ chainId: 0, address: delegate, nonce: 0 }),
    ];
    const raw = await account.signTransaction({
      type: 'eip7702',
      chainId: CHAIN_ID,
      nonce: 4,
      gas: 100_000n,
      maxFeePerGas: 7n,
      to: delegate,
      authorizationList,
    });
    setCode = decodeTransaction(fromHex(raw));
  });

  it('writes these golden bytes', () => {
    const creation = signTransaction(privateKeyOf(1), { type: 0, to: undefined, data: fromHex('0x6001600255') });
    const token = signTransaction(privateKeyOf(2), {
      nonce: 300n,
      data: fromHex(`0xa9059cbb${'00'.repeat(12)}${'22'.repeat(20)}${'00'.repeat(30)}03e8`),
    });
    const input = inputOf([transfer, token], [], [creation]);
    expect(toHex(encodeBatchBody(input))).to.equal(GOLDEN_BODY);
    expectRoundtrip(input);
  });

  it('reads the golden body whatever DEFLATE level wrote it', () => {
    for (const level of [0, 1, 9]) {
      const batch = decodeBatch(concatBytes(VERSION, deflateRawSync(fromHex(GOLDEN_BODY), { level })), LIMITS);
      expect(batch.blocks.map((block) => block.transactions.length)).to.deep.equal([2, 0, 1]);
    }
  });

  it('roundtrips a single empty block', () => expectRoundtrip(inputOf([])));

  it('leaves deposits out', () => {
    const deposit = createDeposit({
      sourceHash: ZERO_HASH,
      from: new Uint8Array(20),
      to: undefined,
      mint: 0n,
      value: 0n,
      gasLimit: 0n,
      data: EMPTY_BYTES,
    });
    const input = inputOf([transfer]);
    input.blocks[0].transactions.unshift(deposit);
    expectRoundtrip(input);
  });

  it('keeps raw what the columns cannot hold: no replay protection, another chain, huge nonces, junk', () => {
    expectRoundtrip(
      inputOf([
        signTransaction(privateKeyOf(0), { type: 0, chainId: undefined }),
        signTransaction(privateKeyOf(0), { chainId: 1 }),
        signTransaction(privateKeyOf(0), { nonce: 2n ** 63n }),
        junkTransaction(fromHex('0xdeadbeef'), transfer),
        junkTransaction(EMPTY_BYTES, transfer),
        transfer,
      ]),
    );
  });

  it('roundtrips authorization lists (type 4)', () => {
    expectRoundtrip(inputOf([transfer, setCode]));
  });

  it('keeps an authorization list in columns, not raw', () => {
    const body = Buffer.from(encodeBatchBody(inputOf([setCode])));
    expect(body.includes(Buffer.from(setCode.raw))).to.equal(false);
  });

  it('roundtrips random blocks to their exact bytes', () => {
    const blocks = fc.array(fc.array(transaction, { maxLength: 9 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(blocks, (transactions) => expectRoundtrip(inputOf(...transactions))),
      { seed: SEED, numRuns: 150 },
    );
  });

  describe('hostile bytes', () => {
    const good = encodeBatch(inputOf([transfer, signTransaction(privateKeyOf(1), { data: new Uint8Array(36) })], []));
    const goodBody = encodeBatchBody(inputOf([transfer], []));

    it('refuses nothing at all and unknown versions', () => {
      expectInvalid(EMPTY_BYTES, 'version: expected 1, got nothing');
      expectInvalid(concatBytes(Uint8Array.of(2), good.subarray(1)), 'version: expected 1, got 2');
    });

    it('refuses bytes after the DEFLATE stream, and a stream cut off', () => {
      expectInvalid(concatBytes(good, Uint8Array.of(0)), 'expected the end, got 1 more bytes');
      for (let length = 1; length < good.length; length++) expectInvalid(good.subarray(0, length));
    });

    it('refuses a body cut off or with bytes after it', () => {
      for (let length = 0; length < goodBody.length; length++) expectInvalid(deflated(goodBody.subarray(0, length)));
      expectInvalid(deflated(concatBytes(goodBody, Uint8Array.of(0))), 'expected the end');
    });

    it('refuses a payload above the size limit before it looks inside', () => {
      expectInvalid(new Uint8Array(BATCH_SIZE_BYTES_MAX + 1).fill(1), 'size: expected at most');
    });

    it('stops a zip bomb at the limit', () => {
      const bomb = concatBytes(VERSION, deflateRawSync(new Uint8Array(64 * 1024 * 1024)));
      const before = process.memoryUsage().arrayBuffers;
      expectInvalid(bomb, 'expected raw DEFLATE of at most 1048576 bytes');
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(16 * 1024 * 1024);
    });

    it('counts what shared columns blow up to: many words from few bytes', () => {
      const bigCall = signTransaction(privateKeyOf(0), { data: new Uint8Array(4 + 32 * 3400) });
      const input = inputOf(Array.from({ length: 10 }, () => bigCall));
      const payload = encodeBatch(input);
      expect(payload.length).to.be.below(20_000);
      expectInvalid(payload, 'decoded size: expected at most 1048576 bytes');
      const limits = { decompressedSizeBytesMax: 8 * 1024 * 1024 };
      expect(decodeBatch(payload, limits).blocks[0].transactions).to.have.length(10);
    });

    it('counts blocks and empty raw transactions against the limit', () => {
      const blocks = Array.from({ length: 20_000 }, () => [] as SignedTransaction[]);
      expectInvalid(encodeBatch(inputOf(...blocks)), 'decoded size');
      const empty = Array.from({ length: 40_000 }, () => junkTransaction(EMPTY_BYTES, transfer));
      expectInvalid(encodeBatch(inputOf(empty)), 'decoded size');
    });

    it('refuses counts and sizes that the bytes do not back, at once', () => {
      const header = concatBytes(Uint8Array.of(1), new Uint8Array(96), Uint8Array.of(1));
      const huge = fromHex('0xffffffffffffff0f');
      expectInvalid(deflated(concatBytes(header, huge)));
      expectInvalid(deflated(concatBytes(header, huge, new Uint8Array(26))), 'timestamps');
      expectInvalid(deflated(concatBytes(header, Uint8Array.of(1), huge)), 'more bytes');
      expectInvalid(deflated(concatBytes(header, Uint8Array.of(0), new Uint8Array(26))), 'blockCount');
    });

    it('refuses varints with padding or above 2^53 - 1', () => {
      expectInvalid(deflated(concatBytes(fromHex('0x8700'), goodBody.subarray(1))), 'without padding');
      expectInvalid(deflated(concatBytes(fromHex('0xffffffffffffff1f'), goodBody.subarray(1))), 'at most 2^53 - 1');
      expectInvalid(deflated(concatBytes(new Uint8Array(9).fill(0xff), goodBody.subarray(1))), 'at most 2^53 - 1');
    });

    it('gives a batch or InvalidBatch for random bytes, compressed or not', () => {
      const payload = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => concatBytes(VERSION, bytes)),
        fc.uint8Array({ maxLength: 300 }).map(deflated),
      );
      fc.assert(fc.property(payload, expectTotal), { seed: SEED, numRuns: 2000 });
    });

    it('gives a batch or InvalidBatch for mutated bodies', () => {
      const body = encodeBatchBody(
        inputOf(
          [transfer, signTransaction(privateKeyOf(1), { type: 1, accessList: [[new Uint8Array(20), [ZERO_HASH]]] })],
          [
            signTransaction(privateKeyOf(2), { data: fromHex(`0xa9059cbb${'00'.repeat(12)}${'22'.repeat(20)}`) }),
            signTransaction(privateKeyOf(2), { type: 0, chainId: undefined }),
            setCode,
          ],
        ),
      );
      const mutation = fc.tuple(fc.nat(body.length - 1), fc.nat(255), fc.nat(2));
      fc.assert(
        fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
          let mutated: Uint8Array = body.slice();
          for (const [at, value, kind] of mutations) {
            const i = at % mutated.length;
            if (kind === 0) mutated[i] = value;
            else if (kind === 1) mutated = concatBytes(mutated.subarray(0, i), mutated.subarray(i + 1));
            else mutated = concatBytes(mutated.subarray(0, i), Uint8Array.of(value), mutated.subarray(i));
          }
          expectTotal(deflated(mutated));
        }),
        { seed: SEED, numRuns: 5000 },
      );
    });
  });

  function expectTotal(payload: Uint8Array): void {
    try {
      decodeBatch(payload, LIMITS);
    } catch (error) {
      expect(error).to.be.instanceOf(TributaryError);
      expect((error as TributaryError).code).to.equal('Codec.InvalidBatch');
    }
  }
});

/** Changes only with the version byte. */
const GOLDEN_BODY =
  '0x07aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaca9e1ea009147956c3106857a7b6158e87957a6a19db4f45fc99cdcf38782b7ab2e7b7a21d986ae84d62a7de4a916f006c4e42a596358b93bad65492d174c4ffeaf401030787e2cfaa0601010307010103020001030202000400ac02000988a40188a40188a4010f0477359400047735940004773594000a043b9aca00043b9aca0003010200060101010101010300440504a9059cbb02140201010203e80560016002550200000000000028111111111111111111111111111111111111111122222222222222222222222222222222222222220102c001a4f605425c6dbdc9386618b4fc293d37b88c7a4886113130187535d986bcfbfc6836cc93a98b872161bafca961e34f64c2a66f4ff0fd6598db591a302cfc5a6786febe4e0f8bebf7f25bf5d4ad3c284d7874180817c8593526778c7e393e4705459a531b8f779f243a52b8c00c176c43341082cde728bfea3ef079aafbabc23b9bb31e652c909022e38e9c5d666c0ec7e65a538f2c4efe5d3208ba1a5d0bc81c5532b2bae8dfbe6921d07ca7c6112b8b8a1729fdee3b90bf494a9a8e182b0f8a0000';
