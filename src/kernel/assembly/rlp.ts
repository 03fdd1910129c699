/**
 * Recursive Length Prefix (yellow paper, appendix B) over linear memory: writing at a moving pointer and strict reading.
 *
 * Writers take the address to write at and return the address after what they wrote; the caller bounds the space.
 * Readers accept canonical encodings only (shortest length form, a byte below 0x80 as itself, no leading zeros in
 * integers) and never look outside [ptr, end). A 256-bit word is four u64 limbs, least significant first.
 */

/** Space a list header may need: one marker and eight length bytes. */
export const RLP_HEADER_SIZE_MAX: i32 = 9;

/** Bytes of the header of a string or list payload of `length` bytes (a single byte below 0x80 has none: see callers). */
export function rlpHeaderSize(length: u32): i32 {
  if (length < 56) return 1;
  return 1 + byteLength(length);
}

/** Writes a payload header; `base` is 0x80 for strings, 0xc0 for lists. */
function writeHeader(out: usize, base: u32, length: u32): usize {
  if (length < 56) {
    store<u8>(out, <u8>(base + length));
    return out + 1;
  }
  const lengthBytes = byteLength(length);
  store<u8>(out++, <u8>(base + 55 + lengthBytes));
  for (let shift = 8 * (lengthBytes - 1); shift >= 0; shift -= 8) store<u8>(out++, <u8>(length >>> shift));
  return out;
}

export function rlpWriteListHeader(out: usize, length: u32): usize {
  return writeHeader(out, 0xc0, length);
}

export function rlpWriteStringHeader(out: usize, length: u32): usize {
  return writeHeader(out, 0x80, length);
}

export function rlpWriteBytes(out: usize, ptr: usize, length: u32): usize {
  if (length == 1) {
    const byte = load<u8>(ptr);
    if (byte < 0x80) {
      store<u8>(out, byte);
      return out + 1;
    }
  }
  out = writeHeader(out, 0x80, length);
  memory.copy(out, ptr, length);
  return out + length;
}

/** 20 bytes as a string: an address. */
export function rlpWriteAddress(out: usize, ptr: usize): usize {
  store<u8>(out, 0x94);
  store<u64>(out, load<u64>(ptr), 1);
  store<u64>(out, load<u64>(ptr, 8), 9);
  store<u32>(out, load<u32>(ptr, 16), 17);
  return out + 21;
}

/** 32 bytes as a string: a hash. */
export function rlpWriteHash(out: usize, ptr: usize): usize {
  store<u8>(out, 0xa0);
  store<u64>(out, load<u64>(ptr), 1);
  store<u64>(out, load<u64>(ptr, 8), 9);
  store<u64>(out, load<u64>(ptr, 16), 17);
  store<u64>(out, load<u64>(ptr, 24), 25);
  return out + 33;
}

/** An integer: big-endian without leading zeros; zero is the empty string. */
export function rlpWriteU64(out: usize, value: u64): usize {
  if (value < 0x80) {
    store<u8>(out, value == 0 ? 0x80 : <u8>value);
    return out + 1;
  }
  const length = 8 - <i32>(clz(value) >> 3);
  store<u8>(out, <u8>(0x80 + length));
  store<u64>(out, bswap(value << (<u64>(8 * (8 - length)))), 1);
  return out + 1 + length;
}

/** A 256-bit integer from its limbs. Writes up to 7 bytes past the returned address (zeros). */
export function rlpWriteWord(out: usize, word: usize): usize {
  let limb = 3;
  while (limb > 0 && load<u64>(word + 8 * limb) == 0) limb--;
  if (limb == 0) return rlpWriteU64(out, load<u64>(word));
  const top = load<u64>(word + 8 * limb);
  const topLength = 8 - <i32>(clz(top) >> 3);
  store<u8>(out, <u8>(0x80 + topLength + 8 * limb));
  store<u64>(out, bswap(top << (<u64>(8 * (8 - topLength)))), 1);
  out += 1 + topLength;
  while (limb > 0) {
    limb--;
    store<u64>(out, bswap(load<u64>(word + 8 * limb)));
    out += 8;
  }
  return out;
}

/** Where the payload of a list that starts at `out` is to be written, before `rlpEndList(out, end)` gives it its header. */
export function rlpBeginList(out: usize): usize {
  return out + RLP_HEADER_SIZE_MAX;
}

/** Puts the header in front of the payload written since `rlpBeginList(out)` and closes the gap. */
export function rlpEndList(out: usize, end: usize): usize {
  const payload = out + RLP_HEADER_SIZE_MAX;
  const length = <u32>(end - payload);
  const start = writeHeader(out, 0xc0, length);
  memory.copy(start, payload, length);
  return start + length;
}

/** The item that `rlpRead` found: address and byte length of its payload, and whether it is a list. */
export let rlpPayload: usize = 0;
export let rlpLength: u32 = 0;
export let rlpIsList: bool = false;

/** Reads the item at `ptr` into `rlpPayload`, `rlpLength`, `rlpIsList`. Returns the address after it, or 0 when malformed. */
export function rlpRead(ptr: usize, end: usize): usize {
  if (ptr >= end) return 0;
  const marker = <u32>load<u8>(ptr);
  if (marker < 0x80) {
    rlpPayload = ptr;
    rlpLength = 1;
    rlpIsList = false;
    return ptr + 1;
  }
  rlpIsList = marker >= 0xc0;
  let length = marker & 0x3f;
  ptr++;
  if (length > 55) {
    let lengthBytes = length - 55;
    if (lengthBytes > 4 || lengthBytes > <u32>(end - ptr)) return 0;
    if (load<u8>(ptr) == 0) return 0;
    length = 0;
    for (; lengthBytes > 0; lengthBytes--) length = (length << 8) | <u32>load<u8>(ptr++);
    if (length < 56) return 0;
  }
  if (length > <u32>(end - ptr)) return 0;
  if (length == 1 && !rlpIsList && load<u8>(ptr) < 0x80) return 0;
  rlpPayload = ptr;
  rlpLength = length;
  return ptr + length;
}

/** Reads an integer of up to 32 bytes into the four limbs at `word`. Returns the address after it, or 0 when malformed. */
export function rlpReadWord(ptr: usize, end: usize, word: usize): usize {
  const next = rlpRead(ptr, end);
  if (next == 0 || rlpIsList || rlpLength > 32) return 0;
  if (rlpLength > 0 && load<u8>(rlpPayload) == 0) return 0;
  store<u64>(word, 0);
  store<u64>(word, 0, 8);
  store<u64>(word, 0, 16);
  store<u64>(word, 0, 24);
  for (let i: u32 = 0; i < rlpLength; i++) store<u8>(word + i, load<u8>(rlpPayload + rlpLength - 1 - i));
  return next;
}

/** The integer that `rlpReadU64` found. */
export let rlpU64: u64 = 0;

/** Reads an integer of up to 8 bytes into `rlpU64`. Returns the address after it, or 0 when malformed. */
export function rlpReadU64(ptr: usize, end: usize): usize {
  const next = rlpRead(ptr, end);
  if (next == 0 || rlpIsList || rlpLength > 8) return 0;
  if (rlpLength > 0 && load<u8>(rlpPayload) == 0) return 0;
  rlpU64 = 0;
  for (let i: u32 = 0; i < rlpLength; i++) rlpU64 = (rlpU64 << 8) | <u64>load<u8>(rlpPayload + i);
  return next;
}

function byteLength(value: u32): i32 {
  return 4 - (<i32>clz(value) >> 3);
}
