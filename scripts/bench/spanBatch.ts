import { RLP } from '@ethereumjs/rlp';
import type { Block } from '../../src/codec/block';
import type { SignedTransaction } from '../../src/codec/transaction';
import { concatBytes, EMPTY_BYTES, toFixedBytes, toMinimalBytes } from '../../src/core/bytes';

/**
 * The layout of an OP Stack span batch (version 1), written from its public specification (specs.optimism.io, protocol/delta/span-batches)
 * to measure its size: `1 ‖ prefix ‖ block count ‖ origin bits ‖ transaction counts ‖ creation bits ‖ parity bits ‖ signatures ‖
 * recipients ‖ data ‖ nonces ‖ gas limits ‖ protected bits`. Of types 1 and 2 and legacy with replay protection.
 * @param blocks consecutive; deposits in them are left out, as both stacks do
 * @returns before compression, and before the channel's RLP string
 */
export function encodeSpanBatch(blocks: readonly Block[]): Uint8Array {
  const last = blocks[blocks.length - 1];
  const transactions = blocks.flatMap((block) => block.transactions.filter(isSigned));
  const isOriginNew = blocks.map((block, i) => i === 0 || block.l1Origin.number !== blocks[i - 1].l1Origin.number);
  const legacy = transactions.filter(({ type }) => type === 0);
  return concatBytes(
    Uint8Array.of(1),
    varint(blocks[0].header.timestamp - 1_700_000_000),
    varint(last.l1Origin.number),
    blocks[0].header.parentHash.subarray(0, 20),
    last.l1Origin.hash.subarray(0, 20),
    varint(blocks.length),
    bitlist(isOriginNew),
    ...blocks.map((block) => varint(block.transactions.filter(isSigned).length)),
    bitlist(transactions.map(({ to }) => to === undefined)),
    bitlist(transactions.map(({ type, v }) => (type === 0 ? (v - 35n) % 2n : v) === 1n)),
    ...transactions.flatMap(({ r, s }) => [toFixedBytes(r, 32), toFixedBytes(s, 32)]),
    ...transactions.map(({ to }) => to ?? EMPTY_BYTES),
    ...transactions.map(transactionData),
    ...transactions.map(({ nonce }) => varint(Number(nonce))),
    ...transactions.map(({ gasLimit }) => varint(Number(gasLimit))),
    bitlist(legacy.map(() => true)),
  );
}

/** A batch as its channel holds it before compression. */
export function channelContent(batch: Uint8Array): Uint8Array {
  return RLP.encode(batch);
}

/** Beside a channel's bytes in each L1 transaction or blob: version byte, channel id, frame number, size, last-frame flag. */
export const FRAME_OVERHEAD_BYTES = 1 + 16 + 2 + 4 + 1;

function transactionData({
  type,
  value,
  maxPriorityFeePerGas,
  maxFeePerGas,
  data,
  accessList,
}: SignedTransaction): Uint8Array {
  const [amount, tip, cap] = [value, maxPriorityFeePerGas, maxFeePerGas].map(toMinimalBytes);
  const list = accessList.map(({ address, storageKeys }) => [address, storageKeys]);
  if (type === 0) return RLP.encode([amount, cap, data]);
  const fees = type === 1 ? [cap] : [tip, cap];
  return concatBytes(Uint8Array.of(type), RLP.encode([amount, ...fees, data, list]));
}

/** A big-endian number whose lowest bit is the first, in as many bytes as the bits need. */
function bitlist(bits: boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [i, bit] of bits.entries()) if (bit) bytes[bytes.length - 1 - (i >> 3)] |= 1 << (i & 7);
  return bytes;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

function isSigned(transaction: { type: number }): transaction is SignedTransaction {
  return transaction.type !== 0x7e;
}
