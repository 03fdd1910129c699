import type { Hex } from 'viem';
import { concatBytes, fromHex, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import { keccak256 } from '../core/keccak';
import { ARTIFACT_SIZE_BYTES_MAX, compileKernelArtifact } from '../execution/versions/kernelArtifact';
import { artifactStoreAbi } from '../l1/bindings/ArtifactStore';
import { type GovernanceUser, sendGovernanceCall } from './governance';

/** How much of an artifact L1 has. */
export interface PublishProgress {
  storedBytes: number;
  sizeBytes: number;
}

/** Size of an artifact that L1 has whole, in bytes; zero if it has not. */
export async function publishedSizeBytes({ l1, contracts }: GovernanceUser, artifactHash: Hex): Promise<number> {
  const store = { address: contracts.artifactStore, abi: artifactStoreAbi } as const;
  return Number(await l1.readContract({ ...store, functionName: 'sizeBytesOf', args: [artifactHash] }));
}

/**
 * Publishes a kernel in chunks. May be stopped and run again: it goes on after the last chunk that L1 has of the same account.
 * @param onProgress told after each chunk, and of what was there before
 * @returns the artifact's hash, and whether L1 had it already
 * @throws Execution.Artifact… (before anything is sent) for bytes that no node would run, Sdk.CallReverts
 */
export async function publishArtifact(
  user: GovernanceUser,
  bytes: Uint8Array,
  onProgress: (progress: PublishProgress) => void = () => undefined,
): Promise<{ artifactHash: Hex; wasThere: boolean }> {
  const hash = keccak256(bytes);
  const artifactHash = toHex(hash);
  await compileKernelArtifact(bytes, hash);
  if ((await publishedSizeBytes(user, artifactHash)) > 0) return { artifactHash, wasThere: true };
  if (!user.account) throw new TributaryError('Sdk.NoAccount', 'publishing needs an account that signs');
  const store = { address: user.contracts.artifactStore, abi: artifactStoreAbi } as const;
  const [[announced, stored], chunkSize] = await Promise.all([
    user.l1.readContract({ ...store, functionName: 'progressOf', args: [artifactHash, user.account.address] }),
    user.l1.readContract({ ...store, functionName: 'CHUNK_SIZE_BYTES' }),
  ]);
  const send = (functionName: string, args: unknown[]) =>
    sendGovernanceCall(user, { address: store.address, abi: [...artifactStoreAbi], functionName, args });
  const isBegun = announced === BigInt(bytes.length);
  if (announced !== 0n && !isBegun) await send('abandon', [artifactHash]);
  if (!isBegun) await send('begin', [artifactHash, BigInt(bytes.length)]);
  let storedBytes = isBegun ? Number(stored) : 0;
  onProgress({ storedBytes, sizeBytes: bytes.length });
  while (storedBytes < bytes.length) {
    const chunk = bytes.subarray(storedBytes, storedBytes + Number(chunkSize));
    await send('append', [artifactHash, toHex(chunk)]);
    storedBytes += chunk.length;
    onProgress({ storedBytes, sizeBytes: bytes.length });
  }
  return { artifactHash, wasThere: false };
}

/** Reads an artifact from L1. @returns undefined where it is not there @throws Sdk.ArtifactDamaged */
export async function fetchArtifact({ l1, contracts }: GovernanceUser, artifactHash: Hex) {
  const store = { address: contracts.artifactStore, abi: artifactStoreAbi } as const;
  const [chunks, chunkSize] = await Promise.all([
    l1.readContract({ ...store, functionName: 'chunksOf', args: [artifactHash] }),
    l1.readContract({ ...store, functionName: 'CHUNK_SIZE_BYTES' }),
  ]);
  if (chunks.length === 0) return undefined;
  if (chunks.length > Math.ceil(ARTIFACT_SIZE_BYTES_MAX / Number(chunkSize))) {
    throw new TributaryError('Sdk.ArtifactDamaged', `${artifactHash} has ${chunks.length} chunks on L1`);
  }
  const codes = await Promise.all(chunks.map((address) => l1.getCode({ address })));
  // Before each chunk stands a STOP.
  const bytes = concatBytes(...codes.map((code) => fromHex(code ?? '0x').subarray(1)));
  if (toHex(keccak256(bytes)) !== artifactHash.toLowerCase()) {
    throw new TributaryError('Sdk.ArtifactDamaged', `L1 at this endpoint gives other bytes than ${artifactHash}`);
  }
  return bytes;
}
