import { createHash } from 'node:crypto';
import { concatBytes, equalBytes, fromHex, padLeft, toBigInt, toFixedBytes } from '../../core/bytes';
import { bls12381Curve } from './bls12381';
import { FR_SIZE_BYTES, G1_SIZE_BYTES } from './mcl';

const INPUT_SIZE_BYTES = 192;
const FIELD_ELEMENTS_PER_BLOB = 4096;
const KZG_VERSION = 1;
const GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
const OUTPUT = concatBytes(toFixedBytes(FIELD_ELEMENTS_PER_BLOB, 32), toFixedBytes(GROUP_ORDER, 32));

/**
 * [τ]₂ of the KZG ceremony (EIP-4844's KZG_SETUP_G2[1]): the one point of the trusted setup that checking a proof needs.
 * Loading the whole setup into kzg-wasm takes seconds, this nothing. As EIP-2537 writes points.
 */
const TAU_G2 = pointG2(
  '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
  '15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72',
  '014353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99',
  '1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154f',
);
/** [1]₁, the generator, compressed. */
const ONE_G1 = fromHex(
  '97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
);
/** -[1]₂, the negated generator. */
const MINUS_ONE_G2 = pointG2(
  '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
  '13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e',
  '0d1b3cc2c7027888be51d9ef691d77bcb679afda66c73f17f9ee3837a55024f78c71363275a75d75d86bab79f74782aa',
  '13fa4d4a0ad8b1ce186ed5061789213d993923066dddaf1040bc3ff59f825c78df74f2d75467e25e0f55f8a00fa030ed',
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
  if (toBigInt(input.subarray(32, 64)) >= GROUP_ORDER || toBigInt(input.subarray(64, 96)) >= GROUP_ORDER)
    return undefined;
  return isProofRight(commitmentBytes, input.subarray(144, 192), input) ? OUTPUT : undefined;
}

/** The Miller loop's lines for a point of G2 that never changes, at these addresses. */
interface Lines {
  readonly minusOne: number;
  readonly tau: number;
}

let lines: Lines | undefined;

/** e(C - [y]₁ + z·π, -[1]₂) · e(π, [τ]₂) = 1: the specification's equation with z moved to the left, so that both points of G2 are fixed. */
function isProofRight(commitmentBytes: Uint8Array, proofBytes: Uint8Array, input: Uint8Array): boolean {
  const curve = bls12381Curve();
  const { c, g1, scratch } = curve;
  const [commitment, left, scalars] = [scratch, scratch + G1_SIZE_BYTES, scratch + 2 * G1_SIZE_BYTES];
  const [proof, one] = [g1.batch, g1.batch + G1_SIZE_BYTES];
  if (!curve.readCompressedG1(commitmentBytes, commitment) || !g1.isInSubgroup(commitment)) return false;
  if (!curve.readCompressedG1(proofBytes, proof) || !g1.isInSubgroup(proof)) return false;
  const [z, y] = [scalars, scalars + FR_SIZE_BYTES];
  curve.readScalar(input, 32, z);
  curve.readScalar(input, 64, y);
  // A pairing with infinity is one; neither point of G2 is infinity.
  const isProofZero = g1.isZero(proof) === 1;
  c.mclBnFr_neg(y, y);
  curve.readCompressedG1(ONE_G1, one);
  if (isProofZero) c.mclBnG1_mul(left, one, y);
  else c.mclBnG1_mulVec(left, proof, scalars, 2);
  c.mclBnG1_add(left, left, commitment);
  const isLeftZero = g1.isZero(left) === 1;
  if (isLeftZero || isProofZero) return isLeftZero && isProofZero;
  c.mclBnG1_normalize(left, left);
  c.mclBnG1_normalize(proof, proof);
  lines ??= { minusOne: precomputeLines(MINUS_ONE_G2), tau: precomputeLines(TAU_G2) };
  c.mclBn_precomputedMillerLoop2(curve.total, left, lines.minusOne, proof, lines.tau);
  c.mclBn_finalExp(curve.total, curve.total);
  return c.mclBnGT_isOne(curve.total) === 1;
}

/** 20 kB, kept for good. */
function precomputeLines(point: Uint8Array): number {
  const curve = bls12381Curve();
  curve.readPoint(curve.g2, point, 0, curve.g2.batch);
  const address = curve.c.malloc(8 * curve.c.mclBn_getUint64NumToPrecompute());
  curve.c.mclBn_precomputeG2(address, curve.g2.batch);
  return address;
}

/** Four field elements of 48 bytes in 64 each. */
function pointG2(...elements: string[]): Uint8Array {
  return concatBytes(...elements.map((element) => padLeft(fromHex(element), 64)));
}
