import secp256k1 from 'secp256k1';
import { EMPTY_BYTES } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';
import { paddedInput } from './paddedInput';

/**
 * 0x01: hash ‖ v ‖ r ‖ s (32 bytes each, v 27 or 28) → the signer's address in 32 bytes, nothing where none recovers.
 * Unlike in transactions, s may be in the upper half.
 */
export function ecrecover(input: Uint8Array): Uint8Array {
  const [hash, v, signature] = [paddedInput(input, 0, 32), paddedInput(input, 32, 32), paddedInput(input, 64, 64)];
  const parity = v[31] - 27;
  if ((parity !== 0 && parity !== 1) || v.subarray(0, 31).some((byte) => byte !== 0)) return EMPTY_BYTES;
  try {
    const key = secp256k1.ecdsaRecover(signature, parity, hash, false);
    const output = new Uint8Array(32);
    output.set(keccak256(key.subarray(1)).subarray(12), 12);
    return output;
  } catch {
    // r or s out of range, or no point with this r: the contract's answer is empty.
    return EMPTY_BYTES;
  }
}
