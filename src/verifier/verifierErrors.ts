import { TributaryError } from '../core/errors';

/** The caller's signal ended the run; what was committed is sound, and the next run goes on from there. */
export function aborted(): TributaryError {
  return new TributaryError('Verifier.Aborted', 'verification was ended before it reached the L1 head');
}
