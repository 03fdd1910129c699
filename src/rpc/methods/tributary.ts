import type { Block } from '../../codec/block';
import { toHex } from '../../core/bytes';
import type { RpcDependencies } from '../dependencies';
import { quantity } from '../json/quantity';
import { type MethodGroup, method, parameter } from '../method';
import { count } from '../parameters';

type Dependencies = Pick<RpcDependencies, 'chain' | 'config' | 'l1' | 'version'>;

const DEPOSIT_TYPE = 0x7e;
const firstNumber = parameter('first', count);
const countMax = parameter('countMax', count);

/** Of one answer of `tributary_sealedBlocks`. */
const SEALED_BLOCK_COUNT_MAX = 256;
/** Of the transactions in one answer; the block that reaches it is the last. */
const SEALED_BLOCKS_SIZE_BYTES_MAX = 2 * 1024 * 1024;

/** What is Tributary's own. */
export function tributaryMethods({ chain, config, l1, version }: Dependencies): MethodGroup {
  return {
    /** The chain's configuration as in `deployment.json`, and how far it is derived from L1. */
    tributary_chainInfo: method([], () => {
      const l1Head = l1?.head();
      return {
        version,
        config,
        latest: blockReference(chain.head),
        safe: blockReference(chain.label('safe')),
        finalized: blockReference(chain.label('finalized')),
        l1Head: l1Head ? { number: quantity(l1Head.number), hash: toHex(l1Head.hash) } : null,
      };
    }),

    /**
     * Blocks from number `first` on, as many as there are and as fit in an answer: what a node needs to execute them again. Transactions are
     * raw, without the deposits, which every node reads from L1 itself.
     */
    tributary_sealedBlocks: method([firstNumber, countMax], ([first, wanted]) => {
      const blocks: SealedBlockJson[] = [];
      let sizeBytes = 0;
      for (let number = first; blocks.length < Math.min(wanted, SEALED_BLOCK_COUNT_MAX); number++) {
        const block = chain.blockByNumber(number);
        if (!block || sizeBytes >= SEALED_BLOCKS_SIZE_BYTES_MAX) break;
        blocks.push(sealedBlockJson(block));
        for (const { raw } of block.transactions) sizeBytes += raw.length;
      }
      return blocks;
    }),
  };
}

type SealedBlockJson = ReturnType<typeof sealedBlockJson>;

function sealedBlockJson(block: Block) {
  const transactions = block.transactions.filter(({ type }) => type !== DEPOSIT_TYPE);
  return {
    ...blockReference(block),
    parentHash: toHex(block.header.parentHash),
    transactions: transactions.map(({ raw }) => toHex(raw)),
  };
}

function blockReference({ hash, header, l1Origin }: Block) {
  return {
    number: quantity(header.number),
    hash: toHex(hash),
    timestamp: quantity(header.timestamp),
    l1Origin: {
      number: quantity(l1Origin.number),
      hash: toHex(l1Origin.hash),
      sequenceNumber: quantity(l1Origin.sequenceNumber),
    },
  };
}
