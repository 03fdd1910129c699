import { z } from 'zod';
import { accessListHash, decodeAccessList } from '../../codec/accessList';
import type { Block } from '../../codec/block';
import { toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { HISTORY_BLOCKS } from '../../state/stateHistory';
import { findBlock } from '../blockLookup';
import type { RpcDependencies } from '../dependencies';
import { accessListJson } from '../json/accessListJson';
import { quantity } from '../json/quantity';
import type { RpcLimits } from '../limits';
import { type MethodGroup, method, parameter } from '../method';
import { block, count, expected, flag, optional } from '../parameters';

type Dependencies = Pick<RpcDependencies, 'chain' | 'config' | 'l1' | 'version'>;

const DEPOSIT_TYPE = 0x7e;
const firstNumber = parameter('first', count);
const countMax = parameter('countMax', count);
const withAccessLists = parameter('withAccessLists', optional(flag));
const atBlock = parameter('block', block);
const form = parameter('form', optional(z.enum(['decoded', 'raw'], { error: expected('decoded or raw') })));

/** Of one answer of `tributary_sealedBlocks`. */
const SEALED_BLOCK_COUNT_MAX = 256;
/** Of the transactions and access lists in one answer; the block that reaches it is the last. */
const SEALED_BLOCKS_SIZE_BYTES_MAX = 2 * 1024 * 1024;
/** A longer list is left out of such an answer: it is help that a node can do without. */
const SEALED_ACCESS_LIST_SIZE_BYTES_MAX = 4 * 1024 * 1024;

/** What is Tributary's own. */
export function tributaryMethods(
  { chain, config, l1, version }: Dependencies,
  { accessListSizeBytesMax }: Pick<RpcLimits, 'accessListSizeBytesMax'>,
): MethodGroup {
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
     * raw, without the deposits, which every node reads from L1 itself. With each block, where it is asked for and kept, its access list.
     */
    tributary_sealedBlocks: method([firstNumber, countMax, withAccessLists], ([first, wanted, withLists]) => {
      const blocks: SealedBlockJson[] = [];
      let sizeBytes = 0;
      for (let number = first; blocks.length < Math.min(wanted, SEALED_BLOCK_COUNT_MAX); number++) {
        const block = chain.blockByNumber(number);
        if (!block || sizeBytes >= SEALED_BLOCKS_SIZE_BYTES_MAX) break;
        const accessList = withLists ? keptAccessList(chain, number) : undefined;
        blocks.push(sealedBlockJson(block, accessList));
        sizeBytes += accessList?.length ?? 0;
        for (const { raw } of block.transactions) sizeBytes += raw.length;
      }
      return blocks;
    }),

    /**
     * What the block's transactions read and what they changed (EIP-7928): encoded, its keccak256 hash, and in the form `decoded`, the default, as JSON.
     * Null for an unknown block and one of which no list was collected.
     */
    tributary_blockAccessList: method([atBlock, form], ([selector, wanted = 'decoded']) => {
      const found = findBlock(chain, selector);
      const encoded = found && chain.accessList(found.header.number);
      if (!encoded) return null;
      if (wanted === 'decoded' && encoded.length > accessListSizeBytesMax)
        throw listTooLong(encoded.length, accessListSizeBytesMax);
      return {
        blockNumber: quantity(found.header.number),
        blockHash: toHex(found.hash),
        hash: toHex(accessListHash(encoded)),
        raw: toHex(encoded),
        ...(wanted === 'decoded' ? { accounts: accessListJson(decodeAccessList(encoded)) } : {}),
      };
    }),
  };
}

function listTooLong(sizeBytes: number, sizeBytesMax: number): TributaryError {
  const message = `the access list takes ${sizeBytes} bytes, at most ${sizeBytesMax} are decoded: ask for the form "raw"`;
  return new TributaryError('Rpc.LimitExceeded', message);
}

/** For an answer that goes without it. */
function keptAccessList(chain: Dependencies['chain'], number: number): Uint8Array | undefined {
  if (number <= chain.head.header.number - HISTORY_BLOCKS) return undefined;
  const encoded = chain.accessList(number);
  return encoded && encoded.length <= SEALED_ACCESS_LIST_SIZE_BYTES_MAX ? encoded : undefined;
}

type SealedBlockJson = ReturnType<typeof sealedBlockJson>;

function sealedBlockJson(block: Block, accessList: Uint8Array | undefined) {
  const transactions = block.transactions.filter(({ type }) => type !== DEPOSIT_TYPE);
  return {
    ...blockReference(block),
    parentHash: toHex(block.header.parentHash),
    transactions: transactions.map(({ raw }) => toHex(raw)),
    ...(accessList ? { accessList: toHex(accessList) } : {}),
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
