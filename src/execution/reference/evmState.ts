import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { Account as EvmAccount, type Address as EvmAddress } from '@ethereumjs/util';
import { EMPTY_CODE_HASH, EMPTY_ROOT } from '../../codec/header';
import { assert } from '../../core/assert';
import { type Address, EMPTY_BYTES, equalBytes, fromHex, type Hash, padLeft, toHex, ZERO_HASH } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { keccak256 } from '../../core/keccak';
import type { AccountChange, StateChanges } from '../../state/stateChanges';
import type { Account, StateReader } from '../../state/stateReader';

/**
 * What a block (or one call) has made of the state so far: a layer over a committed state, with the checkpoints that the EVM takes and
 * reverts. @ethereumjs/evm writes through its `StateManagerInterface`; the executor reads it as any other `StateReader`.
 */
export class EvmState implements StateManagerInterface, StateReader {
  #base: StateReader;
  /** Current values by hex address, loaded or written; undefined: no such account. */
  readonly #accounts = new Map<string, Account | undefined>();
  /** Current values by hex address, then hex slot. */
  readonly #storage = new Map<string, Map<string, Hash>>();
  /** Accounts whose storage in `base` no longer counts. */
  readonly #cleared = new Set<string>();
  readonly #codes = new Map<string, Uint8Array>();
  /** Superset of what differs from `base`; never shrinks. */
  readonly #touchedAccounts = new Set<string>();
  readonly #touchedSlots = new Map<string, Set<string>>();
  /** Slots as the running transaction found them, where it wrote. */
  readonly #original = new Map<string, Map<string, Hash>>();
  readonly #undo: (() => void)[] = [];
  readonly #checkpoints: number[] = [];

  constructor(base: StateReader) {
    this.#base = base;
  }

  /** Forgets everything and starts on another base: an EVM and its state are used for many blocks and calls, one after the other. */
  reset(base: StateReader): void {
    this.#base = base;
    this.#accounts.clear();
    this.#storage.clear();
    this.#cleared.clear();
    this.#codes.clear();
    this.#touchedAccounts.clear();
    this.#touchedSlots.clear();
    this.#original.clear();
    this.#undo.length = 0;
    this.#checkpoints.length = 0;
  }

  readonly originalStorageCache = {
    get: async (address: EvmAddress, key: Uint8Array): Promise<Uint8Array> => {
      const original = this.#original.get(address.toString())?.get(toHex(key));
      return original ?? this.#slot(address.toString(), address.bytes, key);
    },
    clear: (): void => this.#original.clear(),
  };

  account(address: Address): Account | undefined {
    return this.#account(toHex(address), address);
  }

  storage(address: Address, slot: Hash): Hash {
    return this.#slot(toHex(address), address, slot);
  }

  code(codeHash: Hash): Uint8Array {
    if (equalBytes(codeHash, EMPTY_CODE_HASH)) return EMPTY_BYTES;
    return this.#codes.get(toHex(codeHash)) ?? this.#base.code(codeHash);
  }

  /** Ends a transaction: what it wrote is what the next one finds. */
  endTransaction(): void {
    assert(this.#checkpoints.length === 0, 'a transaction leaves no checkpoint open');
    this.#undo.length = 0;
    this.#original.clear();
  }

  /** Replaces an account, as state overrides do. */
  setAccount(address: Address, account: Omit<Account, 'storageRoot'>): void {
    this.#writeAccount(toHex(address), { storageRoot: EMPTY_ROOT, ...this.account(address), ...account });
  }

  setCode(address: Address, code: Uint8Array): void {
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : keccak256(code);
    if (code.length > 0) this.#codes.set(toHex(codeHash), code);
    this.setAccount(address, { ...(this.account(address) ?? { nonce: 0n, balance: 0n }), codeHash });
  }

  /** @param value 32 bytes */
  setStorage(address: Address, slot: Hash, value: Hash): void {
    this.#writeSlot(toHex(address), address, slot, value);
  }

  dropStorage(address: Address): void {
    const hex = toHex(address);
    const before = this.#storage.get(hex);
    const wasCleared = this.#cleared.has(hex);
    this.#storage.delete(hex);
    this.#cleared.add(hex);
    this.#undo.push(() => {
      if (before) this.#storage.set(hex, before);
      else this.#storage.delete(hex);
      if (!wasCleared) this.#cleared.delete(hex);
    });
  }

  /** What differs from the base. */
  changes(): StateChanges {
    const accounts: AccountChange[] = [];
    for (const hex of new Set([...this.#touchedAccounts, ...this.#touchedSlots.keys()])) {
      const address = fromHex(hex);
      const account = this.#account(hex, address);
      const storage: [Hash, Hash][] = [];
      for (const slotHex of this.#touchedSlots.get(hex) ?? []) {
        const slot = fromHex(slotHex);
        const value = this.#slot(hex, address, slot);
        if (!equalBytes(value, this.#base.storage(address, slot))) storage.push([slot, value]);
      }
      if (storage.length > 0 || !sameAccount(account, this.#base.account(address))) {
        accounts.push({ address, account, storage: account ? storage : [] });
      }
    }
    const codes = [...this.#codes].map(([hash, code]): [Hash, Uint8Array] => [fromHex(hash), code]);
    return { accounts, codes };
  }

  async getAccount(address: EvmAddress): Promise<EvmAccount | undefined> {
    const account = this.#account(address.toString(), address.bytes);
    return account && new EvmAccount(account.nonce, account.balance, account.storageRoot, account.codeHash);
  }

  async putAccount(address: EvmAddress, account?: EvmAccount): Promise<void> {
    if (!account) return this.deleteAccount(address);
    const { nonce, balance, codeHash, storageRoot } = account;
    this.#writeAccount(address.toString(), { nonce, balance, codeHash, storageRoot });
  }

  async deleteAccount(address: EvmAddress): Promise<void> {
    this.#writeAccount(address.toString(), undefined);
    this.dropStorage(address.bytes);
  }

  async modifyAccountFields(address: EvmAddress, fields: AccountFields): Promise<void> {
    const account = (await this.getAccount(address)) ?? new EvmAccount();
    account.nonce = fields.nonce ?? account.nonce;
    account.balance = fields.balance ?? account.balance;
    account.codeHash = fields.codeHash ?? account.codeHash;
    account.storageRoot = fields.storageRoot ?? account.storageRoot;
    await this.putAccount(address, account);
  }

  async putCode(address: EvmAddress, value: Uint8Array): Promise<void> {
    this.setCode(address.bytes, value);
  }

  async getCode(address: EvmAddress): Promise<Uint8Array> {
    const account = this.#account(address.toString(), address.bytes);
    return account ? this.code(account.codeHash) : EMPTY_BYTES;
  }

  async getCodeSize(address: EvmAddress): Promise<number> {
    return (await this.getCode(address)).length;
  }

  async getStorage(address: EvmAddress, key: Uint8Array): Promise<Uint8Array> {
    return this.#slot(address.toString(), address.bytes, key);
  }

  async putStorage(address: EvmAddress, key: Uint8Array, value: Uint8Array): Promise<void> {
    this.#writeSlot(address.toString(), address.bytes, key, padLeft(value, 32));
  }

  async clearStorage(address: EvmAddress): Promise<void> {
    this.dropStorage(address.bytes);
  }

  async checkpoint(): Promise<void> {
    this.#checkpoints.push(this.#undo.length);
  }

  async commit(): Promise<void> {
    assert(this.#checkpoints.pop() !== undefined, 'a commit has its checkpoint');
  }

  async revert(): Promise<void> {
    const length = this.#checkpoints.pop();
    assert(length !== undefined, 'a revert has its checkpoint');
    while (this.#undo.length > length) this.#undo.pop()?.();
  }

  async getStateRoot(): Promise<Uint8Array> {
    throw unsupported('getStateRoot');
  }

  async setStateRoot(): Promise<void> {
    throw unsupported('setStateRoot');
  }

  async hasStateRoot(): Promise<boolean> {
    throw unsupported('hasStateRoot');
  }

  clearCaches(): void {
    throw unsupported('clearCaches');
  }

  shallowCopy(): StateManagerInterface {
    throw unsupported('shallowCopy');
  }

  #account(hex: string, address: Address): Account | undefined {
    if (this.#accounts.has(hex)) return this.#accounts.get(hex);
    const account = this.#base.account(address);
    this.#accounts.set(hex, account);
    return account;
  }

  #slot(hex: string, address: Address, slot: Uint8Array): Hash {
    const slotHex = toHex(slot);
    const slots = this.#slots(hex);
    const known = slots.get(slotHex);
    if (known) return known;
    const value = this.#cleared.has(hex) ? ZERO_HASH : this.#base.storage(address, slot);
    slots.set(slotHex, value);
    return value;
  }

  #slots(hex: string): Map<string, Hash> {
    let slots = this.#storage.get(hex);
    if (!slots) {
      slots = new Map();
      this.#storage.set(hex, slots);
    }
    return slots;
  }

  #writeAccount(hex: string, account: Account | undefined): void {
    const before = this.#account(hex, fromHex(hex));
    this.#accounts.set(hex, account);
    this.#touchedAccounts.add(hex);
    this.#undo.push(() => this.#accounts.set(hex, before));
  }

  #writeSlot(hex: string, address: Address, slot: Uint8Array, value: Hash): void {
    const slotHex = toHex(slot);
    const before = this.#slot(hex, address, slot);
    const original = mapOf(this.#original, hex);
    if (!original.has(slotHex)) original.set(slotHex, before);
    let touched = this.#touchedSlots.get(hex);
    if (!touched) {
      touched = new Set();
      this.#touchedSlots.set(hex, touched);
    }
    touched.add(slotHex);
    const slots = this.#slots(hex);
    slots.set(slotHex, value);
    this.#undo.push(() => slots.set(slotHex, before));
  }
}

function mapOf(maps: Map<string, Map<string, Hash>>, hex: string): Map<string, Hash> {
  let map = maps.get(hex);
  if (!map) {
    map = new Map();
    maps.set(hex, map);
  }
  return map;
}

function sameAccount(a: Account | undefined, b: Account | undefined): boolean {
  if (!a || !b) return a === b;
  return a.nonce === b.nonce && a.balance === b.balance && equalBytes(a.codeHash, b.codeHash);
}

function unsupported(method: string): TributaryError {
  return new TributaryError(
    'Execution.Unsupported',
    `the EVM called ${method}, which the reference executor does not have`,
    {
      recovery: 'halt',
    },
  );
}
