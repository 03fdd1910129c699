/** 256-bit numbers in the kernel's memory: four 64-bit limbs, least significant first. */

/** Writes `value` (below 2^256). */
export function writeWord(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigUint64(at + 8, BigInt.asUintN(64, value >> 64n), true);
  view.setBigUint64(at + 16, BigInt.asUintN(64, value >> 128n), true);
  view.setBigUint64(at + 24, value >> 192n, true);
}

export function readWord(view: DataView, at: number): bigint {
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
