/** 0x09 (EIP-152): rounds of BLAKE2b's compression function F (RFC 7693 §3.2). */

const INPUT_SIZE_BYTES = 213;
// biome-ignore format: RFC 7693 §2.7, one permutation a row
const SIGMA = Uint8Array.of(
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
  11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
  7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
  9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
  2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
  12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
  13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
  6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
  10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
);
/** SHA-512's initial values as (low, high) pairs of 32 bits. */
const IV = Uint32Array.of(
  ...[0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
  ...[0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
);
/** The eight mixes of a round: indices into the working vector. */
// biome-ignore format: columns, then diagonals
const MIXES = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];

/** rounds (u32, big-endian) ‖ h (64) ‖ m (128) ‖ t (16) ‖ final (0 or 1) → h (64); undefined for any other input. */
export function blake2f(input: Uint8Array): Uint8Array | undefined {
  if (input.length !== INPUT_SIZE_BYTES || input[212] > 1) return undefined;
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const rounds = view.getUint32(0);
  const words = (offset: number, count: number) =>
    Uint32Array.from({ length: count }, (_, i) => view.getUint32(offset + 4 * i, true));
  const state = words(4, 16);
  const message = words(68, 32);
  const counter = words(196, 4);

  const vector = new Uint32Array(32);
  vector.set(state, 0);
  vector.set(IV, 16);
  for (let i = 0; i < 4; i++) vector[24 + i] ^= counter[i];
  if (input[212] === 1) {
    vector[28] = ~vector[28];
    vector[29] = ~vector[29];
  }
  for (let round = 0; round < rounds; round++) {
    const sigma = (round % 10) * 16;
    for (let i = 0; i < 8; i++) {
      const [a, b, c, d] = MIXES[i];
      mix(vector, message, 2 * a, 2 * b, 2 * c, 2 * d, 2 * SIGMA[sigma + 2 * i], 2 * SIGMA[sigma + 2 * i + 1]);
    }
  }
  const output = new Uint8Array(64);
  const outputView = new DataView(output.buffer);
  for (let i = 0; i < 16; i++) outputView.setUint32(4 * i, state[i] ^ vector[i] ^ vector[16 + i], true);
  return output;
}

/** G of RFC 7693 §3.1; indices count 32-bit halves. */
function mix(v: Uint32Array, m: Uint32Array, a: number, b: number, c: number, d: number, x: number, y: number): void {
  add(v, a, v[b], v[b + 1]);
  add(v, a, m[x], m[x + 1]);
  xorRotate(v, d, a, 32);
  add(v, c, v[d], v[d + 1]);
  xorRotate(v, b, c, 24);
  add(v, a, v[b], v[b + 1]);
  add(v, a, m[y], m[y + 1]);
  xorRotate(v, d, a, 16);
  add(v, c, v[d], v[d + 1]);
  xorRotate(v, b, c, 63);
}

function add(v: Uint32Array, at: number, low: number, high: number): void {
  const sum = v[at] + low;
  v[at + 1] = v[at + 1] + high + (sum > 0xffffffff ? 1 : 0);
  v[at] = sum;
}

/** v[at] = (v[at] ^ v[with]) rotated right by `bits`. */
function xorRotate(v: Uint32Array, at: number, other: number, bits: number): void {
  const low = v[at] ^ v[other];
  const high = v[at + 1] ^ v[other + 1];
  if (bits === 32) {
    v[at] = high;
    v[at + 1] = low;
  } else if (bits === 63) {
    v[at] = (low << 1) | (high >>> 31);
    v[at + 1] = (high << 1) | (low >>> 31);
  } else {
    v[at] = (low >>> bits) | (high << (32 - bits));
    v[at + 1] = (high >>> bits) | (low << (32 - bits));
  }
}
