import { type HDAccount, mnemonicToAccount } from 'viem/accounts';

/** Hardhat's and anvil's well-known phrase: keys that everybody knows, for dev chains only. */
export const DEV_MNEMONIC = 'test test test test test test test test test test test junk';
export const DEV_BALANCE_WEI = 10_000n * 10n ** 18n;

/** Accounts of the dev phrase at m/44'/60'/0'/0/index. */
export function devAccounts(count: number, firstIndex = 0): HDAccount[] {
  return Array.from({ length: count }, (_, i) => mnemonicToAccount(DEV_MNEMONIC, { addressIndex: firstIndex + i }));
}

/** Keys that the rollup itself uses on a dev L1, away from the accounts handed to the user, so that nobody's nonce moves by itself. */
export function devSystemAccounts(): Record<'deployer' | 'batcher' | 'proposer' | 'guardian', HDAccount> {
  const [deployer, batcher, proposer, guardian] = devAccounts(4, 1_000);
  return { deployer, batcher, proposer, guardian };
}
