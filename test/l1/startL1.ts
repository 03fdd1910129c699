import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../src/node/freePort';

/** A real L1 in a process of its own, chain id 31337, Hardhat's mnemonic. */
export interface TestL1 {
  url: string;
  port: number;
  /** Ends the process and waits for it; may be called twice. */
  stop(): Promise<void>;
}

export interface AnvilOptions {
  /** Default: a free one. */
  port?: number;
  /** More of anvil's flags, e.g. `--no-mining`. */
  args?: string[];
  /** File that keeps the chain from one process to the next. */
  statePath?: string;
}

const START_TIMEOUT_MS = 60_000;

/** anvil: mines each transaction at once, and can reorganize, stop mining and set the base fee. */
export async function startAnvil(options: AnvilOptions = {}): Promise<TestL1> {
  const port = options.port ?? (await freePort());
  const args = ['--port', String(port), '--accounts', '20', '--silent', ...(options.args ?? [])];
  if (options.statePath) args.push('--state', options.statePath);
  // The package's own launcher does not pass SIGKILL on, so its binary is run directly.
  const folder = dirname(require.resolve(`@foundry-rs/anvil-${process.platform}-${archName()}/package.json`));
  return started(spawn(join(folder, 'bin', 'anvil'), args, { stdio: 'ignore' }), port);
}

/** `hardhat node` at Osaka rules, mining each transaction at once. Takes a few seconds to start. */
export async function startHardhatNode(options: { port?: number } = {}): Promise<TestL1> {
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'tributary-l1-'));
  const config = join(folder, 'hardhat.config.js');
  writeFileSync(
    config,
    `module.exports = { solidity: '0.8.30', networks: { hardhat: { chainId: 31337, hardfork: 'osaka', loggingEnabled: false } } };`,
  );
  const args = [require.resolve('hardhat/internal/cli/bootstrap'), '--config', config, 'node'];
  args.push('--hostname', '127.0.0.1', '--port', String(port));
  const env: NodeJS.ProcessEnv = { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' };
  // Set by the test runner for itself.
  for (const name of Object.keys(env)) if (name.startsWith('HARDHAT_') && !name.includes('TELEMETRY')) delete env[name];
  const l1 = await started(spawn(process.execPath, args, { stdio: 'ignore', env }), port);
  return {
    ...l1,
    async stop() {
      await l1.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One JSON-RPC request. Throws what the L1 answers as an error. */
export async function rpc<Result = unknown>(url: string, method: string, params: unknown[] = []): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as { result: Result; error?: { message: string } };
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

function archName(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

async function started(child: ChildProcess, port: number): Promise<TestL1> {
  const url = `http://127.0.0.1:${port}`;
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(timer);
    }
  };
  // A test process that dies takes its L1 with it.
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  child.once('exit', () => process.removeListener('exit', killed));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    try {
      await rpc(url, 'eth_chainId');
      return { url, port, stop };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25)); // not listening yet
    }
  }
  await stop();
  throw new Error(`the L1 on port ${port} did not start`);
}
