import { addresses } from '../../chain/addresses';
import type { Block } from '../../codec/block';
import { ZERO_HASH } from '../../core/bytes';
import { nextBaseFee } from '../baseFeeForecast';
import { findBlock } from '../blockLookup';
import type { RpcDependencies } from '../dependencies';
import { blockJson } from '../json/blockJson';
import { quantity } from '../json/quantity';
import { receiptJson } from '../json/receiptJson';
import { type MethodGroup, method, parameter } from '../method';
import { type BlockSelector, block, blockNumberOrTag, count, flag, hash, optional } from '../parameters';

type Dependencies = Pick<RpcDependencies, 'chain' | 'config' | 'mempool' | 'clock' | 'rules'>;

const fullTransactions = parameter('fullTransactions', optional(flag));
const blockHash = parameter('blockHash', hash);
const blockNumber = parameter('block', blockNumberOrTag);
const anyBlock = parameter('block', block);

export function blockMethods(dependencies: Dependencies): MethodGroup {
  const { chain, config } = dependencies;

  const show = (found: Block | undefined, full = false) => {
    if (!found) return null;
    const hasDeposits = full && found.transactions.some(({ type }) => type === 0x7e);
    return blockJson(found, full, hasDeposits ? chain.receipts(found.header.number) : undefined);
  };
  const find = (selector: BlockSelector) =>
    isPending(selector) ? pendingBlock(dependencies) : findBlock(chain, selector);

  return {
    eth_chainId: method([], () => quantity(config.l2ChainId)),
    eth_blockNumber: method([], () => quantity(chain.head.header.number)),
    eth_syncing: method([], () => false),
    eth_getBlockByNumber: method([blockNumber, fullTransactions], ([selector, full]) =>
      isPending(selector) ? pendingBlockJson(dependencies, full ?? false) : show(findBlock(chain, selector), full),
    ),
    eth_getBlockByHash: method([blockHash, fullTransactions], ([hash, full]) => show(chain.blockByHash(hash), full)),
    eth_getHeaderByNumber: method([blockNumber], ([selector]) => headerOnly(show(findBlock(chain, selector)))),
    eth_getHeaderByHash: method([blockHash], ([hash]) => headerOnly(show(chain.blockByHash(hash)))),
    eth_getBlockTransactionCountByNumber: method([blockNumber], ([selector]) => countOf(find(selector)?.transactions)),
    eth_getBlockTransactionCountByHash: method([blockHash], ([hash]) => countOf(chain.blockByHash(hash)?.transactions)),
    eth_getBlockReceipts: method([anyBlock], ([selector]) => {
      const found = findBlock(chain, selector);
      const receipts = found && chain.receipts(found.header.number);
      return receipts ? found.transactions.map((_, index) => receiptJson(found, receipts, index)) : null;
    }),
    eth_getUncleCountByBlockNumber: method([blockNumber], ([selector]) => (find(selector) ? '0x0' : null)),
    eth_getUncleCountByBlockHash: method([blockHash], ([hash]) => (chain.blockByHash(hash) ? '0x0' : null)),
    eth_getUncleByBlockNumberAndIndex: method([blockNumber, parameter('index', count)], () => null),
    eth_getUncleByBlockHashAndIndex: method([blockHash, parameter('index', count)], () => null),
  };
}

function isPending(selector: BlockSelector): boolean {
  return 'tag' in selector && selector.tag === 'pending';
}

function countOf(transactions: readonly unknown[] | undefined) {
  return transactions ? quantity(transactions.length) : null;
}

function headerOnly(shown: ReturnType<typeof blockJson> | null) {
  if (!shown) return null;
  const { transactions, uncles, withdrawals, size, ...header } = shown;
  return header;
}

/** The block that would come next, as far as it is known before execution: roots are those of the latest block, deposits are left out. */
function pendingBlock(dependencies: Dependencies): Block {
  const { chain, config, mempool, clock } = dependencies;
  const { head } = chain;
  const baseFeePerGas = nextBaseFee(dependencies);
  const gasLimit = BigInt(config.gasLimit);
  return {
    hash: ZERO_HASH,
    header: {
      ...head.header,
      parentHash: head.hash,
      coinbase: addresses.sequencerFeeVault,
      number: head.header.number + 1,
      timestamp: Math.max(head.header.timestamp, Math.floor(clock.nowMs() / 1000)),
      gasLimit,
      gasUsed: 0n,
      logsBloom: new Uint8Array(256),
      baseFeePerGas,
    },
    transactions: mempool?.next(baseFeePerGas, gasLimit) ?? [],
    l1Origin: head.l1Origin,
  };
}

/** As geth does, what the seal decides is null. */
function pendingBlockJson(dependencies: Dependencies, full: boolean) {
  const block = pendingBlock(dependencies);
  const shown = blockJson(block, full, undefined);
  const transactions = shown.transactions.map((transaction) =>
    typeof transaction === 'string' ? transaction : { ...transaction, blockHash: null },
  );
  return { ...shown, hash: null, nonce: null, miner: null, logsBloom: null, transactions };
}
