/** Hashes for the kernel's own tables. Nothing observable depends on them. */

const K0: u64 = 0x9e3779b97f4a7c15;
const K1: u64 = 0xc2b2ae3d27d4eb4f;
const K2: u64 = 0x165667b19e3779f9;
const K3: u64 = 0xd6e8feb86659fd93;

/** Mixed into every hash; the host may give each process its own, so that collisions can't be prepared. */
let seed: u64 = 0x2545f4914f6cdd1d;

export function setHashSeed(value: u64): void {
  seed = value;
}

@inline
function finish(h: u64): u64 {
  h ^= h >> 32;
  h *= K0;
  return h ^ (h >> 29);
}

/** Of a 20-byte address. */
@inline
export function hashAddress(address: usize): u64 {
  let h = (load<u64>(address) ^ seed) * K0;
  h = rotl<u64>(h, 29) ^ ((load<u64>(address, 8) ^ seed) * K1);
  h = rotl<u64>(h, 31) ^ ((<u64>load<u32>(address, 16) ^ seed) * K2);
  return finish(h);
}

/** Of a 32-byte key that belongs to `owner`. */
@inline
export function hashKey(owner: usize, key: usize): u64 {
  let h = (load<u64>(key) ^ seed) * K0;
  h = rotl<u64>(h, 29) ^ ((load<u64>(key, 8) ^ seed) * K1);
  h = rotl<u64>(h, 31) ^ ((load<u64>(key, 16) ^ seed) * K2);
  h = rotl<u64>(h, 27) ^ ((load<u64>(key, 24) ^ <u64>owner ^ seed) * K3);
  return finish(h);
}

/** Whether two 20-byte addresses are equal. */
@inline
export function sameAddress(a: usize, b: usize): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      <u64>(load<u32>(a, 16) ^ load<u32>(b, 16))) == 0
  );
}

@inline
export function copyAddress(from: usize, to: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u32>(to, load<u32>(from, 16), 16);
}
