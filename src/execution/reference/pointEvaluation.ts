import { type CustomPrecompile, EVMError, type ExecResult, type PrecompileInput } from '@ethereumjs/evm';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, EMPTY_BYTES, equalBytes, fromHex, toBigInt, toFixedBytes } from '../../core/bytes';

const GAS = 50_000n;
const FIELD_ELEMENTS_PER_BLOB = 4096;
const BLS_MODULUS = bls12_381.fields.Fr.ORDER;
/** [τ]₂ of Ethereum's KZG ceremony: all that a verification needs of the trusted setup. */
const TAU_G2 = fromHex(
  '0xb5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
);
const OUTPUT = concatBytes(toFixedBytes(FIELD_ELEMENTS_PER_BLOB, 32), toFixedBytes(BLS_MODULUS, 32));

/**
 * Precompile 0x0a (EIP-4844), by two pairings. The library's own wants a whole trusted setup loaded, which takes kzg-wasm 14 s;
 * a verification needs one point of it.
 */
export const pointEvaluationPrecompile: CustomPrecompile = {
  address: '0x000000000000000000000000000000000000000a',
  function: pointEvaluation,
};

function pointEvaluation({ data, gasLimit }: PrecompileInput): ExecResult {
  if (gasLimit < GAS) return failure(EVMError.errorMessages.OUT_OF_GAS, gasLimit);
  if (data.length !== 192) return failure(EVMError.errorMessages.INVALID_INPUT_LENGTH, gasLimit);
  const commitment = data.subarray(96, 144);
  const versionedHash = sha256(commitment);
  versionedHash[0] = 1;
  if (!equalBytes(versionedHash, data.subarray(0, 32))) {
    return failure(EVMError.errorMessages.INVALID_COMMITMENT, gasLimit);
  }
  if (!verifyKzgProof(commitment, data.subarray(32, 64), data.subarray(64, 96), data.subarray(144, 192))) {
    return failure(EVMError.errorMessages.INVALID_PROOF, gasLimit);
  }
  return { executionGasUsed: GAS, returnValue: OUTPUT };
}

/** Whether the polynomial behind `commitment` (48 bytes) has the value `y` at `z` (32 bytes each): e(C − [y]₁, G₂) = e(π, [τ − z]₂). */
export function verifyKzgProof(commitment: Uint8Array, z: Uint8Array, y: Uint8Array, proof: Uint8Array): boolean {
  const { G1, G2, fields, pairingBatch } = bls12_381;
  const at = toBigInt(z);
  const value = toBigInt(y);
  if (at >= BLS_MODULUS || value >= BLS_MODULUS) return false;
  const g1 = G1.Point.BASE;
  const g2 = G2.Point.BASE;
  let left: typeof g1;
  let quotient: typeof g1;
  try {
    left = subgroupPoint(commitment);
    quotient = subgroupPoint(proof);
  } catch {
    // The library throws for bytes that are not a point of the group; for the precompile that is a wrong proof like any other.
    return false;
  }
  left = left.subtract(multiplied(g1, value));
  const shifted = G2.Point.fromBytes(TAU_G2).subtract(multiplied(g2, at));
  // The library's pairing takes no points at infinity; e(O, Q) = 1.
  const pairs = [
    { g1: left, g2: g2.negate() },
    { g1: quotient, g2: shifted },
  ].filter((pair) => !pair.g1.is0() && !pair.g2.is0());
  return fields.Fp12.eql(pairingBatch(pairs), fields.Fp12.ONE);
}

function subgroupPoint(bytes: Uint8Array) {
  const point = bls12_381.G1.Point.fromBytes(bytes);
  point.assertValidity();
  return point;
}

function multiplied<Point extends { multiply(scalar: bigint): Point; subtract(other: Point): Point }>(
  point: Point,
  scalar: bigint,
): Point {
  return scalar === 0n ? point.subtract(point) : point.multiply(scalar);
}

function failure(error: EVMError['error'], gasLimit: bigint): ExecResult {
  return { executionGasUsed: gasLimit, returnValue: EMPTY_BYTES, exceptionError: new EVMError(error) };
}
