/** `length` bytes of a precompile's input from `offset` on, zeros behind its end. */
export function paddedInput(input: Uint8Array, offset: number, length: number): Uint8Array {
  const part = new Uint8Array(length);
  if (offset < input.length) part.set(input.subarray(offset, offset + length));
  return part;
}
