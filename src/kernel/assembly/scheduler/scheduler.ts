/**
 * Block-STM's scheduler (Gelashvili et al., arXiv 2203.06871, algorithms 4 and 5): hands out executions and validations so that the result is that of
 * executing the transactions in order.
 *
 * A transaction's status is its incarnation and one of four states in a word, changed by compare-and-swap:
 *
 *                    taken by nextTask                 finishExecution
 *      READY(i) ──────────────────────▶ EXECUTING(i) ──────────────────▶ EXECUTED(i)
 *        ▲ ▲                               │                                │
 *        │ │                               │ waitFor: read an ESTIMATE      │ tryAbort: a validation failed
 *        │ │                               ▼                                ▼
 *        │ └──────────────────────── ABORTING(i), parked             ABORTING(i)
 *        │        resume: READY(i+1)                                        │ finishAbort: READY(i+1), taken again at once
 *        └──────────────────────────────────────────────────────────────────┘
 *
 * Two cursors run over the transactions, one for executions, one for validations; work that turns up behind a cursor sets it back. A validation
 * is due for an executed transaction whenever a lower one may have written something that it read: after a lower one was aborted (the cursor goes back
 * to the one behind it), and after an incarnation that wrote a location which the one before had not (back to itself). Of several validators
 * of the same incarnation only the one whose compare-and-swap to ABORTING succeeds aborts it.
 *
 * Why the outcome is the sequential one: transaction 0 reads only the state before the run, so its first validation holds for ever. If all below k are
 * final, the next validation of k compares its reads with final values: it passes, and k executed on what a sequential run would have given it, or k executes
 * once more, on these. Each abort of k therefore follows a change below it, and such changes end. `checkDone` (the paper's double collect over
 * DECREASES) says that no task is under way and both cursors are past the end: nothing is left that could abort.
 *
 * Beyond the paper: transactions are added while the run goes on, and it is not done before it is sealed; those of one sender are parked on one another
 * from the start (`parkOn`); the first that a finished transaction
 * wakes is handed to its worker directly where the cursor has passed it; and the validation cursor does not pass a transaction that is not executed,
 * so that without conflicts each is validated once. That delays validations, never loses one: the transaction that it waits for is being executed,
 * ready in front of the execution cursor, or parked on such a one.
 *
 * Cost: about 60 ns a task without contention.
 */
import {
  ACTIVE,
  control,
  COUNT,
  DECREASES,
  DONE,
  EXECUTION_CURSOR,
  recordOf,
  SEALED,
  T_DEPENDENTS,
  T_NEXT,
  T_STATUS,
  VALIDATION_CURSOR,
} from './region';

export const enum State {
  Ready = 0,
  Executing = 1,
  Executed = 2,
  Aborting = 3,
}

export const enum Task {
  None = 0,
  Execution = 1,
  Validation = 2,
}

const NOBODY: u32 = u32.MAX_VALUE;

let index: u32 = 0;
let incarnation: u32 = 0;

/** Of the task that the last call returned. */
@inline
export function taskIndex(): u32 {
  return index;
}

@inline
export function taskIncarnation(): u32 {
  return incarnation;
}

@inline
export function stateOf(transaction: u32): u32 {
  return atomic.load<u32>(recordOf(transaction), T_STATUS) & 3;
}

@inline
function setStatus(transaction: u32, incarnation: u32, state: State): void {
  atomic.store<u32>(recordOf(transaction), (incarnation << 2) | <u32>state, T_STATUS);
}

/** `transaction`, whose record is fresh and which no cursor can reach yet, waits for an earlier one. */
export function parkOn(transaction: u32, earlier: u32): void {
  setStatus(transaction, 0, State.Aborting);
  pushDependent(transaction, earlier);
  if (stateOf(earlier) == State.Executed) wake(earlier);
}

/** The next task: what is behind in validation first, lower transactions before higher ones. */
export function nextTask(): Task {
  const count = atomic.load<u32>(control(), COUNT);
  const validation = atomic.load<u32>(control(), VALIDATION_CURSOR);
  const execution = atomic.load<u32>(control(), EXECUTION_CURSOR);
  if (validation < execution && validation < count && stateOf(validation) == State.Executed) return nextValidation(count);
  if (execution < count) return nextExecution(count);
  if (validation >= count) checkDone(count);
  return Task.None;
}

function nextExecution(count: u32): Task {
  atomic.add<i32>(control(), 1, ACTIVE);
  const next = atomic.add<u32>(control(), 1, EXECUTION_CURSOR);
  if (next >= count) setBack(EXECUTION_CURSOR, next);
  else if (take(next)) return Task.Execution;
  atomic.sub<i32>(control(), 1, ACTIVE);
  return Task.None;
}

/** READY → EXECUTING. */
function take(transaction: u32): bool {
  const status = recordOf(transaction) + T_STATUS;
  const seen = atomic.load<u32>(status);
  if ((seen & 3) != State.Ready || atomic.cmpxchg<u32>(status, seen, seen | State.Executing) != seen) return false;
  index = transaction;
  incarnation = seen >> 2;
  return true;
}

function nextValidation(count: u32): Task {
  atomic.add<i32>(control(), 1, ACTIVE);
  const next = atomic.add<u32>(control(), 1, VALIDATION_CURSOR);
  if (next < count) {
    const seen = atomic.load<u32>(recordOf(next), T_STATUS);
    if ((seen & 3) == State.Executed) {
      index = next;
      incarnation = seen >> 2;
      return Task.Validation;
    }
  }
  // Validators raced past it, or past the last transaction so far.
  setBack(VALIDATION_CURSOR, next);
  atomic.sub<i32>(control(), 1, ACTIVE);
  return Task.None;
}

/** Lets a cursor go back to `transaction` where it is beyond. */
function setBack(cursor: usize, transaction: u32): void {
  let seen = atomic.load<u32>(control() + cursor);
  while (seen > transaction) {
    const found = atomic.cmpxchg<u32>(control() + cursor, seen, transaction);
    if (found == seen) {
      atomic.add<u32>(control(), 1, DECREASES);
      return;
    }
    seen = found;
  }
}

function checkDone(count: u32): void {
  if (atomic.load<u32>(control(), SEALED) == 0 || atomic.load<u32>(control(), COUNT) != count) return;
  const decreases = atomic.load<u32>(control(), DECREASES);
  const execution = atomic.load<u32>(control(), EXECUTION_CURSOR);
  const validation = atomic.load<u32>(control(), VALIDATION_CURSOR);
  if (min<u32>(execution, validation) < count || atomic.load<i32>(control(), ACTIVE) > 0) return;
  if (atomic.load<u32>(control(), DECREASES) == decreases) atomic.store<u32>(control(), 1, DONE);
}

/** Ends a task without a successor. */
@inline
function finishTask(): Task {
  atomic.sub<i32>(control(), 1, ACTIVE);
  return Task.None;
}

/**
 * The execution of (transaction, incarnation) read what `blocking` is about to write again: it is parked until that one is executed. Returns
 * the next task, which may be its own next incarnation.
 */
export function waitFor(transaction: u32, incarnation: u32, blocking: u32): Task {
  setStatus(transaction, incarnation, State.Aborting);
  pushDependent(transaction, blocking);
  // It may have finished before it saw the new dependent: then whoever takes the list first wakes all on it.
  if (stateOf(blocking) == State.Executed) {
    const handed = resume(blocking);
    if (handed != NOBODY) return execution(handed);
  }
  return finishTask();
}

function pushDependent(transaction: u32, blocking: u32): void {
  const head = recordOf(blocking) + T_DEPENDENTS;
  let first = atomic.load<u32>(head);
  while (true) {
    store<u32>(recordOf(transaction), first, T_NEXT);
    const found = atomic.cmpxchg<u32>(head, first, transaction + 1);
    if (found == first) return;
    first = found;
  }
}

/** Makes all that wait for `transaction` ready. */
function wake(transaction: u32): void {
  let next = atomic.xchg<u32>(recordOf(transaction), 0, T_DEPENDENTS);
  while (next != 0) {
    const dependent = next - 1;
    const record = recordOf(dependent);
    next = load<u32>(record, T_NEXT);
    setStatus(dependent, (atomic.load<u32>(record, T_STATUS) >> 2) + 1, State.Ready);
    setBack(EXECUTION_CURSOR, dependent);
  }
}

/** Makes all that wait for `transaction` ready; one that the execution cursor has passed is taken and returned. */
function resume(transaction: u32): u32 {
  let handed = NOBODY;
  let next = atomic.xchg<u32>(recordOf(transaction), 0, T_DEPENDENTS);
  while (next != 0) {
    const dependent = next - 1;
    const record = recordOf(dependent);
    next = load<u32>(record, T_NEXT);
    const nextIncarnation = (atomic.load<u32>(record, T_STATUS) >> 2) + 1;
    if (handed == NOBODY && dependent < atomic.load<u32>(control(), EXECUTION_CURSOR)) {
      setStatus(dependent, nextIncarnation, State.Executing);
      handed = dependent;
    } else {
      setStatus(dependent, nextIncarnation, State.Ready);
      setBack(EXECUTION_CURSOR, dependent);
    }
  }
  return handed;
}

/** The execution of a transaction that this worker has taken already. */
function execution(transaction: u32): Task {
  index = transaction;
  incarnation = atomic.load<u32>(recordOf(transaction), T_STATUS) >> 2;
  return Task.Execution;
}

/** What the execution wrote is visible. Returns the next task. */
export function finishExecution(transaction: u32, finished: u32, wroteNewLocation: bool): Task {
  setStatus(transaction, finished, State.Executed);
  const handed = resume(transaction);
  const isPassed = atomic.load<u32>(control(), VALIDATION_CURSOR) > transaction;
  if (isPassed && (wroteNewLocation || handed != NOBODY)) setBack(VALIDATION_CURSOR, transaction);
  if (handed != NOBODY) return execution(handed);
  if (!isPassed || wroteNewLocation) return finishTask();
  index = transaction;
  incarnation = finished;
  return Task.Validation;
}

/** EXECUTED → ABORTING, for the one that then marks its writes. */
export function tryAbort(transaction: u32, incarnation: u32): bool {
  const before = (incarnation << 2) | State.Executed;
  const after = (incarnation << 2) | State.Aborting;
  return atomic.cmpxchg<u32>(recordOf(transaction), before, after, T_STATUS) == before;
}

/** Ends a validation that passed or came too late. */
export function finishValidation(): Task {
  return finishTask();
}

/** The run was given up before the validation that was the last task. */
export function dropValidation(): void {
  setBack(VALIDATION_CURSOR, index);
}

/** Ends the validation that aborted the transaction, its writes marked as estimates. Returns the next task: its execution, where nobody takes that first. */
export function finishAbort(transaction: u32, aborted: u32): Task {
  setStatus(transaction, aborted + 1, State.Ready);
  setBack(VALIDATION_CURSOR, transaction + 1);
  if (atomic.load<u32>(control(), EXECUTION_CURSOR) > transaction) {
    if (take(transaction)) return Task.Execution;
    return finishTask();
  }
  return finishTask();
}
