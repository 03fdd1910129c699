import { encodeRlp } from '../../codec/rlpWriter';
import { type Hash, toMinimalBytes } from '../../core/bytes';
import { Trie } from './trie';

/** Root of the trie rlp(index) → value: a header's transactionsRoot and receiptsRoot. Values are not empty. */
export function orderedTrieRoot(values: Uint8Array[]): Hash {
  const trie = new Trie();
  values.forEach((value, index) => {
    trie.put(encodeRlp(toMinimalBytes(index)), value);
  });
  return trie.commit().root;
}
