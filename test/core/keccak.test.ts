import { expect } from 'chai';
import fc from 'fast-check';
import { keccak256, keccakInJavaScript } from '../../src/core/keccak';

const SEED = 0x636f7265;

describe('core/keccak', () => {
  it('gives the known hash of nothing', () => {
    const hash = Buffer.from(keccak256(new Uint8Array())).toString('hex');
    expect(hash).to.equal('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
  });

  it(`agrees with the JavaScript implementation, at any offset of a larger buffer (seed ${SEED})`, () => {
    const input = fc.tuple(fc.uint8Array({ maxLength: 700 }), fc.nat(9));
    fc.assert(
      fc.property(input, ([bytes, offset]) => {
        const view = bytes.subarray(Math.min(offset, bytes.length));
        expect(keccak256(view)).to.deep.equal(keccakInJavaScript(view));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('takes inputs that are larger than its memory, and small ones after them', () => {
    for (const sizeBytes of [60_000, 61_408, 61_409, 1_000_000, 3, 2_000_000]) {
      const input = Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31) & 0xff);
      expect(keccak256(input), `${sizeBytes} bytes`).to.deep.equal(keccakInJavaScript(input));
    }
  });

  it('hands out hashes that later calls leave alone, also when a hash is hashed', () => {
    const first = keccak256(Uint8Array.of(1));
    const kept = first.slice();
    expect(keccak256(first)).to.deep.equal(keccakInJavaScript(kept));
    expect(first).to.deep.equal(kept);
    expect(first.buffer.byteLength).to.equal(32);
  });
});
