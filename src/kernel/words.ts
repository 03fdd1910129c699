/** 256-bit numbers in the kernel's memory: four 64-bit limbs, least significant first. */

const UINT64_MAX = 2n ** 64n - 1n;

/** Writes `value` (below 2^256). */
export function writeWord(view: DataView, at: number, value: bigint): void {
  if (value <= UINT64_MAX) {
    // Most are: a fifth of the cost.
    view.setBigUint64(at, value, true);
    for (let i = 8; i < 32; i += 4) view.setUint32(at + i, 0, true);
    return;
  }
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigUint64(at + 8, BigInt.asUintN(64, value >> 64n), true);
  view.setBigUint64(at + 16, BigInt.asUintN(64, value >> 128n), true);
  view.setBigUint64(at + 24, value >> 192n, true);
}

export function readWord(view: DataView, at: number): bigint {
  let rest = 0;
  for (let i = 8; i < 32; i += 4) rest |= view.getUint32(at + i, true);
  if (rest === 0) return view.getBigUint64(at, true);
  const high = (view.getBigUint64(at + 24, true) << 64n) | view.getBigUint64(at + 16, true);
  return (high << 128n) | (view.getBigUint64(at + 8, true) << 64n) | view.getBigUint64(at, true);
}

/** Writes 32 big-endian bytes as a number. */
export function writeWordBytes(memory: Uint8Array, at: number, bytes: Uint8Array): void {
  for (let i = 0; i < 32; i++) memory[at + i] = bytes[31 - i];
}

/** Reads a number as 32 big-endian bytes. */
export function readWordBytes(memory: Uint8Array, at: number): Uint8Array {
  return memory.slice(at, at + 32).reverse();
}

/** Above this the engine's own copying is faster than a loop. */
const LOOP_BYTES_MAX = 128;

/** As `memory.set(bytes, at)`, several times faster for addresses and hashes. */
export function putBytes(memory: Uint8Array, at: number, bytes: Uint8Array): void {
  if (bytes.length > LOOP_BYTES_MAX) memory.set(bytes, at);
  else for (let i = 0; i < bytes.length; i++) memory[at + i] = bytes[i];
}

/** As `memory.slice(at, at + size)`, several times faster for addresses and hashes. */
export function takeBytes(memory: Uint8Array, at: number, size: number): Uint8Array {
  if (size > LOOP_BYTES_MAX) return memory.slice(at, at + size);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = memory[at + i];
  return bytes;
}
