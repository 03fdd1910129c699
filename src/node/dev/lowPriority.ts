import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Lets a child process give way to what serves requests: about a tenth of the processor's time is left to it while others want all of it.
 * Where the system does not allow it, the process runs as any other.
 */
export function lowerPriority(processId: number): void {
  const priority = constants.priority.PRIORITY_BELOW_NORMAL;
  attempt(() => setPriority(processId, priority));
  // Linux shares the processor among sessions first where autogroups are on, and our children have sessions of their own (see
  // `ChildProcess`): a process's priority counts within its session alone, this is the session's.
  attempt(() => writeFileSync(`/proc/${processId}/autogroup`, String(priority)));
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // Not permitted, not Linux, or no autogroups: see above.
  }
}
