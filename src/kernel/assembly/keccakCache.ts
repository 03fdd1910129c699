/**
 * Hashes of 64 bytes, remembered: what Solidity hashes to find a mapping's slot, the same few keys over and over. Direct-mapped; an
 * entry is {used u64, input 64, hash 32 (as a word of limbs)}. A hash is a function of its input, so nothing ever goes stale.
 */
import { keccak256 } from './keccak';
import { KECCAK_CACHE, privateBase } from './memory';
import { hashKey } from './state/hash';
import { copy, equals, toBigEndian } from './u256';

const ENTRY_SIZE: usize = 104;
const INPUT: usize = 8;
const HASH: usize = 72;
const ENTRY_MASK: u64 = (1 << 13) - 1;

/** Writes keccak256 of the 64 bytes at `input`, as a word, to `out`. */
export function keccak64(input: usize, out: usize): void {
  // The lower half is a mapping's slot or part of it, the upper its key: both count.
  const index = hashKey(<usize>(load<u32>(input, 60) ^ load<u32>(input, 32)), input) & ENTRY_MASK;
  const entry = privateBase() + KECCAK_CACHE + <usize>index * ENTRY_SIZE;
  if (load<u64>(entry) == 0 || !equals(entry + INPUT, input) || !equals(entry + INPUT + 32, input + 32)) {
    store<u64>(entry, 1);
    copy(input, entry + INPUT);
    copy(input + 32, entry + INPUT + 32);
    keccak256(input, 64, entry + HASH);
    toBigEndian(entry + HASH, entry + HASH);
  }
  copy(entry + HASH, out);
}
