/**
 * Preloaded into child processes: standard input is a pipe from the parent, and its end means that the parent is gone, however it went.
 * Nothing that we start outlives us.
 */
if (process.env.TRIBUTARY_EXIT_WITH_PARENT === '1') {
  process.stdin.on('end', () => process.exit(0));
  process.stdin.on('error', () => process.exit(0));
  process.stdin.resume();
  process.stdin.unref?.();
}
