import type { LocalAccount } from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { assert } from '../core/assert';
import { type Address, toHex } from '../core/bytes';

/** Accounts whose keys the node holds: only for dev chains, whose mnemonic is public anyway. */
export class DevAccounts {
  readonly #accounts: ReadonlyMap<string, LocalAccount>;

  private constructor(accounts: LocalAccount[]) {
    this.#accounts = new Map(accounts.map((account) => [account.address.toLowerCase(), account]));
  }

  /** The first `count` accounts of the mnemonic at Ethereum's path m/44'/60'/0'/0/i. */
  static fromMnemonic(mnemonic: string, count: number): DevAccounts {
    // One derivation of the seed for all: it costs 2048 rounds of HMAC-SHA-512.
    const parent = mnemonicToAccount(mnemonic, { path: "m/44'/60'/0'/0" }).getHdKey();
    const accounts = Array.from({ length: count }, (_, index) => {
      const { privateKey } = parent.deriveChild(index);
      assert(privateKey, 'a key derived from a mnemonic is private');
      return privateKeyToAccount(toHex(privateKey));
    });
    return new DevAccounts(accounts);
  }

  /** Lower-case hex, in order of derivation. */
  get addresses(): string[] {
    return [...this.#accounts.keys()];
  }

  get(address: Address): LocalAccount | undefined {
    return this.#accounts.get(toHex(address));
  }
}
