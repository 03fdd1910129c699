import { EMPTY_BYTES, type Hash, toMinimalBytes } from '../core/bytes';
import { type BlockHeader, decodeHeader, encodeHeader, headerHash } from './header';
import { RlpReader, readAddress, readBytes, readHash, readList, readUint } from './rlpReader';
import { encodeRlp } from './rlpWriter';
import { decodeBlockTransaction, type Transaction } from './transaction';

/** The L1 block that an L2 block builds on, and how many L2 blocks share it before this one. */
export interface L1Origin {
  number: number;
  hash: Hash;
  /** 0 for the first L2 block with this origin. */
  sequenceNumber: number;
}

/** A sealed L2 block. */
export interface Block {
  hash: Hash;
  header: BlockHeader;
  transactions: Transaction[];
  l1Origin: L1Origin;
}

export function createBlock(header: BlockHeader, transactions: Transaction[], l1Origin: L1Origin): Block {
  return { hash: headerHash(header), header, transactions, l1Origin };
}

/** Our disk's form of a block: rlp([header, [[raw transaction, sender]…], [origin number, origin hash, sequence number]]). */
export function encodeBlock(block: Block): Uint8Array {
  return encodeRlp([
    encodeHeader(block.header),
    block.transactions.map((transaction) => [transaction.raw, transaction.from]),
    [
      toMinimalBytes(block.l1Origin.number),
      block.l1Origin.hash,
      block.l1Origin.sequenceNumber === 0 ? EMPTY_BYTES : toMinimalBytes(block.l1Origin.sequenceNumber),
    ],
  ]);
}

/**
 * Reads what `encodeBlock` wrote.
 * @throws Codec.InvalidRlp
 */
export function decodeBlock(bytes: Uint8Array): Block {
  const [header, transactions, origin] = RlpReader.decodeList(bytes, 'block', 3);
  const [number, hash, sequenceNumber] = readList(origin, 'l1Origin', 3);
  return createBlock(
    decodeHeader(readBytes(header, 'header')),
    readList(transactions, 'transactions').map((entry) => {
      const [raw, from] = readList(entry, 'transaction', 2);
      return decodeBlockTransaction(readBytes(raw, 'transaction'), readAddress(from, 'from'));
    }),
    {
      number: Number(readUint(number, 'l1Origin.number', 6)),
      hash: readHash(hash, 'l1Origin.hash'),
      sequenceNumber: Number(readUint(sequenceNumber, 'l1Origin.sequenceNumber', 6)),
    },
  );
}
