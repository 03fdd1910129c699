import { createHash } from 'node:crypto';
import { concatBytes, equalBytes, fromHex, padLeft, toBigInt, toFixedBytes } from '../../core/bytes';
import { bls12381Curve } from './bls12381';
import { G1_SIZE_BYTES, G2_SIZE_BYTES } from './mcl';

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

/**
 * e(C - [y]₁ + z·π, -[1]₂) · e(π, [τ]₂) = 1: the specification's equation with z moved to the left, where multiplying is cheaper.
 */
function isProofRight(commitmentBytes: Uint8Array, proofBytes: Uint8Array, input: Uint8Array): boolean {
  const curve = bls12381Curve();
  const { c, g1, g2, scratch } = curve;
  const [left, right] = [g1.batch, g1.batch + G1_SIZE_BYTES];
  const [commitment, proof] = [scratch, right];
  if (!curve.readCompressedG1(commitmentBytes, commitment) || !g1.isInSubgroup(commitment)) return false;
  if (!curve.readCompressedG1(proofBytes, proof) || !g1.isInSubgroup(proof)) return false;
  const [product, scalar] = [scratch + G1_SIZE_BYTES, scratch + 2 * G1_SIZE_BYTES];
  curve.readScalar(input, 32, scalar);
  c.mclBnG1_mul(left, proof, scalar);
  curve.readScalar(input, 64, scalar);
  c.mclBnFr_neg(scalar, scalar);
  curve.readCompressedG1(ONE_G1, product);
  c.mclBnG1_mul(product, product, scalar);
  c.mclBnG1_add(left, left, product);
  c.mclBnG1_add(left, left, commitment);
  // A pairing with infinity is one, and the others never are: neither second point is infinity.
  const [isLeftZero, isProofZero] = [g1.isZero(left) === 1, g1.isZero(proof) === 1];
  if (isLeftZero || isProofZero) return isLeftZero && isProofZero;
  c.mclBnG1_normalize(left, left);
  curve.readPoint(g2, MINUS_ONE_G2, 0, g2.batch);
  curve.readPoint(g2, TAU_G2, 0, g2.batch + G2_SIZE_BYTES);
  return curve.arePairingsOne(2);
}

/** Four field elements of 48 bytes in 64 each. */
function pointG2(...elements: string[]): Uint8Array {
  return concatBytes(...elements.map((element) => padLeft(fromHex(element), 64)));
}
