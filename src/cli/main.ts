#!/usr/bin/env node

import { Command } from 'commander';
import { errorMessage } from '../core/errors';
import { packageVersion } from '../node/packageVersion';
import { registerDeployCommand } from './commands/deploy';
import { registerDevCommand } from './commands/dev';
import { registerEvmCommand } from './commands/evm';
import { registerGovCommand } from './commands/gov';
import { registerModuleCommand } from './commands/module';
import { registerNodeCommand } from './commands/node';
import { registerTransferCommands } from './commands/transfer';
import { registerVerifyCommand } from './commands/verify';

const program = new Command('tributary')
  .description('A rollup framework: execution off-chain, settlement and upgrades by vote on any EVM chain')
  .version(packageVersion())
  .showSuggestionAfterError()
  .showHelpAfterError('(--help shows the options, with examples)');
registerDevCommand(program);
registerDeployCommand(program);
registerNodeCommand(program);
registerVerifyCommand(program);
registerTransferCommands(program);
registerGovCommand(program);
registerModuleCommand(program);
registerEvmCommand(program);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`tributary: ${errorMessage(error)}\n`);
  process.exit(1);
});
