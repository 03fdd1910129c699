import fc from 'fast-check';
import type { Hex } from 'viem';
import { addresses } from '../../src/chain/addresses';
import { contractAddress, type SignedTransaction } from '../../src/codec/transaction';
import { toFixedBytes, toHex } from '../../src/core/bytes';
import { initCode } from './bytecode';
import {
  accounts,
  addressOf,
  GWEI,
  type RequestOptions,
  signDelegation,
  signTransaction,
  type TransactionFields,
} from './testChain';

/** Senders in random transactions: few, so that they meet in the same contracts. */
export const SENDER_COUNT = 4;
const CONTRACT_COUNT = 6;

/** Addresses that random programs touch: senders, contracts they may have made, precompiles, the coinbase, nobody. */
const targets: Hex[] = [
  ...accounts.slice(0, SENDER_COUNT).map(({ address }) => address),
  ...[0n, 1n, 2n].flatMap((nonce) => [0, 1].map((sender) => toHex(contractAddress(addressOf(sender), nonce)))),
  toHex(addresses.sequencerFeeVault),
  toHex(addresses.l1FeeVault),
  toHex(addresses.multicall3),
  toHex(toFixedBytes(1, 20)),
  toHex(toFixedBytes(2, 20)),
  toHex(toFixedBytes(4, 20)),
  toHex(toFixedBytes(0xdead, 20)),
];

export const target = fc.constantFrom(...targets);
const push = (value: number) => `60${value.toString(16).padStart(2, '0')}`;
const pushAddress = (address: Hex) => `73${address.slice(2).toLowerCase()}`;
const small = fc.integer({ min: 0, max: 3 });

const snippet: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(small, small).map(([value, slot]) => `${push(value)}${push(slot)}55`) }, // SSTORE
  { weight: 3, arbitrary: small.map((slot) => `${push(slot)}5450`) }, // SLOAD
  // Adds to a slot, or takes from it, which need not read it where others do so too
  {
    weight: 3,
    arbitrary: fc
      .tuple(small, small, fc.constantFrom('01', '9003'))
      .map(([value, slot, change]) => `${push(slot)}8054${push(value)}${change}9055`),
  },
  { weight: 2, arbitrary: fc.tuple(small, small).map(([value, slot]) => `${push(value)}${push(slot)}5d`) }, // TSTORE
  { weight: 2, arbitrary: fc.tuple(small, small).map(([slot, to]) => `${push(slot)}5c${push(to)}55`) }, // TLOAD SSTORE
  { weight: 3, arbitrary: fc.tuple(small, small).map(([topic, size]) => `${push(topic)}${push(size)}5fa1`) }, // LOG1
  { weight: 2, arbitrary: target.map((to) => `${pushAddress(to)}3150`) }, // BALANCE
  { weight: 2, arbitrary: target.map((to) => `${pushAddress(to)}3f5f55`) }, // EXTCODEHASH SSTORE
  // CALL with a little value; its success goes to a slot
  {
    weight: 5,
    arbitrary: fc
      .tuple(target, small, small, fc.constantFrom('5a', '61c350'))
      .map(([to, value, slot, gas]) => `5f5f60205f${push(value)}${pushAddress(to)}${gas}f1${push(slot)}55`),
  },
  { weight: 2, arbitrary: target.map((to) => `5f5f60205f${pushAddress(to)}5af450`) }, // DELEGATECALL
  { weight: 2, arbitrary: target.map((to) => `60205f60205f${pushAddress(to)}5afa505f515f55`) }, // STATICCALL
  { weight: 1, arbitrary: small.map((value) => `5f5f${push(value)}f05f55`) }, // CREATE of nothing
  // CREATE2 of a contract that destroys itself while it is made
  { weight: 1, arbitrary: small.map((salt) => `6133ff5f52${push(salt)}6002601e5ff05f55`) },
  { weight: 1, arbitrary: fc.constant('43600190405f55') }, // BLOCKHASH of the parent
  { weight: 1, arbitrary: fc.constantFrom('3a5f55', '485f55', '445f55', '425f55', '415f55') }, // block fields
  { weight: 1, arbitrary: target.map((to) => `${pushAddress(to)}ff`) }, // SELFDESTRUCT
  { weight: 1, arbitrary: fc.constant('60205ffd') }, // REVERT
  { weight: 2, arbitrary: fc.constantFrom('fe', '56', '5b5f56') }, // halts
);

export const program = fc.array(snippet, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));

const fields: fc.Arbitrary<TransactionFields> = fc.oneof(
  { weight: 4, arbitrary: program.map((code) => ({ data: initCode(code) })) },
  { weight: 1, arbitrary: program.map((code): TransactionFields => ({ data: `0x${code}` })) },
  { weight: 6, arbitrary: fc.tuple(target, small).map(([to, value]) => ({ to, value: BigInt(value) })) },
  {
    weight: 1,
    arbitrary: fc.tuple(target, fc.integer({ min: 0, max: 600 })).map(
      ([to, size]): TransactionFields => ({
        to,
        data: `0x${'01'.repeat(size)}`,
      }),
    ),
  },
);

const pricing: fc.Arbitrary<TransactionFields> = fc.oneof(
  fc.constant<TransactionFields>({}),
  fc.constant<TransactionFields>({ type: 'legacy', gasPrice: 3n * GWEI }),
  fc.array(target, { maxLength: 2 }).map(
    (list): TransactionFields => ({
      type: 'eip2930',
      gasPrice: 2n * GWEI,
      accessList: list.map((address) => ({ address, storageKeys: [toHex(toFixedBytes(1, 32))] })),
    }),
  ),
);

export interface Plan {
  sender: number;
  fields: TransactionFields;
  pricing: TransactionFields;
  /** Above what any of these transactions needs to start. */
  gas: number;
  /** Signer and target of an EIP-7702 delegation; nonce off by one when `stale`. */
  delegation: { signer: number; to: Hex; stale: boolean } | undefined;
}

export const transactionPlans: fc.Arbitrary<Plan[]> = fc.array(
  fc.record({
    sender: fc.integer({ min: 0, max: SENDER_COUNT - 1 }),
    fields,
    pricing,
    gas: fc.constantFrom(500, 40_000, 240_000, 240_000),
    delegation: fc.option(fc.record({ signer: fc.integer({ min: 4, max: 6 }), to: target, stale: fc.boolean() }), {
      nil: undefined,
      freq: 5,
    }),
  }),
  { minLength: 1, maxLength: 3 * CONTRACT_COUNT },
);

/** Signs a plan's transactions with nonces from `firstNonce` on. */
export async function signPlans(
  plans: Plan[],
  firstNonce: (index: number) => number = () => 0,
): Promise<SignedTransaction[]> {
  const nonces = new Map<number, number>();
  const next = (index: number) => {
    const nonce = nonces.get(index) ?? firstNonce(index);
    nonces.set(index, nonce + 1);
    return nonce;
  };
  const signed: SignedTransaction[] = [];
  for (const { sender, fields: content, pricing: price, gas, delegation } of plans) {
    const all: TransactionFields = { ...content, ...price, gas: 62_000n + BigInt(gas) };
    if (delegation && content.to) {
      const nonce = delegation.stale ? 99 : next(delegation.signer);
      const authorizationList = [await signDelegation(delegation.signer, delegation.to, nonce)];
      signed.push(await signTransaction(sender, next(sender), { ...content, gas: all.gas, authorizationList }));
    } else {
      signed.push(await signTransaction(sender, next(sender), all));
    }
  }
  return signed;
}

/** What one signature pays for L1 data: nothing in some blocks, up to thousands of ether in others. */
export const l1FeeOptions: fc.Arbitrary<RequestOptions> = fc.oneof(
  fc.constant<RequestOptions>({}),
  fc.record({
    feeScalars: fc.record({ baseFeeScalar: uint32(), blobBaseFeeScalar: uint32() }),
    l1Fees: fc.record({ baseFeePerGas: fc.bigInt(0n, 100n * GWEI), blobBaseFee: fc.bigInt(1n, GWEI) }),
  }),
);

/** Mostly as chains have them, sometimes anything. */
function uint32(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 0, max: 10_000_000 }), fc.constantFrom(0, 2 ** 32 - 1));
}
