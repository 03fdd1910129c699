/** A worker thread's program: one kernel instance over the shared memory, woken for each run. */
import { workerData } from 'node:worker_threads';
import type { Address, Hash } from '../../core/bytes';
import { hostImports } from '../hostImports';
import type { KernelExports } from '../kernelModule';
import type { BackendAccount, StateBackend } from '../stateBackend';
import { MailboxBackend } from './mailbox';
import { RunField, Stop, Work } from './runLayout';
import {
  IDLE_WAIT_MS,
  MAIN_WAKE,
  type OwnStateBackend,
  RUN_IS_OPEN,
  SHUT_DOWN,
  SLEEP,
  START,
  STATE_MOVED,
  STATES,
  type WorkerStart,
  WorkerState,
} from './workerProtocol';

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

async function openBackend(): Promise<OwnStateBackend> {
  if (!start.backend) {
    return new MailboxBackend(start.mailbox, () => {
      Atomics.add(control, RunField.requests / 4, 1);
      wakeMain();
    });
  }
  const { createBackend } = require(start.backend.module) as {
    createBackend(options: unknown): Promise<OwnStateBackend>;
  };
  return createBackend(start.backend.options);
}

/** The backend, with a look before its first read of a run and after its last whether it reads the state that the run is on. */
class WatchedBackend implements StateBackend {
  readonly #backend: OwnStateBackend;
  readonly #stateId = new Uint8Array(start.stateId);
  #hasRead = false;

  constructor(backend: OwnStateBackend) {
    this.#backend = backend;
  }

  loadAccount(address: Address): BackendAccount | undefined {
    this.#noteRead();
    return this.#backend.loadAccount(address);
  }

  loadSlot(address: Address, slot: Hash): Uint8Array | undefined {
    this.#noteRead();
    return this.#backend.loadSlot(address, slot);
  }

  loadCode(codeHash: Hash): Uint8Array | undefined {
    return this.#backend.loadCode(codeHash);
  }

  loadTrieNode(key: Uint8Array): Uint8Array | undefined {
    return this.#backend.loadTrieNode(key);
  }

  blockHash(blockNumber: number): Hash {
    this.#noteRead();
    return this.#backend.blockHash(blockNumber);
  }

  /** Before the worker says that it has left the run. */
  endRun(): void {
    if (this.#hasRead) this.#check();
    this.#hasRead = false;
  }

  #noteRead(): void {
    if (this.#hasRead) return;
    this.#hasRead = true;
    this.#check();
  }

  #check(): void {
    if (this.#backend.isAt?.(this.#stateId) !== false) return;
    Atomics.add(sync, STATE_MOVED, 1);
    Atomics.compareExchange(control, RunField.stop / 4, Stop.none, Stop.host);
  }
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
  const opened = await openBackend();
  const backend = new WatchedBackend(opened);
  const imports = {
    env: { memory: start.memory },
    host: hostImports(start.memory, backend) as unknown as WebAssembly.ModuleImports,
  };
  const kernel = new WebAssembly.Instance(start.module, imports).exports as unknown as KernelExports;
  kernel.initialize();
  kernel.attachShared(...start.shared);
  kernel.initPrivate(...start.privateRegion);
  kernel.trieAttach(...start.trie);
  kernel.attachRun(...start.run);
  setState(WorkerState.waiting);
  for (let seen = nextStart(0); (seen & SHUT_DOWN) === 0; seen = nextStart(seen)) {
    // First the state, then another look: the main thread closes the run first and looks at the states then.
    setState(WorkerState.inRun);
    if ((seen & RUN_IS_OPEN) !== 0) takePart(kernel, seen);
    backend.endRun();
    setState(WorkerState.waiting);
  }
  await opened.close?.();
}

main().catch(reportFailure);
