import type { SignedTransaction } from '../../src/codec/transaction';
import { type Address, fromHex, padLeft, toFixedBytes } from '../../src/core/bytes';
import { readArtifact } from './artifact';
import { type BenchContract, CHAIN_ID } from './benchChain';
import { freshAddress, type Message, plainSigners, sign } from './signers';
import { swapData, transferData } from './tokenCalls';
import { TOKEN_ADDRESS, tokenContract } from './tokenContract';

/** A block's transactions with the genesis that they need. */
export interface Workload {
  work: string;
  /** Whether all transactions write one slot. */
  isContended: boolean;
  rich: Address[];
  contracts: BenchContract[];
  transactions: SignedTransaction[];
}

/** Each sends a few transactions a block: its own follow one another, in every workload alike. */
const SENDER_COUNT = 1_000;
const POOL_COUNT = 100;
const POOL_RESERVE = 10n ** 18n;
const HOT_RECIPIENT = fromHex('0x4077000000000000000000000000000000000001');
const TOKEN_GAS_LIMIT = 80_000n;
const SWAP_GAS_LIMIT = 200_000n;

/** Raw transfers, each to an address never used before. */
export function freshTransfers(count: number): Workload {
  return workload('raw transfers, fresh recipients', count, { isContended: false }, (index) => ({
    to: freshAddress(index),
    value: 1n,
    gasLimit: 21_000n,
  }));
}

/** ERC-20 transfers on one token, each to an address never used before. */
export function freshTokenTransfers(count: number): Workload {
  return tokenWorkload('ERC-20 transfers, one token, fresh recipients', count, false, freshAddress);
}

/** ERC-20 transfers on one token, all to the same address. */
export function hotTokenTransfers(count: number): Workload {
  return tokenWorkload('ERC-20 transfers to one recipient', count, true, () => HOT_RECIPIENT);
}

/** Swaps over 100 pools, each of two tokens of its own. A sender stays with its pool. */
export function independentSwaps(count: number): Workload {
  return swapWorkload(`swaps over ${POOL_COUNT} pools`, count, POOL_COUNT);
}

/** Swaps, all on one pool. */
export function hotSwaps(count: number): Workload {
  return swapWorkload('swaps on one pool', count, 1);
}

function tokenWorkload(work: string, count: number, isContended: boolean, to: (index: number) => Address): Workload {
  const senders = plainSigners(SENDER_COUNT);
  const token = tokenContract(senders.map(({ address }) => address));
  return workload(work, count, { isContended, contracts: [token] }, (index) => ({
    to: TOKEN_ADDRESS,
    data: transferData(to(index), 1n),
    gasLimit: TOKEN_GAS_LIMIT,
  }));
}

function swapWorkload(work: string, count: number, poolCount: number): Workload {
  const owners = plainSigners(SENDER_COUNT).map(({ address }) => address);
  const contracts: BenchContract[] = [];
  for (let pool = 0; pool < poolCount; pool++) {
    const traders = owners.filter((_, sender) => sender % poolCount === pool);
    const address = poolAddress(pool);
    const tokens = [tokenAddress(pool, 0), tokenAddress(pool, 1)];
    for (const token of tokens) {
      contracts.push(tokenContract([...traders, address], token, { owners: traders, spender: address }));
    }
    contracts.push(poolContract(address, tokens));
  }
  return workload(work, count, { isContended: poolCount === 1, contracts }, (index) => ({
    to: poolAddress((index % SENDER_COUNT) % poolCount),
    data: swapData(index % 3 !== 0, 1_000n + BigInt(index)),
    gasLimit: SWAP_GAS_LIMIT,
  }));
}

/** ExamplePool as its constructor leaves it, with reserves. */
function poolContract(address: Address, tokens: Address[]): BenchContract {
  const reserves = (POOL_RESERVE << 128n) | POOL_RESERVE;
  const values = [...tokens.map((token) => padLeft(token, 32)), toFixedBytes(reserves, 32)];
  const storage = values.map((value, slot) => ({ slot: toFixedBytes(slot, 32), value }));
  return { address, code: readArtifact('ExamplePool').runtimeCode, storage };
}

function poolAddress(pool: number): Address {
  return toFixedBytes(0x9001_0000_0000n + BigInt(pool), 20);
}

function tokenAddress(pool: number, side: number): Address {
  return toFixedBytes(0x70ce_0000_0000n + BigInt(2 * pool + side), 20);
}

function workload(
  work: string,
  count: number,
  { isContended, contracts = [] }: { isContended: boolean; contracts?: BenchContract[] },
  message: (index: number) => Message,
): Workload {
  const senders = plainSigners(SENDER_COUNT);
  const transactions = Array.from({ length: count }, (_, index) =>
    sign(senders[index % SENDER_COUNT], CHAIN_ID, message(index)),
  );
  return { work, isContended, rich: senders.map(({ address }) => address), contracts, transactions };
}
