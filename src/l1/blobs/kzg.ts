import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BLOB_SIZE_BYTES } from '../../codec/blob/blobPacking';
import { assert } from '../../core/assert';
import { concatBytes, fromHex, type Hash, toBigInt, toFixedBytes } from '../../core/bytes';
import { bls12381Curve } from '../../kernel/precompiles/bls12381';
import { G1_SIZE_BYTES } from '../../kernel/precompiles/mcl';
import { pointEvaluation } from '../../kernel/precompiles/pointEvaluation';

/**
 * KZG for blobs (EIP-4844, consensus-specs/deneb/polynomial-commitments.md) on the calling thread, over mcl: commitments and proofs take
 * about 0.4 s a blob, a check by proof 25 ms. The same bits as kzg-wasm, whose own setup takes 14 s to load; here it is 0.3 s, and none
 * for a check by proof. Only cell proofs need kzg-wasm (see `cellProofs`).
 */

/** BLS_MODULUS. */
const MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
/** Of BLS12-381's base field. */
const FIELD_ORDER = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const ELEMENT_COUNT = 4096;
const ELEMENT_COUNT_BITS = 12;
const ELEMENT_SIZE_BYTES = 32;
const POINT_SIZE_BYTES = 48;
/** FIAT_SHAMIR_PROTOCOL_DOMAIN ‖ degree, 16 bytes. */
const CHALLENGE_DOMAIN = concatBytes(new TextEncoder().encode('FSBLOBVERIFY_V1_'), toFixedBytes(ELEMENT_COUNT, 16));
/** Generates the field's multiplicative group. */
const PRIMITIVE_ROOT = 7n;
/** VERSIONED_HASH_VERSION_KZG. */
const VERSION_KZG = 1;

/** sha256 of the commitment with its first byte replaced by 1: what a transaction names a blob by. @param commitment 48 bytes */
export function versionedHashOf(commitment: Uint8Array): Hash {
  const hash = new Uint8Array(createHash('sha256').update(commitment).digest());
  hash[0] = VERSION_KZG;
  return hash;
}

/** blob_to_kzg_commitment: 48 bytes. @returns undefined when an element is not below the field's order */
export function commitmentOf(blob: Uint8Array): Uint8Array | undefined {
  return elementsOf(blob) ? multiplyLagrange(blob) : undefined;
}

/** compute_blob_kzg_proof: 48 bytes. @param blob one that `commitment` was computed of */
export function proofOf(blob: Uint8Array, commitment: Uint8Array): Uint8Array {
  const elements = elementsOf(blob);
  assert(elements, 'a proof is of a blob that has a commitment');
  const z = challengeOf(blob, commitment);
  const y = evaluate(elements, z);
  const roots = domain();
  const inverses = invertAll(roots.map((root) => modulo(root - z)));
  assert(inverses, 'a hash does not hit the domain');
  const quotient = new Uint8Array(BLOB_SIZE_BYTES);
  for (let i = 0; i < ELEMENT_COUNT; i++) {
    quotient.set(toFixedBytes(modulo((elements[i] - y) * inverses[i]), ELEMENT_SIZE_BYTES), i * ELEMENT_SIZE_BYTES);
  }
  return multiplyLagrange(quotient);
}

/** verify_blob_kzg_proof: whether `proof` shows that `commitment` is the blob's. Total. */
export function isProofRight(blob: Uint8Array, commitment: Uint8Array, proof: Uint8Array): boolean {
  const elements = elementsOf(blob);
  if (!elements || commitment.length !== POINT_SIZE_BYTES || proof.length !== POINT_SIZE_BYTES) return false;
  const z = challengeOf(blob, commitment);
  const y = evaluate(elements, z);
  const [zBytes, yBytes] = [z, y].map((value) => toFixedBytes(value, ELEMENT_SIZE_BYTES));
  return pointEvaluation(concatBytes(versionedHashOf(commitment), zBytes, yBytes, commitment, proof)) !== undefined;
}

function elementsOf(blob: Uint8Array): bigint[] | undefined {
  if (blob.length !== BLOB_SIZE_BYTES) return undefined;
  const elements = new Array<bigint>(ELEMENT_COUNT);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  for (let i = 0, at = 0; i < ELEMENT_COUNT; i++, at += ELEMENT_SIZE_BYTES) {
    const value =
      (view.getBigUint64(at) << 192n) |
      (view.getBigUint64(at + 8) << 128n) |
      (view.getBigUint64(at + 16) << 64n) |
      view.getBigUint64(at + 24);
    if (value >= MODULUS) return undefined;
    elements[i] = value;
  }
  return elements;
}

/** compute_challenge. */
function challengeOf(blob: Uint8Array, commitment: Uint8Array): bigint {
  const hash = createHash('sha256').update(CHALLENGE_DOMAIN).update(blob).update(commitment).digest();
  return toBigInt(hash) % MODULUS;
}

/** evaluate_polynomial_in_evaluation_form: barycentric, (z^n - 1) / n × Σ pᵢ ωᵢ / (z - ωᵢ). */
function evaluate(elements: bigint[], z: bigint): bigint {
  const roots = domain();
  const inverses = invertAll(roots.map((root) => modulo(z - root)));
  if (!inverses) return elements[roots.indexOf(z)];
  let sum = 0n;
  for (let i = 0; i < ELEMENT_COUNT; i++) sum += ((elements[i] * roots[i]) % MODULUS) * inverses[i];
  const factor = (power(z, BigInt(ELEMENT_COUNT)) - 1n) * power(BigInt(ELEMENT_COUNT), MODULUS - 2n);
  return modulo((sum % MODULUS) * modulo(factor));
}

/** Montgomery's trick: one inversion for all. @returns undefined when one is zero */
function invertAll(values: bigint[]): bigint[] | undefined {
  const prefixes = new Array<bigint>(values.length);
  let product = 1n;
  for (const [i, value] of values.entries()) {
    if (value === 0n) return undefined;
    prefixes[i] = product;
    product = (product * value) % MODULUS;
  }
  let inverse = power(product, MODULUS - 2n);
  const inverses = new Array<bigint>(values.length);
  for (let i = values.length - 1; i >= 0; i--) {
    inverses[i] = (inverse * prefixes[i]) % MODULUS;
    inverse = (inverse * values[i]) % MODULUS;
  }
  return inverses;
}

let roots: bigint[] | undefined;

/** The 4096th roots of unity in bit-reversed order: where a blob's elements are the polynomial's values. */
function domain(): bigint[] {
  if (roots) return roots;
  const root = power(PRIMITIVE_ROOT, (MODULUS - 1n) / BigInt(ELEMENT_COUNT));
  roots = new Array<bigint>(ELEMENT_COUNT);
  let value = 1n;
  for (let i = 0; i < ELEMENT_COUNT; i++) {
    roots[reverseBits(i)] = value;
    value = (value * root) % MODULUS;
  }
  return roots;
}

/** Where the setup and the scalars lie in mcl's memory. */
let setup: { points: number; scalars: number; total: number } | undefined;

/** Σ elementᵢ × [Lᵢ(τ)]₁, compressed. */
function multiplyLagrange(elements: Uint8Array): Uint8Array {
  const curve = bls12381Curve();
  setup ??= loadSetup();
  const { points, scalars, total } = setup;
  for (let i = 0; i < ELEMENT_COUNT; i++) {
    curve.readScalar(elements, i * ELEMENT_SIZE_BYTES, scalars + i * ELEMENT_SIZE_BYTES);
  }
  curve.c.mclBnG1_mulVec(total, points, scalars, ELEMENT_COUNT);
  return compress(curve.writePoint(curve.g1, total));
}

/** @param point as EIP-2537 writes it: x and y in 64 bytes each, all zeros for infinity. @returns the 48 bytes of Zcash's form */
function compress(point: Uint8Array): Uint8Array {
  const compressed = point.slice(16, 64);
  const y = toBigInt(point.subarray(80, 128));
  if (y === 0n && compressed.every((byte) => byte === 0)) compressed[0] = 0xc0;
  else compressed[0] |= y > FIELD_ORDER / 2n ? 0xa0 : 0x80;
  return compressed;
}

/** The ceremony's points in Lagrange form, from kzg-wasm's copy of the trusted setup. They are a constant: their order is not checked. */
function loadSetup(): NonNullable<typeof setup> {
  const curve = bls12381Curve();
  const file = join(dirname(require.resolve('kzg-wasm')), 'trustedSetup.js');
  const hex = /"g1_lagrange":\s*"([0-9a-f]+)"/.exec(readFileSync(file, 'latin1'))?.[1] ?? '';
  const bytes = fromHex(`0x${hex}`);
  const hash = createHash('sha256').update(bytes).digest('hex');
  assert(
    hash === SETUP_SHA256,
    `the trusted setup of kzg-wasm must be Ethereum’s, sha256 ${SETUP_SHA256}, got ${hash}`,
  );
  const points = curve.c.malloc(ELEMENT_COUNT * G1_SIZE_BYTES);
  for (let i = 0; i < ELEMENT_COUNT; i++) {
    const at = reverseBits(i) * POINT_SIZE_BYTES;
    const isPoint = curve.readCompressedG1(bytes.subarray(at, at + POINT_SIZE_BYTES), points + i * G1_SIZE_BYTES);
    assert(isPoint, 'the setup holds points of the curve');
  }
  return { points, scalars: curve.c.malloc(BLOB_SIZE_BYTES), total: curve.c.malloc(G1_SIZE_BYTES) };
}

/** Of the 4096 compressed points, one after the other. */
const SETUP_SHA256 = '52c7615a9bd3eb20df67eb5a81ee701c96787c82a5ff638740b54fbadfde960b';

function reverseBits(index: number): number {
  let reversed = 0;
  for (let bit = 0; bit < ELEMENT_COUNT_BITS; bit++) reversed = (reversed << 1) | ((index >> bit) & 1);
  return reversed;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % MODULUS;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % MODULUS;
    square = (square * square) % MODULUS;
  }
  return result;
}

function modulo(value: bigint): bigint {
  const rest = value % MODULUS;
  return rest < 0n ? rest + MODULUS : rest;
}
