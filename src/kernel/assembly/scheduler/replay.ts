/**
 * A run with the block's access list, which says what every transaction reads of what those before it have left: all transactions can be executed at once, each once.
 *
 *   main thread     beginRun, beginReplay, addRecords as often as there are some, sealRun
 *   every worker    work, as in any run
 *   main thread     once all have returned from their last: isReplayed, settleReplay
 *
 * Why the result is right although nobody trusts the list, by induction over transactions: each was found to leave exactly what the list says, given what the
 * list says that those before it leave. What the list says of what precedes the run is compared with what was noted of it (accessList/collect). So the list is
 * the block's, entry by entry, and what it has last of each location is the state. Any difference, and the run is given up: nothing of it has reached the state.
 */
import {
  accountItem,
  balancesOf,
  changeCount,
  changedSlotsEnd,
  changesBelow,
  codesOf,
  countMatched,
  enterList,
  firstChangedSlot,
  flushCounts,
  foundAccount,
  foundSlot,
  I_FLAT,
  indexAt,
  isListComplete,
  listedAccount,
  listedAccountCount,
  nextChangedSlot,
  nonceAt,
  noncesOf,
  openList,
  slotItem,
  valuesOf,
  wordAt,
} from '../accessList/givenList';
import {
  E_BALANCES,
  E_CHANGES,
  E_CODES,
  E_FLAT,
  E_NEXT_SLOT,
  E_NONCES,
  E_SLOTS,
  H_INDEX,
  H_VALUE,
  isCollecting,
  isListFull,
  lastAccessIndex,
  recordedAccount,
  recordedAccounts,
} from '../accessList/collect';
import { isRegionFull } from '../evm/gas';
import { Status } from '../evm/status';
import { workBase } from '../memory';
import { EMPTY_CODE_HASH } from '../state/codeCache';
import {
  A_BALANCE,
  A_CODE_HASH,
  A_FLAGS,
  A_NONCE,
  ACCOUNT_NEW_CODE,
  writeSlotEntry,
} from '../state/flatCache';
import { nonceBefore, wordBefore } from '../state/listedState';
import { beginReplayed } from '../state/multiVersion';
import { destroysFeeRecipient, publishOutcome } from '../state/multiVersionPublish';
import { finishAccount } from '../state/multiVersionSettle';
import {
  ACCOUNT_SIZE,
  DESTROYED,
  DIRTY,
  firstOverlayAccount,
  firstOverlaySlot,
  L_ACCESSED,
  L_ACCOUNT,
  L_FLAGS,
  L_FLAT,
  L_ORIGINAL,
  L_VALUE,
  O_ACCESSED,
  O_BALANCE,
  O_CODE_HASH,
  O_FLAGS,
  O_FLAT,
  O_NONCE,
  overlayAccountCount,
  overlaySlotCount,
  SLOT_SIZE,
  TOUCHED,
} from '../state/overlay';
import { executeTransaction, Mode, outcome, R_BASE_FEE_PAID, R_L1_FEE, R_TIP } from '../transaction';
import { add, copy, equals, setZero } from '../u256';
import {
  BASE_FEE_ENTRY,
  CHUNK_CURSOR,
  CHUNKS,
  chunkStart,
  COINBASE_ENTRY,
  COLLECTS,
  control,
  count,
  COUNT,
  FINAL,
  forgetPortion,
  L1_FEE_ENTRY,
  LIST_BASE,
  recordOf,
  REPLAYED,
  REPLAYS,
  SEALED,
  STAT_EXECUTIONS,
  Stop,
  stopReason,
  stopRun,
  T_SOURCE,
} from './region';

/**
 * Makes the run that was begun one with the list between `from` and `end`, which stays there until the run is over. False: the list does not fit what precedes
 * the run, or is none, or nothing was noted of what precedes.
 */
export function beginReplay(from: usize, end: usize): bool {
  const at = control();
  if (!isCollecting() || isListFull()) return false;
  forgetPortion();
  enterList();
  store<u32>(at, 0, REPLAYED);
  store<u32>(at, 0, COLLECTS);
  store<u32>(at, lastAccessIndex(), LIST_BASE);
  store<u32>(at, 1, REPLAYS);
  if (!openList(from, end) || !holdsForPreceding()) return false;
  flushCounts();
  return stopReason() == Stop.None;
}

/** Whether the list has what was noted of the system calls and deposits. */
function holdsForPreceding(): bool {
  for (let i: u32 = 0, recorded = recordedAccounts(); i < recorded; i++) {
    const record = recordedAccount(i);
    const flat = <usize>load<u32>(record, E_FLAT);
    const item = accountItem(flat);
    if (!foundAccount(item)) return false;
    if (!hasChanges(<usize>load<u32>(record, E_BALANCES), balancesOf(item), false)) return false;
    if (!hasChanges(<usize>load<u32>(record, E_NONCES), noncesOf(item), true)) return false;
    if (!hasChanges(<usize>load<u32>(record, E_CODES), codesOf(item), false)) return false;
    for (let slot = <usize>load<u32>(record, E_SLOTS); slot != 0; slot = <usize>load<u32>(slot, E_NEXT_SLOT)) {
      const listed = slotItem(<usize>load<u32>(slot, E_FLAT));
      if (!foundSlot(listed) || !hasChanges(<usize>load<u32>(slot, E_CHANGES), valuesOf(listed), false)) return false;
    }
  }
  return true;
}

/** Whether a timeline begins with the noted changes, the newest of which is `change`. */
function hasChanges(change: usize, timeline: usize, areNonces: bool): bool {
  let at = changesBelow(timeline, lastAccessIndex() + 1);
  countMatched(at);
  for (; change != 0; change = <usize>load<u32>(change)) {
    if (at-- == 0 || indexAt(timeline, at) != load<u32>(change, H_INDEX)) return false;
    if (areNonces ? nonceAt(timeline, at) != load<u64>(change, H_VALUE) : !equals(wordAt(timeline, at), change + H_VALUE)) {
      return false;
    }
  }
  return at == 0;
}

@inline
export function isReplay(): bool {
  return load<u32>(control(), REPLAYS) != 0;
}

/** Executes the next chunk that nobody has taken. False: there is none at the moment. */
export function replayChunk(): bool {
  const chunk = atomic.load<u32>(control(), CHUNK_CURSOR);
  if (chunk >= atomic.load<u32>(control(), CHUNKS)) return false;
  if (atomic.cmpxchg<u32>(control(), chunk, chunk + 1, CHUNK_CURSOR) != chunk) return true;
  const end = chunkStart(chunk + 1);
  for (let index = chunkStart(chunk); index < end; index++) {
    if (!replayTransaction(index)) return true;
  }
  flushCounts();
  atomic.add<u32>(control(), end - chunkStart(chunk), REPLAYED);
  return true;
}

/** Whether this worker has nothing left to do; `isMain`: it waits for the others. */
export function isReplayOver(isMain: bool): bool {
  if (atomic.load<u32>(control(), SEALED) == 0) return false;
  if (isMain) return atomic.load<u32>(control(), REPLAYED) == load<u32>(control(), COUNT);
  return atomic.load<u32>(control(), CHUNK_CURSOR) == atomic.load<u32>(control(), CHUNKS);
}

/** False: the run was given up. */
function replayTransaction(transaction: u32): bool {
  const index = load<u32>(control(), LIST_BASE) + transaction + 1;
  beginReplayed(transaction, index);
  const status = executeTransaction(<usize>load<u32>(recordOf(transaction), T_SOURCE), Mode.Transaction);
  count(STAT_EXECUTIONS);
  if (isRegionFull()) stopRun(Stop.RegionFull);
  else if (status >= Status.NonceTooLow) stopRun(Stop.ListDiffers);
  else if (destroysFeeRecipient()) stopRun(Stop.Exceptional);
  else if (stopReason() == Stop.None && !leavesWhatIsListed(index)) stopRun(Stop.ListDiffers);
  return stopReason() == Stop.None && publishOutcome(transaction, outcome());
}

/** Whether what is in the overlay is what the list has for block access index `index`. */
function leavesWhatIsListed(index: u32): bool {
  const coinbase = <usize>load<u32>(control(), COINBASE_ENTRY);
  const recipient = <usize>load<u32>(control(), BASE_FEE_ENTRY);
  const l1Recipient = <usize>load<u32>(control(), L1_FEE_ENTRY);
  let inCoinbase: usize = 0;
  let inRecipient: usize = 0;
  let inL1Recipient: usize = 0;
  let account = firstOverlayAccount();
  for (let i = overlayAccountCount(); i > 0; i--) {
    const flat = <usize>load<u32>(account, O_FLAT);
    if (load<u32>(account, O_ACCESSED) != 0 && !foundAccount(accountItem(flat))) return false;
    const getsFees = flat == coinbase || flat == recipient || flat == l1Recipient;
    if (flat == coinbase) inCoinbase = account;
    if (flat == recipient) inRecipient = account;
    if (flat == l1Recipient) inL1Recipient = account;
    const flags = load<u32>(account, O_FLAGS);
    if ((flags & (TOUCHED | DIRTY | DESTROYED)) != 0 && !leavesAccount(account, flat, flags, index, getsFees)) return false;
    account += ACCOUNT_SIZE;
  }
  let slot = firstOverlaySlot();
  for (let i = overlaySlotCount(); i > 0; i--) {
    if (!leavesSlot(slot, index)) return false;
    slot += SLOT_SIZE;
  }
  if (!leavesFees(coinbase, inCoinbase, index)) return false;
  if (recipient != 0 && recipient != coinbase && !leavesFees(recipient, inRecipient, index)) return false;
  if (l1Recipient == 0 || l1Recipient == coinbase || l1Recipient == recipient) return true;
  return leavesFees(l1Recipient, inL1Recipient, index);
}

function leavesAccount(account: usize, flat: usize, flags: u32, index: u32, getsFees: bool): bool {
  const item = accountItem(flat);
  const isGone = (flags & DESTROYED) != 0;
  const nonces = noncesOf(item);
  const nonce: u64 = isGone ? 0 : load<u64>(account, O_NONCE);
  const at = changesBelow(nonces, index);
  const isChanged = nonce != (at == 0 ? load<u64>(flat, A_NONCE) : nonceAt(nonces, at - 1));
  const isListed = at < changeCount(nonces) && indexAt(nonces, at) == index;
  if (isChanged != isListed || (isListed && nonceAt(nonces, at) != nonce)) return false;
  if (isListed) countMatched(1);
  const codeHash = isGone ? EMPTY_CODE_HASH : account + O_CODE_HASH;
  if (!leavesWord(codesOf(item), index, flat + A_CODE_HASH, codeHash)) return false;
  if (getsFees) return true;
  const balance = workBase() + 3424;
  if (isGone) setZero(balance);
  else copy(account + O_BALANCE, balance);
  return leavesWord(balancesOf(item), index, flat + A_BALANCE, balance);
}

function leavesSlot(slot: usize, index: u32): bool {
  const owner = <usize>load<u32>(slot, L_ACCOUNT);
  const item = slotItem(<usize>load<u32>(slot, L_FLAT));
  if (load<u32>(slot, L_ACCESSED) != 0 && !foundSlot(item)) return false;
  if ((load<u32>(slot, L_FLAGS) & DIRTY) == 0 || (load<u32>(owner, O_FLAGS) & DESTROYED) != 0) return true;
  return leavesWord(valuesOf(item), index, slot + L_ORIGINAL, slot + L_VALUE);
}

/** `overlay`: the recipient's entry there, 0: the transaction has not asked for it. */
function leavesFees(flat: usize, overlay: usize, index: u32): bool {
  const item = accountItem(flat);
  if (!foundAccount(item)) return false;
  const balances = balancesOf(item);
  const balance = workBase() + 3424;
  copy(overlay != 0 ? overlay + O_BALANCE : wordBefore(balances, index, flat + A_BALANCE), balance);
  if (flat == <usize>load<u32>(control(), COINBASE_ENTRY)) add(balance, outcome() + R_TIP, balance);
  if (flat == <usize>load<u32>(control(), BASE_FEE_ENTRY)) add(balance, outcome() + R_BASE_FEE_PAID, balance);
  if (flat == <usize>load<u32>(control(), L1_FEE_ENTRY)) add(balance, outcome() + R_L1_FEE, balance);
  return leavesWord(balances, index, flat + A_BALANCE, balance);
}

/** Whether the timeline has `after` for `index`, or nothing where that is what was there before; `base`: the value before any of its changes. */
function leavesWord(timeline: usize, index: u32, base: usize, after: usize): bool {
  const at = changesBelow(timeline, index);
  const isChanged = !equals(after, at == 0 ? base : wordAt(timeline, at - 1));
  const isListed = at < changeCount(timeline) && indexAt(timeline, at) == index;
  if (isChanged != isListed) return false;
  if (!isListed) return true;
  countMatched(1);
  return equals(after, wordAt(timeline, at));
}

/** After the run: whether all its transactions were executed and the list is the block's. */
export function isReplayed(): bool {
  const at = control();
  if (stopReason() != Stop.None || load<u32>(at, REPLAYED) != load<u32>(at, COUNT) || !isListComplete()) return false;
  store<u32>(at, load<u32>(at, COUNT), FINAL);
  return true;
}

/** Makes what the list has last of each location the flat cache's, where the run changed it. All workers have left the run, and it `isReplayed`. */
export function settleReplay(): void {
  const base = load<u32>(control(), LIST_BASE);
  const end: u32 = u32.MAX_VALUE;
  for (let i: u32 = 0, accounts = listedAccountCount(); i < accounts; i++) {
    const item = listedAccount(i);
    const flat = <usize>load<u32>(item, I_FLAT);
    const newCode = isChangedAfter(codesOf(item), base);
    if (newCode || isChangedAfter(balancesOf(item), base) || isChangedAfter(noncesOf(item), base)) {
      store<u64>(flat, nonceBefore(noncesOf(item), end, flat), A_NONCE);
      copy(wordBefore(balancesOf(item), end, flat + A_BALANCE), flat + A_BALANCE);
      copy(wordBefore(codesOf(item), end, flat + A_CODE_HASH), flat + A_CODE_HASH);
      if (newCode) store<u32>(flat, load<u32>(flat, A_FLAGS) | ACCOUNT_NEW_CODE, A_FLAGS);
      finishAccount(flat);
    }
    for (let slot = firstChangedSlot(item); slot < changedSlotsEnd(item); slot = nextChangedSlot(slot)) {
      const values = valuesOf(slot);
      if (isChangedAfter(values, base)) writeSlotEntry(<usize>load<u32>(slot, I_FLAT), wordAt(values, changeCount(values) - 1));
    }
  }
}

@inline
function isChangedAfter(timeline: usize, index: u32): bool {
  const changes = changeCount(timeline);
  return changes > 0 && indexAt(timeline, changes - 1) > index;
}
