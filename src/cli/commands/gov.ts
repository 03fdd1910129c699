import type { Command } from 'commander';
import { registerPropose } from './govPropose';
import { registerLooking } from './govShow';
import { registerVoting } from './govVote';

const EXAMPLES = `
A parameter, from proposal to execution:
  $ tributary gov propose --call inbox "setSilencePeriodSeconds(uint32)" 7200
  $ tributary gov vote 1 for --wait
  $ tributary gov queue 1 --wait
  $ tributary gov execute 1 --wait

A module: as above with a manifest, then the registry's stages; see docs/upgrades.md
  $ tributary gov propose kernel-v2.manifest.json
  $ tributary gov watch 1`;

/** `tributary gov`: everything that holders of votes do. */
export function registerGovCommand(program: Command): void {
  const gov = program
    .command('gov')
    .description('propose, vote and follow: parameters and modules are changed by vote')
    .addHelpText('after', EXAMPLES);
  registerPropose(gov);
  registerLooking(gov);
  registerVoting(gov);
}
