import { parentPort } from 'node:worker_threads';
import { loadKZG } from 'kzg-wasm';
import { assert } from '../../core/assert';
import { concatBytes, fromHex, toHex } from '../../core/bytes';
import type { KzgAnswer, KzgRequest } from './blobKzg';
import { commitmentOf, isProofRight, proofOf, versionedHashOf } from './kzg';

/** A worker thread of `BlobKzg`. */

let wasm: ReturnType<typeof loadKZG> | undefined;

/** @returns 128 proofs of 48 bytes, one after the other (EIP-7594) */
async function cellProofsOf(blob: Uint8Array): Promise<Uint8Array> {
  // Its setup takes 14 s to load, and only this needs it.
  wasm ??= loadKZG();
  const [, proofs] = (await wasm).computeCellsAndProofs(toHex(blob));
  return concatBytes(...proofs.map(fromHex));
}

async function answer(request: KzgRequest): Promise<unknown> {
  switch (request.kind) {
    case 'seal': {
      const commitment = commitmentOf(request.blob);
      assert(commitment, 'only blobs of field elements are posted');
      return { commitment, proof: proofOf(request.blob, commitment) };
    }
    case 'check':
      return isProofRight(request.blob, request.evidence.commitment, request.evidence.proof);
    case 'identify': {
      const commitment = commitmentOf(request.blob);
      return commitment && versionedHashOf(commitment);
    }
    case 'cellProofs':
      return cellProofsOf(request.blob);
  }
}

parentPort?.on('message', async ({ id, request }: { id: number; request: KzgRequest }) => {
  let message: KzgAnswer;
  try {
    message = { id, result: await answer(request) };
  } catch (error) {
    message = { id, failure: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(message);
});
