import { assembleBlake2Rounds, type Blake2Rounds } from './blake2Rounds';

const INPUT_SIZE_BYTES = 213;
/** SHA-512's initial values as (low, high) pairs of 32 bits. */
const IV = Uint32Array.of(
  ...[0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
  ...[0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
);

let rounds: Blake2Rounds | undefined;

/**
 * 0x09 (EIP-152), rounds of BLAKE2b's compression function F (RFC 7693 §3.2): how many (u32, big-endian) ‖ h (64) ‖ m (128) ‖ t (16) ‖
 * final (0 or 1) → h (64); undefined for any other input.
 */
export function blake2f(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== INPUT_SIZE_BYTES || input[212] > 1) return undefined;
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  rounds ??= assembleBlake2Rounds();
  const { vector, message, run } = rounds;
  for (let i = 0; i < 16; i++) vector[i] = view.getUint32(4 + 4 * i, true);
  for (let i = 0; i < 32; i++) message[i] = view.getUint32(68 + 4 * i, true);
  vector.set(IV, 16);
  for (let i = 0; i < 4; i++) vector[24 + i] ^= view.getUint32(196 + 4 * i, true);
  if (input[212] === 1) {
    vector[28] = ~vector[28];
    vector[29] = ~vector[29];
  }
  run(view.getUint32(0));
  const output = new Uint8Array(64);
  const outputView = new DataView(output.buffer);
  for (let i = 0; i < 16; i++) {
    outputView.setUint32(4 * i, view.getUint32(4 + 4 * i, true) ^ vector[i] ^ vector[16 + i], true);
  }
  return output;
}
