/** 0x0b to 0x11 (EIP-2537). Field elements take 64 bytes, the upper 16 zero. `undefined`: invalid input, the call fails. */
import { assert } from '../../core/assert';
import { CurveId, FP_SIZE_BYTES } from './mcl';
import { PairingCurve } from './pairingCurve';
import { truth } from './truth';

const FIELD_SIZE_BYTES = 64;
const G1_SIZE_BYTES = 128;
const G2_SIZE_BYTES = 256;
const SCALAR_SIZE_BYTES = 32;

let instance: PairingCurve | undefined;

/** The curve's one instance, made when it is first needed. */
export function bls12381Curve(): PairingCurve {
  instance ??= new PairingCurve({
    id: CurveId.bls12381,
    elementSizeBytes: FIELD_SIZE_BYTES,
    elementPaddingBytes: FIELD_SIZE_BYTES - FP_SIZE_BYTES,
    imaginaryFirst: false,
    ethereumSerialization: true,
    isG1Whole: false,
  });
  return instance;
}

export function blsG1Add(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== 2 * G1_SIZE_BYTES) return undefined;
  const curve = bls12381Curve();
  return curve.add(curve.g1, input);
}

export function blsG2Add(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== 2 * G2_SIZE_BYTES) return undefined;
  const curve = bls12381Curve();
  return curve.add(curve.g2, input);
}

export function blsG1Msm(input: Uint8Array): Uint8Array | undefined {
  if (input.length === 0 || input.length % (G1_SIZE_BYTES + SCALAR_SIZE_BYTES) !== 0) return undefined;
  const curve = bls12381Curve();
  return curve.multiplyAndSum(curve.g1, input);
}

export function blsG2Msm(input: Uint8Array): Uint8Array | undefined {
  if (input.length === 0 || input.length % (G2_SIZE_BYTES + SCALAR_SIZE_BYTES) !== 0) return undefined;
  const curve = bls12381Curve();
  return curve.multiplyAndSum(curve.g2, input);
}

/** Whether the product of the pairings is one, as 32 bytes. */
export function blsPairing(input: Uint8Array): Uint8Array | undefined {
  if (input.length === 0 || input.length % (G1_SIZE_BYTES + G2_SIZE_BYTES) !== 0) return undefined;
  return truth(bls12381Curve().isPairingProductOne(input));
}

export function blsMapFpToG1(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== FIELD_SIZE_BYTES) return undefined;
  const curve = bls12381Curve();
  const element = curve.scratch;
  if (!curve.readElement(input, 0, element)) return undefined;
  const isMapped = curve.c.mclBnFp_mapToG1(curve.g1.batch, element) === 0;
  assert(isMapped, 'every field element must map to G1');
  return curve.writePoint(curve.g1, curve.g1.batch);
}

export function blsMapFp2ToG2(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== 2 * FIELD_SIZE_BYTES) return undefined;
  const curve = bls12381Curve();
  const element = curve.scratch;
  if (!curve.readQuadratic(input, 0, element)) return undefined;
  const isMapped = curve.c.mclBnFp2_mapToG2(curve.g2.batch, element) === 0;
  assert(isMapped, 'every element of the quadratic field must map to G2');
  return curve.writePoint(curve.g2, curve.g2.batch);
}
