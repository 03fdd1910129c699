/** A worker thread's program: one kernel instance over the shared memory, woken for each run. */
import { workerData } from 'node:worker_threads';
import { hostImports } from '../hostImports';
import type { KernelExports } from '../kernelModule';
import type { StateBackend } from '../stateBackend';
import { MailboxBackend } from './mailbox';
import { RunField, Stop, Work } from './runLayout';
import {
  IDLE_WAIT_MS,
  MAIN_WAKE,
  RUN_IS_OPEN,
  SHUT_DOWN,
  SLEEP,
  START,
  STATES,
  type WorkerStart,
  WorkerState,
} from './workerProtocol';

interface ClosableBackend extends StateBackend {
  close?(): Promise<void>;
}

/** Looks at the start word before the thread goes to sleep on it: waking it takes 10 to 100 µs. */
const START_POLLS = 2000;

const start = workerData as WorkerStart;
const sync = new Int32Array(start.sync);
const idleMs = new Float64Array(start.idleMs);
const control = new Int32Array(start.memory.buffer, start.run[0], 1024);
const worker = start.run[4];

function setState(state: number): void {
  Atomics.store(sync, STATES + worker, state);
  wakeMain();
}

function wakeMain(): void {
  Atomics.add(sync, MAIN_WAKE, 1);
  Atomics.notify(sync, MAIN_WAKE);
}

async function openBackend(): Promise<ClosableBackend> {
  if (!start.backend) {
    return new MailboxBackend(start.mailbox, () => {
      Atomics.add(control, RunField.requests / 4, 1);
      wakeMain();
    });
  }
  const { createBackend } = require(start.backend.module) as {
    createBackend(options: unknown): Promise<ClosableBackend>;
  };
  return createBackend(start.backend.options);
}

/** Waits for another start word than `seen` and returns it. */
function nextStart(seen: number): number {
  for (let i = 0; i < START_POLLS; i++) if (Atomics.load(sync, START) !== seen) return Atomics.load(sync, START);
  while (Atomics.load(sync, START) === seen) Atomics.wait(sync, START, seen);
  return Atomics.load(sync, START);
}

function takePart(kernel: KernelExports, run: number): void {
  while (Atomics.load(sync, START) === run) {
    const result = kernel.work(0);
    if (result === Work.done || result === Work.stopped) return;
    const before = performance.now();
    Atomics.wait(sync, SLEEP, 0, IDLE_WAIT_MS);
    idleMs[worker] += performance.now() - before;
  }
}

function reportFailure(error: unknown): void {
  const text = Buffer.from(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const bytes = new Uint8Array(start.errorText);
  const length = Math.min(text.length, bytes.length - 4);
  bytes.set(text.subarray(0, length), 4);
  new DataView(start.errorText).setUint32(0, length, true);
  Atomics.compareExchange(control, RunField.stop / 4, Stop.none, Stop.host);
  setState(WorkerState.failed);
}

async function main(): Promise<void> {
  const backend = await openBackend();
  const imports = {
    env: { memory: start.memory },
    host: hostImports(start.memory, backend) as unknown as WebAssembly.ModuleImports,
  };
  const kernel = new WebAssembly.Instance(start.module, imports).exports as unknown as KernelExports;
  kernel.initialize();
  kernel.attachShared(...start.shared);
  kernel.initPrivate(...start.privateRegion);
  kernel.attachRun(...start.run);
  setState(WorkerState.waiting);
  for (let seen = nextStart(0); (seen & SHUT_DOWN) === 0; seen = nextStart(seen)) {
    // First the state, then another look: the main thread closes the run first and looks at the states then.
    setState(WorkerState.inRun);
    if ((seen & RUN_IS_OPEN) !== 0) takePart(kernel, seen);
    setState(WorkerState.waiting);
  }
  await backend.close?.();
}

main().catch(reportFailure);
