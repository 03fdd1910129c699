import { EMPTY_BYTES, toBigInt, toFixedBytes } from '../../core/bytes';
import { paddedInput } from './paddedInput';

/** Exponent bits taken at a time. */
const WINDOW_BITS = 4;

/** 0x05 (EIP-198): sizes of base, exponent, modulus (32 bytes each), then the three → base^exponent mod modulus, as long as the modulus. */
export function modexp(input: Uint8Array): Uint8Array {
  const size = (at: number) => Number(toBigInt(paddedInput(input, at, 32)));
  const [baseSize, exponentSize, modulusSize] = [size(0), size(32), size(64)];
  // The kernel has charged for these sizes: only where the modulus is empty can the others be beyond all bounds.
  if (modulusSize === 0) return EMPTY_BYTES;
  const modulus = toBigInt(paddedInput(input, 96 + baseSize + exponentSize, modulusSize));
  if (modulus <= 1n) return new Uint8Array(modulusSize);
  const base = toBigInt(paddedInput(input, 96, baseSize)) % modulus;
  const exponent = paddedInput(input, 96 + baseSize, exponentSize);
  return toFixedBytes(power(base, exponent, modulus), modulusSize);
}

/** base^exponent mod modulus by windows of four bits from the top; base < modulus. */
function power(base: bigint, exponent: Uint8Array, modulus: bigint): bigint {
  const first = exponent.findIndex((byte) => byte !== 0);
  if (first < 0) return 1n;
  if (base === 0n) return 0n;
  if (first === exponent.length - 1 && exponent[first] === 1) return base;
  const powers = [1n, base];
  for (let i = 2; i < 1 << WINDOW_BITS; i++) powers.push((powers[i - 1] * base) % modulus);
  let result = 1n;
  for (const byte of exponent.subarray(first)) {
    for (const digit of [byte >> WINDOW_BITS, byte & 15]) {
      if (result !== 1n) for (let i = 0; i < WINDOW_BITS; i++) result = (result * result) % modulus;
      if (digit !== 0) result = (result * powers[digit]) % modulus;
    }
  }
  return result;
}
