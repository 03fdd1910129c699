import { brotliCompressSync, constants, deflateSync } from 'node:zlib';
import { batchCosts, blobBatchGas } from '../../../src/batcher/dataAvailability';
import { encodeBatch } from '../../../src/codec/batch';
import { BLOB_CAPACITY_BYTES } from '../../../src/codec/blob/blobPacking';
import { concatBytes, ZERO_HASH } from '../../../src/core/bytes';
import gasSnapshot from '../../../test/contracts/snapshots/gas.json';
import { CHAIN_ID } from '../benchChain';
import { type Corpus, mixedTransactions, tokenTransfers } from '../payloadCorpora';
import { compare, type Row, type Section, type SectionResult } from '../section';
import { channelContent, encodeSpanBatch, FRAME_OVERHEAD_BYTES } from '../spanBatch';

const TRANSACTION_COUNT = 10_000;
const CALLDATA_BATCH_SIZE_BYTES_MAX = 120_000;
const BLOB_GAS = 131_072;
/** OP's blobs carry 4 × 31 + 3 bytes per four field elements, less a version byte and a size of three. */
const OP_BLOB_CAPACITY_BYTES = 130_044;
const OP_CALLDATA_FRAME_SIZE_BYTES = 120_000;
/** ethereum-optimism/optimism@0020adc2, packages/contracts-bedrock/.gas-snapshot: proposeL2Output, without the transaction's 21,000. */
const OP_PROPOSE_OUTPUT_GAS = 68_671 + 21_000;
/** succinctlabs/op-succinct, pull request 342: making a game of theirs, whose factory is OP Stack's. */
const OP_SUCCINCT_GAME_GAS = 448_465;
/** OffchainLabs/nitro, arbos/l1pricing: InitialPerBatchGasCostV12, what a batch is charged beside its bytes. */
const NITRO_BATCH_GAS = 210_000;

/** Bytes of posted data per transaction, and what they cost on L1. */
export const payload: Section = {
  title: 'Posted bytes and L1 gas',
  about:
    'Two fixed corpora of 10,000 signed transactions (scripts/bench/payloadCorpora.ts) in 100 blocks, packed as one batch: our columns and raw DEFLATE at level 9, beside the published layout of an OP Stack span batch under the compressions its batcher knows, and beside Nitro’s way of compressing, brotli over the RLP of the transactions. Bytes and gas per transaction; more than 1 in the column of ratios is in our favour.',
  async measure(): Promise<SectionResult> {
    const rows: Row[] = [];
    for (const corpus of [tokenTransfers(TRANSACTION_COUNT), mixedTransactions(TRANSACTION_COUNT)]) {
      rows.push(...rowsOf(corpus));
    }
    const create = gasSnapshot['DisputeGameFactory.create, later'];
    const name = 'OP, L2OutputOracle.proposeL2Output';
    rows.push(compare('an output root on L1', 'gas', create, { name, value: OP_PROPOSE_OUTPUT_GAS }));
    const game = { name: 'OP Succinct, a game by OP’s factory', value: OP_SUCCINCT_GAME_GAS };
    rows.push(compare('an output root on L1', 'gas', create, game));
    return {
      rows,
      memoryMebibytes: {},
      versions: { node: process.version, zlib: process.versions.zlib ?? '', brotli: process.versions.brotli ?? '' },
      notes: [
        'OP’s output root: its own gas snapshot (packages/contracts-bedrock/.gas-snapshot, commit 0020adc2) plus 21,000 for the transaction; it comes from the time before dispute games. Ours makes a game, a contract of its own, with each output root, as OP does since; of its own games OP publishes no figure, of one by its factory OP Succinct does (succinctlabs/op-succinct, pull request 342; a validity proof’s game, whose clone holds more).',
        'Nitro publishes no gas of an assertion, which moreover stands for an hour of blocks and more, not for one output root.',
        'Nitro’s gas: 210,000 a batch (arbos/l1pricing, InitialPerBatchGasCostV12), a transaction’s bytes at EIP-7623’s floor.',
        'Calldata gas is EIP-7623’s floor of 40 per byte that is not zero; batches of at most 120,000 bytes. Blobs are counted by what is filled: a chain posts full ones, or pays for what it leaves empty.',
      ],
    };
  },
};

function rowsOf({ name, blocks, transactions }: Corpus): Row[] {
  const per = (size: number) => size / transactions.length;
  const own = encodeBatch({ firstBlockNumber: 1, parentHash: ZERO_HASH, chainId: CHAIN_ID, blocks }).length;
  const channel = channelContent(encodeSpanBatch(blocks));
  const raws = concatBytes(...transactions.map(({ raw }) => raw));
  const zlib = deflateSync(channel, { level: 9 }).length;
  const [brotli10, brotli11] = [10, 11].map((quality) => 1 + brotli(channel, quality));
  const nitro = brotli(raws, 11);
  const bytes = (what: string, peer: string, value: number) =>
    compare(`${name}: ${what}`, 'bytes', per(own), { name: peer, value: per(value) });
  const op = Math.min(zlib, brotli10);
  const calldataGas = Number(
    batchCosts(own, { baseFeePerGas: 1n, blobBaseFee: undefined }, CALLDATA_BATCH_SIZE_BYTES_MAX).calldata,
  );
  const blobGas = (size: number, capacity: number) => (size / capacity) * BLOB_GAS;
  const ownBlobs = blobBatchGas(own);
  return [
    bytes('posted', 'span batch, zlib 9', zlib),
    bytes('posted', 'span batch, brotli 10', brotli10),
    bytes('posted', 'span batch, brotli 11', brotli11),
    bytes('posted', 'RLP, brotli 11 (Nitro’s way)', nitro),
    { work: `${name}: as signed`, unit: 'bytes', own: per(raws.length) },
    compare(`${name}: L1 gas in calldata`, 'gas', per(calldataGas), {
      name: 'OP, brotli 10',
      value: per(opCalldataGas(op)),
    }),
    compare(`${name}: L1 gas in calldata`, 'gas', per(calldataGas), {
      name: 'Nitro',
      value: per(nitro * 40 + Math.ceil(nitro / CALLDATA_BATCH_SIZE_BYTES_MAX) * NITRO_BATCH_GAS),
    }),
    compare(`${name}: blob gas in blobs`, 'gas', per(blobGas(own, BLOB_CAPACITY_BYTES)), {
      name: 'OP, brotli 10',
      value: per(blobGas(op, OP_BLOB_CAPACITY_BYTES)),
    }),
    compare(`${name}: L1 gas beside the blobs`, 'gas', per(ownBlobs.gas), {
      name: 'OP, 21,000 a transaction of 6 blobs',
      value: per(Math.ceil(op / (6 * OP_BLOB_CAPACITY_BYTES)) * 21_000),
    }),
  ];
}

/** OP's inbox is no contract: 21,000 and the data's floor. */
function opCalldataGas(sizeBytes: number): number {
  const frames = Math.ceil(sizeBytes / OP_CALLDATA_FRAME_SIZE_BYTES);
  return frames * 21_000 + (sizeBytes + frames * FRAME_OVERHEAD_BYTES) * 40;
}

function brotli(bytes: Uint8Array, quality: number): number {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).length;
}
