/**
 * A block's trie work as jobs that any number of instances take from a common counter.
 *
 *   one instance   prepare (openFrom > 0), planSlotJobs
 *   all            runSlotJobs, until each has returned
 *   one            finishSlots
 *   all            runAccountJobs, until each has returned
 *   one            finishAccounts
 *
 * Each counter is a u32 in shared memory, zero at the start. When any of them fails, one instance may apply the same
 * records again from the start (`trieApply`): to write what is written already changes nothing.
 *
 * A plan is an array of 12-byte entries: i32 from · i32 to · i32 nibble, as `slotJob` takes them.
 */

import { accountJob, SLOT_RECORD_SIZE, slotJob } from './commit';
import { equal32 } from './node';
import { accountTrie, findRecord, openSlots } from './record';
import { setStatus, status, STATUS_BUFFER_TOO_SMALL, STATUS_OK } from './status';

const PLAN_ENTRY_SIZE: usize = 12;
/** Storage tries with few records are put together into jobs of about this many. */
const JOB_RECORDS_MIN: i32 = 64;

/** Writes the plan for prepared slot records to `out` and returns how many jobs it has. */
export function planSlotJobs(slots: usize, slotCount: i32, out: usize, capacity: u32): i32 {
  let count = 0;
  let pending = 0;
  for (let from = 0; from < slotCount; ) {
    const owner = slots + SLOT_RECORD_SIZE * from;
    let to = from + 1;
    while (to < slotCount && equal32(slots + SLOT_RECORD_SIZE * to, owner)) to++;
    const isOpen = openSlots(findRecord(owner)) != 0;
    if (PLAN_ENTRY_SIZE * (<usize>count + 18) > <usize>capacity) {
      setStatus(STATUS_BUFFER_TOO_SMALL);
      return 0;
    }
    if (isOpen) {
      if (from > pending) writeJob(out, count++, pending, from, -1);
      for (let nibble = 0; nibble < 16; nibble++) writeJob(out, count++, from, to, nibble);
      pending = to;
    } else if (to - pending >= JOB_RECORDS_MIN || to == slotCount) {
      writeJob(out, count++, pending, to, -1);
      pending = to;
    }
    from = to;
  }
  return count;
}

/** Takes and does jobs of the plan until none is left or one fails. */
export function runSlotJobs(slots: usize, plan: usize, count: i32, counter: usize): void {
  while (status == STATUS_OK) {
    const job = atomic.add<i32>(counter, 1);
    if (job >= count) return;
    const entry = plan + PLAN_ENTRY_SIZE * job;
    slotJob(slots, load<i32>(entry), load<i32>(entry, 4), load<i32>(entry, 8));
  }
}

/** Takes and does the account trie's jobs, sixteen or (when it is not open) one, until none is left or one fails. */
export function runAccountJobs(accounts: usize, accountCount: i32, counter: usize): void {
  const isOpen = openSlots(accountTrie()) != 0;
  while (status == STATUS_OK) {
    const job = atomic.add<i32>(counter, 1);
    if (job >= (isOpen ? 16 : 1)) return;
    accountJob(accounts, 0, accountCount, isOpen ? job : -1);
  }
}

function writeJob(out: usize, index: i32, from: i32, to: i32, nibble: i32): void {
  const entry = out + PLAN_ENTRY_SIZE * index;
  store<i32>(entry, from);
  store<i32>(entry, to, 4);
  store<i32>(entry, nibble, 8);
}
