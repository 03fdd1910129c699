import { toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { requireBlock } from '../blockLookup';
import type { ChainReader, RpcDependencies } from '../dependencies';
import type { FilterStore } from '../filterStore';
import type { RpcLimits } from '../limits';
import { type LogQuery, logFilterSchema } from '../logFilter';
import { findLogs, logsOfBlock } from '../logSearch';
import { type MethodGroup, method, parameter } from '../method';
import { type BlockSelector, flag, optional, quantity } from '../parameters';
import { invalidParams } from '../rpcErrors';

const filterId = parameter('filterId', quantity);

export function logMethods(
  { chain, mempool }: Pick<RpcDependencies, 'chain' | 'mempool'>,
  filters: FilterStore,
  limits: RpcLimits,
): MethodGroup {
  const query = parameter('filter', logFilterSchema(limits.logFilterItemCountMax));
  const group: MethodGroup = {
    eth_getLogs: method([query], ([asked]) => runQuery(chain, asked, limits)),
    eth_newFilter: method([query], ([asked]) => {
      if (asked.blockHash) throw invalidParams('filter.blockHash: expected a block range: one block never changes');
      return filters.add({ kind: 'logs', query: asked });
    }),
    eth_newBlockFilter: method([], () => filters.add({ kind: 'blocks' })),
    eth_getFilterChanges: method([filterId], ([id]) => filters.changes(id)),
    eth_getFilterLogs: method([filterId], ([id]) => runQuery(chain, filters.logQuery(id), limits)),
    eth_uninstallFilter: method([filterId], ([id]) => filters.remove(id)),
  };
  if (mempool) {
    group.eth_newPendingTransactionFilter = method([parameter('fullTransactions', optional(flag))], ([full]) =>
      filters.add({ kind: 'pendingTransactions', full: full ?? false }),
    );
  }
  return group;
}

/** @throws Rpc.UnknownBlock, Rpc.InvalidParams */
async function runQuery(chain: ChainReader, query: LogQuery, limits: RpcLimits) {
  if (query.blockHash) {
    const block = chain.blockByHash(query.blockHash);
    const receipts = block && chain.receipts(block.header.number);
    if (!receipts) throw new TributaryError('Rpc.UnknownBlock', `unknown block ${toHex(query.blockHash)}`);
    return logsOfBlock(block, receipts, query.filter);
  }
  const first = blockNumberOf(chain, query.fromBlock);
  const last = blockNumberOf(chain, query.toBlock);
  if (first > last) throw invalidParams(`fromBlock: expected at most toBlock (${last}), got ${first}`);
  return findLogs(chain, query.filter, first, last, limits);
}

/** Numbers may lie beyond the head; a bound left out is the head. */
function blockNumberOf(chain: ChainReader, selector: BlockSelector | undefined): number {
  if (selector && 'number' in selector) return selector.number;
  return requireBlock(chain, selector ?? { tag: 'latest' }).header.number;
}
