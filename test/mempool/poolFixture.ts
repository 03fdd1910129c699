import { mnemonicToAccount } from 'viem/accounts';
import { blockAttributes } from '../../src/chain/blockAttributes';
import { type ChainConfig, parseChainConfig } from '../../src/chain/chainConfig';
import { buildGenesis } from '../../src/chain/genesis';
import type { L1BlockRef, L1Input } from '../../src/chain/l1Block';
import type { Block } from '../../src/codec/block';
import type { SignedTransaction, Transaction } from '../../src/codec/transaction';
import { type Address, fromHex, type Hash, toFixedBytes, toHex, ZERO_HASH } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { MemoryStore } from '../../src/core/memoryStore';
import type { Clock, KeyValueOperation, KeyValueStore, Logger } from '../../src/core/ports';
import type { ExecutedBlock } from '../../src/execution/executor';
import { ReferenceExecutor } from '../../src/execution/reference/referenceExecutor';
import { Mempool, type MempoolLimits } from '../../src/mempool/mempool';
import { ChainStore } from '../../src/state/chainStore';
import { signTransaction, type UnsignedTransaction } from '../codec/signTransaction';

export const GWEI = 1_000_000_000n;
export const ETHER = 10n ** 18n;
const MNEMONIC = 'test test test test test test test test test test test junk';
const GENESIS_TIME_SECONDS = 1_700_000_000;

export interface TestAccount {
  address: Address;
  privateKey: Uint8Array;
}

/** The first of Hardhat's accounts. */
export const accounts: TestAccount[] = Array.from({ length: 12 }, (_, addressIndex) => {
  const account = mnemonicToAccount(MNEMONIC, { addressIndex });
  return { address: fromHex(account.address), privateKey: account.getHdKey().privateKey ?? new Uint8Array() };
});

/** One that genesis does not know. */
export function freshAccount(index: number): TestAccount {
  const { address, getHdKey } = mnemonicToAccount(MNEMONIC, { addressIndex: 100 + index });
  return { address: fromHex(address), privateKey: getHdKey().privateKey ?? new Uint8Array() };
}

/** All rich but the last three: 1 ether, 0.001 ether, nothing. */
function balanceOf(index: number): bigint {
  const poor = [ETHER, ETHER / 1000n, 0n];
  return index < accounts.length - poor.length ? 10_000n * ETHER : poor[index - (accounts.length - poor.length)];
}

export function testConfig(changes: Partial<ChainConfig> = {}): ChainConfig {
  return parseChainConfig({
    l1ChainId: 31337,
    l2ChainId: 31338,
    genesis: {
      l1Number: 100,
      l1Hash: toHex(l1Hash(100)),
      l2TimestampSeconds: GENESIS_TIME_SECONDS,
      allocations: accounts.map(({ address }, index) => ({
        address: toHex(address),
        balanceWei: balanceOf(index).toString(),
      })),
    },
    forks: { pragueTimeSeconds: 0, osakaTimeSeconds: 0 },
    gasLimit: 30_000_000,
    baseFee: { initialWei: GWEI.toString(), elasticity: 2, changeDenominator: 8 },
    sequencingWindowL1Blocks: 20,
    l1OriginAdvanceMax: 8,
    timestampDriftSecondsMax: 600,
    batchDecompressedSizeBytesMax: 1_000_000,
    contracts: {
      inbox: `0x${'01'.repeat(20)}`,
      portal: `0x${'02'.repeat(20)}`,
      disputeGameFactory: `0x${'03'.repeat(20)}`,
    },
    ...changes,
  });
}

/** Of the L1 block with this number, on a chain of its own for each `fork` name. */
export function l1Hash(number: number, fork = ''): Hash {
  return keccak256(new TextEncoder().encode(`L1 ${number} ${fork}`));
}

export function l1Block(number: number, fork = '', parentFork = fork): L1BlockRef {
  return {
    number,
    hash: l1Hash(number, fork),
    parentHash: l1Hash(number - 1, parentFork),
    timestamp: GENESIS_TIME_SECONDS + (number - 100) * 12,
    baseFeePerGas: GWEI,
    blobBaseFee: 1n,
    prevRandao: ZERO_HASH,
    parentBeaconBlockRoot: ZERO_HASH,
  };
}

/** A clock that stands until it is moved; timers run while it moves. */
export class ManualClock implements Clock {
  #nowMs = GENESIS_TIME_SECONDS * 1000;
  readonly #timers = new Map<number, { dueMs: number; callback: () => void }>();
  #nextTimer = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const id = this.#nextTimer++;
    this.#timers.set(id, { dueMs: this.#nowMs + delayMs, callback });
    return () => this.#timers.delete(id);
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    for (const [id, { dueMs, callback }] of [...this.#timers]) {
      if (dueMs > this.#nowMs) continue;
      this.#timers.delete(id);
      callback();
    }
  }
}

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** A transfer of 1 wei at 21,000 gas, fee cap 2 gwei, tip 1 gwei, unless told otherwise. */
export function transfer(account: TestAccount, nonce: number, changes: Partial<UnsignedTransaction> = {}) {
  return signTransaction(account.privateKey, { nonce: BigInt(nonce), ...changes });
}

/** A chain with an executor and a pool over one store. */
export class PoolWorld {
  private constructor(
    readonly config: ChainConfig,
    readonly store: KeyValueStore,
    readonly chain: ChainStore,
    readonly executor: ReferenceExecutor,
    readonly clock: ManualClock,
    readonly mempool: Mempool,
  ) {}

  static async open(
    options: {
      store?: KeyValueStore;
      limits?: Partial<MempoolLimits>;
      config?: ChainConfig;
      clock?: ManualClock;
      logger?: Logger;
    } = {},
  ): Promise<PoolWorld> {
    const config = options.config ?? testConfig();
    const store = options.store ?? new MemoryStore();
    const clock = options.clock ?? new ManualClock();
    const chain = await ChainStore.open(store, config, buildGenesis(config, []));
    const executor = new ReferenceExecutor(config, chain);
    const { logger = silentLogger, limits } = options;
    const mempool = await Mempool.open({ store, chain, config, clock, logger, limits });
    return new PoolWorld(config, store, chain, executor, clock, mempool);
  }

  /** A second pool on the same chain and store: what a restarted process sees. */
  async reopened(limits?: Partial<MempoolLimits>): Promise<Mempool> {
    const { store, chain, config, clock } = this;
    const mempool = await Mempool.open({ store, chain, config, clock, logger: silentLogger, limits });
    await mempool.close();
    return mempool;
  }

  async execute(transactions: SignedTransaction[], advance: Pick<L1Input, 'block' | 'deposits'>[] = []) {
    const { head } = this.chain;
    const origin = advance.at(-1)?.block ?? l1Block(head.l1Origin.number);
    const timestamp = Math.max(head.header.timestamp, origin.timestamp);
    const attributes = blockAttributes(this.config, head, timestamp, origin, advance);
    return this.executor.executeBlock({ attributes, transactions, mode: 'build' });
  }

  async commit(executed: ExecutedBlock, extraOperations: KeyValueOperation[] = []): Promise<Block> {
    await this.chain.commit(executed, extraOperations);
    return executed.block;
  }

  /** A block with these transactions, as the sequencer would commit it. */
  async block(transactions: SignedTransaction[], advance: Pick<L1Input, 'block' | 'deposits'>[] = []): Promise<Block> {
    const executed = await this.execute(transactions, advance);
    return this.commit(executed, this.mempool.journalDeletes(executed.block.transactions));
  }

  /** The journal's keys and values, as hex. */
  async journal(): Promise<[string, string][]> {
    await this.mempool.journalIdle();
    const entries: [string, string][] = [];
    for await (const [key, value] of this.store.entries({ gte: Uint8Array.of(0x6d), lt: Uint8Array.of(0x6e) })) {
      entries.push([toHex(key), toHex(value)]);
    }
    return entries;
  }
}

export function hashes(transactions: Transaction[]): string[] {
  return transactions.map(({ hash }) => toHex(hash));
}

/** `n` as a 20-byte address. */
export function addressOf(n: number): Address {
  return toFixedBytes(n, 20);
}
