import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Fork } from '../../chain/forks';
import { createReferenceStateTestExecutor } from '../../execution/reference/referenceStateTests';
import { createKernelStateTestExecutor } from '../../kernel/conformance/kernelStateTests';
import { runStateTests, type StateTestExecutor, type StateTestFailure } from '../../kernel/conformance/runStateTests';

/** By the value of `--executor`. */
const EXECUTORS: Record<string, () => StateTestExecutor> = {
  kernel: createKernelStateTestExecutor,
  reference: createReferenceStateTestExecutor,
};

const FORKS: readonly Fork[] = ['cancun', 'prague', 'osaka'];

interface StateTestOptions {
  fork?: Fork;
  executor: string;
  json?: boolean;
}

/** `tributary evm statetest <path>`: state tests in Ethereum's format. */
export function registerEvmCommand(program: Command): void {
  const evm = program.command('evm').description('Check the EVM');
  evm
    .command('statetest')
    .description("Run state tests: a file or folder of ethereum/tests' JSON, or JSON lines (.jsonl, .jsonl.gz)")
    .argument('<path>', 'file or folder')
    .option('--fork <name>', `only this fork: ${FORKS.join(', ')}`, parseFork)
    .addOption(new Option('--executor <name>', 'what runs them').choices(Object.keys(EXECUTORS)).default('kernel'))
    .option('--json', 'print one JSON object instead of text')
    .addHelpText('after', '\nExample:\n  $ tributary evm statetest state-tests/stSStoreTest.jsonl.gz --fork Osaka')
    .action(runStateTestCommand);
}

async function runStateTestCommand(path: string, options: StateTestOptions): Promise<void> {
  const executor = EXECUTORS[options.executor]();
  const onFailure = options.json ? undefined : printFailure;
  const { passed, failures } = await runStateTests(path, executor, { fork: options.fork, onFailure });
  if (passed + failures.length === 0) warn(`no state test${options.fork ? ` of ${options.fork}` : ''} in ${path}`);
  if (options.json) print(JSON.stringify({ executor: executor.name, passed, failed: failures.length, failures }));
  else print(`${passed} passed, ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
}

function printFailure({ file, test, fork, variant, expected, actual }: StateTestFailure): void {
  print(`FAIL ${file} ${test} ${fork} ${variant}\n  expected ${expected}\n  actual   ${actual}`);
}

function parseFork(text: string): Fork {
  const fork = FORKS.find((name) => name === text.toLowerCase());
  if (!fork) throw new InvalidArgumentError(`expected one of ${FORKS.join(', ')}`);
  return fork;
}

function warn(line: string): void {
  process.stderr.write(`tributary: ${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
