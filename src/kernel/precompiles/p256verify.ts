import { EMPTY_BYTES, toBigInt } from '../../core/bytes';
import { CurveId, FP_SIZE_BYTES, FR_SIZE_BYTES, G1_SIZE_BYTES, instantiateMcl, type MclInstance } from './mcl';
import { truth } from './truth';

const INPUT_SIZE_BYTES = 160;
const GROUP_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const VALID = truth(true);

interface Workplace extends MclInstance {
  /** Two points, the key the second. */
  readonly points: number;
  /** Two scalars. */
  readonly scalars: number;
  readonly result: number;
  /** 32 bytes on their way in or out. */
  readonly wire: number;
}

let workplace: Workplace | undefined;

/** 0x100 (EIP-7951): hash ‖ r ‖ s ‖ x ‖ y (32 bytes each) → 1 in 32 bytes where the secp256r1 signature holds, nothing elsewhere. */
export function p256Verify(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== INPUT_SIZE_BYTES) return EMPTY_BYTES;
  const [r, s] = [toBigInt(input.subarray(32, 64)), toBigInt(input.subarray(64, 96))];
  if (r === 0n || r >= GROUP_ORDER || s === 0n || s >= GROUP_ORDER) return EMPTY_BYTES;
  workplace ??= prepare();
  const { c, bytes, points, scalars, result, wire } = workplace;
  const key = points + G1_SIZE_BYTES;
  if (!readCoordinate(input.subarray(96, 128), key) || !readCoordinate(input.subarray(128, 160), key + FP_SIZE_BYTES))
    return EMPTY_BYTES;
  c.mclBnFp_setInt32(key + 2 * FP_SIZE_BYTES, 1);
  if (c.mclBnG1_isValid(key) !== 1) return EMPTY_BYTES;

  // (hash / s)·G + (r / s)·key, whose x must be r
  const [forGenerator, forKey] = [scalars, scalars + FR_SIZE_BYTES];
  readScalar(input.subarray(64, 96), result);
  c.mclBnFr_inv(result, result);
  readScalar(input.subarray(0, 32), forGenerator);
  c.mclBnFr_mul(forGenerator, forGenerator, result);
  readScalar(input.subarray(32, 64), forKey);
  c.mclBnFr_mul(forKey, forKey, result);
  c.mclBnG1_getBasePoint(points);
  c.mclBnG1_mulVec(result, points, scalars, 2);
  if (c.mclBnG1_isZero(result) === 1) return EMPTY_BYTES;
  c.mclBnG1_normalize(result, result);
  c.mclBnFp_serialize(wire, 32, result);
  const x = toBigInt(
    bytes()
      .slice(wire, wire + 32)
      .reverse(),
  );
  return x % GROUP_ORDER === r ? VALID : EMPTY_BYTES;

  /** False where it is not below the field's order. */
  function readCoordinate(coordinate: Uint8Array, out: number): boolean {
    bytes().set(coordinate.slice().reverse(), wire);
    return c.mclBnFp_deserialize(out, wire, 32) === 32;
  }

  function readScalar(scalar: Uint8Array, out: number): void {
    bytes().set(scalar, wire);
    c.mclBnFr_setBigEndianMod(out, wire, 32);
  }
}

function prepare(): Workplace {
  const instance = instantiateMcl(CurveId.p256);
  instance.c.mclBn_verifyOrderG1(0);
  const points = instance.c.malloc(3 * G1_SIZE_BYTES + 2 * FR_SIZE_BYTES + 32);
  const result = points + 2 * G1_SIZE_BYTES;
  const scalars = result + G1_SIZE_BYTES;
  return { ...instance, points, result, scalars, wire: scalars + 2 * FR_SIZE_BYTES };
}
