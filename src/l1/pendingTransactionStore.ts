import { RLP } from '@ethereumjs/rlp';
import { parseTransaction } from 'viem';
import { RlpReader, readBytes, readHash, readList } from '../codec/rlpReader';
import { concatBytes, fromHex, type Hash, toFixedBytes, toHex } from '../core/bytes';
import type { KeyValueStore } from '../core/ports';
import { type BlobSidecar, sidecarFromRlp, sidecarToRlp } from './blobs/blobSidecar';
import type { SignedL1Transaction } from './signTransaction';

/** A signed transaction that may be on its way. */
export interface PendingRecord {
  nonce: number;
  /** What it is for, in logs. */
  label: string;
  /** The newest attempt, signed. */
  raw: SignedL1Transaction;
  /** Of a transaction with blobs. */
  sidecar?: BlobSidecar;
  /** Hashes of all attempts at this nonce, oldest first; any of them may be the one that is included. */
  hashes: Hash[];
}

/** What a sender has signed and not yet seen settled, on disk: written before a transaction leaves, deleted when it is settled. */
export class PendingTransactionStore {
  readonly #prefix: Uint8Array;

  /** @param sender 20 bytes: several senders may share a store. */
  constructor(
    private readonly store: KeyValueStore,
    sender: Uint8Array,
  ) {
    this.#prefix = concatBytes(new TextEncoder().encode('l1-pending/'), sender);
  }

  /** By nonce, ascending. */
  async load(): Promise<PendingRecord[]> {
    const records: PendingRecord[] = [];
    const lt = concatBytes(this.#prefix, new Uint8Array(9).fill(0xff));
    for await (const [, value] of this.store.entries({ gte: this.#prefix, lt })) records.push(decodeRecord(value));
    return records;
  }

  /** Survives a power cut once it resolves. */
  put(record: PendingRecord): Promise<void> {
    return this.store.batch([{ type: 'put', key: this.#key(record.nonce), value: encodeRecord(record) }], {
      sync: true,
    });
  }

  delete(nonce: number): Promise<void> {
    return this.store.batch([{ type: 'del', key: this.#key(nonce) }]);
  }

  #key(nonce: number): Uint8Array {
    return concatBytes(this.#prefix, toFixedBytes(nonce, 8));
  }
}

function encodeRecord(record: PendingRecord): Uint8Array {
  const { label, raw, hashes, sidecar } = record;
  return RLP.encode([new TextEncoder().encode(label), fromHex(raw), hashes, sidecar ? sidecarToRlp(sidecar) : []]);
}

function decodeRecord(bytes: Uint8Array): PendingRecord {
  const [label, rawBytes, hashes, sidecar = []] = RlpReader.decodeList(bytes, 'pendingTransaction');
  const raw = toHex(readBytes(rawBytes, 'raw')) as SignedL1Transaction;
  return {
    nonce: parseTransaction(raw).nonce ?? 0,
    label: new TextDecoder().decode(readBytes(label, 'label')),
    raw,
    hashes: readList(hashes, 'hashes').map((hash) => readHash(hash, 'hashes')),
    ...(readList(sidecar, 'sidecar').length > 0 && { sidecar: sidecarFromRlp(sidecar) }),
  };
}
