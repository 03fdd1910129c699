import { expect } from 'chai';
import fc from 'fast-check';
import { toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { ByteMap } from '../../src/state/byteMap';
import { UndoRecord } from '../../src/state/undoRecord';

const HASH_SEED = 7;
const SEED = Number(process.env.FUZZ_SEED ?? 20260106);

function recordOf(entries: [key: Uint8Array, value: Uint8Array | undefined][]): UndoRecord {
  const changes = new ByteMap<Uint8Array | undefined>(HASH_SEED);
  for (const [key, value] of entries) changes.set(key, value);
  return UndoRecord.of(changes);
}

describe('UndoRecord', () => {
  it(`answers for each of its keys and for no other, from its bytes alone (seed ${SEED})`, () => {
    const change = fc.tuple(
      fc.uint8Array({ maxLength: 100 }),
      fc.option(fc.uint8Array({ maxLength: 80 }), { nil: undefined }),
    );
    const changes = fc.uniqueArray(change, { selector: ([key]) => toHex(key), maxLength: 40 });
    fc.assert(
      fc.property(changes, fc.uint8Array({ maxLength: 100 }), (entries, other) => {
        const record = new UndoRecord(new Uint8Array(recordOf(entries).bytes));
        for (const [key, previous] of entries) expect(record.lookup(key)).to.deep.equal({ previous });
        if (!entries.some(([key]) => toHex(key) === toHex(other))) expect(record.lookup(other)).to.equal(undefined);
        const byKey = ([a]: [Uint8Array, unknown], [b]: [Uint8Array, unknown]) => Buffer.compare(a, b);
        expect([...record.entries()].sort(byKey)).to.deep.equal([...entries].sort(byKey));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('has golden bytes', () => {
    const record = recordOf([
      [Uint8Array.of(2, 3), undefined],
      [Uint8Array.of(1), Uint8Array.of(9, 8)],
    ]);
    expect(toHex(record.bytes)).to.equal(
      '0x00000007' + '00000002' + '385a0bcb00000004' + '6f21293500000009' + '02020300' + '0101010908',
    );
  });

  it('takes no key that is longer than its length byte can say', () => {
    expect(() => recordOf([[new Uint8Array(256), undefined]])).to.throw(TributaryError, 'shorter than 256');
  });
});
