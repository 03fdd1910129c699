import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../core/systemClock';
import { createLogger } from '../../node/createLogger';
import { readDeployment } from '../../node/readDeployment';
import { verifyChain } from '../../node/verifyChain';
import { urlOption } from '../parseOption';

interface VerifyFlags {
  deployment: string;
  l1?: string[];
  l1Beacon?: string[];
  blobArchive?: string[];
  dataDir?: string;
  json?: boolean;
}

const EXAMPLES = `
Derives every block from L1, executes it again and compares. Starts from an empty disk unless --data-dir holds an earlier run.
Ends with the head that it arrives at; with exit code 1 where a batch claims another hash than was derived.

Examples:
  $ tributary verify --l1 http://127.0.0.1:8545 --deployment .tributary/dev/deployment.json
  $ tributary verify --l1 https://a.example,https://b.example --deployment deployment.json --json`;

/** `tributary verify`: checks a whole chain against L1, once. */
export function registerVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('re-derive the chain from L1 alone and check every block')
    .requiredOption('--deployment <file>', 'deployment.json of the chain')
    .option('--l1 <urls>', 'L1 JSON-RPC, several separated by commas (default: the deployment file’s)', collectUrls)
    .option(
      '--l1-beacon <urls>',
      'beacon API of the L1, for batches in blobs; several separated by commas',
      collectUrls,
    )
    .option('--blob-archive <urls>', 'node that keeps blobs which L1 forgot; several separated by commas', collectUrls)
    .option('--data-dir <folder>', 'keep the derived chain here (default: a temporary folder)')
    .option('--json', 'print the result as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: VerifyFlags) => {
      const deployment = readDeployment(flags.deployment);
      const temporary = flags.dataDir ? undefined : mkdtempSync(join(tmpdir(), 'tributary-verify-'));
      try {
        const result = await verifyChain({
          deployment,
          urls: flags.l1 ?? [deployment.l1.rpcUrl],
          beaconUrls: flags.l1Beacon,
          archiveUrls: flags.blobArchive,
          dataDir: flags.dataDir ?? temporary ?? '',
          clock: systemClock,
          logger: createLogger('error'),
          onProgress: progressLine(flags.json === true),
        });
        // Its poster or this program executes wrongly: worth a look, whoever it is.
        if (result.wrongBatchClaims.length > 0) process.exitCode = 1;
        if (flags.json) {
          process.stdout.write(`${JSON.stringify(result)}\n`);
        } else {
          const { blockNumber, blockHash, l1Block, outputClaimsChecked, wrongOutputClaims } = result;
          process.stdout.write(
            `agreed: L2 block ${blockNumber} ${blockHash}, derived from L1 up to block ${l1Block}; ${outputClaimsChecked} output roots checked\n`,
          );
          for (const { batch, blockNumber: last, claimed, derived } of result.wrongBatchClaims) {
            process.stdout.write(
              `WRONG hash claimed by batch ${batch} for block ${last}: ${claimed}, derived ${derived}\n`,
            );
          }
          for (const game of wrongOutputClaims)
            process.stdout.write(`WRONG output root claimed on L1 in game ${game}\n`);
        }
      } finally {
        if (temporary) rmSync(temporary, { recursive: true, force: true });
      }
    });
}

/** One URL or several separated by commas, as `tributary node` takes them; again for further ones. */
function collectUrls(text: string, previous: string[] = []): string[] {
  return [...previous, ...text.split(',').map((url) => urlOption(url.trim()))];
}

/** One line that is written over again, on a terminal only. */
function progressLine(isQuiet: boolean): ((l1Block: number, l1Head: number, l2Block: number) => void) | undefined {
  if (isQuiet || !process.stderr.isTTY) return undefined;
  const width = 30;
  return (l1Block, l1Head, l2Block) => {
    const share = l1Head === 0 ? 1 : Math.min(1, l1Block / l1Head);
    const bar = '█'.repeat(Math.round(share * width)).padEnd(width, '░');
    const end = l1Block >= l1Head ? '\n' : '';
    process.stderr.write(`\r${bar} L1 block ${l1Block} of ${l1Head}, L2 block ${l2Block}${end}`);
  };
}
