import type { SignedTransaction } from '../../src/codec/transaction';
import { type Address, fromHex, type Hash, toHex } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import type { Kernel } from '../../src/kernel/kernel';
import { signTransaction, type UnsignedTransaction } from '../codec/signTransaction';
import { address, BLOCK, COINBASE, type TestAccount, TestState, word } from './testKernel';

const OPCODES: Record<string, number> = {
  STOP: 0x00,
  ADD: 0x01,
  SUB: 0x03,
  DIV: 0x04,
  LT: 0x10,
  GT: 0x11,
  EQ: 0x14,
  ISZERO: 0x15,
  AND: 0x16,
  NOT: 0x19,
  KECCAK256: 0x20,
  ADDRESS: 0x30,
  BALANCE: 0x31,
  CALLER: 0x33,
  CALLVALUE: 0x34,
  CALLDATALOAD: 0x35,
  CALLDATASIZE: 0x36,
  CALLDATACOPY: 0x37,
  EXTCODESIZE: 0x3b,
  EXTCODEHASH: 0x3f,
  SELFBALANCE: 0x47,
  POP: 0x50,
  MSTORE: 0x52,
  SLOAD: 0x54,
  SSTORE: 0x55,
  JUMP: 0x56,
  JUMPI: 0x57,
  GAS: 0x5a,
  JUMPDEST: 0x5b,
  DUP1: 0x80,
  DUP2: 0x81,
  DUP3: 0x82,
  DUP4: 0x83,
  SWAP1: 0x90,
  SWAP2: 0x91,
  SWAP3: 0x92,
  LOG1: 0xa1,
  LOG2: 0xa2,
  CALL: 0xf1,
  DELEGATECALL: 0xf4,
  CREATE2: 0xf5,
  STATICCALL: 0xfa,
  RETURN: 0xf3,
  REVERT: 0xfd,
  SELFDESTRUCT: 0xff,
};

/** Bytecode from names, numbers below 256 (PUSH1), `@label` (PUSH2 of its place) and `label:` (JUMPDEST). */
export function assembleNames(source: string): Uint8Array {
  return assembleLabelled(source).code;
}

/** The same, and where its labels are. */
export function assembleLabelled(source: string): { code: Uint8Array; labels: Map<string, number> } {
  const parts = source.trim().split(/\s+/);
  const bytes: number[] = [];
  const labels = new Map<string, number>();
  const uses: [number, string][] = [];
  for (const part of parts) {
    if (part.endsWith(':')) {
      labels.set(part.slice(0, -1), bytes.length);
      bytes.push(OPCODES.JUMPDEST);
    } else if (part.startsWith('@')) {
      uses.push([bytes.length + 1, part.slice(1)]);
      bytes.push(0x61, 0, 0);
    } else if (/^\d+$/.test(part)) bytes.push(0x60, Number(part));
    else bytes.push(OPCODES[part]);
  }
  for (const [at, label] of uses) {
    const place = labels.get(label) as number;
    bytes[at] = place >> 8;
    bytes[at + 1] = place & 0xff;
  }
  return { code: Uint8Array.from(bytes), labels };
}

/** transfer(to, amount); balances by keccak256(address ‖ 0); reverts where the caller lacks it. */
export const TOKEN = assembleNames(`
  CALLER 0 MSTORE 64 0 KECCAK256 DUP1 SLOAD
  32 CALLDATALOAD DUP1 DUP3 LT @fail JUMPI
  SWAP1 SUB SWAP1 SSTORE
  0 CALLDATALOAD 0 MSTORE 64 0 KECCAK256 DUP1 SLOAD 32 CALLDATALOAD ADD SWAP1 SSTORE
  32 CALLDATALOAD 0 MSTORE 0 CALLDATALOAD CALLER 32 0 LOG2 STOP
  fail: 0 0 REVERT`);
/** Keeps what calldata's address has, and its code hash and size, in slots of the caller. */
export const READER = assembleNames(`
  0 CALLDATALOAD BALANCE CALLER SSTORE
  0 CALLDATALOAD EXTCODEHASH CALLER 1 ADD SSTORE 0 CALLDATALOAD EXTCODESIZE CALLER 2 ADD SSTORE STOP`);
/** Sends half of what it has to calldata's address. */
export const SPLITTER = assembleNames(`
  0 0 0 0 2 SELFBALANCE DIV 0 CALLDATALOAD GAS CALL ISZERO @fail JUMPI STOP fail: 0 0 REVERT`);
/** One counter that everybody raises. */
export const COUNTER = assembleNames('0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 32 0 RETURN');
/** CREATE2 with calldata after its first word, the salt; the value goes along; calls the child. */
export const CREATOR = assembleNames(`
  32 CALLDATASIZE SUB DUP1 32 0 CALLDATACOPY
  0 CALLDATALOAD SWAP1 0 CALLVALUE CREATE2
  DUP1 0 CALLDATALOAD SSTORE
  0 SWAP1 0 SWAP1 0 SWAP1 0 SWAP1 0 SWAP1 GAS CALL STOP`);
/** Burns all gas. */
export const LOOPER = assembleNames('loop: 0 SLOAD POP @loop JUMP');
/** Gives everything away (to calldata's address) and, in the transaction of its creation, ceases to exist. */
export const DESTRUCTIBLE = assembleNames('0 CALLDATALOAD SELFDESTRUCT');
const DYING_INITCODE = assembleNames('0 CALLDATALOAD CALLER SELFDESTRUCT');

/** Initcode that returns `code` (below 200 bytes). */
export function initcodeOf(code: Uint8Array): Uint8Array {
  // PUSH1 size, PUSH1 12, PUSH0-less: DUP1 … CODECOPY at 0, RETURN.
  return Uint8Array.from([0x60, code.length, 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xf3, ...code]);
}

export const TOKEN_AT = address(0x70c0);
export const READER_AT = address(0x4ead);
export const SPLITTER_AT = address(0x5917);
export const COUNTER_AT = address(0xc0c0);
export const CREATOR_AT = address(0xc4ea);
export const LOOPER_AT = address(0x1009);
export const DESTRUCTIBLE_AT = address(0xde57);
export const BASE_FEE_RECIPIENT = address(0xbafee);
export const L1_FEE_RECIPIENT = address(0x11fee);
const FEE_RECIPIENTS = [COINBASE, BASE_FEE_RECIPIENT, L1_FEE_RECIPIENT];

const ANY_KEY = new Uint8Array(32).fill(1);

export type Random = () => number;

/** mulberry32: the same numbers for the same seed. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function senderAt(index: number): Uint8Array {
  return address(0x100000 + index);
}

export function tokenSlot(holder: Uint8Array): bigint {
  const preimage = new Uint8Array(64);
  preimage.set(holder, 12);
  return BigInt(`0x${Buffer.from(keccak256(preimage)).toString('hex')}`);
}

export interface Scenario {
  name: string;
  senders: number;
  recipients: number;
  /** Relative frequencies. */
  kinds: Partial<Record<Kind, number>>;
}

type Kind =
  | 'transfer'
  | 'transferToSender'
  | 'token'
  | 'counter'
  | 'reader'
  | 'splitter'
  | 'create'
  | 'createAndDie'
  | 'destroy'
  | 'loop'
  | 'overspend'
  | 'wrongNonce'
  | 'deploy'
  | 'coinbaseSends'
  | 'readCoinbase'
  | 'setCode';

export const SCENARIOS: Scenario[] = [
  { name: 'transfers to fresh accounts', senders: 60, recipients: 100_000, kinds: { transfer: 1 } },
  { name: 'transfers among five accounts', senders: 5, recipients: 3, kinds: { transfer: 2, transferToSender: 3 } },
  {
    name: 'transfers to one account that also pays',
    senders: 50,
    recipients: 1,
    kinds: { transfer: 8, transferToSender: 1 },
  },
  { name: 'ERC-20 to fresh holders', senders: 60, recipients: 100_000, kinds: { token: 1 } },
  { name: 'ERC-20 among few holders', senders: 20, recipients: 4, kinds: { token: 6, transfer: 1 } },
  { name: 'one counter', senders: 60, recipients: 10, kinds: { counter: 1 } },
  {
    name: 'creations, destructions and those who look at them',
    senders: 30,
    recipients: 12,
    kinds: { create: 4, createAndDie: 4, destroy: 3, reader: 5, splitter: 2, transfer: 2, deploy: 2 },
  },
  {
    name: 'senders that run out of funds',
    senders: 40,
    recipients: 6,
    kinds: { overspend: 4, transfer: 4, transferToSender: 4, wrongNonce: 1 },
  },
  {
    name: 'fee recipients that pay and are looked at',
    senders: 30,
    recipients: 8,
    kinds: { coinbaseSends: 1, readCoinbase: 1, transfer: 10, counter: 1 },
  },
  {
    name: 'everything',
    senders: 25,
    recipients: 15,
    kinds: {
      transfer: 4,
      transferToSender: 3,
      token: 5,
      counter: 2,
      reader: 3,
      splitter: 2,
      create: 2,
      createAndDie: 2,
      destroy: 1,
      loop: 1,
      overspend: 1,
      wrongNonce: 1,
      deploy: 1,
      coinbaseSends: 1,
      readCoinbase: 1,
      setCode: 1,
    },
  },
];

/** The state that the blocks begin on; some senders are poor. */
export function initialState(senders: number): TestState {
  const state = new TestState();
  const holdings = new Map<bigint, bigint>();
  for (let i = 0; i < senders; i++) {
    state.set(senderAt(i), { balance: i % 7 === 3 ? 3_000_000n : 10n ** 18n });
    holdings.set(tokenSlot(senderAt(i)), i % 5 === 1 ? 3n : 1_000_000n);
  }
  const contracts: [Uint8Array, TestAccount][] = [
    [TOKEN_AT, { code: TOKEN, storage: holdings }],
    [READER_AT, { code: READER }],
    [SPLITTER_AT, { code: SPLITTER, balance: 1_000_000n }],
    [COUNTER_AT, { code: COUNTER }],
    [CREATOR_AT, { code: CREATOR }],
    [LOOPER_AT, { code: LOOPER }],
    [DESTRUCTIBLE_AT, { code: DESTRUCTIBLE, balance: 77n }],
  ];
  for (const [at, account] of contracts) state.set(at, { nonce: 1n, ...account });
  state.set(COINBASE, { balance: 10n ** 15n });
  return state;
}

/** A transaction that is `from`'s by assertion: executors are told who has signed. */
export function transactionFrom(from: Address, fields: Partial<UnsignedTransaction>): SignedTransaction {
  return signTransaction(ANY_KEY, { chainId: Number(BLOCK.chainId), maxFeePerGas: 20n, ...fields }, from);
}

/** A block's transactions: most of them valid when executed in order. */
export function randomTransactions(scenario: Scenario, count: number, random: Random): SignedTransaction[] {
  const nonces = new Map<string, bigint>();
  const below = (limit: number) => Math.floor(random() * limit);
  const kinds = Object.entries(scenario.kinds) as [Kind, number][];
  const total = kinds.reduce((sum, [, weight]) => sum + weight, 0);
  const recipient = () => address(0x9000000 + below(scenario.recipients));
  const argument = (at: Uint8Array) => word(BigInt(`0x${Buffer.from(at).toString('hex')}`));
  const watched = () => {
    const all = [recipient(), senderAt(below(scenario.senders)), SPLITTER_AT, CREATOR_AT, DESTRUCTIBLE_AT];
    return all[below(all.length)];
  };

  const next = () => {
    let pick = random() * total;
    const [kind] =
      kinds.find(([, weight]) => {
        pick -= weight;
        return pick < 0;
      }) ?? kinds[0];
    const from = kind === 'coinbaseSends' ? COINBASE : senderAt(below(scenario.senders));
    const key = Buffer.from(from).toString('hex');
    const nonce = nonces.get(key) ?? 0n;
    nonces.set(key, nonce + 1n);
    const maxPriorityFeePerGas = BigInt(below(5));
    return transactionFrom(from, {
      nonce,
      value: 0n,
      gasLimit: 300_000n,
      maxPriorityFeePerGas,
      ...fieldsOf(kind, nonce),
    });
  };
  const fieldsOf = (kind: Kind, nonce: bigint): Partial<UnsignedTransaction> => {
    switch (kind) {
      case 'transfer':
        return { to: recipient(), value: BigInt(below(1000)), gasLimit: 21_000n };
      case 'coinbaseSends':
        return { to: recipient(), value: BigInt(below(10 ** 12)), gasLimit: 21_000n };
      case 'transferToSender':
        return { to: senderAt(below(scenario.senders)), value: BigInt(below(100_000)), gasLimit: 21_000n };
      case 'token':
        return { to: TOKEN_AT, data: Buffer.concat([argument(recipient()), word(BigInt(below(3)))]) };
      case 'counter':
        return { to: COUNTER_AT };
      case 'reader':
        return { to: READER_AT, data: argument(watched()) };
      case 'readCoinbase':
        return { to: READER_AT, data: argument(FEE_RECIPIENTS[below(3)]) };
      case 'splitter':
        return { to: SPLITTER_AT, value: BigInt(below(1000)), data: argument(watched()) };
      case 'create': {
        const salt = word(BigInt(below(6)));
        return {
          to: CREATOR_AT,
          value: BigInt(below(2)),
          data: Buffer.concat([salt, initcodeOf(DESTRUCTIBLE)]),
        };
      }
      case 'createAndDie': {
        const salt = word(BigInt(below(3)));
        return { to: CREATOR_AT, value: BigInt(below(2)), data: Buffer.concat([salt, DYING_INITCODE]) };
      }
      case 'destroy':
        return { to: DESTRUCTIBLE_AT, value: BigInt(below(9)), data: argument(watched()) };
      case 'loop':
        return { to: LOOPER_AT, gasLimit: 60_000n };
      case 'overspend':
        return { to: recipient(), value: BigInt(below(2_000_000)) * 2n, gasLimit: 21_000n };
      case 'wrongNonce':
        return { to: recipient(), nonce: nonce + BigInt(1 + below(2)), gasLimit: 21_000n };
      case 'deploy':
        return { to: undefined, data: initcodeOf(random() < 0.5 ? COUNTER : READER) };
      case 'setCode':
        return { to: senderAt(below(scenario.senders)), value: BigInt(below(50)) };
    }
  };
  return Array.from({ length: count }, next);
}

/** Puts the state into the kernel's tries, so that `stateRoot` is the whole state's, and their nodes where the kernel finds them when it begins anew. */
export function loadTries(kernel: Kernel, state: TestState): void {
  kernel.trie.reset();
  const accounts = [];
  const slots = [];
  for (const [hex, { nonce = 0n, balance = 0n, code, storage }] of state.accounts) {
    const hashedAddress = keccak256(fromHex(hex));
    const codeHash: Hash = keccak256(code ?? new Uint8Array(0));
    accounts.push({ hashedAddress, action: 'write' as const, nonce, balance, codeHash });
    for (const [slot, value] of storage ?? []) slots.push({ hashedAddress, hashedSlot: keccak256(word(slot)), value });
  }
  kernel.trie.apply(accounts, slots);
  state.trieNodes.clear();
  for (const change of kernel.trie.takeChanges()) {
    if (change.type === 'put') state.trieNodes.set(toHex(change.key), change.value);
  }
}
