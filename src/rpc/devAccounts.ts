import type { LocalAccount } from 'viem';
import { type Address, toHex } from '../core/bytes';

/** Accounts whose keys the node holds: only for dev chains, whose mnemonic is public anyway. */
export class DevAccounts {
  readonly #accounts: ReadonlyMap<string, LocalAccount>;

  constructor(accounts: LocalAccount[]) {
    this.#accounts = new Map(accounts.map((account) => [account.address.toLowerCase(), account]));
  }

  /** Lower-case hex, in the order given. */
  get addresses(): string[] {
    return [...this.#accounts.keys()];
  }

  get(address: Address): LocalAccount | undefined {
    return this.#accounts.get(toHex(address));
  }
}
