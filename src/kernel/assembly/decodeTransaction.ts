/**
 * Signed transactions in Ethereum's encoding (types 0, 1, 2 and 4), into the form of transactionContext.ts. They have been decoded by
 * the host before (src/codec/transaction.ts), which checked what is not checked again here: signatures above all.
 */
import { l1GasOf } from './l1Fee';
import { rlpIsList, rlpLength, rlpPayload, rlpRead, rlpReadU64, rlpReadWord, rlpU64 } from './rlp';
import { copyAddress } from './state/hash';
import {
  AUTH_ADDRESS,
  AUTH_AUTHORITY,
  AUTH_CHAIN_ID,
  AUTH_NONCE,
  AUTH_SIGNED,
  AUTHORIZATION_SIZE,
  HAS_TO,
  TX_ACCESS_COUNT,
  TX_ACCESS_LIST,
  TX_AUTHORIZATION_COUNT,
  TX_AUTHORIZATIONS,
  TX_CHAIN_ID,
  TX_DATA,
  TX_DATA_SIZE,
  TX_FIXED_SIZE,
  TX_FLAGS,
  TX_GAS_LIMIT,
  TX_L1_GAS,
  TX_MAX_FEE,
  TX_MAX_TIP,
  TX_NONCE,
  TX_SENDER,
  TX_TO,
  TX_TYPE,
  TX_VALUE,
} from './transactionContext';
import { copy, fitsU64, setU64 } from './u256';

/** Bytes of an authority as the host recovered it: address 20, u32 whether there is one. */
export const AUTHORITY_SIZE: usize = 24;
const LIST_MIN: u32 = 0xc0;

/** Where the next field is read, and where the list ends. */
let at: usize = 0;
let end: usize = 0;
/** Where the next variable part of the transaction is written. */
let next: usize = 0;

/** Where what the last `decodeTransaction` wrote ends. */
@inline
export function decodedTransactionEnd(): usize {
  return next;
}

/**
 * Writes the transaction at `out`, where 272 + 2 × `size` + 88 × authorizations bytes are free. Its calldata stays where it is. `authorities`: one of
 * AUTHORITY_SIZE bytes for each authorization. False where the bytes are no transaction.
 */
export function decodeTransaction(raw: usize, size: u32, sender: usize, authorities: usize, out: usize): bool {
  memory.fill(out, 0, TX_FIXED_SIZE);
  copyAddress(sender, out + TX_SENDER);
  store<u64>(out, l1GasOf(raw, size), TX_L1_GAS);
  next = out + TX_FIXED_SIZE;
  const first = <u32>load<u8>(raw);
  const type = first >= LIST_MIN ? 0 : first;
  store<u32>(out, type, TX_TYPE);
  const list = type == 0 ? raw : raw + 1;
  if (type > 4 || type == 3 || rlpRead(list, raw + <usize>size) != raw + <usize>size || !rlpIsList) return false;
  at = rlpPayload;
  end = rlpPayload + <usize>rlpLength;
  if (type == 0) return readLegacy(out);
  if (!readChainId(out) || !readU64(out + TX_NONCE) || !readWord(out + TX_MAX_TIP)) return false;
  if (type == 1) copy(out + TX_MAX_TIP, out + TX_MAX_FEE);
  else if (!readWord(out + TX_MAX_FEE)) return false;
  if (!readU64(out + TX_GAS_LIMIT) || !readTo(out) || !readWord(out + TX_VALUE) || !readData(out)) return false;
  if (!readAccessList(out)) return false;
  return type != 4 || readAuthorizations(authorities, out);
}

function readLegacy(out: usize): bool {
  if (!readU64(out + TX_NONCE) || !readWord(out + TX_MAX_FEE)) return false;
  copy(out + TX_MAX_FEE, out + TX_MAX_TIP);
  if (!readU64(out + TX_GAS_LIMIT) || !readTo(out) || !readWord(out + TX_VALUE) || !readData(out)) return false;
  at = rlpReadU64(at, end);
  if (at == 0) return false;
  // EIP-155. No chain has the id 0, which stands for none here.
  if (rlpU64 >= 35) store<u64>(out, rlpU64 < 37 ? u64.MAX_VALUE : (rlpU64 - 35) >> 1, TX_CHAIN_ID);
  return true;
}

/** Any id that no block has stands for one that does not fit, and for 0. */
function readChainId(out: usize): bool {
  const id = next;
  if (!readWord(id)) return false;
  store<u64>(out, fitsU64(id) && load<u64>(id) != 0 ? load<u64>(id) : u64.MAX_VALUE, TX_CHAIN_ID);
  return true;
}

function readU64(out: usize): bool {
  at = rlpReadU64(at, end);
  store<u64>(out, rlpU64);
  return at != 0;
}

function readWord(out: usize): bool {
  // Nearly all fit 64 bits.
  const found = rlpReadU64(at, end);
  if (found != 0) {
    setU64(out, rlpU64);
    at = found;
    return true;
  }
  at = rlpReadWord(at, end, out);
  return at != 0;
}

function readTo(out: usize): bool {
  at = rlpRead(at, end);
  if (at == 0 || rlpIsList) return false;
  if (rlpLength == 0) return true;
  if (rlpLength != 20) return false;
  copyAddress(rlpPayload, out + TX_TO);
  store<u32>(out, HAS_TO, TX_FLAGS);
  return true;
}

function readData(out: usize): bool {
  at = rlpRead(at, end);
  if (at == 0 || rlpIsList) return false;
  store<u32>(out, rlpLength, TX_DATA_SIZE);
  // Modulo 2^32, as the sum of both is again.
  store<u32>(out, <u32>(rlpPayload - out), TX_DATA);
  return true;
}

function readAccessList(out: usize): bool {
  at = rlpRead(at, end);
  if (at == 0 || !rlpIsList) return false;
  store<u32>(out, <u32>(next - out), TX_ACCESS_LIST);
  const listEnd = rlpPayload + <usize>rlpLength;
  let count: u32 = 0;
  for (let entry = rlpPayload; entry < listEnd; count++) {
    entry = rlpRead(entry, listEnd);
    if (entry == 0 || !rlpIsList) return false;
    const entryEnd = rlpPayload + <usize>rlpLength;
    const keys = rlpRead(rlpPayload, entryEnd);
    if (keys == 0 || rlpIsList || rlpLength != 20) return false;
    copyAddress(rlpPayload, next);
    if (rlpRead(keys, entryEnd) != entryEnd || !rlpIsList || rlpLength % 33 != 0) return false;
    const keyCount = rlpLength / 33;
    store<u32>(next, keyCount, 20);
    next += 24;
    let key = rlpPayload;
    for (let i: u32 = 0; i < keyCount; i++) {
      if (load<u8>(key) != 0xa0) return false;
      copy(key + 1, next);
      key += 33;
      next += 32;
    }
  }
  store<u32>(out, count, TX_ACCESS_COUNT);
  return true;
}

function readAuthorizations(authorities: usize, out: usize): bool {
  at = rlpRead(at, end);
  if (at == 0 || !rlpIsList) return false;
  store<u32>(out, <u32>(next - out), TX_AUTHORIZATIONS);
  const listEnd = rlpPayload + <usize>rlpLength;
  let count: u32 = 0;
  for (let entry = rlpPayload; entry < listEnd; count++) {
    entry = rlpRead(entry, listEnd);
    if (entry == 0 || !rlpIsList) return false;
    const entryEnd = rlpPayload + <usize>rlpLength;
    const address = rlpReadWord(rlpPayload, entryEnd, next + AUTH_CHAIN_ID);
    if (address == 0) return false;
    const nonce = rlpRead(address, entryEnd);
    if (nonce == 0 || rlpIsList || rlpLength != 20) return false;
    copyAddress(rlpPayload, next + AUTH_ADDRESS);
    if (rlpReadU64(nonce, entryEnd) == 0) return false;
    store<u64>(next, rlpU64, AUTH_NONCE);
    const authority = authorities + <usize>count * AUTHORITY_SIZE;
    copyAddress(authority, next + AUTH_AUTHORITY);
    store<u32>(next, load<u32>(authority, 20), AUTH_SIGNED);
    next += AUTHORIZATION_SIZE;
  }
  store<u32>(out, count, TX_AUTHORIZATION_COUNT);
  return true;
}
