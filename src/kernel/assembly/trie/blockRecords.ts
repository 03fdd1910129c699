/** From the flat-state cache to the tries: what a block changed, as the records that `commit.ts` takes. */

import {
  A_BALANCE,
  A_CODE_HASH,
  A_DIRTY_SLOTS,
  A_FLAGS,
  A_NEXT_DIRTY,
  A_NONCE,
  A_STORAGE_ROOT,
  ACCOUNT_EXISTS,
  accountHash,
  firstDirtyAccount,
  S_COMMITTED,
  S_NEXT_DIRTY,
  S_VALUE,
  slotHash,
} from '../state/flatCache';
import {
  ACCOUNT_ACTION,
  ACCOUNT_BALANCE,
  ACCOUNT_CODE_HASH,
  ACCOUNT_NONCE,
  ACCOUNT_RECORD_SIZE,
  ACTION_DELETE,
  SLOT_KEY,
  SLOT_RECORD_SIZE,
  SLOT_VALUE,
  writeRoot,
} from './commit';
import { EMPTY_ROOT } from './constants';
import { wordScratch } from './context';
import { copy32, equal32 } from './node';
import { findRecord } from './record';
import { setStatus, STATUS_BUFFER_TOO_SMALL } from './status';

/** How many account records `collectBlock` wrote; the slot records lie behind them. */
export let collectedAccounts: i32 = 0;
export let collectedSlots: i32 = 0;

/**
 * Writes a record for each account that the block changed and each of its slots that now has another value than before
 * the block, in the order of the cache's lists. STATUS_BUFFER_TOO_SMALL when `capacity` bytes do not hold them.
 */
export function collectBlock(records: usize, capacity: u32): void {
  const end = records + capacity;
  collectedAccounts = 0;
  collectedSlots = 0;
  for (let account = firstDirtyAccount(); account != 0; account = load<u32>(account, A_NEXT_DIRTY)) collectedAccounts++;
  let slotRecord = records + ACCOUNT_RECORD_SIZE * collectedAccounts;
  if (slotRecord > end) {
    setStatus(STATUS_BUFFER_TOO_SMALL);
    return;
  }

  let record = records;
  for (let account = firstDirtyAccount(); account != 0; account = load<u32>(account, A_NEXT_DIRTY)) {
    const exists = (load<u32>(account, A_FLAGS) & ACCOUNT_EXISTS) != 0;
    copy32(record, accountHash(account));
    copy32(record + ACCOUNT_CODE_HASH, account + A_CODE_HASH);
    copy32(record + ACCOUNT_BALANCE, account + A_BALANCE);
    store<u64>(record, load<u64>(account, A_NONCE), ACCOUNT_NONCE);
    store<u32>(record, exists ? 0 : ACTION_DELETE, ACCOUNT_ACTION);

    let slot = exists ? <usize>load<u32>(account, A_DIRTY_SLOTS) : 0;
    for (; slot != 0; slot = load<u32>(slot, S_NEXT_DIRTY)) {
      if (equal32(slot + S_VALUE, slot + S_COMMITTED)) continue;
      if (end - slotRecord < SLOT_RECORD_SIZE) {
        setStatus(STATUS_BUFFER_TOO_SMALL);
        return;
      }
      copy32(slotRecord, record);
      copy32(slotRecord + SLOT_KEY, slotHash(slot, wordScratch()));
      copy32(slotRecord + SLOT_VALUE, slot + S_VALUE);
      slotRecord += SLOT_RECORD_SIZE;
      collectedSlots++;
    }
    record += ACCOUNT_RECORD_SIZE;
  }
}

/**
 * Gives the cached accounts that the block changed their new storage roots. `records` are those that `collectBlock` wrote,
 * applied since, and the changes not exported yet.
 */
export function writeStorageRoots(records: usize): void {
  let record = records;
  for (let account = firstDirtyAccount(); account != 0; account = load<u32>(account, A_NEXT_DIRTY)) {
    const isGone = load<u32>(record, ACCOUNT_ACTION) == ACTION_DELETE;
    if (isGone) {
      copy32(account + A_STORAGE_ROOT, EMPTY_ROOT);
    } else if (load<u32>(account, A_DIRTY_SLOTS) != 0) {
      const storage = findRecord(record);
      if (storage != 0) writeRoot(storage, account + A_STORAGE_ROOT);
    }
    record += ACCOUNT_RECORD_SIZE;
  }
}
