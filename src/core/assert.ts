import { TributaryError } from './errors';

/** For programmers' errors only: a broken invariant stops the process. Bad input gets a `TributaryError` of its own. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition)
    throw new TributaryError('Core.InvariantBroken', `invariant broken: ${invariant}`, { recovery: 'halt' });
}
