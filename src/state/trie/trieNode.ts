import { assert } from '../../core/assert';
import { concatBytes } from '../../core/bytes';

/**
 * How a parent names a child: `0xa0 ‖ keccak(node RLP)`, or the node's RLP itself when that is shorter than 32 bytes (an embedded node).
 * Always a complete RLP item.
 */
export type NodeReference = Uint8Array;

/** A child that is loaded, named only, or absent. */
export type TrieChild = TrieNode | NodeReference | undefined;

interface NodeState {
  /** Undefined while the node or anything below it has changed since the last commit. */
  reference: NodeReference | undefined;
  /** Whether the store has an entry at this node's position. */
  stored: boolean;
}

export interface LeafNode extends NodeState {
  kind: 'leaf';
  /** Remaining nibbles, one per byte. */
  path: Uint8Array;
  value: Uint8Array;
}

export interface ExtensionNode extends NodeState {
  kind: 'extension';
  path: Uint8Array;
  child: TrieNode | NodeReference;
}

/** Keys are prefix-free here (hashes, or RLP integers), so that a branch never has a value of its own. */
export interface BranchNode extends NodeState {
  kind: 'branch';
  children: TrieChild[];
}

export type TrieNode = LeafNode | ExtensionNode | BranchNode;

const EMPTY_ITEM = Uint8Array.of(0x80);

export function isReference(child: TrieNode | NodeReference): child is NodeReference {
  return child instanceof Uint8Array;
}

/** Whether the reference names a node that has an entry of its own in the store. */
export function isHashReference(reference: NodeReference): boolean {
  return reference.length === 33;
}

/** Two nibbles per byte, high one first. */
export function toNibbles(bytes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    nibbles[2 * i] = bytes[i] >> 4;
    nibbles[2 * i + 1] = bytes[i] & 15;
  }
  return nibbles;
}

export function encodeLeaf(path: Uint8Array, value: Uint8Array): Uint8Array {
  return encodeList([encodeItem(compactPath(path, true)), encodeItem(value)]);
}

export function encodeExtension(path: Uint8Array, child: NodeReference): Uint8Array {
  return encodeList([encodeItem(compactPath(path, false)), child]);
}

export function encodeBranch(children: (NodeReference | undefined)[]): Uint8Array {
  const items = children.map((child) => child ?? EMPTY_ITEM);
  items.push(EMPTY_ITEM);
  return encodeList(items);
}

/** Reads a node's RLP. The arrays inside are views of `rlp`. */
export function decodeNode(rlp: Uint8Array, stored: boolean, reference: NodeReference): TrieNode {
  const items = splitList(rlp);
  if (items.length === 17) {
    return { kind: 'branch', stored, reference, children: items.slice(0, 16).map(childOfItem) };
  }
  assert(items.length === 2, 'a trie node has 2 or 17 items');
  const compact = itemPayload(items[0]);
  const nibbles = toNibbles(compact);
  const path = nibbles.subarray(nibbles[0] & 1 ? 1 : 2);
  if (nibbles[0] >= 2) return { kind: 'leaf', stored, reference, path, value: itemPayload(items[1]) };
  return { kind: 'extension', stored, reference, path, child: items[1] };
}

function childOfItem(item: Uint8Array): TrieChild {
  return item.length === 1 ? undefined : item;
}

/** Hex-prefix encoding (yellow paper, appendix C). */
function compactPath(path: Uint8Array, isLeaf: boolean): Uint8Array {
  const odd = path.length & 1;
  const compact = new Uint8Array((path.length >> 1) + 1);
  compact[0] = (isLeaf ? 0x20 : 0) | (odd ? 0x10 | path[0] : 0);
  for (let i = odd, out = 1; i < path.length; i += 2) compact[out++] = (path[i] << 4) | path[i + 1];
  return compact;
}

function encodeItem(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && bytes[0] < 0x80) return bytes;
  return concatBytes(lengthPrefix(bytes.length, 0x80), bytes);
}

function encodeList(items: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const item of items) length += item.length;
  return concatBytes(lengthPrefix(length, 0xc0), ...items);
}

function lengthPrefix(length: number, base: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length);
  if (length < 0x100) return Uint8Array.of(base + 56, length);
  if (length < 0x10000) return Uint8Array.of(base + 57, length >> 8, length & 255);
  return Uint8Array.of(base + 58, length >> 16, (length >> 8) & 255, length & 255);
}

/** The items of a list as complete RLP items. Only for what this file encoded: not a validator. */
function splitList(rlp: Uint8Array): Uint8Array[] {
  const items: Uint8Array[] = [];
  const list = header(rlp, 0);
  for (let offset = list.start; offset < list.end; ) {
    const { end } = header(rlp, offset);
    items.push(rlp.subarray(offset, end));
    offset = end;
  }
  return items;
}

function itemPayload(item: Uint8Array): Uint8Array {
  const { start, end } = header(item, 0);
  return item.subarray(start, end);
}

function header(rlp: Uint8Array, offset: number): { start: number; end: number } {
  const first = rlp[offset];
  if (first < 0x80) return { start: offset, end: offset + 1 };
  const short = first < 0xc0 ? first - 0x80 : first - 0xc0;
  if (short < 56) return { start: offset + 1, end: offset + 1 + short };
  let length = 0;
  const sizeBytes = short - 55;
  for (let i = 1; i <= sizeBytes; i++) length = length * 256 + rlp[offset + i];
  return { start: offset + 1 + sizeBytes, end: offset + 1 + sizeBytes + length };
}
