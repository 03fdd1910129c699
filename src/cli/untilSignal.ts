/** Something that runs until it is stopped or fails by itself. */
export interface Running {
  /** Resolves when all of it has ended in order. */
  stop(): Promise<void>;
  /** Rejects when it can't go on. */
  failed: Promise<never>;
}

/**
 * Starts, then runs until Ctrl-C (SIGINT), SIGTERM or SIGHUP, then stops in order. A second signal ends the process at once.
 * @param start gets an AbortSignal that fires when a stop is asked for during the start
 */
export async function untilSignal(start: (signal: AbortSignal) => Promise<Running>): Promise<void> {
  const abort = new AbortController();
  const asked = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (abort.signal.aborted) process.exit(130);
        abort.abort();
        resolve();
      });
    }
  });
  let running: Running;
  try {
    running = await start(abort.signal);
  } catch (error) {
    if (abort.signal.aborted) process.exit(0);
    throw error;
  }
  try {
    await Promise.race([asked, running.failed]);
  } finally {
    await running.stop();
  }
  process.exit(0);
}
