import { expect } from 'chai';
import fc from 'fast-check';
import {
  BLOB_CAPACITY_BYTES,
  BLOB_SIZE_BYTES,
  blobCountFor,
  packBlobs,
  payloadCapacityBytes,
  unpackBlobs,
} from '../../../src/codec/blob/blobPacking';
import { toHex } from '../../../src/core/bytes';
import { keccak256 } from '../../../src/core/keccak';

const SEED = 4844;
/** The first byte of the field's order: an element whose first byte is lower is one. */
const ORDER_FIRST_BYTE = 0x73;

function noise(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0, state = 1; i < sizeBytes; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

describe('codec/blob packing', () => {
  it('gives back any payload, in as few blobs as its capacity says, of valid field elements', () => {
    for (const size of [0, 1, 30, 31, 32, 126_971, 126_972, 126_973, 130_043, 130_044, 130_045, 260_092, 260_093]) {
      const payload = noise(size);
      const blobs = packBlobs(payload);
      expect(blobs.length, `${size}`).to.equal(blobCountFor(size));
      expect(size).to.be.at.most(payloadCapacityBytes(blobs.length));
      for (const blob of blobs) {
        expect(blob.length).to.equal(BLOB_SIZE_BYTES);
        for (let i = 0; i < BLOB_SIZE_BYTES; i += 32) if (blob[i] >= ORDER_FIRST_BYTE) expect.fail(`element ${i / 32}`);
      }
      expect(Buffer.from(unpackBlobs(blobs)).equals(payload), `${size}`).to.equal(true);
    }
    expect([blobCountFor(0), blobCountFor(130_044), blobCountFor(130_045)]).to.deep.equal([1, 1, 2]);
    expect(BLOB_CAPACITY_BYTES).to.equal(130_048);
  });

  it('has these bytes on the wire', () => {
    const [blob] = packBlobs(Uint8Array.from({ length: 40 }, (_, i) => i + 1));
    expect(toHex(blob.subarray(0, 64))).to.equal(
      `0x00${'00000028'}${Array.from({ length: 27 }, (_, i) => (i + 1).toString(16).padStart(2, '0')).join('')}` +
        `00${Array.from({ length: 13 }, (_, i) => (i + 28).toString(16).padStart(2, '0')).join('')}${'00'.repeat(18)}`,
    );
    const full = packBlobs(noise(payloadCapacityBytes(2)));
    expect(toHex(keccak256(Buffer.concat(full)))).to.equal(
      '0x95531d81219ffce293e1f3fcb36ba795431685540b42872743e6f1809bd78ef2',
    );
  });

  it('does not look at the two top bits of an element, the bytes after the payload and blobs behind it', () => {
    const payload = noise(1_000);
    const [blob] = packBlobs(payload);
    for (let i = 0; i < BLOB_SIZE_BYTES; i += 32) blob[i] |= 0x40;
    blob[2_000] ^= 0xff;
    expect(Buffer.from(unpackBlobs([blob, new Uint8Array(BLOB_SIZE_BYTES)])).equals(payload)).to.equal(true);
  });

  it('refuses a size that the blobs cannot hold, blobs of another length, and none', () => {
    const [blob] = packBlobs(new Uint8Array(5));
    blob.set([0xff, 0xff, 0xff, 0xff], 1);
    for (const blobs of [[blob], [blob.subarray(1)], [new Uint8Array(BLOB_SIZE_BYTES + 1)], []]) {
      expect(() => unpackBlobs(blobs))
        .to.throw('blobs: ')
        .with.property('code', 'Codec.InvalidBlobs');
    }
    blob.set([0, 1, 0xfb, 0xfc], 1); // 130,044: the most
    expect(unpackBlobs([blob]).length).to.equal(130_044);
    blob.set([0, 1, 0xfb, 0xfd], 1);
    expect(() => unpackBlobs([blob])).to.throw('expected at most 130044 bytes, got 130045');
  });

  it(`is total: any blobs give bytes or Codec.InvalidBlobs (seed ${SEED})`, () => {
    const blob = fc.uint8Array({ minLength: 64, maxLength: 64 }).map((start) => {
      const bytes = noise(BLOB_SIZE_BYTES);
      bytes.set(start);
      return bytes;
    });
    fc.assert(
      fc.property(fc.array(blob, { maxLength: 3 }), (blobs) => {
        try {
          return unpackBlobs(blobs).length <= payloadCapacityBytes(blobs.length);
        } catch (error) {
          return (error as { code?: string }).code === 'Codec.InvalidBlobs';
        }
      }),
      { seed: SEED, numRuns: 30 },
    );
  });
});
