import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `TRIBUTARY_TEST_CLI`: another build than the tree's. */
const CLI = process.env.TRIBUTARY_TEST_CLI ?? join(__dirname, '..', '..', 'dist', 'cli', 'main.js');
const START_TIMEOUT_MS = 90_000;

/** The built command line in a process of its own. */
export class TributaryProcess {
  output = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;

  /** @param args as a user would type them */
  constructor(args: string[], environment: NodeJS.ProcessEnv = {}) {
    const env: NodeJS.ProcessEnv = { ...process.env, ...environment };
    // Set by the test runner for itself.
    for (const name of Object.keys(env)) if (name.startsWith('HARDHAT_')) delete env[name];
    this.#child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#exited = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** Waits for a line that begins with `ready`. */
  async ready(): Promise<this> {
    await until('ready', () => /^ready/m.test(this.output) || this.#child.exitCode !== null, START_TIMEOUT_MS);
    if (!/^ready/m.test(this.output)) throw new Error(`it ended before it was ready:\n${this.output}`);
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Exit code once it has ended; null when a signal ended it. */
  exitCode(): Promise<number | null> {
    return this.#exited;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#exited;
  }
}

/** Runs a command to its end. */
export async function runTributary(args: string[]): Promise<{ code: number | null; output: string }> {
  const running = new TributaryProcess(args);
  const code = await running.exitCode();
  return { code, output: running.output };
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`still not so after ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A folder for one test suite, removed afterwards. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'tributary-e2e-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function rpc<Result>(url: string, method: string, params: unknown[] = []): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as { result: Result; error?: { message: string } };
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}
