import type { Abi, Hex } from 'viem';
import type { Block } from '../codec/block';

/** An `Emitter`, whatever it tells: `on` gives back how to unsubscribe. */
interface Signal<Event = unknown> {
  on(listener: (event: Event) => void): () => void;
}

/** The L2 blocks that the sequencer sealed. `ChainStore` fits. */
export interface SealedChain {
  readonly head: Block;
  blockByNumber(blockNumber: number): Block | undefined;
  /** A block was added. */
  readonly committed: Signal;
  /** Blocks were cut off; `block` is the head now. */
  readonly rewound: Signal<{ block: Block }>;
}

/** How far L1 has been derived, e.g. by the sequencer's own verifier (`VerifierProgress` fits). */
export interface DerivedProgress {
  /** Derived from all L1 blocks up to this one. */
  l1Block: number;
  /** The newest L2 block that they give. */
  l2Block: number;
}

export interface DerivedChain {
  /** Undefined until the first L1 block has been derived. */
  progress(): DerivedProgress | undefined;
  readonly progressed: Signal;
}

/** What carries batches to L1. `L1TransactionSender` fits. */
export interface BatchSender {
  /** Resolves with the block that includes the call. @param call `isObsolete`: the call is not wanted any more */
  send(call: {
    label: string;
    to: Hex;
    data: Hex;
    abi?: Abi;
    blobs?: Uint8Array[];
    isObsolete?: () => boolean;
  }): Promise<{ blockNumber: bigint; gasUsed: bigint }>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}
