import type { Hex, LocalAccount } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { TributaryError } from '../core/errors';
import { devSystemAccounts } from './dev/devAccounts';
import type { Role } from './nodeConfig';

/** Keys of the roles that send L1 transactions. Never the same key for two roles: they would take each other's nonces. */
export type NodeKeys = Partial<Record<'batcher' | 'proposer', LocalAccount>>;

const KEY_VARIABLES = { batcher: 'TRIBUTARY_BATCHER_KEY', proposer: 'TRIBUTARY_PROPOSER_KEY' } as const;

/**
 * Reads the keys that the roles need from the environment; on a dev chain the well-known ones stand in.
 * @throws Node.KeyMissing, Node.KeyInvalid naming the variable, never its value
 */
export function loadNodeKeys(roles: Role[], dev: boolean, environment: NodeJS.ProcessEnv): NodeKeys {
  const keys: NodeKeys = {};
  for (const role of ['batcher', 'proposer'] as const) {
    if (!roles.includes(role)) continue;
    const variable = KEY_VARIABLES[role];
    const value = environment[variable];
    if (value === undefined && dev) {
      keys[role] = devSystemAccounts()[role];
    } else if (value === undefined) {
      throw new TributaryError('Node.KeyMissing', `the ${role} signs L1 transactions: set ${variable}`, {
        recovery: 'halt',
      });
    } else if (!/^0x[0-9a-fA-F]{64}$/.test(value)) {
      throw new TributaryError('Node.KeyInvalid', `${variable}: expected 0x and 64 hex digits`, { recovery: 'halt' });
    } else {
      keys[role] = privateKeyToAccount(value as Hex);
    }
  }
  if (keys.batcher && keys.batcher.address === keys.proposer?.address) {
    throw new TributaryError('Node.KeyShared', 'batcher and proposer need different keys: each counts its own nonces', {
      recovery: 'halt',
    });
  }
  return keys;
}
