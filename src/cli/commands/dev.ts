import { type Command, Option } from 'commander';
import { DEFAULT_EXECUTOR, EXECUTOR_KINDS, type ExecutorKind } from '../../execution/createExecutor';
import { startDev } from '../../node/dev/startDev';
import { numberOption, urlOption } from '../parseOption';
import { untilSignal } from '../untilSignal';

interface DevFlags {
  port: number;
  l1Port: number;
  verifierPort: number;
  l1?: string;
  blockTime?: number;
  dataDir: string;
  accounts: number;
  votingSeconds: number;
  canarySeconds: number;
  executor: ExecutorKind;
  workers?: number;
  silent?: boolean;
  reset?: boolean;
}

const EXAMPLES = `
Examples:
  $ tributary dev                                 L1 on :8545, L2 on :9545
  $ tributary dev --port 9600                     L2's JSON-RPC on another port
  $ tributary dev --l1-port 8600                  built-in L1 on another port
  $ tributary dev --l1 http://127.0.0.1:8545      an L1 that already runs, e.g. anvil; its chain is kept between runs
  $ tributary dev --block-time 2                  a block every two seconds
  $ tributary dev --data-dir /tmp/chain           keep the chain elsewhere
  $ tributary dev --accounts 5                    five funded accounts
  $ tributary dev --voting-seconds 60             more time to vote by hand
  $ tributary dev --canary-seconds 30             more time to see a new kernel trap and go back
  $ tributary dev --executor reference            execute blocks with @ethereumjs/evm, to compare
  $ tributary dev --workers 4                     execute large blocks on four threads
  $ tributary dev --silent                        print nothing but errors
  $ tributary dev --reset                         drop the chain in the data directory first`;

/** `tributary dev`: everything on this machine, one command. */
export function registerDevCommand(program: Command): void {
  program
    .command('dev')
    .description(
      'start a whole rollup on this machine: L1, contracts, sequencer, batcher, proposer, verifier, JSON-RPC',
    )
    .option('--port <port>', "the L2's JSON-RPC, HTTP and WebSocket", numberOption(0, 65_535), 9545)
    .option('--l1-port <port>', 'the built-in Hardhat L1', numberOption(1, 65_535), 8545)
    .option('--verifier-port <port>', "the verifier's JSON-RPC; default: a free one", numberOption(0, 65_535), 0)
    .option('--l1 <url>', 'use this running dev L1 in place of the built-in one', urlOption)
    .option(
      '--block-time <s>',
      'seal a block every so many seconds, in place of as soon as transactions wait',
      numberOption(0.1, 3_600, 'decimal'),
    )
    .option('--data-dir <folder>', 'databases and deployment.json', '.tributary/dev')
    .option('--accounts <count>', 'how many funded accounts', numberOption(1, 1_000), 20)
    .option('--voting-seconds <s>', 'how long votes on upgrades last', numberOption(1, 86_400), 10)
    .option('--canary-seconds <s>', 'how long a new version can be rolled back', numberOption(1, 86_400), 6)
    .addOption(
      new Option('--executor <kind>', 'what executes blocks').choices(EXECUTOR_KINDS).default(DEFAULT_EXECUTOR),
    )
    .option('--workers <count>', 'threads of the parallel executor; default: cores, 8 at most', numberOption(1, 8))
    .option('--silent', 'print nothing but errors')
    .option('--reset', 'drop the chain in the data directory first')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: DevFlags) => {
      const print = flags.silent ? () => undefined : (text: string) => process.stdout.write(`${text}\n`);
      await untilSignal((signal) => startDev({ ...flags, blockTimeSeconds: flags.blockTime, print, signal }));
    });
}
