import type { Command } from 'commander';

/**
 * Has required options missed only after unknown ones were named: commander by itself says that `--config` is missing to whoever typed `--confg`.
 * For a program whose commands are all registered.
 */
export function checkRequiredLast(command: Command): void {
  for (const option of command.options) {
    if (!option.mandatory) continue;
    option.mandatory = false;
    command.hook('preAction', (_, actionCommand) => {
      if (command.getOptionValue(option.attributeName()) !== undefined) return;
      actionCommand.error(`error: required option '${option.flags}' not specified`);
    });
  }
  for (const subcommand of command.commands) checkRequiredLast(subcommand);
}
