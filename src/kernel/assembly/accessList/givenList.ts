/**
 * An access list that somebody gave for the block (EIP-7928): what the transactions of a run read is then known before any of them is executed.
 *
 *   main thread   openList: an index of accounts and slots, in the list's order
 *   all workers   accountItem, slotItem of what they meet; a location's changes become a timeline (indices, values) when it is first asked for
 *
 * The list is not trusted. Form: only what `encode` would write is taken. Content: whoever uses it counts what the transactions accessed and changed (`found`,
 * `matched`), each thing once; the list is the block's if and only if these are all that it has.
 *
 * During such a run the head words of flat entries (multiVersion) point to items.
 */
import { markRegionFull } from '../evm/gas';
import { keccak256 } from '../keccak';
import { workBase } from '../memory';
import {
  allocate,
  control,
  EPOCH,
  LIST_ABSENT,
  LIST_ACCOUNT_COUNT,
  LIST_ACCOUNTS,
  LIST_BYTES_END,
  LIST_FOUND,
  LIST_ITEMS,
  LIST_LISTED,
  LIST_MATCHED,
  Stop,
  stopRun,
} from '../scheduler/region';
import { putCode } from '../state/codeCache';
import { A_ACCOUNT_VERSIONS, A_ADDRESS, S_ACCOUNT, S_KEY, S_VERSIONS } from '../state/flatCache';
import { sameAddress } from '../state/hash';
import { equals } from '../u256';
import { lastNumber, payloadEnd, payloadStart, readItem, readNumber, readWord } from './parse';

// An account of the list.
/** u64: its first 8 bytes as a number; then where all 20 lie. */
const I_PREFIX: usize = 0;
const I_ADDRESS: usize = 8;
/** Its flat entry, once asked for; 0: not yet. Of accounts and slots. */
export const I_FLAT: usize = 12;
/** u32: 1 once a transaction has accessed it. Of accounts and slots. */
const I_FOUND: usize = 16;
/** Timelines of balance, nonce, code, once they are asked for. */
const I_BALANCES: usize = 20;
const I_NONCES: usize = 24;
const I_CODES: usize = 28;
/** Where their changes lie in the list. */
const I_BALANCE_LIST: usize = 32;
const I_NONCE_LIST: usize = 36;
const I_CODE_LIST: usize = 40;
/** Its slots that change, those that are only read, and their end. */
const I_CHANGED: usize = 44;
const I_READ: usize = 48;
const I_SLOTS_END: usize = 52;
const ACCOUNT_ITEM_SIZE: usize = 56;

// A slot of the list; I_PREFIX: the highest 8 bytes of its key.
/** Where its key lies in the list. */
const J_KEY: usize = 8;
/** As I_BALANCES: what is not in the list stands for a slot, too. */
const J_TIMELINE: usize = I_BALANCES;
/** Where its changes lie in the list, 0: it is only read. */
const J_LIST: usize = 24;
const SLOT_ITEM_SIZE: usize = 32;

/** A timeline: count u32, 4 free, an index u32 for each change, aligned to 8, their values: u64 (nonce) or 32 bytes (limbs; of code its hash). */
const TIMELINE_HEAD: usize = 8;

const enum Kind {
  Word = 0,
  Nonce = 1,
  Code = 2,
}

const CODE_SIZE_MAX: usize = 24_576;

let found: u32 = 0;
let matched: u32 = 0;
let listed: u32 = 0;

/** Before an instance works with a list. */
export function enterList(): void {
  found = 0;
  matched = 0;
  listed = 0;
}

@inline
export function countMatched(changes: u32): void {
  matched += changes;
}

/** Adds this instance's counts to those that all see. */
export function flushCounts(): void {
  atomic.add<u32>(control(), found, LIST_FOUND);
  atomic.add<u32>(control(), matched, LIST_MATCHED);
  atomic.add<u32>(control(), listed, LIST_LISTED);
  enterList();
}

/** After the run: whether the list names what was accessed and changed, and nothing else. */
export function isListComplete(): bool {
  const at = control();
  return load<u32>(at, LIST_FOUND) == load<u32>(at, LIST_ITEMS) && load<u32>(at, LIST_MATCHED) == load<u32>(at, LIST_LISTED);
}

@inline
function listEnd(): usize {
  return <usize>load<u32>(control(), LIST_BYTES_END);
}

/** Makes the index of the list between `from` and `end`. False: it is none, or there is no room. Before workers join the run. */
export function openList(from: usize, end: usize): bool {
  const at = control();
  store<u32>(at, <u32>end, LIST_BYTES_END);
  store<u32>(at, 0, LIST_FOUND);
  store<u32>(at, 0, LIST_MATCHED);
  store<u32>(at, 0, LIST_LISTED);
  if (!readItem(from, end, true) || payloadEnd() != end) return false;
  const first = payloadStart();
  let count: u32 = 0;
  let slots: u32 = 0;
  for (let account = first; account < end; account = payloadEnd()) {
    if (!readItem(account, end, true)) return false;
    count++;
  }
  const absent = allocate(ACCOUNT_ITEM_SIZE + TIMELINE_HEAD);
  const items = allocate(<usize>count * ACCOUNT_ITEM_SIZE);
  if (absent == 0 || items == 0) return false;
  memory.fill(absent, 0, ACCOUNT_ITEM_SIZE + TIMELINE_HEAD);
  store<u32>(at, <u32>absent, LIST_ABSENT);
  store<u32>(absent, <u32>emptyTimeline(), I_BALANCES);
  store<u32>(absent, <u32>emptyTimeline(), I_NONCES);
  store<u32>(absent, <u32>emptyTimeline(), I_CODES);
  store<u32>(at, <u32>items, LIST_ACCOUNTS);
  store<u32>(at, count, LIST_ACCOUNT_COUNT);
  let account = first;
  for (let i: u32 = 0; i < count; i++) {
    const item = items + <usize>i * ACCOUNT_ITEM_SIZE;
    readItem(account, end, true);
    account = payloadEnd();
    if (!indexAccount(item, payloadStart(), account)) return false;
    if (i > 0 && !isAddressBelow(item - ACCOUNT_ITEM_SIZE, <usize>load<u32>(item, I_ADDRESS))) return false;
    slots += (load<u32>(item, I_SLOTS_END) - load<u32>(item, I_CHANGED)) / <u32>SLOT_ITEM_SIZE;
  }
  store<u32>(at, count + slots, LIST_ITEMS);
  return true;
}

/** Behind the item that stands for whatever is not in the list. */
@inline
function emptyTimeline(): usize {
  return <usize>load<u32>(control(), LIST_ABSENT) + ACCOUNT_ITEM_SIZE;
}

/** [address, storage_changes, storage_reads, balance_changes, nonce_changes, code_changes] between `from` and `end`. */
function indexAccount(item: usize, from: usize, end: usize): bool {
  memory.fill(item, 0, ACCOUNT_ITEM_SIZE);
  if (!readItem(from, end, false) || payloadEnd() - payloadStart() != 20) return false;
  const address = payloadStart();
  store<u64>(item, bswap(load<u64>(address)), I_PREFIX);
  store<u32>(item, <u32>address, I_ADDRESS);
  if (!readItem(payloadEnd(), end, true)) return false;
  const changes = payloadStart();
  const changesEnd = payloadEnd();
  if (!readItem(changesEnd, end, true)) return false;
  const reads = payloadStart();
  const readsEnd = payloadEnd();
  store<u32>(item, <u32>readsEnd, I_BALANCE_LIST);
  if (!readItem(readsEnd, end, true)) return false;
  store<u32>(item, <u32>payloadEnd(), I_NONCE_LIST);
  if (!readItem(payloadEnd(), end, true)) return false;
  store<u32>(item, <u32>payloadEnd(), I_CODE_LIST);
  if (!readItem(payloadEnd(), end, true) || payloadEnd() != end) return false;

  let count: usize = 0;
  for (let slot = changes; slot < changesEnd; slot = payloadEnd(), count++) {
    if (!readItem(slot, changesEnd, true)) return false;
  }
  const changedCount = count;
  for (let slot = reads; slot < readsEnd; slot = payloadEnd(), count++) {
    if (!readItem(slot, readsEnd, false)) return false;
  }
  const slots = count == 0 ? item : allocate(count * SLOT_ITEM_SIZE);
  if (slots == 0) return false;
  const firstRead = slots + changedCount * SLOT_ITEM_SIZE;
  store<u32>(item, <u32>slots, I_CHANGED);
  store<u32>(item, <u32>firstRead, I_READ);
  store<u32>(item, <u32>(slots + count * SLOT_ITEM_SIZE), I_SLOTS_END);
  let at = changes;
  for (let slot = slots; slot < firstRead; slot += SLOT_ITEM_SIZE) {
    readItem(at, changesEnd, true);
    at = payloadEnd();
    if (!indexSlot(slot, payloadStart(), at, slots)) return false;
    const list = payloadEnd();
    // [slot, changes], and of these at least one.
    if (!readItem(list, at, true) || payloadEnd() != at || payloadStart() == at) return false;
    store<u32>(slot, <u32>list, J_LIST);
  }
  at = reads;
  for (let slot = firstRead; slot < slots + count * SLOT_ITEM_SIZE; slot += SLOT_ITEM_SIZE) {
    if (!indexSlot(slot, at, readsEnd, firstRead)) return false;
    at = payloadEnd();
    store<u32>(slot, <u32>emptyTimeline(), J_TIMELINE);
  }
  return true;
}

/** The slot whose key lies at `from`; above the one before it, where `first` is not it. */
function indexSlot(item: usize, from: usize, limit: usize, first: usize): bool {
  const key = workBase() + 3360;
  if (!readWord(from, limit, key)) return false;
  const end = payloadEnd();
  memory.fill(item, 0, SLOT_ITEM_SIZE);
  store<u64>(item, load<u64>(key, 24), I_PREFIX);
  store<u32>(item, <u32>from, J_KEY);
  if (item != first && !isSlotBelow(item - SLOT_ITEM_SIZE, key)) return false;
  return readItem(from, end, false);
}

/** Whether the item's address is below the one at `address`. */
function isAddressBelow(item: usize, address: usize): bool {
  const prefix = bswap(load<u64>(address));
  if (load<u64>(item, I_PREFIX) != prefix) return load<u64>(item, I_PREFIX) < prefix;
  const own = <usize>load<u32>(item, I_ADDRESS);
  const middle = bswap(load<u64>(address, 8));
  const ownMiddle = bswap(load<u64>(own, 8));
  return ownMiddle != middle ? ownMiddle < middle : bswap(load<u32>(own, 16)) < bswap(load<u32>(address, 16));
}

/** Whether the item's key is below `key` (limbs). */
function isSlotBelow(item: usize, key: usize): bool {
  if (load<u64>(item, I_PREFIX) != load<u64>(key, 24)) return load<u64>(item, I_PREFIX) < load<u64>(key, 24);
  const own = workBase() + 3392;
  readWord(<usize>load<u32>(item, J_KEY), listEnd(), own);
  for (let limb: usize = 24; limb > 0; limb -= 8) {
    const x = load<u64>(own + limb - 8);
    const y = load<u64>(key + limb - 8);
    if (x != y) return x < y;
  }
  return false;
}

@inline
function epochOf(): u32 {
  return load<u32>(control(), EPOCH);
}

/** The list's item of a flat account; where it has none, one without changes. */
export function accountItem(flat: usize): usize {
  const head = flat + A_ACCOUNT_VERSIONS;
  const word = atomic.load<u64>(head);
  if (<u32>(word >> 32) == epochOf()) return <usize>(<u32>word);
  const item = findAccountItem(flat);
  atomic.store<u64>(head, (<u64>epochOf() << 32) | <u64>item);
  return item;
}

function findAccountItem(flat: usize): usize {
  const address = flat + A_ADDRESS;
  const items = <usize>load<u32>(control(), LIST_ACCOUNTS);
  let low: u32 = 0;
  let high = load<u32>(control(), LIST_ACCOUNT_COUNT);
  const count = high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAddressBelow(items + <usize>middle * ACCOUNT_ITEM_SIZE, address)) low = middle + 1;
    else high = middle;
  }
  const item = items + <usize>low * ACCOUNT_ITEM_SIZE;
  if (low == count || !sameAddress(<usize>load<u32>(item, I_ADDRESS), address)) return <usize>load<u32>(control(), LIST_ABSENT);
  store<u32>(item, <u32>flat, I_FLAT);
  return item;
}

/** As `accountItem`, of a flat slot. */
export function slotItem(flat: usize): usize {
  const head = flat + S_VERSIONS;
  const word = atomic.load<u64>(head);
  if (<u32>(word >> 32) == epochOf()) return <usize>(<u32>word);
  const owner = accountItem(<usize>load<u32>(flat, S_ACCOUNT));
  let item = findSlotItem(<usize>load<u32>(owner, I_CHANGED), <usize>load<u32>(owner, I_READ), flat + S_KEY);
  if (item == 0) item = findSlotItem(<usize>load<u32>(owner, I_READ), <usize>load<u32>(owner, I_SLOTS_END), flat + S_KEY);
  if (item == 0) item = <usize>load<u32>(control(), LIST_ABSENT);
  else store<u32>(item, <u32>flat, I_FLAT);
  atomic.store<u64>(head, (<u64>epochOf() << 32) | <u64>item);
  return item;
}

/** The item of `key` (limbs) among those from `items` to `end`; 0: there is none. */
function findSlotItem(items: usize, end: usize, key: usize): usize {
  let low: usize = 0;
  const count = (end - items) / SLOT_ITEM_SIZE;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSlotBelow(items + middle * SLOT_ITEM_SIZE, key)) low = middle + 1;
    else high = middle;
  }
  if (low == count) return 0;
  const item = items + low * SLOT_ITEM_SIZE;
  if (load<u64>(item, I_PREFIX) != load<u64>(key, 24)) return 0;
  const own = workBase() + 3392;
  readWord(<usize>load<u32>(item, J_KEY), listEnd(), own);
  return equals(own, key) ? item : 0;
}

@inline
export function isInList(item: usize): bool {
  return <u32>item != load<u32>(control(), LIST_ABSENT);
}

@inline
export function balancesOf(account: usize): usize {
  return timelineAt(account + I_BALANCES, account + I_BALANCE_LIST, Kind.Word);
}

@inline
export function noncesOf(account: usize): usize {
  return timelineAt(account + I_NONCES, account + I_NONCE_LIST, Kind.Nonce);
}

@inline
export function codesOf(account: usize): usize {
  return timelineAt(account + I_CODES, account + I_CODE_LIST, Kind.Code);
}

@inline
export function valuesOf(slot: usize): usize {
  return timelineAt(slot + J_TIMELINE, slot + J_LIST, Kind.Word);
}

@inline
function timelineAt(word: usize, list: usize, kind: Kind): usize {
  const known = <usize>atomic.load<u32>(word);
  return known != 0 ? known : makeTimeline(word, <usize>load<u32>(list), kind);
}

/** A transaction accesses the account: false where the list does not say so. */
export function foundAccount(item: usize): bool {
  if (atomic.load<u32>(item, I_FOUND) != 0) return true;
  if (!isInList(item)) return false;
  if (atomic.cmpxchg<u32>(item, 0, 1, I_FOUND) == 0) {
    found++;
    // What nobody looks at would not be counted.
    balancesOf(item);
    noncesOf(item);
    codesOf(item);
  }
  return true;
}

/** A transaction accesses the slot: false where the list does not say so. */
export function foundSlot(item: usize): bool {
  if (atomic.load<u32>(item, I_FOUND) != 0) return true;
  if (!isInList(item)) return false;
  if (atomic.cmpxchg<u32>(item, 0, 1, I_FOUND) == 0) {
    found++;
    valuesOf(item);
  }
  return true;
}

/** Makes the timeline of the changes in the list at `list` known at `word`; where they are none, or there is no room, the run is given up. */
function makeTimeline(word: usize, list: usize, kind: Kind): usize {
  const made = decodeTimeline(list, kind);
  if (made == 0) {
    stopRun(Stop.ListDiffers);
    markRegionFull();
    return emptyTimeline();
  }
  const first = <usize>atomic.cmpxchg<u32>(word, 0, <u32>made);
  if (first != 0) return first;
  listed += load<u32>(made);
  return made;
}

function decodeTimeline(list: usize, kind: Kind): usize {
  if (!readItem(list, listEnd(), true)) return 0;
  const from = payloadStart();
  const end = payloadEnd();
  if (from == end) return emptyTimeline();
  let count: u32 = 0;
  for (let at = from; at < end; at = payloadEnd()) {
    if (!readItem(at, end, true)) return 0;
    count++;
  }
  const values = TIMELINE_HEAD + (((<usize>count << 2) + 7) & ~7);
  const timeline = allocate(values + <usize>count * (kind == Kind.Nonce ? 8 : 32));
  if (timeline == 0) return 0;
  store<u32>(timeline, count);
  let at = from;
  for (let i: u32 = 0; i < count; i++) {
    readItem(at, end, true);
    at = payloadEnd();
    if (!readNumber(payloadStart(), at, 4)) return 0;
    const index = <u32>lastNumber();
    if (i > 0 && index <= indexAt(timeline, i - 1)) return 0;
    store<u32>(timeline + TIMELINE_HEAD + (<usize>i << 2), index);
    if (!decodeValue(payloadEnd(), at, kind, timeline + values, i) || payloadEnd() != at) return 0;
  }
  return timeline;
}

@inline
function decodeValue(from: usize, limit: usize, kind: Kind, values: usize, i: u32): bool {
  if (kind == Kind.Nonce) {
    if (!readNumber(from, limit, 8)) return false;
    store<u64>(values + (<usize>i << 3), lastNumber());
    return true;
  }
  const out = values + (<usize>i << 5);
  return kind == Kind.Word ? readWord(from, limit, out) : decodeCode(from, limit, out);
}

function decodeCode(from: usize, limit: usize, out: usize): bool {
  if (!readItem(from, limit, false) || payloadEnd() - payloadStart() > CODE_SIZE_MAX) return false;
  const code = payloadStart();
  const size = payloadEnd() - code;
  keccak256(code, <i32>size, out);
  // Who calls it may be executed before who deploys it.
  if (size > 0) putCode(out, code, <u32>size);
  return true;
}

@inline
export function changeCount(timeline: usize): u32 {
  return load<u32>(timeline);
}

@inline
export function indexAt(timeline: usize, at: u32): u32 {
  return load<u32>(timeline + TIMELINE_HEAD + (<usize>at << 2));
}

@inline
export function nonceAt(timeline: usize, at: u32): u64 {
  return load<u64>(timeline + TIMELINE_HEAD + (((<usize>load<u32>(timeline) << 2) + 7) & ~7) + (<usize>at << 3));
}

/** Where the value lies: 32 bytes. */
@inline
export function wordAt(timeline: usize, at: u32): usize {
  return timeline + TIMELINE_HEAD + (((<usize>load<u32>(timeline) << 2) + 7) & ~7) + (<usize>at << 5);
}

/** How many of a timeline's changes are below block access index `index`. */
export function changesBelow(timeline: usize, index: u32): u32 {
  const count = load<u32>(timeline);
  if (count == 0) return 0;
  const first = indexAt(timeline, 0);
  if (index <= first) return 0;
  // Where every transaction changes it.
  if (index - first < count && indexAt(timeline, index - first) == index) return index - first;
  let low: u32 = 1;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (indexAt(timeline, middle) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The items of the list's accounts, each ACCOUNT_ITEM_SIZE. */
@inline
export function listedAccount(number: u32): usize {
  return <usize>load<u32>(control(), LIST_ACCOUNTS) + <usize>number * ACCOUNT_ITEM_SIZE;
}

@inline
export function listedAccountCount(): u32 {
  return load<u32>(control(), LIST_ACCOUNT_COUNT);
}

/** First of an account's slots that change. */
@inline
export function firstChangedSlot(account: usize): usize {
  return <usize>load<u32>(account, I_CHANGED);
}

@inline
export function nextChangedSlot(slot: usize): usize {
  return slot + SLOT_ITEM_SIZE;
}

@inline
export function changedSlotsEnd(account: usize): usize {
  return <usize>load<u32>(account, I_READ);
}
