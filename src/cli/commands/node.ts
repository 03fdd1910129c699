import type { Command } from 'commander';
import { systemClock } from '../../core/systemClock';
import { createLogger } from '../../node/createLogger';
import { loadNodeConfig } from '../../node/nodeConfig';
import { loadNodeKeys } from '../../node/nodeKeys';
import { packageVersion } from '../../node/packageVersion';
import { readDeployment } from '../../node/readDeployment';
import { startNode } from '../../node/startNode';
import { passwordPrompt } from '../askPassword';
import { untilSignal } from '../untilSignal';

const EXAMPLES = `
Each option may also be set by an environment variable (--data-dir: TRIBUTARY_DATA_DIR) or in the JSON file of --config ("dataDir").
A flag wins over the environment, the environment over the file. Keys come from TRIBUTARY_BATCHER_KEY and TRIBUTARY_PROPOSER_KEY, or from
keystores (--keystore), whose password comes from --password-file, TRIBUTARY_KEYSTORE_PASSWORD or the terminal. Never from a flag.

Examples:
  $ tributary node --roles sequencer,batcher,proposer --l1 https://l1.example --deployment deployment.json --data-dir data
  $ tributary node --roles sequencer --l1 https://l1.example --deployment deployment.json --data-dir sequencer
  $ tributary node --roles batcher --sequencer http://10.0.0.1:9545 --l1 https://l1.example --deployment deployment.json --data-dir batcher
  $ tributary node --roles verifier,proposer --keystore keys --l1 https://l1.example --deployment deployment.json --data-dir proposer
  $ tributary node --roles verifier --l1 https://a.example,https://b.example --deployment deployment.json --data-dir verifier
  $ tributary node --config node.json --log-level debug
  $ tributary node --config node.json --executor reference`;

/** `tributary node`: one or several roles of a chain that is deployed already. */
export function registerNodeCommand(program: Command): void {
  program
    .command('node')
    .description('run roles of a deployed chain: sequencer, batcher, proposer, verifier, attester')
    .option('--config <file>', 'JSON file with settings')
    .option(
      '--roles <roles>',
      'comma-separated: sequencer, batcher, proposer, verifier, attester; each may have a machine of its own',
    )
    .option('--l1 <urls>', 'L1 JSON-RPC, several separated by commas in order of preference')
    .option('--deployment <file>', 'deployment.json of the chain')
    .option('--data-dir <folder>', 'database of this node')
    .option(
      '--sequencer <url>',
      "the sequencer's JSON-RPC: for a batcher on a node of its own, which reads blocks there",
    )
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <port>', 'JSON-RPC, HTTP and WebSocket; 0 picks a free one (default 9545)')
    .option('--block-time-seconds <s>', 'seal on a clock')
    .option('--batch-age-ms-max <ms>', 'post a batch when its oldest block is this old (default 2000)')
    .option('--proposal-interval-ms <ms>', 'time between output roots (default 60000)')
    .option('--data-availability <mode>', 'auto, calldata or blobs (default auto, with --dev calldata)')
    .option('--l1-beacon <urls>', 'beacon API of the L1, where blobs are read; several separated by commas')
    .option('--blob-archive <urls>', 'nodes that keep blobs which L1 forgot; several separated by commas')
    .option('--artifact-mirror <urls>', 'where kernels are fetched as <url>/<hash>.wasm; several separated by commas')
    .option('--l1-poll-interval-ms <ms>', 'how often L1 is asked for news (default 1000)')
    .option('--l1-confirmations <count>', 'L1 blocks on top of one before it is used (default 0)')
    .option('--keystore <path>', 'keystore file, folder with batcher.json and proposer.json, or role=file,role=file')
    .option('--password-file <file>', "the keystores' password")
    .option('--dev', 'dev methods and the well-known dev keys: for chains without value')
    .option('--accounts <count>', 'with --dev: unlocked accounts (default 20)')
    .option('--executor <kind>', 'what executes blocks: parallel, sequential or reference (default parallel)')
    .option('--workers <count>', 'threads of the parallel executor (default: cores, 8 at most)')
    .option('--cross-check', 'execute every block by the reference too, and halt where they differ')
    .option('--log-level <level>', 'silent, error, warn, info or debug (default info)')
    .addHelpText('after', EXAMPLES)
    .action(async ({ config: file, ...flags }: Record<string, unknown>) => {
      const config = loadNodeConfig(flags, process.env, file as string | undefined);
      const logger = createLogger(config.logLevel);
      const deployment = readDeployment(config.deployment);
      const keys = await loadNodeKeys(config.roles, config.dev, {
        environment: process.env,
        keystore: config.keystore,
        passwordFile: config.passwordFile,
        askPassword: passwordPrompt(),
      });
      await untilSignal(async () => {
        const node = await startNode({
          config,
          deployment,
          keys,
          clock: systemClock,
          logger,
          version: packageVersion(),
        });
        process.stdout.write(`ready: ${config.roles.join(', ')} on http://${config.host}:${node.port}\n`);
        return node;
      });
    });
}
