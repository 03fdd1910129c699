import { EMPTY_ROOT } from '../../codec/header';
import { assert } from '../../core/assert';
import { concatBytes, EMPTY_BYTES, equalBytes, type Hash } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';
import {
  type BranchNode,
  decodeNode,
  encodeBranch,
  encodeExtension,
  encodeLeaf,
  isHashReference,
  isReference,
  type LeafNode,
  type NodeReference,
  type TrieChild,
  type TrieNode,
  toNibbles,
} from './trieNode';

/** RLP of the node at `owner ‖ path`, or undefined. */
export type TrieNodeSource = (key: Uint8Array) => Uint8Array | undefined;

/** A change of the node store: `value` undefined deletes. */
export interface TrieNodeWrite {
  key: Uint8Array;
  value: Uint8Array | undefined;
}

/**
 * Ethereum's Merkle-Patricia trie (yellow paper, appendix D) over a path-keyed node store.
 *
 * A node's key is `owner ‖ path`: owner is empty for the account trie and keccak256(address) for a storage trie, the path one byte per nibble
 * from the root. Its value is the node's RLP. Nodes whose RLP is shorter than 32 bytes live inside their parent and have no entry; the root
 * always has one; an empty trie has none. So each position holds one version, the store never grows with dead nodes, and history is kept
 * apart (`UndoRecord`).
 *
 * Reads go down one path; `put` and `delete` change loaded nodes only; `commit` hashes what changed, once, and says what to write.
 * Keys must be prefix-free. Not safe for concurrent use; one instance serves one block.
 */
export class Trie {
  readonly #owner: Uint8Array;
  readonly #source: TrieNodeSource;
  #root: TrieNode | undefined;
  /** Positions (latin1 of the nibbles) whose entry in the store is no longer a node's. */
  readonly #obsolete = new Set<string>();

  constructor(source: TrieNodeSource = () => undefined, owner: Uint8Array = EMPTY_BYTES) {
    this.#source = source;
    this.#owner = owner;
    const rlp = source(owner);
    this.#root = rlp && decodeNode(rlp, true, hashReference(rlp));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const path = toNibbles(key);
    let node = this.#root;
    let depth = 0;
    while (node) {
      if (node.kind === 'leaf') return equalBytes(node.path, path.subarray(depth)) ? node.value : undefined;
      if (node.kind === 'extension') {
        if (commonPrefixLength(node.path, path, depth) < node.path.length) return undefined;
        depth += node.path.length;
        node.child = this.#load(node.child, path.subarray(0, depth));
        node = node.child;
      } else {
        const index: number = path[depth++];
        const child: TrieChild = node.children[index];
        if (!child) return undefined;
        const loaded = this.#load(child, path.subarray(0, depth));
        node.children[index] = loaded;
        node = loaded;
      }
    }
    return undefined;
  }

  /** @param value not empty */
  put(key: Uint8Array, value: Uint8Array): void {
    assert(value.length > 0, 'a trie value is not empty');
    this.#root = this.#insert(this.#root, toNibbles(key), 0, value);
  }

  /** Does nothing when the key is absent. */
  delete(key: Uint8Array): void {
    this.#root = this.#remove(this.#root, toNibbles(key), 0);
  }

  /** Hashes what changed and returns the root with the writes that bring the store to it. The trie may be used further. */
  commit(): { root: Hash; writes: TrieNodeWrite[] } {
    const puts = new Map<string, TrieNodeWrite>();
    let root = EMPTY_ROOT;
    if (this.#root) root = this.#hash(this.#root, [], puts).subarray(1);
    const writes = [...puts.values()];
    for (const position of this.#obsolete) {
      if (!puts.has(position)) {
        writes.push({ key: concatBytes(this.#owner, Buffer.from(position, 'latin1')), value: undefined });
      }
    }
    this.#obsolete.clear();
    return { root, writes };
  }

  #insert(child: TrieChild, path: Uint8Array, depth: number, value: Uint8Array): TrieNode {
    if (!child) return newLeaf(path.slice(depth), value);
    const node = this.#load(child, path.subarray(0, depth));
    if (node.kind === 'branch') {
      const index = path[depth];
      const inserted = this.#insert(node.children[index], path, depth + 1, value);
      node.children[index] = inserted;
      if (!inserted.reference) node.reference = undefined;
      return node;
    }
    const common = commonPrefixLength(node.path, path, depth);
    if (node.kind === 'extension' && common === node.path.length) {
      node.child = this.#insert(node.child, path, depth + common, value);
      if (!node.child.reference) node.reference = undefined;
      return node;
    }
    if (node.kind === 'leaf' && common === node.path.length && depth + common === path.length) {
      if (!equalBytes(node.value, value)) {
        node.value = value;
        node.reference = undefined;
      }
      return node;
    }
    assert(common < node.path.length && depth + common < path.length, 'trie keys are prefix-free');
    const branch = newBranch();
    branch.children[path[depth + common]] = newLeaf(path.slice(depth + common + 1), value);
    branch.children[node.path[common]] = this.#shorten(node, common + 1, path, depth);
    if (common === 0) return branch;
    return {
      kind: 'extension',
      path: path.slice(depth, depth + common),
      child: branch,
      reference: undefined,
      stored: false,
    };
  }

  /** `node`, which stood at `path[0..depth]`, without the first `count` nibbles of its own path, for a place below. */
  #shorten(node: Exclude<TrieNode, BranchNode>, count: number, path: Uint8Array, depth: number): TrieChild {
    if (node.stored) this.#obsolete.add(positionOf(path, depth));
    const rest = node.path.slice(count);
    if (node.kind === 'leaf') return newLeaf(rest, node.value);
    if (rest.length === 0) return node.child;
    return { kind: 'extension', path: rest, child: node.child, reference: undefined, stored: false };
  }

  #remove(child: TrieChild, path: Uint8Array, depth: number): TrieNode | undefined {
    if (!child) return undefined;
    const node = this.#load(child, path.subarray(0, depth));
    if (node.kind === 'leaf') {
      if (!equalBytes(node.path, path.subarray(depth))) return node;
      if (node.stored) this.#obsolete.add(positionOf(path, depth));
      return undefined;
    }
    if (node.kind === 'extension') {
      if (commonPrefixLength(node.path, path, depth) < node.path.length) return node;
      const below = depth + node.path.length;
      const rest = this.#remove(node.child, path, below);
      assert(rest, 'below an extension stands a branch, which keeps a child');
      if (rest.reference) {
        node.child = rest;
        return node;
      }
      return this.#prepend(node.path, rest, positionOf(path, below), node.stored);
    }
    const index = path[depth];
    const rest = this.#remove(node.children[index], path, depth + 1);
    const absent = !node.children[index];
    node.children[index] = rest;
    if (absent || rest?.reference) return node;
    node.reference = undefined;
    return rest ? node : this.#collapse(node, path, depth);
  }

  /** A branch that may have lost all but one child becomes that child with one nibble more. */
  #collapse(branch: BranchNode, path: Uint8Array, depth: number): TrieNode {
    let only = -1;
    for (let i = 0; i < 16; i++) {
      if (!branch.children[i]) continue;
      if (only >= 0) return branch;
      only = i;
    }
    const child = branch.children[only];
    assert(child, 'a branch keeps a child');
    const position = path.slice(0, depth + 1);
    position[depth] = only;
    const node = this.#load(child, position);
    return this.#prepend(Uint8Array.of(only), node, positionOf(position, depth + 1), branch.stored);
  }

  /** A node that stands where `prefix` begins and means `prefix` then `node`. `stored`: whether that place has an entry. */
  #prepend(prefix: Uint8Array, node: TrieNode, position: string, stored: boolean): TrieNode {
    if (node.kind === 'branch') return { kind: 'extension', path: prefix, child: node, reference: undefined, stored };
    if (node.stored) this.#obsolete.add(position);
    return { ...node, path: concatBytes(prefix, node.path), reference: undefined, stored };
  }

  #load(child: TrieNode | NodeReference, position: Uint8Array): TrieNode {
    if (!isReference(child)) return child;
    if (!isHashReference(child)) return decodeNode(child, false, child);
    const rlp = this.#source(concatBytes(this.#owner, position));
    assert(rlp, `the trie node at ${Buffer.from(position).toString('hex')} is in the store`);
    return decodeNode(rlp, true, child);
  }

  #hash(node: TrieNode, position: number[], puts: Map<string, TrieNodeWrite>): NodeReference {
    if (node.reference && (position.length > 0 || isHashReference(node.reference))) return node.reference;
    const rlp = this.#encode(node, position, puts);
    const place = Buffer.from(position);
    if (rlp.length < 32 && position.length > 0) {
      if (node.stored) this.#obsolete.add(place.toString('latin1'));
      node.stored = false;
      node.reference = rlp;
    } else {
      puts.set(place.toString('latin1'), { key: concatBytes(this.#owner, place), value: rlp });
      node.stored = true;
      node.reference = hashReference(rlp);
    }
    return node.reference;
  }

  #encode(node: TrieNode, position: number[], puts: Map<string, TrieNodeWrite>): Uint8Array {
    if (node.kind === 'leaf') return encodeLeaf(node.path, node.value);
    if (node.kind === 'extension') {
      if (isReference(node.child)) return encodeExtension(node.path, node.child);
      return encodeExtension(node.path, this.#hash(node.child, [...position, ...node.path], puts));
    }
    return encodeBranch(
      node.children.map((child, index) =>
        child && !isReference(child) ? this.#hash(child, [...position, index], puts) : child,
      ),
    );
  }
}

function newLeaf(path: Uint8Array, value: Uint8Array): LeafNode {
  return { kind: 'leaf', path, value, reference: undefined, stored: false };
}

function newBranch(): BranchNode {
  return { kind: 'branch', children: new Array(16).fill(undefined), reference: undefined, stored: false };
}

function hashReference(rlp: Uint8Array): NodeReference {
  const reference = new Uint8Array(33);
  reference[0] = 0xa0;
  reference.set(keccak256(rlp), 1);
  return reference;
}

function commonPrefixLength(nodePath: Uint8Array, path: Uint8Array, depth: number): number {
  const lengthMax = Math.min(nodePath.length, path.length - depth);
  let length = 0;
  while (length < lengthMax && nodePath[length] === path[depth + length]) length++;
  return length;
}

function positionOf(path: Uint8Array, depth: number): string {
  return Buffer.from(path.buffer, path.byteOffset, depth).toString('latin1');
}
