import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const REST_WINDOW_MS = 20;
const REST_MS_MAX = 2_000;
const IDLE_WINDOW_MS = 500;
const IDLE_SHARE_MIN = 0.8;
const IDLE_WAIT_MS_MAX = 30_000;

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Medians of what the functions return (milliseconds), each called once per round in turn: what disturbs the machine disturbs all of them.
 * The first `warmUpRounds` do not count.
 */
export async function interleaved<Name extends string>(
  works: Record<Name, () => Promise<number>>,
  rounds: number,
  warmUpRounds = 1,
): Promise<Record<Name, number>> {
  const names = Object.keys(works) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const name of names) {
      const ms = await works[name]();
      if (round >= warmUpRounds) samples.get(name)?.push(ms);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name) ?? [])])) as Record<Name, number>;
}

/** Peak resident memory of a process, bytes: Linux's high-water mark; 0 where there is none. */
export function peakResidentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    // The process has just ended, or this is not Linux.
    return 0;
  }
}

/** Processor time of a process and its threads so far, ms, in steps of 10: Linux's; 0 where there is none. */
export function processorMs(pid: number): number {
  try {
    // The name of the program, in parentheses, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    // The process has just ended, or this is not Linux.
    return 0;
  }
}

/** Processor time of the children of this process that have ended, ms, in steps of 10: Linux's; 0 where there is none. */
export function endedChildrenProcessorMs(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    // Not Linux.
    return 0;
  }
}

/** Processor time of this process and its threads so far, ms. */
export function ownProcessorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Resolves once this process's other threads rest, so that what they were still at, LevelDB's compactions above all, is in the time of nothing that is measured next;
 * after two seconds in any case. This thread is kept busy meanwhile: after a rest of its own everything is slower for some milliseconds.
 */
export async function otherThreadsRest(): Promise<void> {
  for (const beganMs = performance.now(); performance.now() - beganMs < REST_MS_MAX; ) {
    const fromMs = performance.now();
    const processorMs = ownProcessorMs();
    while (performance.now() - fromMs < REST_WINDOW_MS);
    if (ownProcessorMs() - processorMs <= REST_WINDOW_MS * 1.1) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Resolves once other processes rest: when the machine's cores were idle for four fifths of half a second, after half a minute in any case. */
export async function otherProcessesRest(): Promise<void> {
  for (const beganMs = performance.now(); performance.now() - beganMs < IDLE_WAIT_MS_MAX; ) {
    const before = coreTimesMs();
    await new Promise((resolve) => setTimeout(resolve, IDLE_WINDOW_MS));
    const after = coreTimesMs();
    if (after.idle - before.idle >= IDLE_SHARE_MIN * (after.all - before.all)) return;
  }
}

/** Of all cores since the machine started. */
function coreTimesMs(): { idle: number; all: number } {
  const times = cpus().map((core) => core.times);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((core) => Object.values(core))) };
}

/** Peak resident memory of this process, MiB. */
export function ownPeakMebibytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

/** xorshift32: the same numbers in every run. */
export function createRandom(seed = 0x9e3779b9): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

export function log(message: string): void {
  process.stderr.write(`${message}\n`);
}
