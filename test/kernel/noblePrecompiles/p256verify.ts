import { p256 } from '@noble/curves/nist.js';
import { EMPTY_BYTES, toBigInt } from '../../../src/core/bytes';

const INPUT_SIZE_BYTES = 160;
const VALID = Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0));

/** 0x100 (EIP-7951): hash ‖ r ‖ s ‖ x ‖ y (32 bytes each) → 1 in 32 bytes where the secp256r1 signature holds, nothing elsewhere. */
export function p256Verify(input: Uint8Array): Uint8Array {
  if (input.length !== INPUT_SIZE_BYTES) return EMPTY_BYTES;
  const [r, s, x, y] = [32, 64, 96, 128].map((at) => toBigInt(input.subarray(at, at + 32)));
  const order = p256.Point.Fn.ORDER;
  const prime = p256.Point.Fp.ORDER;
  if (r === 0n || r >= order || s === 0n || s >= order || x >= prime || y >= prime) return EMPTY_BYTES;
  const publicKey = new Uint8Array(65);
  publicKey[0] = 4;
  publicKey.set(input.subarray(96), 1);
  try {
    const options = { prehash: false, lowS: false };
    return p256.verify(input.slice(32, 96), input.slice(0, 32), publicKey, options) ? VALID : EMPTY_BYTES;
  } catch {
    // The key is not a point of the curve.
    return EMPTY_BYTES;
  }
}
