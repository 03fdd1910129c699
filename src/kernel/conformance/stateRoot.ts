/** Storage roots from whole storages: small, obvious, and independent of the tries that are being checked. */
import { RLP } from '@ethereumjs/rlp';
import { type Hash, toHex } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';
import type { StateTestAccount } from './stateTestCase';

type RlpNode = Uint8Array | RlpNode[];
interface Leaf {
  /** The hashed key, one digit a nibble. */
  path: string;
  value: Uint8Array;
}

const EMPTY_ROOT = keccak256(RLP.encode(new Uint8Array(0)));

/** Root of an account's storage trie. */
export function storageRootOf({ storage }: Pick<StateTestAccount, 'storage'>): Hash {
  return rootOf(
    storage.map(({ slot, value }) => ({
      path: hashedPath(slot),
      value: RLP.encode(value.subarray(value.findIndex((byte) => byte !== 0))),
    })),
  );
}

function rootOf(leaves: Leaf[]): Hash {
  if (leaves.length === 0) return EMPTY_ROOT;
  leaves.sort((a, b) => (a.path < b.path ? -1 : 1));
  return keccak256(RLP.encode(nodeOf(leaves, 0)));
}

/** The node over `leaves`, sorted, which agree on their first `depth` nibbles. */
function nodeOf(leaves: Leaf[], depth: number): RlpNode[] {
  const [first] = leaves;
  if (leaves.length === 1) return [compact(first.path.slice(depth), true), first.value];
  const last = leaves[leaves.length - 1];
  let shared = depth;
  while (first.path[shared] === last.path[shared]) shared++;
  if (shared > depth) return [compact(first.path.slice(depth, shared), false), reference(nodeOf(leaves, shared))];
  const branch: RlpNode[] = [];
  for (const nibble of '0123456789abcdef') {
    const below = leaves.filter(({ path }) => path[depth] === nibble);
    branch.push(below.length === 0 ? new Uint8Array(0) : reference(nodeOf(below, depth + 1)));
  }
  return [...branch, new Uint8Array(0)];
}

/** A node inside its parent: itself where it encodes to less than 32 bytes, its hash elsewhere. */
function reference(node: RlpNode[]): RlpNode {
  const encoded = RLP.encode(node);
  return encoded.length < 32 ? node : keccak256(encoded);
}

/** Hex-prefix encoding (yellow paper, appendix C). */
function compact(nibbles: string, isLeaf: boolean): Uint8Array {
  const flag = (isLeaf ? 2 : 0) + (nibbles.length % 2);
  return new Uint8Array(Buffer.from(`${flag}${nibbles.length % 2 === 0 ? '0' : ''}${nibbles}`, 'hex'));
}

function hashedPath(key: Uint8Array): string {
  return toHex(keccak256(key)).slice(2);
}
