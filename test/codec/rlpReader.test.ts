import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import fc from 'fast-check';
import { RlpReader, type RlpValue } from '../../src/codec/rlpReader';
import { fromHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';

const SEED = 0x726c7072;

const { list } = fc.letrec<{ item: RlpValue; list: RlpValue[] }>((tie) => ({
  item: fc.oneof({ depthSize: 'small' }, fc.uint8Array({ maxLength: 70 }), tie('list')),
  list: fc.array(tie('item'), { maxLength: 6 }),
}));

/** The list, or undefined where it is refused. */
function decode(bytes: Uint8Array): RlpValue[] | undefined {
  try {
    return RlpReader.decodeList(bytes, 'thing');
  } catch (error) {
    expect(error).to.be.instanceOf(TributaryError);
    expect((error as TributaryError).code).to.equal('Codec.InvalidRlp');
    return undefined;
  }
}

function reference(bytes: Uint8Array): RlpValue[] | undefined {
  try {
    const value = RLP.decode(bytes) as RlpValue;
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

describe('codec/rlpReader', () => {
  it(`reads what ethereumjs writes (seed ${SEED})`, () => {
    fc.assert(
      fc.property(list, (value) => {
        expect(decode(RLP.encode(value as Uint8Array[]))).to.deep.equal(value);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it(`agrees with ethereumjs on encodings with a byte changed, added or taken away (seed ${SEED})`, () => {
    const change = fc.tuple(list, fc.nat(), fc.nat(255), fc.constantFrom('set', 'insert', 'remove', 'cut'));
    fc.assert(
      fc.property(change, ([value, position, byte, what]) => {
        const encoded = [...RLP.encode(value as Uint8Array[])];
        const at = position % encoded.length;
        if (what === 'cut') encoded.length = at;
        else encoded.splice(at, what === 'insert' ? 0 : 1, ...(what === 'remove' ? [] : [byte]));
        const bytes = Uint8Array.from(encoded);
        expect(decode(bytes)).to.deep.equal(reference(bytes));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('refuses what is not canonical, one case of each', () => {
    const cases = {
      'nothing at all': '',
      'bytes in place of a list': '83646f67',
      'a byte below 0x80 with a prefix': 'c28105',
      'a size of 55 or less after the prefix': 'f801c0',
      'a size with leading zeros': 'f90038'.padEnd(6 + 2 * 0x38, '0'),
      'an item that ends after its list': 'c283646f67',
      'a size that has no bytes': 'fa',
      'bytes after the list': 'c000',
      'a size beyond every number': 'ffffffffffffffffff',
    };
    for (const [what, hex] of Object.entries(cases)) expect(decode(fromHex(hex)), what).to.equal(undefined);
  });

  it('takes lists nested 16 deep, and refuses deeper ones before the stack ends', () => {
    const nested = (depth: number) => Uint8Array.from({ length: depth }, (_, i) => 0xc0 + depth - 1 - i);
    expect(decode(nested(16))).to.deep.equal(RLP.decode(nested(16)));
    expect(() => RlpReader.decodeList(nested(17), 'thing')).to.throw(TributaryError, 'nested deeper than 16');
    // Over 20,000 lists, each of which holds the next and nothing else.
    let size = 0;
    const prefixes: number[][] = [];
    for (let depth = 0; depth < 30_000; depth++) {
      const prefix = size <= 55 ? [0xc0 + size] : size < 256 ? [0xf8, size] : [0xf9, size >> 8, size & 0xff];
      if (size > 0xffff) break;
      prefixes.push(prefix);
      size += prefix.length;
    }
    expect(decode(Uint8Array.from(prefixes.reverse().flat()))).to.equal(undefined);
  });
});
