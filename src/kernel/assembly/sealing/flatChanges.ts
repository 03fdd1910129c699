/**
 * The block's changes of accounts and slots as the host's store keeps them (src/state/keyspace.ts), in records of the form of
 * trie/changes.ts: u8 operation · u8 key length · u16 value length · key · value.
 *
 *   0x10 ‖ address → rlp([nonce, balance, storage root, code hash])
 *   0x11 ‖ address ‖ slot → value without leading zeros
 */
import { rlpWriteHash, rlpWriteListHeader, rlpWriteU64, rlpWriteWord } from '../rlp';
import {
  A_ADDRESS,
  A_BALANCE,
  A_CODE_HASH,
  A_DIRTY_SLOTS,
  A_FLAGS,
  A_NEXT_DIRTY,
  A_NONCE,
  A_STORAGE_ROOT,
  ACCOUNT_ABSENT,
  ACCOUNT_EXISTS,
  firstDirtyAccount,
  S_COMMITTED,
  S_KEY,
  S_NEXT_DIRTY,
  S_VALUE,
} from '../state/flatCache';
import { copyAddress } from '../state/hash';
import { equals, isZero, toBigEndian } from '../u256';

const ACCOUNT_PREFIX: u8 = 0x10;
const STORAGE_PREFIX: u8 = 0x11;
const PUT: u8 = 1;
const DELETE: u8 = 2;
const PUT_NEW: u8 = 4;
const HEADER_SIZE: usize = 4;
/** The longest record, an account's, and what the writers of integers spill. */
const RECORD_SIZE_MAX: usize = 192;

let account: usize = 0;
let slot: usize = 0;
let accountDone: bool = false;

/** Before the first `exportFlatChanges` of a block. Storage roots must be those after the block. */
export function beginFlatChanges(): void {
  select(firstDirtyAccount());
}

function select(next: usize): void {
  account = next;
  accountDone = false;
  slot = next == 0 ? 0 : <usize>load<u32>(next, A_DIRTY_SLOTS);
}

/** Writes as many records as fit into [out, end) and returns their length; 0 when nothing is left. */
export function exportFlatChanges(out: usize, end: usize): usize {
  let at = out;
  while (account != 0) {
    if (!accountDone) {
      if (end - at < RECORD_SIZE_MAX) return at - out;
      at = writeAccount(at);
      accountDone = true;
      // A removed account had no storage before the block (EIP-6780, EIP-7610).
      if ((load<u32>(account, A_FLAGS) & ACCOUNT_EXISTS) == 0) slot = 0;
    }
    while (slot != 0) {
      if (end - at < RECORD_SIZE_MAX) return at - out;
      if (!equals(slot + S_VALUE, slot + S_COMMITTED)) at = writeSlot(at);
      slot = <usize>load<u32>(slot, S_NEXT_DIRTY);
    }
    select(<usize>load<u32>(account, A_NEXT_DIRTY));
  }
  return at - out;
}

function writeAccount(at: usize): usize {
  const flags = load<u32>(account, A_FLAGS);
  const exists = (flags & ACCOUNT_EXISTS) != 0;
  store<u8>(at, !exists ? DELETE : (flags & ACCOUNT_ABSENT) != 0 ? PUT_NEW : PUT);
  store<u8>(at, 21, 1);
  store<u8>(at, ACCOUNT_PREFIX, 4);
  copyAddress(account + A_ADDRESS, at + 5);
  const value = at + HEADER_SIZE + 21;
  if (!exists) {
    store<u16>(at, 0, 2);
    return value;
  }
  // The two hashes take 66 bytes: the header is always two.
  let next = rlpWriteU64(value + 2, load<u64>(account, A_NONCE));
  next = rlpWriteWord(next, account + A_BALANCE);
  next = rlpWriteHash(next, account + A_STORAGE_ROOT);
  next = rlpWriteHash(next, account + A_CODE_HASH);
  rlpWriteListHeader(value, <u32>(next - value - 2));
  store<u16>(at, <u16>(next - value), 2);
  return next;
}

function writeSlot(at: usize): usize {
  const value = at + HEADER_SIZE + 53;
  store<u8>(at, isZero(slot + S_VALUE) ? DELETE : isZero(slot + S_COMMITTED) ? PUT_NEW : PUT);
  store<u8>(at, 53, 1);
  store<u8>(at, STORAGE_PREFIX, 4);
  copyAddress(account + A_ADDRESS, at + 5);
  toBigEndian(slot + S_KEY, at + 25);
  toBigEndian(slot + S_VALUE, value);
  let zeros: usize = 0;
  while (zeros < 32 && load<u8>(value + zeros) == 0) zeros++;
  memory.copy(value, value + zeros, 32 - zeros);
  store<u16>(at, <u16>(32 - zeros), 2);
  return value + 32 - zeros;
}
