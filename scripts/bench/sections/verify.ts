import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Load } from '../load';
import { endedChildrenProcessorMs, log, median, otherProcessesRest, peakResidentBytes } from '../measure';
import { startPeer } from '../peers';
import { compare, type Section } from '../section';

const ROOT = join(__dirname, '..', '..', '..');
/** Transfers of the chain for each of an end-to-end run: enough that starting a process and its compiling do not count for much. */
const CHAIN_FACTOR = 20;
const POSTED_TIMEOUT_MS = 120_000;
const MEMORY_POLL_MS = 100;
/** How fast the chain is taken to have been produced. */
const PRODUCTION_PER_SECOND = 1_000;

/** Of one `tributary verify`. */
interface Run {
  durationMs: number;
  processorMs: number;
  peakBytes: number;
}

export const verify: Section = {
  title: 'Verifying a chain from an empty disk',
  about:
    '`tributary verify`, the whole command: from L1 alone it derives a chain of transfers to fresh recipients, executes every block again, ' +
    'commits it to disk and compares. L1 runs on the same machine. Beside it the rate at which the chain is taken to have been produced.',

  async measure({ transactionCount, rounds }) {
    const count = CHAIN_FACTOR * transactionCount;
    log(`verify: a chain of ${count} transfers`);
    const peer = await startPeer('tributary');
    const load = new Load(peer.url);
    try {
      await load.start();
      const { blockCount } = await load.run(load.signTransfers(count));
      await waitUntilPosted(load);
      const runs: Run[] = [];
      for (let round = 0; round < rounds; round++) {
        log(`verify: round ${round + 1} of ${rounds}`);
        // The chain's own verifier derives it too.
        await otherProcessesRest();
        runs.push(await verifyOnce(join(peer.folder, 'data', 'deployment.json'), blockCount));
      }
      const durationMs = median(runs.map((run) => run.durationMs));
      const processorMs = median(runs.map((run) => run.processorMs));
      return {
        rows: [
          compare(
            'transfers verified',
            '/s',
            (count / durationMs) * 1000,
            { name: 'production at', value: PRODUCTION_PER_SECOND },
            { atLeast: 10 },
          ),
        ],
        memoryMebibytes: { 'tributary verify': Math.round(Math.max(...runs.map((run) => run.peakBytes)) / 2 ** 20) },
        versions: { tributary: peer.version },
        notes: [
          `${count} transfers in ${blockCount} blocks in ${runs.map((run) => (run.durationMs / 1000).toFixed(1)).join(', ')} s, of which the process takes ` +
            `some 0.5 s to start; ${((1000 * processorMs) / count).toFixed(0)} µs of processor time a transaction.`,
        ],
      };
    } finally {
      load.close();
      await peer.stop();
    }
  },
};

async function verifyOnce(deployment: string, blockCount: number): Promise<Run> {
  const { l1 } = JSON.parse(readFileSync(deployment, 'utf8')) as { l1: { rpcUrl: string } };
  const processorBeforeMs = endedChildrenProcessorMs();
  const startedMs = performance.now();
  const args = ['dist/cli/main.js', 'verify', '--l1', l1.rpcUrl, '--deployment', deployment, '--json'];
  const { stdout, peakBytes } = await outputOf(args);
  const durationMs = performance.now() - startedMs;
  const processorMs = endedChildrenProcessorMs() - processorBeforeMs;
  const verified = JSON.parse(stdout) as { blockNumber: number };
  if (verified.blockNumber < blockCount)
    throw new Error(`only ${verified.blockNumber} of ${blockCount} blocks were verified`);
  return { durationMs, processorMs, peakBytes };
}

/** What Node.js writes with these arguments, and its peak resident memory. */
async function outputOf(args: string[]): Promise<{ stdout: string; peakBytes: number }> {
  const child = spawn(process.execPath, args, { cwd: ROOT });
  let [stdout, stderr, peakBytes] = ['', '', 0];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const polling = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakResidentBytes(child.pid ?? 0));
  }, MEMORY_POLL_MS);
  const status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(polling);
  if (status !== 0) throw new Error(`tributary verify ended with ${status}: ${stderr}`);
  return { stdout, peakBytes };
}

/** Until L1 holds the whole chain: the node itself derives from it what it has posted. */
async function waitUntilPosted(load: Load): Promise<void> {
  const numberOf = async (tag: string) => {
    const block = (await load.client.call('eth_getBlockByNumber', [tag, false])) as { number: string };
    return Number(block.number);
  };
  const deadlineMs = Date.now() + POSTED_TIMEOUT_MS;
  while ((await numberOf('safe')) < (await numberOf('latest'))) {
    if (Date.now() > deadlineMs) throw new Error('the chain was not posted within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
