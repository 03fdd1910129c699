import type { SignedTransaction } from '../../src/codec/transaction';
import { assembleLabelled, assembleNames, type Random, senderAt, transactionFrom } from './parallelBlocks';
import { address, type TestAccount, TestState, word } from './testKernel';

/**
 * Everything that can be done with few slots: calldata is where to jump, a slot, an amount, and what calls within pass on. Calls go to the contract
 * itself, jumping to the fourth word, with the slot and the amount.
 */
export const { code: VAULT, labels } = assembleLabelled(`
  0 CALLDATALOAD JUMP
  add: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD ADD SWAP1 SSTORE STOP
  addChecked: 32 CALLDATALOAD DUP1 SLOAD @added SWAP1 64 CALLDATALOAD @checkedAdd JUMP added: SWAP1 SSTORE STOP
  checkedAdd: DUP1 DUP3 ADD DUP1 DUP3 GT @panic JUMPI SWAP2 POP POP SWAP1 JUMP
  subtract: 64 CALLDATALOAD 32 CALLDATALOAD SLOAD DUP2 DUP2 LT ISZERO @enough JUMPI 0 0 REVERT
  enough: SUB 32 CALLDATALOAD SSTORE STOP
  take: 64 CALLDATALOAD 32 CALLDATALOAD SLOAD SUB 32 CALLDATALOAD SSTORE STOP
  wrap: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD SWAP1 SUB SWAP1 SSTORE STOP
  increment: 32 CALLDATALOAD DUP1 SLOAD DUP1 0 NOT EQ @panic JUMPI 1 ADD SWAP1 SSTORE STOP
  incrementTwice: 32 CALLDATALOAD DUP1 SLOAD 1 DUP2 ADD @fits JUMPI @panic JUMP fits: 1 ADD SWAP1 SSTORE STOP
  decrement: 32 CALLDATALOAD DUP1 SLOAD DUP1 ISZERO @panic JUMPI 0 NOT ADD SWAP1 SSTORE STOP
  write: 64 CALLDATALOAD 32 CALLDATALOAD SSTORE STOP
  read: 32 CALLDATALOAD SLOAD 0 MSTORE 1 32 0 LOG1 STOP
  copy: 32 CALLDATALOAD SLOAD 64 CALLDATALOAD ADD CALLER SSTORE STOP
  keep: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD ADD DUP1 SWAP2 SSTORE 0 MSTORE 1 32 0 LOG1 STOP
  twice: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD ADD SWAP1 SSTORE @add2 JUMP
  add2: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD 1 ADD ADD SWAP1 SSTORE STOP
  addAndRead: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD ADD SWAP1 SSTORE @read JUMP
  addAndWrite: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD ADD SWAP1 SSTORE @write JUMP
  readAndAdd: 32 CALLDATALOAD SLOAD 0 MSTORE 1 32 0 LOG1 @add JUMP
  misplaced: 32 CALLDATALOAD SLOAD 64 CALLDATALOAD ADD 96 CALLDATALOAD 7 AND SSTORE STOP
  abandoned: 32 CALLDATALOAD SLOAD 96 CALLDATALOAD 1 AND @gone JUMPI 64 CALLDATALOAD ADD 32 CALLDATALOAD SSTORE STOP
  gone: 32 MSTORE 1 32 32 LOG1 STOP
  addAndRevert: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD ADD SWAP1 SSTORE 0 0 REVERT
  addAndSpend: 32 CALLDATALOAD DUP1 SLOAD 64 CALLDATALOAD ADD SWAP1 SSTORE spin: @spin JUMP
  called: @nothing @inner JUMP
  calledThenAdd: @add @inner JUMP
  calledThenRevert: @panic @inner JUMP
  inner: 96 CALLDATALOAD 0 MSTORE 32 CALLDATALOAD 32 MSTORE 64 CALLDATALOAD 64 MSTORE
    0 0 128 0 0 ADDRESS GAS CALL POP JUMP
  delegated: 96 CALLDATALOAD 0 MSTORE 32 CALLDATALOAD 32 MSTORE 64 CALLDATALOAD 64 MSTORE
    0 0 128 0 ADDRESS GAS DELEGATECALL POP @add JUMP
  static: 96 CALLDATALOAD 0 MSTORE 32 CALLDATALOAD 32 MSTORE 64 CALLDATALOAD 64 MSTORE
    0 0 128 0 ADDRESS 2 GAS DIV STATICCALL POP @add JUMP
  fourCalls: @add @call3 JUMP
  call3: @call2 @inner JUMP
  call2: @calledThenAdd @inner JUMP
  nothing: STOP
  panic: 0 0 REVERT`);

/** Calls calldata's account by DELEGATECALL, with the rest of calldata: the slots are its own. */
const BORROWER = assembleNames(`
  32 CALLDATASIZE SUB DUP1 32 0 CALLDATACOPY
  0 0 SWAP2 0 0 CALLDATALOAD GAS DELEGATECALL STOP`);

/** Adds to a slot of its own and, where value is sent along, ceases to exist; CREATE2 by the maker below. */
const ADDING_INITCODE = assembleNames(`
  3 DUP1 SLOAD 5 ADD SWAP1 SSTORE 3 DUP1 SLOAD 6 ADD SWAP1 SSTORE CALLVALUE @die JUMPI STOP die: CALLER SELFDESTRUCT`);
const MAKER = assembleNames(`
  32 CALLDATASIZE SUB DUP1 32 0 CALLDATACOPY 0 CALLDATALOAD SWAP1 0 CALLVALUE CREATE2 STOP`);

const VAULT_AT = address(0x7a017);
const BORROWER_AT = address(0xb0440e);
const MAKER_AT = address(0x3a4e4);

const WORD_MAX = 2n ** 256n - 1n;
/** Slot 0 is empty, 3 soon is, 2 and 6 are near the greatest. */
const CONTENTS: [bigint, bigint][] = [
  [1n, 1000n],
  [2n, WORD_MAX - 40n],
  [3n, 5n],
  [4n, 10n ** 18n],
  [5n, 1n],
  [6n, WORD_MAX],
  [7n, 2n ** 255n],
];
const AMOUNTS = [0n, 1n, 1n, 2n, 3n, 5n, 7n, 40n, 1000n, WORD_MAX, WORD_MAX - 2n, 2n ** 255n];
const INNER = [
  'add',
  'addChecked',
  'subtract',
  'addAndRevert',
  'addAndSpend',
  'twice',
  'called',
  'read',
  'write',
  'copy',
  'take',
];

export interface HotSlotScenario {
  name: string;
  slots: number[];
  /** Labels, by relative frequency. */
  actions: Record<string, number>;
  amounts: bigint[];
  /** Share of transactions with a gas limit that may not suffice. */
  scarce: number;
  /** Share of transactions that name slots in their access lists. */
  named: number;
}

const ALL = Object.fromEntries(
  [...labels.keys()]
    .filter((label) => !['added', 'checkedAdd', 'enough', 'gone', 'spin', 'inner', 'fits'].includes(label))
    .map((label) => [label, 1]),
);

export const HOT_SLOT_SCENARIOS: HotSlotScenario[] = [
  {
    name: 'credits to one slot',
    slots: [4],
    actions: { add: 3, addChecked: 3, twice: 1 },
    amounts: AMOUNTS.slice(1, 8),
    scarce: 0,
    named: 0.1,
  },
  {
    name: 'credits and debits that come to nothing',
    slots: [0, 3, 5],
    actions: { add: 3, subtract: 3, take: 1, wrap: 2, increment: 2, incrementTwice: 2, decrement: 2 },
    amounts: AMOUNTS.slice(0, 6),
    scarce: 0,
    named: 0,
  },
  {
    name: 'sums near the greatest',
    slots: [2, 6, 7],
    actions: { add: 2, addChecked: 4, subtract: 2, wrap: 1, increment: 3 },
    amounts: AMOUNTS,
    scarce: 0,
    named: 0,
  },
  {
    name: 'calls that revert or run out of gas',
    slots: [1, 4],
    actions: {
      add: 4,
      called: 3,
      calledThenAdd: 3,
      calledThenRevert: 1,
      delegated: 2,
      static: 2,
      fourCalls: 2,
      addAndRevert: 1,
    },
    amounts: AMOUNTS.slice(0, 9),
    scarce: 0.3,
    named: 0.2,
  },
  {
    name: 'few slots used in every way',
    slots: [0, 1, 2, 3, 4, 5],
    actions: { ...ALL, add: 8, addChecked: 8, borrow: 4, make: 3 },
    amounts: AMOUNTS,
    scarce: 0.15,
    named: 0.15,
  },
];

export function hotSlotState(senders: number): TestState {
  const state = new TestState();
  for (let i = 0; i < senders; i++) state.set(senderAt(i), { balance: 10n ** 18n });
  const contracts: [Uint8Array, TestAccount][] = [
    [VAULT_AT, { code: VAULT, storage: new Map(CONTENTS) }],
    [BORROWER_AT, { code: BORROWER, storage: new Map(CONTENTS) }],
    [MAKER_AT, { code: MAKER }],
  ];
  for (const [at, account] of contracts) state.set(at, { nonce: 1n, ...account });
  return state;
}

/** A block's transactions, each by another of `senders` as long as there are any. */
export function hotSlotTransactions(
  { slots, actions, amounts, scarce, named }: HotSlotScenario,
  count: number,
  senders: number,
  random: Random,
): SignedTransaction[] {
  const of = <T>(list: T[]) => list[Math.floor(random() * list.length)];
  const weighted = Object.entries(actions).flatMap(([action, weight]) => Array<string>(weight).fill(action));
  const place = (label: string) => word(BigInt(labels.get(label) ?? 0));
  return Array.from({ length: count }, (_, index) => {
    const slot = word(BigInt(of(slots)));
    const call = (label: string) => Buffer.concat([place(label), slot, word(of(amounts)), place(of(INNER))]);
    const action = of(weighted);
    const data =
      action === 'borrow'
        ? Buffer.concat([word(BigInt(`0x${Buffer.from(VAULT_AT).toString('hex')}`)), call(of(INNER))])
        : action === 'make'
          ? Buffer.concat([word(BigInt(of([0, 1]))), ADDING_INITCODE])
          : call(action);
    const to = action === 'borrow' ? BORROWER_AT : action === 'make' ? MAKER_AT : VAULT_AT;
    return transactionFrom(senderAt(index % senders), {
      to,
      nonce: BigInt(Math.floor(index / senders)),
      value: action === 'make' && random() < 0.7 ? 1n : 0n,
      gasLimit: random() < scarce ? BigInt(26_000 + Math.floor(random() * 40_000)) : 300_000n,
      data,
      maxPriorityFeePerGas: 1n,
      accessList: random() < named ? [[to, slots.map((number) => word(BigInt(number)))]] : [],
    });
  });
}
