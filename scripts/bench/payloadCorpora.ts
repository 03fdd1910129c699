import type { Block } from '../../src/codec/block';
import { createBlock } from '../../src/codec/block';
import type { SignedTransaction } from '../../src/codec/transaction';
import {
  type Address,
  concatBytes,
  padLeft,
  toBigInt,
  toFixedBytes,
  ZERO_ADDRESS,
  ZERO_HASH,
} from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { CHAIN_ID } from './benchChain';
import { type Message, plainSigners, type Signer, sign } from './signers';
import { transferData } from './tokenCalls';

/** Fixed traffic whose posted size is measured: the same bytes on every machine. */
export interface Corpus {
  name: string;
  blocks: Block[];
  transactions: SignedTransaction[];
}

const SENDER_COUNT = 2_000;
const TRANSACTIONS_PER_BLOCK = 100;
/** Per L1 origin. */
const BLOCKS_PER_ORIGIN = 6;
const GWEI = 1_000_000_000n;
const ETHER = 10n ** 18n;

/** A stream of numbers that depends on its name alone. */
class Noise {
  #index = 0;
  constructor(private readonly name: string) {}

  bytes(count: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let size = 0; size < count; size += 32) {
      parts.push(keccak256(concatBytes(new TextEncoder().encode(this.name), toFixedBytes(this.#index++, 4))));
    }
    return concatBytes(...parts).slice(0, count);
  }

  /** In [0, limit). */
  below(limit: number): number {
    return Number(toBigInt(this.bytes(6)) % BigInt(limit));
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)];
  }

  /** As people write amounts: one to four digits that matter, and a power of ten. */
  roundAmount(unit: bigint): bigint {
    return (BigInt(1 + this.below(10 ** (1 + this.below(4)))) * unit) / 100n;
  }

  /** As contracts compute them: all digits matter. */
  exactAmount(unit: bigint): bigint {
    return 1n + (toBigInt(this.bytes(16)) % (100n * unit));
  }
}

/** ERC-20 transfers of one token; half of the recipients are seen again and again, half of the amounts are round. */
export function tokenTransfers(count: number): Corpus {
  const noise = new Noise('token transfers');
  const token = noise.bytes(20);
  const known = addresses(noise, 1_000);
  return corpus('ERC-20 transfers', noise, count, () => ({ ...tokenTransfer(noise, token, known) }));
}

/** 35 % plain transfers, 30 % ERC-20 transfers of 50 tokens, 20 % swaps, 8 % approvals, 6 % calls of all kinds, 1 % creations. */
export function mixedTransactions(count: number): Corpus {
  const noise = new Noise('mixed');
  const tokens = addresses(noise, 50);
  const known = addresses(noise, 2_000);
  const routers = addresses(noise, 5);
  const others = Array.from({ length: 100 }, () => ({ to: noise.bytes(20), selector: noise.bytes(4) }));
  const code = noise.bytes(1_500);
  return corpus('mixed transactions', noise, count, (sender) => {
    const kind = noise.below(100);
    if (kind < 35) return { to: recipient(noise, known), value: noise.roundAmount(ETHER), gasLimit: 21_000n };
    if (kind < 65) return tokenTransfer(noise, noise.pick(tokens), known);
    if (kind < 85) {
      const [from, to] = [noise.pick(tokens), noise.pick(tokens)];
      const fee = toFixedBytes(noise.pick([100, 500, 3_000, 10_000]), 32);
      const words = [padLeft(from, 32), padLeft(to, 32), fee, padLeft(sender.address, 32)];
      const amounts = [noise.roundAmount(ETHER), noise.exactAmount(ETHER), 0n].map((amount) =>
        toFixedBytes(amount, 32),
      );
      const data = concatBytes(Uint8Array.of(0x04, 0xe4, 0x5a, 0xaf), ...words, ...amounts);
      return { to: noise.pick(routers), data, gasLimit: 120_000n + BigInt(noise.below(80_000)) };
    }
    if (kind < 93) {
      const allowance = noise.below(2) === 0 ? 2n ** 256n - 1n : noise.roundAmount(ETHER);
      const words = [padLeft(noise.pick(routers), 32), toFixedBytes(allowance, 32)];
      const data = concatBytes(Uint8Array.of(0x09, 0x5e, 0xa7, 0xb3), ...words);
      return { to: noise.pick(tokens), data, gasLimit: 46_000n + BigInt(noise.below(2_000)) };
    }
    if (kind < 99) {
      const { to, selector } = noise.pick(others);
      const words = Array.from({ length: 1 + noise.below(10) }, () => toFixedBytes(noise.exactAmount(ETHER), 32));
      const signature = noise.below(3) === 0 ? noise.bytes(65) : new Uint8Array(0);
      return { to, data: concatBytes(selector, ...words, signature), gasLimit: BigInt(60_000 + noise.below(400_000)) };
    }
    const data = concatBytes(code, padLeft(noise.pick(known), 32));
    return { to: undefined, data, gasLimit: BigInt(900_000 + noise.below(200_000)) };
  });
}

function tokenTransfer(noise: Noise, token: Address, known: Address[]): Message {
  const amount = noise.below(2) === 0 ? noise.roundAmount(ETHER) : noise.exactAmount(ETHER);
  const gasLimit = noise.below(2) === 0 ? 65_000n : BigInt(34_000 + noise.below(30_000));
  return { to: token, data: transferData(recipient(noise, known), amount), gasLimit };
}

function recipient(noise: Noise, known: Address[]): Address {
  return noise.below(2) === 0 ? noise.pick(known) : noise.bytes(20);
}

function addresses(noise: Noise, count: number): Address[] {
  return Array.from({ length: count }, () => noise.bytes(20));
}

/** Senders take turns at random; wallets offer twice the base fee of their block and one of a few tips. */
function corpus(name: string, noise: Noise, count: number, message: (sender: Signer) => Message): Corpus {
  const senders = plainSigners(SENDER_COUNT);
  for (const sender of senders) sender.nonce = noise.below(300);
  const tips = [GWEI, GWEI / 10n, GWEI / 100n, GWEI / 1_000n, 1_500_000_000n];
  const blocks: Block[] = [];
  for (let number = 1; blocks.length * TRANSACTIONS_PER_BLOCK < count; number++) {
    const baseFee = 5_000_000n + BigInt(noise.below(50_000_000));
    const transactions = Array.from({ length: TRANSACTIONS_PER_BLOCK }, () => {
      const sender = noise.pick(senders);
      const tipWei = noise.pick(tips);
      return sign(sender, CHAIN_ID, { ...message(sender), tipWei, maxFeeWei: 2n * baseFee + tipWei });
    });
    blocks.push(blockOf(number, transactions, baseFee));
  }
  return { name, blocks, transactions: blocks.flatMap((block) => block.transactions as SignedTransaction[]) };
}

function blockOf(number: number, transactions: SignedTransaction[], baseFeePerGas: bigint): Block {
  const origin = 1_000 + Math.floor(number / BLOCKS_PER_ORIGIN);
  return createBlock(
    {
      parentHash: ZERO_HASH,
      coinbase: ZERO_ADDRESS,
      stateRoot: ZERO_HASH,
      transactionsRoot: ZERO_HASH,
      receiptsRoot: ZERO_HASH,
      logsBloom: new Uint8Array(256),
      number,
      gasLimit: 30_000_000n,
      gasUsed: 0n,
      timestamp: 1_700_000_000 + 2 * number,
      prevRandao: ZERO_HASH,
      baseFeePerGas,
      withdrawalsRoot: ZERO_HASH,
      parentBeaconBlockRoot: ZERO_HASH,
    },
    transactions,
    { number: origin, hash: keccak256(toFixedBytes(origin, 4)), sequenceNumber: number % BLOCKS_PER_ORIGIN },
  );
}
