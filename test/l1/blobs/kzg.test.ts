import { expect } from 'chai';
import { loadKZG } from 'kzg-wasm';
import { BLOB_SIZE_BYTES, packBlobs } from '../../../src/codec/blob/blobPacking';
import { fromHex, toHex } from '../../../src/core/bytes';
import { keccak256 } from '../../../src/core/keccak';
import { BlobKzg } from '../../../src/l1/blobs/blobKzg';
import { commitmentOf, isProofRight, proofOf, versionedHashOf } from '../../../src/l1/blobs/kzg';

/** A payload that leaves nothing of a blob empty. */
export function noiseBlob(seed: number): Uint8Array {
  const payload = new Uint8Array(130_000);
  for (let at = 0; at < payload.length; at += 32) {
    payload.set(keccak256(Uint8Array.of(seed, at & 255, at >> 8, at >> 16)).subarray(0, payload.length - at), at);
  }
  return packBlobs(payload)[0];
}

describe('l1/blobs KZG', function () {
  this.timeout(120_000);
  const zero = new Uint8Array(BLOB_SIZE_BYTES);
  const sparse = packBlobs(Uint8Array.of(1, 2, 3))[0];
  const blobs = { zero, sparse, full: noiseBlob(1), other: noiseBlob(2) };
  let oracle: Awaited<ReturnType<typeof loadKZG>>;

  // Takes 14 s: only the oracle, and cell proofs, need the whole setup.
  before(async () => {
    oracle = await loadKZG();
  });

  it('gives the commitments and proofs of kzg-wasm', () => {
    for (const [name, blob] of Object.entries(blobs)) {
      const commitment = commitmentOf(blob);
      if (!commitment) return expect.fail(name);
      const expected = oracle.blobToKZGCommitment(toHex(blob)).toLowerCase();
      expect(toHex(commitment), name).to.equal(expected);
      const proof = proofOf(blob, commitment);
      expect(toHex(proof), name).to.equal(oracle.computeBlobKZGProof(toHex(blob), expected).toLowerCase());
      expect(isProofRight(blob, commitment, proof), name).to.equal(true);
    }
  });

  it('refuses every other blob, commitment and proof, and what is none', () => {
    const [commitment, other] = [blobs.full, blobs.other].map((blob) => commitmentOf(blob) ?? new Uint8Array());
    const [proof, otherProof] = [proofOf(blobs.full, commitment), proofOf(blobs.other, other)];
    const changed = blobs.full.slice();
    changed[131_071] ^= 1;
    const tooLarge = blobs.full.slice();
    tooLarge.fill(0xff, 0, 32);
    for (const [blob, ofCommitment, ofProof] of [
      [changed, commitment, proof],
      [blobs.full, other, proof],
      [blobs.full, commitment, otherProof],
      [tooLarge, commitment, proof],
      [blobs.full.subarray(32), commitment, proof],
      [blobs.full, commitment.subarray(1), proof],
      [blobs.full, new Uint8Array(48), proof],
      [blobs.full, commitment, new Uint8Array(48).fill(0xff)],
    ]) {
      expect(isProofRight(blob, ofCommitment, ofProof)).to.equal(false);
    }
    expect(commitmentOf(tooLarge)).to.equal(undefined);
    expect(commitmentOf(blobs.full.subarray(1))).to.equal(undefined);
  });

  it('does the same in its threads, and cell proofs, of which kzg-wasm’s check is convinced', async () => {
    const kzg = new BlobKzg();
    try {
      const evidence = await kzg.seal(blobs.full);
      expect(await kzg.check(blobs.full, evidence)).to.equal(true);
      expect(await kzg.check(blobs.other, evidence)).to.equal(false);
      expect(await kzg.identify(blobs.full)).to.deep.equal(versionedHashOf(evidence.commitment));
      expect(await kzg.identify(new Uint8Array(BLOB_SIZE_BYTES).fill(0xff))).to.equal(undefined);
      const proofs = await kzg.cellProofs(blobs.full);
      expect(proofs.length).to.equal(128 * 48);
      const cells = oracle.computeCells(toHex(blobs.full));
      const last = toHex(proofs.subarray(127 * 48));
      const commitment = toHex(evidence.commitment);
      expect(oracle.verifyCellKzgProofBatch([commitment], [127], [cells[127]], [last])).to.equal(true);
    } finally {
      await kzg.close();
    }
    const error = await kzg.identify(blobs.full).catch((thrown) => thrown);
    expect(error).to.include({ code: 'L1.KzgStopped', recovery: 'retry' });
  });

  it('names the empty blob as everybody does', () => {
    const commitment = commitmentOf(zero) ?? new Uint8Array();
    expect(toHex(commitment)).to.equal(`0xc0${'00'.repeat(47)}`);
    expect(versionedHashOf(commitment)).to.deep.equal(
      fromHex('0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014'),
    );
  });
});
