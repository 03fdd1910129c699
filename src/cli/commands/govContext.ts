import { type Command, InvalidArgumentError } from 'commander';
import { type Address, createPublicClient, http, isAddress } from 'viem';
import { hasErrorCode } from '../../core/errors';
import { loadKey } from '../../node/nodeKeys';
import { readDeployment } from '../../node/readDeployment';
import { connectGovernance, type GovernanceUser } from '../../sdk/governance';
import { passwordPrompt } from '../askPassword';

/** Flags that every command about governance has. */
export interface GovernanceFlags {
  deployment: string;
  keystore?: string;
  passwordFile?: string;
}

const DEPLOYMENT = '.tributary/dev/deployment.json';

export function withGovernanceOptions(command: Command): Command {
  return command.option('--deployment <file>', 'deployment.json of the chain', DEPLOYMENT);
}

/** For commands that sign: the key is never a flag. */
export function withKeyOptions(command: Command): Command {
  return withGovernanceOptions(command)
    .option('--keystore <file>', 'keystore with the key; without it TRIBUTARY_KEY holds it')
    .option('--password-file <file>', 'file that holds the password of the keystore');
}

/** Looks only. */
export function onlooker({ deployment }: GovernanceFlags): GovernanceUser {
  return connectGovernance(readDeployment(deployment));
}

/** Signs with TRIBUTARY_KEY or a keystore. @throws Node.Key*, Node.Keystore* */
export async function signer(flags: GovernanceFlags): Promise<GovernanceUser> {
  const account = await loadKey('user', { ...flags, environment: process.env, askPassword: passwordPrompt() });
  return connectGovernance(readDeployment(flags.deployment), account);
}

/** Signs where there is a key, else looks. */
export async function signerOrOnlooker(flags: GovernanceFlags): Promise<GovernanceUser> {
  try {
    return await signer(flags);
  } catch (error) {
    if (hasErrorCode(error, 'Node.KeyMissing')) return onlooker(flags);
    throw error;
  }
}

/** The L2's newest block. @throws viem's error where the node can't be reached */
export async function l2HeadNumber({ deployment }: GovernanceUser): Promise<number> {
  return Number(await createPublicClient({ transport: http(deployment.l2.rpcUrl) }).getBlockNumber());
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function addressArgument(text: string): Address {
  if (!isAddress(text)) throw new InvalidArgumentError('expected an address: 0x and 40 hex digits.');
  return text;
}
