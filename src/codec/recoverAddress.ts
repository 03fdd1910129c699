import secp256k1 from 'secp256k1';
import { type Address, type Hash, toFixedBytes } from '../core/bytes';
import { keccak256 } from '../core/keccak';

/**
 * The address whose key signed `digest`, or undefined when no key recovers. `yParity` 0 or 1.
 * Native libsecp256k1: about 50 µs, against 1.3 ms in JavaScript.
 */
export function recoverAddress(digest: Hash, yParity: number, r: bigint, s: bigint): Address | undefined {
  const signature = new Uint8Array(64);
  signature.set(toFixedBytes(r, 32), 0);
  signature.set(toFixedBytes(s, 32), 32);
  try {
    const publicKey = secp256k1.ecdsaRecover(signature, yParity, digest, false);
    return keccak256(publicKey.subarray(1)).subarray(12);
  } catch {
    // The library throws for points that are not on the curve; there is nothing more to tell.
    return undefined;
  }
}
