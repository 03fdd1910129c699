import { expect } from 'chai';
import fc from 'fast-check';
import { toHex } from '../../src/core/bytes';
import { ByteMap, hashBytes } from '../../src/state/byteMap';

/** Found by trying. */
const COLLIDING = [Uint8Array.of(242, 164, 0, 0, 1, 214), Uint8Array.of(185, 166, 0, 0, 0, 43)];
const SEED = Number(process.env.FUZZ_SEED ?? 20260112);

describe('ByteMap', () => {
  it(`does what a map by hexadecimal keys does, in the same order (seed ${SEED})`, () => {
    // Short keys of few values: many are equal, or differ in their length alone.
    const key = fc.array(fc.nat(2), { maxLength: 9 }).map((bytes) => Uint8Array.from(bytes));
    const write = fc.record({ key, value: fc.option(fc.nat(9), { nil: undefined }), onlyNew: fc.boolean() });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 400 }), fc.nat(), (writes, seed) => {
        const map = new ByteMap<number | undefined>(seed);
        const model = new Map<string, number | undefined>();
        for (const { key, value, onlyNew } of writes) {
          const isNew = !model.has(toHex(key));
          if (onlyNew) expect(map.setNew(key, () => value)).to.equal(isNew);
          else map.set(key, value);
          if (isNew || !onlyNew) model.set(toHex(key), value);
          expect(map.get(key)).to.equal(model.get(toHex(key)));
        }
        expect([...map.entries()].map(([key, value]) => [toHex(key), value])).to.deep.equal([...model]);
        expect(map.size).to.equal(model.size);
        const mapped = map.map((key, value) => `${toHex(key)}: ${value}`);
        for (const [key, value] of map.entries()) expect(mapped.get(key)).to.equal(`${toHex(key)}: ${value}`);
        // Each grows on its own.
        const added = Uint8Array.of(3);
        mapped.set(added, 'only here');
        expect([mapped.get(added), map.indexOf(added)]).to.deep.equal(['only here', -1]);
        expect([mapped.size, mapped.seed]).to.deep.equal([map.size + 1, seed]);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('tells a key whose value is undefined from one that is not there', () => {
    const map = new ByteMap<undefined>();
    map.set(Uint8Array.of(1), undefined);
    expect(map.indexOf(Uint8Array.of(1))).to.equal(0);
    expect(map.indexOf(Uint8Array.of(1, 0))).to.equal(-1);
    expect(map.indexOf(Uint8Array.of())).to.equal(-1);
  });

  it('keeps keys apart that have one hash', () => {
    expect(hashBytes(COLLIDING[0], 0)).to.equal(hashBytes(COLLIDING[1], 0));
    const map = new ByteMap<number>(0);
    map.set(COLLIDING[0], 1);
    expect(map.get(COLLIDING[1])).to.equal(undefined);
    map.set(COLLIDING[1], 2);
    expect(COLLIDING.map((key) => map.get(key))).to.deep.equal([1, 2]);
  });

  it('hashes as the records on disk were', () => {
    expect(hashBytes(Uint8Array.from([1, 2, 3, 4, 5]), 42)).to.equal(-2064006189);
    expect(hashBytes(new Uint8Array(0), 42)).to.equal(-1155342988);
  });
});
