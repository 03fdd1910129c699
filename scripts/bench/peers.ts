import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../src/node/freePort';
import { SENDER_COUNT } from './load';
import { peakResidentBytes, processorMs } from './measure';

const root = join(__dirname, '..', '..');
const START_TIMEOUT_MS = 60_000;

/** A chain under test: its JSON-RPC URL and how to end it. */
export interface Peer {
  name: string;
  /** Version string as it names itself (web3_clientVersion). */
  version: string;
  url: string;
  /** Of its own, where it keeps its data. */
  folder: string;
  /** Peak resident memory of its processes that live, MiB: the sum of their peaks. */
  peakMebibytes(): number;
  /** Processor time of its processes that live so far, ms. */
  processorMs(): number;
  stop(): Promise<void>;
}

export type PeerName = 'tributary' | 'anvil' | 'hardhat';

export interface PeerOptions {
  /** Of anvil's blocks. */
  gasLimit?: number;
}

/** Starts one peer with 200 funded accounts of Hardhat's mnemonic and a block gas limit of 100 M (tributary: its own). */
export async function startPeer(name: PeerName, options: PeerOptions = {}): Promise<Peer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), `tributary-bench-${name}-`));
  const child = await commands[name](port, folder, options);
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // A section that fails takes its peers with it.
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  child.once('exit', () => process.removeListener('exit', killed));
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const version = await clientVersion(url);
    // Tributary listens before its first block can be built; all peers answer a block number once they are ready.
    if (version !== undefined) {
      return {
        name,
        version,
        url,
        folder,
        peakMebibytes: () => Math.round(sumOverFamily(child.pid, peakResidentBytes) / 2 ** 20),
        processorMs: () => sumOverFamily(child.pid, processorMs),
        async stop() {
          child.kill('SIGTERM');
          await exited;
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    if (child.exitCode !== null || Date.now() > deadlineMs) {
      child.kill('SIGKILL');
      throw new Error(`${name} did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const commands: Record<PeerName, (port: number, folder: string, options: PeerOptions) => Promise<ChildProcess>> = {
  async tributary(port, folder) {
    const l1Port = await freePort();
    return run(process.execPath, [
      'dist/cli/main.js',
      'dev',
      ...[
        '--port',
        String(port),
        '--l1-port',
        String(l1Port),
        '--data-dir',
        join(folder, 'data'),
        '--accounts',
        String(SENDER_COUNT),
      ],
    ]);
  },
  async anvil(port, _folder, { gasLimit = 100_000_000 }) {
    // The package's launcher does not pass signals on: run its binary.
    const folder = dirname(require.resolve(`@foundry-rs/anvil-${process.platform}-${archName()}/package.json`));
    const args = `--port ${port} --accounts ${SENDER_COUNT} --gas-limit ${gasLimit} --silent`;
    return run(join(folder, 'bin', 'anvil'), args.split(' '));
  },
  async hardhat(port, folder) {
    const config = join(folder, 'hardhat.config.js');
    writeFileSync(
      config,
      `module.exports = { solidity: '0.8.30', networks: { hardhat: { chainId: 31337, blockGasLimit: 100000000, accounts: { count: ${SENDER_COUNT} }, loggingEnabled: false } } };`,
    );
    return run(process.execPath, [
      require.resolve('hardhat/internal/cli/bootstrap'),
      ...['--config', config, 'node', '--port', String(port)],
    ]);
  },
};

/** Node's name of the processor in the names of anvil's packages. */
function archName(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

function run(command: string, args: string[]): ChildProcess {
  return spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function clientVersion(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":[]}',
    });
    return ((await response.json()) as { result?: string }).result;
  } catch {
    return undefined;
  }
}

/** The sum of a figure over a process and all its children. */
function sumOverFamily(pid: number | undefined, figure: (pid: number) => number): number {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const family = new Set([pid]);
  let isGrowing = true;
  while (isGrowing) {
    isGrowing = false;
    for (const [child, parent] of rows) {
      if (family.has(parent) && !family.has(child)) {
        family.add(child);
        isGrowing = true;
      }
    }
  }
  return rows.filter(([child]) => family.has(child)).reduce((sum, [child]) => sum + figure(child), 0);
}
