/** 1 or 0 in 32 bytes, as precompiles answer a question; undefined stays undefined. */
export function truth(value: boolean | undefined): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const word = new Uint8Array(32);
  word[31] = value ? 1 : 0;
  return word;
}
