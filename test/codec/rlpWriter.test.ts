import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeRlp } from '../../src/codec/rlpWriter';
import { toHex } from '../../src/core/bytes';

const SEED = 20_261_121;

describe('encodeRlp', () => {
  const { value } = fc.letrec<{ value: Uint8Array | unknown[] }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.uint8Array({ maxLength: 80 }),
      fc.array(tie('value'), { maxLength: 12 }),
    ),
  }));

  it(`writes what @ethereumjs/rlp writes, whatever is nested in what (seed ${SEED})`, () => {
    fc.assert(
      fc.property(value, (any) => {
        expect(toHex(encodeRlp(any as Uint8Array[]))).to.equal(toHex(RLP.encode(any as Uint8Array[])));
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('writes single bytes, empty strings, empty lists and every size of length as the specification has them', () => {
    const string = (length: number) => new Uint8Array(length).fill(0xff);
    for (const item of [
      ...[0x00, 0x7f, 0x80, 0xff].map((byte) => Uint8Array.of(byte)),
      ...[0, 55, 56, 255, 256, 65_535, 65_536, 2 ** 24 - 1, 2 ** 24].map(string),
    ]) {
      for (const nested of [item, [item], [[], item, [item]]]) {
        expect(Buffer.compare(encodeRlp(nested), RLP.encode(nested as Uint8Array[])), `${item.length} bytes`).to.equal(
          0,
        );
      }
    }
    expect(toHex(encodeRlp([]))).to.equal('0xc0');
  });
});
