import { Command } from 'commander';
import { errorMessage } from '../core/errors';
import { packageVersion } from '../node/packageVersion';
import { checkRequiredLast } from './checkRequiredLast';

type Register = (program: Command) => void;

/** Files of commands, and what in them adds these to the program. */
const registrations: { names: string[]; file: string; register: string }[] = [
  { names: ['dev'], file: 'dev', register: 'registerDevCommand' },
  { names: ['deploy'], file: 'deploy', register: 'registerDeployCommand' },
  { names: ['node'], file: 'node', register: 'registerNodeCommand' },
  { names: ['verify'], file: 'verify', register: 'registerVerifyCommand' },
  { names: ['deposit', 'withdraw'], file: 'transfer', register: 'registerTransferCommands' },
  { names: ['gov'], file: 'gov', register: 'registerGovCommand' },
  { names: ['module'], file: 'module', register: 'registerModuleCommand' },
  { names: ['evm'], file: 'evm', register: 'registerEvmCommand' },
];

async function main(): Promise<void> {
  const program = new Command('tributary')
    .description('A rollup framework: execution off-chain, settlement and upgrades by vote on any EVM chain')
    .version(packageVersion())
    .showSuggestionAfterError()
    .showHelpAfterError('(--help shows the options, with examples)');
  const named = registrations.filter(({ names }) => names.includes(process.argv[2]));
  // A command that is asked for is read in alone, which takes half the time; help and suggestions speak of all.
  for (const { file, register } of named.length > 0 ? named : registrations) {
    const commands = require(`./commands/${file}`) as Record<string, Register>;
    commands[register](program);
  }
  checkRequiredLast(program);
  await program.parseAsync();
}

main().catch((error: unknown) => {
  process.stderr.write(`tributary: ${errorMessage(error)}\n`);
  process.exit(1);
});
