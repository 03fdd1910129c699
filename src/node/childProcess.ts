import { type ChildProcess as NodeChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { TributaryError } from '../core/errors';

/** Folder of the installed package (the parent of `dist/` or `src/`). */
export const PACKAGE_ROOT = join(__dirname, '..', '..');
const STOP_GRACE_MS = 5_000;
const OUTPUT_TAIL_CHARACTERS = 4_000;

/** A Node.js program that lives no longer than this process: it ends when we stop it, exit, or are killed. */
export class ChildProcess {
  readonly #child: NodeChildProcess;
  readonly #name: string;
  #outputTail = '';
  #isStopping = false;
  /** Resolves when the program has ended. */
  readonly exited: Promise<{ code: number | null; wasStopped: boolean }>;

  constructor(name: string, child: NodeChildProcess) {
    this.#name = name;
    this.#child = child;
    const keepTail = (chunk: Buffer) => {
      this.#outputTail = (this.#outputTail + chunk.toString()).slice(-OUTPUT_TAIL_CHARACTERS);
    };
    child.stdout?.on('data', keepTail);
    child.stderr?.on('data', keepTail);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code) => resolve({ code, wasStopped: this.#isStopping }));
      child.once('error', () => resolve({ code: null, wasStopped: this.#isStopping }));
    });
  }

  /** @param args script and its arguments @param environment added to ours */
  static start(name: string, args: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const guard = join(PACKAGE_ROOT, 'dist', 'node', 'exitWithParent.js');
    const child = spawn(process.execPath, ['--require', guard, ...args], {
      cwd: PACKAGE_ROOT,
      env: { ...process.env, ...environment, TRIBUTARY_EXIT_WITH_PARENT: '1' },
      // Standard input is the life line (see exitWithParent); a terminal's Ctrl-C must reach us alone, who stop the child in order.
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    return new ChildProcess(name, child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Calls `listener` with each line that the program prints on standard output or error. */
  onLine(listener: (line: string) => void): void {
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = '';
      stream?.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) listener(line);
      });
    }
  }

  /**
   * Waits until `isReady` says so.
   * @throws Node.ChildFailed when the program ends before, or does not get ready in `timeoutMs`
   */
  async waitUntil(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    let hasExited = false;
    this.exited.then(() => {
      hasExited = true;
    });
    while (!(await isReady())) {
      const problem = hasExited
        ? 'ended'
        : Date.now() > deadlineMs
          ? `was not ready within ${timeoutMs} ms`
          : undefined;
      if (problem) {
        throw new TributaryError('Node.ChildFailed', `${this.#name} ${problem}`, {
          recovery: 'halt',
          metaMessages: [this.#outputTail.trim()],
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The last of what it printed. */
  get outputTail(): string {
    return this.#outputTail;
  }

  /** Asks it to end, and ends it after five seconds. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(kill);
  }
}
