/** Node → RLP, as the yellow paper's appendix D has it: branches of 17 items, extensions and leaves of two. */

import { keccak256 } from '../keccak';
import { rlpHeaderSize, rlpWriteListHeader, rlpWriteStringHeader } from '../rlp';
import { EMPTY_CODE_HASH, EMPTY_ROOT } from './constants';
import {
  branchCapacity,
  CHILD_EMBEDDED,
  childMask,
  copy32,
  embeddedMask,
  EXTENSION_PATH,
  EXTENSION_REFERENCE,
  extensionEnd,
  extensionState,
  FORM_ACCOUNT,
  FORM_RAW,
  KIND_BRANCH,
  KIND_EXTENSION,
  kindOf,
  LEAF_KEY,
  LEAF_VALUE,
  nibbleAt,
  pointerAt,
} from './node';

/** Writes the RLP of the node that begins at `depth` to `out` and returns its length. Children's references must be up to date. */
export function encodeNode(node: usize, depth: i32, out: usize): i32 {
  const kind = kindOf(node);
  if (kind == KIND_BRANCH) return encodeBranch(node, out);
  if (kind == KIND_EXTENSION) return encodeExtension(node, depth, out);
  return encodeLeaf(node, depth, out);
}

/**
 * Writes what a parent holds of a node whose RLP is `length` bytes at `rlp` into the 32 bytes at `reference`.
 * Returns whether it is embedded; a root never is.
 */
export function writeReference(rlp: usize, length: i32, isRoot: bool, reference: usize): bool {
  if (length < 32 && !isRoot) {
    memory.copy(reference, rlp, length);
    return true;
  }
  keccak256(rlp, length, reference);
  return false;
}

/** Byte length of an embedded reference: a list shorter than 56 bytes. */
export function embeddedLength(reference: usize): i32 {
  return 1 + <i32>load<u8>(reference) - 0xc0;
}

function encodeBranch(branch: usize, out: usize): i32 {
  const children = childMask(branch);
  const embedded = embeddedMask(branch);
  const pointers = pointerAt(branch, 0);
  let reference = pointers + 4 * branchCapacity(branch);

  // Each child is one marker byte and 32 bytes of hash; an embedded one is as long as it says; none and value: one byte.
  let payload: u32 = 17 + 32 * popcnt(children);
  if (embedded != 0) {
    let at = reference;
    for (let rest = children; rest != 0; rest &= rest - 1) {
      if ((embedded & (1 << ctz(rest))) != 0) payload = payload - 33 + embeddedLength(at);
      at += 32;
    }
  }

  let to = rlpWriteListHeader(out, payload);
  let bits = children | (embedded << 16);
  for (let nibble = 0; nibble < 16; nibble++) {
    if ((bits & 1) == 0) {
      store<u8>(to, 0x80);
      to++;
    } else if ((bits & 0x10000) == 0) {
      store<u8>(to, 0xa0);
      copy32(to + 1, reference);
      to += 33;
      reference += 32;
    } else {
      const length = embeddedLength(reference);
      memory.copy(to, reference, length);
      to += length;
      reference += 32;
    }
    bits >>>= 1;
  }
  store<u8>(to, 0x80);
  return <i32>(to + 1 - out);
}

function encodeExtension(extension: usize, depth: i32, out: usize): i32 {
  const end = extensionEnd(extension);
  const reference = extension + EXTENSION_REFERENCE;
  const isEmbedded = (extensionState(extension) & CHILD_EMBEDDED) != 0;
  const referenceLength = isEmbedded ? embeddedLength(reference) : 33;
  let to = rlpWriteListHeader(out, compactPathSize(depth, end) + referenceLength);
  to = writeCompactPath(to, extension + EXTENSION_PATH, depth, end, 0);
  if (isEmbedded) {
    memory.copy(to, reference, referenceLength);
  } else {
    store<u8>(to, 0xa0);
    copy32(to + 1, reference);
  }
  return <i32>(to + referenceLength - out);
}

function encodeLeaf(leaf: usize, depth: i32, out: usize): i32 {
  const form = load<u8>(leaf, 3);
  const stored = <i32>load<u16>(leaf, 4);
  const value = leaf + LEAF_VALUE;
  const pathSize = compactPathSize(depth, 64);
  if (form == FORM_RAW) {
    const isByte = stored == 1 && load<u8>(value) < 0x80;
    const valueSize = isByte ? 1 : rlpHeaderSize(stored) + stored;
    let to = rlpWriteListHeader(out, pathSize + valueSize);
    to = writeCompactPath(to, leaf + LEAF_KEY, depth, 64, 0x20);
    if (!isByte) to = rlpWriteStringHeader(to, stored);
    memory.copy(to, value, stored);
    return <i32>(to + stored - out);
  }

  const integers = form == FORM_ACCOUNT ? stored - 64 : stored;
  // nonce and balance, then two hashes of 33 bytes; never shorter than 56 bytes.
  const account = integers + 66;
  const accountSize = rlpHeaderSize(account) + account;
  let to = rlpWriteListHeader(out, pathSize + rlpHeaderSize(accountSize) + accountSize);
  to = writeCompactPath(to, leaf + LEAF_KEY, depth, 64, 0x20);
  to = rlpWriteStringHeader(to, accountSize);
  to = rlpWriteListHeader(to, account);
  memory.copy(to, value, integers);
  to += integers;
  store<u8>(to, 0xa0);
  copy32(to + 1, form == FORM_ACCOUNT ? value + integers : EMPTY_ROOT);
  store<u8>(to, 0xa0, 33);
  copy32(to + 34, form == FORM_ACCOUNT ? value + integers + 32 : EMPTY_CODE_HASH);
  return <i32>(to + 66 - out);
}

/** RLP size of the hex-prefix form of nibbles [from, to). */
function compactPathSize(from: i32, to: i32): i32 {
  const bytes = 1 + ((to - from) >> 1);
  return bytes == 1 ? 1 : 1 + bytes;
}

/** Hex-prefix encoding (appendix C) of nibbles [from, to) of `path` as an RLP string; `flag` is 0x20 for leaves. */
function writeCompactPath(out: usize, path: usize, from: i32, to: i32, flag: u8): usize {
  const count = to - from;
  if (count > 1) out = rlpWriteStringHeader(out, 1 + (count >> 1));
  if ((count & 1) != 0) {
    store<u8>(out, <u8>(flag | 0x10 | <u8>nibbleAt(path, from)));
    from++;
  } else {
    store<u8>(out, flag);
  }
  out++;
  if ((from & 1) == 0) {
    for (; from + 1 < to; from += 2) store<u8>(out++, load<u8>(path + (from >> 1)));
  } else {
    for (; from + 1 < to; from += 2) {
      const at = path + (from >> 1);
      store<u8>(out++, (load<u8>(at) << 4) | (load<u8>(at, 1) >> 4));
    }
  }
  return out;
}
