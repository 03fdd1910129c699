import type { Fork } from '../../src/chain/forks';
import { type Address, EMPTY_BYTES, fromHex, type Hash, toHex } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import type { KernelTransaction } from '../../src/kernel/encodeTransaction';
import { Kernel, type KernelBlock, type KernelOptions } from '../../src/kernel/kernel';
import type { BackendAccount, StateBackend } from '../../src/kernel/stateBackend';

export const SENDER = address(0xaaaa);
export const CONTRACT = address(0xcccc);
export const COINBASE = address(0xc01b);
export const EMPTY_CODE_HASH = keccak256(EMPTY_BYTES);
export const EMPTY_ROOT = fromHex('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421');
/** Any root that is not the empty one: makes the kernel ask for slots. */
const SOME_ROOT = keccak256(Uint8Array.of(1));

export interface TestAccount {
  nonce?: bigint;
  balance?: bigint;
  code?: Uint8Array;
  storage?: Map<bigint, bigint>;
}

/** A state in maps, counting what is read of it. */
export class TestState implements StateBackend {
  readonly accounts = new Map<string, TestAccount>();
  /** By key, hex. */
  readonly trieNodes = new Map<string, Uint8Array>();
  private readonly codes = new Map<string, Uint8Array>();
  reads = 0;

  set(at: Address, account: TestAccount): void {
    this.accounts.set(toHex(at), account);
    if (account.code) this.codes.set(toHex(keccak256(account.code)), account.code);
  }

  loadAccount(at: Address): BackendAccount | undefined {
    this.reads++;
    const account = this.accounts.get(toHex(at));
    if (!account) return undefined;
    const { nonce = 0n, balance = 0n, code, storage } = account;
    const codeHash = code ? keccak256(code) : EMPTY_CODE_HASH;
    return { nonce, balance, codeHash, storageRoot: storage?.size ? SOME_ROOT : EMPTY_ROOT };
  }

  loadSlot(at: Address, slot: Hash): Uint8Array | undefined {
    this.reads++;
    const value = this.accounts.get(toHex(at))?.storage?.get(BigInt(toHex(slot)));
    return value === undefined ? undefined : word(value);
  }

  loadCode(codeHash: Hash): Uint8Array | undefined {
    this.reads++;
    return this.codes.get(toHex(codeHash));
  }

  loadTrieNode(key: Uint8Array): Uint8Array | undefined {
    return this.trieNodes.get(toHex(key));
  }

  blockHash(blockNumber: number): Hash {
    return word(0xb10c0000n + BigInt(blockNumber));
  }
}

export const BLOCK: KernelBlock = {
  number: 100,
  timestampSeconds: 1_700_000_000,
  gasLimit: 60_000_000n,
  chainId: 31_338n,
  fork: 'osaka',
  baseFeePerGas: 7n,
  prevRandao: word(0x1234n),
  coinbase: COINBASE,
};

/** A kernel whose sender is rich, in a block of `fork`. */
export function createTestKernel(
  fork: Fork = 'osaka',
  options: KernelOptions = {},
): { kernel: Kernel; state: TestState } {
  const state = new TestState();
  state.set(SENDER, { balance: 10n ** 24n });
  const kernel = new Kernel(state, { accountBits: 10, slotBits: 10, codeCacheSizeBytes: 8 * 2 ** 20, ...options });
  kernel.beginBlock({ ...BLOCK, fork });
  return { kernel, state };
}

/** A valid dynamic-fee transaction of the sender to the contract. */
export function transactionOf(fields: Partial<KernelTransaction> = {}): KernelTransaction {
  return {
    type: 2,
    from: SENDER,
    to: CONTRACT,
    value: 0n,
    gasLimit: 1_000_000n,
    data: EMPTY_BYTES,
    nonce: 0n,
    chainId: BLOCK.chainId,
    maxFeePerGas: 20n,
    maxPriorityFeePerGas: 3n,
    ...fields,
  };
}

export function address(value: number | bigint): Address {
  return word(BigInt(value)).subarray(12);
}

/** 32 big-endian bytes. */
export function word(value: bigint): Uint8Array {
  return fromHex(BigInt.asUintN(256, value).toString(16).padStart(64, '0'));
}

export function numberOf(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(toHex(bytes));
}

/** Bytecode from hex opcodes and numbers, which become PUSH32. */
export function assemble(...parts: (string | bigint)[]): Uint8Array {
  return fromHex(parts.map((part) => (typeof part === 'string' ? part : `7f${toHex(word(part)).slice(2)}`)).join(''));
}

/** MSTORE at 0 what is on top, RETURN it. */
export const RETURN_TOP = '5f5260205ff3';
