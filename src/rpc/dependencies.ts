import type { AttributeRules } from '../chain/blockAttributes';
import type { ChainConfig } from '../chain/chainConfig';
import type { Block } from '../codec/block';
import type { BlockHeader } from '../codec/header';
import type { StoredReceipts } from '../codec/storedReceipts';
import type { SignedTransaction } from '../codec/transaction';
import type { Address, Hash } from '../core/bytes';
import type { Clock, Logger } from '../core/ports';
import type { Executor } from '../execution/executor';
import type { AccountProof } from '../state/accountProof';
import type { StateReader } from '../state/stateReader';
import type { DevAccounts } from './devAccounts';
import type { UpgradesView, VoteRelay } from './methods/upgrades';

/** What `core/Emitter` offers to listeners. Listeners must not throw. */
export interface Subscribable<Event> {
  /** @returns a function that unsubscribes */
  on(listener: (event: Event) => void): () => void;
}

/** The chain as the RPC reads it; `state/ChainStore` is one. */
export interface ChainReader {
  readonly head: Block;
  blockByNumber(number: number): Block | undefined;
  blockByHash(hash: Hash): Block | undefined;
  headerByNumber(number: number): BlockHeader | undefined;
  receipts(number: number): StoredReceipts | undefined;
  /** Encoded (EIP-7928); undefined where none was collected. @throws State.HistoryPruned, State.UnknownBlock */
  accessList(number: number): Uint8Array | undefined;
  transactionLocation(hash: Hash): { blockNumber: number; index: number } | undefined;
  /** Genesis when unset. */
  label(name: 'safe' | 'finalized'): Block;
  /** @throws State.HistoryPruned when it is older than the kept history */
  stateAt(blockNumber: number): StateReader;
  proof(blockNumber: number, address: Address, slots: Hash[]): Promise<AccountProof>;
  /** After a block and its state are on disk. */
  readonly committed: Subscribable<{ block: Block; receipts: StoredReceipts }>;
  /** After the chain went back to `block`. */
  readonly rewound: Subscribable<{ block: Block }>;
}

/** The waiting transactions. */
export interface MempoolView {
  get(hash: Hash): SignedTransaction | undefined;
  /** The account's next nonce once all its executable transactions are in blocks. */
  pendingNonce(address: Address): bigint;
  /** What the next block would take, best first. */
  next(baseFeePerGas: bigint, gasLimit: bigint): SignedTransaction[];
  /** By sender: what can run now, and what waits for a nonce or a balance; in nonce order. */
  content(): { sender: Address; pending: SignedTransaction[]; queued: SignedTransaction[] }[];
  readonly added: Subscribable<SignedTransaction>;
}

/** Takes transactions in. */
export interface TransactionSubmitter {
  /**
   * Resolves with the hash once the transaction is safe on disk and, where blocks are sealed at once, its block too.
   * @throws Mempool.* and Codec.* in geth's words
   */
  submit(raw: Uint8Array): Promise<Hash>;
}

export interface DevControls {
  /** Seals a block now, empty when nothing waits. */
  sealNow(): Promise<unknown>;
}

/** What the node knows of its L1. */
export interface L1View {
  /** Undefined until the first L1 block was seen. */
  head(): { number: number; hash: Hash } | undefined;
}

/** Told of every request, for metrics. `method` is one that exists, or `unknown`. */
export type RequestObserver = (method: string, outcome: 'ok' | 'error', durationMs: number) => void;

/** All that the RPC stands on. What is left out takes its methods with it: they do not exist then. */
export interface RpcDependencies {
  config: ChainConfig;
  chain: ChainReader;
  executor: Pick<Executor, 'call'>;
  /** What the next block's base fee follows from; default: the rules that rule from genesis on. */
  rules?: AttributeRules;
  clock: Clock;
  logger: Logger;
  /** Program version for `web3_clientVersion`. */
  version: string;
  /** Left out on a node that takes no transactions in (a verifier). */
  mempool?: MempoolView;
  submitter?: TransactionSubmitter;
  /** Unlocked accounts, on a dev chain only. */
  devAccounts?: DevAccounts;
  /** Dev chain only. */
  dev?: DevControls;
  l1?: L1View;
  /** Where the chain has a module registry. */
  upgrades?: UpgradesView;
  /** Where a relayer is configured. */
  relay?: VoteRelay;
  observeRequest?: RequestObserver;
}
