/** All in seconds. */
export interface TimestampInputs {
  parent: number;
  origin: number;
  now: number;
  /** The latest L1 block known; undefined when L1 mines on demand, so that a batch is included at the wall clock's time whatever its last block says. */
  latestL1: number | undefined;
  driftMax: number;
}

/**
 * The wall clock, but never before the parent or the L1 origin, and not further ahead of L1 than a batch that L1 includes next could carry
 * (derivation makes a default block of one that is). A parent that is already further ahead is followed: time does not go back.
 */
export function blockTimestamp({ parent, origin, now, latestL1, driftMax }: TimestampInputs): number {
  const wanted = latestL1 === undefined ? now : Math.min(now, latestL1 + driftMax);
  return Math.max(parent, origin, wanted);
}
