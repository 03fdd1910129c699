import { BlockLevelAccessList } from '@ethereumjs/util';
import { type AccessChange, type AccountAccess, type BlockAccessList, encodeAccessList } from '../../codec/accessList';
import { EMPTY_CODE_HASH } from '../../codec/header';
import { type Address, equalBytes, fromHex, type Hash, toHex } from '../../core/bytes';
import type { StateReader } from '../../state/stateReader';

/**
 * A block's access list (EIP-7928) the slow way: @ethereumjs/evm tells which accounts and slots are accessed; what changed is what differs
 * between the states before and after each transaction.
 */
export class AccessRecorder extends BlockLevelAccessList {
  /** Of the running transaction, hex; slots by account. */
  readonly #accessed = new Map<string, Set<string>>();
  readonly #accounts = new Map<string, RecordedAccount>();

  /** Before a block. */
  begin(): void {
    this.#accessed.clear();
    this.#accounts.clear();
  }

  override addAddress(address: string): void {
    this.#slots(address);
  }

  override addStorageRead(address: string, slot: Uint8Array): void {
    this.#slots(address).add(toHex(slot));
  }

  override addStorageWrite(address: string, slot: Uint8Array): void {
    this.addStorageRead(address, slot);
  }

  override addBalanceChange(): void {
    // What has a value is compared instead.
  }

  override addNonceChange(): void {
    // As a balance.
  }

  override addCodeChange(): void {
    // As a balance.
  }

  override checkpoint(): void {
    // A revert takes no access back.
  }

  override commit(): void {
    // As `checkpoint`.
  }

  override revert(): void {
    // As `checkpoint`.
  }

  access(address: Address): void {
    this.addAddress(toHex(address));
  }

  /** Ends the transaction (system calls: 0) with this index. `base`: the state before the block; `state`: after the transaction. */
  endTransaction(index: number, base: StateReader, state: StateReader): void {
    for (const [hex, slots] of this.#accessed) {
      const address = fromHex(hex);
      const account = this.#accounts.get(hex) ?? new RecordedAccount(address, base);
      this.#accounts.set(hex, account);
      account.compare(index, slots, state);
    }
    this.#accessed.clear();
  }

  encoded(): Uint8Array {
    const list: BlockAccessList = [...this.#accounts.keys()].sort().map((hex) => {
      const account = this.#accounts.get(hex) as RecordedAccount;
      return account.access();
    });
    return encodeAccessList(list);
  }

  #slots(address: string): Set<string> {
    let slots = this.#accessed.get(address);
    if (!slots) {
      slots = new Set();
      this.#accessed.set(address, slots);
    }
    return slots;
  }
}

/** One account, with what it was after the last transaction that accessed it. */
class RecordedAccount {
  readonly #address: Address;
  readonly #base: StateReader;
  readonly #balanceChanges: AccessChange<bigint>[] = [];
  readonly #nonceChanges: AccessChange<bigint>[] = [];
  readonly #codeChanges: AccessChange<Uint8Array>[] = [];
  readonly #slots = new Map<string, { value: Hash; changes: AccessChange<Hash>[] }>();
  #balance: bigint;
  #nonce: bigint;
  #codeHash: Hash;

  constructor(address: Address, base: StateReader) {
    const account = base.account(address);
    this.#address = address;
    this.#base = base;
    this.#balance = account?.balance ?? 0n;
    this.#nonce = account?.nonce ?? 0n;
    this.#codeHash = account?.codeHash ?? EMPTY_CODE_HASH;
  }

  compare(index: number, slots: Iterable<string>, state: StateReader): void {
    const account = state.account(this.#address);
    const { balance, nonce, codeHash } = account ?? { balance: 0n, nonce: 0n, codeHash: EMPTY_CODE_HASH };
    if (balance !== this.#balance) this.#balanceChanges.push({ index, value: balance });
    if (nonce !== this.#nonce) this.#nonceChanges.push({ index, value: nonce });
    if (!equalBytes(codeHash, this.#codeHash)) this.#codeChanges.push({ index, value: state.code(codeHash) });
    this.#balance = balance;
    this.#nonce = nonce;
    this.#codeHash = codeHash;
    for (const hex of slots) {
      const slot = fromHex(hex);
      const known = this.#slots.get(hex) ?? { value: this.#base.storage(this.#address, slot), changes: [] };
      const value = state.storage(this.#address, slot);
      if (!equalBytes(value, known.value)) known.changes.push({ index, value });
      this.#slots.set(hex, { ...known, value });
    }
  }

  access(): AccountAccess {
    const slots = [...this.#slots.keys()].sort();
    const changesOf = (hex: string) => this.#slots.get(hex)?.changes ?? [];
    return {
      address: this.#address,
      storageChanges: slots
        .filter((hex) => changesOf(hex).length > 0)
        .map((hex) => ({ slot: fromHex(hex), changes: changesOf(hex) })),
      storageReads: slots.filter((hex) => changesOf(hex).length === 0).map(fromHex),
      balanceChanges: this.#balanceChanges,
      nonceChanges: this.#nonceChanges,
      codeChanges: this.#codeChanges,
    };
  }
}
