import type { KeyValueOperation } from '../core/ports';

/** A write to the state that a block makes: of an account, a slot, a trie node, code. */
export type StateOperation = KeyValueOperation & {
  /**
   * Who made it knows that, but for the block's operations before it, there is nothing under the key: then the store is not asked for what the
   * undo record has to hold. Otherwise nothing is said.
   */
  isNew?: boolean;
};
