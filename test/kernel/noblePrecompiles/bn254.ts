/** 0x06 to 0x08 (EIP-196, EIP-197): the curve alt_bn128. `undefined`: invalid input, the call fails. */
import { bn254 } from '@noble/curves/bn254.js';
import { toBigInt, toFixedBytes } from '../../../src/core/bytes';
import { paddedInput } from '../../../src/kernel/precompiles/paddedInput';

const G1 = bn254.G1.Point;
const G2 = bn254.G2.Point;
const { Fp, Fp2, Fp12 } = bn254.fields;
const ORDER = bn254.fields.Fr.ORDER;
type PointG1 = InstanceType<typeof G1>;
type PointG2 = InstanceType<typeof G2>;

const PAIR_SIZE_BYTES = 192;

export function bn254Add(input: Uint8Array): Uint8Array | undefined {
  const [a, b] = [readG1(paddedInput(input, 0, 64)), readG1(paddedInput(input, 64, 64))];
  return a && b && writeG1(a.add(b));
}

export function bn254Multiply(input: Uint8Array): Uint8Array | undefined {
  const point = readG1(paddedInput(input, 0, 64));
  if (!point) return undefined;
  const scalar = toBigInt(paddedInput(input, 64, 32)) % ORDER;
  if (point.is0() || scalar === 0n) return new Uint8Array(64);
  return writeG1(point.multiplyUnsafe(scalar));
}

/** Whether the product of the pairings is one, as 32 bytes. */
export function bn254Pairing(input: Uint8Array): Uint8Array | undefined {
  if (input.length % PAIR_SIZE_BYTES !== 0) return undefined;
  const pairs: { g1: PointG1; g2: PointG2 }[] = [];
  for (let at = 0; at < input.length; at += PAIR_SIZE_BYTES) {
    const g1 = readG1(input.subarray(at, at + 64));
    const g2 = readG2(input.subarray(at + 64, at + PAIR_SIZE_BYTES));
    if (!g1 || !g2) return undefined;
    // A pairing with infinity is one.
    if (!g1.is0() && !g2.is0()) pairs.push({ g1, g2 });
  }
  const isOne = pairs.length === 0 || Fp12.eql(bn254.pairingBatch(pairs), Fp12.ONE);
  const output = new Uint8Array(32);
  output[31] = isOne ? 1 : 0;
  return output;
}

function readField(bytes: Uint8Array): bigint | undefined {
  const value = toBigInt(bytes);
  return value < Fp.ORDER ? value : undefined;
}

function readG1(bytes: Uint8Array): PointG1 | undefined {
  const [x, y] = [readField(bytes.subarray(0, 32)), readField(bytes.subarray(32, 64))];
  if (x === undefined || y === undefined) return undefined;
  if (x === 0n && y === 0n) return G1.ZERO;
  // y² = x³ + 3; every point of the curve is in the group.
  return (y * y - x * x * x - 3n) % Fp.ORDER === 0n ? G1.fromAffine({ x, y }) : undefined;
}

function readG2(bytes: Uint8Array): PointG2 | undefined {
  const [x1, x0, y1, y0] = [0, 32, 64, 96].map((at) => readField(bytes.subarray(at, at + 32)));
  if (x1 === undefined || x0 === undefined || y1 === undefined || y0 === undefined) return undefined;
  if (x1 === 0n && x0 === 0n && y1 === 0n && y0 === 0n) return G2.ZERO;
  try {
    const point = G2.fromAffine({ x: Fp2.create({ c0: x0, c1: x1 }), y: Fp2.create({ c0: y0, c1: y1 }) });
    point.assertValidity();
    return point;
  } catch {
    // Not on the curve or not in the subgroup.
    return undefined;
  }
}

function writeG1(point: PointG1): Uint8Array {
  const output = new Uint8Array(64);
  if (point.is0()) return output;
  const { x, y } = point.toAffine();
  output.set(toFixedBytes(x, 32), 0);
  output.set(toFixedBytes(y, 32), 32);
  return output;
}
