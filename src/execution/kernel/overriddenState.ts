import { EMPTY_CODE_HASH, EMPTY_ROOT } from '../../codec/header';
import { type Address, equalBytes, type Hash, toHex, ZERO_HASH } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';
import type { Account, StateSnapshot } from '../../state/stateReader';
import type { StateOverride } from '../executor';

/** Any root but the empty one, whose slots the kernel would not ask for. */
const SOME_ROOT = new Uint8Array(32).fill(0xff);

interface OverriddenAccount {
  account: Account;
  /** By hex slot. */
  slots: Map<string, Hash>;
  /** The base's slots count no more. */
  replacesStorage: boolean;
}

/** A state with parts replaced, as the third parameter of `eth_call` asks. */
export class OverriddenState implements StateSnapshot {
  readonly #base: StateSnapshot;
  readonly #accounts = new Map<string, OverriddenAccount>();
  readonly #codes = new Map<string, Uint8Array>();

  constructor(base: StateSnapshot, overrides: StateOverride[]) {
    this.#base = base;
    for (const override of overrides) this.#apply(override);
  }

  account(address: Address): Account | undefined {
    return this.#accounts.get(toHex(address))?.account ?? this.#base.account(address);
  }

  storage(address: Address, slot: Hash): Hash {
    const overridden = this.#accounts.get(toHex(address));
    const value = overridden?.slots.get(toHex(slot));
    if (value) return value;
    return overridden?.replacesStorage ? ZERO_HASH : this.#base.storage(address, slot);
  }

  code(codeHash: Hash): Uint8Array {
    return this.#codes.get(toHex(codeHash)) ?? this.#base.code(codeHash);
  }

  trieNode(key: Uint8Array): Uint8Array | undefined {
    return this.#base.trieNode(key);
  }

  #apply({ address, balance, nonce, code, state, stateDiff }: StateOverride): void {
    const before = this.account(address);
    const known = this.#accounts.get(toHex(address));
    const slots = state ? new Map<string, Hash>() : (known?.slots ?? new Map<string, Hash>());
    for (const [slot, value] of [...(state ?? []), ...(stateDiff ?? [])]) slots.set(toHex(slot), value);
    const storageRoot = before?.storageRoot ?? EMPTY_ROOT;
    const account = {
      nonce: nonce ?? before?.nonce ?? 0n,
      balance: balance ?? before?.balance ?? 0n,
      codeHash: code ? this.#addCode(code) : (before?.codeHash ?? EMPTY_CODE_HASH),
      storageRoot: slots.size > 0 && equalBytes(storageRoot, EMPTY_ROOT) ? SOME_ROOT : storageRoot,
    };
    const replacesStorage = state !== undefined || known?.replacesStorage === true;
    this.#accounts.set(toHex(address), { account, slots, replacesStorage });
  }

  #addCode(code: Uint8Array): Hash {
    if (code.length === 0) return EMPTY_CODE_HASH;
    const codeHash = keccak256(code);
    this.#codes.set(toHex(codeHash), code);
    return codeHash;
  }
}
