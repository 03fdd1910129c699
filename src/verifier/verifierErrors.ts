import { type Hash, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';

/** What L1 claims is not what the derived chain has: someone is wrong, and going on would hide it. */
export function mismatch(claim: string, blockNumber: number, claimed: Hash, derived: Hash): TributaryError {
  return new TributaryError('Verifier.Mismatch', `block ${blockNumber}: ${claim} differs from what was derived`, {
    recovery: 'halt',
    metaMessages: [`claimed: ${toHex(claimed)}`, `derived: ${toHex(derived)}`],
    details: { blockNumber, claimed: toHex(claimed), derived: toHex(derived) },
  });
}

/** The caller's signal ended the run; what was committed is sound, and the next run goes on from there. */
export function aborted(): TributaryError {
  return new TributaryError('Verifier.Aborted', 'verification was ended before it reached the L1 head');
}
