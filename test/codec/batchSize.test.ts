import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { decodeBatch, encodeBatch, encodeBatchBody } from '../../src/codec/batch';
import { BatchBuilder } from '../../src/codec/batch/batchBuilder';
import type { Block } from '../../src/codec/block';
import { BLOCK_TRANSACTIONS_SIZE_BYTES_MAX, type SignedTransaction } from '../../src/codec/transaction';
import { concatBytes, fromHex, padLeft, toFixedBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { blockOf, CHAIN_ID } from './batchBlocks';
import { privateKeyOf, signTransaction } from './signTransaction';

const LIMITS = { decompressedSizeBytesMax: 10 * 1024 * 1024 };
const TOKEN = fromHex('0x5fbdb2315678afecb367f032d93f642f64180aa3');
const TRANSFER = fromHex('0xa9059cbb');

/** Deterministic stand-in for randomness: 32 bytes per index and purpose. */
function noise(purpose: number, index: number): Uint8Array {
  return keccak256(concatBytes(Uint8Array.of(purpose), toFixedBytes(index, 4)));
}

/** ERC-20 transfers from 200 senders, amounts of 1 to 1000.00 tokens with 18 decimals, 100 to a block. */
function transfers(count: number, recipient: (index: number) => Uint8Array): Block[] {
  const blocks: Block[] = [];
  let inBlock: SignedTransaction[] = [];
  for (let i = 0; i < count; i++) {
    const random = noise(1, i);
    const amount = BigInt(1 + ((random[0] << 8) | random[1])) * 10n ** 16n;
    inBlock.push(
      signTransaction(
        privateKeyOf(i % 200),
        {
          nonce: BigInt(Math.floor(i / 200)),
          gasLimit: 65_000n,
          to: TOKEN,
          value: 0n,
          data: concatBytes(TRANSFER, padLeft(recipient(i), 32), toFixedBytes(amount, 32)),
        },
        ZERO_ADDRESS,
      ),
    );
    if (inBlock.length === 100) {
      blocks.push(blockOf(1 + blocks.length, inBlock));
      inBlock = [];
    }
  }
  return blocks;
}

describe('codec/batch size', () => {
  it('fits any full block into one calldata batch, though nothing in it compresses', () => {
    for (const extraBytes of [0, 1, 64, 1_000, 30_000]) {
      const transactions: SignedTransaction[] = [];
      for (let i = 0, sizeBytes = 0; ; i++) {
        const random = concatBytes(...Array.from({ length: 12 }, (_, part) => noise(10 + part, i)));
        const transaction = signTransaction(
          privateKeyOf(i % 5),
          {
            type: ([0, 1, 2] as const)[i % 3],
            nonce: BigInt(Math.floor(i / 5)),
            gasLimit: BigInt(21_000 + (random[0] << 8)),
            maxFeePerGas: 10n ** 12n + BigInt(`0x${Buffer.from(random.subarray(1, 9)).toString('hex')}`),
            maxPriorityFeePerGas: BigInt(`0x${Buffer.from(random.subarray(9, 14)).toString('hex')}`),
            to: random.subarray(32, 52),
            value: BigInt(`0x${Buffer.from(random.subarray(64, 80)).toString('hex')}`),
            data: concatBytes(...Array.from({ length: 1_000 }, (_, k) => noise(k & 255, i * 4 + (k >> 8)))).subarray(
              0,
              extraBytes,
            ),
          },
          ZERO_ADDRESS,
        );
        sizeBytes += transaction.raw.length;
        if (sizeBytes > BLOCK_TRANSACTIONS_SIZE_BYTES_MAX) break;
        transactions.push(transaction);
      }
      const blocks = [blockOf(1, transactions)];
      const payload = encodeBatch({ firstBlockNumber: 1, parentHash: ZERO_HASH, chainId: CHAIN_ID, blocks });
      expect(payload.length, `${transactions.length} transactions`).to.be.at.most(120_000);
    }
  });

  const cases: [string, (index: number) => Uint8Array, number][] = [
    ['1,000 recurring recipients', (i) => noise(2, noise(3, i)[0] * 4 + (i % 4)).subarray(12), 78],
    ['recipients never seen before', (i) => noise(4, i).subarray(12), 96],
  ];
  for (const [name, recipient, bytesPerTransactionMax] of cases) {
    it(`takes at most ${bytesPerTransactionMax} bytes per ERC-20 transfer, ${name}`, () => {
      const blocks = transfers(10_000, recipient);
      const payload = encodeBatch({ firstBlockNumber: 1, parentHash: ZERO_HASH, chainId: CHAIN_ID, blocks });
      const batch = decodeBatch(payload, LIMITS);
      const raws = blocks.flatMap((block) => block.transactions.map((transaction) => transaction.raw));
      expect(batch.blocks.flatMap((block) => block.transactions)).to.deep.equal(raws);
      const raw = concatBytes(...raws);
      const perTransaction = payload.length / raws.length;
      console.log(
        `      ${perTransaction.toFixed(2)} bytes per transaction (raw ${raw.length / raws.length}, raw deflated ` +
          `${(deflateRawSync(raw, { level: 9 }).length / raws.length).toFixed(2)})`,
      );
      expect(perTransaction).to.be.below(bytesPerTransactionMax);
    });
  }
});

describe('codec/batch/BatchBuilder', () => {
  it('estimates within 5 % at every block once there is something to estimate from', () => {
    const builder = new BatchBuilder(CHAIN_ID);
    for (const block of transfers(2000, (i) => noise(2, i % 300).subarray(12))) {
      builder.add(block);
      const estimate = builder.estimatedSizeBytes;
      const exact = encodeBatch(builder.input()).length;
      expect(Math.abs(estimate - exact) / exact).to.be.below(0.05);
    }
    expect(builder.build().length).to.equal(builder.estimatedSizeBytes);
  });

  it('gives at every block the bytes that encoding all blocks at once gives', () => {
    const builder = new BatchBuilder(CHAIN_ID);
    for (const block of transfers(100, (i) => noise(2, i % 30).subarray(12))) {
      builder.add(block);
      expect(builder.build()).to.deep.equal(encodeBatch(builder.input()));
    }
  });

  it('knows the decoded size that derivation counts', () => {
    const builder = new BatchBuilder(CHAIN_ID);
    for (const block of transfers(300, (i) => noise(2, i).subarray(12))) builder.add(block);
    const payload = builder.build();
    decodeBatch(payload, { decompressedSizeBytesMax: builder.decodedSizeBytes });
    expect(() => decodeBatch(payload, { decompressedSizeBytesMax: builder.decodedSizeBytes - 1 })).to.throw(
      'decoded size',
    );
  });

  it('never counts less than the decompressed body, even for words without zeros', () => {
    const builder = new BatchBuilder(CHAIN_ID);
    const words = concatBytes(TRANSFER, ...Array.from({ length: 3000 }, (_, i) => noise(5, i)));
    builder.add(blockOf(1, [signTransaction(privateKeyOf(0), { data: words, to: undefined })]));
    expect(encodeBatchBody(builder.input()).length).to.be.within(32 * 3000, builder.decodedSizeBytes);
  });

  it('stays small and exact for a single empty block', () => {
    const builder = new BatchBuilder(CHAIN_ID);
    builder.add(blockOf(1, []));
    expect(builder.estimatedSizeBytes).to.be.within(builder.build().length, 260);
  });
});
