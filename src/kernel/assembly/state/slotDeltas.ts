/**
 * Slots that transactions add to without depending on what they hold: deltas, as credits are to balances (multiVersion).
 *
 * Where code loads a slot only to add to it and to store the sum (evm/hotSlots), and others write the slot in the same run, the transaction is executed on
 * a value that the slot may have, a guess. What it does is the same for all values, the *bases*, in an interval around the guess: that one leaves out zero and whatever would make a
 * stored sum zero, so that the charges and refunds of SSTORE (EIP-2200, EIP-3529), which look at which of original, current and new value are zero or equal, come out the
 * same, as do comparisons that look for overflow. What it writes is the base and a fixed amount, modulo 2^256.
 *
 *                 loaded to add to           the sum stored                              its turn: base in the interval
 *     (unread) ──────────────────▶ open ──────────────────────▶ closed ──▶ published ──────────────────────▶ absolute: base + amount
 *        ▲                           │                             │                         │ not
 *        │ never used: dropped       └── anything else: resolved ──┘                         ▼
 *                                        (a read of the guess)                          executed again
 *
 * *Resolved*: where the slot is used in any other way, or nothing is written in the end, the transaction has read the guess, as if by a plain
 * load, and stands if that is what the slot has. So nothing is ever taken back during an execution. Reverts undo neither: what a reverted frame has cost depends on the base as well.
 */
import { allocate, count, STAT_DELTAS, STAT_RESOLVED } from '../scheduler/region';
import { workBase } from '../memory';
import { add, copy, equals, isZero, lessThan, setU64, sub } from '../u256';
import { S_VALUE } from './flatCache';
import { ESTIMATE, nextVersion, noteSlotRead, RELATIVE, V_DATA } from './multiVersion';
import {
  DESTROYED,
  DIRTY,
  firstOverlaySlot,
  L_ACCESSED,
  L_ACCOUNT,
  L_DELTA,
  L_FLAGS,
  L_FLAT,
  L_ORIGINAL,
  L_VALUE,
  O_FLAGS,
  overlaySlotCount,
  SLOT_SIZE,
} from './overlay';

// A delta, in the arena.
/** What was written, as executed: a value that readers may guess. First, as in a payload of an absolute value. */
const D_VALUE: usize = 0;
export const D_AMOUNT: usize = 32;
/** Least and greatest base. */
const D_LOWEST: usize = 64;
const D_HIGHEST: usize = 96;
/** The payload that takes its place: the absolute value, or the guess where it was resolved. */
const D_PAYLOAD: usize = 128;
/** The flat entry. */
const D_SLOT: usize = 160;
/** u32: 1 while the base is loaded and the sum is not stored. */
const D_OPEN: usize = 164;
const DELTA_SIZE: usize = 168;

/** The overlay slot whose base this frame has loaded, with nothing but the way to its store since; 0: none. */
let openSlot: usize = 0;
/** Deltas that the running transaction has made. */
let made: u32 = 0;

/** Before a transaction is executed. */
@inline
export function beginDeltas(): void {
  made = 0;
  openSlot = 0;
}

/** A new delta for a flat slot, 0 where the arena ran out. */
export function makeDelta(slot: usize): usize {
  const delta = allocate(DELTA_SIZE);
  if (delta == 0) return 0;
  made++;
  setU64(delta + D_LOWEST, 1);
  memory.fill(delta + D_HIGHEST, 0xff, 32);
  store<u32>(delta, <u32>slot, D_SLOT);
  store<u32>(delta, 0, D_OPEN);
  return delta;
}

/** The frame ends, or stores: what was open stays so. */
@inline
export function forgetOpenDelta(): void {
  openSlot = 0;
}

/** The overlay slot, which has a delta, is loaded to be added to. */
export function openDelta(slot: usize): void {
  const delta = <usize>load<u32>(slot, L_DELTA);
  // Left open once: what was loaded then has gone elsewhere than to its store.
  if (load<u32>(delta, D_OPEN) != 0) {
    resolveSlot(slot);
    return;
  }
  store<u32>(delta, 1, D_OPEN);
  openSlot = slot;
}

/** `value` is about to be stored in the overlay slot, which has a delta. */
export function storeSum(slot: usize, value: usize): void {
  if (slot != openSlot || isZero(value)) {
    resolveSlot(slot);
    return;
  }
  const delta = <usize>load<u32>(slot, L_DELTA);
  const guess = slot + L_ORIGINAL;
  // The base whose sum would be zero. The guess's is not, so that it is not this one.
  const excluded = workBase() + 1024;
  sub(guess, value, excluded);
  const one = workBase() + 1056;
  setU64(one, 1);
  if (lessThan(excluded, guess)) {
    add(excluded, one, excluded);
    if (lessThan(delta + D_LOWEST, excluded)) copy(excluded, delta + D_LOWEST);
  } else {
    sub(excluded, one, excluded);
    if (lessThan(excluded, delta + D_HIGHEST)) copy(excluded, delta + D_HIGHEST);
  }
  store<u32>(delta, 0, D_OPEN);
}

/** The overlay slot, which has a delta, is used in another way: from now on the transaction has read it. */
export function resolveSlot(slot: usize): void {
  const payload = <usize>load<u32>(slot, L_DELTA) + D_PAYLOAD;
  copy(slot + L_ORIGINAL, payload);
  noteSlotRead(<usize>load<u32>(slot, L_FLAT), payload);
  store<u32>(slot, 0, L_DELTA);
  count(STAT_RESOLVED);
}

/** Whether the overlay slot is to be written at the end of the transaction. */
@inline
export function isSlotWritten(slot: usize): bool {
  return (
    (load<u32>(slot, L_FLAGS) & DIRTY) != 0 &&
    !equals(slot + L_VALUE, slot + L_ORIGINAL) &&
    (load<u32>(<usize>load<u32>(slot, L_ACCOUNT), O_FLAGS) & DESTROYED) == 0
  );
}

/** The transaction has been executed: settles what it leaves as deltas. Returns how many. */
export function closeDeltas(): u32 {
  if (made == 0) return 0;
  let closed: u32 = 0;
  let slot = firstOverlaySlot();
  for (let i = overlaySlotCount(); i > 0; i--) {
    const delta = <usize>load<u32>(slot, L_DELTA);
    if (delta != 0) {
      if (load<u32>(delta, D_OPEN) == 0 && isSlotWritten(slot)) {
        copy(slot + L_VALUE, delta + D_VALUE);
        sub(slot + L_VALUE, slot + L_ORIGINAL, delta + D_AMOUNT);
        closed++;
      } else if (load<u32>(slot, L_ACCESSED) != 0) {
        resolveSlot(slot);
      } else {
        // Named in the transaction's access list only.
        store<u32>(slot, 0, L_DELTA);
      }
    }
    slot += SLOT_SIZE;
  }
  return closed;
}

/**
 * Makes the deltas among a transaction's versions, listed from `writes` to `end`, absolute, all below it being final. False, and nothing done, where one does
 * not hold.
 */
export function settleDeltas(writes: usize, end: usize): bool {
  for (let at = writes; at < end; at += 4) {
    const version = <usize>load<u32>(at);
    const data = load<u32>(version, V_DATA);
    if ((data & RELATIVE) == 0) continue;
    const delta = <usize>(data & ~(RELATIVE | ESTIMATE));
    const base = valueBelow(version, <usize>load<u32>(delta, D_SLOT));
    if (lessThan(base, delta + D_LOWEST) || lessThan(delta + D_HIGHEST, base)) return false;
    add(base, delta + D_AMOUNT, delta + D_PAYLOAD);
  }
  for (let at = writes; at < end; at += 4) {
    const version = <usize>load<u32>(at);
    const data = load<u32>(version, V_DATA);
    if ((data & RELATIVE) == 0) continue;
    atomic.store<u32>(version, (data & ~(RELATIVE | ESTIMATE)) + <u32>D_PAYLOAD, V_DATA);
    count(STAT_DELTAS);
  }
  return true;
}

/** What final transactions have left in the flat slot below a version: where it lies. */
function valueBelow(version: usize, slot: usize): usize {
  for (let below = nextVersion(version); below != 0; below = nextVersion(below)) {
    const data = atomic.load<u32>(below, V_DATA);
    if (data != 0) return <usize>data;
  }
  return slot + S_VALUE;
}
