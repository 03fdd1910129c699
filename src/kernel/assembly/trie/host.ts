/**
 * Loads the RLP of a trie node from the host's path-keyed store into `out` (room for `capacity` bytes).
 * Returns its length; 0 when the store has no entry at the key.
 */
// @ts-ignore: AssemblyScript names an import's module with a decorator
@external('host', 'loadTrieNode')
export declare function loadTrieNode(key: usize, keyLength: i32, out: usize, capacity: i32): i32;
