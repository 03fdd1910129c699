import { EMPTY_CODE_HASH } from '../codec/header';
import { type Address, EMPTY_BYTES, equalBytes } from '../core/bytes';
import type { StateReader } from '../state/stateReader';

/** The code at an address; empty for an account without code and for none. */
export function accountCode(state: StateReader, address: Address): Uint8Array {
  const account = state.account(address);
  return account && !equalBytes(account.codeHash, EMPTY_CODE_HASH) ? state.code(account.codeHash) : EMPTY_BYTES;
}
