import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { errorMessage, TributaryError } from '../core/errors';
import type { SigningAccount } from '../l1/signTransaction';
import { devSystemAccounts } from './dev/devAccounts';
import { decryptKeystore } from './keystore';
import type { Role } from './nodeConfig';

/** Who signs L1 transactions. */
export type KeyRole = 'batcher' | 'proposer' | 'attester' | 'deployer' | 'relayer' | 'user';

/**
 * Keys of the roles that send L1 transactions. Never the same key for two roles: they would take each other's nonces. `relayer` is no role: a
 * sequencer that has its key relays votes.
 */
export type NodeKeys = Partial<Record<'batcher' | 'proposer' | 'attester' | 'relayer', SigningAccount>>;

/** Where keys come from. None of it is a flag with a secret: flags are seen in process lists and shell histories. */
export interface KeySources {
  environment: NodeJS.ProcessEnv;
  /** A keystore file, a folder with `<role>.json`, or several files as `role=file,role=file`. */
  keystore?: string;
  /** File whose first line is the keystores' password; else TRIBUTARY_KEYSTORE_PASSWORD, else a question. */
  passwordFile?: string;
  /** Asks whoever sits at the terminal; undefined where nobody does. */
  askPassword?: (question: string) => Promise<string>;
}

const KEY_VARIABLES: Record<KeyRole, string> = {
  batcher: 'TRIBUTARY_BATCHER_KEY',
  proposer: 'TRIBUTARY_PROPOSER_KEY',
  attester: 'TRIBUTARY_ATTESTER_KEY',
  deployer: 'TRIBUTARY_DEPLOYER_KEY',
  relayer: 'TRIBUTARY_RELAYER_KEY',
  user: 'TRIBUTARY_KEY',
};
const PASSWORD_VARIABLE = 'TRIBUTARY_KEYSTORE_PASSWORD';
/** Keystores are below 1 KiB. */
const FILE_SIZE_BYTES_MAX = 64 * 1024;

/**
 * Reads the keys that the roles need; on a dev chain the well-known ones stand in for those not given.
 * @throws Node.KeyMissing, Node.KeyInvalid, Node.KeyShared, Node.Keystore*, naming the variable or file, never a value
 */
export async function loadNodeKeys(roles: Role[], dev: boolean, sources: KeySources): Promise<NodeKeys> {
  const needed = (['batcher', 'proposer', 'attester'] as const).filter((role) => roles.includes(role));
  const files = keystoreFiles(sources.keystore, needed);
  const keys: NodeKeys = {};
  for (const role of needed) {
    const isGiven = files[role] !== undefined || sources.environment[KEY_VARIABLES[role]] !== undefined;
    keys[role] = !isGiven && dev ? devSystemAccounts()[role] : await readKey(role, files[role], sources);
  }
  if (roles.includes('sequencer')) {
    if (sources.environment[KEY_VARIABLES.relayer] !== undefined)
      keys.relayer = await readKey('relayer', undefined, sources);
    else if (dev) keys.relayer = devSystemAccounts().relayer;
  }
  const addresses = Object.values(keys).map(({ address }) => address);
  if (new Set(addresses).size < addresses.length) {
    const message = `${Object.keys(keys).join(', ')} need different keys: each counts its own nonces`;
    throw new TributaryError('Node.KeyShared', message, { recovery: 'halt' });
  }
  return keys;
}

/** The key of one who signs. @throws as `loadNodeKeys` */
export async function loadKey(role: KeyRole, sources: KeySources): Promise<SigningAccount> {
  return readKey(role, keystoreFiles(sources.keystore, [role])[role], sources);
}

async function readKey(role: KeyRole, file: string | undefined, sources: KeySources): Promise<SigningAccount> {
  if (file !== undefined)
    return privateKeyToAccount(decryptKeystore(readSmallFile(file), await passwordOf(file, sources), file));
  const variable = KEY_VARIABLES[role];
  const value = sources.environment[variable];
  if (value === undefined) {
    throw new TributaryError(
      'Node.KeyMissing',
      `the ${role} signs L1 transactions: set ${variable} or give --keystore`,
      {
        recovery: 'halt',
      },
    );
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(value)) {
    throw new TributaryError('Node.KeyInvalid', `${variable}: expected 0x and 64 hex digits`, { recovery: 'halt' });
  }
  return privateKeyToAccount(value as Hex);
}

/** The file of each role that has one. */
function keystoreFiles(keystore: string | undefined, roles: readonly KeyRole[]): Partial<Record<KeyRole, string>> {
  if (keystore === undefined || roles.length === 0) return {};
  if (keystore.includes('=')) {
    const named = keystore.split(',').map((part) => part.split('=', 2).map((word) => word.trim()));
    for (const [role] of named) {
      if (!(role in KEY_VARIABLES)) {
        throw keystoreMissing(`--keystore names the role ${role}: expected ${Object.keys(KEY_VARIABLES).join(', ')}`);
      }
    }
    return Object.fromEntries(named);
  }
  if (!existsSync(keystore)) throw keystoreMissing(`there is no keystore ${keystore}`);
  if (!statSync(keystore).isDirectory()) {
    if (roles.length > 1) {
      throw keystoreMissing(
        `${keystore} is one file, but ${roles.join(' and ')} need a key each: give a folder with ${roles.map((role) => `${role}.json`).join(' and ')}, or ${roles.map((role) => `${role}=<file>`).join(',')}`,
      );
    }
    return { [roles[0]]: keystore };
  }
  const inFolder = roles.map((role) => [role, join(keystore, `${role}.json`)] as const);
  return Object.fromEntries(inFolder.filter(([, path]) => existsSync(path)));
}

async function passwordOf(file: string, { passwordFile, environment, askPassword }: KeySources): Promise<string> {
  // Editors end a file with a newline, which is not part of a password.
  if (passwordFile !== undefined) return readSmallFile(passwordFile).split(/\r?\n/, 1)[0];
  const fromEnvironment = environment[PASSWORD_VARIABLE];
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (askPassword) return askPassword(`Password of ${file}: `);
  throw new TributaryError('Node.KeystorePassword', `${file} needs a password`, {
    recovery: 'halt',
    metaMessages: [`set ${PASSWORD_VARIABLE}, or give --password-file`],
  });
}

function readSmallFile(path: string): string {
  try {
    const sizeBytes = statSync(path).size;
    if (sizeBytes <= FILE_SIZE_BYTES_MAX) return readFileSync(path, 'utf8');
    throw new RangeError(`expected at most ${FILE_SIZE_BYTES_MAX} bytes, got ${sizeBytes}`);
  } catch (cause) {
    throw new TributaryError('Node.KeystoreMissing', `${path} cannot be read: ${errorMessage(cause)}`, {
      recovery: 'halt',
      cause,
    });
  }
}

function keystoreMissing(message: string): TributaryError {
  return new TributaryError('Node.KeystoreMissing', message, { recovery: 'halt' });
}
