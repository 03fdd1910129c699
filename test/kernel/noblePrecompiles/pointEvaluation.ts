import { createHash } from 'node:crypto';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { concatBytes, equalBytes, fromHex, toBigInt, toFixedBytes } from '../../../src/core/bytes';

const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
const { Fr, Fp12 } = bls12_381.fields;
type PointG1 = InstanceType<typeof G1>;
type PointG2 = InstanceType<typeof G2>;

const INPUT_SIZE_BYTES = 192;
const FIELD_ELEMENTS_PER_BLOB = 4096;
const KZG_VERSION = 1;
const OUTPUT = concatBytes(toFixedBytes(FIELD_ELEMENTS_PER_BLOB, 32), toFixedBytes(Fr.ORDER, 32));

/**
 * [τ]₂ of the KZG ceremony (EIP-4844's KZG_SETUP_G2[1]): the one point of the trusted setup that checking a proof needs.
 * Loading the whole setup into kzg-wasm takes seconds, this nothing.
 */
const TAU_G2 = G2.fromBytes(
  fromHex(
    'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72' +
      '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
  ),
);

/**
 * 0x0a (EIP-4844): versioned hash ‖ z ‖ y (32 bytes each) ‖ commitment ‖ proof (48 each). The blob's size and the field's
 * order where the committed polynomial has the value y at z; undefined, and the call fails, elsewhere.
 */
export function pointEvaluation(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== INPUT_SIZE_BYTES) return undefined;
  const commitmentBytes = input.slice(96, 144);
  const versionedHash = new Uint8Array(createHash('sha256').update(commitmentBytes).digest());
  versionedHash[0] = KZG_VERSION;
  if (!equalBytes(versionedHash, input.slice(0, 32))) return undefined;
  const [z, y] = [toBigInt(input.subarray(32, 64)), toBigInt(input.subarray(64, 96))];
  if (z >= Fr.ORDER || y >= Fr.ORDER) return undefined;
  const [commitment, proof] = [readG1(commitmentBytes), readG1(input.slice(144, 192))];
  if (!commitment || !proof) return undefined;
  // e(C - [y]₁, -[1]₂) · e(π, [τ]₂ - [z]₂) = 1
  const left = y === 0n ? commitment : commitment.subtract(G1.BASE.multiply(y));
  const right = z === 0n ? TAU_G2 : TAU_G2.subtract(G2.BASE.multiply(z));
  const pairs = [
    { g1: left, g2: G2.BASE.negate() },
    { g1: proof, g2: right },
  ].filter(({ g1, g2 }: { g1: PointG1; g2: PointG2 }) => !g1.is0() && !g2.is0());
  const holds = pairs.length === 0 || Fp12.eql(bls12_381.pairingBatch(pairs), Fp12.ONE);
  return holds ? OUTPUT : undefined;
}

/** A compressed point of the subgroup. */
function readG1(bytes: Uint8Array): PointG1 | undefined {
  try {
    const point = G1.fromBytes(bytes);
    return point.is0() || point.isTorsionFree() ? point : undefined;
  } catch {
    // Not an encoding of a point.
    return undefined;
  }
}
