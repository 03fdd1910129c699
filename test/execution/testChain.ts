import { expect } from 'chai';
import type { Hex, TransactionSerializable } from 'viem';
import { type HDAccount, mnemonicToAccount } from 'viem/accounts';
import { blockAttributes } from '../../src/chain/blockAttributes';
import type { ChainConfig } from '../../src/chain/chainConfig';
import { buildGenesis } from '../../src/chain/genesis';
import type { L1BlockRef, L1FeeScalars, PortalDeposit } from '../../src/chain/l1Block';
import type { Receipt } from '../../src/codec/receipt';
import { decodeTransaction, type SignedTransaction } from '../../src/codec/transaction';
import { assert } from '../../src/core/assert';
import { fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { MemoryStore } from '../../src/core/memoryStore';
import type { KeyValueStore } from '../../src/core/ports';
import { createExecutor, type ExecutorKind } from '../../src/execution/createExecutor';
import type { ExecuteBlockRequest, ExecutedBlock, Executor } from '../../src/execution/executor';
import { ChainStore } from '../../src/state/chainStore';
import { isFlatKey, keyPrefix } from '../../src/state/keyspace';
import type { HistoryLimits } from '../../src/state/stateHistory';
import type { StateOperation } from '../../src/state/stateOperation';
import { withNewKnown } from '../state/withNewKnown';

const MNEMONIC = 'test test test test test test test test test test test junk';
export const GWEI = 1_000_000_000n;
export const ETHER = 10n ** 18n;

export const accounts: HDAccount[] = Array.from({ length: 20 }, (_, addressIndex) =>
  mnemonicToAccount(MNEMONIC, { addressIndex }),
);

export function addressOf(index: number): Uint8Array {
  return fromHex(accounts[index].address);
}

export const testConfig: ChainConfig = {
  l1ChainId: 31337,
  l2ChainId: 31338,
  genesis: {
    l1Number: 10,
    l1Hash: toHex(keccak256(Uint8Array.of(10))),
    l2TimestampSeconds: 1_700_000_000,
    allocations: accounts.map(({ address }) => ({ address, balanceWei: String(10_000n * ETHER) })),
  },
  forks: { pragueTimeSeconds: 0, osakaTimeSeconds: 0 },
  gasLimit: 60_000_000,
  baseFee: { initialWei: String(GWEI), elasticity: 2, changeDenominator: 8 },
  sequencingWindowL1Blocks: 100,
  l1OriginAdvanceMax: 256,
  timestampDriftSecondsMax: 600,
  batchDecompressedSizeBytesMax: 10_485_760,
  contracts: {
    inbox: toHex(toFixedBytes(1, 20)),
    portal: toHex(toFixedBytes(2, 20)),
    disputeGameFactory: toHex(toFixedBytes(3, 20)),
  },
};

export function l1Block(number: number): L1BlockRef {
  return {
    number,
    hash: keccak256(Uint8Array.of(number)),
    parentHash: keccak256(Uint8Array.of(number - 1)),
    timestamp: testConfig.genesis.l2TimestampSeconds + (number - 10) * 12,
    baseFeePerGas: 7n,
    blobBaseFee: 1n,
    prevRandao: keccak256(Uint8Array.of(number, 1)),
    parentBeaconBlockRoot: keccak256(Uint8Array.of(number, 2)),
  };
}

export interface RequestOptions {
  mode?: 'build' | 'strict';
  deposits?: Omit<PortalDeposit, 'logIndex'>[];
  timestamp?: number;
  feeScalars?: L1FeeScalars;
  /** Of the L1 origin. */
  l1Fees?: Pick<L1BlockRef, 'baseFeePerGas' | 'blobBaseFee'>;
}

/** A chain with an executor on top of genesis: the reference, over memory, unless told otherwise. */
export class TestChain {
  private constructor(
    readonly config: ChainConfig,
    readonly chain: ChainStore,
    readonly executor: Executor,
    readonly store: KeyValueStore,
  ) {}

  /** What opens chains that run on one kind of executor. */
  static opener(kind: ExecutorKind): (changes?: Partial<ChainConfig>, store?: KeyValueStore) => Promise<TestChain> {
    return (changes, store) => TestChain.open(changes, store, kind);
  }

  static async open(
    changes: Partial<ChainConfig> = {},
    store: KeyValueStore = new MemoryStore(),
    kind: ExecutorKind = 'reference',
    limits: HistoryLimits = {},
  ): Promise<TestChain> {
    const config = { ...testConfig, ...changes };
    const chain = await ChainStore.open(store, config, buildGenesis(config), limits);
    return new TestChain(config, chain, createExecutor({ executor: kind }, config, chain), store);
  }

  /** Deposits and scalars, when given, come with a new L1 origin. */
  request(transactions: SignedTransaction[], options: RequestOptions = {}): ExecuteBlockRequest {
    const parent = this.chain.head;
    const { deposits = [], feeScalars, l1Fees } = options;
    const advance =
      options.deposits || feeScalars
        ? [
            {
              block: l1Block(parent.l1Origin.number + 1),
              feeScalars,
              deposits: deposits.map((deposit, logIndex) => ({ ...deposit, logIndex })),
            },
          ]
        : [];
    const origin = { ...l1Block(parent.l1Origin.number + advance.length), ...l1Fees };
    const timestamp = options.timestamp ?? Math.max(parent.header.timestamp + 1, origin.timestamp);
    return {
      attributes: blockAttributes(this.config, parent, timestamp, origin, advance),
      transactions,
      mode: options.mode ?? 'build',
    };
  }

  /** Executes and commits; with the receipts decoded. */
  async seal(
    transactions: SignedTransaction[],
    options: RequestOptions = {},
  ): Promise<Omit<ExecutedBlock, 'receipts'> & { receipts: Receipt[] }> {
    const executed = await this.executor.executeBlock(this.request(transactions, options));
    await this.chain.commit(executed);
    return { ...executed, receipts: [...executed.receipts] };
  }
}

/** viem's transaction fields, of any type. */
export interface TransactionFields {
  type?: 'legacy' | 'eip2930' | 'eip1559' | 'eip7702';
  chainId?: number;
  to?: Hex;
  value?: bigint;
  data?: Hex;
  gas?: bigint;
  gasPrice?: bigint;
  maxFeePerGas?: bigint;
  maxPriorityFeePerGas?: bigint;
  accessList?: { address: Hex; storageKeys: Hex[] }[];
  authorizationList?: Awaited<ReturnType<typeof signDelegation>>[];
}

/** Signs with one of the dev accounts; EIP-1559, 1 gwei tip, 1,000,000 gas unless told otherwise. */
export async function signTransaction(
  index: number,
  nonce: number,
  fields: TransactionFields = {},
): Promise<SignedTransaction> {
  const transaction = {
    chainId: 31338,
    nonce,
    gas: 1_000_000n,
    ...('gasPrice' in fields ? {} : { maxFeePerGas: 10n * GWEI, maxPriorityFeePerGas: GWEI }),
    ...fields,
  } as TransactionSerializable;
  return decodeTransaction(fromHex(await accounts[index].signTransaction(transaction)));
}

/** An EIP-7702 delegation signed by one of the dev accounts. */
export async function signDelegation(index: number, address: Hex, nonce: number, chainId = 31338) {
  const { signAuthorization } = accounts[index];
  assert(signAuthorization, 'accounts with a private key sign authorizations');
  return signAuthorization({ chainId, address, nonce });
}

/** That the kernel says of each account, slot and node that the block writes whether there is none yet, and says it rightly. */
export function expectNewKnown({ chain, store }: TestChain, { stateOperations }: ExecutedBlock): void {
  const ofState = [...stateOperations].filter(({ key }) => key[0] === keyPrefix.trieNode || isFlatKey(key));
  const known = (operations: StateOperation[]) => operations.map(({ key, isNew }) => [toHex(key), isNew]);
  expect(known(ofState)).to.deep.equal(known(withNewKnown(chain, store, ofState)));
}
