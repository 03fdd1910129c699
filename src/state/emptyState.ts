import { toHex, ZERO_HASH } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { StateSnapshot } from './stateReader';

/** The state that genesis is built on. */
export const emptyState: StateSnapshot = {
  account: () => undefined,
  storage: () => ZERO_HASH,
  code(codeHash) {
    throw new TributaryError('State.CodeMissing', `the empty state has no code ${toHex(codeHash)}`);
  },
  trieNode: () => undefined,
};
