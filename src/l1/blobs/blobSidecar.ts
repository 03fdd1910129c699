import { RLP } from '@ethereumjs/rlp';
import type { Hex } from 'viem';
import { BLOB_SIZE_BYTES } from '../../codec/blob/blobPacking';
import { RlpReader, type RlpValue, readFixed, readList, readUint } from '../../codec/rlpReader';
import { concatBytes, fromHex, type Hash, toHex, toMinimalBytes } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import type { L1Client } from '../l1Client';
import type { BlobArchive } from './blobArchive';
import type { BlobKzg } from './blobKzg';
import { versionedHashOf } from './kzg';

/** What goes to L1 nodes beside a type 3 transaction, and what no block holds. */
export interface BlobSidecar {
  /** 0: a proof per blob (EIP-4844). 1: 128 cell proofs per blob (EIP-7594), which an L1 asks for from Osaka on. */
  version: 0 | 1;
  blobs: Uint8Array[];
  /** 48 bytes each. */
  commitments: Uint8Array[];
  /** Per blob one proof of 48 bytes, or 128 of them one after the other. */
  proofs: Uint8Array[];
}

/** What makes sidecars. */
export interface BlobPosting {
  kzg: Pick<BlobKzg, 'seal' | 'cellProofs'>;
  /** Gets every blob before it is posted. */
  archive: Pick<BlobArchive, 'put'>;
}

const POINT_SIZE_BYTES = 48;
const CELL_PROOFS_SIZE_BYTES = 128 * POINT_SIZE_BYTES;
/** EIP-7951's name in `eth_config`: a precompile that comes with Osaka. */
const OSAKA_PRECOMPILE = 'P256VERIFY';

/** Commits to the blobs and archives them. @throws L1.KzgStopped, L1.BlobArchiveFault (both `retry`) */
export async function sealBlobs(posting: BlobPosting, blobs: Uint8Array[], version: 0 | 1): Promise<BlobSidecar> {
  const sealed = await Promise.all(blobs.map((blob) => posting.kzg.seal(blob)));
  for (const [index, blob] of blobs.entries()) {
    await posting.archive.put(versionedHashOf(sealed[index].commitment), { blob, evidence: sealed[index] });
  }
  const sidecar: BlobSidecar = {
    version: 0,
    blobs,
    commitments: sealed.map(({ commitment }) => commitment),
    proofs: sealed.map(({ proof }) => proof),
  };
  return version === 0 ? sidecar : inVersion(posting, sidecar, version);
}

/** The same blobs with the proofs of another version. @throws L1.KzgStopped (`retry`) */
export async function inVersion(posting: BlobPosting, sidecar: BlobSidecar, version: 0 | 1): Promise<BlobSidecar> {
  const prove =
    version === 1 ? posting.kzg.cellProofs : async (blob: Uint8Array) => (await posting.kzg.seal(blob)).proof;
  return { ...sidecar, version, proofs: await Promise.all(sidecar.blobs.map((blob) => prove.call(posting.kzg, blob))) };
}

export function versionedHashesOf({ commitments }: BlobSidecar): Hash[] {
  return commitments.map(versionedHashOf);
}

/**
 * The form in which L1 nodes take a blob transaction: `0x03 ‖ rlp([body, blobs, commitments, proofs])`, from version 1 on with the version
 * behind the body.
 * @param raw the signed transaction as blocks hold it
 */
export function withSidecar(raw: Hex, { version, blobs, commitments, proofs }: BlobSidecar): Hex {
  const bytes = fromHex(raw);
  const body = RlpReader.decodeList(bytes.subarray(1), 'blobTransaction');
  const flatProofs = version === 0 ? proofs : proofs.flatMap(splitPoints);
  const wrapper = version === 0 ? [body] : [body, toMinimalBytes(version)];
  return toHex(concatBytes(bytes.subarray(0, 1), RLP.encode([...wrapper, blobs, commitments, flatProofs])));
}

/** For storage. */
export function sidecarToRlp({ version, blobs, commitments, proofs }: BlobSidecar): RlpValue {
  return [toMinimalBytes(version), blobs, commitments, proofs];
}

/** @throws Codec.InvalidRlp */
export function sidecarFromRlp(value: RlpValue): BlobSidecar {
  const [versionBytes, blobs, commitments, proofs] = readList(value, 'sidecar', 4);
  const version = readUint(versionBytes, 'sidecar.version', 1) === 0n ? 0 : 1;
  const proofSizeBytes = version === 0 ? POINT_SIZE_BYTES : CELL_PROOFS_SIZE_BYTES;
  const items = (list: RlpValue, field: string, sizeBytes: number) =>
    readList(list, field).map((item) => readFixed(item, field, sizeBytes));
  return {
    version,
    blobs: items(blobs, 'sidecar.blobs', BLOB_SIZE_BYTES),
    commitments: items(commitments, 'sidecar.commitments', POINT_SIZE_BYTES),
    proofs: items(proofs, 'sidecar.proofs', proofSizeBytes),
  };
}

/**
 * Which sidecars the L1 takes now: version 1 where its `eth_config` (EIP-7910) shows Osaka, else 0. anvil takes both; version 0 costs a
 * seventh of the time there. Where an L1 does not tell, its refusal does (`isSidecarRefusal`).
 * @throws L1.Unreachable
 */
export async function sidecarVersionOf(l1: L1Client): Promise<0 | 1> {
  try {
    const client = await l1.read((viem) => viem.request({ method: 'web3_clientVersion' }));
    if (client.startsWith('anvil/')) return 0;
    const config: unknown = await l1.read((viem) => viem.request({ method: 'eth_config' } as never));
    const { current } = config as { current?: { precompiles?: Record<string, unknown> } };
    return current?.precompiles && OSAKA_PRECOMPILE in current.precompiles ? 1 : 0;
  } catch (error) {
    if (error instanceof TributaryError) throw error;
    return 0;
  }
}

/** Whether an L1 node's words of refusal are about the sidecar's form. */
export function isSidecarRefusal(words: string): boolean {
  return /sidecar|cell.?proof|proof version|blob version|network wrapper/i.test(words);
}

function splitPoints(proofs: Uint8Array): Uint8Array[] {
  return Array.from({ length: proofs.length / POINT_SIZE_BYTES }, (_, index) =>
    proofs.subarray(index * POINT_SIZE_BYTES, (index + 1) * POINT_SIZE_BYTES),
  );
}
