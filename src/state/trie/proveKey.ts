import { concatBytes, EMPTY_BYTES, equalBytes } from '../../core/bytes';
import type { TrieNodeSource } from './trie';
import { decodeNode, isHashReference, isReference, type TrieChild, toNibbles } from './trieNode';

export interface KeyProof {
  /** RLP of the nodes from the root down, embedded ones left out: what `eth_getProof` returns. Empty for an empty trie. */
  nodes: Uint8Array[];
  /** Undefined: the nodes prove that the key is absent. */
  value: Uint8Array | undefined;
}

/** Merkle proof of a key's value or absence, from committed nodes. */
export function proveKey(source: TrieNodeSource, key: Uint8Array, owner: Uint8Array = EMPTY_BYTES): KeyProof {
  const path = toNibbles(key);
  const nodes: Uint8Array[] = [];
  const root = source(owner);
  if (!root) return { nodes, value: undefined };
  nodes.push(root);
  let node = decodeNode(root, true, root);
  let depth = 0;
  while (node.kind !== 'leaf') {
    let child: TrieChild;
    if (node.kind === 'extension') {
      const end = depth + node.path.length;
      if (!equalBytes(node.path, path.subarray(depth, end))) return { nodes, value: undefined };
      depth = end;
      child = node.child;
    } else {
      child = node.children[path[depth++]];
    }
    if (!child || !isReference(child)) return { nodes, value: undefined };
    if (isHashReference(child)) {
      const rlp = source(concatBytes(owner, path.subarray(0, depth)));
      if (!rlp) return { nodes, value: undefined };
      nodes.push(rlp);
      node = decodeNode(rlp, true, child);
    } else {
      node = decodeNode(child, false, child);
    }
  }
  return { nodes, value: equalBytes(node.path, path.subarray(depth)) ? node.value : undefined };
}
