import { bytesToHex, type Hex } from 'viem';
import { type HDAccount, mnemonicToAccount, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { assert } from '../../core/assert';

/** Hardhat's and anvil's well-known phrase: keys that everybody knows, for dev chains only. */
export const DEV_MNEMONIC = 'test test test test test test test test test test test junk';
export const DEV_BALANCE_WEI = 10_000n * 10n ** 18n;

/** m/44'/60'/0'/0 of the dev phrase. Made once: the phrase's seed costs 2,048 rounds of HMAC-SHA-512. */
let devParent: ReturnType<HDAccount['getHdKey']> | undefined;

/** An account whose key everybody knows. */
export interface DevAccount {
  account: PrivateKeyAccount;
  privateKey: Hex;
}

/** Accounts of the dev phrase at m/44'/60'/0'/0/index. */
export function devAccounts(count: number, firstIndex = 0): DevAccount[] {
  devParent ??= mnemonicToAccount(DEV_MNEMONIC, { path: "m/44'/60'/0'/0" }).getHdKey();
  const parent = devParent;
  return Array.from({ length: count }, (_, i) => {
    const key = parent.deriveChild(firstIndex + i).privateKey;
    assert(key, 'a key derived from a phrase is private');
    const privateKey = bytesToHex(key);
    return { account: privateKeyToAccount(privateKey), privateKey };
  });
}

/** Keys that the rollup itself uses on a dev L1, away from the accounts handed to the user, so that nobody's nonce moves by itself. */
export function devSystemAccounts(): Record<
  'deployer' | 'batcher' | 'proposer' | 'guardian' | 'attester' | 'relayer',
  PrivateKeyAccount
> {
  const accounts = devAccounts(6, 1_000).map(({ account }) => account);
  const [deployer, batcher, proposer, guardian, attester, relayer] = accounts;
  return { deployer, batcher, proposer, guardian, attester, relayer };
}
