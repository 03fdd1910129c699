/** 0x0b to 0x11 (EIP-2537). Field elements take 64 bytes, the upper 16 zero. `undefined`: invalid input, the call fails. */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { toBigInt, toFixedBytes } from '../../../src/core/bytes';

const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
const { Fp, Fp2, Fp12, Fr } = bls12_381.fields;
type PointG1 = InstanceType<typeof G1>;
type PointG2 = InstanceType<typeof G2>;

// The declared types are those of the bare map; what it is, is the hasher's, which takes G1's one element bare and clears the cofactor.
const mapToG1 = bls12_381.G1.mapToCurve as unknown as (element: bigint) => PointG1;
const mapToG2 = bls12_381.G2.mapToCurve as unknown as (element: [bigint, bigint]) => PointG2;

const FIELD_SIZE_BYTES = 64;
const G1_SIZE_BYTES = 128;
const G2_SIZE_BYTES = 256;
const SCALAR_SIZE_BYTES = 32;

export function blsG1Add(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== 2 * G1_SIZE_BYTES) return undefined;
  const [a, b] = [readG1(input.subarray(0, G1_SIZE_BYTES)), readG1(input.subarray(G1_SIZE_BYTES))];
  return a && b && writeG1(a.add(b));
}

export function blsG2Add(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== 2 * G2_SIZE_BYTES) return undefined;
  const [a, b] = [readG2(input.subarray(0, G2_SIZE_BYTES)), readG2(input.subarray(G2_SIZE_BYTES))];
  return a && b && writeG2(a.add(b));
}

export function blsG1Msm(input: Uint8Array): Uint8Array | undefined {
  const pairSize = G1_SIZE_BYTES + SCALAR_SIZE_BYTES;
  if (input.length === 0 || input.length % pairSize !== 0) return undefined;
  let sum = G1.ZERO;
  for (let at = 0; at < input.length; at += pairSize) {
    const point = readG1(input.subarray(at, at + G1_SIZE_BYTES));
    if (!point?.isTorsionFree()) return undefined;
    const scalar = toBigInt(input.subarray(at + G1_SIZE_BYTES, at + pairSize)) % Fr.ORDER;
    if (scalar !== 0n && !point.is0()) sum = sum.add(point.multiplyUnsafe(scalar));
  }
  return writeG1(sum);
}

export function blsG2Msm(input: Uint8Array): Uint8Array | undefined {
  const pairSize = G2_SIZE_BYTES + SCALAR_SIZE_BYTES;
  if (input.length === 0 || input.length % pairSize !== 0) return undefined;
  let sum = G2.ZERO;
  for (let at = 0; at < input.length; at += pairSize) {
    const point = readG2(input.subarray(at, at + G2_SIZE_BYTES));
    if (!point?.isTorsionFree()) return undefined;
    const scalar = toBigInt(input.subarray(at + G2_SIZE_BYTES, at + pairSize)) % Fr.ORDER;
    if (scalar !== 0n && !point.is0()) sum = sum.add(point.multiplyUnsafe(scalar));
  }
  return writeG2(sum);
}

/** Whether the product of the pairings is one, as 32 bytes. */
export function blsPairing(input: Uint8Array): Uint8Array | undefined {
  const pairSize = G1_SIZE_BYTES + G2_SIZE_BYTES;
  if (input.length === 0 || input.length % pairSize !== 0) return undefined;
  const pairs: { g1: PointG1; g2: PointG2 }[] = [];
  for (let at = 0; at < input.length; at += pairSize) {
    const g1 = readG1(input.subarray(at, at + G1_SIZE_BYTES));
    const g2 = readG2(input.subarray(at + G1_SIZE_BYTES, at + pairSize));
    if (!g1?.isTorsionFree() || !g2?.isTorsionFree()) return undefined;
    if (!g1.is0() && !g2.is0()) pairs.push({ g1, g2 });
  }
  const isOne = pairs.length === 0 || Fp12.eql(bls12_381.pairingBatch(pairs), Fp12.ONE);
  const output = new Uint8Array(32);
  output[31] = isOne ? 1 : 0;
  return output;
}

export function blsMapFpToG1(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== FIELD_SIZE_BYTES) return undefined;
  const element = readField(input);
  return element === undefined ? undefined : writeG1(mapToG1(element));
}

export function blsMapFp2ToG2(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== 2 * FIELD_SIZE_BYTES) return undefined;
  const [c0, c1] = [readField(input.subarray(0, 64)), readField(input.subarray(64))];
  if (c0 === undefined || c1 === undefined) return undefined;
  return writeG2(mapToG2([c0, c1]));
}

function readField(bytes: Uint8Array): bigint | undefined {
  const value = toBigInt(bytes.subarray(0, FIELD_SIZE_BYTES));
  return value < Fp.ORDER ? value : undefined;
}

/** A point of the curve, not necessarily of the subgroup. */
function readG1(bytes: Uint8Array): PointG1 | undefined {
  const [x, y] = [readField(bytes.subarray(0, 64)), readField(bytes.subarray(64, 128))];
  if (x === undefined || y === undefined) return undefined;
  if (x === 0n && y === 0n) return G1.ZERO;
  // y² = x³ + 4
  return Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), 4n)) ? G1.fromAffine({ x, y }) : undefined;
}

/** A point of the curve, not necessarily of the subgroup. */
function readG2(bytes: Uint8Array): PointG2 | undefined {
  const [x0, x1, y0, y1] = [0, 64, 128, 192].map((at) => readField(bytes.subarray(at, at + 64)));
  if (x0 === undefined || x1 === undefined || y0 === undefined || y1 === undefined) return undefined;
  if (x0 === 0n && x1 === 0n && y0 === 0n && y1 === 0n) return G2.ZERO;
  const x = Fp2.create({ c0: x0, c1: x1 });
  const y = Fp2.create({ c0: y0, c1: y1 });
  // y² = x³ + 4(1 + i)
  const right = Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.create({ c0: 4n, c1: 4n }));
  return Fp2.eql(Fp2.sqr(y), right) ? G2.fromAffine({ x, y }) : undefined;
}

function writeG1(point: PointG1): Uint8Array {
  const output = new Uint8Array(G1_SIZE_BYTES);
  if (point.is0()) return output;
  const { x, y } = point.toAffine();
  output.set(toFixedBytes(x, FIELD_SIZE_BYTES), 0);
  output.set(toFixedBytes(y, FIELD_SIZE_BYTES), 64);
  return output;
}

function writeG2(point: PointG2): Uint8Array {
  const output = new Uint8Array(G2_SIZE_BYTES);
  if (point.is0()) return output;
  const { x, y } = point.toAffine();
  [x.c0, x.c1, y.c0, y.c1].forEach((value, i) => {
    output.set(toFixedBytes(value, FIELD_SIZE_BYTES), FIELD_SIZE_BYTES * i);
  });
  return output;
}
