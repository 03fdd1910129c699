import { createHash } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { p256 } from '@noble/curves/nist.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { concatBytes, toFixedBytes, toHex } from '../../src/core/bytes';
import * as mclBls from '../../src/kernel/precompiles/bls12381';
import * as mclBn from '../../src/kernel/precompiles/bn254';
import { p256Verify } from '../../src/kernel/precompiles/p256verify';
import { pointEvaluation } from '../../src/kernel/precompiles/pointEvaluation';
import * as nobleBls from './noblePrecompiles/bls12381';
import * as nobleBn from './noblePrecompiles/bn254';
import { p256Verify as nobleP256Verify } from './noblePrecompiles/p256verify';
import { pointEvaluation as noblePointEvaluation } from './noblePrecompiles/pointEvaluation';

const SEED = Number(process.env.FAST_CHECK_SEED ?? 24_681_012);
const RUNS = Number(process.env.FAST_CHECK_RUNS ?? 25);

type Precompile = (input: Uint8Array) => Uint8Array | undefined;

const BnFp = bn254.fields.Fp;
const BnFp2 = bn254.fields.Fp2;
const BlsFp = bls12_381.fields.Fp;
const BlsFp2 = bls12_381.fields.Fp2;
const BN_ORDER = bn254.fields.Fr.ORDER;
const BLS_ORDER = bls12_381.fields.Fr.ORDER;
const BnG2 = bn254.G2.Point;
const BlsG1 = bls12_381.G1.Point;
const BlsG2 = bls12_381.G2.Point;

const word = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
const wide = fc.bigInt({ min: 0n, max: 2n ** 384n - 1n });
const small = fc.bigInt({ min: 1n, max: 5n });
const scalar = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 2n, 2n ** 256n - 1n) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(BN_ORDER - 1n, BN_ORDER, BN_ORDER + 1n, BLS_ORDER - 1n, BLS_ORDER, BLS_ORDER + 1n),
  },
);

function elements(sizeBytes: number, ...values: bigint[]): Uint8Array {
  return concatBytes(...values.map((value) => toFixedBytes(value, sizeBytes)));
}

/** The first x from `seed` on for which the curve has a point, and a y; `read` is the square root of the curve's right side. */
function lift<T>(seed: bigint, root: (x: bigint) => T): { x: bigint; y: T } {
  for (let x = seed; ; x++) {
    try {
      return { x, y: root(x) };
    } catch {
      // No point has this x.
    }
  }
}

// Points of the whole curve: almost none is in the subgroup where the curve is larger than that.
function bnG1(seed: bigint): Uint8Array {
  const { x, y } = lift(seed % BnFp.ORDER, (at) => BnFp.sqrt(BnFp.add(BnFp.pow(at, 3n), 3n)));
  return elements(32, x, seed % 2n === 0n ? y : BnFp.neg(y));
}

function bnG2OfCurve(seed: bigint): InstanceType<typeof BnG2> {
  const at = (x: bigint) => BnFp2.create({ c0: x, c1: 1n });
  const twist = BnFp2.div(BnFp2.create({ c0: 3n, c1: 0n }), BnFp2.create({ c0: 9n, c1: 1n }));
  const { x, y } = lift(seed % BnFp.ORDER, (c0) => BnFp2.sqrt(BnFp2.add(BnFp2.pow(at(c0), 3n), twist)));
  return BnG2.fromAffine({ x: at(x), y });
}

/** By doubling and adding: noble's own takes no scalar above the order of the subgroup. */
function times<T extends { add(other: T): T; double(): T; subtract(other: T): T }>(point: T, scalar: bigint): T {
  let sum = point.subtract(point);
  for (const bit of scalar.toString(2)) sum = bit === '1' ? sum.double().add(point) : sum.double();
  return sum;
}

function writeBnG2(point: InstanceType<typeof BnG2>): Uint8Array {
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return elements(32, x.c1, x.c0, y.c1, y.c0);
}

function blsG1OfCurve(seed: bigint): InstanceType<typeof BlsG1> {
  const { x, y } = lift(seed % BlsFp.ORDER, (at) => BlsFp.sqrt(BlsFp.add(BlsFp.pow(at, 3n), 4n)));
  return BlsG1.fromAffine({ x, y });
}

function blsG2OfCurve(seed: bigint): InstanceType<typeof BlsG2> {
  const at = (x: bigint) => BlsFp2.create({ c0: x, c1: 1n });
  const b = BlsFp2.create({ c0: 4n, c1: 4n });
  const { x, y } = lift(seed % BlsFp.ORDER, (c0) => BlsFp2.sqrt(BlsFp2.add(BlsFp2.pow(at(c0), 3n), b)));
  return BlsG2.fromAffine({ x: at(x), y });
}

/** As noble compresses points of the subgroup. */
function compress(point: InstanceType<typeof BlsG1>): Uint8Array {
  const { x, y } = point.toAffine();
  const bytes = toFixedBytes(x, 48);
  bytes[0] |= 0x80 | (2n * y > BlsFp.ORDER ? 0x20 : 0);
  return bytes;
}

function writeBlsG1(point: InstanceType<typeof BlsG1>): Uint8Array {
  if (point.is0()) return new Uint8Array(128);
  const { x, y } = point.toAffine();
  return elements(64, x, y);
}

function writeBlsG2(point: InstanceType<typeof BlsG2>): Uint8Array {
  if (point.is0()) return new Uint8Array(256);
  const { x, y } = point.toAffine();
  return elements(64, x.c0, x.c1, y.c0, y.c1);
}

// Multiples of the generator by small numbers meet their likes and their opposites.
const nearby = fc.oneof(small, word);
const bnG1Bytes = fc.oneof(
  { weight: 6, arbitrary: nearby.map((k) => bnG1(k)) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(64)) },
  // Not on the curve; not canonical; an x of zero, which no point has.
  { weight: 1, arbitrary: fc.tuple(word, word).map(([x, y]) => elements(32, x, y)) },
  { weight: 1, arbitrary: fc.constant(elements(32, BnFp.ORDER + 1n, 2n)) },
  { weight: 1, arbitrary: fc.constant(elements(32, 0n, 1n)) },
);
const bnG2Bytes = fc.oneof(
  { weight: 8, arbitrary: word.map((k) => writeBnG2(BnG2.BASE.multiply((k % (BN_ORDER - 1n)) + 1n))) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(128)) },
  { weight: 1, arbitrary: word.map((seed) => writeBnG2(bnG2OfCurve(seed))) },
  { weight: 1, arbitrary: fc.tuple(word, word, word, word).map((values) => elements(32, ...values)) },
);
const blsG1InGroup = fc.oneof(
  { weight: 8, arbitrary: nearby.map((k) => writeBlsG1(BlsG1.BASE.multiply((k % (BLS_ORDER - 1n)) + 1n))) },
  { weight: 2, arbitrary: small.map((k) => writeBlsG1(BlsG1.BASE.multiply(k).negate())) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(128)) },
);
const blsG2InGroup = fc.oneof(
  { weight: 8, arbitrary: nearby.map((k) => writeBlsG2(BlsG2.BASE.multiply((k % (BLS_ORDER - 1n)) + 1n))) },
  { weight: 2, arbitrary: small.map((k) => writeBlsG2(BlsG2.BASE.multiply(k).negate())) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(256)) },
);
const blsG1Bytes = fc.oneof(
  { weight: 20, arbitrary: blsG1InGroup },
  { weight: 2, arbitrary: nearby.map((seed) => writeBlsG1(blsG1OfCurve(seed))) },
  // (0, 2) is a point of order three.
  { weight: 1, arbitrary: fc.constant(elements(64, 0n, 2n)) },
  { weight: 1, arbitrary: fc.tuple(wide, wide).map((values) => elements(64, ...values)) },
  { weight: 1, arbitrary: fc.constant(elements(64, BlsFp.ORDER, 2n)) },
  { weight: 1, arbitrary: fc.constant(elements(64, 2n ** 384n, 2n)) },
);
const blsG2Bytes = fc.oneof(
  { weight: 20, arbitrary: blsG2InGroup },
  { weight: 2, arbitrary: nearby.map((seed) => writeBlsG2(blsG2OfCurve(seed))) },
  { weight: 1, arbitrary: fc.tuple(wide, wide, wide, wide).map((values) => elements(64, ...values)) },
);

/** `input`, or at times the same a byte shorter or longer. */
function ofAnyLength(input: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 12, arbitrary: input },
    { weight: 1, arbitrary: input.map((bytes) => bytes.subarray(0, Math.max(0, bytes.length - 1))) },
    { weight: 1, arbitrary: input.map((bytes) => concatBytes(bytes, Uint8Array.of(1))) },
  );
}

function parts(...arbitraries: fc.Arbitrary<Uint8Array>[]): fc.Arbitrary<Uint8Array> {
  return fc.tuple(...arbitraries).map((bytes) => concatBytes(...bytes));
}

const word32 = scalar.map((value) => toFixedBytes(value, 32));

function expectSame(
  name: string,
  fast: Precompile,
  slow: Precompile,
  input: fc.Arbitrary<Uint8Array>,
  runs = RUNS,
): void {
  fc.assert(
    fc.property(ofAnyLength(input), (bytes) => {
      const [actual, expected] = [fast(bytes), slow(bytes)];
      expect(actual && toHex(actual), `${name} of ${toHex(bytes)}`).to.equal(expected && toHex(expected));
    }),
    { seed: SEED, numRuns: runs },
  );
}

describe(`Curve precompiles (seed ${SEED})`, () => {
  it('add and multiply on BN254 as noble does, inside the curve and out', () => {
    expectSame('add', mclBn.bn254Add, nobleBn.bn254Add, parts(bnG1Bytes, bnG1Bytes), 8 * RUNS);
    expectSame('mul', mclBn.bn254Multiply, nobleBn.bn254Multiply, parts(bnG1Bytes, word32), 2 * RUNS);
    const opposite = concatBytes(elements(32, 1n, 2n), elements(32, 1n, BnFp.ORDER - 2n));
    expect(mclBn.bn254Add(opposite)).to.deep.equal(new Uint8Array(64));
  });

  it('check pairings on BN254 as noble does, products of one among them', () => {
    const pairs = fc.array(parts(bnG1Bytes, bnG2Bytes), { maxLength: 3 }).map((list) => concatBytes(...list));
    expectSame('pairing', mclBn.bn254Pairing, nobleBn.bn254Pairing, pairs);
    // e(a·G, H) · e(-G, a·H) = 1
    const negated = elements(32, 1n, BnFp.ORDER - 2n);
    const [one, other] = [concatBytes(elements(32, 1n, 2n)), writeBnG2(BnG2.BASE)];
    const product = concatBytes(one, other, negated, other);
    expect(toHex(mclBn.bn254Pairing(product) ?? new Uint8Array())).to.equal(`0x${'00'.repeat(31)}01`);
    expect(toHex(mclBn.bn254Pairing(concatBytes(one, other)) ?? new Uint8Array())).to.equal(`0x${'00'.repeat(32)}`);
  });

  it('refuse points of the BN254 twist outside the subgroup, those of small order among them', () => {
    const cofactor = 2n * BnFp.ORDER - BN_ORDER;
    const ofCurve = bnG2OfCurve(17n);
    for (const order of [10069n, 5864401n, 1875725156269n, 10069n * 5864401n]) {
      expect(cofactor % order).to.equal(0n);
      const point = times(ofCurve, (cofactor / order) * BN_ORDER);
      expect(point.is0()).to.equal(false);
      for (const outside of [point, point.add(BnG2.BASE), point.negate()])
        expect(mclBn.bn254Pairing(concatBytes(elements(32, 1n, 2n), writeBnG2(outside)))).to.equal(undefined);
    }
    const inside = times(ofCurve, cofactor);
    expect(mclBn.bn254Pairing(concatBytes(elements(32, 1n, 2n), writeBnG2(inside)))).to.deep.equal(new Uint8Array(32));
  });

  it('add on BLS12-381 as noble does, also outside the subgroups', () => {
    expectSame('g1 add', mclBls.blsG1Add, nobleBls.blsG1Add, parts(blsG1Bytes, blsG1Bytes), 4 * RUNS);
    expectSame('g2 add', mclBls.blsG2Add, nobleBls.blsG2Add, parts(blsG2Bytes, blsG2Bytes), 4 * RUNS);
  });

  it('multiply and sum on BLS12-381 as noble does, and refuse points outside the subgroups', () => {
    const g1 = fc.array(parts(blsG1Bytes, word32), { maxLength: 4 }).map((list) => concatBytes(...list));
    const g2 = fc.array(parts(blsG2Bytes, word32), { maxLength: 3 }).map((list) => concatBytes(...list));
    expectSame('g1 msm', mclBls.blsG1Msm, nobleBls.blsG1Msm, g1);
    expectSame('g2 msm', mclBls.blsG2Msm, nobleBls.blsG2Msm, g2);
    for (const seed of [5n, 6n, 7n, 8n]) {
      expect(mclBls.blsG1Msm(concatBytes(writeBlsG1(blsG1OfCurve(seed)), elements(32, 1n)))).to.equal(undefined);
      expect(mclBls.blsG2Msm(concatBytes(writeBlsG2(blsG2OfCurve(seed)), elements(32, 1n)))).to.equal(undefined);
    }
  });

  it('refuse points of small order on BLS12-381', () => {
    const cofactor1 = 0x396c8c005555e1568c00aaab0000aaabn;
    // What is left of the cofactor's factors 3, 11², 10177²…: the group has two of each of the latter.
    for (const part of [3n, 11n ** 2n, 10177n ** 2n, 859267n ** 2n, 52437899n ** 2n]) {
      expect(cofactor1 % part).to.equal(0n);
      const point = times(blsG1OfCurve(9n), (cofactor1 / part) * BLS_ORDER);
      expect(point.is0()).to.equal(false);
      for (const outside of [point, point.add(BlsG1.BASE)])
        expect(mclBls.blsG1Msm(concatBytes(writeBlsG1(outside), elements(32, 1n)))).to.equal(undefined);
    }
  });

  it('sum more pairs than fit a batch', () => {
    const points = [1n, 2n, 3n, 4n].map((k) => writeBlsG1(BlsG1.BASE.multiply(k)));
    const input = concatBytes(
      ...Array.from({ length: 300 }, (_, i) => concatBytes(points[i % 4], elements(32, BigInt(i)))),
    );
    const total = Array.from({ length: 300 }, (_, i) => BigInt(i) * BigInt((i % 4) + 1)).reduce((a, b) => a + b, 0n);
    expect(mclBls.blsG1Msm(input)).to.deep.equal(writeBlsG1(BlsG1.BASE.multiply(total)));
  });

  it('check pairings on BLS12-381 as noble does, products of one among them', () => {
    const pairs = fc.array(parts(blsG1Bytes, blsG2Bytes), { maxLength: 3 }).map((list) => concatBytes(...list));
    expectSame('pairing', mclBls.blsPairing, nobleBls.blsPairing, pairs);
    const [g, h] = [BlsG1.BASE.multiply(77n), BlsG2.BASE.multiply(77n)];
    const product = [writeBlsG1(g), writeBlsG2(BlsG2.BASE), writeBlsG1(BlsG1.BASE.negate()), writeBlsG2(h)];
    expect(toHex(mclBls.blsPairing(concatBytes(...product)) ?? new Uint8Array())).to.equal(`0x${'00'.repeat(31)}01`);
  });

  it('map field elements to BLS12-381 as noble does', () => {
    const element = fc
      .oneof({ weight: 6, arbitrary: wide.map((value) => value % BlsFp.ORDER) }, { weight: 1, arbitrary: wide }, small)
      .map((value) => toFixedBytes(value, 64));
    const edges = fc
      .constantFrom(0n, 1n, BlsFp.ORDER - 1n, BlsFp.ORDER, 2n ** 384n)
      .map((value) => toFixedBytes(value, 64));
    const any = fc.oneof({ weight: 3, arbitrary: element }, edges);
    expectSame('map to g1', mclBls.blsMapFpToG1, nobleBls.blsMapFpToG1, any, 2 * RUNS);
    expectSame('map to g2', mclBls.blsMapFp2ToG2, nobleBls.blsMapFp2ToG2, parts(any, any), 2 * RUNS);
  });

  it('evaluate points as noble does, proofs that hold among them', () => {
    const compressed = fc.oneof(
      { weight: 4, arbitrary: nearby.map((k) => BlsG1.BASE.multiply((k % (BLS_ORDER - 1n)) + 1n).toBytes(true)) },
      { weight: 2, arbitrary: fc.constant(BlsG1.ZERO.toBytes(true)) },
      { weight: 1, arbitrary: word.map((seed) => compress(blsG1OfCurve(seed))) },
      { weight: 1, arbitrary: fc.uint8Array({ minLength: 48, maxLength: 48 }) },
      // Flags: none, infinity with a sign or with a body, uncompressed infinity; an x above the field's order.
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          new Uint8Array(48),
          Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0xe0 : 0)),
          Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0xc0 : i === 47 ? 1 : 0)),
          Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x40 : 0)),
          Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x9f : 0xff)),
          Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x80 : 0)),
          Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0xa0 : 0)),
        ),
      },
    );
    const versioned = (z: Uint8Array, y: Uint8Array, commitment: Uint8Array, proof: Uint8Array) => {
      const hash = new Uint8Array(createHash('sha256').update(commitment).digest());
      hash[0] = 1;
      return concatBytes(hash, z, y, commitment, proof);
    };
    const random = fc.tuple(word32, word32, compressed, compressed).map((parts4) => versioned(...parts4));
    // A constant polynomial: C = y·G and a proof of infinity.
    const constant = fc.tuple(word32, word).map(([z, y]) => {
      const value = y % BLS_ORDER;
      const commitment = value === 0n ? BlsG1.ZERO : BlsG1.BASE.multiply(value);
      return versioned(z, toFixedBytes(value, 32), commitment.toBytes(true), BlsG1.ZERO.toBytes(true));
    });
    expectSame('point evaluation', pointEvaluation, noblePointEvaluation, fc.oneof(random, constant), 2 * RUNS);
  });

  it('verify secp256r1 signatures as noble does, changed ones and other bytes too', () => {
    const order = p256.Point.Fn.ORDER;
    const key = word.map((value) => toFixedBytes((value % (order - 1n)) + 1n, 32));
    const signed = fc.tuple(key, fc.uint8Array({ minLength: 32, maxLength: 32 })).map(([secret, digest]) => {
      const signature = p256.sign(digest, secret, { prehash: false, lowS: false });
      return concatBytes(digest, signature, p256.getPublicKey(secret, false).subarray(1));
    });
    const edge = fc.constantFrom(0n, 1n, order - 1n, order, p256.Point.Fp.ORDER, 2n ** 256n - 1n);
    const changed = fc.tuple(signed, fc.nat(4), edge).map(([input, index, value]) => {
      const copy = input.slice();
      copy.set(toFixedBytes(value, 32), 32 * index);
      return copy;
    });
    const flipped = fc.tuple(signed, fc.nat(159), fc.nat(7)).map(([input, at, bit]) => {
      const copy = input.slice();
      copy[at] ^= 1 << bit;
      return copy;
    });
    const mirrored = signed.map((input) => {
      const copy = input.slice();
      copy.set(toFixedBytes(order - BigInt(toHex(input.subarray(64, 96))), 32), 64);
      return copy;
    });
    expectSame('p256', p256Verify, nobleP256Verify, fc.oneof(signed, changed, flipped, mirrored), 4 * RUNS);
  });
});
