/** What a transaction that is replayed with an access list reads: of each location the value that the list says the transactions before it have left. */
import { accountItem, balancesOf, changesBelow, codesOf, nonceAt, noncesOf, slotItem, valuesOf, wordAt } from '../accessList/givenList';
import { copy } from '../u256';
import { A_BALANCE, A_CODE_HASH, A_NONCE, S_VALUE } from './flatCache';
import { checkExistence, replayedIndex } from './multiVersion';

export function readListedAccount(flat: usize, nonce: usize, balance: usize, codeHash: usize): void {
  checkExistence(flat);
  const item = accountItem(flat);
  store<u64>(nonce, nonceBefore(noncesOf(item), replayedIndex(), flat));
  copy(wordBefore(balancesOf(item), replayedIndex(), flat + A_BALANCE), balance);
  copy(wordBefore(codesOf(item), replayedIndex(), flat + A_CODE_HASH), codeHash);
}

export function readListedSlot(slot: usize, out: usize): void {
  copy(wordBefore(valuesOf(slotItem(slot)), replayedIndex(), slot + S_VALUE), out);
}

/** The value before the transaction with that block access index; `base`: the one before the run. */
@inline
export function wordBefore(timeline: usize, index: u32, base: usize): usize {
  const before = changesBelow(timeline, index);
  return before == 0 ? base : wordAt(timeline, before - 1);
}

@inline
export function nonceBefore(timeline: usize, index: u32, flat: usize): u64 {
  const before = changesBelow(timeline, index);
  return before == 0 ? load<u64>(flat, A_NONCE) : nonceAt(timeline, before - 1);
}
