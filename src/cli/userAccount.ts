import type { Hex, LocalAccount } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { TributaryError } from '../core/errors';

const KEY_VARIABLE = 'TRIBUTARY_KEY';

/** The account of whoever types the command, from the environment: a flag would stay in the shell's history. @throws Cli.KeyMissing */
export function userAccount(environment: NodeJS.ProcessEnv): LocalAccount {
  const key = environment[KEY_VARIABLE] ?? '';
  if (/^0x[0-9a-fA-F]{64}$/.test(key)) return privateKeyToAccount(key as Hex);
  throw new TributaryError('Cli.KeyMissing', `set ${KEY_VARIABLE} to the private key: 0x and 64 hex digits`, {
    recovery: 'reject',
  });
}
