import { isMainThread } from 'node:worker_threads';

/**
 * Preloaded into child processes: standard input is a pipe from the parent, and its end means that the parent is gone, however it went.
 * Nothing that we start outlives us. Worker threads are preloaded with it too, and their standard input ends at once: they live with the process.
 */
if (isMainThread && process.env.TRIBUTARY_EXIT_WITH_PARENT === '1') {
  process.stdin.on('end', () => process.exit(0));
  process.stdin.on('error', () => process.exit(0));
  process.stdin.resume();
  process.stdin.unref?.();
}
